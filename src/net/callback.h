// A function object that may own move-only things (a Responder, a buffer). std::function cannot, and C++20 has no
// std::move_only_function. Used wherever net hands something to be called once or many times.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace net {

template <class Signature>
class Callback;

template <class R, class... Args>
class Callback<R(Args...)> {
 public:
  Callback() = default;
  template <class F>
    requires(!std::same_as<std::decay_t<F>, Callback> && std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
  Callback(F&& function) : target_(std::make_unique<Holder<std::decay_t<F>>>(std::forward<F>(function))) {}  // NOLINT

  R operator()(Args... args) const { return target_->call(std::forward<Args>(args)...); }
  explicit operator bool() const { return target_ != nullptr; }

 private:
  struct Target {
    virtual ~Target() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct Holder final : Target {
    explicit Holder(F function) : function(std::move(function)) {}
    R call(Args... args) override { return function(std::forward<Args>(args)...); }
    F function;
  };
  std::unique_ptr<Target> target_;
};

using Task = Callback<void()>;

}  // namespace net
