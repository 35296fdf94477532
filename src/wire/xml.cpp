#include "wire/xml.h"

#include <pugixml.hpp>

#include "wire/form.h"
#include "wire/scalar_text.h"

namespace wire {
namespace {

using api::Kind;

void open(std::string_view name, std::string& out) {
  out += '<';
  out += name;
  out += '>';
}
void close(std::string_view name, std::string& out) {
  out += "</";
  out += name;
  out += '>';
}

void write_members(const api::Type& type, const void* value, std::string& out);

/// The element `name` and what is in it.
void write(const api::Type& type, std::string_view name, const void* value, api::TimeFormat format, std::string& out) {
  if (type.kind == Kind::list) {
    if (!type.flattened) open(name, out);
    const std::string_view item = type.flattened ? name : type.element_name;
    const std::size_t size = type.ops->size(value);
    for (std::size_t i = 0; i < size; ++i) write(*type.element, item, type.ops->at(value, i), api::TimeFormat::protocol, out);
    if (!type.flattened) close(name, out);
    return;
  }
  if (type.kind == Kind::map) {
    struct Visit {
      const api::Type& type;
      std::string_view entry;
      std::string& out;
    } visit{type, type.flattened ? name : "entry", out};
    if (!type.flattened) open(name, out);
    type.ops->each(value, &visit, [](void* context, const std::string& key, const void* item) {
      auto& v = *static_cast<Visit*>(context);
      open(v.entry, v.out);
      open(v.type.key_name, v.out);
      append_xml_text(key, v.out);
      close(v.type.key_name, v.out);
      write(*v.type.element, v.type.element_name, item, api::TimeFormat::protocol, v.out);
      close(v.entry, v.out);
    });
    if (!type.flattened) close(name, out);
    return;
  }
  open(name, out);
  if (type.kind == Kind::structure) write_members(type, value, out);
  else if (type.kind == Kind::string) append_xml_text(*static_cast<const std::string*>(value), out);
  else append_scalar(type.kind, value, format, out);
  close(name, out);
}

void write_members(const api::Type& type, const void* value, std::string& out) {
  for (const api::Member& member : type.members)
    if (const void* field = member.type->ops->get(static_cast<const char*>(value) + member.offset))
      write(*member.type, member.xml_name, field, member.time_format, out);
}

// pugixml's names and values end at a NUL, which XML cannot hold anyway.
bool same_name(const pugi::xml_node& node, std::string_view name) {
  std::string_view own = node.name();
  if (const auto colon = own.find(':'); colon != own.npos) own.remove_prefix(colon + 1);
  return own == name;
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_node& inner : node.children())
    if (same_name(inner, name)) return inner;
  return {};
}

class Reader {
 public:
  Result<void> read_members(const api::Type& type, const pugi::xml_node& node, void* out, int depth) {
    if (depth > 64) return fail("InvalidResponse", "The answer is nested too deeply.");
    for (const api::Member& member : type.members) {
      const pugi::xml_node found = child(node, member.xml_name);
      if (!found) continue;
      TRY_VOID(read(*member.type, found, member.type->ops->emplace(static_cast<char*>(out) + member.offset), depth + 1));
    }
    return {};
  }

 private:
  Result<void> read(const api::Type& type, const pugi::xml_node& node, void* out, int depth) {
    switch (type.kind) {
      case Kind::structure: return read_members(type, node, out, depth);
      case Kind::list:
        for (pugi::xml_node item = type.flattened ? node : node.first_child(); item; item = item.next_sibling()) {
          const bool wanted = type.flattened ? same_name(item, node.name()) : same_name(item, type.element_name);
          if (wanted) TRY_VOID(read(*type.element, item, type.ops->append(out), depth + 1));
        }
        return {};
      case Kind::map:
        for (pugi::xml_node entry = type.flattened ? node : node.first_child(); entry; entry = entry.next_sibling()) {
          if (!same_name(entry, type.flattened ? node.name() : "entry")) continue;
          void* item = type.ops->insert(out, child(entry, type.key_name).child_value());
          if (const auto value = child(entry, type.element_name)) TRY_VOID(read(*type.element, value, item, depth + 1));
        }
        return {};
      default: break;
    }
    if (parse_scalar(type.kind, node.child_value(), out)) return {};
    return fail("InvalidResponse", std::string("The answer's element ") + node.name() + " holds no valid " + std::string(type.name) + ".");
  }
};

constexpr unsigned kParseFlags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_ws_pcdata_single;

}  // namespace

void append_xml_text(std::string_view text, std::string& out) {
  const auto replace = [&] { out += "\xEF\xBF\xBD"; };
  std::size_t bad = find_bad_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (i == bad) {
      replace();
      bad = find_bad_utf8(text, i + 1);
      continue;
    }
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\r': out += "&#xD;"; break;  // a parser would turn it into \n
      default:
        if (c < 0x20 && c != '\n' && c != '\t') replace();
        else out += text[i];
    }
  }
}

void encode_xml(const api::ServiceModel& service, const api::Operation& operation, const void* output,
                std::string_view request_id, std::string& out) {
  const bool ec2 = service.protocols.front() == api::Protocol::ec2;
  if (ec2) out += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += '<';
  out += operation.response_name;
  out += " xmlns=\"";
  out += service.xml_namespace;
  out += ec2 ? "/\">" : "\">";
  if (ec2) {
    out += "<requestId>";
    out += request_id;
    out += "</requestId>";
    write_members(*operation.output, output, out);
  } else {
    if (!operation.result_wrapper.empty()) open(operation.result_wrapper, out);
    write_members(*operation.output, output, out);
    if (!operation.result_wrapper.empty()) close(operation.result_wrapper, out);
    out += "<ResponseMetadata><RequestId>";
    out += request_id;
    out += "</RequestId></ResponseMetadata>";
  }
  close(operation.response_name, out);
  out += '\n';
}

Result<void> decode_xml(const api::Operation& operation, std::string_view body, void* output) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(body.data(), body.size(), kParseFlags, pugi::encoding_utf8);
  if (!parsed) return fail("InvalidResponse", std::string("The answer is not valid XML: ") + parsed.description());
  pugi::xml_node node = document.document_element();
  if (!operation.result_wrapper.empty())
    if (const auto wrapped = child(node, operation.result_wrapper)) node = wrapped;
  return Reader().read_members(*operation.output, node, output, 0);
}

Error decode_xml_error(std::string_view body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size(), kParseFlags, pugi::encoding_utf8)) return {};
  pugi::xml_node root = document.document_element();
  if (const auto errors = child(root, "Errors")) root = errors;
  const pugi::xml_node error = same_name(root, "Error") ? root : child(root, "Error");
  return {child(error, "Code").child_value(), child(error, "Message").child_value()};
}

}  // namespace wire
