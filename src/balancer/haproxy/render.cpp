#include "balancer/haproxy/render.h"

#include <fmt/format.h>

#include <algorithm>

#include "balancer/haproxy/names.h"
#include "base/http_token.h"

namespace balancer {
namespace {

// Probes of a target that does not pass come faster than its interval, so that a task that needs a moment to listen is
// not found an interval later; when it counts as unhealthy is decided by the interval all the same (see supervisor).
Duration interval_while_down(Duration interval) { return std::min(interval, std::max(Duration{100}, interval / 30)); }

Duration at_least_a_ms(Duration wanted) { return std::max(wanted, Duration{1}); }

/// Each line goes to one of the sockets, in turns: none holds more than the kernel's max_dgram_qlen (often 10).
std::string render_logs(const RenderInput& input) {
  std::string out;
  for (int i = 0; i < kLogSockets; ++i)
    out += fmt::format("  log {} len 1024 format raw sample {}:{} local0\n", log_socket(input.log_sockets, i), i + 1,
                       kLogSockets);
  return out;
}

std::string render_global(const RenderInput& input) {
  return fmt::format(
      "global\n"
      "  description gen-{}\n"
      "  maxconn {}\n"
      "  nbthread {}\n"
      "  stats socket {} mode 600 level admin expose-fd listeners\n"
      "  stats timeout 30s\n"
      // The first probe of a new server comes within this, whatever its interval.
      "  max-spread-checks 50ms\n"
      // Else each start and reload reads the system's CA certificates for an HTTP client of Lua's that we do not use:
      // 40 of its 45 ms.
      "  httpclient.ssl.verify none\n"
      "  tune.ssl.default-dh-param 2048\n"
      "{}\n",
      input.generation, input.max_connections, input.threads, input.stats_socket, render_logs(input));
}

std::string error_line(int status, std::string_view reason) {
  return fmt::format("  http-error status {} content-type text/html string {} hdr Server awselb/2.0\n", status,
                     quoted(error_page(status, reason)));
}

/// So many, because tasks die together with their node, and clients that wait for their answers go round the targets in
/// step: of two dead in six, one GET in 5,000 met them in each of 13 tries (dead_targets_test). Fifty take 10 ms when
/// refused: until then the engine has taken the dead ones out.
constexpr int kRetries = 49;

/// All tries together end in the time that an ALB gives to its one.
Duration try_timeout(const RenderInput& input) { return at_least_a_ms(input.connect_timeout / (kRetries + 1)); }

std::string render_defaults(const RenderInput& input) {
  std::string out = fmt::format("defaults\n  mode http\n  timeout connect {}ms\n", try_timeout(input).count());
  out +=
      "  timeout client 60s\n"
      "  timeout server 60s\n"
      "  timeout http-request 10s\n"
      "  timeout queue 10s\n"
      "  timeout tunnel 1h\n"
      // Else a reload closes idle keep-alive connections under the client's next request.
      "  option idle-close-on-response\n"
      // A connection that could not be made carried nothing: any method may go to another server, at once.
      "  option redispatch 1\n"
      "  retry-on conn-failure empty-response\n";
  out += fmt::format("  retries {}\n", kRetries);
  out += error_line(400, "Bad Request") + error_line(403, "Forbidden") + error_line(408, "Request Time-out") +
         error_line(413, "Request Entity Too Large") + error_line(500, "Internal Server Error") +
         error_line(502, "Bad Gateway") + error_line(504, "Gateway Time-out");
  out += error_line(503, "Service Temporarily Unavailable");
  return out + "\n";
}

/// A listener at its scheme's default port takes the port out of Host; elsewhere it is added where it is missing.
bool strips_port(const ListenerSpec& listener) {
  return !listener.preserve_host_header && (listener.port == 80 || listener.port == 443);
}

/// Matches the headers of a request that needs nothing but ours: it brings no X-Forwarded-* and no trace id, and its
/// Host is as it is to be. (Possessive, so that a long header costs no stack.)
std::string plain_headers(const ListenerSpec& listener, int port) {
  const std::string line = "[^\\r\\n]+\\r\\n)*+\\r\\n'";
  if (listener.preserve_host_header || strips_port(listener)) return "'^(?>(?!x-forwarded-|x-amzn-trace-id:)" + line;
  return fmt::format("'^(?>host: [^:\\r\\n]*:{}\\r\\n|(?!host:|x-forwarded-|x-amzn-trace-id:){}", port, line);
}

/// Nearly all requests are plain, and each header that is set costs a twentieth of a request: they get one, with line
/// ends in its value, and so does every other; those lose it again. What the session knows already is not formatted
/// again: its part of the trace id, and the address.
std::string render_plain_header(const ListenerSpec& listener, int port) {
  std::string out =
      "  tcp-request connection set-var(sess.id) uuid,bytes(0,8)\n"
      "  tcp-request connection set-var(sess.id) uuid,bytes(0,8),concat(,sess.id)\n";
  std::string from;
  if (listener.xff_mode == "append") {
    out += "  tcp-request connection set-var(sess.from) src,concat()\n";
    from = "x-forwarded-for: %[var(sess.from)]\\r\\n";
  }
  out += fmt::format("  http-request set-var(txn.unusual) bool(1) unless METH_GET {{ req.hdrs -m reg -i {} }}\n",
                     plain_headers(listener, port));
  // An id of 24 digits: 16 of the session, 8 of the request.
  out += fmt::format(
      "  http-request add-header X-Forwarded-Port \"{}\\r\\nx-forwarded-proto: {}\\r\\n{}x-amzn-trace-id: "
      "Root=1-%[date,hex,bytes(8,8),lower]-%[var(sess.id)]%[rand(90000000),add(10000000)]\"\n",
      port, scheme(listener), from);
  return out;
}

std::string render_forwarded_headers(const ListenerSpec& listener, int port) {
  std::string out;
  if (listener.xff_mode == "append") {
    out +=
        "  http-request set-header X-Forwarded-For \"%[req.fhdr(X-Forwarded-For)], %[src]\" if { "
        "req.fhdr_cnt(X-Forwarded-For) eq 1 }\n"
        "  http-request add-header X-Forwarded-For %[src] unless { req.fhdr_cnt(X-Forwarded-For) eq 1 }\n";
  } else if (listener.xff_mode == "remove") {
    out += "  http-request del-header X-Forwarded-For\n";
  }
  out += fmt::format("  http-request set-header X-Forwarded-Proto {}\n", scheme(listener));
  out += fmt::format("  http-request set-header X-Forwarded-Port {}\n", port);
  // 24 random digits: a UUID ends with twelve. Each lookup of a header costs, so one that has no trace id meets three.
  const std::string fresh = "1-%[date,hex,bytes(8,8),lower]-%[uuid,bytes(24,12)]%[uuid,bytes(24,12)]";
  out += fmt::format(
      "  acl rooted req.hdr(X-Amzn-Trace-Id) -m sub Root=\n"
      "  http-request replace-header X-Amzn-Trace-Id '^(.*;)? *Self=[^;]*;?(.*)$' '\\1\\2'\n"
      "  http-request set-header X-Amzn-Trace-Id \"Self={0};%[req.fhdr(X-Amzn-Trace-Id)]\" if rooted\n"
      "  http-request set-header X-Amzn-Trace-Id \"Root={0}%[req.fhdr(X-Amzn-Trace-Id),regsub(^,;)]\" if !rooted\n",
      fresh);
  return out;
}

std::string render_host_header(const ListenerSpec& listener, int port) {
  if (listener.preserve_host_header) return "";
  if (strips_port(listener)) return "  http-request replace-header Host ^([^:]*):[0-9]+$ \\1\n";
  return fmt::format("  http-request set-header Host %[req.hdr(host)]:{} unless {{ req.hdr(host),port_only gt 0 }}\n",
                     port);
}

/// Where the listener may answer itself, TRACE is refused before that. Elsewhere plain requests need not be asked.
bool no_trace_first(const ListenerSpec& listener) {
  return !listener.rules.empty() || !std::holds_alternative<Forward>(listener.default_action);
}

/// All requests are logged below 2,000 a second, one in fifty (with its weight) above, of plain ones one in 500 above
/// 20,000; only what is logged is timed.
constexpr const char* kSampling =
    "  acl busy fe_req_rate gt 2000\n"
    "  acl flood fe_req_rate gt 20000\n"
    "  acl timed var(txn.start) -m found\n"
    "  acl unusual var(txn.unusual) -m found\n";
constexpr const char* kSampleAll =
    "  http-request set-var(txn.start) date(0,us) if !busy or { rand(50) eq 0 }\n"
    "  http-request set-log-level silent if !timed\n"
    "  http-request set-var(txn.weight) int(50) if timed busy\n";
/// The same where nothing is answered before: most plain requests are through after one draw. The rest of them has been
/// drawn (twice, where there are many); the unusual ones draw for themselves.
constexpr const char* kSampleAfterPlain =
    "  http-request set-log-level silent\n"
    "  http-request allow if busy !{ rand(50) eq 0 } !unusual\n"
    "  http-request allow if flood !{ rand(10) eq 0 } !unusual\n"
    "  http-request set-var(txn.start) date(0,us) if !busy or !unusual or { rand(50) eq 0 }\n"
    "  http-request set-log-level info if timed\n"
    "  http-request set-var(txn.weight) int(50) if timed busy\n"
    "  http-request set-var(txn.weight) int(500) if timed flood !unusual\n";

/// HAProxy says 503 also where no connection could be made; an ALB says 502 where it was refused and 504 where it timed
/// out. 2.6 does not tell its rules which: but the time since the last try began does. One that was tried and then found
/// no target left (the end of a deregistration delay cut it off) is a 502 as well. (No cost to answers of targets: they
/// pass first. HAProxy's own have no connection to a target.)
std::string render_unreachable(Duration one_try) {
  return fmt::format(
      "  http-after-response allow if {{ bc_err -m found }}\n"
      "  acl unreached var(txn.unreached) -m found\n"
      "  http-after-response set-var(txn.unreached) bool(1) if {{ status 503 }} {{ res.hdr(X-Scaleout-Unreachable) -m "
      "found "
      "}} {{ srv_id gt 0 }}\n"
      "  http-after-response set-var-fmt(txn.retries) %rc if {{ status 503 }} {{ res.hdr(X-Scaleout-Unreachable) -m found "
      "}} !unreached\n"
      "  http-after-response set-status 502 reason \"Bad Gateway\" if {{ var(txn.retries) -m found }} !{{ "
      "var(txn.retries) -m str 0 }}\n"
      "  http-after-response set-var-fmt(txn.accepted) %Ts%ms if unreached\n"
      "  http-after-response set-var-fmt(txn.shaken) %Th if unreached\n"
      "  http-after-response set-var-fmt(txn.idle) %Ti if unreached\n"
      "  http-after-response set-var-fmt(txn.waited) %Tw if unreached\n"
      "  http-after-response set-var(txn.tried) "
      "date(0,ms),sub(txn.accepted),sub(txn.shaken),sub(txn.idle),sub(txn.waited) if unreached\n"
      "  http-after-response set-status 504 reason \"Gateway Time-out\" if unreached {{ var(txn.tried) -m int ge {0} "
      "}}\n"
      "  http-after-response set-status 502 reason \"Bad Gateway\" if unreached {{ var(txn.tried) -m int lt {0} }}\n"
      "  http-after-response del-header X-Scaleout-Unreachable if {{ status 502 503 504 }}\n",
      one_try.count() * 9 / 10);
}

/// The first certificate is shown to clients that name no host, or one that none is good for.
std::string render_tls(const ListenerSpec& listener, const std::string& directory) {
  if (listener.protocol != "HTTPS") return "";
  std::string out = " ssl";
  for (const std::string& pem : listener.certificates) out += " crt " + quoted(directory + "/" + certificate_file(pem));
  if (!listener.tls_min.empty()) out += " ssl-min-ver " + listener.tls_min;
  if (!listener.tls_max.empty()) out += " ssl-max-ver " + listener.tls_max;
  return out + " alpn h2,http/1.1";
}

/// Before anything is read from a connection, and before TLS.
std::string render_admission(const ListenerSpec& listener) {
  if (!listener.admitted) return "";
  std::string sources;
  for (const std::string& cidr : *listener.admitted)
    if (is_cidr(cidr)) sources += " " + cidr;
  if (sources.empty()) return "  tcp-request connection reject\n";
  return fmt::format("  tcp-request connection reject unless {{ src{} }}\n", sources);
}

std::string render_frontend(const ListenerSpec& listener, const RenderInput& input) {
  const Structure& structure = input.structure;
  const int port = structure.ports.at(listener.id);
  std::string out = fmt::format("frontend {}\n", frontend_name(listener));
  out += fmt::format("  bind {}:{}{}\n", listener.address, port, render_tls(listener, input.certificates));
  out += render_admission(listener);
  out += "  log global\n";
  out += "  log-format \"%f %b %s %ST %ts %[var(txn.us)] %[var(txn.weight)]\"\n";
  const auto idle = at_least_a_ms(listener.idle_timeout);
  out += fmt::format("  timeout client {}ms\n  timeout http-keep-alive {}ms\n", idle.count(),
                     std::min(idle, at_least_a_ms(listener.client_keep_alive)).count());
  out += kSampling;
  const std::string no_trace = fmt::format(
      "  http-request return status 405 content-type text/html string {} hdr Server awselb/2.0 if METH_TRACE\n",
      quoted(error_page(405, "Method Not Allowed")));
  const bool answers_first = no_trace_first(listener);
  if (answers_first) out += kSampleAll + no_trace;
  out += render_rules(listener, structure);
  // Before the test for plain requests: a client that was given ":80" sends it, and is to cost what others do.
  if (strips_port(listener)) out += render_host_header(listener, port);
  out += render_plain_header(listener, port);
  if (!answers_first) out += kSampleAfterPlain;
  out +=
      "  http-request allow unless unusual\n"
      "  http-request del-header X-Forwarded-Port\n"
      "  http-request disable-l7-retry unless METH_GET or { method OPTIONS PUT DELETE }\n";
  out += answers_first ? "" : no_trace;
  out += render_forwarded_headers(listener, port);
  if (!strips_port(listener)) out += render_host_header(listener, port);
  out += "  http-response set-var(txn.us) date(0,us),sub(txn.start) if timed\n";
  out += render_unreachable(try_timeout(input));
  return out + "\n";
}

/// "200", "200,202" or "200-299".
bool is_matcher(std::string_view text) {
  int digits = 0;
  bool range = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (++digits > 3) return false;
    } else if ((c == ',' || (c == '-' && !range)) && digits == 3) {
      range = c == '-';
      digits = 0;
    } else {
      return false;
    }
  }
  return digits == 3;
}

