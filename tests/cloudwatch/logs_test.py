"""CloudWatch Logs through boto3: streams come and go with their events."""
import time

import pytest
from botocore.exceptions import ClientError

ENGINE = dict(runtime="fake", extra=("--balancer", "fake"))
GROUP = "/own/group"


def test_a_deleted_stream_takes_its_events_along(engine):
    logs = engine.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    for stream in ("gone", "kept"):
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=[{"timestamp": int(time.time() * 1000), "message": stream}])
    logs.delete_log_stream(logGroupName=GROUP, logStreamName="gone")
    assert [s["logStreamName"] for s in logs.describe_log_streams(logGroupName=GROUP)["logStreams"]] == ["kept"]
    with pytest.raises(ClientError) as again:
        logs.delete_log_stream(logGroupName=GROUP, logStreamName="gone")
    assert again.value.response["Error"]["Code"] == "ResourceNotFoundException"
    logs.create_log_stream(logGroupName=GROUP, logStreamName="gone")
    assert logs.get_log_events(logGroupName=GROUP, logStreamName="gone")["events"] == []
    assert [e["message"] for e in logs.filter_log_events(logGroupName=GROUP)["events"]] == ["kept"]
