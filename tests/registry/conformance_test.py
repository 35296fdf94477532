"""The distribution specification's own conformance suite against the engine: every API of version 1.1 and of what comes after it."""
import os
import pathlib
import re
import subprocess

import pytest

from harness.engine import need

ENGINE = dict(runtime="fake", extra=("--balancer", "fake"))
MODULE = pathlib.Path(__file__).parent / "conformance"
SUITE = "github.com/opencontainers/distribution-spec/conformance"


def build(folder):
    """The modules come through the Go proxy that the environment names. A network without one is nobody's to install: that skips, in CI too."""
    go = need("go")
    program = folder / "conformance"
    done = subprocess.run([go, "build", "-o", program, SUITE], cwd=MODULE, capture_output=True, text=True, timeout=480, check=False)
    if done.returncode != 0 and ("dial tcp" in done.stderr or "no such host" in done.stderr or "module lookup disabled" in done.stderr):
        pytest.skip(f"no Go module proxy answers ({done.stderr.strip().splitlines()[-1]})")
    assert done.returncode == 0, done.stderr
    return program


def test_the_conformance_suite_passes_without_failures_or_skips(engine, tmp_path):
    for repository in ("conformance/repo1", "conformance/repo2"):
        engine.client("ecr").create_repository(repositoryName=repository)
    environment = {**engine.own_environment(), "OCI_REGISTRY": f"127.0.0.1:{engine.port}", "OCI_TLS": "disabled", "OCI_VERSION": "dev",
                   "OCI_RESULTS_DIR": str(tmp_path / "results")}
    done = subprocess.run([build(tmp_path)], cwd=tmp_path, env={k: v for k, v in environment.items() if k not in ("OCI_ROOT_URL", "OCI_NAMESPACE")},
                          capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    counts = {name: int(count) for name, count in re.findall(r"^  (\w+)\.+:\s+(\d+)$", done.stdout, re.MULTILINE)}
    assert counts["Pass"] > 500 and counts["FAIL"] == 0 and counts["Error"] == 0 and counts["Skip"] == 0, counts
    assert os.path.exists(tmp_path / "results/junit.xml")
