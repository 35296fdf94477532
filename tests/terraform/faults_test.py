"""What goes wrong in the middle of an apply, and what changes behind Terraform's back."""
import os
import re
import signal

import pytest

from harness.engine import ROOT
from harness.waiting import wait_for
from terraform import Terraform

SMALL = ROOT / "tests/terraform/small"
ENGINE = dict(time_scale=20)
# What the import of each named resource is called, for those that an apply which was killed may have made.
NAMES = {"module.registry.aws_ecr_repository.this": "small", "module.cluster.aws_ecs_cluster.this": "small"}


@pytest.fixture
def small(new_engine, tmp_path):
    return Terraform(new_engine(**ENGINE).start(), tmp_path, root=SMALL)


def repository_exists(engine):
    return engine.client("ecr").describe_repositories()["repositories"] != []


def in_the_middle(small):
    """An apply that has made something and not yet everything."""
    applying = small.start("apply", "-auto-approve", "-no-color")
    wait_for(lambda: repository_exists(small.engine) or applying.poll() is not None, 90, "the first resources")
    assert applying.poll() is None, applying.communicate()[0]
    return applying


def apply_until_all_is_known(small):
    """What was made and whose answer Terraform did not read has to be imported."""
    for _ in range(len(NAMES) + 1):
        code, output = small.run("apply", "-auto-approve", codes=(0, 1))
        if code == 0:
            return
        lost = {address for address in re.findall(r"with (module\.\S+),", output) if address in NAMES}
        assert lost and re.search(r"AlreadyExists|already exists", output), output
        for address in lost:
            small.run("import", address, NAMES[address])
    raise AssertionError(output)


def test_an_apply_that_was_interrupted_is_repeated(small):
    applying = in_the_middle(small)
    applying.send_signal(signal.SIGINT)
    output = applying.communicate(timeout=90)[0]
    assert applying.returncode == 1 and "Interrupt received" in output, output
    assert 0 < len(small.resources())
    apply_until_all_is_known(small)
    small.plan_is_empty()


def test_an_engine_that_is_killed_and_started_again_does_not_fail_the_apply(small):
    applying = in_the_middle(small)
    small.engine.kill()
    small.engine.start()
    output = applying.communicate(timeout=120)[0]
    assert applying.returncode == 0, output
    small.plan_is_empty()


def test_a_repeat_after_terraform_was_killed_succeeds_or_asks_for_an_import(small):
    applying = in_the_middle(small)
    os.killpg(applying.pid, signal.SIGKILL)
    applying.communicate(timeout=30)
    apply_until_all_is_known(small)
    small.plan_is_empty()


def test_what_was_deleted_behind_its_back_is_found_and_made_again(small):
    small.apply()
    engine = small.engine
    ecr, iam, ec2 = engine.client("ecr"), engine.client("iam"), engine.client("ec2")
    ecr.delete_lifecycle_policy(repositoryName="small")
    role = next(r["RoleName"] for r in iam.list_roles()["Roles"] if r["RoleName"].startswith("small-node-"))
    iam.detach_role_policy(RoleName=role, PolicyArn=iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"][0]["PolicyArn"])
    group = next(g for g in ec2.describe_security_groups()["SecurityGroups"] if g["GroupName"].startswith("small-node-"))
    ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
    engine.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=engine.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]["AutoScalingGroupName"], MaxSize=5)
    output = small.apply()
    assert "3 added, 1 changed, 0 destroyed" in output, output
    small.plan_is_empty()
