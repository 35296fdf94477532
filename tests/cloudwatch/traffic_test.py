"""Real load through the real balancer to real tasks is visible as metrics, at 20 times AWS's pace: a minute is three seconds."""
import datetime
import threading
import time
import urllib.request

import pytest

from harness.engine import need
from harness.waiting import wait_for

ENGINE = dict(runtime="process", time_scale=20)
RATE, SECONDS = 60, 12


@pytest.fixture(scope="module")
def site(engine):
    need("haproxy")
    return engine.scaleout("up", "--no-autoscaling", "--nodes", "1", "--tasks", "2", "--timeout", "60").stdout.strip()


def load(url, sent):
    """A steady rate, so that every whole period has as many requests as any other."""
    begin = time.monotonic()
    for i in range(RATE * SECONDS):
        time.sleep(max(0.0, begin + i / RATE - time.monotonic()))
        with urllib.request.urlopen(f"{url}/api", timeout=10) as answer:
            assert answer.status == 200
            answer.read()
        sent.append(time.time())


def series(cloudwatch, space, name, dimensions, stat, since):
    query = dict(Id="m1", MetricStat=dict(Metric=dict(Namespace=space, MetricName=name, Dimensions=dimensions), Period=60, Stat=stat))
    now = datetime.datetime.now(datetime.timezone.utc)
    found = cloudwatch.get_metric_data(StartTime=since, EndTime=now, MetricDataQueries=[query], ScanBy="TimestampAscending")["MetricDataResults"][0]
    return list(zip(found["Timestamps"], found["Values"], strict=True))


def test_real_load_is_visible_as_metrics(engine, site):
    cloudwatch, sent, failures = engine.client("cloudwatch"), [], []

    def run():
        try:
            load(site, sent)
        except Exception as error:  # noqa: BLE001 (told by the assertion below)
            failures.append(error)
    began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=3)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not failures, failures
    balancer = engine.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"].split(":loadbalancer/")[1]
    lb = [{"Name": "LoadBalancer", "Value": balancer}]

    def counted():
        return sum(value for _, value in series(cloudwatch, "AWS/ApplicationELB", "RequestCount", lb, "Sum", began))
    wait_for(lambda: counted() >= len(sent), 15, f"all {len(sent)} requests are counted")
    assert counted() == len(sent)

    # At a period's end what was sent until then is counted, but for what the last report before it did not see yet.
    counts, sum_so_far, compared = series(cloudwatch, "AWS/ApplicationELB", "RequestCount", lb, "Sum", began), 0, 0
    for at, value in counts:
        sum_so_far, end = sum_so_far + value, at.timestamp() + 3
        if sent[0] < at.timestamp() and end < sent[-1]:
            compared += 1
            assert sum(moment < end - 2 for moment in sent) <= sum_so_far <= sum(moment < end + 1 for moment in sent), (at, counts)
    assert compared >= 2

    times = series(cloudwatch, "AWS/ApplicationELB", "TargetResponseTime", lb, "p99", began)
    assert times and all(0 < value < 5 for _, value in times)
    assert series(cloudwatch, "AWS/ApplicationELB", "HTTPCode_Target_2XX_Count", lb, "Sum", began)
    assert series(cloudwatch, "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", lb, "Sum", began) == []  # sparse
    service = [{"Name": "ClusterName", "Value": "container-cluster"}, {"Name": "ServiceName", "Value": "http-api"}]
    used = series(cloudwatch, "AWS/ECS", "CPUUtilization", service, "Average", began)
    assert used and max(value for _, value in used) > 0
    assert max(v for _, v in series(cloudwatch, "AWS/ECS", "CPUUtilization", service, "SampleCount", began)) == 2  # one sample a task
    with urllib.request.urlopen(engine.url + "/metrics", timeout=10) as answer:
        page = answer.read().decode()
    assert f'aws_applicationelb_request_count_sum{{load_balancer="{balancer}"}}' in page
    assert 'aws_ecs_service_cpuutilization_average{cluster_name="container-cluster",service_name="http-api"}' in page
