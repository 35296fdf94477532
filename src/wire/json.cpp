#include "wire/json.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>
#include <cstring>

#include "wire/form.h"
#include "wire/scalar_text.h"

namespace wire {
namespace {

namespace json = boost::json;
using api::Kind;

tl::unexpected<Error> broken(std::string message) { return fail("SerializationException", std::move(message)); }

std::string_view token_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::bool_: return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
    case json::kind::double_: return "DECIMAL_VALUE";
    case json::kind::int64:
    case json::kind::uint64: return "NUMBER_VALUE";
    default: return "STRING_VALUE";
  }
}

/// The refusals are worded as AWS's JSON front door words them.
tl::unexpected<Error> mismatch(const json::value& value, std::string_view wanted) {
  if (value.is_object()) return broken("Start of structure or map found where not expected.");
  if (value.is_array()) return broken("Start of list found where not expected");
  return broken(fmt::format("{} can not be converted to {}", token_name(value), wanted));
}

std::optional<std::int64_t> integral(const json::value& value) {
  if (const auto* number = value.if_int64()) return *number;
  const auto* real = value.if_double();
  if (real != nullptr && std::abs(*real) < 9e15 && std::trunc(*real) == *real) return static_cast<std::int64_t>(*real);
  return std::nullopt;
}

std::optional<double> real(const json::value& value) {
  if (const auto* number = value.if_double()) return *number;
  if (const auto* number = value.if_int64()) return static_cast<double>(*number);
  if (const auto* number = value.if_uint64()) return static_cast<double>(*number);
  if (const auto* text = value.if_string(); text != nullptr && (*text == "NaN" || *text == "Infinity" || *text == "-Infinity"))
    return parse_double({text->data(), text->size()});
  return std::nullopt;
}

/// `structures`: how many more the request may hold.
Result<void> read(const api::Type& type, const json::value& value, std::size_t& structures, void* out);

Result<void> read_structure(const api::Type& type, const json::object& object, std::size_t& structures, void* out) {
  if (structures-- == 0) return broken(fmt::format("The request holds more than {} structures", kMaxStructures));
  for (const auto& entry : object) {
    if (entry.value().is_null()) continue;
    const std::string_view name(entry.key().data(), entry.key().size());
    for (const api::Member& member : type.members) {
      if (member.json_name != name) continue;
      TRY_VOID(read(*member.type, entry.value(), structures, member.type->ops->emplace(static_cast<char*>(out) + member.offset)));
      break;
    }
  }
  return {};
}

Result<void> read(const api::Type& type, const json::value& value, std::size_t& structures, void* out) {
  switch (type.kind) {
    case Kind::boolean:
      if (!value.is_bool()) return mismatch(value, "Boolean");
      *static_cast<bool*>(out) = value.get_bool();
      return {};
    case Kind::int32: {
      const auto number = integral(value);
      if (!number) return mismatch(value, "Integer");
      if (*number != static_cast<std::int32_t>(*number)) return broken(fmt::format("{} is out of range for an Integer", *number));
      *static_cast<std::int32_t*>(out) = static_cast<std::int32_t>(*number);
      return {};
    }
    case Kind::int64: {
      const auto number = integral(value);
      if (!number) return mismatch(value, "Long");
      *static_cast<std::int64_t*>(out) = *number;
      return {};
    }
    case Kind::float64: {
      const auto number = real(value);
      if (!number) return mismatch(value, "Double");
      *static_cast<double*>(out) = *number;
      return {};
    }
    case Kind::string: {
      const auto* text = value.if_string();
      if (text == nullptr) return mismatch(value, "String");
      static_cast<std::string*>(out)->assign(text->data(), text->size());
      return {};
    }
    case Kind::timestamp: {
      std::optional<std::int64_t> ms;
      if (const auto* text = value.if_string()) ms = parse_timestamp({text->data(), text->size()});
      else if (const auto seconds = real(value)) ms = timestamp_from_seconds(*seconds);
      if (!ms) return mismatch(value, "Timestamp");
      static_cast<api::Timestamp*>(out)->ms = *ms;
      return {};
    }
    case Kind::blob: {
      const auto* text = value.if_string();
      if (text == nullptr) return mismatch(value, "Blob");
      auto bytes = parse_base64({text->data(), text->size()});
      if (!bytes) return broken("A blob is not valid base64");
      static_cast<api::Blob*>(out)->bytes = *std::move(bytes);
      return {};
    }
    case Kind::document: *static_cast<std::string*>(out) = json::serialize(value); return {};
    case Kind::list:
      if (!value.is_array()) return value.is_object() ? mismatch(value, "") : broken("Expected list or null");
      for (const json::value& item : value.get_array())
        if (!item.is_null()) TRY_VOID(read(*type.element, item, structures, type.ops->append(out)));
      return {};
    case Kind::map:
      if (!value.is_object()) return value.is_array() ? mismatch(value, "") : broken("Expected map or null");
      for (const auto& entry : value.get_object())
        if (!entry.value().is_null())
          TRY_VOID(read(*type.element, entry.value(), structures,
                        type.ops->insert(out, std::string(entry.key().data(), entry.key().size()))));
      return {};
    case Kind::structure:
      if (!value.is_object())
        return value.is_array() ? mismatch(value, "") : broken(fmt::format("Expected structure or null, found {}", token_name(value)));
      return read_structure(type, value.get_object(), structures, out);
  }
  return {};
}

