"""What was pushed, as ECR shows it; and ECR's rules on what is pushed."""
import json

import botocore.exceptions
import pytest

from registry.images import INDEX, MANIFEST, Image, descriptor, digest
from registry.oci import Registry, error_of

ENGINE = dict(runtime="fake", time_scale=1000, extra=("--balancer", "fake"))  # lifecycle policies run each hour: each 3.6 s here


@pytest.fixture(scope="module")
def ecr(engine):
    return engine.client("ecr")


@pytest.fixture
def made(engine, ecr, request):
    """A repository of the test's own name."""
    def make(**options):
        name = "ecr/" + request.node.name.split("[")[0].replace("_", "-")[:100].strip("-")
        ecr.create_repository(repositoryName=name, **options)
        return Registry(engine, name)
    return make


def code(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_images_are_described_listed_read_and_deleted(ecr, made):
    registry = made()
    name, one, two = registry.repository, Image(), Image({"a": b"x" * 5000}, {"b": b"y"})
    registry.push(one, "v1")
    registry.push(one, "stable")
    registry.push(two, two.digest)
    shown = {i["imageDigest"]: i for i in ecr.describe_images(repositoryName=name)["imageDetails"]}
    assert set(shown) == {one.digest, two.digest}
    assert sorted(shown[one.digest]["imageTags"]) == ["stable", "v1"] and "imageTags" not in shown[two.digest]
    assert shown[two.digest]["imageSizeInBytes"] == two.size and shown[two.digest]["imageManifestMediaType"] == MANIFEST
    assert shown[one.digest]["imagePushedAt"].timestamp() > 1.7e9
    listed = ecr.get_paginator("list_images").paginate(repositoryName=name, PaginationConfig={"PageSize": 1})
    ids = [(i["imageDigest"], i.get("imageTag")) for page in listed for i in page["imageIds"]]
    assert sorted(ids, key=str) == sorted([(one.digest, "stable"), (one.digest, "v1"), (two.digest, None)], key=str)
    tagged = ecr.list_images(repositoryName=name, filter={"tagStatus": "UNTAGGED"})["imageIds"]
    assert tagged == [{"imageDigest": two.digest}]
    got = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "v1"}, {"imageTag": "none"}])
    assert got["images"][0]["imageManifest"].encode() == one.manifest and got["images"][0]["imageId"]["imageTag"] == "v1"
    assert got["failures"][0]["failureCode"] == "ImageNotFound"
    assert code(ecr.describe_images, repositoryName=name, imageIds=[{"imageTag": "none"}]) == "ImageNotFoundException"
    assert code(ecr.describe_images, repositoryName="ecr/none") == "RepositoryNotFoundException"

    gone = ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "stable"}, {"imageDigest": two.digest}])
    assert gone["imageIds"] == [{"imageDigest": one.digest, "imageTag": "stable"}, {"imageDigest": two.digest}]
    assert registry.send("GET", f"manifests/{two.digest}")[0] == 404
    assert registry.send("GET", "manifests/v1")[0] == 200
    assert code(ecr.delete_repository, repositoryName=name) == "RepositoryNotEmptyException"
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "v1"}])  # its last: the image goes too
    assert ecr.describe_images(repositoryName=name)["imageDetails"] == []
    ecr.delete_repository(repositoryName=name)
    assert error_of(registry.send("GET", "tags/list")) == (404, "NAME_UNKNOWN")


def test_a_repository_with_images_is_deleted_by_force_only_and_with_them(ecr, made):
    registry, image = made(), Image()
    registry.push(image, "v1")
    ecr.delete_repository(repositoryName=registry.repository, force=True)
    ecr.create_repository(repositoryName=registry.repository)
    assert registry.send("GET", "manifests/v1")[0] == 404 and registry.blob(digest(image.config)) is None


def test_immutable_tags_stay(ecr, made):
    registry, first = made(imageTagMutability="IMMUTABLE"), Image()
    registry.push(first, "v1")
    second = Image()
    for data in second.blobs:
        registry.push_blob(data)
    assert error_of(registry.put_manifest("v1", second.manifest)) == (400, "TAG_INVALID")
    assert registry.put_manifest("v1", first.manifest)[0] == 201  # a push that is repeated
    assert registry.put_manifest("v2", second.manifest)[0] == 201
    ecr.put_image_tag_mutability(repositoryName=registry.repository, imageTagMutability="MUTABLE")
    assert registry.put_manifest("v1", second.manifest)[0] == 201
    shown = {i["imageDigest"]: i.get("imageTags", []) for i in ecr.describe_images(repositoryName=registry.repository)["imageDetails"]}
    assert shown == {first.digest: [], second.digest: ["v2", "v1"]}


def test_images_of_an_index_stay_as_long_as_it_does(ecr, made):
    registry, image = made(), Image()
    registry.push(image, image.digest)
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(MANIFEST, image.manifest)]}).encode()
    assert registry.put_manifest("multi", index, INDEX)[0] == 201
    failed = ecr.batch_delete_image(repositoryName=registry.repository, imageIds=[{"imageDigest": image.digest}])["failures"]
    assert failed[0]["failureCode"] == "ImageReferencedByManifestList"
    assert error_of(registry.send("DELETE", f"manifests/{image.digest}")) == (405, "UNSUPPORTED")
    ecr.batch_delete_image(repositoryName=registry.repository, imageIds=[{"imageTag": "multi"}])
    ecr.batch_delete_image(repositoryName=registry.repository, imageIds=[{"imageDigest": image.digest}])
    assert ecr.describe_images(repositoryName=registry.repository)["imageDetails"] == []


def test_lifecycle_policies_run(ecr, made, wait_for):
    registry, images = made(), [Image() for _ in range(4)]
    for number, image in enumerate(images):
        registry.push(image, f"build-{number}")
    registry.push(kept := Image(), "release")
    policy = {"rules": [{"rulePriority": 1, "selection": {"tagStatus": "tagged", "tagPrefixList": ["build-"], "countType": "imageCountMoreThan",
                                                          "countNumber": 2}, "action": {"type": "expire"}}]}
    ecr.put_lifecycle_policy(repositoryName=registry.repository, lifecyclePolicyText=json.dumps(policy))

    def left():
        return {i["imageDigest"] for i in ecr.describe_images(repositoryName=registry.repository)["imageDetails"]}
    wait_for(lambda: left() == {images[2].digest, images[3].digest, kept.digest}, 20, "the oldest two expire")
    assert code(ecr.put_lifecycle_policy, repositoryName=registry.repository,
                lifecyclePolicyText='{"rules":[{"rulePriority":1}]}'.ljust(100)) == "InvalidParameterException"


def test_what_nothing_names_is_collected_and_nothing_else(engine, ecr, made, wait_for):
    """The grace of a day is 86 s at this pace: what was pushed now stays, what was left by a crash goes at once."""
    registry, image = made(), Image()
    registry.push(image, "v1")
    left = engine.state / "images/blobs/sha256" / digest(b"left")[7:]
    left.write_bytes(b"left")
    wait_for(lambda: not left.exists(), 20, "the sweep takes a file without a record")
    assert registry.blob(digest(image.config)) == image.config
    assert (engine.state / "images/blobs/sha256" / image.digest[7:]).exists()
