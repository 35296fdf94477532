#include "api/document.h"

#include <boost/json.hpp>

namespace api {
namespace {

namespace json = boost::json;

json::value write(const Type& type, const void* value);

json::value write_structure(const Type& type, const void* structure) {
  json::object object;
  for (const Member& member : type.members) {
    const void* slot = static_cast<const char*>(structure) + member.offset;
    if (const void* value = member.type->ops->get(slot)) object.emplace(member.name, write(*member.type, value));
  }
  return object;
}

json::value write(const Type& type, const void* value) {
  switch (type.kind) {
    case Kind::boolean: return *static_cast<const bool*>(value);
    case Kind::int32: return *static_cast<const std::int32_t*>(value);
    case Kind::int64: return *static_cast<const std::int64_t*>(value);
    case Kind::float64: return *static_cast<const double*>(value);
    case Kind::string:
    case Kind::document: return json::string(*static_cast<const std::string*>(value));
    case Kind::timestamp: return static_cast<const Timestamp*>(value)->ms;
    case Kind::blob: return json::string(static_cast<const Blob*>(value)->bytes);
    case Kind::list: {
      json::array array;
      for (std::size_t i = 0; i < type.ops->size(value); ++i) array.push_back(write(*type.element, type.ops->at(value, i)));
      return array;
    }
    case Kind::map: {
      struct Visit {
        json::object object;
        const Type* element;
      } visit{{}, type.element};
      type.ops->each(value, &visit, [](void* context, const std::string& key, const void* element) {
        auto& into = *static_cast<Visit*>(context);
        into.object.emplace(key, write(*into.element, element));
      });
      return std::move(visit.object);
    }
    case Kind::structure: return write_structure(type, value);
  }
  return nullptr;
}

bool fits(Kind kind, const json::value& in) {
  switch (kind) {
    case Kind::boolean: return in.is_bool();
    case Kind::int32:
    case Kind::int64:
    case Kind::timestamp: return in.is_int64();
    case Kind::float64: return in.is_number();
    case Kind::string:
    case Kind::document:
    case Kind::blob: return in.is_string();
    case Kind::list: return in.is_array();
    case Kind::map:
    case Kind::structure: return in.is_object();
  }
  return false;
}

void read(const Type& type, const json::value& in, void* out) {
  switch (type.kind) {
    case Kind::boolean: *static_cast<bool*>(out) = in.get_bool(); return;
    case Kind::int32: *static_cast<std::int32_t*>(out) = static_cast<std::int32_t>(in.get_int64()); return;
    case Kind::int64: *static_cast<std::int64_t*>(out) = in.get_int64(); return;
    case Kind::float64: *static_cast<double*>(out) = in.to_number<double>(); return;
    case Kind::string:
    case Kind::document: static_cast<std::string*>(out)->assign(in.get_string().data(), in.get_string().size()); return;
    case Kind::timestamp: static_cast<Timestamp*>(out)->ms = in.get_int64(); return;
    case Kind::blob: static_cast<Blob*>(out)->bytes.assign(in.get_string().data(), in.get_string().size()); return;
    case Kind::list:
      for (const json::value& element : in.get_array()) {
        if (fits(type.element->kind, element)) read(*type.element, element, type.ops->append(out));
      }
      return;
    case Kind::map:
      for (const auto& [key, element] : in.get_object()) {
        if (fits(type.element->kind, element)) read(*type.element, element, type.ops->insert(out, std::string(key)));
      }
      return;
    case Kind::structure:
      for (const Member& member : type.members) {
        const json::value* found = in.get_object().if_contains(member.name);
        if (!found || !fits(member.type->kind, *found)) continue;
        read(*member.type, *found, member.type->ops->emplace(static_cast<char*>(out) + member.offset));
      }
      return;
  }
}

}  // namespace

std::string to_document(const Type& type, const void* structure) { return json::serialize(write(type, structure)); }

void from_document(const Type& type, std::string_view text, void* structure) {
  boost::system::error_code error;
  const json::value tree = json::parse(text, error);
  if (!error && tree.is_object()) read(type, tree, structure);
}

}  // namespace api
