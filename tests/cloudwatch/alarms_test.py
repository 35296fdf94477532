"""CloudWatch alarms through boto3 and the aws CLI, in AWS's shapes and texts. At 60 times AWS's pace: a minute is a second."""
import json

import pytest
from botocore.exceptions import ClientError

from harness.waiting import wait_for

ENGINE = dict(runtime="fake", time_scale=60, extra=("--balancer", "fake"))
TOPIC = "arn:aws:sns:us-east-1:123456789012:pages"
ALARM = dict(Namespace="AWS/ECS", MetricName="CPUUtilization", Dimensions=[{"Name": "ClusterName", "Value": "c"}], Statistic="Average", Period=60,
             EvaluationPeriods=3, Threshold=80.0, ComparisonOperator="GreaterThanThreshold")


@pytest.fixture(scope="module")
def cloudwatch(engine):
    return engine.client("cloudwatch")


def alarm(cloudwatch, name):
    found = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found[0] if found else None


def refused(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


def test_what_was_put_is_what_is_described(cloudwatch):
    cloudwatch.put_metric_alarm(AlarmName="echo", AlarmDescription="says it again", AlarmActions=[TOPIC], DatapointsToAlarm=2, TreatMissingData="ignore",
                                Unit="Percent", Tags=[{"Key": "team", "Value": "web"}], **ALARM)
    found = alarm(cloudwatch, "echo")
    for key, value in dict(ALARM, AlarmDescription="says it again", AlarmActions=[TOPIC], OKActions=[], InsufficientDataActions=[], DatapointsToAlarm=2,
                           TreatMissingData="ignore", Unit="Percent", ActionsEnabled=True, StateValue="INSUFFICIENT_DATA",
                           StateReason="Unchecked: Initial alarm creation").items():
        assert found[key] == value, key
    assert "ExtendedStatistic" not in found and "Metrics" not in found
    assert cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"] == [{"Key": "team", "Value": "web"}]
    by_metric = cloudwatch.describe_alarms_for_metric(Namespace="AWS/ECS", MetricName="CPUUtilization", Dimensions=ALARM["Dimensions"])
    assert "echo" in [a["AlarmName"] for a in by_metric["MetricAlarms"]]


def test_no_data_that_is_not_breaching_is_ok_within_a_minute(cloudwatch):
    cloudwatch.put_metric_alarm(AlarmName="silent", OKActions=[TOPIC], TreatMissingData="notBreaching", **dict(ALARM, MetricName="Nothing"))
    wait_for(lambda: alarm(cloudwatch, "silent")["StateValue"] == "OK", 10, "the first evaluation")
    found = alarm(cloudwatch, "silent")
    assert found["StateReason"] == "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [NonBreaching]."
    assert json.loads(found["StateReasonData"])["recentDatapoints"] == []
    items = cloudwatch.describe_alarm_history(AlarmName="silent", ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [i["HistorySummary"] for i in items] == ['Alarm "silent" created', "Alarm updated from INSUFFICIENT_DATA to OK",
                                                    f"Successfully executed action {TOPIC}"]
    assert [i["HistoryItemType"] for i in items] == ["ConfigurationUpdate", "StateUpdate", "Action"]
    update = json.loads(items[1]["HistoryData"])
    assert update["newState"]["stateReasonData"] == json.loads(found["StateReasonData"])
    message = json.loads(json.loads(json.loads(items[2]["HistoryData"])["publishedMessage"])["default"])
    assert message["NewStateValue"] == "OK" and message["AlarmArn"] == found["AlarmArn"]


def test_a_state_set_by_hand_holds_until_the_next_evaluation(cloudwatch):
    cloudwatch.put_metric_alarm(AlarmName="by-hand", TreatMissingData="notBreaching", **dict(ALARM, MetricName="Nothing"))
    wait_for(lambda: alarm(cloudwatch, "by-hand")["StateValue"] == "OK", 10, "the first evaluation")
    cloudwatch.set_alarm_state(AlarmName="by-hand", StateValue="ALARM", StateReason="a drill")
    wait_for(lambda: alarm(cloudwatch, "by-hand")["StateValue"] == "OK", 10, "the next evaluation")
    summaries = [i["HistorySummary"] for i in cloudwatch.describe_alarm_history(AlarmName="by-hand")["AlarmHistoryItems"]]
    assert summaries[:2] == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"]


@pytest.mark.parametrize("change, text", [
    ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60"),
    ({"EvaluationPeriods": 1441}, "more than a day"),
    ({"DatapointsToAlarm": 4}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
    ({"ExtendedStatistic": "p99"}, "cannot be specified together"),
    ({"AlarmActions": ["nonsense"]}, "Invalid arn syntax: nonsense"),
    ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "Anomaly detection"),
    ({"TreatMissingData": "sometimes"}, "TreatMissingData"),
])
def test_put_metric_alarm_refuses(cloudwatch, change, text):
    code, message = refused(cloudwatch.put_metric_alarm, AlarmName="refused", **{**ALARM, **change})
    assert code in ("ValidationError", "ValidationException") and text in message
    assert alarm(cloudwatch, "refused") is None


@pytest.mark.parametrize("threshold", [float("inf"), float("-inf"), float("nan")])
def test_a_threshold_is_a_finite_number(cloudwatch, threshold):
    code, message = refused(cloudwatch.put_metric_alarm, AlarmName="endless", **{**ALARM, "Threshold": threshold})
    assert code == "InvalidParameterValue" and "at 'threshold'" in message


def test_composite_alarms_are_refused_by_name(cloudwatch):
    assert "PutCompositeAlarm" in refused(cloudwatch.put_composite_alarm, AlarmName="all", AlarmRule='ALARM("a")')[1]


def test_pages_and_prefixes(cloudwatch):
    for i in range(5):
        cloudwatch.put_metric_alarm(AlarmName=f"page-{i}", **ALARM)
    pages = list(cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix="page-", PaginationConfig={"PageSize": 2}))
    assert [len(page["MetricAlarms"]) for page in pages] == [2, 2, 1]
    cloudwatch.delete_alarms(AlarmNames=[f"page-{i}" for i in range(5)])
    assert cloudwatch.describe_alarms(AlarmNamePrefix="page-")["MetricAlarms"] == []


def test_deleting_an_unknown_alarm_deletes_none(cloudwatch):
    cloudwatch.put_metric_alarm(AlarmName="stays", **ALARM)
    code, _ = refused(cloudwatch.delete_alarms, AlarmNames=["stays", "nobody"])
    assert code in ("ResourceNotFound", "ResourceNotFoundException") and alarm(cloudwatch, "stays")


def test_actions_are_switched(cloudwatch):
    cloudwatch.put_metric_alarm(AlarmName="switched", **ALARM)
    cloudwatch.disable_alarm_actions(AlarmNames=["switched"])
    assert alarm(cloudwatch, "switched")["ActionsEnabled"] is False
    cloudwatch.enable_alarm_actions(AlarmNames=["switched"])
    assert alarm(cloudwatch, "switched")["ActionsEnabled"] is True


def test_the_aws_cli_tells_the_same(engine, cloudwatch):
    engine.aws("cloudwatch", "put-metric-alarm", "--alarm-name", "cli", "--namespace", "Test", "--metric-name", "m", "--statistic", "Sum", "--period", 60,
               "--evaluation-periods", 1, "--threshold", 5, "--comparison-operator", "LessThanThreshold", "--treat-missing-data", "breaching")
    wait_for(lambda: alarm(cloudwatch, "cli")["StateValue"] == "ALARM", 10, "the first evaluation")
    told = engine.aws("cloudwatch", "describe-alarms", "--alarm-names", "cli")["MetricAlarms"][0]
    assert told["StateReason"].endswith("1 missing datapoint was treated as [Breaching].")
    items = engine.aws("cloudwatch", "describe-alarm-history", "--alarm-name", "cli")["AlarmHistoryItems"]
    assert items[0]["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"


def test_alarms_and_their_states_outlive_the_engine(new_engine):
    engine = new_engine(**ENGINE)
    engine.start()
    cloudwatch = engine.client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="kept", TreatMissingData="breaching", **ALARM)
    wait_for(lambda: alarm(cloudwatch, "kept")["StateValue"] == "ALARM", 10, "the first evaluation")
    before = alarm(cloudwatch, "kept")
    engine.kill()
    engine.start()
    assert alarm(cloudwatch, "kept") == before
    assert len(cloudwatch.describe_alarm_history(AlarmName="kept")["AlarmHistoryItems"]) == 2
