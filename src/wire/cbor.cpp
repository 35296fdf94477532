#include "wire/cbor.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "wire/form.h"
#include "wire/scalar_text.h"

namespace wire {
namespace {

using api::Kind;

constexpr int kMaxDepth = 64;
enum Major : unsigned { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };

tl::unexpected<Error> broken(std::string message) { return fail("SerializationException", std::move(message)); }

struct Head {
  Major major;
  unsigned info;            // the low five bits: 31 is indefinite, or break
  std::uint64_t argument;
};

/// Reads one item after another; every length is checked against what is left, so nothing is allocated on a claim.
class Parser {
 public:
  explicit Parser(std::string_view body) : rest_(body) {}
  bool done() const { return rest_.empty(); }

  Result<Head> head() {
    if (rest_.empty()) return broken("The CBOR body ends too early");
    const auto first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    Head head{static_cast<Major>(first >> 5), first & 31u, first & 31u};
    if (head.info >= 24 && head.info <= 27) {
      const std::size_t bytes = std::size_t{1} << (head.info - 24);
      if (rest_.size() < bytes) return broken("The CBOR body ends too early");
      head.argument = 0;
      for (std::size_t i = 0; i < bytes; ++i) head.argument = head.argument << 8 | static_cast<unsigned char>(rest_[i]);
      rest_.remove_prefix(bytes);
    } else if (head.info > 27 && head.info != 31) {
      return broken("The CBOR body is malformed");
    }
    if (head.info == 31 && (head.major < kBytes || head.major == kTag)) return broken("The CBOR body is malformed");
    return head;
  }

  bool at_break() const { return !rest_.empty() && static_cast<unsigned char>(rest_.front()) == 0xFF; }
  void skip_break() { rest_.remove_prefix(1); }

  /// Text or bytes, whole or in chunks.
  Result<std::string> text(const Head& head) {
    std::string out;
    if (head.info != 31) {
      TRY_VOID(chunk(head, out));
      return out;
    }
    while (!at_break()) {
      TRY(const Head part, this->head());
      if (part.major != head.major || part.info == 31) return broken("The CBOR body is malformed");
      TRY_VOID(chunk(part, out));
    }
    skip_break();
    return out;
  }

  /// Calls `item(i)` for each element (a map: each pair) of an array or map whose head was read.
  template <class Item>
  Result<void> each(const Head& head, Item item) {
    for (std::uint64_t i = 0; head.info == 31 || i < head.argument; ++i) {
      if (head.info == 31 && at_break()) {
        skip_break();
        break;
      }
      if (rest_.empty()) return broken("The CBOR body ends too early");
      TRY_VOID(item());
    }
    return {};
  }

  Result<void> skip(int depth) {
    TRY(const Head next, head());
    return skip(next, depth);
  }

  Result<void> skip(const Head& head, int depth) {
    if (depth > kMaxDepth) return broken("The request is nested too deeply");
    switch (head.major) {
      case kBytes:
      case kText: {
        TRY([[maybe_unused]] const std::string text, this->text(head));
        return {};
      }
      case kArray: return each(head, [&] { return skip(depth + 1); });
      case kMap:
        return each(head, [&]() -> Result<void> {
          TRY_VOID(skip(depth + 1));
          return skip(depth + 1);
        });
      case kTag: return skip(depth + 1);
      case kSimple: return head.info == 31 ? Result<void>(broken("The CBOR body is malformed")) : Result<void>();
      default: return {};
    }
  }

 private:
  Result<void> chunk(const Head& head, std::string& out) {
    if (head.argument > rest_.size()) return broken("The CBOR body ends too early");
    const std::string_view bytes = rest_.substr(0, head.argument);
    if (head.major == kText && !is_utf8(bytes)) return broken("A CBOR text string is not valid UTF-8");
    out += bytes;
    rest_.remove_prefix(head.argument);
    return {};
  }

