"""stacks/pipeline, planned and applied against moto, which knows CodePipeline and CodeBuild: a check of these files by somebody else's code."""
import json
import pathlib
import re
import subprocess
import sys

import boto3
import pytest
import yaml

from harness.engine import REGION, ROOT, absent, binary
from terraform import Terraform

VARIABLES = dict(connection_arn="arn:aws:codeconnections:us-east-1:123456789012:connection/0a1b2c3d", repository="owner/http-api")


class Moto:
    """As much of an Engine as Terraform and clients need."""

    def __init__(self, log):
        self.process = subprocess.Popen([sys.executable, pathlib.Path(__file__).with_name("moto_server.py")], stdout=subprocess.PIPE,
                                        stderr=log, text=True)
        self.url = self.process.stdout.readline().strip()

    def client_environment(self):
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_S3_USE_PATH_STYLE": "true"}

    def client(self, service):
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    try:
        import moto as _  # noqa: F401
    except ImportError:
        absent("the Python package moto")
    with open(tmp_path_factory.mktemp("moto") / "log", "w") as log:
        server = Moto(log)
        assert server.url, f"moto did not start: {pathlib.Path(log.name).read_text()}"
        server.client("ecr").create_repository(repositoryName="http-api")
        server.client("ecs").create_cluster(clusterName="container-cluster")
        yield server
        server.close()


@pytest.fixture(scope="module")
def pipeline(moto, tmp_path_factory):
    # The provider watches a lifecycle configuration for a minute before it believes it: that one is planned, not applied.
    made = Terraform(moto, tmp_path_factory.mktemp("pipeline"), root=ROOT / "terraform/stacks/pipeline", variables=VARIABLES)
    planned = made.run("plan", *made.given())[1]
    assert "aws_s3_bucket_lifecycle_configuration.artifacts" in planned and "15 to add" in planned, planned
    made.variables["artifact_days"] = None
    made.apply()
    return made


def test_a_commit_is_built_and_then_deployed(pipeline, moto):
    found = moto.client("codepipeline").get_pipeline(name="http-api")["pipeline"]
    assert [stage["name"] for stage in found["stages"]] == ["Source", "Build", "Deploy"]
    source = found["stages"][0]["actions"][0]["configuration"]
    assert source["ConnectionArn"] == VARIABLES["connection_arn"] and source["FullRepositoryId"] == "owner/http-api"
    projects = {p["name"]: p for p in moto.client("codebuild").batch_get_projects(names=["http-api-build", "http-api-deploy"])["projects"]}
    assert [stage["actions"][0]["configuration"]["ProjectName"] for stage in found["stages"][1:]] == list(projects)
    assert projects["http-api-build"]["environment"]["privilegedMode"] and not projects["http-api-deploy"]["environment"]["privilegedMode"]
    assert "docker push" in projects["http-api-build"]["source"]["buildspec"]
    assert "--force-new-deployment" in projects["http-api-deploy"]["source"]["buildspec"]


def test_each_role_may_do_its_part_and_no_more(pipeline, moto):
    iam = moto.client("iam")
    allowed = {}
    for role in iam.list_roles()["Roles"]:
        policy = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"][0]
        document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
        document = json.loads(document) if isinstance(document, str) else document
        actions = [s["Action"] if isinstance(s["Action"], list) else [s["Action"]] for s in document["Statement"]]
        allowed[policy] = {action for some in actions for action in some}
        wide = [s for s in document["Statement"] if s["Resource"] == "*"]
        assert all(s["Action"] == "ecr:GetAuthorizationToken" for s in wide), document
    assert "ecr:PutImage" in allowed["build"] and not any(a.startswith("ecs:") for a in allowed["build"])
    assert "ecs:UpdateService" in allowed["deploy"] and not any(a.startswith("ecr:") for a in allowed["deploy"])
    assert not any(a.startswith(("ecr:", "ecs:")) for a in allowed["pipeline"])
    # Without it the source action's upload is denied (https://github.com/aws/aws-cdk/issues/13557).
    assert [policy for policy in allowed if "s3:PutObjectAcl" in allowed[policy]] == ["pipeline"]


def test_the_longest_name_that_is_accepted_is_planned(pipeline, moto):
    name = "abcdefghijklmnopqrstuvwxyz-12345"
    moto.client("ecr").create_repository(repositoryName=name)
    planned = pipeline.run("plan", *pipeline.given(), f"-var=name={name}")[1]
    bucket = re.search(r'bucket += "(\S+-pipeline-\S+)"', planned)[1]
    assert len(bucket) + len("ap-southeast-1") - len(REGION) <= 63, bucket


def as_codebuild_does(engine, commands):
    """One after the other in one shell, until one fails."""
    aws = f'aws() {{ "{sys.executable}" -m awscli "$@"; }}'
    return subprocess.run(["sh", "-e", "-c", "\n".join([aws, *commands])], env={**engine.client_environment(), "CLUSTER": "container-cluster", "SERVICE": "http-api"},
                          capture_output=True, text=True, timeout=300, check=False)


def test_a_deployment_that_is_rolled_back_fails_the_pipeline(pipeline, moto, new_engine):
    project = moto.client("codebuild").batch_get_projects(names=["http-api-deploy"])["projects"][0]
    commands = yaml.safe_load(project["source"]["buildspec"])["phases"]["build"]["commands"]
    engine = new_engine(runtime="process", time_scale=60, extra=("--balancer", "fake")).start()
    engine.scaleout("up", "--no-autoscaling", "--nodes", "1", "--tasks", "1", "--timeout", "60")
    ecs = engine.client("ecs")
    ecs.update_service(cluster="container-cluster", service="http-api",
                       deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}})
    good = as_codebuild_does(engine, commands)
    assert good.returncode == 0, good.stderr
    engine.scaleout("push", "--binary", binary("scaleout-shim"), "--repository", "http-api", "--tag", "1")  # ends at once: it is not told what to run
    bad = as_codebuild_does(engine, commands)
    service = ecs.describe_services(cluster="container-cluster", services=["http-api"])["services"][0]
    assert any("rolling back to deployment" in event["message"] for event in service["events"])
    assert (service["runningCount"], service["deployments"][0]["rolloutState"]) == (1, "COMPLETED")
    assert bad.returncode == 1, bad.stdout + bad.stderr


def test_the_second_plan_is_empty_and_destroy_leaves_nothing(pipeline, moto):
    pipeline.plan_is_empty()
    pipeline.destroy()
    assert moto.client("codepipeline").list_pipelines()["pipelines"] == []
    assert pipeline.resources() == []  # moto forgets no project that is deleted by its ARN, as the provider does
    assert moto.client("s3").list_buckets()["Buckets"] == [] and moto.client("iam").list_roles()["Roles"] == []
