"""169.254.170.2 is this machine's as long as an engine needs it. No other engine with containers may run beside these tests."""
import json
import subprocess

import pytest

from harness.engine import Engine, absent, need
from harness.small_cluster import make_cluster, run

ADDRESS = "169.254.170.2"
OPTIONS = dict(runtime="docker", time_scale=60, extra=("--balancer", "fake"))


def loopback_addresses():
    return subprocess.run([need("ip"), "-o", "address", "show", "dev", "lo"], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def no_engine_yet():
    if ADDRESS in loopback_addresses():
        absent(f"a machine without the address {ADDRESS}")


def test_where_the_address_cannot_be_had_the_log_says_so_and_tasks_run_without(dockerd, no_engine_yet):
    need("setpriv")
    engine = Engine(**OPTIONS, environment=dockerd.environment)
    weak = engine.folder / "weak"
    weak.write_text(f"#!/bin/sh\nexec setpriv --bounding-set=-net_admin --inh-caps=-net_admin {engine.program} \"$@\"\n")
    weak.chmod(0o755)
    strong, engine.program = engine.program, weak
    try:
        engine.start(60)
        engine.program = strong
        make_cluster(engine)
        container = run(engine, "app")["containers"][0]["runtimeId"]
        variables = json.loads(dockerd.run("inspect", "--format", "{{json .Config.Env}}", container).stdout)
        assert not [variable for variable in variables if variable.startswith("ECS_")]
        assert f"containers cannot reach the engine at {ADDRESS}:{engine.port}" in engine.log_tail()
    finally:
        engine.program = strong
        engine.close()


def test_down_takes_the_address_away_when_no_engine_is_left(dockerd, no_engine_yet):
    first, second = (Engine(**OPTIONS, environment=dockerd.environment) for _ in range(2))
    try:
        first.start(60)
        second.start(60)
        assert f"inet {ADDRESS}/32 scope host lo:scaleout" in loopback_addresses()
        first.close()
        assert ADDRESS in loopback_addresses()
    finally:
        first.close()
        second.close()
    assert ADDRESS not in loopback_addresses()
