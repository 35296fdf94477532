#include "wire/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "wire/scalar_text.h"

namespace wire {
namespace {

using api::Kind;
using Range = std::span<const Parameter>;

// The deepest modelled input has about ten levels; only shapes that contain themselves could go further.
constexpr int kMaxDepth = 48;

/// Parameters called `prefix` + "." + something. The form is sorted, so they stand together.
Range below(Range all, std::string_view prefix) {
  const std::string dotted = std::string(prefix) + ".";
  const auto first = std::partition_point(all.begin(), all.end(), [&](const Parameter& p) { return p.first < dotted; });
  const auto last = std::partition_point(first, all.end(), [&](const Parameter& p) { return p.first.starts_with(dotted); });
  return {first, last};
}

const std::string* exactly(Range all, std::string_view key) {
  const auto found = std::partition_point(all.begin(), all.end(), [&](const Parameter& p) { return p.first < key; });
  return found != all.end() && found->first == key ? &found->second : nullptr;
}

class Reader {
 public:
  explicit Reader(bool ec2) : ec2_(ec2) {}

  /// `all` holds every parameter at or below `path`.
  Result<void> read(const api::Type& type, Range all, const std::string& path, void* out, int depth) {
    if (depth > kMaxDepth) return fail(code(), "The parameter " + path.substr(0, 64) + "... is nested too deeply.");
    switch (type.kind) {
      case Kind::structure: return read_structure(type, all, path, out, depth);
      case Kind::list: return read_list(type, all, path, out, depth);
      case Kind::map: return read_map(type, all, path, out, depth);
      default: break;
    }
    const std::string* text = exactly(all, path);
    if (text != nullptr && parse_scalar(type.kind, *text, out)) return {};
    if (text == nullptr) return fail(code(), fmt::format("The parameter {} is not a structure or a list.", path));
    if (ec2_) return fail(code(), fmt::format("Value ({}) for parameter {} is invalid. {}", *text, path, expected(type.kind)));
    return fail(code(), fmt::format("The value '{}' of the parameter {} is malformed: {}", *text, path, expected(type.kind)));
  }

  Result<void> read_structure(const api::Type& type, Range all, const std::string& path, void* out, int depth) {
    for (const api::Member& member : type.members) {
      std::string name = path.empty() ? std::string(member.query_name) : path + "." + std::string(member.query_name);
      const Range nested = below(all, name);
      const std::string* own = exactly(all, name);
      if (nested.empty() && own == nullptr) continue;
      // A container reads what is below it; an empty parameter of its own name says "set, and empty".
      const bool container = member.type->kind >= Kind::list;
      if (!container && own == nullptr) continue;
      TRY_VOID(read(*member.type, container ? nested : all, name, member.type->ops->emplace(static_cast<char*>(out) + member.offset),
                    depth + 1));
    }
    return {};
  }

 private:
  struct Entry {
    std::int64_t index;
    std::string path;
  };

  /// The distinct N of `path`.N, in numeric order.
  Result<std::vector<Entry>> entries(Range all, const std::string& path) {
    std::vector<Entry> found;
    for (const Parameter& parameter : all) {
      const std::string_view rest = std::string_view(parameter.first).substr(path.size() + 1);
      const std::string_view digits = rest.substr(0, rest.find('.'));
      const auto index = parse_integer(digits);
      if (!index || *index < 0) return fail(code(), fmt::format("The parameter {} is not recognized: {} is not an index.", parameter.first, digits));
      std::string entry = path + "." + std::string(digits);
      if (found.empty() || found.back().path != entry) found.push_back({*index, std::move(entry)});
    }
    // "a.1", "a.1-b" and "a.1.c" may stand apart in byte order; and "01" is not "1": keep one each.
    std::stable_sort(found.begin(), found.end(), [](const Entry& a, const Entry& b) { return a.index < b.index; });
    found.erase(std::unique(found.begin(), found.end(), [](const Entry& a, const Entry& b) { return a.index == b.index; }), found.end());
    return found;
  }

  /// Both at the entry itself and below it.
  Range slice(Range all, const std::string& path) {
    const auto first = std::partition_point(all.begin(), all.end(), [&](const Parameter& p) { return p.first < path; });
    const auto last = std::partition_point(first, all.end(), [&](const Parameter& p) {
      return p.first.starts_with(path) && (p.first.size() == path.size() || p.first[path.size()] <= '.');
    });
    return {first, last};
  }

