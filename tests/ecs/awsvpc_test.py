"""Tasks with an address of their own, on a node and on Fargate: real processes behind a real load balancer, asked with plain HTTP."""
import json
import pathlib
import subprocess
import uuid

import pytest

from harness.awsvpc import Site, address_of, details, get, serves
from harness.engine import absent, need
from harness.refusal import refused
from harness.waiting import wait_for

ENGINE = dict(runtime="process", time_scale=60)

@pytest.fixture(scope="module")
def site(engine):
    need("haproxy")
    return Site(engine)


@pytest.fixture(scope="module", params=["EC2", "FARGATE"])
def served(request, site):
    """A service of two tasks behind a target group of type ip: (its name, the group, the URL, its launch type)."""
    name = "web-" + request.param.lower()
    group, url = site.balancer(name)
    site.ecs.create_service(cluster="c", serviceName=name, taskDefinition="web", desiredCount=2, launchType=request.param,
                            loadBalancers=[{"targetGroupArn": group, "containerName": "web", "containerPort": 8080}],
                            networkConfiguration=site.network())
    wait_for(lambda: site.steady(name, group, 2), 60, "two healthy tasks")
    return name, group, url, request.param


def test_a_service_answers_through_its_load_balancer(served):
    wait_for(lambda: serves(served[2]), 10, "the answer")


def test_each_task_has_an_address_and_an_interface_of_its_own(site, served):
    name, group, _, launch_type = served
    tasks = site.tasks(name)
    nodes = site.ec2.describe_instances()["Reservations"][0]["Instances"]
    for task in tasks:
        address, interface = address_of(task), details(task)["networkInterfaceId"]
        assert serves(f"http://{address}:8080/api")
        assert address != nodes[0]["PrivateIpAddress"]
        assert (task["attachments"][0]["type"], task["attachments"][0]["status"]) == ("ElasticNetworkInterface", "ATTACHED")
        container = task["containers"][0]
        assert container["networkInterfaces"] == [{"attachmentId": task["attachments"][0]["id"], "privateIpv4Address": address}]
        assert container["networkBindings"] == []
        shown = site.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
        assert shown["PrivateIpAddress"] == address and shown["Groups"][0]["GroupId"] == site.task_group
        assert shown["SubnetId"] == details(task)["subnetId"] and shown["MacAddress"] == details(task)["macAddress"]
        assert task["launchType"] == launch_type
        assert ("containerInstanceArn" in task) == (launch_type == "EC2")
        assert (task.get("platformVersion"), task.get("platformFamily")) == (("1.4.0", "Linux") if launch_type == "FARGATE" else (None, None))
    assert len({address_of(task) for task in tasks}) == len(tasks)


def test_a_restarted_engine_finds_the_tasks_at_their_addresses(site, served, engine):
    name, group, url, _ = served
    before = {task["taskArn"]: address_of(task) for task in site.tasks(name)}
    engine.kill()
    assert serves(url)  # nothing of it hangs on the engine
    engine.start()
    wait_for(lambda: site.steady(name, group, 2), 30, "steady again")
    assert {task["taskArn"]: address_of(task) for task in site.tasks(name)} == before


def test_more_tasks_get_other_addresses_and_fewer_drain(site, served):
    name, group, url, _ = served
    site.ecs.update_service(cluster="c", service=name, desiredCount=4)
    more = wait_for(lambda: site.steady(name, group, 4), 60, "four tasks")
    site.ecs.update_service(cluster="c", service=name, desiredCount=2)
    fewer = wait_for(lambda: site.steady(name, group, 2), 60, "two tasks")
    assert len(more) == 4 and fewer < more
    assert serves(url)
    for address in more - fewer:
        assert get(f"http://{address}:8080/api")[0] is None


