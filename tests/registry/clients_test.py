"""The registry by the clients people use."""
import json
import subprocess
import sys

import pytest

from harness.engine import binary, need
from registry.images import Image, read_layout

ENGINE = dict(runtime="fake", extra=("--balancer", "fake"))


@pytest.fixture(scope="module")
def ecr(engine):
    return engine.client("ecr")


def skopeo(*arguments, check=True):
    done = subprocess.run([need("skopeo"), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def name(engine, repository, tag="v1"):
    return f"docker://127.0.0.1:{engine.port}/{repository}:{tag}"


def test_skopeo_copies_an_image_in_and_back(engine, ecr, tmp_path):
    ecr.create_repository(repositoryName="team/skopeo")
    image = Image({"a": b"1" * 100_000}, {"b": b"2"}, Entrypoint=["/a"])
    skopeo("copy", "--dest-tls-verify=false", image.write(tmp_path / "in", "v1"), name(engine, "team/skopeo"))
    told = json.loads(skopeo("inspect", "--tls-verify=false", name(engine, "team/skopeo")).stdout)
    assert told["Digest"] == image.digest and told["RepoTags"] == ["v1"] and len(told["Layers"]) == 2
    skopeo("copy", "--src-tls-verify=false", name(engine, "team/skopeo"), f"oci:{tmp_path / 'out'}:v1")
    assert read_layout(tmp_path / "out") == [image.digest]
    shown, = ecr.describe_images(repositoryName="team/skopeo")["imageDetails"]
    assert (shown["imageDigest"], shown["imageTags"], shown["imageSizeInBytes"]) == (image.digest, ["v1"], image.size)


def test_a_push_to_a_repository_that_does_not_exist_is_refused(engine, tmp_path):
    done = skopeo("copy", "--dest-tls-verify=false", Image().write(tmp_path / "in"), name(engine, "nobody/made-this"), check=False)
    assert done.returncode != 0 and "repository with name" in done.stderr or "name unknown" in done.stderr.lower(), done.stderr


def test_what_scaleout_pushes_skopeo_pulls(engine, tmp_path):
    push = ("push", "--binary", binary("http-api"), "--repository", "pushed/http-api", "--tag", "v1")
    engine.scaleout(*push)
    skopeo("copy", "--src-tls-verify=false", name(engine, "pushed/http-api"), f"oci:{tmp_path / 'out'}:v1")
    told = json.loads(engine.scaleout(*push, "--output", "json").stdout)
    assert read_layout(tmp_path / "out") == [told["digest"]]


def test_with_auth_the_registry_takes_the_password_that_ecr_gives(new_engine, tmp_path):
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    engine = new_engine(runtime="fake", extra=("--balancer", "fake", "--auth"), environment=keys).start()
    engine.client("ecr").create_repository(repositoryName="closed")
    layout = Image().write(tmp_path / "in")
    target = name(engine, "closed")
    refused = skopeo("copy", "--dest-tls-verify=false", layout, target, check=False)
    assert refused.returncode != 0 and "log in first" in refused.stderr + refused.stdout or "unauthorized" in refused.stderr.lower()
    assert skopeo("copy", "--dest-tls-verify=false", "--dest-creds", "AWS:guessed", layout, target, check=False).returncode != 0
    password = subprocess.run([sys.executable, "-m", "awscli", "ecr", "get-login-password"], env=engine.client_environment(),
                              capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    skopeo("copy", "--dest-tls-verify=false", "--dest-creds", f"AWS:{password}", layout, target)
    engine.stop()
    engine.start()  # the password holds for its twelve hours
    told = skopeo("inspect", "--tls-verify=false", "--creds", f"AWS:{password}", target)
    assert json.loads(told.stdout)["RepoTags"] == ["v1"]


def test_buildah_builds_pushes_and_pulls_an_image(engine, ecr, tmp_path):
    ecr.create_repository(repositoryName="team/buildah")
    (tmp_path / "hello").write_bytes(b"hello" * 20_000)

    def buildah(*arguments):
        done = subprocess.run([need("buildah"), "--root", tmp_path / "store", "--runroot", tmp_path / "run", "--storage-driver", "vfs", *map(str, arguments)],
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    container = buildah("from", "scratch")
    buildah("copy", container, tmp_path / "hello", "/hello")
    buildah("config", "--entrypoint", '["/hello"]', container)
    made = buildah("commit", container, "made")
    target = name(engine, "team/buildah")
    buildah("push", "--tls-verify=false", "made", target)
    shown, = ecr.describe_images(repositoryName="team/buildah")["imageDetails"]
    assert shown["imageTags"] == ["v1"]
    buildah("rmi", "--all", "--force")
    assert buildah("pull", "--tls-verify=false", target) == made
    assert json.loads(buildah("inspect", "--type", "image", made))["OCIv1"]["config"]["Entrypoint"] == ["/hello"]