std::string render_health(const HealthCheckSpec& health) {
  // Of the answer alone: beside it stand the time to connect, and the interval between two probes.
  std::string out = fmt::format("  timeout check {}ms\n", at_least_a_ms(health.timeout).count());
  if (!health.enabled) return out;
  if (health.protocol != "HTTP" && health.protocol != "HTTPS") return out + "  option tcp-check\n";
  return out +
         fmt::format(
             "  option httpchk\n"
             "  http-check send meth GET uri {} ver HTTP/1.1 hdr Host \"%[bc_dst]:%[bc_dst_port]\" hdr User-Agent "
             "ELB-HealthChecker/2.0 hdr Connection close\n"
             "  http-check expect status {}\n",
             quoted(health.path.empty() ? "/" : health.path), is_matcher(health.matcher) ? health.matcher : "200");
}

std::string render_stickiness(const GroupSpec& group) {
  const Stickiness& sticky = group.stickiness;
  if (!sticky.enabled) return "";
  constexpr std::string_view kOwn = "AWSALB";
  if (sticky.application_cookie) {
    const std::string_view cookie = is_http_token(sticky.cookie) ? sticky.cookie : kOwn;
    return fmt::format(
        "  stick-table type string len 128 size 100k expire {}s\n"
        "  stick on {}\n"
        "  stick store-response {}\n",
        sticky.duration.count(), quoted_fetch("req.cook", cookie), quoted_fetch("res.cook", cookie));
  }
  return fmt::format(
      "  cookie {0} insert indirect nocache dynamic maxlife {1}s\n"
      "  dynamic-cookie-key {2}\n"
      "  http-after-response add-header Set-Cookie \"{0}CORS=%[res.cook({0})]; Path=/; SameSite=None; Secure\" if {{ "
      "res.cook({0}) -m found }}\n",
      kOwn, sticky.duration.count(), short_hash(group.id));
}

