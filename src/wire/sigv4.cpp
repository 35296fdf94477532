#include "wire/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/sha256.h"
#include "wire/call.h"
#include "wire/form.h"
#include "wire/scalar_text.h"

namespace wire {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr Duration kMaxSkew = minutes(5);

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Trimmed, runs of spaces made one.
std::string canonical_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c == ' ' || c == '\t') && (out.empty() || out.back() == ' ')) continue;
    out += c == '\t' ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string canonical_query(std::string_view query) {
  std::vector<Parameter> pairs;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::string_view name = pair.substr(0, pair.find('='));
    const std::string_view value = pair.substr(std::min(name.size() + 1, pair.size()));
    std::string decoded_name, decoded_value;
    if (!percent_decode(name, decoded_name)) decoded_name = name;
    if (!percent_decode(value, decoded_value)) decoded_value = value;
    pairs.emplace_back(percent_encode(decoded_name), percent_encode(decoded_value));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
  return out;
}

/// All values of a header, joined as the canonical request joins them.
std::string joined_header(const net::Headers& headers, std::string_view name) {
  std::string out;
  bool first = true;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (!net::equal_ignoring_case(headers[i].name, name)) continue;
    if (!first) out += ',';
    first = false;
    out += canonical_value(headers[i].value);
  }
  return out;
}

struct Signing {
  std::string date;           // 20261123T163114Z
  std::string region, service;
  std::string signed_headers;  // "content-type;host;x-amz-date"
  std::string scope() const { return fmt::format("{}/{}/{}/aws4_request", date.substr(0, 8), region, service); }
};

std::string canonical_request(const net::Request& request, const Signing& signing) {
  std::string headers;
  std::string_view names = signing.signed_headers;
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(';'));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    headers += fmt::format("{}:{}\n", name, joined_header(request.headers, name));
  }
  // The paths our protocols use are plain, so that encoding them once more (as every service but S3 wants) changes nothing
  // but what a client escaped itself.
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, percent_encode(request.path(), true), canonical_query(request.query()),
                     headers, signing.signed_headers, lower_hex(sha256(request.body)));
}

std::string signature(const net::Request& request, const Signing& signing, std::string_view secret) {
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, signing.date, signing.scope(), lower_hex(sha256(canonical_request(request, signing))));
  std::string key = hmac_sha256(fmt::format("AWS4{}", secret), std::string_view(signing.date).substr(0, 8));
  key = hmac_sha256(hmac_sha256(hmac_sha256(key, signing.region), signing.service), "aws4_request");
  return lower_hex(hmac_sha256(key, text));
}

/// "20261123T163114Z" as milliseconds.
std::optional<std::int64_t> parse_amz_date(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  return parse_timestamp(fmt::format("{}-{}-{}T{}:{}:{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2), text.substr(9, 2),
                                     text.substr(11, 2), text.substr(13, 3)));
}

std::string amz_date(Instant at) {
  std::string text;
  append_iso8601(to_ms(at), text);
  std::string out;
  for (const char c : text.substr(0, 19))
    if (c != '-' && c != ':') out += c;
  return out + "Z";
}

/// A field of "Credential=…, SignedHeaders=…, Signature=…".
std::string_view field(std::string_view authorization, std::string_view name) {
  const auto at = authorization.find(name);
  if (at == authorization.npos) return {};
  authorization.remove_prefix(at + name.size());
  return authorization.substr(0, authorization.find_first_of(", "));
}

tl::unexpected<Error> incomplete(std::string what) { return fail("IncompleteSignature", std::move(what)); }

}  // namespace

void sign(net::Request& request, const Credentials& credentials, const SigningScope& scope, Instant now) {
  Signing signing{amz_date(now), std::string(scope.region), std::string(scope.service), {}};
  request.headers.set("X-Amz-Date", signing.date);
  request.headers.set("X-Amz-Content-Sha256", lower_hex(sha256(request.body)));
  if (!credentials.session_token.empty()) request.headers.set("X-Amz-Security-Token", credentials.session_token);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    std::string name = lower(request.headers[i].name);
    // Proxies rewrite or drop the others.
    if (name == "host" || name == "content-type" || name.starts_with("x-amz")) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  signing.signed_headers = fmt::format("{}", fmt::join(names, ";"));
  request.headers.set("Authorization",
                      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, credentials.access_key,
                                  signing.scope(), signing.signed_headers, signature(request, signing, credentials.secret_key)));
}

Result<std::string> verify(const net::Request& request, const SecretOf& secret_of, Instant now) {
  const std::string_view authorization = request.headers.get("Authorization");
  if (authorization.empty()) return fail("MissingAuthenticationToken", "Request is missing Authentication Token");
  if (!authorization.starts_with(kAlgorithm)) return incomplete("Unsupported AWS signature algorithm: only AWS4-HMAC-SHA256 is supported.");
  const CredentialScope scope = parse_scope(authorization);
  const std::string_view given = field(authorization, "Signature="), names = field(authorization, "SignedHeaders=");
  if (scope.access_key.empty() || scope.date.size() != 8)
    return incomplete("Authorization header requires a well-formed 'Credential' parameter.");
  if (names.empty()) return incomplete("Authorization header requires 'SignedHeaders' parameter.");
  if (given.empty()) return incomplete("Authorization header requires 'Signature' parameter.");
  const std::string padded = fmt::format(";{};", names);
  if (padded.find(";host;") == std::string::npos) return fail("SignatureDoesNotMatch", "'Host' must be a 'SignedHeader' in the AWS Authorization.");
  const std::string_view date = request.headers.get("X-Amz-Date");
  const auto at = parse_amz_date(date);
  if (!at) return incomplete("Authorization header requires existence of either a valid 'X-Amz-Date' or a 'Date' header.");
  if (date.substr(0, 8) != scope.date)
    return fail("SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP");
  const Duration skew = instant_from_ms(*at) - now;
  if (skew > kMaxSkew || skew < -kMaxSkew)
    return fail("SignatureDoesNotMatch", fmt::format("Signature {}: {} is not within 5 min. of {}", skew > kMaxSkew ? "not yet current" : "expired",
                                                     date, amz_date(now)));
  const auto secret = secret_of(scope.access_key);
  if (!secret) return fail("InvalidClientTokenId", "The security token included in the request is invalid.");
  const Signing signing{std::string(date), std::string(scope.region), std::string(scope.service), std::string(names)};
  const std::string own = signature(request, signing, *secret);
  if (!same_secret(own, given))
    return fail("SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing "
                "method. Consult the service documentation for details.");
  return std::string(scope.access_key);
}

}  // namespace wire
