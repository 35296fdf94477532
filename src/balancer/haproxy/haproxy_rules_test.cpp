// What listeners do with requests. Against a real HAProxy and real backends on 127.0.77.0/24.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cctype>
#include <ctime>
#include <regex>
#include <set>

#include "balancer/haproxy/testing_site.h"

using namespace balancer;
using namespace balancer::testing;

namespace {
std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}
}  // namespace

TEST_CASE("haproxy: rules: each condition and each action, through real requests") {
  Site site;
  Backend a("a"), b("b");
  for (const char* id : {"tg", "other"}) {
    auto group = fast_group(id);
    site.balancer->set_group(group);
  }
  auto sticky = fast_group("sticky");
  sticky.stickiness = {true, "AWSALB", false, seconds(60)};
  site.balancer->set_group(sticky);
  auto listener = listener_to("tg", site.port);
  int priority = 0;
  auto rule = [&](std::vector<Condition> conditions, Action action) {
    ++priority;
    listener.rules.push_back({fmt::format("r{}", priority), priority, std::move(conditions), std::move(action)});
  };
  auto says = [](const std::string& text) { return FixedResponse{200, "text/plain", text}; };
  rule({{"host-header", "", {"*.Shop.example"}, {}}}, says("host"));
  rule({{"path-pattern", "", {"/img/*.p?g", "/it's \"q\" %[x] #"}, {}}}, says("path"));
  rule({{"http-request-method", "", {"DELETE"}, {}}}, says("method"));
  rule({{"http-header", "X-Kind", {"b*ta"}, {}}}, says("header"));
  rule({{"http-header", "X-It's#$%&*`|~", {"odd"}, {}}}, says("odd header"));
  rule({{"query-string", "", {}, {{"version", "v?"}, {"", "any*"}}}}, says("query"));
  rule({{"path-pattern", "", {"/src"}, {}}, {"source-ip", "", {"10.0.0.0/8"}, {}}}, says("far"));
  rule({{"path-pattern", "", {"/src"}, {}}, {"source-ip", "", {"127.0.0.0/8"}, {}}}, says("near"));
  rule({{"path-pattern", "", {"/old/*"}, {}}}, Redirect{"HTTPS", "#{host}", "443", "/new/#{path}", "#{query}", 301});
  rule({{"path-pattern", "", {"/elsewhere"}, {}}}, Redirect{"#{protocol}", "www.example", "#{port}", "/", "a=b", 302});
  rule({{"path-pattern", "", {"/told"}, {}}},
       Redirect{"#{protocol}", "#{host}", "#{port}", "/#{path}", "from=#{protocol}&port=#{port}", 302});
  rule({{"path-pattern", "", {"/gone"}, {}}},
       FixedResponse{410, "application/json", R"({"why":"it's 100% \"gone\"\n #"})"});
  rule({{"path-pattern", "", {"/never"}, {}}}, Forward{{{"other", 1}}, {}});
  rule({{"path-pattern", "", {"/mix"}, {}}}, Forward{{{"tg", 999}, {"other", 0}}, {}});
  rule({{"path-pattern", "", {"/half"}, {}}}, Forward{{{"tg", 1}, {"sticky", 1}}, seconds(60)});
  rule({{"path-pattern", "", {"/sticky"}, {}}}, Forward{{{"sticky", 1}}, {}});
  rule({{"path-pattern", "", {"/nothing"}, {}}}, Forward{{{"missing", 1}}, {}});
  site.balancer->set_listener(listener);
  site.balancer->set_members("tg", {a.member()});
  site.balancer->set_members("sticky", {a.member(), b.member()});
  site.balancer->ready();
  REQUIRE(site.sink.saw<ListenerBound>());
  REQUIRE(site.sink.health("b", "healthy"));
  REQUIRE(eventually([&] { return site.get().status == 200; }));

  auto body = [&](const std::string& line, const std::string& headers = "") {
    return ask(kAddress, site.port, line, headers).body;
  };
  Client hosted(kAddress, site.port);
  CHECK(hosted.ask("GET / HTTP/1.1\r\nHost: eu.shop.EXAMPLE:80\r\n\r\n").body == "host");
  CHECK(body("GET /img/x.png") == "path");
  CHECK(body("GET /IMG/x.png").starts_with("a\n"));
  CHECK(body("GET /img/x.pg").starts_with("a\n"));
  CHECK(body("DELETE /") == "method");
  CHECK(body("GET /", "x-kind: BEta\r\n") == "header");
  CHECK(body("GET /", "X-It's#$%&*`|~: odd\r\n") == "odd header");
  CHECK(body("GET /?a=1&version=v2") == "query");
  CHECK(body("GET /?a=anything") == "query");
  CHECK(body("GET /?version=v22").starts_with("a\n"));
  CHECK(body("GET /src") == "near");
  auto moved = site.get("/old/x?q=1");
  CHECK(moved.status == 301);
  CHECK_MESSAGE(moved.has("location: https://test.example/new/old/x?q=1\r\n"), moved.head);
  moved = site.get("/elsewhere");
  CHECK(moved.status == 302);
  CHECK_MESSAGE(moved.has(fmt::format("location: http://www.example:{}/?a=b\r\n", site.port)), moved.head);
  moved = site.get("/told");
  CHECK_MESSAGE(moved.has(fmt::format("location: http://test.example:{0}/told?from=http&port={0}\r\n", site.port)),
                moved.head);
  const auto gone = site.get("/gone");
  CHECK(gone.status == 410);
  CHECK(gone.has("content-type: application/json"));
  CHECK(gone.body == R"({"why":"it's 100% \"gone\"\n #"})");
  const auto none = site.get("/never");
  CHECK(none.status == 503);
  CHECK(none.has("server: awselb/2.0"));
  CHECK(none.body.find("<h1>503 Service Temporarily Unavailable</h1>") != std::string::npos);
  CHECK(site.get("/nothing").status == 503);
  CHECK(body("GET /mix").starts_with("a\n"));
  CHECK(site.get("/half").has("set-cookie: awsalbtg="));
  CHECK(ask(kAddress, site.port, "TRACE /").status == 405);

  // A cookie keeps a client with its target, also one that was added while HAProxy ran.
  Client client(kAddress, site.port);
  const auto first = client.ask("GET /sticky HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK_MESSAGE(first.has("set-cookie: awsalb="), first.head);
  CHECK_MESSAGE(first.has("set-cookie: awsalbcors="), first.head);
  const auto from = client.raw_head.find("AWSALB=");
  const std::string cookie = client.raw_head.substr(from, client.raw_head.find(';', from) - from);
  CHECK(cookie.size() > 8);
  for (int i = 0; i < 4; ++i)
    CHECK(body("GET /sticky", "Cookie: " + cookie + "\r\n").substr(0, 1) == first.body.substr(0, 1));

  const auto seen =
      body("GET /", "X-Forwarded-For: 9.9.9.9\r\nX-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678\r\n");
  CHECK_MESSAGE(seen.find("x-forwarded-for: 9.9.9.9, 127.0.0.1\r\n") != std::string::npos, seen);
  CHECK(seen.find("x-forwarded-proto: http\r\n") != std::string::npos);
  CHECK(seen.find(fmt::format("x-forwarded-port: {}\r\n", site.port)) != std::string::npos);
  CHECK(seen.find(";Root=1-67891233-abcdef012345678912345678\r\n") != std::string::npos);
  CHECK(seen.find("x-amzn-trace-id: Self=1-") != std::string::npos);
  CHECK(body("GET /").find("x-amzn-trace-id: Root=1-") != std::string::npos);
}

TEST_CASE("haproxy: a path made to almost match a rule of many stars costs no more than any other") {
  Site site;
  Backend a("a");
  site.balancer->set_group(fast_group("tg"));
  auto listener = listener_to("tg", site.port);
  const FixedResponse found{200, "text/plain", "found"};
  listener.rules.push_back({"path", 1, {{"path-pattern", "", {"/*/v*/*/x*.json"}, {}}}, found});
  listener.rules.push_back({"query", 2, {{"query-string", "", {}, {{"*", "*/v*/*/x*.json"}}}}, found});
  site.balancer->set_listener(listener);
  site.balancer->set_members("tg", {a.member()});
  site.balancer->ready();
  REQUIRE(site.sink.health("a", "healthy"));
  REQUIRE(eventually([&] { return site.get().status == 200; }));
  std::string long_path;
  for (int i = 0; i < 1500; ++i) long_path += "/v/x";
  const auto workers = site.workers();
  CHECK(site.get("/0" + long_path + ".json").body == "found");
  CHECK(site.get("/?k=0" + long_path + ".json").body == "found");
  // A minute of HAProxy's only thread if each star gave back; and HAProxy ends a thread that hangs for seconds.
  constexpr int kStrangers = 60;
  std::vector<std::thread> strangers;
  std::atomic<int> answered{0};
  for (int i = 0; i < kStrangers; ++i)
    strangers.emplace_back([&, i] {  // each another path: HAProxy remembers what a text matched
      const std::string miss = fmt::format("/{}{}.jsonx", i, long_path);
      if (site.get(miss + "?k=" + miss).body.starts_with("a\n")) ++answered;
    });
  CHECK(site.get("/neighbour").status == 200);
  for (auto& stranger : strangers) stranger.join();
  CHECK(answered == kStrangers);
  CHECK(site.workers() == workers);
}

TEST_CASE("haproxy: every request gets our headers once, whatever it brings of its own") {
  Site site;
  Backend a("a");
  site.want({a.member()});
  REQUIRE(site.sink.health("a", "healthy"));
  REQUIRE(eventually([&] { return site.get().status == 200; }));
  Client client(kAddress, site.port);
  const std::string named = fmt::format("Host: test.example:{}\r\n", site.port);
  const std::regex fresh("\r\nx-amzn-trace-id: Root=1-([0-9a-f]{8})-([0-9a-f]{24})\r\n");
  std::set<std::string> ids;
  const auto now = std::time(nullptr);
  const std::string spoofed = "x-forwarded-proto: gopher\r\nX-FORWARDED-PORT: 1\r\n";
  const std::string kinds[] = {"GET / HTTP/1.1\r\n" + named,
                               "GET /again HTTP/1.1\r\n" + named,
                               "GET / HTTP/1.1\r\nUser-Agent: x\r\n" + named + "Cookie: x-forwarded-for: 1\r\n",
                               "GET / HTTP/1.1\r\nHost: test.example\r\n",
                               "POST / HTTP/1.1\r\nContent-Length: 0\r\n" + named,
                               "GET / HTTP/1.1\r\n" + named + spoofed,
                               "GET / HTTP/1.1\r\n" + spoofed + named};
  for (const std::string& kind : kinds) {
    const std::string head = client.ask(kind + "\r\n").body;
    CAPTURE(head);
    std::smatch match;
    REQUIRE(std::regex_search(head, match, fresh));
    CHECK(ids.insert(match[2]).second);
    CHECK(std::stol(match[1], nullptr, 16) >= now - 2);
    CHECK(std::stol(match[1], nullptr, 16) <= now + 10);
    for (const std::string& line :
         {std::string("x-forwarded-for: 127.0.0.1\r\n"), std::string("x-forwarded-proto: http\r\n"),
          fmt::format("x-forwarded-port: {}\r\n", site.port), fmt::format("host: test.example:{}\r\n", site.port)}) {
      CAPTURE(line);
      const std::string lower = lowered(head);
      const auto at = lower.find("\n" + line);
      CHECK(at != std::string::npos);
      CHECK(lower.find("\n" + line.substr(0, line.find(':') + 1), at + 1) == std::string::npos);
    }
    CHECK(head.find("gopher") == std::string::npos);
  }
}

TEST_CASE("haproxy: a request that names the default port is as cheap as one that does not") {
  Site site;
  Backend a("a");
  site.balancer->set_group(fast_group("tg"));
  site.balancer->set_listener(listener_to("tg", 80));
  site.balancer->set_members("tg", {a.member()});
  site.balancer->ready();
  REQUIRE(site.sink.health("a", "healthy"));
  REQUIRE(eventually([&] { return site.sink.saw<ListenerBound>(); }));
  Client client(kAddress, site.sink.all<ListenerBound>().front().port);
  REQUIRE(eventually([&] { return client.ask("GET / HTTP/1.1\r\nHost: test.example\r\n\r\n").status == 200; }));
  // Requests that need nothing but our header have 16 digits of their trace ids in common.
  const std::regex id("Root=1-[0-9a-f]{8}-([0-9a-f]{16})");
  std::set<std::string> sessions;
  for (const std::string port : {"", ":80"}) {
    const std::string head = client.ask("GET / HTTP/1.1\r\nHost: test.example" + port + "\r\n\r\n").body;
    CAPTURE(head);
    CHECK(lowered(head).find("\nhost: test.example\r\n") != std::string::npos);
    std::smatch match;
    REQUIRE(std::regex_search(head, match, id));
    sessions.insert(match[1]);
  }
  CHECK(sessions.size() == 1);
}

TEST_CASE("haproxy: an application's cookie keeps a client with its target; a matcher may be a range") {
  Site site;
  Backend a("a"), b("b");
  a.health = 204;
  b.health = 299;
  auto group = fast_group("tg");
  group.health.matcher = "200-299";
  group.stickiness = {true, kCookie, true, seconds(60)};
  site.balancer->set_group(group);
  site.balancer->set_listener(listener_to("tg", site.port));
  site.balancer->set_members("tg", {a.member(), b.member()});
  site.balancer->ready();
  REQUIRE(site.sink.health("a", "healthy"));
  REQUIRE(site.sink.health("b", "healthy"));
  std::set<std::string> targets;
  for (int client = 0; client < 6; ++client) {
    const std::string target = site.get("/login").body.substr(0, 1);
    targets.insert(target);
    const std::string cookie = fmt::format("Cookie: {}={}\r\n", kCookie, target);
    for (int i = 0; i < 4; ++i) CHECK(site.get("/", cookie).body.substr(0, 1) == target);
  }
  CHECK(targets.size() == 2);
  b.health = 302;
  REQUIRE(site.sink.health("b", "unhealthy"));
  CHECK(site.sink.all<TargetHealthChanged>().back().description == "Health checks failed with these codes: [302]");
}

TEST_CASE("a port that needs a privilege we lack becomes port + 8000; one that is in use does not") {
  std::string error;
  std::vector<int> tried;
  auto first_fails = [&](bool privilege) {
    tried.clear();
    return choose_port(
        80,
        [&, privilege](int port, bool& access) {
          tried.push_back(port);
          access = privilege && port == 80;
          return port == 80 ? std::string("no") : std::string();
        },
        error);
  };
  CHECK(first_fails(true) == 8080);
  CHECK(error.empty());
  CHECK(first_fails(false) == 0);
  CHECK(error == "no");
  CHECK(tried == std::vector<int>{80});
}
