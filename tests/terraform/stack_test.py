"""The http-api stack's life with the real provider, in the order in which a user leads it: apply, an answer through the balancer, an empty plan,
every tunable changed, scaling, import, destroy with tasks running. What takes seconds is done once and looked at by several tests."""
import json
import re
import signal
import subprocess
import threading
import urllib.request

import pytest

from harness.engine import binary, need
from harness.waiting import wait_for
from terraform import Terraform

ENGINE = dict(runtime="process", time_scale=20)
CLUSTER, SERVICE = "container-cluster", "http-api"
# What a test cannot wait for is short.
VARIABLES = dict(nodes_min=2, nodes_max=4, tasks_desired=2, tasks_min=2, tasks_max=6, deregistration_delay=2, wait_for_steady_state=True, alarm_topic=True,
                 slow_start=30, health_check={"interval": 5, "timeout": 2})
# Every tunable that AWS changes in place, all at once: a plan costs seconds.
CHANGED = dict(
    tags={"team": "web"}, client_cidrs=["127.0.0.0/8"], idle_timeout=30, scan_on_push=False, immutable_image_tags=True, kept_images=5,
    instance_type="t3.small", cpu_credits="standard", nodes_min=1, nodes_max=5, nodes_cpu_percent=20, nodes_cooldown=60, nodes_warmup=30, container_insights=True,
    detailed_monitoring=False, task_cpu=128, task_memory=192, task_memory_reservation=96, environment={"WORK_US": "2000"}, placement="binpack",
    health_check_grace_period=10, log_retention_days=30, deployment_minimum_healthy_percent=50, deployment_maximum_percent=150,
    circuit_breaker=False, deregistration_delay=3, slow_start=0, balancing="least_outstanding_requests",
    health_check={"path": "/api", "matcher": "200-299", "interval": 6, "timeout": 3, "healthy_threshold": 3, "unhealthy_threshold": 3},
    tasks_min=3, tasks_max=8, tasks_cpu_percent=60, tasks_memory_percent=70, tasks_requests_per_minute=600, scale_out_cooldown=30,
    scale_in_cooldown=90, schedules={"night": {"schedule": "cron(0 22 * * ? *)", "min": 2, "max": 4}}, alarm_errors_per_minute=10,
    alarm_latency_seconds=2)


def push_when_there_is_a_repository(engine, tag="latest"):
    """As a person does between two applies: the service's first task waits for its image."""
    def there():
        return any(r["repositoryName"] == SERVICE for r in engine.client("ecr").describe_repositories()["repositories"])
    wait_for(there, 120, "the repository")
    engine.scaleout("push", "--binary", binary("http-api"), "--repository", SERVICE, "--tag", tag)


@pytest.fixture(scope="module")
def stack(engine, tmp_path_factory):
    need("haproxy")
    need("bwrap")
    made = Terraform(engine, tmp_path_factory.mktemp("stack"), variables=VARIABLES)
    pushing = threading.Thread(target=push_when_there_is_a_repository, args=(engine,))
    pushing.start()
    try:
        made.apply()
    finally:
        pushing.join()
    return made


def service(engine):
    return engine.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]


def nodes(engine):
    found = engine.client("ec2").describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])["Reservations"]
    return [i for r in found for i in r["Instances"]]


def ask(url):
    with urllib.request.urlopen(url + "/api", timeout=10) as answer:
        return answer.status, answer.read()


def test_the_service_answers_through_its_load_balancer(stack, engine):
    status, body = ask(stack.output("service_url"))
    assert status == 200 and body.startswith(b'{"0":')


def test_nodes_are_what_the_launch_template_says(stack, engine):
    assert len(nodes(engine)) == 2
    for node in nodes(engine):
        assert (node["MetadataOptions"]["HttpTokens"], node["MetadataOptions"]["HttpPutResponseHopLimit"]) == ("required", 1)
        assert node["IamInstanceProfile"]["Arn"].split("/")[-1].startswith("container-cluster-node-")
        assert {t["Key"]: t["Value"] for t in node["Tags"]}["Project"] == SERVICE


