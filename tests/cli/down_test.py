"""`scaleout down` and what is not its to take: the state of a living engine, other clusters, names that are mistyped."""
import pytest

FAKE = dict(runtime="fake", extra=("--balancer", "fake"))
NOBODY = "http://127.0.0.1:9"  # discard: nobody listens there
UP = ("up", "--no-wait", "--image", "web:1", "--no-autoscaling")


@pytest.fixture
def engine(new_engine):
    return new_engine(**FAKE).start()


def lives(engine):
    return engine.process.poll() is None


def names(engine):
    elb = engine.client("elbv2")
    return ({b["LoadBalancerName"] for b in elb.describe_load_balancers()["LoadBalancers"]},
            {g["TargetGroupName"] for g in elb.describe_target_groups()["TargetGroups"]})


def clusters(engine):
    return {arn.split("/")[-1] for arn in engine.client("ecs").list_clusters()["clusterArns"]}


def test_the_state_of_a_living_engine_is_not_swept(engine):
    engine.scaleout(*UP)
    done = engine.scaleout("down", "--state", engine.state, "--endpoint-url", NOBODY, check=False)
    assert done.returncode == 8, done
    assert str(engine.process.pid) in done.stderr and "--endpoint-url" in done.stderr
    assert lives(engine) and clusters(engine) == {"container-cluster"}
    engine.kill()
    engine.scaleout("down", "--state", engine.state, "--endpoint-url", NOBODY)


def test_a_second_engine_on_a_state_is_exit_8(engine, new_engine):
    second = new_engine(**FAKE)
    second.state = engine.state
    second.spawn()
    assert second.process.wait(20) == 8
    second.process.stdout.close()
    second.process = None


def test_two_clusters_share_no_load_balancer_and_go_one_by_one(engine):
    engine.scaleout(*UP)
    engine.scaleout(*UP, "--cluster", "second")
    balancers, groups = names(engine)
    assert len(balancers) == len(groups) == 2 and "ecs-lb-http-api" in balancers and "ecs-tg-http-api" in groups
    done = engine.scaleout("down", "--cluster", "second")
    assert "the engine runs on: it has container-cluster/http-api" in done.stderr and lives(engine)
    assert names(engine) == ({"ecs-lb-http-api"}, {"ecs-tg-http-api"}) and clusters(engine) == {"container-cluster"}
    engine.scaleout("down")
    assert engine.process.wait(20) == 0


def test_two_services_share_their_cluster_s_nodes_until_the_last_one_goes(engine):
    engine.scaleout(*UP)
    engine.scaleout(*UP, "--service", "other")
    engine.scaleout("down", "--service", "other")
    assert lives(engine) and names(engine)[0] == {"ecs-lb-http-api"} and clusters(engine) == {"container-cluster"}
    assert len(engine.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]) == 1
    engine.scaleout("down")
    assert engine.process.wait(20) == 0


@pytest.mark.parametrize("flag, said", [("--cluster", "there is no cluster typo; those there are: container-cluster"),
                                        ("--service", "there is no service typo in the cluster container-cluster; it has http-api")])
def test_a_name_that_is_not_there_deletes_nothing(engine, flag, said):
    engine.scaleout(*UP)
    done = engine.scaleout("down", flag, "typo", check=False)
    assert done.returncode == 1 and said in done.stderr
    assert lives(engine) and names(engine) == ({"ecs-lb-http-api"}, {"ecs-tg-http-api"}) and clusters(engine) == {"container-cluster"}


def test_an_engine_on_which_nothing_runs_is_ended(engine):
    engine.client("ecs").create_cluster(clusterName="by-hand")
    engine.scaleout("down")
    assert engine.process.wait(20) == 0


def test_up_gives_a_service_whose_target_group_was_deleted_the_new_one(engine):
    engine.scaleout(*UP)
    ecs, elb = engine.client("ecs"), engine.client("elbv2")
    elb.delete_load_balancer(LoadBalancerArn=elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"])
    elb.delete_target_group(TargetGroupArn=elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"])
    engine.scaleout(*UP)
    service, = ecs.describe_services(cluster="container-cluster", services=["http-api"])["services"]
    assert [b["targetGroupArn"] for b in service["loadBalancers"]] == [elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]]
    revision = service["deployments"][0]["id"]
    engine.scaleout(*UP)
    service, = ecs.describe_services(cluster="container-cluster", services=["http-api"])["services"]
    assert service["deployments"][0]["id"] == revision  # what is right already is not deployed again
