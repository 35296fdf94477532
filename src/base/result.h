// Expected failures as values. Used by every room; an Error's code is an AWS error code where the failure can reach
// a client (for example "ClusterNotFoundException"), else a short PascalCase word.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

struct Error {
  std::string code;
  std::string message;
  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string code, std::string message) {
  return tl::unexpected(Error{std::move(code), std::move(message)});
}

#define SCALEOUT_CAT_(a, b) a##b
#define SCALEOUT_CAT(a, b) SCALEOUT_CAT_(a, b)
#define SCALEOUT_TRY_AS(ret, tmp, decl, expr)                   \
  auto tmp = (expr);                                            \
  if (!tmp) ret tl::unexpected(std::move(tmp).error());         \
  decl = *std::move(tmp)
// TRY(Service service, find(name)); returns the error, or declares the value. Always inside braces.
#define TRY(decl, expr) SCALEOUT_TRY_AS(return, SCALEOUT_CAT(try_, __COUNTER__), decl, expr)
#define CO_TRY(decl, expr) SCALEOUT_TRY_AS(co_return, SCALEOUT_CAT(try_, __COUNTER__), decl, expr)
// TRY_VOID(validate(input)); for Result<void>.
#define TRY_VOID_AS(tmp, expr) \
  if (auto tmp = (expr); !tmp) return tl::unexpected(std::move(tmp).error())
#define TRY_VOID(expr) TRY_VOID_AS(SCALEOUT_CAT(try_, __COUNTER__), expr)
