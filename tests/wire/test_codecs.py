"""Every served action in every protocol of its service, against botocore's own serialisers and parsers with the full models.

A random but valid output goes through our encoder and botocore's parser: it must come back whole, so a missing or misnamed member
fails. A random input goes through botocore's serialiser and our decoder and validation, likewise. The seed is the action's name.
"""
import base64
import datetime
import json
import os
import pathlib
import random
import subprocess
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ECHO = pathlib.Path(os.environ.get("SCALEOUT_BUILD", ROOT / "build/release")) / "test/wire_echo"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
TEXTS = ["a", "&<>\"'", "é", "x y", "\\", "日本", "%+=", "a/b:c"]
LOADER = botocore.loaders.Loader()
MODELS = {}


def model_of(service):
    if service not in MODELS:
        MODELS[service] = botocore.model.ServiceModel(LOADER.load_service_model(service, "service-2"), service)
    return MODELS[service]


def protocols_of(service):
    """(our name, botocore's name)"""
    meta = model_of(service).metadata
    for name in meta.get("protocols", [meta["protocol"]]):
        yield {"json": "json" + meta.get("jsonVersion", "").replace(".", ""), "smithy-rpc-v2-cbor": "cbor"}.get(name, name), name


def without_empty(value):
    """Query has no way to say "set, and empty" of a structure."""
    if isinstance(value, dict):
        kept = {k: without_empty(v) for k, v in value.items()}
        return {k: v for k, v in kept.items() if v != {}}
    return [without_empty(v) for v in value] if isinstance(value, list) else value


def each_case():
    for path in sorted((ROOT / "api/operations").glob("*.txt")):
        for operation in path.read_text().split():
            for ours, theirs in protocols_of(path.stem):
                yield pytest.param(path.stem, operation, ours, theirs, id=f"{path.stem}-{operation}-{ours}")


CASES = list(each_case())


