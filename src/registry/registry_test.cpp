#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "registry/durable_file.h"
#include "registry/image_name.h"
#include "registry/image_store.h"
#include "registry/pack.h"
#include "registry/unpack.h"

namespace fs = std::filesystem;
using namespace registry;

namespace {
struct TempDirectory {
  fs::path path;
  TempDirectory() {
    char name[] = "/tmp/scaleout-registry-XXXXXX";
    path = fs::canonical(mkdtemp(name));
  }
  ~TempDirectory() { fs::remove_all(path); }
};

/// The smallest file that passes for a static program.
std::string tiny_elf() {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_type = ET_EXEC;
#if defined(__aarch64__)
  header.e_machine = EM_AARCH64;
#else
  header.e_machine = EM_X86_64;
#endif
  header.e_phentsize = sizeof(Elf64_Phdr);
  return std::string(reinterpret_cast<const char*>(&header), sizeof header);
}

void write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

struct Entry {
  std::string path, content{};
  unsigned type = AE_IFREG;
  std::string link{};  // symlink or hard link target
};

std::string make_tar(const std::vector<Entry>& entries) {
  std::string buffer(1 << 20, '\0');
  std::size_t used = 0;
  archive* out = archive_write_new();
  archive_write_set_format_pax_restricted(out);
  archive_write_open_memory(out, buffer.data(), buffer.size(), &used);
  for (const Entry& e : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, e.path.c_str());
    archive_entry_set_perm(entry, e.type == AE_IFDIR ? 0755 : 0644);
    archive_entry_set_filetype(entry, e.type);
    if (e.type == AE_IFLNK) archive_entry_set_symlink(entry, e.link.c_str());
    else if (!e.link.empty()) archive_entry_set_hardlink(entry, e.link.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(e.content.size()));
    archive_write_header(out, entry);
    archive_write_data(out, e.content.data(), e.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
  buffer.resize(used);
  return buffer;
}

struct Layers {
  TempDirectory temp;
  fs::path root = temp.path / "root";
  Layers() { fs::create_directory(root); }
  Result<void> apply(const std::vector<Entry>& entries) {
    write_file(temp.path / "layer.tar", make_tar(entries));
    return apply_layer(temp.path / "layer.tar", root);
  }
  std::string text(const char* path) { return read_file(root / path, 1000).value_or("<none>"); }
};

/// A packed image whose blobs and manifest are in a store.
struct Pushed {
  TempDirectory temp;
  ImageStore store = ImageStore::open(temp.path / "images").value();
  std::string digest;
  Pushed() {
    write_file(temp.path / "app", tiny_elf());
    const PackedImage image = pack_binary({.binary = temp.path / "app", .environment = {{"A", "b"}}, .exposed_ports = {8080}}).value();
    CHECK(store.put_blob(image.layer).value() == image.layer_digest);
    CHECK(store.put_blob(image.config).value() == image.config_digest);
    digest = store.put_blob(image.manifest).value();
    CHECK(digest == image.digest);
  }
};

int files_in(const fs::path& folder) {
  int files = 0;
  for ([[maybe_unused]] const auto& file : fs::directory_iterator(folder)) ++files;
  return files;
}
}  // namespace

TEST_CASE("names that could leave their folder never pass") {
  for (const char* good : {"http-api", "team/http-api", "a_b.c/d", "a1", "a__b", "a---b"}) CHECK_MESSAGE(is_repository_name(good), good);
  for (const char* bad : {"", "a", "A/b", "../x", "a//b", "/a", "a/", "a/../b", "a/.b", "a b", ".a", "a-", "a___b", "a._b", "a-/b"})
    CHECK_FALSE_MESSAGE(is_repository_name(bad), bad);
  CHECK(is_tag("v1.2_3-x"));
  for (const char* bad : {"", ".x", "-x", "a/b", "a:b"}) CHECK_FALSE_MESSAGE(is_tag(bad), bad);
  CHECK(is_digest(digest_of("")));
  CHECK(is_digest(digest_of("", DigestAlgorithm::sha512)));
  CHECK(digest_of("abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  for (const char* bad : {"sha256:../../x", "md5:00", "sha256:", ""}) CHECK_FALSE_MESSAGE(is_digest(bad), bad);
}

TEST_CASE("a blob is stored under its own digest, or refused and leaves nothing") {
  TempDirectory temp;
  const ImageStore store = ImageStore::open(temp.path).value();
  const std::string digest = store.put_blob("hello").value();
  CHECK(store.read_blob(digest).value() == "hello");
  CHECK(store.put_blob("hello").value() == digest);
  Upload other = store.begin_upload("other").value();
  REQUIRE(other.append("not hello"));
  CHECK(other.commit(digest).error().code == "DigestMismatch");
  CHECK(files_in(temp.path / "uploads") == 0);
  CHECK(files_in(temp.path / "blobs/sha256") == 1);
  CHECK(store.verify_blob(digest));
  fs::permissions(store.blob_path(digest).value(), fs::perms::owner_all);
  write_file(store.blob_path(digest).value(), "rotten");
  CHECK(store.verify_blob(digest).error().code == "DigestMismatch");
  CHECK(store.read_blob(digest).error().code == "DigestMismatch");
  for (const char* bad : {"sha256:../../etc/passwd", "sha512:00", ""}) {
    CHECK(store.read_blob(bad).error().code == "InvalidParameterException");
    CHECK(store.remove_blob(bad).error().code == "InvalidParameterException");
  }
  for (const char* bad : {"", "..", "a/b", "../x", ".hidden", "A"}) CHECK_FALSE(store.begin_upload(bad));
}

TEST_CASE("an upload goes on where it was left, also by another process, and ends under either algorithm") {
  TempDirectory temp;
  const ImageStore store = ImageStore::open(temp.path).value();
  for (const DigestAlgorithm algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    const std::string text = "first second " + std::string(name_of(algorithm)), digest = digest_of(text, algorithm);
    { CHECK(store.begin_upload("u1").value().append(text.substr(0, 6))); }
    CHECK(store.upload_size("u1") == 6u);
    Upload upload = ImageStore::open(temp.path).value().begin_upload("u1").value();
    REQUIRE(upload.append(text.substr(6)));
    CHECK_FALSE(store.has_blob(digest));
    REQUIRE(upload.commit(digest));
    CHECK_FALSE(upload.append("more"));
    CHECK(store.read_blob(digest).value() == text);
    CHECK_FALSE(store.upload_size("u1"));
  }
  CHECK(store.list_blobs().value().size() == 2);
}

TEST_CASE("uploads that nobody goes on with are removed by age") {
  TempDirectory temp;
  const ImageStore store = ImageStore::open(temp.path).value();
  { CHECK(store.begin_upload("u1").value().append("x")); }
  const SteadyWallClock clock;
  store.remove_uploads(clock.now() - hours(1));
  CHECK(store.upload_size("u1"));
  store.remove_uploads(clock.now() + hours(1));
  CHECK_FALSE(store.upload_size("u1"));
}

TEST_CASE("the same binary packs to the same digest; another does not") {
  Pushed a, b;
  CHECK(a.digest == b.digest);
  write_file(a.temp.path / "app", tiny_elf() + "x");
  CHECK(pack_binary({.binary = a.temp.path / "app"}).value().digest != a.digest);
}

TEST_CASE("an image tells what it asks for; an index gives the image for this machine") {
  Pushed pushed;
  const ImageStore& store = pushed.store;
  const Manifest manifest = store.manifest(pushed.digest).value();
  CHECK(manifest.config.entry_point == std::vector<std::string>{"/app"});
  CHECK(manifest.config.environment.at("A") == "b");
  CHECK(manifest.config.exposed_ports == std::vector<int>{8080});
  CHECK(manifest.layers.size() == 1);
  const auto index_of = [&](const std::string& architecture) {
    return store
        .put_blob(R"({"schemaVersion":2,"manifests":[{"digest":")" + pushed.digest + R"(","size":1,"platform":{"os":"linux","architecture":")" +
                  architecture + "\"}}]}")
        .value();
  };
  CHECK(store.manifest(index_of("s390x")).error().code == "InvalidManifest");
#if defined(__aarch64__)
  CHECK(store.manifest(index_of("arm64")).value().digest == pushed.digest);
#else
  CHECK(store.manifest(index_of("amd64")).value().digest == pushed.digest);
#endif
}

TEST_CASE("a manifest tells the registry what it names") {
  const std::string digest = digest_of("x"), other = digest_of("y");
  const std::string config = R"("config":{"mediaType":"c","digest":")" + digest + R"(","size":1})";
  const auto facts = parse_manifest_facts(R"({"schemaVersion":2,"mediaType":"m",)" + config + R"(,"layers":[{"mediaType":"l","digest":")" + other +
                                          R"(","size":2},{"mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar","digest":")" +
                                          digest_of("z") + R"(","size":3}],"subject":{"digest":")" + other + R"(","size":4},"annotations":{"a":"b"}})")
                         .value();
  CHECK(facts.artifact_type == "c");
  CHECK(facts.subject == other);
  REQUIRE(facts.blobs.size() == 2);
  CHECK(facts.blobs[1].digest == other);
  CHECK(facts.annotations.at("a") == "b");
  for (const std::string& bad : {std::string(), std::string("[]"), std::string("{}"), "{" + config + R"(,"layers":[]})",
                                 R"({"schemaVersion":1,)" + config + R"(,"layers":[]})", R"({"schemaVersion":2,)" + config + R"(,"layers":{}})",
                                 std::string(R"({"schemaVersion":2,"manifests":[1]})"), std::string(R"({"schemaVersion":2,"manifests":{}})"),
                                 std::string(100'000, '[')})
    CHECK_MESSAGE(parse_manifest_facts(bad).error().code == "InvalidManifest", bad.substr(0, 100));
}

TEST_CASE("push refuses what cannot run alone, and says why") {
  const auto message = [](std::string_view elf) { return check_static_binary(elf, "app").error().message; };
  CHECK(check_static_binary(tiny_elf(), "app"));
  CHECK(message("#!/bin/sh\n").find("script") != std::string::npos);
  CHECK(message("hello").find("not an ELF") != std::string::npos);
  CHECK(message("").find("not an ELF") != std::string::npos);
  std::string other = tiny_elf();
  other[EI_CLASS] = ELFCLASS32;
  CHECK(message(other).find("another kind of machine") != std::string::npos);
  std::string damaged = tiny_elf();
  damaged[offsetof(Elf64_Ehdr, e_phnum)] = 3;
  CHECK(message(damaged).find("damaged") != std::string::npos);
  const std::string dynamic = message(read_file("/bin/ls", 64 << 20).value());
  CHECK(dynamic.find("libc.so.6") != std::string::npos);
  CHECK(dynamic.find("ld-linux") != std::string::npos);
  // Cut anywhere, it is judged, not read beyond its end.
  const std::string whole = read_file("/bin/true", 64 << 20).value();
  for (std::size_t cut = 0; cut < 4096; cut += 7) CHECK_FALSE(check_static_binary(std::string_view(whole).substr(0, cut), "x"));

  TempDirectory temp;
  CHECK(pack_binary({.binary = temp.path / "none"}).error().message.find("there is no file") == 0);
  CHECK(pack_binary({.binary = temp.path}).error().message.find("is not a file") != std::string::npos);
}

TEST_CASE("an image is unpacked once, also when two want it at the same time") {
  Pushed pushed;
  fs::create_directories(pushed.store.root() / "unpacked" / ("." + pushed.digest.substr(7) + ".partial") / "left-over");
  std::string paths[4];
  {
    std::vector<std::jthread> threads;
    for (std::string& path : paths)
      threads.emplace_back([&path, &pushed] { path = unpack_image(pushed.store, pushed.digest).value().string(); });
  }
  for (const std::string& path : paths) CHECK(path == paths[0]);
  struct stat facts{};
  REQUIRE(::stat((paths[0] + "/app").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0755);
  CHECK_FALSE(fs::exists(paths[0] + "/left-over"));
}

TEST_CASE("a damaged layer is not unpacked") {
  Pushed pushed;
  const auto layer = pushed.store.blob_path(pushed.store.manifest(pushed.digest).value().layers[0].digest).value();
  fs::permissions(layer, fs::perms::owner_all);
  write_file(layer, "rotten");
  const fs::path unpacked = pushed.store.root() / "unpacked";
  CHECK(unpack_image(pushed.store, pushed.digest).error().code == "DigestMismatch");
  CHECK_FALSE(fs::exists(unpacked / pushed.digest.substr(7)));
  CHECK(files_in(unpacked) == 1);  // its lock
  fs::remove(layer);
  CHECK(unpack_image(pushed.store, pushed.digest).error().code == "BlobNotFound");
  CHECK(files_in(unpacked) == 1);
}

TEST_CASE("what an engine was unpacking or removing when it was killed is gone once the next one has opened the store") {
  Pushed pushed;
  const std::string whole = unpack_image(pushed.store, pushed.digest).value();
  const fs::path unpacked = pushed.store.root() / "unpacked";
  const std::string other = digest_of("other").substr(7);
  for (const std::string& half : {"." + other + ".partial", "." + other + ".gone", "." + pushed.digest.substr(7) + ".gone"}) {
    fs::create_directories(unpacked / half / "usr");
    write_file(unpacked / half / "usr" / "file", "half");
  }
  const ImageStore next = ImageStore::open(pushed.store.root()).value();
  CHECK(files_in(unpacked) == 2);  // the whole one and its lock
  CHECK(fs::exists(whole + "/app"));
  CHECK(next.list_roots() == std::vector<std::string>{pushed.digest});
}

TEST_CASE("layers: later files win, whiteouts hide, opaque folders start afresh") {
  Layers layers;
  REQUIRE(layers.apply({{"etc/", "", AE_IFDIR, ""}, {"etc/a", "1"}, {"etc/b", "1"}, {"var/x", "1"}, {"dir/f", "1"}, {"file", "1"}}));
  REQUIRE(layers.apply({{"etc/a", "2"}, {"etc/.wh.b", ""}, {"var/new", "2"}, {"var/.wh..wh..opq", ""}, {".wh.dir", ""}, {"file/inner", "2"}}));
  CHECK(layers.text("etc/a") == "2");
  CHECK_FALSE(fs::exists(layers.root / "etc/b"));
  CHECK_FALSE(fs::exists(layers.root / "var/x"));
  CHECK(layers.text("var/new") == "2");
  CHECK_FALSE(fs::exists(layers.root / "dir"));
}

TEST_CASE("layers: nothing leaves the root") {
  Layers layers;
  const fs::path outside = layers.temp.path / "outside";
  fs::create_directory(outside);
  write_file(outside / "secret", "s");
  CHECK(layers.apply({{"../outside/x", "bad"}}).error().code == "InvalidLayer");
  CHECK(layers.apply({{"a/../../outside/x", "bad"}}).error().code == "InvalidLayer");
  // An absolute path means the image's root.
  REQUIRE(layers.apply({{"/abs", "in"}}));
  CHECK(layers.text("abs") == "in");
  // A symlink out of the root is kept as it is, and followed only inside.
  REQUIRE(layers.apply({{"up", "", AE_IFLNK, "../outside"}, {"abslink", "", AE_IFLNK, outside.string()}}));
  REQUIRE(layers.apply({{"up/x", "bad"}, {"abslink/y", "bad"}}));
  CHECK_FALSE(fs::exists(outside / "x"));
  CHECK_FALSE(fs::exists(outside / "y"));
  // Hard links too.
  CHECK(layers.apply({{"hard", "", AE_IFREG, "../outside/secret"}}).error().code == "InvalidLayer");
  CHECK_FALSE(layers.apply({{"hard2", "", AE_IFREG, "up/secret"}}));
  CHECK(layers.apply({{"loop", "", AE_IFLNK, "loop2"}, {"loop2", "", AE_IFLNK, "loop"}}));
  CHECK_FALSE(layers.apply({{"loop/x", "bad"}}));
  // A link to a folder of the image works as it would for the container.
  REQUIRE(layers.apply({{"usr/lib/keep", "1"}, {"lib", "", AE_IFLNK, "usr/lib"}}));
  REQUIRE(layers.apply({{"lib/new", "2"}}));
  CHECK(layers.text("usr/lib/new") == "2");
  CHECK(fs::is_symlink(layers.root / "lib"));
  CHECK(read_file(outside / "secret", 10).value() == "s");
}

TEST_CASE("image names as Terraform, Docker and people write them") {
  const auto name = parse_image_name("123456789012.dkr.ecr.us-east-1.amazonaws.com/team/http-api:v1").value();
  CHECK(name.host == "123456789012.dkr.ecr.us-east-1.amazonaws.com");
  CHECK(name.repository == "team/http-api");
  CHECK(name.reference == "v1");
  CHECK(parse_image_name("127.0.0.1:4566/http-api").value().repository == "http-api");
  CHECK(parse_image_name("127.0.0.1:4566/http-api").value().reference == "latest");
  CHECK(parse_image_name("team/http-api:2").value().host.empty());
  const std::string digest = digest_of("x");
  CHECK(parse_image_name("http-api:v1@" + digest).value().reference == digest);
  for (const char* bad : {"", "HTTP", "a:", "web:-x", "web@sha256:12", "../etc/passwd", "web:a:b", "host.x/"})
    CHECK_MESSAGE(!parse_image_name(bad), std::string(bad));
}