def test_ecs_drains_nodes_before_they_go_though_it_does_not_scale_them(stack, engine):
    group = stack.output("node_group_name")
    hooks = engine.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"]
    assert [hook["LifecycleHookName"] for hook in hooks] == ["ecs-managed-draining-termination-hook"]
    providers = engine.client("ecs").describe_capacity_providers(capacityProviders=[f"{CLUSTER}-nodes"])["capacityProviders"]
    assert providers[0]["autoScalingGroupProvider"]["managedScaling"]["status"] == "DISABLED" and service(engine)["launchType"] == "EC2"


def test_everything_carries_the_stacks_tags(stack, engine):
    found = engine.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Project", "Values": [SERVICE]}])["ResourceTagMappingList"]
    kinds = {m["ResourceARN"].split(":")[2] for m in found}
    assert kinds >= {"ec2", "ecs", "ecr", "elasticloadbalancing", "logs", "cloudwatch", "sns"}, kinds


def test_there_are_as_many_as_the_document_counts_costs_of(stack, engine):
    balancers = engine.client("elbv2").describe_load_balancers()["LoadBalancers"]
    subnets = engine.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    assert [len(b["AvailabilityZones"]) for b in balancers] == [len(subnets)]
    alarms = [a["AlarmName"] for a in engine.client("cloudwatch").describe_alarms()["MetricAlarms"]]
    assert (len(alarms), sum(name.startswith("TargetTracking-") for name in alarms)) == (8, 4), alarms
    assert len(engine.client("cloudwatch").list_dashboards()["DashboardEntries"]) == 1
    assert all(node["Monitoring"]["State"] == "enabled" for node in nodes(engine))
    assert engine.client("ec2").describe_nat_gateways()["NatGateways"] == []


def test_the_second_plan_is_empty(stack):
    stack.plan_is_empty()


def test_every_tunable_changes_in_place_and_the_next_plan_is_empty(stack, engine):
    created, revision = service(engine)["createdAt"], service(engine)["taskDefinition"]
    stack.variables |= CHANGED
    output = stack.apply()
    # A new revision replaces a task definition, the provider writes a lifecycle policy anew, and the rule of the clients' old block goes.
    replaced = set(re.findall(r"# (\S+) must be replaced", output))
    assert replaced == {"module.service.aws_ecs_task_definition.this", "module.registry.aws_ecr_lifecycle_policy.this"}, replaced
    assert re.findall(r"# (\S+) will be destroyed", output) == ['module.service.aws_vpc_security_group_ingress_rule.clients["80-0.0.0.0/0"]'], output
    now = service(engine)
    assert now["createdAt"] == created and now["taskDefinition"] != revision
    assert now["deploymentConfiguration"]["maximumPercent"] == 150
    assert ask(stack.output("service_url"))[0] == 200
    stack.plan_is_empty()


def counts(engine, group):
    """Tasks and nodes that are wanted."""
    found = engine.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0]
    return service(engine)["desiredCount"], found["DesiredCapacity"]


def test_tasks_and_nodes_scale_out_and_in_under_load_and_no_plan_shows_it(stack, engine):
    group, url = stack.output("node_group_name"), stack.output("service_url")
    least = (CHANGED["tasks_min"], CHANGED["nodes_min"])
    wait_for(lambda: counts(engine, group) == least, 120, "the least of both")
    # 0.16 cores: the tasks reserve 0.075, and the node's two vCPUs are 0.4.
    load = subprocess.Popen([engine.program, "load", f"{url}/api", "--rate", "80", "--duration", "1h", "--output", "json"],
                            stdout=subprocess.PIPE, text=True, env=engine.client_environment())
    try:
        wait_for(lambda: all(now > before for now, before in zip(counts(engine, group), least)), 90, "more tasks and nodes")
        stack.plan_is_empty()
    finally:
        load.send_signal(signal.SIGINT)
        told = load.communicate(timeout=90)[0]
    figures = json.loads(told)
    # Other tests run beside this one: an answer may be late, none may be wrong.
    assert figures["requests"]["ok"] > 0 and set(figures["errors"]) <= {"timeout"}, figures["errors"]
    wait_for(lambda: counts(engine, group) == least, 240, "the least of both again")


