#include "balancer/haproxy/render.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "balancer/haproxy/names.h"
#include "balancer/haproxy/process.h"
#include "balancer/haproxy/traffic.h"
#include "base/http_token.h"

using namespace balancer;

namespace {

RenderInput one_of_each() {
  RenderInput input;
  GroupSpec group;
  group.id = "arn:tg/web";
  group.name = "web";
  ListenerSpec listener;
  listener.id = "arn:listener";
  listener.address = "127.0.77.9";
  listener.port = 8080;
  listener.default_action = Forward{{{"arn:tg/web", 1}}, {}};
  input.structure.groups[group.id] = group;
  input.structure.listeners[listener.id] = listener;
  input.structure.ports[listener.id] = 8080;
  input.stats_socket = "/tmp/s.sock";
  input.log_sockets = "/tmp/l-";
  return input;
}

Result<void> accepted(const std::string& text) {
  char name[] = "/tmp/scaleout-render-XXXXXX";
  const std::string directory = ::mkdtemp(name);
  std::ofstream(directory + "/haproxy.cfg", std::ios::binary) << text;
  auto result = check_config("/usr/sbin/haproxy", directory + "/haproxy.cfg");
  std::filesystem::remove_all(directory);
  return result;
}

/// The first words of all lines: what HAProxy will do with them.
std::map<std::string, int> directives(const std::string& text) {
  std::map<std::string, int> count;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    if (words >> first) ++count[first];
  }
  return count;
}

}  // namespace

TEST_CASE(
    "render: an HTTPS listener shows its certificates in order, within its versions; another certificate is another "
    "structure") {
  RenderInput input = one_of_each();
  input.certificates = "/state";
  ListenerSpec& listener = input.structure.listeners.begin()->second;
  listener.protocol = "HTTPS";
  listener.certificates = {"first", "second"};
  listener.tls_min = "TLSv1.2";
  listener.tls_max = "TLSv1.3";
  const std::string text = render_config(input);
  CHECK(text.find("bind 127.0.77.9:8080 ssl crt '/state/" + certificate_file("first") + "' crt '/state/" +
                  certificate_file("second") + "' ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3 alpn h2,http/1.1\n") !=
        std::string::npos);
  CHECK(text.find("x-forwarded-proto: https") != std::string::npos);
  const std::string before = structure_text(input.structure);
  listener.certificates[1] = "renewed";
  CHECK(structure_text(input.structure) != before);
}

TEST_CASE("render: connections are taken from whom the security groups admit, and from everybody without any") {
  RenderInput input = one_of_each();
  ListenerSpec& listener = input.structure.listeners.begin()->second;
  CHECK(render_config(input).find("tcp-request connection reject") == std::string::npos);
  listener.admitted = {"127.0.0.0/8", "203.0.113.0/24", "no block\n  bind :1"};
  CHECK(render_config(input).find("  tcp-request connection reject unless { src 127.0.0.0/8 203.0.113.0/24 }\n") !=
        std::string::npos);
  CHECK(accepted(render_config(input)));
  listener.admitted = std::vector<std::string>{};
  CHECK(render_config(input).find("  tcp-request connection reject\n") != std::string::npos);
  CHECK(accepted(render_config(input)));
}

TEST_CASE("render: a redirect leads to where the balancer's other listener really is") {
  RenderInput input = one_of_each();
  ListenerSpec& plain = input.structure.listeners.begin()->second;
  plain.load_balancer_id = "arn:lb";
  plain.default_action = Redirect{.protocol = "HTTPS", .port = "443"};
  ListenerSpec other = plain;
  other.id = "arn:other";
  other.port = 443;
  other.default_action = FixedResponse{200, "text/plain", "here"};
  const auto location = [&](int port) {
    input.structure.listeners[other.id] = other;
    input.structure.ports[other.id] = port;
    const std::string text = render_config(input);
    const std::size_t at = text.find("hdr Location '") + 14;
    return text.substr(at, text.find("%[path", at) - at);
  };
  CHECK(location(443) == "https://%[req.hdr(host),host_only]/");
  CHECK(location(8443) == "https://%[req.hdr(host),host_only]:8443/");
  other.load_balancer_id = "arn:somebody else's";
  CHECK(location(8443) == "https://%[req.hdr(host),host_only]/");
}

