#include "client/aws_client.h"

#include <algorithm>
#include <array>
#include <thread>

#include "wire/client_call.h"
#include "wire/sigv4.h"

namespace client {
namespace {

template <std::size_t N>
bool one_of(std::string_view code, const std::array<std::string_view, N>& codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

constexpr std::array<std::string_view, 5> kCutCodes = {"ConnectFailed", "ConnectionClosed", "Timeout", "BadResponse",
                                                       kUnreachable};
// As AWS's SDKs retry them, whatever status they come with.
constexpr std::array<std::string_view, 14> kTryAgainCodes = {
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "TooManyRequestsException",
    "RequestThrottled", "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown",
    "PriorRequestNotComplete", "RequestTimeout", "RequestTimeoutException", "TransactionInProgressException"};
constexpr std::array<std::string_view, 14> kAuthCodes = {
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure", "UnrecognizedClientException",
    "InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidSignatureException", "MissingAuthenticationToken",
    "MissingAuthenticationTokenException", "IncompleteSignature", "ExpiredToken", "ExpiredTokenException",
    "RequestExpired"};
constexpr std::array<std::string_view, 4> kSettingCodes = {"CredentialsNotFound", "CredentialsNotSupported",
                                                           "TlsNotBuiltIn", "InvalidAccessKeyId"};

Error explain(Error error, const Settings::Target& target) {
  if (error.code != "ConnectFailed" && error.code != "ConnectionClosed" && error.code != "Timeout" &&
      error.code != "BadResponse") {
    return error;
  }
  error.code = kUnreachable;
  error.message += " The endpoint " + target.endpoint.text() + " comes from " + target.source + ". ";
  error.message += target.endpoint.loopback()
                       ? "Is the engine running? Start one with: scaleout up, or: scaleout engine. Or name another "
                         "endpoint with --endpoint-url or AWS_ENDPOINT_URL."
                       : "Check the network, or name another endpoint with --endpoint-url or AWS_ENDPOINT_URL.";
  return error;
}

const api::Member* member_named(const api::Type& type, std::string_view name) {
  for (const auto& member : type.members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

const void* at(const void* structure, const api::Member& member) {
  return static_cast<const char*>(structure) + member.offset;
}
void* at(void* structure, const api::Member& member) { return static_cast<char*>(structure) + member.offset; }

/// Text inside a struct, by member name ("nextToken", "Result.Token" where the model nests it); nullptr if absent.
const std::string* find_text(const api::Type& type, const void* structure, std::string_view path) {
  const auto dot = path.find('.');
  const auto* member = member_named(type, path.substr(0, dot));
  if (!member) return nullptr;
  const void* value = member->type->ops->get(at(structure, *member));
  if (!value) return nullptr;
  if (dot != std::string_view::npos) return find_text(*member->type, value, path.substr(dot + 1));
  return member->type->kind == api::Kind::string ? static_cast<const std::string*>(value) : nullptr;
}

void fill_idempotency_tokens(const api::Type& type, void* input, Random& random) {
  for (const auto& member : type.members) {
    if (!member.idempotency_token || member.type->kind != api::Kind::string) continue;
    void* optional = at(input, member);
    if (!member.type->ops->get(optional)) *static_cast<std::string*>(member.type->ops->emplace(optional)) = random.uuid();
  }
}

}  // namespace

bool unreachable_or_unauthorised(const Error& error) {
  return one_of(error.code, kCutCodes) || one_of(error.code, kAuthCodes) || one_of(error.code, kSettingCodes);
}

AwsClient::AwsClient(Settings settings, CallOptions options)
    : settings_(std::move(settings)), options_(std::move(options)), random_(Random::system_seed()),
      http_(std::make_unique<net::BlockingClient>()) {
  if (!options_.sleep) options_.sleep = [](std::chrono::milliseconds delay) { std::this_thread::sleep_for(delay); };
}
AwsClient::~AwsClient() = default;
AwsClient::AwsClient(AwsClient&&) noexcept = default;

Result<void> AwsClient::exchange(const api::ServiceModel& service, const api::Operation& operation, void* input,
                                 void* output) {
  TRY(Settings::Target target, settings_.target(service));
  TRY(const Credentials credentials, settings_.credentials(target.endpoint));
  fill_idempotency_tokens(*operation.input, input, random_);
  const auto encoded = wire::encode_request(service, operation, input);
  const auto invocation = random_.uuid();
  // The signature covers the whole path, so the endpoint's own prefix goes into the target here.
  auto endpoint = target.endpoint;
  const auto path = std::exchange(endpoint.base_path, "") + encoded.target;
  const int attempts = std::max(options_.attempts, 1);

  for (int attempt = 1;; ++attempt) {
    net::Request request;
    request.method = encoded.method;
    request.target = path;
    request.headers = encoded.headers;
    request.body = encoded.body;
    request.headers.set("Host", target.endpoint.host_header());
    request.headers.set("User-Agent", "scaleout");
    request.headers.set("amz-sdk-invocation-id", invocation);
    request.headers.set("amz-sdk-request", "attempt=" + std::to_string(attempt) + "; max=" + std::to_string(attempts));
    wire::sign(request, {credentials.access_key_id, credentials.secret_access_key, credentials.session_token},
               {target.signing_region, service.signing_name}, clock_.now());

    net::ClientRequest sent;
    sent.method = std::move(request.method);
    sent.target = std::move(request.target);
    sent.headers = std::move(request.headers);
    sent.body = std::move(request.body);
    sent.timeout = options_.timeout;
    const auto answer = http_->send(endpoint, std::move(sent));

    Error error;
    bool again = false;
    if (!answer) {
      error = answer.error();
      again = one_of(error.code, kCutCodes);
    } else {
      auto decoded = wire::decode_response(service, operation, *answer, output);
      if (decoded) return {};
      error = std::move(decoded).error();
      again = answer->status == 429 || answer->status == 500 || (answer->status >= 502 && answer->status <= 504) ||
              one_of(error.code, kTryAgainCodes);
    }
    if (!again || attempt >= attempts) return tl::unexpected(explain(std::move(error), target));
    // Exponential back-off with full jitter, as AWS's SDKs wait.
    const auto most = std::min(options_.longest_delay.count(), options_.first_delay.count() << std::min(attempt - 1, 20));
    options_.sleep(std::chrono::milliseconds(random_.below(static_cast<std::uint64_t>(most) + 1)));
  }
}

Result<bool> AwsClient::next_page(const api::Operation& operation, void* input, const void* output, std::string& last) {
  if (operation.output_token.empty()) return false;
  const auto* token = find_text(*operation.output, output, operation.output_token);
  if (!token || token->empty()) return false;
  const auto* member = member_named(*operation.input, operation.input_token);
  if (!member || member->type->kind != api::Kind::string) return false;
  if (*token == last) {
    return fail("PaginationLoop", std::string(operation.name) + " answered the same page token twice.");
  }
  last = *token;
  *static_cast<std::string*>(member->type->ops->emplace(at(input, *member))) = *token;
  return true;
}

}  // namespace client
