#include "client/profile_file.h"

#include <algorithm>
#include <cctype>

namespace client {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// "profile   dev" and "profile dev" are the same section.
std::string section_name(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    const char plain = c == '\t' ? ' ' : c;
    if (plain == ' ' && !out.empty() && out.back() == ' ') continue;
    out += plain;
  }
  return out;
}

}  // namespace

Result<ProfileFile> parse_profile_file(std::string_view text, std::string_view name) {
  ProfileFile file;
  std::map<std::string, std::string>* section = nullptr;
  std::string parent;  // the last key without a value: indented keys are its own
  int number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++number;
    const bool indented = !line.empty() && (line[0] == ' ' || line[0] == '\t');
    line = trim(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    const auto broken = [&] {
      return fail("InvalidProfileFile",
                  std::string(name) + ", line " + std::to_string(number) + ": '" + std::string(line.substr(0, 60)) +
                      "' is neither a [section] nor a key = value. Correct the file or name another with AWS_CONFIG_FILE "
                      "or AWS_SHARED_CREDENTIALS_FILE.");
    };
    if (line[0] == '[') {
      const auto close = line.find(']');
      if (close == std::string_view::npos) return broken();
      section = &file[section_name(line.substr(1, close - 1))];
      parent.clear();
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
      if (indented && !parent.empty()) continue;  // a continued value of a setting that is none of ours
      return broken();
    }
    if (!section) return broken();
    auto key = lower(trim(line.substr(0, equals)));
    auto value = trim(line.substr(equals + 1));
    // A comment may follow a value after a space.
    for (const std::string_view mark : {" #", " ;", "\t#", "\t;"}) {
      value = trim(value.substr(0, std::min(value.find(mark), value.size())));
    }
    if (indented && !parent.empty()) {
      (*section)[parent + "." + key] = value;
    } else {
      parent = value.empty() ? key : "";
      (*section)[key] = value;
    }
  }
  return file;
}

}  // namespace client
