#!/usr/bin/env python3
"""Makes generated/api/<service>.h and .cpp from api/models/<service>.json and its patch. Run by the build.

The header has one struct for each shape and `op::<Action>` tags; the source has the tables of api/type.h.
"""
import json
import pathlib
import re
import sys

KEYWORDS = set("""alignas alignof and asm auto bool break case catch char class const constexpr continue default delete do
double else enum explicit export extern false float for friend goto if inline int long mutable namespace new not operator or
private protected public register requires return short signed sizeof static struct switch template this throw true try
typedef union unsigned using virtual void volatile while xor concept signals import module""".split())
# What type.h calls its own: a struct of such a name gets an underscore, as a keyword does.
OWN_NAMES = {"Operation", "Type", "Member", "Kind", "Ops", "ServiceModel", "ErrorShape", "Empty"}
SCALARS = {"boolean": ("bool", "boolean"), "integer": ("std::int32_t", "int32"), "long": ("std::int64_t", "int64"),
           "double": ("double", "float64"), "float": ("double", "float64"), "string": ("std::string", "string"),
           "character": ("std::string", "string"), "timestamp": ("api::Timestamp", "timestamp"), "blob": ("api::Blob", "blob")}
TIME_FORMATS = {None: "protocol", "unixTimestamp": "unix_seconds", "iso8601": "iso8601", "rfc822": "rfc822"}
PROTOCOLS = {"query": "query", "ec2": "ec2", "smithy-rpc-v2-cbor": "cbor"}
VALIDATION = {"code": "ValidationException", "missing_code": "", "counted": True, "enums": True, "lengths": True,
              "patterns": True, "ranges": True}


def snake(name):
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    name = re.sub(r"[^A-Za-z0-9]", "_", name).lower()
    return name + "_" if name in KEYWORDS else name


def merge(base, patch):
    """Objects are merged, null removes, anything else replaces (RFC 7386)."""
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        elif isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value


