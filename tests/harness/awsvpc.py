"""A cluster with one node whose tasks have addresses of their own: for tests of network mode awsvpc and of Fargate."""
import json
import urllib.error
import urllib.request
import uuid

from .engine import binary
from .waiting import wait_for

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/http-api:v1"
USER_DATA = "#!/bin/sh\necho ECS_CLUSTER=c >> /etc/ecs/ecs.config\n"


def get(url):
    """Status and body; no status where there is no connection."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return None, ""


def serves(url):
    status, body = get(url)
    return status == 200 and len(json.loads(body)) == 52


class Site:
    """A cluster with one node, an image, and a definition that runs on both."""

    def __init__(self, engine):
        self.engine = engine
        self.ecs, self.ec2, self.elbv2 = (engine.client(name) for name in ("ecs", "ec2", "elbv2"))
        engine.scaleout("push", "--binary", binary("http-api"), "--repository", "http-api", "--tag", "v1")
        role = engine.client("iam").create_role(RoleName="execution", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
        self.ecs.create_cluster(clusterName="c", capacityProviders=["FARGATE", "FARGATE_SPOT"])
        found = self.ec2.describe_subnets()["Subnets"][:2]
        self.vpc, self.subnets = found[0]["VpcId"], [s["SubnetId"] for s in found]
        self.ec2.run_instances(ImageId="ami-0123456789abcdef0", InstanceType="t3.medium", MinCount=1, MaxCount=1, SubnetId=self.subnets[0],
                               UserData=USER_DATA)
        self.balancer_group, self.task_group = self.security_group("lb"), self.security_group("task")
        self.ec2.authorize_security_group_ingress(GroupId=self.balancer_group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        self.opening = [{"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "UserIdGroupPairs": [{"GroupId": self.balancer_group}]}]
        self.ec2.authorize_security_group_ingress(GroupId=self.task_group, IpPermissions=self.opening)
        self.definition = self.ecs.register_task_definition(
            family="web", networkMode="awsvpc", cpu="256", memory="512", executionRoleArn=role, requiresCompatibilities=["FARGATE", "EC2"],
            containerDefinitions=[{"name": "web", "image": IMAGE, "portMappings": [{"containerPort": 8080}]}])["taskDefinition"]
        wait_for(lambda: self.ecs.list_container_instances(cluster="c")["containerInstanceArns"], 20, "the node")

    def security_group(self, name):
        return self.ec2.create_security_group(GroupName=f"{name}-{uuid.uuid4().hex[:8]}", Description=name, VpcId=self.vpc)["GroupId"]

    def network(self, **changes):
        return {"awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.task_group], **changes}}

    def balancer(self, name):
        """(target group, URL)"""
        made = self.elbv2.create_load_balancer(Name=name, Subnets=self.subnets, SecurityGroups=[self.balancer_group])["LoadBalancers"][0]
        group = self.elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc, TargetType="ip", HealthCheckPath="/api",
                                               HealthCheckIntervalSeconds=10, UnhealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
        self.elbv2.modify_target_group_attributes(TargetGroupArn=group, Attributes=[
            {"Key": "deregistration_delay.timeout_seconds", "Value": "60"}])
        self.elbv2.create_listener(LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=8080,
                                   DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
        return group, f"http://{made['DNSName']}:8080/api"

    def service(self, name):
        return self.ecs.describe_services(cluster="c", services=[name])["services"][0]

    def tasks(self, name):
        """RUNNING ones of a service."""
        arns = self.ecs.list_tasks(cluster="c", serviceName=name)["taskArns"]
        found = self.ecs.describe_tasks(cluster="c", tasks=arns)["tasks"] if arns else []
        return [task for task in found if task["lastStatus"] == "RUNNING"]

    def health(self, group):
        return [(t["Target"]["Id"], t["TargetHealth"]["State"], t["TargetHealth"].get("Reason"))
                for t in self.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]]

    def steady(self, name, group, count):
        service = self.service(name)
        addresses = {address_of(task) for task in self.tasks(name)}
        return (len(service["deployments"]) == 1 and service["runningCount"] == count == len(addresses)
                and {(a, "healthy", None) for a in addresses} == set(self.health(group)) and addresses)


def details(task):
    return {d["name"]: d["value"] for d in task["attachments"][0]["details"]}


def address_of(task):
    return details(task)["privateIPv4Address"]