  std::string_view rest_;
};

bool is_null(const Head& head) { return head.major == kSimple && (head.info == 22 || head.info == 23); }

std::optional<double> to_double(const Head& head) {
  if (head.major == kUnsigned) return static_cast<double>(head.argument);
  if (head.major == kNegative) return -1.0 - static_cast<double>(head.argument);
  if (head.major != kSimple) return std::nullopt;
  if (head.info == 27) return std::bit_cast<double>(head.argument);
  if (head.info == 26) return std::bit_cast<float>(static_cast<std::uint32_t>(head.argument));
  if (head.info != 25) return std::nullopt;
  const int exponent = static_cast<int>(head.argument >> 10 & 31);
  const double fraction = static_cast<double>(head.argument & 1023);
  const double value = exponent == 31  ? (fraction == 0 ? INFINITY : NAN)
                       : exponent == 0 ? std::ldexp(fraction, -24)
                                       : std::ldexp(fraction + 1024, exponent - 25);
  return (head.argument & 0x8000) != 0 ? -value : value;
}

std::optional<std::int64_t> to_integer(const Head& head) {
  if (head.major == kUnsigned && head.argument <= INT64_MAX) return static_cast<std::int64_t>(head.argument);
  if (head.major == kNegative && head.argument <= INT64_MAX) return -1 - static_cast<std::int64_t>(head.argument);
  const auto real = head.major == kSimple ? to_double(head) : std::nullopt;
  if (real && std::abs(*real) < 9e15 && std::trunc(*real) == *real) return static_cast<std::int64_t>(*real);
  return std::nullopt;
}

class Reader {
 public:
  explicit Reader(Parser& parser) : parser_(parser) {}

  Result<void> read(const api::Type& type, const Head& head, void* out, int depth) {
    if (depth > kMaxDepth) return broken("The request is nested too deeply");
    const auto mismatch = [&] { return broken(fmt::format("Unexpected CBOR type {} for {}", static_cast<int>(head.major), type.name)); };
    switch (type.kind) {
      case Kind::boolean:
        if (head.major != kSimple || (head.info != 20 && head.info != 21)) return mismatch();
        *static_cast<bool*>(out) = head.info == 21;
        return {};
      case Kind::int32:
      case Kind::int64: {
        const auto number = to_integer(head);
        if (!number) return mismatch();
        if (type.kind == Kind::int64) *static_cast<std::int64_t*>(out) = *number;
        else if (*number == static_cast<std::int32_t>(*number)) *static_cast<std::int32_t*>(out) = static_cast<std::int32_t>(*number);
        else return broken(fmt::format("{} is out of range for an Integer", *number));
        return {};
      }
      case Kind::float64: {
        const auto number = to_double(head);
        if (!number) return mismatch();
        *static_cast<double*>(out) = *number;
        return {};
      }
      case Kind::timestamp: {
        if (head.major != kTag || head.argument != 1) return mismatch();
        TRY(const Head inner, parser_.head());
        const auto seconds = to_double(inner);
        const auto ms = seconds ? timestamp_from_seconds(*seconds) : std::nullopt;
        if (!ms) return mismatch();
        static_cast<api::Timestamp*>(out)->ms = *ms;
        return {};
      }
      case Kind::string:
        if (head.major != kText) return mismatch();
        return take_text(head, *static_cast<std::string*>(out));
      case Kind::blob:
        if (head.major != kBytes) return mismatch();
        return take_text(head, static_cast<api::Blob*>(out)->bytes);
      case Kind::document: return mismatch();  // no CBOR service has one
      case Kind::list:
        if (head.major != kArray) return mismatch();
        return parser_.each(head, [&]() -> Result<void> {
          TRY(const Head item, parser_.head());
          return is_null(item) ? Result<void>() : read(*type.element, item, type.ops->append(out), depth + 1);
        });
      case Kind::map:
        if (head.major != kMap) return mismatch();
        return parser_.each(head, [&]() -> Result<void> {
          TRY(std::string key, name());
          TRY(const Head item, parser_.head());
          return is_null(item) ? Result<void>() : read(*type.element, item, type.ops->insert(out, std::move(key)), depth + 1);
        });
      case Kind::structure:
        if (head.major != kMap) return mismatch();
        if (structures_-- == 0) return broken(fmt::format("The request holds more than {} structures", kMaxStructures));
        return parser_.each(head, [&] { return read_member(type, out, depth); });
    }
    return {};
  }

 private:
  Result<void> take_text(const Head& head, std::string& out) {
    TRY(out, parser_.text(head));
    return {};
  }

  Result<std::string> name() {
    TRY(const Head head, parser_.head());
    if (head.major != kText) return broken("A CBOR map key is not a text string");
    return parser_.text(head);
  }

  Result<void> read_member(const api::Type& type, void* out, int depth) {
    TRY(const std::string key, name());
    TRY(const Head item, parser_.head());
    if (is_null(item)) return {};
    for (const api::Member& member : type.members)
      if (member.name == key)
        return read(*member.type, item, member.type->ops->emplace(static_cast<char*>(out) + member.offset), depth + 1);
    return parser_.skip(item, depth + 1);
  }

