"""Single instances and a log stream with the real provider: made, nothing to change, destroyed."""
import pytest

from harness.engine import ROOT
from terraform import Terraform

ENGINE = dict(runtime="fake", time_scale=20, extra=("--balancer", "fake"))


@pytest.fixture(scope="module")
def instances(engine, tmp_path_factory):
    made = Terraform(engine, tmp_path_factory.mktemp("instance"), root=ROOT / "tests/terraform/instance")
    made.apply()
    return made


def test_they_run_and_the_second_plan_is_empty(instances, engine):
    shown = [i for r in engine.client("ec2").describe_instances()["Reservations"] for i in r["Instances"]]
    assert {(i["State"]["Name"], i["Tags"][0]["Value"]) for i in shown} == {("running", "bare"), ("running", "placed")}
    instances.plan_is_empty()


def test_destroy_leaves_nothing(instances, engine):
    instances.destroy()
    shown = [i for r in engine.client("ec2").describe_instances()["Reservations"] for i in r["Instances"]]
    assert {i["State"]["Name"] for i in shown} <= {"terminated"}
    assert engine.client("logs").describe_log_groups()["logGroups"] == []
