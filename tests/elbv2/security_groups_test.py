"""Security groups that block: a client from its load balancer, a load balancer from its target. With a real HAProxy."""
import http.server
import json
import threading
import urllib.error
import urllib.request
import uuid

import pytest

from harness.engine import need
from harness.waiting import wait_for

ENGINE = dict(time_scale=60)
IMAGE = "ami-0123456789abcdef0"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"reached")

    def log_message(self, *_):
        pass


def rule(port, to=None, **peer):
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": to or port, **peer}]


def cidr(block):
    return {"IpRanges": [{"CidrIp": block}]}


def of_group(group):
    return {"UserIdGroupPairs": [{"GroupId": group}]}


class Site:
    """A balancer and an instance, each in a group of its own without rules for clients; on the instance listens a server of this test's."""

    def __init__(self, engine):
        self.engine, self.ec2, self.elbv2 = engine, engine.client("ec2"), engine.client("elbv2")
        subnets = self.ec2.describe_subnets()["Subnets"][:2]
        vpc = subnets[0]["VpcId"]
        self.balancer_group, self.node_group = (
            self.ec2.create_security_group(GroupName=f"{name}-{uuid.uuid4().hex[:8]}", Description=name, VpcId=vpc)["GroupId"] for name in ("lb", "node"))
        instance = self.ec2.run_instances(ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnets[0]["SubnetId"],
                                          SecurityGroupIds=[self.node_group])["Instances"][0]
        self.instance, address = instance["InstanceId"], instance["PrivateIpAddress"]
        self.server = http.server.ThreadingHTTPServer((address, 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_address[1]
        made = self.elbv2.create_load_balancer(Name="t-" + uuid.uuid4().hex[:12], Subnets=[s["SubnetId"] for s in subnets],
                                               SecurityGroups=[self.balancer_group])["LoadBalancers"][0]
        self.url = f"http://{made['DNSName']}:8080/"
        self.group = self.elbv2.create_target_group(
            Name="t-" + uuid.uuid4().hex[:12], Protocol="HTTP", Port=80, VpcId=vpc, HealthCheckIntervalSeconds=10,
            HealthyThresholdCount=2, UnhealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
        self.elbv2.create_listener(LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=8080,
                                   DefaultActions=[{"Type": "forward", "TargetGroupArn": self.group}])
        waiter = self.ec2.get_waiter("instance_running")
        waiter.wait(InstanceIds=[self.instance], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        self.elbv2.register_targets(TargetGroupArn=self.group, Targets=[{"Id": self.instance, "Port": self.port}])

    def health(self):
        shown = self.elbv2.describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"][0]["TargetHealth"]
        return shown["State"], shown.get("Reason"), shown.get("Description")

    def ask(self):
        """The status; None where there is no connection."""
        try:
            with urllib.request.urlopen(self.url, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def explained(self):
        checks = json.loads(self.engine.scaleout("doctor", "--output", "json", check=False).stdout)
        return next(check["what"] for check in checks if check["check"] == "groups")


@pytest.fixture(scope="module")
def site(engine):
    need("haproxy")
    made = Site(engine)
    yield made
    made.server.shutdown()


def test_clients_whom_no_rule_admits_get_no_connection(site):
    assert "of load balancer t-" in site.explained() and "admit nobody" in site.explained()
    site.ec2.authorize_security_group_ingress(GroupId=site.balancer_group, IpPermissions=rule(8080, **cidr("203.0.113.0/24")))
    wait_for(lambda: "admit 203.0.113.0/24 only" in site.explained(), 10, "the rule in doctor's words")
    assert site.ask() is None
    site.ec2.authorize_security_group_ingress(GroupId=site.balancer_group, IpPermissions=rule(8080, **cidr("127.0.0.1/32")))
    wait_for(lambda: site.ask() is not None, 20, "a connection")
    assert "takes no connection" not in site.explained()


def test_a_target_whose_group_lets_nothing_in_times_out(site):
    wait_for(lambda: site.health() == ("unhealthy", "Target.Timeout", "Request timed out"), 30, "AWS's reason")
    assert site.ask() == 503
    told = site.explained()
    assert f"target {site.instance}:{site.port}" in told and f"({site.node_group}) let nothing in from load balancer" in told, told


def test_a_rule_for_the_balancers_group_brings_the_target_back(site):
    site.ec2.authorize_security_group_ingress(GroupId=site.node_group, IpPermissions=rule(1024, 65535, **of_group(site.balancer_group)))
    wait_for(lambda: site.health()[0] == "healthy", 30, "a healthy target")
    wait_for(lambda: site.ask() == 200, 10, "an answer")
    assert site.explained() == "security groups block no listener and no target"


def test_a_balancer_that_may_not_go_out_reaches_nobody(site):
    everything = [{"IpProtocol": "-1", **cidr("0.0.0.0/0")}]
    site.ec2.revoke_security_group_egress(GroupId=site.balancer_group, IpPermissions=everything)
    wait_for(lambda: site.health()[1] == "Target.Timeout", 30, "the end of health")
    assert "let nothing out to node" in site.explained()
    site.ec2.authorize_security_group_egress(GroupId=site.balancer_group, IpPermissions=rule(site.port, **of_group(site.node_group)))
    wait_for(lambda: site.health()[0] == "healthy", 30, "health again")


def test_a_blocked_target_leaves_at_once(site):
    site.ec2.revoke_security_group_egress(GroupId=site.balancer_group, IpPermissions=rule(site.port, **of_group(site.node_group)))
    wait_for(lambda: site.health()[1] == "Target.Timeout", 30, "the end of health")
    site.elbv2.modify_target_group_attributes(TargetGroupArn=site.group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}])
    site.elbv2.deregister_targets(TargetGroupArn=site.group, Targets=[{"Id": site.instance, "Port": site.port}])
    wait_for(lambda: not site.elbv2.describe_target_health(TargetGroupArn=site.group)["TargetHealthDescriptions"], 30, "the end of the target")
