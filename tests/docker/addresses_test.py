"""Tasks with an address of their own as containers: published there, on a node and on Fargate."""
import json

import pytest

from harness.awsvpc import Site, address_of, serves
from harness.engine import Engine, need
from harness.waiting import wait_for


@pytest.fixture(scope="module")
def site(dockerd):
    need("haproxy")
    engine = Engine(runtime="docker", time_scale=60, environment=dockerd.environment)
    try:
        yield Site(engine.start(60))
    finally:
        engine.close()


@pytest.mark.parametrize("launch_type", ["EC2", "FARGATE"])
def test_a_service_answers_from_containers_at_their_tasks_addresses(site, dockerd, launch_type):
    name = "web-" + launch_type.lower()
    group, url = site.balancer(name)
    site.ecs.create_service(cluster="c", serviceName=name, taskDefinition="web", desiredCount=2, launchType=launch_type,
                            loadBalancers=[{"targetGroupArn": group, "containerName": "web", "containerPort": 8080}],
                            networkConfiguration=site.network())
    addresses = wait_for(lambda: site.steady(name, group, 2), 90, "two healthy tasks")
    wait_for(lambda: serves(url), 10, "the answer")
    assert len(addresses) == 2
    for task in site.tasks(name):
        facts = json.loads(dockerd.run("inspect", task["containers"][0]["runtimeId"]).stdout)[0]
        assert facts["HostConfig"]["PortBindings"]["8080/tcp"] == [{"HostIp": address_of(task), "HostPort": "8080"}]
        assert ("/fargate/" in facts["HostConfig"]["CgroupParent"]) == (launch_type == "FARGATE")
    site.ecs.delete_service(cluster="c", service=name, force=True)
    wait_for(lambda: site.service(name)["status"] == "INACTIVE", 60, "its end")
    assert not any(serves(f"http://{address}:8080/api") for address in addresses)
