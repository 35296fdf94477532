"""CloudWatch by the Go SDK, which speaks RPC v2 CBOR: what Go programs and newer Terraform providers do."""
import datetime
import json
import os
import pathlib
import subprocess

import pytest

from harness.engine import need

ENGINE = dict(runtime="fake", extra=("--balancer", "fake"))
CLIENT = pathlib.Path(__file__).parent / "cbor"


def build(folder):
    """The modules come through the Go proxy that the environment names. A network without one is nobody's to install: that skips, in CI too."""
    go = need("go")
    program = folder / "cbor"
    done = subprocess.run([go, "build", "-o", program, "."], cwd=CLIENT, capture_output=True, text=True, timeout=480, check=False)
    if done.returncode != 0 and ("dial tcp" in done.stderr or "no such host" in done.stderr or "module lookup disabled" in done.stderr):
        pytest.skip(f"no Go module proxy answers ({done.stderr.strip().splitlines()[-1]})")
    assert done.returncode == 0, done.stderr
    return program


def test_the_go_sdk_puts_reads_back_and_describes_an_alarm(engine, tmp_path):
    started = datetime.datetime.now(datetime.timezone.utc)
    done = subprocess.run([build(tmp_path), engine.url], capture_output=True, text=True, timeout=90, check=False,
                          env={k: v for k, v in os.environ.items() if not k.startswith("AWS_")})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["values"] == [50 + 2.5 * 49 + 100, 7.0] and told["doubled"] == [2 * v for v in told["values"]]
    assert told["p99"] == 2.5 and told["metrics"] == ["Depth"] and told["dimension"] == {"Queue": "mañana"}
    assert told["alarm"] == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:go" and told["threshold"] == 12.5
    assert told["state"] in ("INSUFFICIENT_DATA", "OK")
    assert abs(datetime.datetime.fromisoformat(told["updated"]) - started) < datetime.timedelta(minutes=2)
    assert told["dashboard"] == '{"widgets":[]}' and "nobody" in told["missing"]
