"""The registry by Docker's own commands: login with the password that ECR gives, push, pull."""
import json
import subprocess
import sys
import tarfile

import pytest

ENGINE = dict(runtime="fake", extra=("--balancer", "fake", "--auth"), environment={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})


@pytest.fixture(scope="module")
def image(dockerd, engine, tmp_path_factory):
    """An image that the daemon has, under the name that it is to be pushed by."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "hello").write_bytes(b"hello" * 20_000)
    with tarfile.open(folder / "root.tar", "w") as root:
        root.add(folder / "hello", "hello")
    name = f"127.0.0.1:{engine.port}/team/app:v1"
    dockerd.run("import", folder / "root.tar", name)
    return name


def test_docker_pushes_after_login_and_pulls_the_same_image(dockerd, engine, image):
    registry, ecr = image.split("/")[0], engine.client("ecr")
    ecr.create_repository(repositoryName="team/app")
    refused = dockerd.run("push", image, check=False)
    assert refused.returncode != 0 and ("no basic auth credentials" in refused.stderr or "log in first" in refused.stderr), refused.stderr
    password = subprocess.run([sys.executable, "-m", "awscli", "ecr", "get-login-password"], env=engine.client_environment(),
                              capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    dockerd.run("login", "--username", "AWS", "--password-stdin", registry, input=password)
    before = json.loads(dockerd.run("inspect", image).stdout)[0]
    dockerd.run("push", image)
    shown, = ecr.describe_images(repositoryName="team/app")["imageDetails"]
    assert shown["imageTags"] == ["v1"] and shown["imageSizeInBytes"] > 0
    dockerd.run("rmi", image)
    dockerd.run("pull", image)
    after = json.loads(dockerd.run("inspect", image).stdout)[0]
    assert (after["Id"], after["RootFS"]) == (before["Id"], before["RootFS"])
    assert after["RepoDigests"] == [f"{registry}/team/app@{shown['imageDigest']}"]


def test_docker_says_why_a_push_to_a_repository_that_nobody_made_is_refused(dockerd, image):
    stranger = image.replace("team/app", "nobody/made-this")
    dockerd.run("tag", image, stranger)
    refused = dockerd.run("push", stranger, check=False)
    assert refused.returncode != 0 and "nobody/made-this" in refused.stdout + refused.stderr, refused
