#include "base/ustar.h"

#include <fmt/format.h>

std::string ustar_header(std::string_view name, std::uint64_t size, std::string_view mode) {
  std::string header(kUstarBlock, '\0');
  const auto put = [&](std::size_t offset, std::string_view text) { header.replace(offset, text.size(), text); };
  put(0, name);
  put(100, mode);
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", size));
  put(136, "00000000000");
  put(148, "        ");
  header[156] = '0';
  put(257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  header[155] = ' ';
  return header;
}