  Result<void> read_list(const api::Type& type, Range all, const std::string& path, void* out, int depth) {
    std::string base = path;
    if (!ec2_ && !type.flattened) {
      std::string named = path + "." + std::string(type.element_name);
      if (const Range inner = below(all, named); !inner.empty()) {
        all = inner;
        base = std::move(named);
      } else if (std::string member = path + ".member"; !below(all, member).empty()) {
        all = below(all, member);
        base = std::move(member);
      } else if (all.empty()) {
        return {};
      }
    }
    TRY(auto found, entries(all, base));
    for (const Entry& entry : found)
      TRY_VOID(read(*type.element, slice(all, entry.path), entry.path, type.ops->append(out), depth + 1));
    return {};
  }

  Result<void> read_map(const api::Type& type, Range all, const std::string& path, void* out, int depth) {
    const std::string base = type.flattened || ec2_ ? path : path + ".entry";
    all = below(all, base);
    TRY(auto found, entries(all, base));
    for (const Entry& entry : found) {
      const Range inner = slice(all, entry.path);
      const std::string* key = exactly(inner, entry.path + "." + std::string(type.key_name));
      if (key == nullptr) return fail(code(), fmt::format("The parameter {} has no key.", entry.path));
      const std::string value_path = entry.path + "." + std::string(type.element_name);
      TRY_VOID(read(*type.element, inner, value_path, type.ops->insert(out, std::string(*key)), depth + 1));
    }
    return {};
  }

  std::string code() const { return ec2_ ? "InvalidParameterValue" : "MalformedInput"; }

  static std::string_view expected(Kind kind) {
    switch (kind) {
      case Kind::boolean: return "Expected a boolean.";
      case Kind::int32:
      case Kind::int64: return "Expected an integer.";
      case Kind::float64: return "Expected a number.";
      case Kind::timestamp: return "Expected a timestamp.";
      default: return "Expected base64.";
    }
  }

  bool ec2_;
};

struct Writer {
  bool ec2;
  std::string& out;

  void write(const api::Type& type, const void* value, api::TimeFormat format, const std::string& path) {
    switch (type.kind) {
      case Kind::structure: write_structure(type, value, path); return;
      case Kind::list: {
        const std::size_t size = type.ops->size(value);
        if (size == 0 && !ec2) out += "&" + percent_encode(path) + "=";
        const std::string base = ec2 || type.flattened ? path : path + "." + std::string(type.element_name);
        for (std::size_t i = 0; i < size; ++i)
          write(*type.element, type.ops->at(value, i), api::TimeFormat::protocol, base + "." + std::to_string(i + 1));
        return;
      }
      case Kind::map: {
        struct Visit {
          Writer& writer;
          const api::Type& type;
          std::string base;
          int index = 0;
        } visit{*this, type, type.flattened || ec2 ? path : path + ".entry"};
        type.ops->each(value, &visit, [](void* context, const std::string& key, const void* item) {
          auto& v = *static_cast<Visit*>(context);
          const std::string entry = v.base + "." + std::to_string(++v.index) + ".";
          v.writer.out += "&" + percent_encode(entry + std::string(v.type.key_name)) + "=" + percent_encode(key);
          v.writer.write(*v.type.element, item, api::TimeFormat::protocol, entry + std::string(v.type.element_name));
        });
        return;
      }
      default: break;
    }
    std::string text;
    append_scalar(type.kind, value, format, text);
    out += "&" + percent_encode(path) + "=" + percent_encode(text);
  }

  void write_structure(const api::Type& type, const void* value, const std::string& path) {
    for (const api::Member& member : type.members) {
      const void* field = member.type->ops->get(static_cast<const char*>(value) + member.offset);
      if (field == nullptr) continue;
      write(*member.type, field, member.time_format,
            path.empty() ? std::string(member.query_name) : path + "." + std::string(member.query_name));
    }
  }
};

}  // namespace

Result<void> decode_query(const api::Type& type, const Form& form, bool ec2, void* out) {
  return Reader(ec2).read_structure(type, form, "", out, 0);
}

void encode_query(const api::Type& type, const void* value, bool ec2, std::string& out) {
  Writer{ec2, out}.write_structure(type, value, "");
}

}  // namespace wire
