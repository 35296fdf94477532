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
  Callback(F&& function)  // NOLINT: implicit, as std::function
      : target_(new std::decay_t<F>(std::forward<F>(function)),
                [](void* target) { delete static_cast<std::decay_t<F>*>(target); }),
        call_([](void* target, Args... args) -> R {
          return (*static_cast<std::decay_t<F>*>(target))(std::forward<Args>(args)...);
        }) {}

  R operator()(Args... args) const { return call_(target_.get(), std::forward<Args>(args)...); }
  explicit operator bool() const { return target_ != nullptr; }

 private:
  std::unique_ptr<void, void (*)(void*)> target_{nullptr, nullptr};
  R (*call_)(void*, Args...) = nullptr;
};

using Task = Callback<void()>;

}  // namespace net
