"""Holds every response against botocore's output shape. botocore's own parser drops what it does not know and forgives what is missing;
Go and Terraform do not. `strict(client)` makes an unknown member, a missing required one or a wrong type an error."""
import json
import xml.etree.ElementTree as ElementTree


class NotTheShape(AssertionError):
    pass


def strict(client):
    model = client.meta.service_model
    protocol = model.metadata["protocol"]

    def look(response_dict, event_name, **_):
        if response_dict is None or response_dict["status_code"] >= 300:
            return  # no answer at all, or an error: botocore raises
        operation = model.operation_model(event_name.rsplit(".", 1)[-1])
        body, findings = response_dict["body"], []
        if protocol in ("json", "smithy-rpc-v2-cbor") and not response_dict["headers"].get("smithy-protocol"):
            if operation.output_shape is not None:
                walk_json(json.loads(body or b"{}"), operation.output_shape, operation.name, findings)
        elif protocol in ("query", "ec2"):
            walk_document(ElementTree.fromstring(body), operation, protocol, findings)
        if findings:
            raise NotTheShape(f"{model.service_name} {operation.name}: " + "; ".join(findings))

    client.meta.events.register("response-received", look)
    return client


JSON_TYPES = {"string": str, "character": str, "blob": str, "integer": int, "long": int, "float": (int, float), "double": (int, float),
              "boolean": bool, "timestamp": (int, float, str), "list": list, "map": dict, "structure": dict}


def walk_json(value, shape, path, findings):
    if shape.type_name == "structure" and getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, JSON_TYPES[shape.type_name]) or (isinstance(value, bool) and shape.type_name != "boolean"):
        findings.append(f"{path} is {type(value).__name__}, the model says {shape.type_name}")
        return
    if shape.type_name == "structure":
        known = {m.serialization.get("name", n): m for n, m in shape.members.items()}
        for name, member in value.items():
            if name not in known:
                findings.append(f"{path}.{name} is not in the model")
            elif member is None:
                findings.append(f"{path}.{name} is null: AWS leaves it out")
            else:
                walk_json(member, known[name], f"{path}.{name}", findings)
        missing(shape, lambda n: shape.members[n].serialization.get("name", n) in value, path, findings)
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            walk_json(item, shape.member, f"{path}[{index}]", findings)
    elif shape.type_name == "map":
        for key, item in value.items():
            walk_json(item, shape.value, f"{path}[{key}]", findings)


def missing(shape, present, path, findings):
    for name in shape.required_members:
        if not present(name):
            findings.append(f"{path}.{name} is required and missing")


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def walk_document(root, operation, protocol, findings):
    if local(root) != operation.name + "Response":
        findings.append(f"the document is {local(root)}, not {operation.name}Response")
        return
    shape, holder, envelope = operation.output_shape, root, {"ResponseMetadata"}
    if protocol == "ec2":
        envelope = {"requestId"}
    if not envelope & {local(e) for e in root}:
        findings.append(f"no {envelope.pop()}")
    if shape is None:
        return
    wrapper = shape.serialization.get("resultWrapper")
    if wrapper:
        holder = next((e for e in root if local(e) == wrapper), None)
        if holder is None:
            findings.append(f"no {wrapper}")
            return
        envelope = set()
    walk_xml_structure(holder, shape, operation.name, findings, envelope)


def walk_xml(element, shape, path, findings):
    if shape.type_name == "structure":
        walk_xml_structure(element, shape, path, findings)
    elif shape.type_name == "list":
        wanted = shape.member.serialization.get("name", "member")
        for index, item in enumerate(element):
            if local(item) != wanted:
                findings.append(f"{path} holds <{local(item)}>, the model says <{wanted}>")
            else:
                walk_xml(item, shape.member, f"{path}[{index}]", findings)
    elif shape.type_name == "map":
        for entry in element:
            names = [local(e) for e in entry]
            wanted = [shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")]
            if local(entry) != "entry" or names != wanted:
                findings.append(f"{path} holds <{local(entry)}> of {names}, the model says entries of {wanted}")
            else:
                walk_xml(entry[1], shape.value, f"{path}[{entry[0].text}]", findings)
    else:
        walk_scalar(element, shape, path, findings)


def walk_scalar(element, shape, path, findings):
    text = element.text or ""
    if len(element):
        findings.append(f"{path} has children, the model says {shape.type_name}")
    elif shape.type_name == "boolean" and text not in ("true", "false"):
        findings.append(f"{path} is '{text}', the model says boolean")
    elif shape.type_name in ("integer", "long") and not text.lstrip("-").isdigit():
        findings.append(f"{path} is '{text}', the model says {shape.type_name}")


def walk_xml_structure(element, shape, path, findings, envelope=frozenset()):
    known = {}
    for name, member in shape.members.items():
        tag = member.serialization.get("name", name)
        if member.type_name == "list" and member.serialization.get("flattened"):
            tag = member.member.serialization.get("name", tag)
        known[tag] = (name, member)
    seen = {}
    for child in element:
        tag = local(child)
        if tag in envelope:
            continue
        if tag not in known:
            findings.append(f"{path}.{tag} is not in the model")
            continue
        name, member = known[tag]
        flattened = bool(member.serialization.get("flattened"))
        if name in seen and not flattened:
            findings.append(f"{path}.{tag} stands twice")
        seen[name] = True
        if member.type_name == "list" and flattened:
            walk_xml(child, member.member, f"{path}.{tag}", findings)
        else:
            walk_xml(child, member, f"{path}.{tag}", findings)
    missing(shape, lambda n: n in seen, path, findings)