Duration server_timeout(const GroupSpec& group, const Structure& structure) {
  for (const auto& [id, listener] : structure.listeners) {
    auto uses = [&](const Action& action) {
      const Forward* forward = std::get_if<Forward>(&action);
      return forward != nullptr && std::any_of(forward->groups.begin(), forward->groups.end(),
                                               [&](const WeightedGroup& one) { return one.group_id == group.id; });
    };
    if (uses(listener.default_action)) return listener.idle_timeout;
    for (const Rule& rule : listener.rules)
      if (uses(rule.action)) return listener.idle_timeout;
  }
  return seconds(60);
}

std::string render_backend(const GroupSpec& group, const RenderInput& input) {
  std::string out = fmt::format("backend {}\n", backend_name(group));
  out += fmt::format("  balance {}\n", group.algorithm == "least_outstanding_requests" ? "leastconn"
                                       : group.algorithm == "weighted_random"          ? "random"
                                                                                       : "roundrobin");
  out += fmt::format("  timeout server {}ms\n", at_least_a_ms(server_timeout(group, input.structure)).count());
  out += render_health(group.health) + render_stickiness(group);
  // HAProxy says 503 both where it has no server and where a connection failed; an ALB says 502 to the latter. The mark
  // is read in the frontend. (No `if nbsrv eq 0` here: in an old worker that number is 0 though its servers still
  // serve.)
  out +=
      "  http-error status 503 content-type text/html lf-string \"<html><head><title>%[nbsrv,bool,iif(502 Bad "
      "Gateway,503 Service Temporarily Unavailable)]</title></head><body><center><h1>%[nbsrv,bool,iif(502 Bad "
      "Gateway,503 Service Temporarily Unavailable)]</h1></center></body></html>\" hdr Server awselb/2.0 hdr "
      "X-Scaleout-Unreachable 1\n";
  const std::string arguments = server_arguments(group);
  out += fmt::format("  # servers:{}\n", arguments);
  const auto members = input.members.find(group.id);
  if (members != input.members.end())
    for (const RenderedMember& member : members->second)
      out += fmt::format("  server {} {}:{}{}{}\n", member.name, member.address, member.port, arguments,
                         member.serving ? "" : " disabled");
  return out + "\n";
}

}  // namespace

