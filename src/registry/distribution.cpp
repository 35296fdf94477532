#include "registry/distribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "registry/oci_answer.h"

namespace registry {

namespace json = boost::json;

namespace {

constexpr std::size_t kPageMost = 1000;

std::string decode_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int have = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have & 0xff);
  }
  return out;
}

/// How many the client wants on a page, by ?n=.
std::size_t page_size(const net::Request& request) {
  const std::string text = query_value(request, "n");
  std::size_t wanted = kPageMost;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wanted);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return kPageMost;
  return std::min(wanted, kPageMost);
}

net::Response page_answer(const Route& route, std::string_view path, std::string_view member,
                          std::vector<std::string> items, std::size_t most) {
  const bool more = items.size() > most;
  if (more) items.resize(most);
  json::object body;
  if (!route.repository.empty()) body["name"] = route.repository;
  json::array list;
  for (const std::string& item : items) list.emplace_back(item);
  body[member] = std::move(list);
  net::Response response = answer_json(json::serialize(body));
  // Names and tags have no letter that a URL would escape but "/", which a query may hold.
  if (more && most > 0) {
    response.headers.set("Link", fmt::format(R"(<{}?n={}&last={}>; rel="next")", path, most, items.back()));
  }
  return response;
}

}  // namespace

Distribution::Distribution(const ImageStore& store, Catalog& catalog, net::EventLoop& loop, const Clock& clock,
                           Random& random, Options options)
    : store_(store),
      catalog_(catalog),
      loop_(loop),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      executor_(options_.threads) {}

Distribution::~Distribution() = default;

bool Distribution::serves(const net::Request& request) {
  const std::string_view path = request.path();
  return (path == "/v2" || path.starts_with("/v2/")) && !request.headers.get("Authorization").starts_with("AWS4-HMAC-SHA256");
}

UploadSession::Done Distribution::guarded(UploadSession::Done done) {
  return [alive = std::weak_ptr(alive_), done = std::move(done)](Result<void> result) {
    if (!alive.expired()) done(std::move(result));
  };
}

Result<void> Distribution::check_access(const net::Request& request, const Route& route) const {
  if (options_.authorized) {
    constexpr std::string_view kScheme = "Basic ";
    const std::string_view header = request.headers.get("Authorization");
    const bool basic = net::equal_ignoring_case(header.substr(0, kScheme.size()), kScheme);
    if (!basic || !options_.authorized(decode_base64(header.substr(kScheme.size())))) {
      return fail("UNAUTHORIZED",
                  "log in first: aws ecr get-login-password | docker login --username AWS --password-stdin <this host>");
    }
  }
  if (!route.repository.empty() && !catalog_.has_repository(route.repository)) {
    return fail("NAME_UNKNOWN", fmt::format("The repository with name '{}' does not exist; create it with CreateRepository.",
                                            route.repository));
  }
  return {};
}

void Distribution::handle(net::Request&& request, net::Responder respond) {
  // The sink knows already: what it refused stays refused.
  if (const auto* sink = dynamic_cast<const TransferSink*>(request.sink.get()); sink && sink->refusal()) {
    respond(refuse(*sink->refusal()));
    return;
  }
  Result<Route> route = parse_route(request.path());
  Result<void> allowed = route ? check_access(request, *route) : tl::unexpected(route.error());
  if (!allowed) {
    respond(refuse(allowed.error()));
    return;
  }
  dispatch({std::move(request), *std::move(route), std::move(respond)});
}

void Distribution::dispatch(Call call) {
  const std::string method = call.request.method;
  const bool reading = reads(call);
  switch (call.route.resource) {
    case Resource::base:
      if (reading) return call.respond(answer_json("{}"));
      break;
    case Resource::catalog:
      if (reading) return list_repositories(std::move(call));
      break;
    case Resource::tags:
      if (reading) return list_tags(std::move(call));
      break;
    case Resource::referrers:
      if (reading) return list_referrers(std::move(call));
      break;
    case Resource::manifest:
      if (reading) return get_manifest(std::move(call));
      if (method == "PUT") return put_manifest(std::move(call));
      if (method == "DELETE") return delete_manifest(std::move(call));
      break;
    case Resource::blob:
      if (reading) return get_blob(std::move(call));
      if (method == "DELETE") return delete_blob(std::move(call));
      break;
    case Resource::uploads:
      if (method == "POST") return post_upload(std::move(call));
      break;
    case Resource::upload:
      if (reading) return upload_status(std::move(call));
      if (method == "PATCH" || method == "PUT") return patch_upload(std::move(call));
      if (method == "DELETE") return cancel_upload(std::move(call));
      break;
  }
  call.respond(refuse({"UNSUPPORTED", fmt::format("{} is not possible here", method)}));
}

void Distribution::list_repositories(Call call) {
  const std::size_t most = page_size(call.request);
  call.respond(page_answer(call.route, "/v2/_catalog", "repositories",
                           catalog_.repositories(query_value(call.request, "last"), most + 1), most));
}

void Distribution::list_tags(Call call) {
  const std::size_t most = page_size(call.request);
  std::vector<std::string> tags = catalog_.tags(call.route.repository);
  tags.erase(tags.begin(), std::ranges::upper_bound(tags, query_value(call.request, "last")));
  if (tags.size() > most + 1) tags.resize(most + 1);
  call.respond(page_answer(call.route, fmt::format("/v2/{}/tags/list", call.route.repository), "tags", std::move(tags), most));
}

void Distribution::save_and_answer(net::Responder respond, net::Response response) {
  catalog_.save([respond = std::move(respond), response = std::move(response)](Result<void> saved) mutable {
    respond(saved ? std::move(response) : refuse(saved.error()));
  });
}

void Distribution::begin_commit(const std::string& digest, net::Task go) {
  committing_.insert(digest);
  if (removing_) {
    waiting_commits_.push_back(std::move(go));
  } else {
    go();
  }
}

void Distribution::end_commit(const std::string& digest) {
  if (const auto found = committing_.find(digest); found != committing_.end()) committing_.erase(found);
}

}  // namespace registry