void write(const api::Type& type, const void* value, api::TimeFormat format, std::string& out);

void write_structure(const api::Type& type, const void* value, std::string& out) {
  out += '{';
  bool first = true;
  for (const api::Member& member : type.members) {
    const void* field = member.type->ops->get(static_cast<const char*>(value) + member.offset);
    if (field == nullptr) continue;
    if (!first) out += ',';
    first = false;
    out += '"';
    out += member.json_name;
    out.append("\":", 2);
    write(*member.type, field, member.time_format, out);
  }
  out += '}';
}

void write(const api::Type& type, const void* value, api::TimeFormat format, std::string& out) {
  switch (type.kind) {
    case Kind::structure: write_structure(type, value, out); break;
    case Kind::list: {
      out += '[';
      const std::size_t size = type.ops->size(value);
      for (std::size_t i = 0; i < size; ++i) {
        if (i != 0) out += ',';
        write(*type.element, type.ops->at(value, i), api::TimeFormat::protocol, out);
      }
      out += ']';
      break;
    }
    case Kind::map: {
      struct Visit {
        const api::Type& element;
        std::string& out;
        bool first = true;
      } visit{*type.element, out};
      out += '{';
      type.ops->each(value, &visit, [](void* context, const std::string& key, const void* item) {
        auto& v = *static_cast<Visit*>(context);
        if (!v.first) v.out += ',';
        v.first = false;
        append_json_string(key, v.out);
        v.out += ':';
        write(v.element, item, api::TimeFormat::protocol, v.out);
      });
      out += '}';
      break;
    }
    case Kind::string: append_json_string(*static_cast<const std::string*>(value), out); break;
    case Kind::document: out += static_cast<const std::string*>(value)->empty() ? "null" : *static_cast<const std::string*>(value); break;
    case Kind::blob:
      out += '"';
      append_base64(static_cast<const api::Blob*>(value)->bytes, out);
      out += '"';
      break;
    case Kind::timestamp: {
      const std::int64_t ms = static_cast<const api::Timestamp*>(value)->ms;
      if (format == api::TimeFormat::iso8601 || format == api::TimeFormat::rfc822) {
        out += '"';
        append_scalar(type.kind, value, format, out);
        out += '"';
      } else {
        append_unix_seconds(ms, out);
      }
      break;
    }
    case Kind::float64:
      if (!std::isfinite(*static_cast<const double*>(value))) {
        out += '"';
        append_double(*static_cast<const double*>(value), out);
        out += '"';
        break;
      }
      [[fallthrough]];
    default: append_scalar(type.kind, value, format, out); break;
  }
}

/// How many bytes from `from` on need no look: printable ASCII but quote and backslash, eight at a time. Most of what AWS
/// answers are ARNs and names, and this loop was a fifth of a DescribeServices.
std::size_t skip_plain(std::string_view text, std::size_t from) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHigh; };
  while (from + 8 <= text.size()) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + from, 8);
    const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHigh;
    if (((word & kHigh) | control | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'))) != 0) break;
    from += 8;
  }
  return from;
}

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  std::size_t run = 0;  // start of what needs no escape
  bool ascii = true;
  for (std::size_t i = skip_plain(text, 0); i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80) {
      if (ascii && !is_utf8(text.substr(i))) {  // looked at once; the rest is rewritten
        out.append(text, run, i - run);
        std::string clean;
        for (std::size_t at = i; at < text.size();) {
          const std::size_t bad = std::min(find_bad_utf8(text, at), text.size());
          clean.append(text, at, bad - at);
          if (bad < text.size()) clean += "\xEF\xBF\xBD";
          at = bad + 1;
        }
        std::string rest;
        append_json_string(clean, rest);
        out.append(rest, 1);
        return;
      }
      ascii = false;
      continue;
    }
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, run, i - run);
    run = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        out += "\\u00";
        out += kDigits[c >> 4];
        out += kDigits[c & 15];
    }
    i = skip_plain(text, i + 1) - 1;
  }
  out.append(text, run, text.size() - run);
  out += '"';
}

Result<void> decode_json(const api::Type& type, std::string_view body, void* out) {
  if (body.find_first_not_of(" \t\r\n") == body.npos) return {};
  unsigned char buffer[8192];  // most requests need no allocation at all
  json::monotonic_resource memory(buffer);
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  boost::system::error_code error;
  const json::value value = json::parse({body.data(), body.size()}, error, &memory, options);
  if (error == json::error::too_deep) return broken(fmt::format("The request is nested deeper than {} levels", kMaxJsonDepth));
  if (error) return broken("The request body is not valid JSON: " + error.message());
  if (!value.is_object()) return broken("Start of structure expected");
  std::size_t structures = kMaxStructures;
  return read(type, value, structures, out);
}

void encode_json(const api::Type& type, const void* value, std::string& out) {
  write(type, value, api::TimeFormat::protocol, out);
}

}  // namespace wire
