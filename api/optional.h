// A member of a generated struct. It is used as a std::optional is, and costs the compiler a third of one: the structs of all
// services have thousands of different members, and each std::optional<T> stands for thirty class templates.
//
// Converts from and to std::optional<T>, by copy. Reading an absent value is undefined, as there; moves never fail, for no
// member's type can.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace api {

template <class T>
class Optional {
 public:
  using value_type = T;

  Optional() noexcept {}
  Optional(std::nullopt_t) noexcept {}
  template <class Standard>  // a template, so that braces never mean it
    requires std::is_same_v<Standard, std::optional<T>>
  Optional(const Standard& other) {
    if (other) emplace(*other);
  }
  template <class U = T>
    requires(!std::is_same_v<std::remove_cvref_t<U>, Optional> && !std::is_same_v<std::remove_cvref_t<U>, std::optional<T>> &&
             std::is_convertible_v<U, T>)
  Optional(U&& value) {
    emplace(std::forward<U>(value));
  }
  Optional(const Optional& other) {
    if (other) emplace(*other);
  }
  Optional(Optional&& other) noexcept {
    if (other) emplace(std::move(*other));
  }
  Optional& operator=(const Optional& other) {
    if (this != &other) *this = Optional(other);
    return *this;
  }
  Optional& operator=(Optional&& other) noexcept {
    if (this == &other) return *this;
    reset();
    if (other) emplace(std::move(*other));
    return *this;
  }
  template <class U = T>
    requires(!std::is_same_v<std::remove_cvref_t<U>, Optional> && std::is_convertible_v<U, T> &&
             !(std::is_scalar_v<T> && std::is_same_v<T, std::decay_t<U>>))  // `= {}` empties it
  Optional& operator=(U&& value) {
    return *this = Optional(std::forward<U>(value));
  }
  ~Optional() { reset(); }

  template <class... Arguments>
  T& emplace(Arguments&&... arguments) {
    reset();
    std::construct_at(&value_, std::forward<Arguments>(arguments)...);
    has_value_ = true;
    return value_;
  }
  void reset() noexcept {
    if (has_value_) std::destroy_at(&value_);
    has_value_ = false;
  }

  bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value_; }
  T& operator*() & noexcept { return value_; }
  const T& operator*() const& noexcept { return value_; }
  T&& operator*() && noexcept { return std::move(value_); }
  /// Throws std::bad_optional_access where there is none.
  const T& value() const& {
    if (!has_value_) throw std::bad_optional_access();
    return value_;
  }
  T* operator->() noexcept { return &value_; }
  const T* operator->() const noexcept { return &value_; }

  template <class U>
  T value_or(U&& otherwise) const& {
    return has_value_ ? value_ : static_cast<T>(std::forward<U>(otherwise));
  }
  template <class U>
  T value_or(U&& otherwise) && {
    return has_value_ ? std::move(value_) : static_cast<T>(std::forward<U>(otherwise));
  }

  operator std::optional<T>() const {
    return has_value_ ? std::optional<T>(value_) : std::nullopt;
  }

 private:
  union {
    T value_;
  };
  bool has_value_ = false;
};

template <class T>
bool operator==(const Optional<T>& a, const Optional<T>& b) {
  return a.has_value() == b.has_value() && (!a || *a == *b);
}
template <class T>
bool operator==(const Optional<T>& a, std::nullopt_t) noexcept {
  return !a;
}
template <class T, class U>
  requires requires(const T& value, const U& other) { value == other; }
bool operator==(const Optional<T>& a, const U& b) {
  return a && *a == b;
}

}  // namespace api
