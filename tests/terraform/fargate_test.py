"""Services on Fargate as the real provider makes, changes and destroys them."""
import json
import urllib.request

from harness.engine import ROOT, binary, need
from terraform import Terraform

ENGINE = dict(runtime="process", time_scale=60)


def services(engine):
    found = engine.client("ecs").describe_services(cluster="fargate", services=["launched", "by-strategy"])["services"]
    return {service["serviceName"]: service for service in found}


def push(engine, repository):
    engine.scaleout("push", "--binary", binary("http-api"), "--repository", repository, "--tag", "latest")


def only_the_default_vpc_is_left(engine):
    return [vpc["IsDefault"] for vpc in engine.client("ec2").describe_vpcs()["Vpcs"]] == [True]


def test_services_are_made_changed_in_place_and_destroyed(engine, tmp_path):
    push(engine, "web")
    made = Terraform(engine, tmp_path, root=ROOT / "tests/terraform/fargate")
    made.apply()
    made.plan_is_empty()
    before = services(engine)
    assert (before["launched"]["launchType"], before["launched"]["runningCount"]) == ("FARGATE", 2)
    assert before["by-strategy"]["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]

    made.variables = {"subnets": 1, "assign_public_ip": True, "cpu": 512}
    changed = made.apply()
    assert "1 added, 2 changed, 1 destroyed" in changed, changed  # only the definition, whose revisions are immutable, is made anew
    made.plan_is_empty()
    network = services(engine)["launched"]["networkConfiguration"]["awsvpcConfiguration"]
    assert (len(network["subnets"]), network["assignPublicIp"]) == (1, "ENABLED")

    made.destroy()
    assert engine.client("ecs").list_clusters()["clusterArns"] == [] and only_the_default_vpc_is_left(engine)


def test_the_example_answers_through_its_load_balancer(new_engine, tmp_path):
    need("haproxy")
    engine = new_engine(**ENGINE).start()
    made = Terraform(engine, tmp_path, root=ROOT / "terraform/examples/fargate")
    made.run("apply", "-auto-approve", "-target=module.registry")
    push(engine, made.output("repository_url").split("/")[1])
    made.apply()
    with urllib.request.urlopen(made.output("service_url") + "/api", timeout=5) as answer:
        assert len(json.load(answer)) == 52
    assert engine.client("ec2").describe_instances()["Reservations"] == []
    made.plan_is_empty()
    made.destroy()
    assert engine.client("ec2").describe_network_interfaces()["NetworkInterfaces"] == [] and only_the_default_vpc_is_left(engine)
