"""POST /_scaleout/reset: for test suites that want an empty account between tests."""
import requests

from harness.waiting import wait_for


def test_a_reset_empties_the_account_but_for_its_default_network(new_engine):
    engine = new_engine(runtime="fake", extra=("--balancer", "fake", "--allow-reset")).start()
    ecs, ec2 = engine.client("ecs"), engine.client("ec2")
    ecs.create_cluster(clusterName="gone")
    vpcs = ec2.describe_vpcs()["Vpcs"]
    assert len(vpcs) == 1 and vpcs[0]["IsDefault"]
    assert requests.post(engine.url + "/_scaleout/reset", timeout=5).status_code == 200
    assert ecs.list_clusters()["clusterArns"] == []
    assert wait_for(lambda: ec2.describe_vpcs()["Vpcs"], 5)[0]["IsDefault"]


def test_a_reset_is_refused_unless_it_was_allowed(new_engine):
    engine = new_engine(runtime="fake", extra=("--balancer", "fake")).start()
    assert requests.post(engine.url + "/_scaleout/reset", timeout=5).status_code == 403
    assert requests.get(engine.url + "/_scaleout/reset", timeout=5).status_code == 405