def test_cluster_and_service_that_terraform_forgot_are_imported(stack):
    parts = {"module.cluster.aws_ecs_cluster.this": CLUSTER, "module.service.aws_ecs_service.this": f"{CLUSTER}/{SERVICE}"}
    stack.run("state", "rm", *parts)
    blocks = [f'import {{\n  to = {address}\n  id = "{name}"\n}}\n' for address, name in parts.items()]
    (stack.folder / "import.tf").write_text("".join(blocks))
    output = stack.apply()
    assert "2 imported, 0 added" in output and " 0 destroyed" in output and "must be replaced" not in output, output
    stack.plan_is_empty()


def test_a_certificate_makes_it_https_and_http_leads_there(stack, engine, tmp_path):
    acm = engine.client("acm")
    stack.variables["certificate_arn"] = arn = acm.request_certificate(DomainName="api.example.com", ValidationMethod="DNS")["CertificateArn"]
    (stack.folder / "import.tf").unlink(missing_ok=True)
    output = stack.apply()
    assert "must be replaced" not in output and "will be destroyed" not in output, output
    stack.plan_is_empty()
    trusted = tmp_path / "authority.pem"
    trusted.write_text(acm.get_certificate(CertificateArn=arn)["CertificateChain"])
    balancer = engine.client("elbv2").describe_load_balancers()["LoadBalancers"][0]
    address = re.search(r"[0-9.]+", balancer["DNSName"])[0]
    ports = {p: bound(engine, p) for p in (80, 443)}

    def asked():
        return subprocess.run([need("curl"), "--silent", "--show-error", "--location", "--cacert", trusted, "--max-time", "10",
                               *(part for p in ports.values() for part in ("--resolve", f"api.example.com:{p}:{address}")), "--write-out", " %{http_code} %{scheme}",
                               f"http://api.example.com:{ports[80]}/api"], capture_output=True, text=True, check=False)
    wait_for(lambda: asked().stdout.endswith(" 200 HTTPS"), 20, "an answer over TLS")


def bound(engine, port):
    """Where a listener really is: low ports are not to be had by everybody."""
    with urllib.request.urlopen(engine.url + "/_scaleout/usage", timeout=10) as answer:
        return next(one["bound_port"] for one in json.load(answer)["listeners"] if one["port"] == port)


def test_destroy_with_tasks_running_leaves_nothing(stack, engine):
    assert service(engine)["runningCount"] > 0
    stack.destroy()
    ecs, ec2, iam = engine.client("ecs"), engine.client("ec2"), engine.client("iam")
    assert ecs.list_clusters()["clusterArns"] == []
    assert {p["name"] for p in ecs.describe_capacity_providers()["capacityProviders"] if p["status"] == "ACTIVE"} == {"FARGATE", "FARGATE_SPOT"}
    assert engine.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert engine.client("elbv2").describe_target_groups()["TargetGroups"] == []
    assert engine.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert engine.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    assert engine.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert engine.client("sns").list_topics()["Topics"] == []
    assert engine.client("ecr").describe_repositories()["repositories"] == []
    assert engine.client("logs").describe_log_groups()["logGroups"] == []
    assert [r for r in iam.list_roles()["Roles"] if not r["Path"].startswith("/aws-service-role/")] == []  # AWS's own stay, as there
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
    assert {g["GroupName"] for g in ec2.describe_security_groups()["SecurityGroups"]} == {"default"}
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []
    assert nodes(engine) == []
    wait_for(lambda: not processes_of(engine), 20, "the end of every task's process")


def processes_of(engine):
    listed = subprocess.run(["pgrep", "-f", f"{engine.state}/tasks/"], capture_output=True, text=True, check=False)
    return listed.stdout.split()
