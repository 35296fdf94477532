#include "drivers/docker/engine_api.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace drivers::docker {
namespace json = boost::json;

namespace {
constexpr const char* kVersion = "/v1.41";
constexpr std::chrono::milliseconds kQuestionTimeout{20'000};

net::ClientRequest request_of(std::string method, std::string target) {
  net::ClientRequest request;
  request.method = std::move(method);
  request.target = kVersion + std::move(target);
  return request;
}

json::value parse(const std::string& body) {
  json::error_code error;
  json::value value = json::parse(body, error);
  return error ? json::value() : value;
}
}  // namespace

std::string Answer::message() const {
  const json::object parsed = object();
  const json::value* message = parsed.if_contains("message");
  if (message != nullptr && message->is_string()) return std::string(message->as_string());
  return body.empty() ? fmt::format("the Docker daemon answered {}", status) : body.substr(0, 500);
}

json::object Answer::object() const {
  json::value value = parse(body);
  return value.is_object() ? std::move(value.as_object()) : json::object();
}

json::array Answer::array() const {
  json::value value = parse(body);
  return value.is_array() ? std::move(value.as_array()) : json::array();
}

EngineApi::EngineApi(net::EventLoop& loop, net::Endpoint daemon) : loop_(loop), daemon_(std::move(daemon)) { drop_all(); }

void EngineApi::drop_all() { client_ = std::make_unique<net::HttpClient>(loop_); }

void EngineApi::send(net::ClientRequest request, Done done) {
  client_->send(daemon_, std::move(request), [done = std::move(done)](Result<net::Response> response) {
    if (!response) return done(tl::unexpected(response.error()));
    done(Answer{response->status, std::move(response->body)});
  });
}

void EngineApi::ping(std::string target, Done done) {
  net::ClientRequest request = request_of("GET", std::move(target));
  request.timeout = kQuestionTimeout;
  send(std::move(request), std::move(done));
}

void EngineApi::command(std::string method, std::string target, const json::value& body, Done done) {
  net::ClientRequest request = request_of(std::move(method), std::move(target));
  request.timeout = std::chrono::milliseconds(0);
  if (!body.is_null()) {
    request.headers.add("Content-Type", "application/json");
    request.body = json::serialize(body);
  }
  send(std::move(request), std::move(done));
}

net::HttpClient::CallId EngineApi::stream(std::string method, std::string target, Take take, Done done) {
  net::ClientRequest request = request_of(std::move(method), std::move(target));
  request.timeout = std::chrono::milliseconds(0);
  request.on_body = std::move(take);
  return client_->send(daemon_, std::move(request), [done = std::move(done)](Result<net::Response> response) {
    if (!response) return done(tl::unexpected(response.error()));
    done(Answer{response->status, std::move(response->body)});
  });
}

Result<net::Endpoint> parse_daemon(std::string_view host) {
  if (!host.starts_with("unix://"))
    return fail("InvalidEndpoint",
                fmt::format("the docker runtime needs the daemon of this machine, by its unix socket; '{}' is none (DOCKER_HOST)", host));
  return net::Endpoint::parse(host);
}

Result<json::object> ask_daemon(const net::Endpoint& daemon, std::string target) {
  net::ClientRequest request = request_of("GET", std::move(target));
  request.timeout = kQuestionTimeout;
  TRY(const net::Response response, net::fetch(daemon, std::move(request)));
  const Answer answer{response.status, response.body};
  if (!answer.ok()) return fail("DaemonRefused", answer.message());
  return answer.object();
}

std::string url_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) out.push_back(c);
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::int64_t parse_docker_time(std::string_view text) {
  // 2026-11-23T16:50:31[.fraction](Z or an offset): the daemon writes UTC.
  if (text.size() < 20 || text[4] != '-' || text[10] != 'T') return 0;
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + size, value);
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)), std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!day.ok() || day.year() < std::chrono::year(1970)) return 0;
  std::int64_t ms = std::chrono::sys_days(day).time_since_epoch().count() * std::int64_t{86'400'000} + number(11, 2) * 3'600'000 +
                    number(14, 2) * 60'000 + number(17, 2) * 1000;
  if (text[19] == '.') {
    int unit = 100;
    for (std::size_t at = 20; at < text.size() && unit > 0 && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      ms += (text[at] - '0') * unit;
  }
  return ms;
}

}  // namespace drivers::docker
