// The distribution API over real sockets and files, with a catalog in memory.
#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>

#include "net/http_client.h"
#include "net/test_peer.h"
#include "registry/distribution.h"

namespace fs = std::filesystem;

namespace registry {
namespace {

class FakeCatalog final : public Catalog {
 public:
  std::set<std::string> names{"app", "other"};
  std::map<std::string, model::Image> images;
  std::map<std::string, std::string> tagged;  // "repository:tag" -> key of an image
  std::map<std::string, std::pair<std::int64_t, Instant>> blobs;
  Instant now{};

  bool has_repository(const std::string& name) const override { return names.contains(name); }
  std::vector<std::string> repositories(std::string_view after, std::size_t most) const override {
    std::vector<std::string> found(names.upper_bound(std::string(after)), names.end());
    if (found.size() > most) found.resize(most);
    return found;
  }
  std::vector<std::string> tags(const std::string& repository) const override {
    std::vector<std::string> found;
    for (const auto& [tag, key] : tagged)
      if (tag.starts_with(repository + ":")) found.push_back(tag.substr(repository.size() + 1));
    return found;
  }
  const model::Image* find_image(const std::string& repository, std::string_view reference) const override {
    std::string key = repository + "@" + std::string(reference);
    if (const auto tag = tagged.find(repository + ":" + std::string(reference)); tag != tagged.end()) key = tag->second;
    const auto found = images.find(key);
    return found == images.end() ? nullptr : &found->second;
  }
  std::vector<model::Image> referrers(const std::string& repository, const std::string& digest) const override {
    std::vector<model::Image> found;
    for (const auto& [key, image] : images)
      if (image.repository == repository && image.subject == digest) found.push_back(image);
    return found;
  }
  std::optional<std::int64_t> find_blob(const std::string& repository, const std::string& digest) const override {
    for (const auto& [key, blob] : blobs)
      if (key == repository + "@" + digest || (repository.empty() && key.ends_with("@" + digest))) return blob.first;
    return std::nullopt;
  }
  std::string user_of(const std::string& repository, const std::string& digest) const override {
    for (const auto& [key, image] : images)
      if (image.repository == repository && std::ranges::count(image.blobs, digest) > 0) return image.digest;
    return {};
  }
  bool is_content(const std::string& digest) const override {
    return find_blob("", digest) || std::ranges::any_of(images, [&](const auto& one) {
             return one.second.digest == digest || std::ranges::count(one.second.blobs, digest) > 0;
           });
  }
  bool is_in_use(const std::string&) const override { return false; }
  Result<void> check_tags(const std::string& repository, const std::vector<std::string>& tags, const std::string&) const override {
    for (const std::string& tag : tags)
      if (tag == "fixed" && tagged.contains(repository + ":fixed")) return fail("TAG_INVALID", "immutable");
    return {};
  }
  Result<void> put_image(model::Image image, const std::vector<std::string>& tags) override {
    for (const std::string& tag : tags) tagged[image.repository + ":" + tag] = image.key();
    images[image.key()] = std::move(image);
    return {};
  }
  Result<void> remove_tag(const std::string& repository, const std::string& tag) override {
    tagged.erase(repository + ":" + tag);
    return {};
  }
  Result<void> remove_image(const std::string& repository, const std::string& digest) override {
    images.erase(repository + "@" + digest);
    std::erase_if(tagged, [&](const auto& tag) { return tag.second == repository + "@" + digest; });
    return {};
  }
  Result<void> add_blob(const std::string& repository, const std::string& digest, std::int64_t size) override {
    blobs[repository + "@" + digest] = {size, now};
    return {};
  }
  void touch_blob(const std::string&, const std::string&) override {}
  Result<void> remove_blob(const std::string& repository, const std::string& digest) override {
    blobs.erase(repository + "@" + digest);
    return {};
  }
  void lose_blob(const std::string& digest) override {
    std::erase_if(blobs, [&](const auto& blob) { return blob.first.ends_with("@" + digest); });
  }
  void expire_blobs(Instant before) override {
    std::erase_if(blobs, [&](const auto& blob) {
      const auto at = blob.first.find('@');
      return blob.second.second < before && user_of(blob.first.substr(0, at), blob.first.substr(at + 1)).empty();
    });
  }
  void save(net::Callback<void(Result<void>)> then) override { then({}); }
};

struct World {
  fs::path folder = make_folder();
  ImageStore store = ImageStore::open(folder).value();
  FakeCatalog catalog;
  SteadyWallClock clock;
  Random random{1};
  std::unique_ptr<Distribution> distribution;
  net::RunningServer server{[this](net::Request&& request, net::Responder respond) {
                              distribution->handle(std::move(request), std::move(respond));
                            },
                            options()};
  net::BlockingClient client;

