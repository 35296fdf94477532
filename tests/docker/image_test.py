"""app/Dockerfile, built without a network: the base image is made here, under the name that the Dockerfile uses."""
import hashlib
import json
import re
import subprocess

import pytest

from harness.engine import ROOT, build_folder, need
from harness.waiting import wait_for

DOCKERFILE = ROOT / "app/Dockerfile"
BASE = re.search(r"^FROM (\S+) AS build", DOCKERFILE.read_text(), re.MULTILINE).group(1)
PACKAGES = re.search(r'^app="([^"]*)"', (ROOT / "packaging/install-packages.sh").read_text(), re.MULTILINE).group(1).split()
LIMIT = 3 << 20


@pytest.fixture(scope="module")
def base(dockerd):
    """Debian with the packages that the build installs, so that nothing is left to install; kept in the build folder."""
    suite = BASE.rpartition(":")[2]
    key = hashlib.sha256(" ".join([suite, *sorted(PACKAGES)]).encode()).hexdigest()[:12]
    archive = build_folder() / f"docker-base-{key}.tar"
    if not archive.exists():
        partial = archive.with_suffix(".partial.tar")
        made = subprocess.run([need("mmdebstrap"), "--quiet", "--variant=essential", f"--include={','.join(PACKAGES)}", suite, partial],
                              capture_output=True, text=True, timeout=1200, check=False)
        assert made.returncode == 0, made.stderr[-3000:]
        partial.rename(archive)
    dockerd.run("import", archive, BASE, timeout=600)
    return BASE


def build(dockerd, tag, *words):
    return dockerd.run("build", "--network", "none", "--file", DOCKERFILE, "--tag", tag, *words, ROOT, timeout=1200)


def inspect(dockerd, tag):
    return json.loads(dockerd.run("image", "inspect", tag).stdout)[0]


@pytest.fixture(scope="module")
def image(dockerd, base):
    build(dockerd, "http-api:v1", "--build-arg", "VERSION=v1")
    return "http-api:v1"


def test_the_image_is_one_small_program_of_a_user_without_rights(dockerd, image):
    facts = inspect(dockerd, image)
    assert facts["Size"] <= LIMIT
    assert facts["Config"]["User"] == "65534:65534"
    assert facts["Config"]["Entrypoint"] == ["/http-api"]
    assert list(facts["Config"]["ExposedPorts"]) == ["8080/tcp"]
    labels = facts["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == "v1"
    assert {"title", "description", "licenses"} <= {name.removeprefix("org.opencontainers.image.") for name in labels}
    assert len(facts["RootFS"]["Layers"]) == 1
    shell = dockerd.run("run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", image, "-c", "true", check=False)
    assert shell.returncode == 127


def test_it_answers_with_a_read_only_root_and_no_capabilities(dockerd, image):
    container = dockerd.run("run", "--detach", "--read-only", "--cap-drop", "ALL", "--publish", "127.0.0.1::8080", image).stdout.strip()
    try:
        port = dockerd.run("port", container, "8080").stdout.strip().rpartition(":")[2]
        ask = ["curl", "--silent", "--fail", "--max-time", "5"]

        def get(path):
            return subprocess.run([*ask, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
        letters = json.loads(wait_for(lambda: get("/api"), 20, "an answer of the container"))
        assert len(letters) == 52 and all(len(letter) == 1 and letter.isascii() and letter.isalpha() for letter in letters.values())
        assert json.loads(get("/version")) == {"version": "v1"}
        dockerd.run("stop", "--time", "20", container)
        assert json.loads(dockerd.run("inspect", container).stdout)[0]["State"]["ExitCode"] == 0
    finally:
        dockerd.run("rm", "--force", container)


def test_the_same_source_gives_the_same_layer(dockerd, image):
    build(dockerd, "http-api:again", "--no-cache", "--build-arg", "VERSION=v1")
    first, second = inspect(dockerd, image), inspect(dockerd, "http-api:again")
    assert first["RootFS"] == second["RootFS"]
    assert first["Config"]["Labels"] == second["Config"]["Labels"]