def literal(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?") + '"sv'


def flag(value):
    return "true" if value else "false"


class Service:
    def __init__(self, path):
        self.name = path.stem
        self.namespace = self.name.replace("-", "_")
        self.model = json.loads(path.read_text())
        patch = path.with_suffix(".patch.json")
        if patch.exists():
            merge(self.model, json.loads(patch.read_text()))
        self.shapes = self.model["shapes"]
        self.meta = self.model["metadata"]
        self.ec2 = self.meta["protocol"] == "ec2"
        self.roots = sorted({op[k]["shape"] for op in self.model["operations"].values() for k in ("input", "output") if k in op})

    def struct(self, name):
        name = name[0].upper() + name[1:]
        return name + "_" if name in OWN_NAMES else name

    def cpp(self, name):
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            return "std::string" if shape.get("document") else self.struct(name)
        if kind == "list":
            return f"std::vector<{self.cpp(shape['member']['shape'])}>"
        if kind == "map":
            return f"std::map<std::string, {self.cpp(shape['value']['shape'])}>"
        return SCALARS[kind][0]

    def reachable(self):
        seen, todo = set(), list(self.roots)
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            shape = self.shapes[name]
            todo += [r["shape"] for r in shape.get("members", {}).values()]
            todo += [shape[k]["shape"] for k in ("member", "key", "value") if isinstance(shape.get(k), dict)]
        return sorted(seen)

    def ordered_structs(self, names):
        """Members before their users. A cycle is broken where a list stands between (an incomplete element is allowed)."""
        order, state = [], {}

        def visit(name, through_list):
            shape = self.shapes[name]
            if shape["type"] in ("list", "map"):
                ref = shape["member"] if shape["type"] == "list" else shape["value"]
                visit(ref["shape"], shape["type"] == "list")
                return
            if shape["type"] != "structure" or shape.get("document"):
                return
            if state.get(name) == "open":
                if not through_list:
                    sys.exit(f"{self.name}: {name} contains itself other than through a list")
                return
            if state.get(name) == "done":
                return
            state[name] = "open"
            for ref in shape.get("members", {}).values():
                visit(ref["shape"], False)
            state[name] = "done"
            order.append(name)

        for name in names:
            if self.shapes[name]["type"] == "structure":
                visit(name, False)
        return order

    def io(self, op, key):
        return self.struct(op[key]["shape"]) if key in op else "api::Empty"

    def header(self):
        out = [f"// Generated by api/generate.py from api/models/{self.name}.json. Do not edit.", "#pragma once", "",
               '#include "api/type.h"', "", f"namespace api::{self.namespace} {{", ""]
        structs = self.ordered_structs(self.reachable())
        out += [f"struct {self.struct(name)};" for name in structs] + [""]
        for name in structs:
            members = self.shapes[name].get("members", {})
            out.append(f"struct {self.struct(name)} {{")
            out += [f"  Optional<{self.cpp(ref['shape'])}> {snake(member)};" for member, ref in members.items()]
            out += ["};", ""]
        out += ["/// A struct's table, found by the type of the pointer (which is not looked at): for api/document.h."]
        out += [f"const Type& descriptor(const {self.struct(name)}*);" for name in structs] + [""]
        out += ["const ServiceModel& model();", "", "/// One tag for each action, for handler tables and typed client calls.",
                "namespace op {"]
        for name, op in sorted(self.model["operations"].items()):
            out += [f"struct {name} {{",
                    f"  using Input = {self.qualified(self.io(op, 'input'))};",
                    f"  using Output = {self.qualified(self.io(op, 'output'))};",
                    f"  static constexpr std::string_view name = \"{name}\";",
                    "  static const ServiceModel& service() { return model(); }",
                    "  static const Operation& operation();", "};"]
        out += ["}  // namespace op", f"}}  // namespace api::{self.namespace}", ""]
        return "\n".join(out)

    def qualified(self, name):
        return name if name.startswith("api::") else f"api::{self.namespace}::{name}"

    def ops(self, name):
        kind = self.shapes[name]["type"]
        holder = {"list": "kListOps", "map": "kMapOps"}.get(kind, "kValueOps")
        return f"&api::detail::{holder}<{self.cpp(name)}>"

    def query_name(self, ref, member):
        if not self.ec2:
            return ref.get("locationName", member)
        if "queryName" in ref:
            return ref["queryName"]
        name = ref.get("locationName", member)
        return name[0].upper() + name[1:]

    def member_row(self, owner, member, ref):
        target = self.shapes[ref["shape"]]
        json_name = ref.get("locationName", member) if not self.ec2 else member
        xml_name = ref.get("locationName", member)
        flattened_list = target["type"] == "list" and (target.get("flattened") or ref.get("flattened"))
        if flattened_list:
            xml_name = target["member"].get("locationName", xml_name)
        required = member in self.shapes[owner].get("required", [])
        fmt = TIME_FORMATS[ref.get("timestampFormat", target.get("timestampFormat"))]
        return (f"    {{{literal(member)}, {literal(json_name)}, {literal(self.query_name(ref, member))}, {literal(xml_name)}, "
                f"&t_{ref['shape']}, offsetof({self.struct(owner)}, {snake(member)}), {flag(required)}, "
                f"{flag(ref.get('idempotencyToken'))}, api::TimeFormat::{fmt}}},")

    def type_row(self, name):
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure" and shape.get("document"):
            kind_name, ops = "document", "&api::detail::kValueOps<std::string>"
        else:
            kind_name, ops = SCALARS.get(kind, (None, kind))[1], self.ops(name)
        element = key = "nullptr"
        element_name = key_name = ""
        if kind == "list":
            element = f"&t_{shape['member']['shape']}"
            element_name = shape["member"].get("locationName", "member")
        elif kind == "map":
            element, key = f"&t_{shape['value']['shape']}", f"&t_{shape['key']['shape']}"
            element_name = shape["value"].get("locationName", "value")
            key_name = shape["key"].get("locationName", "key")
        members = f"m_{name}" if kind == "structure" and shape.get("members") else ""
        values = f"e_{name}" if "enum" in shape else ""
        return (f"constinit const Type t_{name}{{api::Kind::{kind_name}, {flag(shape.get('flattened'))}, {flag(shape.get('sensitive'))}, "
                f"{flag(shape.get('union'))}, {flag('min' in shape)}, {flag('max' in shape)}, {literal(name)}, {ops}, {element}, {key}, "
                f"{literal(element_name)}, {literal(key_name)}, {{{members}}}, {shape.get('min', 0)}, {shape.get('max', 0)}, "
                f"{literal(shape.get('pattern', ''))}, {{{values}}}}};")

    def errors(self):
        for name, shape in sorted(self.shapes.items()):
            if not shape.get("exception"):
                continue
            error = shape.get("error", {})
            status = error.get("httpStatusCode", 500 if shape.get("fault") else 400)
            yield name, error.get("code", name), status, status < 500

    def source(self):
        names = self.reachable()
        out = [f"// Generated by api/generate.py from api/models/{self.name}.json. Do not edit.",
               f'#include "api/{self.namespace}.h"', "", f"namespace api::{self.namespace} {{", "namespace {",
               "using namespace std::string_view_literals;", ""]
        out += [f"extern const Type t_{name};" for name in names] + [""]
        for name in names:
            shape = self.shapes[name]
            if "enum" in shape:
                out.append(f"constexpr std::string_view e_{name}[] = {{" + ", ".join(literal(v) for v in shape["enum"]) + "};")
            if shape["type"] == "structure" and shape.get("members") and not shape.get("document"):
                out.append(f"constinit const Member m_{name}[] = {{")
                out += [self.member_row(name, member, ref) for member, ref in shape["members"].items()]
                out.append("};")
        out += [self.type_row(name) for name in names]
        out += ["constinit const Type t_Empty{api::Kind::structure, false, false, false, false, false, \"Empty\"sv, "
                "&api::detail::kValueOps<api::Empty>, nullptr, nullptr, {}, {}, {}, 0, 0, {}, {}};"
                ] if any(k not in op for op in self.model["operations"].values() for k in ("input", "output")) else []
        operations = sorted(self.model["operations"].items())
        for name, op in operations:
            keys = op.get("paginator", {}).get("result_key", [])
            keys = [keys] if isinstance(keys, str) else keys
            if keys:
                out.append(f"constexpr std::string_view r_{name}[] = {{" + ", ".join(literal(k) for k in keys) + "};")
        out.append("constinit const Operation k_operations[] = {")
        for name, op in operations:
            page = op.get("paginator", {})
            token = {k: page.get(k, "") for k in ("input_token", "output_token", "limit_key")}
            token = {k: (v if isinstance(v, str) else (v[0] if v else "")) for k, v in token.items()}
            types = [f"&t_{op[k]['shape']}" if k in op else "&t_Empty" for k in ("input", "output")]
            wrapper = op.get("output", {}).get("resultWrapper", "" if self.ec2 else f"{name}Result" if "output" in op else "")
            makers = ", ".join(f"&api::detail::{f}<{self.io(op, k)}>" for k in ("input", "output") for f in ("create", "destroy"))
            out.append(f"    {{{literal(name)}, {types[0]}, {types[1]}, {literal(wrapper)}, {literal(name + 'Response')}, "
                       f"{literal(token['input_token'])}, {literal(token['output_token'])}, {literal(token['limit_key'])}, "
                       f"{{{'r_' + name if page.get('result_key') else ''}}}, {makers}}},")
        out.append("};")
        errors = list(self.errors())
        if errors:
            out.append("constinit const ErrorShape k_errors[] = {")
            out += [f"    {{{literal(n)}, {literal(c)}, {s}, {flag(sender)}}}," for n, c, s, sender in errors] + ["};"]
        protocols = []
        for protocol in self.meta.get("protocols", [self.meta["protocol"]]):
            protocols.append(PROTOCOLS.get(protocol) or "json" + self.meta["jsonVersion"].replace(".", ""))
        protocols.sort(key=lambda p: p == "cbor")
        out.append("constexpr api::Protocol k_protocols[] = {" + ", ".join(f"api::Protocol::{p}" for p in protocols) + "};")
        style = VALIDATION | self.model.get("validation", {})
        style["missing_code"] = style["missing_code"] or style["code"]
        prefix = self.meta["endpointPrefix"]
        out += ["constinit const ServiceModel k_model{",
                f"    {literal(self.name)}, {literal(self.meta['serviceFullName'])}, k_protocols, {literal(self.meta.get('targetPrefix', ''))},",
                f"    {literal(self.meta['apiVersion'])}, {literal(self.meta.get('xmlNamespace', ''))}, {literal(prefix)}, "
                f"{literal(self.meta.get('signingName', prefix))}, {flag('awsQueryCompatible' in self.meta)},",
                f"    {{{literal(style['code'])}, {literal(style['missing_code'])}, "
                + ", ".join(flag(style[k]) for k in ("counted", "enums", "lengths", "patterns", "ranges")) + "},",
                f"    k_operations, {{{'k_errors' if errors else ''}}}}};", "}  // namespace", "",
                "const ServiceModel& model() { return k_model; }"]
        out += [f"const Type& descriptor(const {self.struct(name)}*) {{ return t_{name}; }}"
                for name in self.ordered_structs(self.reachable())]
        out += ["namespace op {"]
        out += [f"const Operation& {name}::operation() {{ return k_operations[{i}]; }}" for i, (name, _) in enumerate(operations)]
        out += ["}  // namespace op", f"}}  // namespace api::{self.namespace}", ""]
        return "\n".join(out)


def write(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for path in sys.argv[2:]:
        service = Service(pathlib.Path(path))
        write(out / f"{service.namespace}.h", service.header())
        write(out / f"{service.namespace}.cpp", service.source())


if __name__ == "__main__":
    main()
