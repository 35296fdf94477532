"""CloudWatch metrics and dashboards, in the protocols that boto3 and the aws CLI speak: JSON, Query, compressed or not."""
import datetime
import gzip
import json
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

import pytest
from botocore.exceptions import ClientError

ENGINE = dict(runtime="fake", extra=("--balancer", "fake"))
MINUTE = datetime.timedelta(minutes=1)
BEGIN = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0) - 10 * MINUTE
QUEUE = [{"Name": "Queue", "Value": "orders"}]
NAMESPACE = "{http://monitoring.amazonaws.com/doc/2010-08-01/}"


@pytest.fixture(scope="module")
def cloudwatch(engine):
    return engine.client("cloudwatch")


@pytest.fixture(scope="module")
def depths(cloudwatch):
    """Depth: 4 and 8 in minute 0, 30 in minute 1, nothing in 2, 10 in 3; Workers: 2 in each."""
    points = [(0, 4), (0.5, 8), (1, 30), (3, 10)]
    data = [dict(MetricName="Depth", Dimensions=QUEUE, Timestamp=BEGIN + at * MINUTE, Value=value, Unit="Count") for at, value in points]
    data += [dict(MetricName="Workers", Dimensions=QUEUE, Timestamp=BEGIN + at * MINUTE, Value=2) for at in range(4)]
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=data)
    return cloudwatch