  World() { start(); }
  ~World() {
    stop();
    fs::remove_all(folder);
  }
  static fs::path make_folder() {
    char name[] = "/tmp/scaleout-oci-XXXXXX";
    return fs::canonical(mkdtemp(name));
  }
  net::HttpServer::Options options() {
    net::HttpServer::Options options;
    options.body_sink = [this](const net::Request& request) { return distribution->body_sink(request); };
    options.body_limit = [this](const net::Request& request) {
      return distribution->streams(request) ? distribution->blob_limit() : 16u << 20;
    };
    return options;
  }
  /// As an engine that starts: what it knew of uploads is gone.
  void start() {
    server.on_loop([this] {
      distribution = std::make_unique<Distribution>(store, catalog, server.loop, clock, random,
                                                    Distribution::Options{.grace = hours(1)});
    });
  }
  void stop() {
    server.on_loop([this] { distribution.reset(); });
  }
  void sweep() {
    std::atomic<bool> done = false;
    server.on_loop([&] {
      distribution->sweep([&] {
        done = true;
        done.notify_one();
      });
    });
    done.wait(false);
  }

  net::Response send(std::string method, std::string target, std::string body = {}, net::Headers headers = {}) {
    net::ClientRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    request.body = std::move(body);
    return client.send(net::Endpoint::parse("http://127.0.0.1:" + std::to_string(server.port())).value(), std::move(request)).value();
  }
  std::string begin(const std::string& repository = "app") {
    const net::Response begun = send("POST", "/v2/" + repository + "/blobs/uploads/");
    REQUIRE(begun.status == 202);
    return std::string(begun.headers.get("Location"));
  }
  void push(const std::string& bytes, const std::string& repository = "app") {
    REQUIRE(send("POST", "/v2/" + repository + "/blobs/uploads/?digest=" + digest_of(bytes), bytes).status == 201);
  }
  std::string blob(const std::string& bytes) const { return "/v2/app/blobs/" + digest_of(bytes); }
  int files() const {
    int count = 0;
    for (const auto& file : fs::recursive_directory_iterator(folder)) count += file.is_regular_file() ? 1 : 0;
    return count;
  }
};

std::string manifest_of(const std::string& config, std::string_view more = "") {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"c","digest":")" +
         digest_of(config) + R"(","size":)" + std::to_string(config.size()) + R"(},"layers":[])" + std::string(more) + "}";
}

std::string code_of(const net::Response& response) {
  const std::string mark = R"("code":")";
  const std::size_t at = response.body.find(mark);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + mark.size();
  return response.body.substr(begin, response.body.find('"', begin) - begin);
}

}  // namespace

