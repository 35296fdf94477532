"""IAM through boto3: the roles that AWS makes itself when a service is first used."""
import pytest
from botocore.exceptions import ClientError

ENGINE = dict(runtime="fake", extra=("--balancer", "fake"))


def test_a_service_in_use_has_its_role(engine):
    iam = engine.client("iam")
    with pytest.raises(ClientError) as missing:
        iam.get_role(RoleName="AWSServiceRoleForECS")
    assert missing.value.response["Error"]["Code"] == "NoSuchEntity"
    engine.client("ecs").create_cluster(clusterName="c")
    role = iam.get_role(RoleName="AWSServiceRoleForECS")["Role"]
    assert role["Path"] == "/aws-service-role/ecs.amazonaws.com/"
    assert [r["RoleId"] for r in iam.list_roles()["Roles"]] == [role["RoleId"]]
    with pytest.raises(ClientError) as taken:
        iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    assert "has been taken" in taken.value.response["Error"]["Message"]
