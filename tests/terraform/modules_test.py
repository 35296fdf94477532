"""`terraform test` of each module that has tests (modules/*/tests/*.tftest.hcl), against an engine."""
import pytest

from harness.engine import ROOT
from terraform import Terraform

FILES = ROOT / "terraform"
TESTED = sorted({path.parents[1].name for path in FILES.glob("modules/*/tests/*.tftest.hcl")})


@pytest.mark.parametrize("module", TESTED)
def test_module(engine, tmp_path, module):
    made = Terraform(engine, tmp_path, root=FILES / "modules" / module)
    output = made.run("test")[1]
    assert "Success!" in output and " 0 failed" in output, output
    # `terraform test` destroys what it made.
    assert engine.client("ecr").describe_repositories()["repositories"] == []
    assert [vpc["IsDefault"] for vpc in engine.client("ec2").describe_vpcs()["Vpcs"]] == [True]