def query(engine, action, **parameters):
    """The Query protocol, as older SDKs and providers speak it: (status, document)."""
    body = urllib.parse.urlencode({"Action": action, "Version": "2010-08-01", **parameters}).encode()
    request = urllib.request.Request(engine.url + "/", body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, ElementTree.fromstring(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, ElementTree.fromstring(error.read())


def texts(document, path):
    return [element.text for element in document.findall(".//" + "/".join(NAMESPACE + part for part in path.split("/")))]


def metric(identifier, name="Depth", stat="Sum", **more):
    return dict(Id=identifier, MetricStat=dict(Metric=dict(Namespace="Shop", MetricName=name, Dimensions=QUEUE), Period=60, Stat=stat), **more)


def values(cloudwatch, *queries, **more):
    results = cloudwatch.get_metric_data(StartTime=BEGIN, EndTime=BEGIN + 4 * MINUTE, ScanBy="TimestampAscending", MetricDataQueries=queries,
                                         **more)["MetricDataResults"]
    return {result["Id"]: result["Values"] for result in results}


def refused(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value.response["Error"]


def test_a_period_without_a_datapoint_is_missing_and_not_zero(depths):
    found = depths.get_metric_data(StartTime=BEGIN, EndTime=BEGIN + 4 * MINUTE, ScanBy="TimestampAscending",
                                   MetricDataQueries=[metric("m1")])["MetricDataResults"][0]
    assert found["Values"] == [12.0, 30.0, 10.0] and found["Label"] == "Depth" and found["StatusCode"] == "Complete"
    assert found["Timestamps"] == [BEGIN, BEGIN + MINUTE, BEGIN + 3 * MINUTE]


def test_metric_math_over_what_was_put(depths):
    found = values(depths, metric("m1", ReturnData=False), metric("m2", "Workers", "Average", ReturnData=False),
                   dict(Id="each", Expression="m1 / m2", Label="Depth for each worker"),
                   dict(Id="filled", Expression="FILL(m1, 0)"), dict(Id="over", Expression="IF(each > 6, each, 0)"),
                   dict(Id="total", Expression="SUM(METRICS())"))
    assert found == {"each": [6.0, 15.0, 5.0], "filled": [12.0, 30.0, 0.0, 10.0], "over": [0.0, 15.0, 0.0], "total": [14.0, 32.0, 2.0, 12.0]}


@pytest.mark.parametrize("expression, told", [("m1 +", "ends too early"), ("m1 + m7", "'m7'"), ("SEARCH('{Shop} Depth', 'Sum', 60)", "SEARCH is not served"),
                                              ("bad + 1", "depends on itself"), ("1 + 1", "must be a time series")])
def test_an_expression_that_cannot_be_computed_is_refused_with_what_is_wrong(depths, expression, told):
    error = refused(depths.get_metric_data, StartTime=BEGIN, EndTime=BEGIN + MINUTE, MetricDataQueries=[metric("m1"), dict(Id="bad", Expression=expression)])
    assert error["Code"] == "ValidationError" and told in error["Message"]


def test_pages_of_datapoints_add_up_to_the_whole(depths):
    pages = depths.get_paginator("get_metric_data").paginate(StartTime=BEGIN, EndTime=BEGIN + 4 * MINUTE, ScanBy="TimestampAscending",
                                                            MetricDataQueries=[metric("m1"), metric("m2", "Workers")], MaxDatapoints=2)
    found = {"m1": [], "m2": []}
    for page in pages:
        assert sum(len(r["Values"]) for r in page["MetricDataResults"]) <= 2
        for result in page["MetricDataResults"]:
            found[result["Id"]] += result["Values"]
    assert found == {"m1": [12.0, 30.0, 10.0], "m2": [2.0] * 4}


def test_percentiles_stand_on_values_and_counts(cloudwatch):
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[dict(MetricName="Latency", Timestamp=BEGIN, Unit="Seconds", Values=[0.1, 0.2, 9.0],
                                                                  Counts=[50, 49, 1])])
    asked = dict(Namespace="Shop", MetricName="Latency", StartTime=BEGIN, EndTime=BEGIN + MINUTE, Period=60)
    point = cloudwatch.get_metric_statistics(ExtendedStatistics=["p50", "p99", "p99.9"], **asked)["Datapoints"][0]
    assert point["ExtendedStatistics"]["p50"] == 0.1 and point["ExtendedStatistics"]["p99"] == 0.2 and point["ExtendedStatistics"]["p99.9"] == 9.0
    point = cloudwatch.get_metric_statistics(Statistics=["Average", "SampleCount", "Maximum"], **asked)["Datapoints"][0]
    assert point["SampleCount"] == 100 and point["Maximum"] == 9.0 and point["Unit"] == "Seconds"
    assert point["Average"] == pytest.approx((5 + 9.8 + 9) / 100)
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[dict(MetricName="Set", Timestamp=BEGIN, StatisticValues=dict(SampleCount=2, Sum=3, Minimum=1, Maximum=2))])
    bare = cloudwatch.get_metric_statistics(ExtendedStatistics=["p99"], **dict(asked, MetricName="Set"))["Datapoints"][0]
    assert "ExtendedStatistics" not in bare  # a bare set cannot tell


def test_list_metrics_by_name_and_dimension(depths):
    assert [m["MetricName"] for m in depths.list_metrics(Namespace="Shop", Dimensions=[{"Name": "Queue"}])["Metrics"]] == ["Depth", "Workers"]
    found = depths.list_metrics(Namespace="Shop", MetricName="Depth", Dimensions=QUEUE, RecentlyActive="PT3H")["Metrics"]
    assert found == [{"Namespace": "Shop", "MetricName": "Depth", "Dimensions": QUEUE}]
    assert depths.list_metrics(Namespace="Shop", Dimensions=[{"Name": "Queue", "Value": "other"}])["Metrics"] == []


@pytest.mark.parametrize("told, change", [("MetricData.Timestamp", dict(Timestamp=BEGIN - datetime.timedelta(days=15))), ("at least one", dict(Value=None)),
                                          ("mutually exclusive", dict(Values=[1.0])), ("2^360", dict(Value=1e200)), ("metricData.2.member.value", dict(Value=float("nan"))), ("StorageResolution", dict(StorageResolution=5))])
def test_a_datum_that_cloudwatch_would_not_take_is_refused(cloudwatch, told, change):
    datum = {k: v for k, v in {**dict(MetricName="Refused", Value=1.0), **change}.items() if v is not None}
    error = refused(cloudwatch.put_metric_data, Namespace="Shop", MetricData=[dict(MetricName="Refused", Value=1.0), datum])
    assert told.lower() in error["Message"].lower()
    assert cloudwatch.list_metrics(Namespace="Shop", MetricName="Refused")["Metrics"] == []  # nothing of the request was put


def test_put_metric_data_arrives_compressed(engine, cloudwatch):
    """boto3 compresses bodies of 10 KiB and more: the wire says so, and every value arrives."""
    seen = []
    client = engine.client("cloudwatch", retries=True)
    client.meta.events.register("before-send.cloudwatch.PutMetricData", lambda request, **_: seen.append(request.headers.get("Content-Encoding")))
    client.put_metric_data(Namespace="Shop", MetricData=[dict(MetricName="Packed", Timestamp=BEGIN, Value=float(i), Dimensions=QUEUE) for i in range(600)])
    assert [s.decode() if isinstance(s, bytes) else s for s in seen] == ["gzip"]
    point = cloudwatch.get_metric_statistics(Namespace="Shop", MetricName="Packed", Dimensions=QUEUE, StartTime=BEGIN, EndTime=BEGIN + MINUTE, Period=60,
                                             Statistics=["SampleCount", "Sum"])["Datapoints"][0]
    assert (point["SampleCount"], point["Sum"]) == (600, 600 * 599 / 2)


def test_query_puts_and_reads_back(engine):
    stamp = (BEGIN + 2 * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ")
    status, _ = query(engine, "PutMetricData", **{
        "Namespace": "Form", "MetricData.member.1.MetricName": "Depth", "MetricData.member.1.Value": "2.5", "MetricData.member.1.Timestamp": stamp,
        "MetricData.member.1.Dimensions.member.1.Name": "Queue", "MetricData.member.1.Dimensions.member.1.Value": "a & b"})
    assert status == 200
    status, listed = query(engine, "ListMetrics", Namespace="Form")
    assert status == 200 and texts(listed, "Dimensions/member/Value") == ["a & b"]
    end = (BEGIN + 4 * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ")
    status, answer = query(engine, "GetMetricData", **{
        "StartTime": BEGIN.strftime("%Y-%m-%dT%H:%M:%SZ"), "EndTime": end, "MetricDataQueries.member.1.Id": "m1",
        "MetricDataQueries.member.1.MetricStat.Period": "60", "MetricDataQueries.member.1.MetricStat.Stat": "Sum",
        "MetricDataQueries.member.1.MetricStat.Metric.Namespace": "Form", "MetricDataQueries.member.1.MetricStat.Metric.MetricName": "Depth",
        "MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name": "Queue",
        "MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value": "a & b",
        "MetricDataQueries.member.2.Id": "e1", "MetricDataQueries.member.2.Expression": "m1 * 4"})
    assert status == 200, ElementTree.tostring(answer)
    assert [float(v) for v in texts(answer, "MetricDataResults/member/Values/member")] == [2.5, 10.0]
    status, error = query(engine, "GetDashboard", DashboardName="nobody")
    assert status == 404 and texts(error, "Code") == ["ResourceNotFound"]


def test_query_takes_gzip(engine, cloudwatch):
    body = gzip.compress(urllib.parse.urlencode({"Action": "PutMetricData", "Version": "2010-08-01", "Namespace": "Form",
                                                 "MetricData.member.1.MetricName": "Zipped", "MetricData.member.1.Value": "1"}).encode())
    request = urllib.request.Request(engine.url + "/", body, {
        "Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
    assert len(cloudwatch.list_metrics(Namespace="Form", MetricName="Zipped")["Metrics"]) == 1


def test_the_cli_tells_the_same(engine, depths):
    engine.aws("cloudwatch", "put-metric-data", "--namespace", "Cli", "--metric-name", "Depth", "--value", "3", "--unit", "Count", "--timestamp",
               BEGIN.isoformat())
    found = engine.aws("cloudwatch", "get-metric-statistics", "--namespace", "Cli", "--metric-name", "Depth", "--period", "60", "--statistics", "Sum",
                       "--start-time", BEGIN.isoformat(), "--end-time", (BEGIN + MINUTE).isoformat())
    assert found["Datapoints"][0]["Sum"] == 3.0 and found["Datapoints"][0]["Unit"] == "Count"
    math = engine.aws("cloudwatch", "get-metric-data", "--start-time", BEGIN.isoformat(), "--end-time", (BEGIN + 2 * MINUTE).isoformat(), "--scan-by",
                      "TimestampAscending", "--metric-data-queries", json.dumps([metric("m1", ReturnData=False), dict(Id="e1", Expression="m1 + 1")]))
    assert math["MetricDataResults"][0]["Values"] == [13.0, 31.0]
    assert [m["MetricName"] for m in engine.aws("cloudwatch", "list-metrics", "--namespace", "Cli")["Metrics"]] == ["Depth"]


def test_dashboards(engine, cloudwatch):
    body = json.dumps({"widgets": [{"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {"metrics": [["AWS/ECS", "CPUUtilization"]]}}]})
    assert cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=body)["DashboardValidationMessages"] == []
    found = cloudwatch.get_dashboard(DashboardName="shop")
    assert found["DashboardBody"] == body and found["DashboardArn"] == "arn:aws:cloudwatch::123456789012:dashboard/shop"
    entry = cloudwatch.list_dashboards(DashboardNamePrefix="sh")["DashboardEntries"][0]
    assert entry["DashboardName"] == "shop" and entry["Size"] == len(body)
    assert refused(cloudwatch.put_dashboard, DashboardName="shop", DashboardBody="{")["Code"] == "InvalidParameterInput"
    assert refused(cloudwatch.get_dashboard, DashboardName="nobody")["Code"] == "ResourceNotFound"
    assert refused(cloudwatch.delete_dashboards, DashboardNames=["shop", "nobody"])["Code"] == "ResourceNotFound"
    assert engine.aws("cloudwatch", "get-dashboard", "--dashboard-name", "shop")["DashboardBody"] == body
    cloudwatch.delete_dashboards(DashboardNames=["shop"])
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []


def test_a_dashboard_outlives_the_engine(new_engine):
    engine = new_engine(**ENGINE).start()
    engine.client("cloudwatch").put_dashboard(DashboardName="kept", DashboardBody="{}")
    engine.kill()
    engine.start()
    assert engine.client("cloudwatch").get_dashboard(DashboardName="kept")["DashboardBody"] == "{}"


def test_prometheus_gets_the_same(engine, depths):
    depths.put_metric_data(Namespace="Shop", MetricData=[dict(MetricName="Depth", Dimensions=QUEUE, Value=42.0)])
    with urllib.request.urlopen(engine.url + "/metrics", timeout=10) as answer:
        page = answer.read().decode()
    assert 'shop_depth_average{queue="orders"} 42\n' in page and "# TYPE shop_depth_average gauge\n" in page
