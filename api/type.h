// What the generated tables say about an AWS shape. api/generate.py fills one Type for each shape, one Operation for each
// action and one ServiceModel for each service; src/wire walks them, so that encoding, decoding and validation exist once
// and not once a struct. Services use only the generated structs and `api::<service>::op::<Action>`.
//
// Always: every member of a generated struct is an api::Optional; tables are constant and live as long as the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/optional.h"

namespace api {

struct Timestamp {
  std::int64_t ms = 0;  // since the Unix epoch
  auto operator<=>(const Timestamp&) const = default;
};

struct Blob {
  std::string bytes;
  auto operator<=>(const Blob&) const = default;
};

/// Input or output of an action that models none.
struct Empty {};

enum class Kind : std::uint8_t {
  boolean,    // bool
  int32,      // std::int32_t
  int64,      // std::int64_t
  float64,    // double
  string,     // std::string
  timestamp,  // Timestamp
  blob,       // Blob
  document,   // std::string holding JSON text
  list,       // std::vector<element>
  map,        // std::map<std::string, element>
  structure   // a generated struct
};

enum class TimeFormat : std::uint8_t { protocol, unix_seconds, iso8601, rfc822 };

/// Operations on a C++ type whose name the caller does not know. Instantiated once for each distinct type.
struct Ops {
  void* (*emplace)(void* optional);                 // makes the value inside Optional<T>
  const void* (*get)(const void* optional);         // nullptr when absent
  std::size_t (*size)(const void* container);       // list and map
  const void* (*at)(const void* list, std::size_t index);
  void* (*append)(void* list);
  void* (*insert)(void* map, std::string&& key);
  void (*each)(const void* map, void* context, void (*visit)(void* context, const std::string& key, const void* value));
};

struct Type;

struct Member {
  std::string_view name;        // in the model: what error messages say
  std::string_view json_name;
  std::string_view query_name;  // in requests of the service's own Query or EC2 protocol
  std::string_view xml_name;    // in XML answers
  const Type* type;
  std::uint32_t offset;         // of the Optional in the struct
  bool required;
  bool idempotency_token;
  TimeFormat time_format;
};

struct Type {
  Kind kind;
  bool flattened;                  // list and map, in XML and Query
  bool sensitive;                  // do not log
  bool is_union;                   // structure: exactly one member is set
  bool has_min, has_max;           // length of string, blob, list, map; value of numbers
  std::string_view name;           // of the shape
  const Ops* ops;
  const Type* element;             // list, map
  const Type* key;                 // map
  std::string_view element_name;   // list: "member" or the model's; map: "value"
  std::string_view key_name;       // map: "key"
  std::span<const Member> members; // structure
  double min, max;
  std::string_view pattern;
  std::span<const std::string_view> values;  // of an enumeration
};

struct ErrorShape {
  std::string_view name;
  std::string_view query_code;  // in Query answers and x-amzn-query-error; the name when the model has none
  std::uint16_t status;
  bool sender;                  // false: our fault (5xx)
};

struct Operation {
  std::string_view name;
  const Type* input;
  const Type* output;
  std::string_view result_wrapper;   // "" for EC2
  std::string_view response_name;    // the root element of an XML answer
  // Pagination, "" where the action has none.
  std::string_view input_token, output_token, limit_key;
  std::span<const std::string_view> result_keys;
  void* (*create_input)();
  void (*destroy_input)(void*);
  void* (*create_output)();
  void (*destroy_output)(void*);
};

enum class Protocol : std::uint8_t { json10, json11, query, ec2, cbor };

/// How a service words a refusal of input that breaks its model (from models/<service>.patch.json).
struct ValidationStyle {
  std::string_view code;           // of a broken constraint
  std::string_view missing_code;   // of an absent required member
  bool counted;                    // "1 validation error detected: Value ... at 'x' failed to satisfy constraint: ..."
  bool enums, lengths, patterns, ranges;  // which constraints the service's front door checks
};

struct ServiceModel {
  std::string_view name;            // as botocore and the CLI call it: "application-autoscaling"
  std::string_view full_name;
  std::span<const Protocol> protocols;  // the first is the default of our client
  std::string_view target_prefix;   // "" if no JSON or CBOR
  std::string_view api_version;
  std::string_view xml_namespace;
  std::string_view endpoint_prefix;
  std::string_view signing_name;
  bool query_compatible;            // JSON and CBOR errors carry x-amzn-query-error
  ValidationStyle validation;
  std::span<const Operation> operations;  // by name, ascending
  std::span<const ErrorShape> errors;     // by name, ascending

  const Operation* find_operation(std::string_view operation) const;
  /// By shape name or by Query code; nullptr if the model does not know it.
  const ErrorShape* find_error(std::string_view code) const;
};

namespace detail {
template <class T>
void* emplace(void* optional) { return &static_cast<Optional<T>*>(optional)->emplace(); }
template <class T>
const void* get(const void* optional) {
  const auto& value = *static_cast<const Optional<T>*>(optional);
  return value ? &*value : nullptr;
}
template <class C>
std::size_t size(const void* container) { return static_cast<const C*>(container)->size(); }
template <class L>
const void* at(const void* list, std::size_t index) { return &(*static_cast<const L*>(list))[index]; }
template <class L>
void* append(void* list) { return &static_cast<L*>(list)->emplace_back(); }
template <class M>
void* insert(void* map, std::string&& key) { return &(*static_cast<M*>(map))[std::move(key)]; }
template <class M>
void each(const void* map, void* context, void (*visit)(void*, const std::string&, const void*)) {
  for (const auto& [key, value] : *static_cast<const M*>(map)) visit(context, key, &value);
}
template <class T>
inline constexpr Ops kValueOps{&emplace<T>, &get<T>, nullptr, nullptr, nullptr, nullptr, nullptr};
template <class L>
inline constexpr Ops kListOps{&emplace<L>, &get<L>, &size<L>, &at<L>, &append<L>, nullptr, nullptr};
template <class M>
inline constexpr Ops kMapOps{&emplace<M>, &get<M>, &size<M>, nullptr, nullptr, &insert<M>, &each<M>};
template <class T>
void* create() { return new T(); }
template <class T>
void destroy(void* object) { delete static_cast<T*>(object); }
}  // namespace detail

}  // namespace api
