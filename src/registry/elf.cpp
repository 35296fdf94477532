// Is this file a program that runs alone in an empty root?
#include <elf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <optional>

#include "registry/pack.h"

namespace registry {
namespace {
template <class T>
std::optional<T> read_at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string text_at(std::string_view bytes, std::uint64_t offset) {
  if (offset >= bytes.size()) return {};
  return std::string(bytes.substr(offset, bytes.find('\0', offset) - offset));
}

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#endif
}  // namespace

Result<void> check_static_binary(std::string_view elf, const std::string& name) {
  const auto invalid = [&](std::string why) { return fail("InvalidBinary", fmt::format("{} {}", name, why)); };
  if (elf.starts_with("#!")) return invalid("is a script; an image made by push holds one static binary and no interpreter");
  const auto header = read_at<Elf64_Ehdr>(elf, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return invalid("is not an ELF program");
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != kMachine)
    return invalid("is built for another kind of machine than this one");
  if (header->e_type != ET_EXEC && header->e_type != ET_DYN) return invalid("is not a program (an object file or a core?)");
  if (header->e_phentsize < sizeof(Elf64_Phdr)) return invalid("is damaged: no program headers");

  std::vector<Elf64_Phdr> segments;
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(elf, header->e_phoff + std::uint64_t{i} * header->e_phentsize);
    if (!segment) return invalid("is damaged: its program headers lie beyond its end");
    segments.push_back(*segment);
  }
  const auto file_offset = [&](std::uint64_t address) -> std::uint64_t {
    for (const Elf64_Phdr& s : segments)
      if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz)
        return s.p_offset + (address - s.p_vaddr);
    return elf.size();
  };

  std::vector<std::string> needs;
  bool interpreter = false;
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_INTERP) {
      interpreter = true;
      needs.insert(needs.begin(), text_at(elf, segment.p_offset));
    }
    if (segment.p_type != PT_DYNAMIC) continue;
    std::vector<std::uint64_t> names;
    std::uint64_t strings = elf.size();
    for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment.p_filesz; at += sizeof(Elf64_Dyn)) {
      const auto entry = read_at<Elf64_Dyn>(elf, segment.p_offset + at);
      if (!entry || entry->d_tag == DT_NULL) break;
      if (entry->d_tag == DT_NEEDED) names.push_back(entry->d_un.d_val);
      if (entry->d_tag == DT_STRTAB) strings = file_offset(entry->d_un.d_ptr);
    }
    for (const std::uint64_t name_offset : names) needs.push_back(text_at(elf, strings + name_offset));
  }
  if (interpreter || !needs.empty())
    return invalid(fmt::format("is dynamically linked: it needs {}, which an image of one file does not have. "
                               "Link it with -static, or build an image and push that",
                               fmt::join(needs, ", ")));
  return {};
}

}  // namespace registry