  Parser& parser_;
  std::size_t structures_ = kMaxStructures;
};

void put_head(Major major, std::uint64_t argument, std::string& out) {
  const auto first = static_cast<unsigned>(major) << 5;
  int bytes = 0;
  if (argument < 24) {
    out += static_cast<char>(first | static_cast<unsigned>(argument));
    return;
  }
  if (argument <= 0xFF) bytes = 1;
  else if (argument <= 0xFFFF) bytes = 2;
  else if (argument <= 0xFFFFFFFF) bytes = 4;
  else bytes = 8;
  out += static_cast<char>(first | (bytes == 1 ? 24u : bytes == 2 ? 25u : bytes == 4 ? 26u : 27u));
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(argument >> shift & 255);
}

void put_text(std::string_view text, std::string& out) {
  std::string clean;  // CBOR text must be UTF-8
  for (std::size_t at = 0; !is_utf8(text) && at < text.size();) {
    const std::size_t bad = std::min(find_bad_utf8(text, at), text.size());
    clean.append(text, at, bad - at);
    if (bad < text.size()) clean += "\xEF\xBF\xBD";
    at = bad + 1;
  }
  if (!clean.empty()) text = clean;
  put_head(kText, text.size(), out);
  out += text;
}

void put_integer(std::int64_t value, std::string& out) {
  if (value >= 0) put_head(kUnsigned, static_cast<std::uint64_t>(value), out);
  else put_head(kNegative, static_cast<std::uint64_t>(-1 - value), out);
}

void put_double(double value, std::string& out) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  out += '\xFB';
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 255);
}

void write(const api::Type& type, const void* value, std::string& out) {
  switch (type.kind) {
    case Kind::boolean: out += *static_cast<const bool*>(value) ? '\xF5' : '\xF4'; break;
    case Kind::int32: put_integer(*static_cast<const std::int32_t*>(value), out); break;
    case Kind::int64: put_integer(*static_cast<const std::int64_t*>(value), out); break;
    case Kind::float64: put_double(*static_cast<const double*>(value), out); break;
    case Kind::timestamp: {
      const std::int64_t ms = static_cast<const api::Timestamp*>(value)->ms;
      put_head(kTag, 1, out);
      if (ms % 1000 == 0) put_integer(ms / 1000, out);
      else put_double(static_cast<double>(ms) / 1000.0, out);
      break;
    }
    case Kind::blob: {
      const std::string& bytes = static_cast<const api::Blob*>(value)->bytes;
      put_head(kBytes, bytes.size(), out);
      out += bytes;
      break;
    }
    case Kind::string:
    case Kind::document: put_text(*static_cast<const std::string*>(value), out); break;
    case Kind::list: {
      const std::size_t size = type.ops->size(value);
      put_head(kArray, size, out);
      for (std::size_t i = 0; i < size; ++i) write(*type.element, type.ops->at(value, i), out);
      break;
    }
    case Kind::map: {
      struct Visit {
        const api::Type& element;
        std::string& out;
      } visit{*type.element, out};
      put_head(kMap, type.ops->size(value), out);
      type.ops->each(value, &visit, [](void* context, const std::string& key, const void* item) {
        auto& v = *static_cast<Visit*>(context);
        put_text(key, v.out);
        write(v.element, item, v.out);
      });
      break;
    }
    case Kind::structure:
      out += '\xBF';
      for (const api::Member& member : type.members)
        if (const void* field = member.type->ops->get(static_cast<const char*>(value) + member.offset)) {
          put_text(member.name, out);
          write(*member.type, field, out);
        }
      out += '\xFF';
      break;
  }
}

}  // namespace

Result<void> decode_cbor(const api::Type& type, std::string_view body, void* out) {
  if (body.empty()) return {};
  Parser parser(body);
  TRY(const Head head, parser.head());
  TRY_VOID(Reader(parser).read(type, head, out, 0));
  if (!parser.done()) return broken("The CBOR body goes on after its end");
  return {};
}

void encode_cbor(const api::Type& type, const void* value, std::string& out) { write(type, value, out); }

std::string encode_cbor_error(std::string_view type, std::string_view message) {
  std::string out = "\xBF";
  put_text("__type", out);
  put_text(type, out);
  put_text("message", out);
  put_text(message, out);
  out += '\xFF';
  return out;
}

Error decode_cbor_error(std::string_view body) {
  Parser parser(body);
  Error error;
  const auto read = [&]() -> Result<void> {
    TRY(const Head map, parser.head());
    if (map.major != kMap) return broken("not a map");
    return parser.each(map, [&]() -> Result<void> {
      TRY(const Head key_head, parser.head());
      if (key_head.major != kText) return broken("not a key");
      TRY(const std::string key, parser.text(key_head));
      TRY(const Head item, parser.head());
      if (item.major != kText) return parser.skip(item, 0);
      TRY(std::string text, parser.text(item));
      if (key == "__type") error.code = std::move(text);
      else if (key == "message" || key == "Message") error.message = std::move(text);
      return {};
    });
  };
  (void)read();
  return error;
}

}  // namespace wire
