// Records (structs with `visit`) to JSON text and back. Used by state to store them and by tests to print them.
// Reading is forgiving: an unknown field is ignored and a missing one keeps its default, so that adding a field needs
// no migration. Included in few .cpp files only: it pulls in Boost.JSON.
#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "base/units.h"

namespace record {

namespace json = boost::json;

template <class T>
void write(json::value& out, const T& in);
template <class T>
void read(const json::value& in, T& out);

struct Writer {
  json::object& object;
  template <class T>
  void operator()(std::string_view name, const T& value) const {
    write(object[name], value);
  }
};

struct Reader {
  const json::object& object;
  template <class T>
  void operator()(std::string_view name, T& value) const {
    if (const json::value* found = object.if_contains(name)) read(*found, value);
  }
};

template <class T> struct IsOptional : std::false_type {};
template <class T> struct IsOptional<std::optional<T>> : std::true_type {};
template <class T> struct IsVector : std::false_type {};
template <class T> struct IsVector<std::vector<T>> : std::true_type {};
template <class T> struct IsMap : std::false_type {};
template <class T> struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T> struct IsId : std::false_type {};
template <class Tag> struct IsId<Id<Tag>> : std::true_type {};

/// JSON has no word for these three: they are kept as strings.
inline constexpr std::string_view kInfinity = "Infinity", kMinusInfinity = "-Infinity", kNaN = "NaN";

inline void write_real(json::value& out, double in) {
  if (std::isfinite(in)) out = in;
  else out = json::string_view(std::isnan(in) ? kNaN : in > 0 ? kInfinity : kMinusInfinity);
}

inline void read_real(const json::value& in, double& out) {
  if (in.is_number()) out = in.to_number<double>();
  const auto* text = in.if_string();
  if (text == nullptr) return;
  if (*text == kNaN) out = std::numeric_limits<double>::quiet_NaN();
  if (*text == kInfinity) out = std::numeric_limits<double>::infinity();
  if (*text == kMinusInfinity) out = -std::numeric_limits<double>::infinity();
}

template <class T>
void write(json::value& out, const T& in) {
  if constexpr (std::is_same_v<T, std::string>) {
    out = json::string_view(in);
  } else if constexpr (std::is_same_v<T, bool>) {
    out = in;
  } else if constexpr (std::is_same_v<T, double>) {
    write_real(out, in);
  } else if constexpr (std::is_arithmetic_v<T>) {
    static_assert(std::is_integral_v<T>);
    out = in;
  } else if constexpr (std::is_same_v<T, Instant>) {
    out = to_ms(in);
  } else if constexpr (std::is_same_v<T, CpuUnits> || std::is_same_v<T, MiB>) {
    out = in.value;
  } else if constexpr (IsId<T>::value) {
    out = json::string_view(in.text);
  } else if constexpr (IsOptional<T>::value) {
    if (in) write(out, *in); else out = nullptr;
  } else if constexpr (IsVector<T>::value) {
    json::array& array = out.emplace_array();
    array.reserve(in.size());
    for (const auto& element : in) write(array.emplace_back(nullptr), element);
  } else if constexpr (IsMap<T>::value) {
    json::object& object = out.emplace_object();
    for (const auto& [key, value] : in) write(object[key], value);
  } else {
    T::visit(in, Writer{out.emplace_object()});
  }
}

template <class T>
void read(const json::value& in, T& out) {
  if constexpr (std::is_same_v<T, std::string>) {
    if (const auto* text = in.if_string()) out.assign(text->data(), text->size());
  } else if constexpr (std::is_same_v<T, bool>) {
    if (const auto* flag = in.if_bool()) out = *flag;
  } else if constexpr (std::is_same_v<T, double>) {
    read_real(in, out);
  } else if constexpr (std::is_integral_v<T>) {
    if (in.is_number()) {
      boost::system::error_code ignored;
      out = in.to_number<T>(ignored);
    }
  } else if constexpr (std::is_same_v<T, Instant>) {
    if (const auto* ms = in.if_int64()) out = instant_from_ms(*ms);
  } else if constexpr (std::is_same_v<T, CpuUnits> || std::is_same_v<T, MiB>) {
    if (const auto* number = in.if_int64()) out.value = *number;
  } else if constexpr (IsId<T>::value) {
    if (const auto* text = in.if_string()) out.text.assign(text->data(), text->size());
  } else if constexpr (IsOptional<T>::value) {
    if (in.is_null()) out.reset(); else read(in, out.emplace());
  } else if constexpr (IsVector<T>::value) {
    out.clear();
    if (const auto* array = in.if_array()) {
      out.reserve(array->size());
      for (const auto& element : *array) read(element, out.emplace_back());
    }
  } else if constexpr (IsMap<T>::value) {
    out.clear();
    if (const auto* object = in.if_object()) {
      for (const auto& [key, value] : *object) read(value, out[std::string(key)]);
    }
  } else {
    if (const auto* object = in.if_object()) T::visit(out, Reader{*object});
  }
}

template <class T>
std::string to_json(const T& value) {
  json::value tree;
  write(tree, value);
  return json::serialize(tree);
}

/// Boost.JSON writes these words without quotes, and cannot read that: older records have them so.
inline std::string quote_non_finite(std::string_view text) {
  std::string out;
  bool in_string = false;
  while (!text.empty()) {
    std::size_t length = in_string && text.front() == '\\' ? 2 : 1;
    if (text.front() == '"') in_string = !in_string;
    std::string_view quote;
    for (const std::string_view word : {kInfinity, kMinusInfinity, kNaN}) {
      if (in_string || !text.starts_with(word)) continue;
      length = word.size();
      quote = "\"";
    }
    out.append(quote).append(text.substr(0, length)).append(quote);
    text.remove_prefix(std::min(length, text.size()));
  }
  return out;
}

template <class T>
Result<T> from_json(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.allow_invalid_utf8 = true;  // clients' bytes come back as they were given
  json::value tree = json::parse(text, error, {}, options);
  if (error) {
    boost::system::error_code again;
    tree = json::parse(quote_non_finite(text), again, {}, options);
    if (again) return fail("CorruptRecord", error.message());
  }
  T value;
  read(tree, value);
  return value;
}

}  // namespace record