TEST_CASE("render: a member that is not serving is disabled, and members are no structure") {
  RenderInput input = one_of_each();
  const std::string before = structure_text(input.structure);
  input.members["arn:tg/web"] = {{"i-1:80", "127.0.1.1", 80, true}, {"i-2:80", "127.0.1.2", 80, false}};
  const std::string text = render_config(input);
  CHECK(text.find("  server i-1:80 127.0.1.1:80 weight 100 pool-max-conn -1 pool-purge-delay 5s check inter 30000ms "
                  "downinter 1000ms rise 5 fall 2\n") != std::string::npos);
  CHECK(text.find("rise 5 fall 2 disabled\n") != std::string::npos);
  CHECK(structure_text(input.structure) == before);
  const auto checked = accepted(text);
  CHECK_MESSAGE(checked, (checked ? "" : checked.error().message));
}

TEST_CASE("render: nothing a user writes becomes a directive, and HAProxy accepts it all") {
  const std::string evils[] = {"'",
                               "\"",
                               "\\",
                               "\\'",
                               "a\nglobal\n  daemon",
                               "%[env(HOME)]",
                               "$HOME",
                               "${HOME}",
                               "#",
                               "{ always_true }",
                               "a b",
                               ")",
                               "]",
                               "[^",
                               "\x01\x7f",
                               "\xc3\xa9\xff",
                               "*?*",
                               "' if TRUE\nlisten x",
                               "if",
                               "!",
                               ";",
                               "--",
                               "",
                               "100%",
                               "\t",
                               std::string("a\0b", 3),
                               std::string(128, '?'),
                               std::string(128, '\xff')};
  const std::string plain = "plain";
  auto with = [&](const std::string& evil) {
    RenderInput input = one_of_each();
    auto& listener = input.structure.listeners.begin()->second;
    auto& group = input.structure.groups.begin()->second;
    group.name = evil;
    group.health.path = "/" + evil;
    group.health.matcher = evil;
    group.stickiness = {true, evil, false, seconds(60)};
    int priority = 0;
    for (const auto* field :
         {"host-header", "path-pattern", "http-request-method", "source-ip", "http-header", "query-string"}) {
      Condition condition;
      condition.field = field;
      condition.header_name = condition.field == "http-header" ? "X-Ok" : "";
      condition.values = {evil, "ok"};
      if (condition.field == "query-string") condition.pairs = {{evil, evil}};
      if (condition.field == "http-header" && evil.empty()) condition.header_name = evil;
      listener.rules.push_back({evil, ++priority, {condition}, FixedResponse{200, "text/plain", "a" + evil}});
      listener.rules.push_back(
          {evil, ++priority, {condition}, Redirect{evil, "h" + evil, evil, "/" + evil, evil, 301}});
      listener.rules.push_back({evil, ++priority, {condition}, FixedResponse{404, evil, "b"}});
    }
    Condition named{"http-header", evil, {"v"}, {}};
    listener.rules.push_back({evil, ++priority, {named}, FixedResponse{200, "", ""}});
    return render_config(input);
  };
  const auto usual = directives(with(plain));
  for (const std::string& evil : evils) {
    CAPTURE(evil);
    const std::string text = with(evil);
    const auto checked = accepted(text);
    CHECK_MESSAGE(checked, (checked ? "" : checked.error().message));
    for (const auto& [word, count] : directives(text)) {
      CAPTURE(word);
      CHECK(usual.contains(word));
    }
  }
}