class Echo:
    def __init__(self):
        self.process = subprocess.Popen([str(ECHO)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "wire_echo died"
        return json.loads(line)


@pytest.fixture(scope="module")
def echo():
    if not ECHO.exists():
        pytest.fail(f"{ECHO} is not built")
    made = Echo()
    yield made
    made.process.stdin.close()
    made.process.wait(timeout=10)


def make(shape, rng, depth=0):
    kind = shape.type_name
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return {"k": [1, "v", None, {"n": True}]}
        members = list(shape.members.items())
        if shape.is_tagged_union:
            members = [rng.choice(members)]
        required = set(dict(members) if shape.is_tagged_union else shape.required_members)
        return {name: make(member, rng, depth + 1) for name, member in members if depth < 7 or name in required}
    if kind == "list":
        count = max(low or 0, min(high or 2, rng.randint(1, 2)))
        return [make(shape.member, rng, depth + 1) for _ in range(count)]
    if kind == "map":
        count = max(low or 0, min(high or 2, 2))
        return {make(shape.key, rng, depth + 1) + str(i) if not shape.key.enum else shape.key.enum[i]: make(shape.value, rng, depth + 1)
                for i in range(count)}
    if kind in ("string", "character"):
        if shape.enum:
            return rng.choice(shape.enum)
        text = "".join(rng.choice(TEXTS) for _ in range(3))
        if low and len(text) < low:
            text += "z" * (low - len(text))
        if high and len(text) + 1 > high:
            text = text[:max(low or 0, high - 1)]
        return text
    if kind in ("integer", "long"):
        top = high if high is not None else (2**31 - 1 if kind == "integer" else 2**40)
        return rng.randint(int(low if low is not None else -3), int(min(top, (low or 0) + 1000)))
    if kind in ("double", "float"):
        return (low or 0) + rng.choice([0.25, 0.5, 1.0])
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "timestamp":
        return EPOCH + datetime.timedelta(milliseconds=rng.randint(10**12, 2 * 10**12) // 1000 * 1000 + rng.choice([0, 120, 999]))
    if kind == "blob":
        return bytes(rng.randrange(256) for _ in range(5))
    raise AssertionError(kind)


def plain(value):
    """Timestamps as milliseconds, so that both sides compare."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, datetime.datetime):
        return round((value - EPOCH).total_seconds() * 1000)
    return value


def to_json(shape, value):
    """As our JSON codec writes it."""
    kind = shape.type_name if shape else "structure"
    if shape is None or (kind == "structure" and getattr(shape, "is_document_type", False)):
        return value
    if kind == "structure":
        return {k if model_is_ec2(shape) else shape.members[k].serialization.get("name", k): to_json(shape.members[k], v) for k, v in value.items()}
    if kind == "list":
        return [to_json(shape.member, v) for v in value]
    if kind == "map":
        return {k: to_json(shape.value, v) for k, v in value.items()}
    if kind == "timestamp":
        return plain(value) / 1000
    if kind == "blob":
        return base64.b64encode(value).decode()
    return value


def model_is_ec2(shape):
    # EC2's locationNames name XML elements; our JSON form of its shapes keeps the members' own names.
    return shape._shape_resolver is model_of("ec2")._shape_resolver


def parse(theirs, operation, answer):
    parser = botocore.parsers.create_parser(theirs)
    shape = operation.output_shape
    if theirs == "query" and shape is not None and "resultWrapper" not in shape.serialization:
        shape.serialization["resultWrapper"] = operation.name + "Result"
    parsed = parser.parse({"status_code": answer["status"], "headers": {k.lower(): v for k, v in answer["headers"].items()},
                           "body": base64.b64decode(answer["body"])}, shape)
    metadata = parsed.pop("ResponseMetadata")
    if theirs != "smithy-rpc-v2-cbor" or shape is not None:  # botocore does not look for an id where CBOR models no output
        assert metadata["RequestId"] == "id-1"
    return parsed


@pytest.mark.parametrize("service, name, ours, theirs", CASES)
def test_botocore_reads_what_we_write(echo, service, name, ours, theirs):
    operation = model_of(service).operation_model(name)
    shape = operation.output_shape
    rng = random.Random(f"out {service} {name}")
    for _ in range(3):
        value = make(shape, rng) if shape else {}
        answer = echo(do="output", service=service, operation=name, protocol=ours, value=to_json(shape, value))
        assert answer.get("status") == 200, answer
        assert plain(parse(theirs, operation, answer)) == plain(value)
        if "client_value" in answer:
            assert json.loads(answer["client_value"]) == to_json(shape, value)


@pytest.mark.parametrize("service, name, ours, theirs", CASES)
def test_we_read_what_botocore_writes(echo, service, name, ours, theirs):
    model = model_of(service)
    operation = model.operation_model(name)
    shape = operation.input_shape
    rng = random.Random(f"in {service} {name}")
    for _ in range(3):
        value = make(shape, rng) if shape else {}
        sent = botocore.serialize.create_serializer(theirs, include_validation=False).serialize_to_request(value, operation)
        body = sent["body"]
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
        body = body.encode() if isinstance(body, str) else body
        headers = {k: v for k, v in sent["headers"].items()}
        got = echo(do="input", method="POST", target=sent["url_path"], headers=headers, body=base64.b64encode(body).decode())
        assert "value" in got, got
        assert (got["service"], got["operation"]) == (service, name)
        expected = to_json(shape, value)
        if ours in ("query", "ec2"):
            expected = without_empty(expected)
        assert json.loads(got["value"]) == expected
        again = echo(do="request", service=service, operation=name, protocol=ours, value=expected)
        assert "value" in again, again
        assert json.loads(again["value"]) == expected


@pytest.mark.parametrize("service, name, ours, theirs", CASES)
def test_botocore_reads_our_errors(echo, service, name, ours, theirs):
    operation = model_of(service).operation_model(name)
    for error in [e.name for e in operation.error_shapes][:3] + ["ValidationException"]:
        answer = echo(do="error", service=service, operation=name, protocol=ours, code=error, message="what & <why>")
        parsed = botocore.parsers.create_parser(theirs).parse(
            {"status_code": answer["status"], "headers": {k.lower(): v for k, v in answer["headers"].items()},
             "body": base64.b64decode(answer["body"])}, operation.output_shape)
        shape = next((e for e in operation.error_shapes if e.name == error), None)
        codes = {error, shape.error_code if shape else error}
        assert parsed["Error"]["Code"] in codes
        assert parsed["Error"]["Message"] == "what & <why>"
        assert answer["status"] >= 400


@pytest.mark.parametrize("token", ["", "session/token+="])
@pytest.mark.parametrize("body, url", [(b"", "/"), (b'{"a":1}', "/"), (b"x", "/a/b?z=1&a=%20b&a=&c"), (b"\xff", "/service/X/operation/Y")])
def test_signatures_agree_with_botocore(echo, token, body, url):
    credentials = botocore.credentials.Credentials("AKIDEXAMPLE", "wJalr/XUtnFEMI+K7MDENG", token or None)
    request = botocore.awsrequest.AWSRequest("POST", "http://127.0.0.1:4566" + url, {"Content-Type": "application/x-amz-json-1.1"}, body)
    request.headers["Host"] = "127.0.0.1:4566"
    botocore.auth.SigV4Auth(credentials, "ecs", "eu-west-1").add_auth(request)
    at = datetime.datetime.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    message = dict(method="POST", target=url, headers=dict(request.headers.items()), body=base64.b64encode(body).decode(),
                   now_ms=plain(at), secret="wJalr/XUtnFEMI+K7MDENG")
    assert echo(do="verify", **message) == {"access_key": "AKIDEXAMPLE"}
    assert echo(do="verify", **(message | {"secret": "other"}))["code"] == "SignatureDoesNotMatch"
    assert echo(do="verify", **(message | {"now_ms": plain(at) + 301_000}))["code"] == "SignatureDoesNotMatch"