TEST_CASE("a blob arrives the same in one piece, in a POST, in chunks or from another repository") {
  World world;
  const std::string bytes = std::string(3'000'000, 'x') + "end";
  SUBCASE("POST alone") { world.push(bytes); }
  SUBCASE("POST, then PUT") {
    CHECK(world.send("PUT", world.begin() + "?digest=" + digest_of(bytes), bytes).status == 201);
  }
  SUBCASE("chunks") {
    const std::string upload = world.begin();
    const auto first = world.send("PATCH", upload, bytes.substr(0, 1'000'000), {{"Content-Range", "0-999999"}});
    CHECK(first.status == 202);
    CHECK(first.headers.get("Range") == "0-999999");
    const auto wrong = world.send("PATCH", upload, "zzz", {{"Content-Range", "5-7"}});
    CHECK(wrong.status == 416);
    CHECK(world.send("PATCH", upload, bytes.substr(1'000'000)).status == 202);
    CHECK(world.send("GET", world.blob(bytes)).status == 404);
    CHECK(world.send("PUT", upload + "?digest=" + digest_of(bytes)).status == 201);
    CHECK(world.send("GET", upload).status == 404);
  }
  SUBCASE("mounted") {
    world.push(bytes, "other");
    CHECK(world.send("HEAD", world.blob(bytes)).status == 404);
    CHECK(world.send("POST", "/v2/app/blobs/uploads/?mount=" + digest_of("none") + "&from=other").status == 202);
    CHECK(world.send("POST", "/v2/app/blobs/uploads/?from=other&mount=" + digest_of(bytes)).status == 201);
  }
  const auto whole = world.send("GET", world.blob(bytes));
  CHECK(whole.status == 200);
  CHECK(whole.body == bytes);
  const auto head = world.send("HEAD", world.blob(bytes));
  CHECK(head.headers.get("Content-Length") == std::to_string(bytes.size()));
  const auto end = world.send("GET", world.blob(bytes), "", {{"Range", "bytes=-3"}});
  CHECK(end.status == 206);
  CHECK(end.body == "end");
  CHECK(end.headers.get("Content-Range") == "bytes 3000000-3000002/3000003");
  CHECK(world.send("GET", world.blob(bytes), "", {{"Range", "bytes=3000003-"}}).status == 416);
}

