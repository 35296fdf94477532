"""A cluster of one node and the task definitions `app` (with a role) and `plain` (without), both of http-api; and tasks of them."""
import json

from .engine import ACCOUNT, REGION, binary
from .waiting import wait_for

ROLE = f"arn:aws:iam::{ACCOUNT}:role/tasks/reader"
USER_DATA = "IyEvYmluL3NoCmVjaG8gRUNTX0NMVVNURVI9YyA+PiAvZXRjL2Vjcy9lY3MuY29uZmln"  # ECS_CLUSTER=c


def make_cluster(engine):
    """Waits for the node."""
    engine.scaleout("push", "--binary", binary("http-api"), "--repository", "http-api")
    ec2, groups, ecs = engine.client("ec2"), engine.client("autoscaling"), engine.client("ecs")
    ecs.create_cluster(clusterName="c")
    engine.client("iam").create_role(RoleName="reader", Path="/tasks/", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}))
    ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData={
        "ImageId": "ami-0ec5000000000000a", "InstanceType": "t2.micro", "UserData": USER_DATA})
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    groups.create_auto_scaling_group(AutoScalingGroupName="g", LaunchTemplate={"LaunchTemplateName": "nodes"}, MinSize=1, MaxSize=1,
                                     DesiredCapacity=1, VPCZoneIdentifier=subnet)
    container = {"name": "web", "image": "http-api:latest", "cpu": 128, "memory": 64, "portMappings": [{"containerPort": 8080}],
                 "dockerLabels": {"team": "red"}, "environment": [{"name": "AWS_REGION", "value": "eu-central-1"}],
                 "logConfiguration": {"logDriver": "awslogs", "options": {
                     "awslogs-group": "/web", "awslogs-create-group": "true", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"}}}
    ecs.register_task_definition(family="app", taskRoleArn=ROLE, containerDefinitions=[container], memory="128", cpu="256")
    ecs.register_task_definition(family="plain", containerDefinitions=[{**container, "environment": []}])
    wait_for(lambda: ecs.list_container_instances(cluster="c")["containerInstanceArns"], 20, "the node")


def run(engine, family, **options):
    """A running task, as the API describes it."""
    ecs = engine.client("ecs")
    answer = ecs.run_task(cluster="c", taskDefinition=family, **options)
    assert answer["failures"] == []
    arn = answer["tasks"][0]["taskArn"]

    def running():
        task = ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]
        assert task["lastStatus"] != "STOPPED", task
        return task["lastStatus"] == "RUNNING" and task
    return wait_for(running, 20, "the task's start")


def id_of(task):
    return task["taskArn"].rsplit("/", 1)[1]