TEST_CASE("render: whatever names a header, a cookie or a method is matched, each character of a token included") {
  RenderInput input = one_of_each();
  auto& listener = input.structure.listeners.begin()->second;
  auto& group = input.structure.groups.begin()->second;
  std::vector<std::string> names = {std::string(256, 'X')};
  for (char c = 0x21; c < 0x7f; ++c)
    if (is_http_token(std::string_view(&c, 1))) names.push_back({'X', c, c});
  CHECK(names.size() == 1 + 2 * 26 + 10 + 15);
  for (const std::string& name : names) {
    CAPTURE(name);
    listener.rules = {{"a", 1, {{"http-header", name, {"v"}, {}}}, FixedResponse{200, "", ""}},
                      {"b", 2, {{"http-request-method", "", {name}, {}}}, FixedResponse{200, "", ""}}};
    group.stickiness = {true, name, true, seconds(60)};
    const std::string text = render_config(input);
    const bool quote = name.find('\'') != std::string::npos;
    CHECK(text.find(quote ? "  acl r1_1 'req.fhdr(X\\'\\''\\'\\'')' " : "  acl r1_1 'req.fhdr(" + name + ")' ") !=
          std::string::npos);
    CHECK(text.find("  acl r2_1 method -m str ") != std::string::npos);
    CHECK(text.find("  stick on 'req.cook(X") != std::string::npos);
  }
  std::string all = "X";
  for (char c = 0x21; c < 0x7f; ++c)
    if (is_http_token(std::string_view(&c, 1))) all += c;
  listener.rules[0].conditions[0].header_name = all;
  listener.rules[1].conditions[0].values = {all};
  group.stickiness.cookie = all;
  const auto checked = accepted(render_config(input));
  CHECK_MESSAGE(checked, (checked ? "" : checked.error().message));
}

TEST_CASE("names: the same in every run, and safe in both languages") {
  CHECK(server_name("i-0123:32768") == "i-0123:32768");
  CHECK(server_name("a;b c") == "a_b_c_" + short_hash("a;b c"));
  CHECK(proxy_name("tg", "web/1", "arn") == "tg_web_1_" + short_hash("arn"));
  CHECK(is_cidr("10.0.0.0/8"));
  CHECK_FALSE(is_cidr("10.0.0.0/33"));
  CHECK_FALSE(is_cidr("10.0.0.0/8 or TRUE"));
}

TEST_CASE("log lines: the target's own answers have a response time, ours have none") {
  LogLine line;
  REQUIRE(parse_log_line("ls_x tg_y i-1:80 200 -- 1234 -\n", line));
  CHECK(line.seconds == doctest::Approx(0.001234));
  CHECK(line.weight == 1);
  REQUIRE(parse_log_line("ls_x ls_x <NOSRV> 503 SC - 10", line));
  CHECK(line.seconds < 0);
  CHECK(line.weight == 10);
  CHECK_FALSE(parse_log_line("", line));
  CHECK_FALSE(parse_log_line("Proxy tg_y stopped (cumulated conns: FE: 0, BE: 1).", line));
  CHECK_FALSE(parse_log_line("a b c d e f g h", line));
}

TEST_CASE("the runtime API's tables are read by column name, whatever stands quoted in them") {
  const auto rows = parse_stat(
      "# pxname,svname,scur,status,check_status,last_chk,hrsp_2xx,\ntg,a,3,UP,* L7OK,\"x,y\",7,\n\nbroken\n");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].current_sessions == 3);
  CHECK(rows[0].check_status == "L7OK");
  CHECK(rows[0].responses[2] == 7);
  const auto processes = parse_processes(
      "#<PID> <type>\n10 master 1 [failed: 0] x\n# workers\n12 worker 0 x\n# old workers\n11 worker 1 x\n# programs\n");
  CHECK(processes.master == 10);
  CHECK(processes.current == std::vector<int>{12});
  CHECK(processes.old == std::vector<int>{11});
}

TEST_CASE("Traffic_IsReportedOnceInEachInterval") {
  struct Counting final : Sink {
    std::uint64_t requests = 0;
    void on_event(Event event) override {
      if (const auto* traffic = std::get_if<Traffic>(&event)) requests += traffic->requests;
    }
  } sink;
  TrafficMeter meter(milliseconds(200));
  const Instant begin = instant_from_ms(1'800'000'000'000);
  const Structure structure = one_of_each().structure;
  meter.report(begin, structure, {}, sink);
  CHECK_FALSE(meter.due(begin + milliseconds(199)));
  CHECK(meter.due(begin + milliseconds(200)));
  CHECK(sink.requests == 0);
}