TEST_CASE("a push that is cut goes on where it was, also with another engine, and shows nothing before its end") {
  World world;
  const std::string bytes(2'000'000, 'y'), upload = world.begin();
  {
    net::RawClient cut(world.server.port());
    cut.send("PATCH " + upload + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n\r\n");
    cut.send(bytes.substr(0, 1'234'567));
    while (world.send("GET", upload).headers.get("Range") != "0-1234566") {
    }
  }
  world.stop();
  world.start();
  CHECK(world.send("HEAD", world.blob(bytes)).status == 404);
  const auto status = world.send("GET", upload);
  CHECK(status.status == 204);
  // What had not reached the disk is sent again: the client goes on from where the registry says.
  const std::string range(status.headers.get("Range"));
  REQUIRE(range.starts_with("0-"));
  const std::size_t kept = std::stoul(range.substr(2)) + 1;
  CHECK(kept <= 1'234'567);
  CHECK(world.send("GET", "/v2/other" + upload.substr(7)).status == 404);  // not another repository's
  CHECK(world.send("PATCH", upload, bytes.substr(kept), {{"Content-Range", std::to_string(kept) + "-1999999"}}).status == 202);
  CHECK(world.send("PUT", upload + "?digest=" + digest_of(bytes)).status == 201);
  CHECK(world.send("GET", world.blob(bytes)).body == bytes);
}

TEST_CASE("a request that goes on with an upload takes it from one that hangs") {
  World world;
  const std::string upload = world.begin();
  net::RawClient hanging(world.server.port());
  hanging.send("PATCH " + upload + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
  while (world.send("GET", upload).headers.get("Range") != "0-4") {
  }
  CHECK(world.send("PATCH", upload, "678", {{"Content-Range", "5-7"}}).status == 202);
  hanging.send("67890");
  CHECK(hanging.read_all().starts_with("HTTP/1.1 400"));
  CHECK(world.send("PUT", upload + "?digest=" + digest_of("12345678")).status == 201);
}

TEST_CASE("a blob under a wrong digest is refused and leaves nothing") {
  World world;
  const std::string upload = world.begin(), wrong = digest_of("something else");
  CHECK(code_of(world.send("PUT", upload + "?digest=" + wrong, "bytes")) == "DIGEST_INVALID");
  CHECK(code_of(world.send("POST", "/v2/app/blobs/uploads/?digest=" + wrong, "bytes")) == "DIGEST_INVALID");
  CHECK(world.send("GET", upload).status == 404);
  const std::string cancelled = world.begin();
  CHECK(world.send("DELETE", cancelled).status == 204);
  CHECK(world.send("GET", cancelled).status == 404);
  CHECK(world.files() == 0);
}

TEST_CASE("what no name, digest or upload is, is refused before any file is touched") {
  World world;
  const std::string good = digest_of("x");
  const std::vector<std::pair<std::string, int>> targets = {
      {"/v2/../../etc/passwd/blobs/" + good, 400},
      {"/v2/app/blobs/sha256:..%2f..%2f..%2fetc%2fpasswd", 400},
      {"/v2/%2e%2e/app/blobs/" + good, 400},
      {"/v2/app%00/blobs/" + good, 400},
      {"/v2/app/blobs/sha256:" + std::string(63, 'a'), 400},
      {"/v2/app/blobs/md5:" + std::string(32, 'a'), 400},
      {"/v2/app/manifests/..%2fx", 405},
      {"/v2/app/manifests/" + std::string(129, 'a'), 400},
      {"/v2/app/blobs/uploads/..", 404},
      {"/v2/app/blobs/uploads/00000000-0000-0000-0000-00000000000/", 405},
      {"/v2/app/blobs/uploads/00000000-0000-0000-0000-000000000000", 404},
      {"/v2/" + std::string(2000, 'a') + "/tags/list", 405},
      {"/v2/unknown/tags/list", 404},
      {"/v2/%zz/tags/list", 405}};
  for (const auto& [target, status] : targets) {
    const auto response = world.send("GET", target);
    CHECK_MESSAGE(response.status >= 400, target);
    CHECK_MESSAGE(response.status < 500, target);
    CHECK_MESSAGE(!code_of(response).empty(), target);
    CHECK_MESSAGE((response.status == status || status == 405 || status == 400), target);
  }
  for (const char* digest : {"", "sha256:1", "sha256:../../../../x", "sha1:aaaa"}) {
    CHECK(world.send("PUT", std::string("/v2/app/blobs/uploads/00000000-0000-0000-0000-000000000000?digest=") + digest, "body").status == 400);
  }
  CHECK(world.send("PATCH", "/v2/nobody/blobs/uploads/00000000-0000-0000-0000-000000000000", "body").status == 404);
  CHECK(world.files() == 0);
}

TEST_CASE("a manifest is taken when all it names is there, and found by digest and tag") {
  World world;
  const std::string manifest = manifest_of("{}"), type = "application/vnd.oci.image.manifest.v1+json";
  CHECK(code_of(world.send("PUT", "/v2/app/manifests/v1", manifest)) == "MANIFEST_BLOB_UNKNOWN");
  world.push("{}");
  CHECK(code_of(world.send("PUT", "/v2/app/manifests/" + digest_of("x"), manifest)) == "DIGEST_INVALID");
  CHECK(code_of(world.send("PUT", "/v2/app/manifests/v1", manifest, {{"Content-Type", "text/plain"}})) == "MANIFEST_INVALID");
  for (const std::string& bad : {std::string("{"), std::string(200'000, '['), std::string("{\"schemaVersion\":1}")})
    CHECK(code_of(world.send("PUT", "/v2/app/manifests/v1", bad)) == "MANIFEST_INVALID");
  CHECK(code_of(world.send("PUT", "/v2/app/manifests/v1", std::string((4u << 20) + 1, ' '))) == "SIZE_INVALID");
  CHECK(world.files() == 1);

  const auto put = world.send("PUT", "/v2/app/manifests/fixed", manifest, {{"Content-Type", type}});
  CHECK(put.status == 201);
  CHECK(put.headers.get("Docker-Content-Digest") == digest_of(manifest));
  for (const std::string& reference : {std::string("fixed"), digest_of(manifest)}) {
    const auto got = world.send("GET", "/v2/app/manifests/" + reference);
    CHECK(got.body == manifest);
    CHECK(got.headers.get("Content-Type") == type);
  }
  CHECK(code_of(world.send("PUT", "/v2/app/manifests/fixed", manifest_of("{}", R"(,"x":1)"))) == "TAG_INVALID");
  CHECK(code_of(world.send("DELETE", world.blob("{}"))) == "UNSUPPORTED");
  CHECK(world.send("DELETE", "/v2/app/manifests/" + digest_of(manifest)).status == 202);
  CHECK(world.send("GET", "/v2/app/manifests/fixed").status == 404);
  CHECK(world.send("DELETE", world.blob("{}")).status == 202);
}

TEST_CASE("lists come in pages, each with the way to the next") {
  World world;
  world.push("{}");
  for (const char* tag : {"a", "B", "c"}) REQUIRE(world.send("PUT", std::string("/v2/app/manifests/") + tag, manifest_of("{}")).status == 201);
  CHECK(world.send("GET", "/v2/app/tags/list").body == R"({"name":"app","tags":["B","a","c"]})");
  const auto page = world.send("GET", "/v2/app/tags/list?n=2");
  CHECK(page.body == R"({"name":"app","tags":["B","a"]})");
  CHECK(page.headers.get("Link") == R"(</v2/app/tags/list?n=2&last=a>; rel="next")");
  CHECK(world.send("GET", "/v2/app/tags/list?n=2&last=a").body == R"({"name":"app","tags":["c"]})");
  CHECK(world.send("GET", "/v2/_catalog?n=1").headers.get("Link") == R"(</v2/_catalog?n=1&last=app>; rel="next")");
  CHECK(world.send("GET", "/v2/_catalog?n=1&last=app").body == R"({"repositories":["other"]})");
}

TEST_CASE("a damaged blob is never served, and can be pushed again") {
  World world;
  world.push("precious");
  const fs::path file = world.store.blob_path(digest_of("precious")).value();
  fs::permissions(file, fs::perms::owner_all);
  std::ofstream(file) << "precioux";
  CHECK(world.send("GET", world.blob("precious")).status == 500);
  CHECK(world.send("HEAD", world.blob("precious")).status == 404);
  world.push("precious");
  CHECK(world.send("GET", world.blob("precious")).body == "precious");
}

TEST_CASE("the sweep takes what nothing names, and only that") {
  World world;
  world.push("{}");
  world.push("lonely");
  REQUIRE(world.send("PUT", "/v2/app/manifests/v1", manifest_of("{}")).status == 201);
  (void)world.store.put_blob("left by a crash");
  world.sweep();
  CHECK_FALSE(world.store.has_blob(digest_of("left by a crash")));
  CHECK(world.send("GET", world.blob("{}")).body == "{}");
  CHECK(world.send("GET", "/v2/app/manifests/v1").status == 200);
  CHECK_FALSE(world.store.has_blob(digest_of("lonely")));  // its record's time is long ago
}

TEST_CASE("no push is lost to sweeps that run beside it") {
  World world;
  world.catalog.now = world.clock.now();
  std::atomic<bool> over = false;
  std::thread sweeper([&] {
    while (!over) world.sweep();
  });
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = "blob " + std::to_string(i % 10);
    world.push(bytes);
    CHECK(world.send("GET", world.blob(bytes)).body == bytes);
    CHECK(world.send("DELETE", world.blob(bytes)).status == 202);
  }
  over = true;
  sweeper.join();
  world.sweep();
  CHECK(world.files() == 0);
}

TEST_CASE("a request with an AWS signature is for another service with paths below /v2") {
  net::Request signed_for_aws;
  signed_for_aws.target = "/v2/apis";
  CHECK(Distribution::serves(signed_for_aws));
  signed_for_aws.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261123/us-east-1/apigateway/aws4_request");
  CHECK_FALSE(Distribution::serves(signed_for_aws));
}

TEST_CASE("who does not know the password is told how to log in") {
  World world;
  world.server.on_loop([&] {
    world.distribution = std::make_unique<Distribution>(
        world.store, world.catalog, world.server.loop, world.clock, world.random,
        Distribution::Options{.authorized = [](std::string_view credentials) { return credentials == "AWS:secret"; }});
  });
  const auto refused = world.send("GET", "/v2/");
  CHECK(refused.status == 401);
  CHECK(refused.headers.get("WWW-Authenticate") == R"(Basic realm="scaleout")");
  CHECK(world.send("POST", "/v2/app/blobs/uploads/?digest=" + digest_of("x"), "x").status == 401);
  CHECK(world.send("GET", "/v2/", "", {{"Authorization", "Basic QVdTOnNlY3JldA=="}}).status == 200);
  CHECK(world.send("GET", "/v2/", "", {{"Authorization", "Basic QVdTOm5v"}}).status == 401);
}

}  // namespace registry