std::string error_page(int status, std::string_view reason) {
  return fmt::format("<html><head><title>{0} {1}</title></head><body><center><h1>{0} {1}</h1></center></body></html>",
                     status, reason);
}

std::string certificate_file(const std::string& pem) {
  return fmt::format("certificate-{}{}.pem", short_hash(pem), short_hash("again" + pem));
}

std::string backend_name(const GroupSpec& group) { return proxy_name("tg", group.name, group.id); }

std::string frontend_name(const ListenerSpec& listener) {
  return proxy_name("ls", fmt::format("{}-{}", listener.address, listener.port), listener.id);
}

std::string server_arguments(const GroupSpec& group) {
  std::string out = kServerDefaults;
  if (group.slow_start.count() > 0) out += fmt::format(" slowstart {}ms", group.slow_start.count());
  if (!group.health.enabled) return out;
  const auto interval = at_least_a_ms(group.health.interval);
  out += fmt::format(" check inter {}ms downinter {}ms rise {} fall {}", interval.count(),
                     interval_while_down(interval).count(), std::max(1, group.health.healthy_threshold),
                     std::max(1, group.health.unhealthy_threshold));
  if (group.health.protocol == "HTTPS") out += " check-ssl verify none";
  const std::string& port = group.health.port;
  if (!port.empty() && port.size() <= 5 &&
      std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }))
    out += fmt::format(" port {}", port);
  return out;
}

std::string render_config(const RenderInput& input) {
  std::string out = "# Written by scaleout. Changes are lost at the next one of the engine's.\n";
  out += render_global(input) + render_defaults(input);
  for (const auto& [id, listener] : input.structure.listeners) out += render_frontend(listener, input);
  for (const auto& [id, group] : input.structure.groups) out += render_backend(group, input);
  out += fmt::format(
      "backend no_group\n  http-request return status 503 content-type text/html string {} hdr Server awselb/2.0\n",
      quoted(error_page(503, "Service Temporarily Unavailable")));
  return out;
}

std::string structure_text(const Structure& structure) {
  RenderInput input;
  input.structure = structure;
  return render_config(input);
}

}  // namespace balancer
