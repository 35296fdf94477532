// ALB rules as HAProxy's ACLs and actions. A rule that matches sets txn.rule to its number, and every later rule is
// skipped; answers of the balancer's own are given at once, forwards pick a backend at the end.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "balancer/haproxy/names.h"
#include "balancer/haproxy/render.h"
#include "base/http_token.h"

namespace balancer {
namespace {

/// The sample a condition looks at and its match, one pattern for each value; empty if it can never match.
std::vector<std::string> condition_lines(const Condition& condition) {
  std::vector<std::string> lines;
  if (condition.field == "host-header") {
    for (const auto& value : condition.values)
      lines.push_back(fmt::format("req.hdr(host),host_only -i -m reg '^{}$'", glob_to_regex(value)));
  } else if (condition.field == "path-pattern") {
    for (const auto& value : condition.values) lines.push_back(fmt::format("path -m reg '^{}$'", glob_to_regex(value)));
  } else if (condition.field == "http-request-method") {
    for (const auto& value : condition.values)
      if (is_http_token(value)) lines.push_back(fmt::format("method -m str {}", quoted(value)));
  } else if (condition.field == "source-ip") {
    for (const auto& value : condition.values)
      if (is_cidr(value)) lines.push_back(fmt::format("src {}", value));
  } else if (condition.field == "http-header") {
    if (is_http_token(condition.header_name))
      for (const auto& value : condition.values)
        lines.push_back(fmt::format("{} -i -m reg '^{}$'", quoted_fetch("req.fhdr", condition.header_name),
                                    glob_to_regex(value)));
  } else if (condition.field == "query-string") {
    for (const auto& [key, value] : condition.pairs)
      lines.push_back(fmt::format("query -i -m reg '(^|&){}={}(&|$)'",
                                  key.empty() ? std::string("[^&=]*") : glob_to_regex(key, "[^&=]"),
                                  glob_to_regex(value, "[^&]")));
    for (const auto& value : condition.values)
      lines.push_back(fmt::format("query -i -m reg '(^|&)[^&=]*={}(&|$)'", glob_to_regex(value, "[^&]")));
  }
  return lines;
}

/// A redirect's part as a log-format string: the #{...} of ALB become samples, all else is literal.
std::string redirect_part(std::string_view part, const ListenerSpec& listener) {
  const std::pair<std::string_view, std::string_view> parts[] = {{"#{protocol}", scheme(listener)},
                                                                 {"#{host}", "%[req.hdr(host),host_only]"},
                                                                 {"#{port}", "%[dst_port]"},
                                                                 {"#{path}", "%[path,regsub(^/,)]"},
                                                                 {"#{query}", "%[query]"}};
  std::string out;
  while (!part.empty()) {
    bool found = false;
    for (const auto& [name, sample] : parts)
      if (part.starts_with(name)) {
        out += sample;
        part.remove_prefix(name.size());
        found = true;
        break;
      }
    if (found) continue;
    const char c = part.front();
    part.remove_prefix(1);
    const auto byte = static_cast<unsigned char>(c);
    // Nothing but what may stand in a URL gets through unchanged.
    if (c == '%') {
      out += "%%";
    } else if (byte <= 0x20 || byte >= 0x7f || c == '"' || c == '\'' || c == '\\' || c == '<' || c == '>') {
      out += fmt::format("%%{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

/// Where the same balancer's listener on that port really is.
std::string bound_port(const std::string& port, const ListenerSpec& listener, const Structure& structure) {
  for (const auto& [id, other] : structure.listeners)
    if (other.load_balancer_id == listener.load_balancer_id && std::to_string(other.port) == port)
      return std::to_string(structure.ports.at(id));
  return port;
}

std::string render_redirect(const Redirect& redirect, const ListenerSpec& listener, const Structure& structure,
                            const std::string& when) {
  std::string protocol = redirect.protocol;
  if (protocol == "#{protocol}") protocol = listener.protocol;
  std::transform(protocol.begin(), protocol.end(), protocol.begin(), [](unsigned char c) { return std::tolower(c); });
  if (protocol != "https") protocol = "http";
  const std::string port = redirect_part(bound_port(redirect.port, listener, structure), listener);
  const bool usual = (protocol == "http" && port == "80") || (protocol == "https" && port == "443");
  std::string location = protocol + "://" + redirect_part(redirect.host, listener);
  if (!usual && !port.empty()) location += ":" + port;
  location += redirect_part(redirect.path.empty() ? "/" : redirect.path, listener);
  const int status = redirect.status == 302 ? 302 : 301;
  const std::string page = quoted(error_page(status, status == 301 ? "Moved Permanently" : "Found"));
  auto line = [&](const std::string& where, const std::string& condition) {
    return fmt::format(
        "  http-request return status {} content-type text/html string {} hdr Server awselb/2.0 hdr Location '{}' {}\n",
        status, page, where, condition);
  };
  if (redirect.query.empty()) return line(location, when);
  const std::string query = "?" + redirect_part(redirect.query, listener);
  if (redirect.query != "#{query}") return line(location + query, when);
  // No question mark where the request had no query.
  return line(location + query, when + " { query -m found }") + line(location, when);
}

std::string render_fixed(const FixedResponse& fixed, const std::string& when) {
  const int status = fixed.status >= 200 && fixed.status <= 599 ? fixed.status : 503;
  const bool usable = std::all_of(fixed.content_type.begin(), fixed.content_type.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '-' || c == '+' || c == '.' || c == ';' || c == '=' || c == ' ';
  });
  const std::string type = fixed.content_type.empty() || !usable ? "text/plain" : fixed.content_type;
  if (fixed.body.empty())
    return fmt::format("  http-request return status {} hdr Server awselb/2.0 {}\n", status, when);
  // A newline cannot stand in HAProxy's configuration; in HTML, CSS, JavaScript and JSON a space does the same.
  std::string text;
  for (const char c : fixed.body) text += c == '\n' ? ' ' : c;
  return fmt::format("  http-request return status {} content-type {} string {} hdr Server awselb/2.0 {}\n", status,
                     quoted(type), quoted(text), when);
}

std::string backend_of(const std::string& group_id, const Structure& structure) {
  const auto group = structure.groups.find(group_id);
  return group == structure.groups.end() ? "no_group" : backend_name(group->second);
}

/// Lines that put the chosen backend's name into txn.backend, and how a client is kept with its group.
std::string render_weighted(const Forward& forward, const Structure& structure, int number, const std::string& when) {
  std::string out;
  int total = 0;
  for (const auto& one : forward.groups) total += std::max(0, one.weight);
  const std::string undecided = when + " !{ var(txn.backend) -m found }";
  if (total == 0) return fmt::format("  http-request set-var(txn.backend) str(no_group) {}\n", when);
  if (forward.group_stickiness)
    for (const auto& one : forward.groups)
      if (one.weight > 0)
        out += fmt::format("  http-request set-var(txn.backend) str({}) {} {{ req.cook(AWSALBTG) -m str {} }}\n",
                           backend_of(one.group_id, structure), when, short_hash(one.group_id));
  out += fmt::format("  http-request set-var(txn.draw) rand({}) {}\n", total, undecided);
  int upto = 0;
  for (const auto& one : forward.groups) {
    if (one.weight <= 0) continue;
    upto += one.weight;
    out += fmt::format("  http-request set-var(txn.backend) str({}) {} {{ var(txn.draw) -m int lt {} }}\n",
                       backend_of(one.group_id, structure), undecided, upto);
  }
  if (forward.group_stickiness)
    for (const auto& one : forward.groups) {
      if (one.weight <= 0) continue;
      for (const auto* variant : {"AWSALBTG={}; Expires=%[date({}),http_date]; Path=/",
                                  "AWSALBTGCORS={}; Expires=%[date({}),http_date]; Path=/; SameSite=None; Secure"})
        out += fmt::format(
            "  http-after-response add-header Set-Cookie \"{}\" if {{ var(txn.rule) -m int {} }} {{ var(txn.backend) "
            "-m "
            "str {} }}\n",
            fmt::format(fmt::runtime(variant), short_hash(one.group_id), forward.group_stickiness->count()), number,
            backend_of(one.group_id, structure));
    }
  return out;
}

std::string render_action(const Action& action, const ListenerSpec& listener, const Structure& structure, int number,
                          const std::string& when) {
  if (const auto* redirect = std::get_if<Redirect>(&action))
    return render_redirect(*redirect, listener, structure, when);
  if (const auto* fixed = std::get_if<FixedResponse>(&action)) return render_fixed(*fixed, when);
  const auto& forward = std::get<Forward>(action);
  if (forward.groups.size() == 1 && !forward.group_stickiness)
    return fmt::format("  use_backend {} {}\n", backend_of(forward.groups[0].group_id, structure), when);
  return render_weighted(forward, structure, number, when) +
         fmt::format("  use_backend %[var(txn.backend)] {}\n", when);
}

}  // namespace

std::string render_rules(const ListenerSpec& listener, const Structure& structure) {
  std::string acls, requests, backends;
  // use_backend lines come after all http-request lines, as HAProxy evaluates them.
  auto place = [&](const std::string& text) {
    std::size_t from = 0;
    while (from < text.size()) {
      const std::size_t end = text.find('\n', from) + 1;
      const std::string line = text.substr(from, end - from);
      (line.starts_with("  use_backend") ? backends : requests) += line;
      from = end;
    }
  };
  int number = 0;
  for (const Rule& rule : listener.rules) {
    ++number;
    std::string all = "if !{ var(txn.rule) -m found }";
    bool possible = true;
    int part = 0;
    for (const Condition& condition : rule.conditions) {
      const auto lines = condition_lines(condition);
      if (lines.empty()) possible = false;
      const std::string acl = fmt::format("r{}_{}", number, ++part);
      for (const auto& line : lines) acls += fmt::format("  acl {} {}\n", acl, line);
      all += " " + acl;
    }
    if (!possible) continue;
    requests += fmt::format("  http-request set-var(txn.rule) int({}) {}\n", number, all);
    place(render_action(rule.action, listener, structure, number,
                        fmt::format("if {{ var(txn.rule) -m int {} }}", number)));
  }
  const Forward* forward = std::get_if<Forward>(&listener.default_action);
  if (forward != nullptr && forward->groups.size() == 1 && !forward->group_stickiness) {
    backends += fmt::format("  default_backend {}\n", backend_of(forward->groups[0].group_id, structure));
  } else {
    requests += "  http-request set-var(txn.rule) int(0) if !{ var(txn.rule) -m found }\n";
    place(render_action(listener.default_action, listener, structure, 0, "if { var(txn.rule) -m int 0 }"));
    backends += "  default_backend no_group\n";
  }
  return acls + requests + backends;
}

}  // namespace balancer
