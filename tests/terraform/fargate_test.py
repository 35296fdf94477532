"""Services on Fargate as the real provider makes, changes and destroys them."""
from harness.engine import ROOT
from terraform import Terraform

ENGINE = dict(time_scale=60)


def services(engine):
    found = engine.client("ecs").describe_services(cluster="fargate", services=["launched", "by-strategy"])["services"]
    return {service["serviceName"]: service for service in found}


def test_a_service_on_fargate_is_made_changed_in_place_and_destroyed(engine, tmp_path):
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
    assert engine.client("ecs").list_tasks(cluster="fargate")["taskArns"] == [] if engine.client("ecs").list_clusters()["clusterArns"] else True
    assert [vpc["IsDefault"] for vpc in engine.client("ec2").describe_vpcs()["Vpcs"]] == [True]
