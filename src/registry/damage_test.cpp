// Images from strangers, damaged: manifests, configurations, names, binaries and layer archives.
#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <elf.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "base/testing/damage.h"
#include "registry/image_name.h"
#include "registry/image_store.h"
#include "registry/pack.h"
#include "registry/unpack.h"

namespace registry {
namespace fs = std::filesystem;

namespace {

struct TempDirectory {
  fs::path path;
  TempDirectory() {
    char name[] = "/tmp/scaleout-damage-XXXXXX";
    path = fs::canonical(mkdtemp(name));
  }
  ~TempDirectory() { fs::remove_all(path); }
};

std::string layer(bool compressed) {
  std::string buffer(1 << 16, '\0');
  std::size_t used = 0;
  archive* out = archive_write_new();
  archive_write_set_format_pax_restricted(out);
  if (compressed) archive_write_add_filter_gzip(out);
  archive_write_open_memory(out, buffer.data(), buffer.size(), &used);
  const struct {
    const char* path;
    unsigned type;
    const char* link;
  } entries[] = {{"etc/", AE_IFDIR, nullptr}, {"etc/a", AE_IFREG, nullptr},     {"app", AE_IFREG, nullptr},
                 {"lib", AE_IFLNK, "etc"},    {"lib/b", AE_IFREG, nullptr},     {"hard", AE_IFREG, "app"},
                 {"etc/.wh.a", AE_IFREG, nullptr}};
  for (const auto& [path, type, link] : entries) {
    const bool hard = link != nullptr && type == AE_IFREG;
    const std::string content = type == AE_IFREG && !hard ? "content" : "";
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, path);
    archive_entry_set_perm(entry, 0755);
    archive_entry_set_filetype(entry, type);
    if (type == AE_IFLNK) archive_entry_set_symlink(entry, link);
    if (hard) archive_entry_set_hardlink(entry, link);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_write_header(out, entry);
    archive_write_data(out, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
  buffer.resize(used);
  return buffer;
}

}  // namespace

TEST_CASE("damaged manifests and configurations are read or are InvalidManifest") {
  const std::string digest = digest_of("x");
  int read = 0, refused = 0;
  testing::feed_damaged(R"({"schemaVersion":2,"mediaType":"m","config":{"mediaType":"c","digest":")" + digest +
                            R"(","size":12},"layers":[{"mediaType":"l","digest":")" + digest + R"(","size":345}]})",
                        1, 3000, [&](const std::string& text) {
                          const auto manifest = parse_manifest(text);
                          manifest ? ++read : ++refused;
                          if (!manifest) CHECK(manifest.error().code == "InvalidManifest");
                          const auto facts = parse_manifest_facts(text);
                          if (!facts) CHECK(facts.error().code == "InvalidManifest");
                        });
  CHECK(read > 10);
  CHECK(refused > 100);
  testing::feed_damaged(R"({"config":{"Entrypoint":["/a"],"Cmd":["b"],"Env":["A=b","C"],"ExposedPorts":{"8080/tcp":{}},)"
                        R"("Labels":{"a":"b"},"WorkingDir":"/","User":"1:1"}})",
                        2, 3000, [](const std::string& text) {
                          const auto config = parse_image_config(text);
                          if (!config) CHECK(config.error().code == "InvalidManifest");
                        });
  for (const char* bad : {"", "{", "[]", "null", R"({"layers":[]})", R"({"config":{},"layers":[]})", R"({"config":[],"layers":{}})",
                          R"({"manifests":[]})", R"({"config":{"digest":"sha256:12","size":1},"layers":[]})"}) {
    CAPTURE(bad);
    CHECK(parse_manifest(bad).error().code == "InvalidManifest");
  }
  CHECK(parse_manifest(std::string(1000, '[')).error().code == "InvalidManifest");
}

TEST_CASE("damaged image names are read into safe parts or refused") {
  const std::string good = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/http-api:v1@" + digest_of("x");
  testing::feed_damaged(good, 3, 5000, [](const std::string& text) {
    const auto name = parse_image_name(text);
    if (!name) return;
    CHECK(is_repository_name(name->repository));
    CHECK((is_tag(name->reference) || is_digest(name->reference)));
  });
}

TEST_CASE("damaged programs are taken or are InvalidBinary") {
  std::string elf(4096, '\0');
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_type = ET_DYN;
#if defined(__aarch64__)
  header.e_machine = EM_AARCH64;
#else
  header.e_machine = EM_X86_64;
#endif
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 3;
  Elf64_Phdr segments[3]{};
  segments[0] = {PT_LOAD, 0, 0, 0, 0, 4096, 4096, 0};
  segments[1] = {PT_INTERP, 0, 1000, 1000, 0, 20, 20, 0};
  segments[2] = {PT_DYNAMIC, 0, 2000, 2000, 0, 4 * sizeof(Elf64_Dyn), 4 * sizeof(Elf64_Dyn), 0};
  Elf64_Dyn dynamic[4]{};
  dynamic[0].d_tag = DT_STRTAB;
  dynamic[0].d_un.d_ptr = 3000;
  dynamic[1].d_tag = DT_NEEDED;
  dynamic[1].d_un.d_val = 1;
  std::memcpy(elf.data(), &header, sizeof header);
  std::memcpy(elf.data() + sizeof header, segments, sizeof segments);
  std::memcpy(elf.data() + 1000, "/lib/ld.so", 10);
  std::memcpy(elf.data() + 2000, dynamic, sizeof dynamic);
  std::memcpy(elf.data() + 3001, "libx.so", 7);
  CHECK(check_static_binary(elf, "app").error().message.find("libx.so") != std::string::npos);
  // All that matters stands in few bytes: damage those, one or two at a time.
  Random random(4);
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = elf;
    for (int i = 0; i < 2; ++i) {
      const std::size_t at = random.below(2) == 0 ? random.below(sizeof header + sizeof segments) : 2000 + random.below(sizeof dynamic);
      damaged[at] = static_cast<char>(random.below(256));
    }
    if (random.below(4) == 0) damaged.resize(random.below(damaged.size()));
    const auto checked = check_static_binary(damaged, "app");
    if (!checked) CHECK(checked.error().code == "InvalidBinary");
  }
}

TEST_CASE("damaged layers are unpacked below their root or refused") {
  TempDirectory temp;
  const fs::path root = temp.path / "root", file = temp.path / "layer";
  int unpacked = 0, refused = 0;
  for (const bool compressed : {false, true}) {
    testing::feed_damaged(layer(compressed), compressed ? 5 : 6, 400, [&](const std::string& bytes) {
      fs::create_directory(root);
      std::ofstream(file, std::ios::binary) << bytes;
      const auto applied = apply_layer(file, root);
      applied ? ++unpacked : ++refused;
      if (!applied) CHECK_FALSE(applied.error().message.empty());
      fs::remove_all(root);
      for (const auto& entry : fs::directory_iterator(temp.path)) CHECK(entry.path() == file);
    });
  }
  CHECK(unpacked > 50);
  CHECK(refused > 50);
}

}  // namespace registry