def test_a_new_network_configuration_rolls_the_service(site, served):
    name, group, url, launch_type = served
    before = {task["taskArn"] for task in site.tasks(name)}
    updated = site.ecs.update_service(cluster="c", service=name, networkConfiguration=site.network(subnets=site.subnets[:1]))["service"]
    assert len(updated["deployments"]) == 2
    assert updated["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == site.subnets[:1]
    wait_for(lambda: site.steady(name, group, 2), 60, "the new tasks")
    tasks = site.tasks(name)
    assert before.isdisjoint({task["taskArn"] for task in tasks})
    assert {details(task)["subnetId"] for task in tasks} == {site.subnets[0]}
    assert serves(url)


def test_the_tasks_security_group_decides_whether_the_balancer_reaches_them(site, served, engine):
    name, group, url, _ = served
    site.ec2.revoke_security_group_ingress(GroupId=site.task_group, IpPermissions=site.opening)
    wait_for(lambda: get(url)[0] == 503, 20, "no way to the tasks")
    checks = json.loads(engine.scaleout("doctor", "--output", "json", check=False).stdout)
    told = next(check["what"] for check in checks if check["check"] == "groups")
    assert f"({site.task_group}) let nothing in from load balancer {name}" in told, told
    site.ec2.authorize_security_group_ingress(GroupId=site.task_group, IpPermissions=site.opening)
    wait_for(lambda: site.steady(name, group, 2) and serves(url), 60, "an answer again")


def test_what_tasks_use_is_not_deleted(site, served):
    refused("DependencyViolation", site.ec2.delete_security_group, GroupId=site.task_group)
    refused("DependencyViolation", site.ec2.delete_subnet, SubnetId=site.subnets[0])


@pytest.mark.parametrize("launch_type", ["EC2", "FARGATE"])
def test_a_task_of_its_own_answers_at_its_address_until_it_is_stopped(site, launch_type):
    public = {"assignPublicIp": "ENABLED"} if launch_type == "FARGATE" else {}
    started = site.ecs.run_task(cluster="c", taskDefinition="web", launchType=launch_type, networkConfiguration=site.network(**public))
    assert not started["failures"]
    assert started["tasks"][0]["attachments"][0]["status"] == "PRECREATED"
    arn = started["tasks"][0]["taskArn"]

    def task():
        return site.ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]
    wait_for(lambda: task()["lastStatus"] == "RUNNING", 30, "the task")
    address, interface = address_of(task()), details(task())["networkInterfaceId"]
    wait_for(lambda: serves(f"http://{address}:8080/api"), 10, "the answer")
    if public:
        shown = site.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
        assert serves(f"http://{shown['Association']['PublicIp']}:8080/api")
    site.ecs.stop_task(cluster="c", task=arn)
    wait_for(lambda: task()["lastStatus"] == "STOPPED", 30, "its end")
    assert task()["attachments"][0]["status"] == "DELETED"
    refused("InvalidNetworkInterfaceID.NotFound", site.ec2.describe_network_interfaces, NetworkInterfaceIds=[interface])
    assert get(f"http://{address}:8080/api")[0] is None


def test_fargate_shows_no_container_instance_and_is_counted_apart(site, served):
    if served[3] != "FARGATE":
        return
    assert len(site.ecs.list_container_instances(cluster="c")["containerInstanceArns"]) == 1
    cluster = site.ecs.describe_clusters(clusters=["c"], include=["STATISTICS"])["clusters"][0]
    statistics = {s["name"]: s["value"] for s in cluster["statistics"]}
    assert (statistics["runningFargateTasksCount"], statistics["activeFargateServiceCount"]) == ("2", "1")
    assert cluster["runningTasksCount"] == int(statistics["runningEC2TasksCount"]) + 2
    service = site.service(served[0])
    assert (service["launchType"], service["platformVersion"], service["platformFamily"]) == ("FARGATE", "LATEST", "Linux")
    assert service["deployments"][0]["platformVersion"] == "1.4.0"


def limit(task, *names):
    """What the first of these files of the task's cgroup says, in whichever hierarchy it is."""
    for name in names:
        for path in pathlib.Path("/sys/fs/cgroup").glob(f"**/scaleout-*/fargate/{task['taskArn'].rsplit('/', 1)[1]}/{name}"):
            return [int(number) for number in path.read_text().split()]
    return absent(f"a cgroup with {names[0]}")


def test_a_fargate_task_has_the_cpu_and_the_memory_of_its_size(site, served):
    if served[3] != "FARGATE":
        return
    for task in site.tasks(served[0]):
        assert limit(task, "memory.max", "memory.limit_in_bytes") == [512 << 20]
        quota = limit(task, "cpu.max", "cpu.cfs_quota_us")
        period = quota[1] if len(quota) == 2 else limit(task, "cpu.cfs_period_us")[0]
        assert quota[0] / period == pytest.approx(0.25 * 0.2)  # vCPUs, and the real cores that one stands for


