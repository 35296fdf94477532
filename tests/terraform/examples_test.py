"""The examples that are put together from the stack, in the order that the comments at their tops say. fargate_test.py has the one that is not."""
import re

import pytest

from harness.engine import ROOT
from harness.waiting import wait_for
from terraform import Terraform

ENGINE = dict(runtime="fake", time_scale=20, extra=("--balancer", "fake"))
EXAMPLES = ROOT / "terraform/examples"


def repository_first(made):
    """The comment's first command. Gives back what is made then."""
    target = re.search(r"^#   terraform apply (-target=\S+)$", (made.folder / "main.tf").read_text(), re.MULTILINE)[1]
    made.run("apply", "-auto-approve", target)
    return [address for address in made.resources() if ".data." not in address]


@pytest.mark.parametrize("example", sorted(path.parent.name for path in EXAMPLES.glob("*/main.tf")))
def test_the_repository_is_there_before_what_needs_its_image(engine, tmp_path, example):
    made = Terraform(engine, tmp_path, root=EXAMPLES / example)
    assert {address.rsplit(".", 2)[1] for address in repository_first(made)} == {"aws_ecr_repository", "aws_ecr_lifecycle_policy"}
    assert made.output("repository_url") == "123456789012.dkr.ecr.us-east-1.amazonaws.com/http-api"
    made.destroy()


@pytest.mark.parametrize("name", ["a", "http--api", "http-api-", "internal-api", "abcdefghijklmnopqrstuvwxy"])
def test_fargate_refuses_a_name_that_aws_would(engine, tmp_path, name):
    made = Terraform(engine, tmp_path, root=EXAMPLES / "fargate")
    output = made.run("plan", f"-var=name={name}", codes=(1,))[1]
    assert "name must be 2 to 24 lower-case letters" in output, output


def test_fargate_takes_the_longest_name_that_it_accepts(engine, tmp_path):
    Terraform(engine, tmp_path, root=EXAMPLES / "fargate").run("plan", "-var=name=abcdefghijklmnopqrstuvwx")


def test_private_nodes_are_scaled_by_their_provider_and_no_plan_shows_it(engine, tmp_path):
    made = Terraform(engine, tmp_path, root=EXAMPLES / "private-nodes")
    made.apply()
    ecs = engine.client("ecs")

    def tasks():
        return ecs.describe_services(cluster="container-cluster", services=["http-api"])["services"][0]["runningCount"]
    wait_for(lambda: tasks() >= 3, 60, "the tasks")
    made.plan_is_empty()
    made.destroy()
    assert engine.client("ec2").describe_nat_gateways(Filters=[{"Name": "state", "Values": ["available"]}])["NatGateways"] == []
    assert ecs.list_clusters()["clusterArns"] == []
