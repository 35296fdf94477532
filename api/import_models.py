#!/usr/bin/env python3
"""Cuts botocore's AWS models to the operations listed in api/operations/ and writes api/models/.

Run by `make models` after an action was added to a list; its output is committed. The botocore version is pinned below:
another one would change shapes behind the services' backs.
"""
import argparse
import gzip
import json
import pathlib
import sys

BOTOCORE = "1.44.5"
HERE = pathlib.Path(__file__).resolve().parent
DROPPED_KEYS = {
    "documentation", "documentationUrl", "examples", "deprecated", "deprecatedMessage", "deprecatedSince",
    "staticContextParams", "contextParam", "http", "endpoint", "endpointoperation", "endpointdiscovery", "authtype", "auth",
    "endpointDiscovery", "endpointdiscoveryid", "httpChecksumRequired",
}
METADATA = ("apiVersion", "endpointPrefix", "jsonVersion", "protocol", "protocols", "serviceId", "signingName",
            "targetPrefix", "xmlNamespace", "awsQueryCompatible", "globalEndpoint", "serviceFullName")


def load(data, service, name):
    version = sorted(p.name for p in (data / service).iterdir() if p.is_dir())[-1]
    path = data / service / version / name
    if path.exists():
        return json.loads(path.read_text())
    packed = path.with_suffix(".json.gz")
    return json.loads(gzip.decompress(packed.read_bytes())) if packed.exists() else {}


def strip(value):
    if isinstance(value, dict):
        return {k: strip(v) for k, v in value.items() if k not in DROPPED_KEYS}
    if isinstance(value, list):
        return [strip(v) for v in value]
    return value


def strip_shape(shape):
    """Like strip(), but a member may well be called "documentation" or "http"."""
    members = shape.get("members")
    out = strip({k: v for k, v in shape.items() if k != "members"})
    if members is not None:
        out["members"] = {name: strip(ref) for name, ref in members.items()}
    return out


def references(shape):
    for ref in shape.get("members", {}).values():
        yield ref["shape"]
    for key in ("member", "key", "value"):
        if isinstance(shape.get(key), dict):
            yield shape[key]["shape"]


def cut(model, paginators, wanted):
    missing = [name for name in wanted if name not in model["operations"]]
    if missing:
        sys.exit(f"not in the model: {', '.join(missing)}")
    operations, todo, shapes = {}, [], {}
    for name in wanted:
        op = model["operations"][name]
        kept = {k: strip(op[k]) for k in ("input", "output", "errors", "idempotent") if k in op}
        page = paginators.get(name)
        if page:
            kept["paginator"] = {k: v for k, v in page.items() if k in ("input_token", "output_token", "limit_key", "result_key")}
        operations[name] = kept
        for key in ("input", "output"):
            if key in op:
                todo.append(op[key]["shape"])
        todo += [error["shape"] for error in op.get("errors", [])]
    while todo:
        name = todo.pop()
        if name not in shapes:
            shapes[name] = strip_shape(model["shapes"][name])
            todo += references(shapes[name])
    metadata = {k: model["metadata"][k] for k in METADATA if k in model["metadata"]}
    return {"metadata": metadata, "operations": operations, "shapes": dict(sorted(shapes.items()))}


def main():
    import botocore
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("services", nargs="*", help="default: every list in api/operations")
    arguments = parser.parse_args()
    if botocore.__version__ != BOTOCORE:
        sys.exit(f"models are pinned to botocore {BOTOCORE}, this is {botocore.__version__}: pip install botocore=={BOTOCORE}")
    data = pathlib.Path(botocore.__file__).parent / "data"
    for path in sorted((HERE / "operations").glob("*.txt")):
        service = path.stem
        if arguments.services and service not in arguments.services:
            continue
        lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
        wanted = sorted({line for line in lines if line})
        model = cut(load(data, service, "service-2.json"), load(data, service, "paginators-1.json").get("pagination", {}), wanted)
        target = HERE / "models" / f"{service}.json"
        target.write_text(json.dumps(model, indent=0, separators=(",", ":")) + "\n")
        print(f"{service}: {len(wanted)} operations, {len(model['shapes'])} shapes, {target.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
