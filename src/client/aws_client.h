// Typed AWS calls, to the local engine and to AWS alike. Blocking; every command of the CLI uses one.
//
//   client::AwsClient aws(settings);
//   TRY(const auto out, aws.call<api::ecs::op::DescribeServices>({.cluster = "web"}));
//
// Holds always: all attempts of one call carry the same amz-sdk-invocation-id and idempotency tokens, so that a repeat is
// answered and not done again; what is retried is bounded. Errors are the service's own, or one of those below.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "api/type.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "client/settings.h"

namespace client {

/// Nobody answers at the endpoint, or the connection was cut each time.
inline constexpr std::string_view kUnreachable = "EndpointUnreachable";

/// The endpoint was not reached, or did not let us in: the command exits with 4.
bool unreachable_or_unauthorised(const Error& error);

struct CallOptions {
  int attempts = 3;
  std::chrono::milliseconds timeout = std::chrono::seconds(60);  // of each attempt
  std::chrono::milliseconds first_delay = std::chrono::milliseconds(100);
  std::chrono::milliseconds longest_delay = std::chrono::seconds(5);
  std::function<void(std::chrono::milliseconds)> sleep;  // default: sleeps
};

class AwsClient {
 public:
  explicit AwsClient(Settings settings, CallOptions options = {});
  ~AwsClient();
  AwsClient(AwsClient&&) noexcept;

  template <class Op>
  Result<typename Op::Output> call(typename Op::Input input) {
    typename Op::Output output;
    TRY_VOID(exchange(Op::service(), Op::operation(), &input, &output));
    return output;
  }

  /// Asks for page after page; `take(const Output&)` returns false to stop.
  template <class Op, class Take>
  Result<void> each_page(typename Op::Input input, Take&& take) {
    std::string last;
    for (;;) {
      TRY(const auto output, call<Op>(input));
      if (!take(output)) return {};
      TRY(const bool more, next_page(Op::operation(), &input, &output, last));
      if (!more) return {};
    }
  }

  /// `input` and `output` are the operation's structs; missing idempotency tokens are put into `input`.
  Result<void> exchange(const api::ServiceModel& service, const api::Operation& operation, void* input, void* output);

  const Settings& settings() const { return settings_; }

 private:
  static Result<bool> next_page(const api::Operation& operation, void* input, const void* output, std::string& last);

  Settings settings_;
  CallOptions options_;
  Random random_;
  SteadyWallClock clock_;
  std::unique_ptr<net::BlockingClient> http_;
};

}  // namespace client