def test_a_strategy_of_fargate_providers_runs_without_a_node(site):
    site.ecs.create_service(cluster="c", serviceName="spot", taskDefinition="web", desiredCount=3, networkConfiguration=site.network(),
                            capacityProviderStrategy=[{"capacityProvider": "FARGATE", "base": 1, "weight": 1},
                                                      {"capacityProvider": "FARGATE_SPOT", "weight": 3}])
    wait_for(lambda: len(site.tasks("spot")) == 3, 30, "three tasks")
    assert sorted(task["capacityProviderName"] for task in site.tasks("spot")) == ["FARGATE", "FARGATE_SPOT", "FARGATE_SPOT"]
    site.ecs.delete_service(cluster="c", service="spot", force=True)
    wait_for(lambda: site.service("spot")["status"] == "INACTIVE", 30, "its end")


def test_autoscaling_follows_the_cpu_of_tasks_on_fargate(site, engine):
    """A quarter of a vCPU is 50 ms of CPU a second here; 30 requests of 1.5 ms are 90 % of one task's, 45 % of two tasks'."""
    busy = {**site.definition["containerDefinitions"][0], "environment": [{"name": "WORK_US", "value": "1500"}]}
    site.ecs.register_task_definition(family="busy", networkMode="awsvpc", cpu="256", memory="512", executionRoleArn=site.definition["executionRoleArn"],
                                      requiresCompatibilities=["FARGATE"], containerDefinitions=[busy])
    group, url = site.balancer("busy")
    site.ecs.create_service(cluster="c", serviceName="busy", taskDefinition="busy", desiredCount=1, launchType="FARGATE",
                            loadBalancers=[{"targetGroupArn": group, "containerName": "web", "containerPort": 8080}],
                            networkConfiguration=site.network())
    wait_for(lambda: site.steady("busy", group, 1), 30, "one healthy task")
    scaling = engine.client("application-autoscaling")
    target = dict(ServiceNamespace="ecs", ResourceId="service/c/busy", ScalableDimension="ecs:service:DesiredCount")
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)
    scaling.put_scaling_policy(**target, PolicyName="cpu", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration={
        "TargetValue": 60, "ScaleOutCooldown": 60, "ScaleInCooldown": 60,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}})
    load = subprocess.Popen([engine.program, "load", url, "--rate", "30", "--duration", "60s"], stdout=subprocess.DEVNULL, env=engine.client_environment())
    try:
        more = wait_for(lambda: site.service("busy")["runningCount"] > 1 and site.service("busy")["runningCount"], 40, "more tasks")
    finally:
        load.kill()
        load.wait()
    assert more <= 3
    wait_for(lambda: site.service("busy")["runningCount"] == 1, 60, "one task again")
    site.ecs.delete_service(cluster="c", service="busy", force=True)
    wait_for(lambda: site.service("busy")["status"] == "INACTIVE", 30, "its end")


@pytest.mark.parametrize("launch_type", ["EC2", "FARGATE"])
def test_a_target_group_of_instances_is_no_place_for_them(site, launch_type):
    group = site.elbv2.create_target_group(Name="t-" + uuid.uuid4().hex[:8], Protocol="HTTP", Port=80, VpcId=site.vpc)["TargetGroups"][0]["TargetGroupArn"]
    listener = site.elbv2.describe_listeners(LoadBalancerArn=site.elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"])["Listeners"][0]
    site.elbv2.create_rule(ListenerArn=listener["ListenerArn"], Priority=1 if launch_type == "EC2" else 2,
                           Conditions=[{"Field": "path-pattern", "Values": ["/none"]}], Actions=[{"Type": "forward", "TargetGroupArn": group}])
    told = refused("InvalidParameterException", site.ecs.create_service, cluster="c", serviceName="no", taskDefinition="web", desiredCount=1,
                   launchType=launch_type, networkConfiguration=site.network(),
                   loadBalancers=[{"targetGroupArn": group, "containerName": "web", "containerPort": 8080}])
    assert "target type instance, which is incompatible with the awsvpc network mode" in told
