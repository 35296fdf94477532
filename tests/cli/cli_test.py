"""The commands that look: status, events, logs, env, doctor. Help, bad input, nobody there, text and JSON."""
import json
import os
import re
import signal
import subprocess
import time
import urllib.request

import pytest

from harness.engine import binary

ENGINE = dict(runtime="fake", extra=("--balancer", "fake"))
COMMANDS = ["engine", "up", "down", "push", "demo", "load", "report", "status", "events", "logs", "env", "doctor"]
NOBODY = "http://127.0.0.1:9"  # discard: nobody listens there


def run(*arguments, **environment):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SCALEOUT_"))}
    return subprocess.run([binary("scaleout"), *arguments], env={**kept, **environment}, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def service(engine):
    """A service of no tasks, and what one of them printed before."""
    ecs, logs = engine.client("ecs"), engine.client("logs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="web", containerDefinitions=[{
        "name": "web", "image": "web:1", "cpu": 256, "memory": 128,
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/other-name", "awslogs-region": "us-east-1"}}}])
    ecs.create_service(cluster="c", serviceName="web", taskDefinition="web", desiredCount=0)
    logs.create_log_group(logGroupName="/ecs/other-name")
    for stream in ("web/web/aaaabbbb", "web/web/ccccdddd"):
        logs.create_log_stream(logGroupName="/ecs/other-name", logStreamName=stream)
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName="/ecs/other-name", logStreamName="web/web/aaaabbbb", logEvents=[
        {"timestamp": now - 3600_000, "message": "an hour ago"}, {"timestamp": now - 3000, "message": "one"}, {"timestamp": now - 1000, "message": "three"}])
    logs.put_log_events(logGroupName="/ecs/other-name", logStreamName="web/web/ccccdddd", logEvents=[{"timestamp": now - 2000, "message": "two"}])
    return ("--cluster", "c", "--service", "web")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_acts_on_nothing(command):
    done = run(command, "--help", AWS_ENDPOINT_URL=NOBODY)
    assert done.returncode == 0
    assert f"scaleout {command}" in done.stdout and done.stderr == ""


@pytest.mark.parametrize("arguments", [
    (), ("statsu",), ("status", "--bogus"), ("status", "extra"), ("status", "--output", "xml"), ("events", "--limit", "0"), ("events", "--limit", "many"),
    ("logs", "--since", "yesterday"), ("logs", "--limit", "-1"), ("env", "--endpoint-url", "no url"), ("doctor", "--state")])
def test_bad_input_says_what_and_what_to_do(arguments):
    done = run(*arguments)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert done.stderr.startswith("error: "), done.stderr


@pytest.mark.parametrize("arguments, said", [
    (("engine", "--account", "12"), "12 digits"), (("engine", "--account", ""), "12 digits"), (("up", "--account", "12345678901x"), "12 digits"),
    (("engine", "--region", "x y"), "'x y' is no AWS region"), (("engine", "--region", ""), "region"),
    (("engine", "--listen", "127.0.0.1"), "'127.0.0.1' is no address"), (("engine", "--listen", ":abc"), "':abc' is no address"),
    (("engine", "--listen", ":99999"), "':99999' is no address"), (("engine", "--listen", "127.0.0.1:99999"), "is no address"),
    (("engine", "--listen", "foo"), "'foo' is no address"),
    (("status", "--endpoint-url", "foo"), "foo"), (("down", "--endpoint-url", "foo"), "foo"), (("status", "--region", "x y"), "region"),
    (("push", "--binary", "/bin/true", "--repository", "app", "--tag", "bad tag"), "'bad tag' is no tag"),
    (("push", "--binary", "/bin/true", "--repository", "App x", "--tag", "1"), "'App x' is no name of a repository"),
    (("up", "--app-version", "a b"), "'a b' is no tag"),
    (("up", "--nodes-min", "4", "--nodes-max", "2"), "--nodes-min 4 is above --nodes-max 2"), (("up", "--nodes", "50"), "--nodes 50 is above"),
    (("up", "--tasks-min", "5", "--tasks-max", "2"), "--tasks-min 5 is above --tasks-max 2"), (("up", "--tasks", "30"), "--tasks 30 is above"),
    (("demo", "--stages", "foo"), "--stages")])
def test_a_wrong_value_is_exit_2_before_anything_is_made(arguments, said, tmp_path):
    done = run(*arguments, HOME=str(tmp_path), TMPDIR=str(tmp_path), XDG_STATE_HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.startswith("error: ") and said in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flag", ["--html", "--png"])
def test_a_report_that_cannot_be_written_is_said_before_the_demo_runs(flag, tmp_path):
    done = run("demo", flag, str(tmp_path / "missing" / "report"), TMPDIR=str(tmp_path))
    assert done.returncode == 1 and "cannot write" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_renderer_that_is_missing_is_said_before_the_demo_runs(tmp_path):
    done = run("demo", "--html", str(tmp_path / "a.html"), "--png", str(tmp_path / "a.png"), TMPDIR=str(tmp_path), PATH=str(tmp_path))
    assert done.returncode == 1 and "librsvg2-bin" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("status",), ("status", "--watch"), ("events",), ("events", "-f"), ("logs",), ("logs", "-f")])
def test_nobody_there_is_exit_4(arguments):
    done = run(*arguments, "--endpoint-url", NOBODY)
    assert done.returncode == 4
    assert NOBODY in done.stderr and "hint: " in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["status", "events"])
def test_a_missing_service_names_those_there_are(engine, service, command):
    done = engine.scaleout(command, "--cluster", "c", "--service", "wbe", check=False)
    assert done.returncode == 1 and "it has web" in done.stderr and "hint: " in done.stderr
    done = engine.scaleout(command, "--cluster", "nowhere", check=False)
    assert done.returncode == 1 and "there is no cluster nowhere" in done.stderr


def test_status_in_words_and_in_json(engine, service):
    text = engine.scaleout("status", *service).stdout
    assert text.startswith("web  ACTIVE  in c\n")
    assert "tasks: 0 desired, 0 running, 0 pending, 0 healthy; task definition web:1" in text
    assert "\x1b" not in text  # no terminal, no colour
    told = json.loads(engine.scaleout("status", *service, "--output", "json").stdout)
    assert told["service"] == {"desired": 0, "running": 0, "pending": 0, "name": "web", "cluster": "c", "status": "ACTIVE", "healthy": 0,
                               "taskDefinition": "web:1"}
    assert [d["status"] for d in told["deployments"]] == ["PRIMARY"]
    assert told["targets"] == [] and told["nodes"] == [] and told["url"] is None


def test_watch_without_a_terminal_writes_a_line_a_change(engine, service):
    with subprocess.Popen([engine.program, "status", *service, "--watch"], env=engine.client_environment(), stdout=subprocess.PIPE, text=True) as watch:
        try:
            assert " web ACTIVE desired=0 running=0 " in watch.stdout.readline()
            engine.client("ecs").update_service(cluster="c", service="web", desiredCount=1)
            assert " web ACTIVE desired=1 running=0 " in watch.stdout.readline()
        finally:
            engine.client("ecs").update_service(cluster="c", service="web", desiredCount=0)
            watch.send_signal(signal.SIGINT)
    assert watch.returncode == -signal.SIGINT


def test_events_are_oldest_first_and_follow_brings_new_ones_only(engine, service, wait_for):
    def lines():
        return engine.scaleout("events", *service).stdout.splitlines()
    engine.client("ecs").update_service(cluster="c", service="web", desiredCount=1)  # no node: an event says so
    wait_for(lambda: any("unable to place" in line for line in lines()))
    engine.client("ecs").update_service(cluster="c", service="web", desiredCount=0)
    first = lines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  \(service web\)", line) for line in first)
    assert first == sorted(first, key=lambda line: line[:24])
    as_json = [json.loads(line) for line in engine.scaleout("events", *service, "--output", "json", "--limit", "1").stdout.splitlines()]
    assert len(as_json) == 1 and set(as_json[0]) == {"id", "time", "kind", "message"}


def test_events_keep_the_history_of_a_node_group_without_nodes(new_engine, wait_for):
    engine = new_engine(**ENGINE, time_scale=20).start()
    engine.scaleout("up", "--no-wait", "--image", "web:1", "--no-autoscaling", "--nodes-min", "0", "--nodes", "1", "--tasks", "0")
    ecs = engine.client("ecs")

    def nodes():
        return ecs.list_container_instances(cluster="container-cluster")["containerInstanceArns"]

    def story():
        return [line for line in engine.scaleout("events").stdout.splitlines() if "(nodes ecs-nodes-container-cluster)" in line]
    wait_for(nodes, 30)
    before = story()
    assert before
    engine.client("autoscaling").set_desired_capacity(AutoScalingGroupName="ecs-nodes-container-cluster", DesiredCapacity=0)
    wait_for(lambda: not nodes(), 30)
    assert set(before) <= set(story())


def test_logs_are_those_of_the_definition_s_group(engine, service):
    lines = engine.scaleout("logs", *service).stdout.splitlines()
    assert [line.split()[1:] for line in lines] == [["aaaabbbb", "one"], ["ccccdddd", "two"], ["aaaabbbb", "three"]]
    assert len(engine.scaleout("logs", *service, "--since", "2h").stdout.splitlines()) == 4
    assert engine.scaleout("logs", *service, "--limit", "1").stdout.split()[1:] == ["aaaabbbb", "three"]
    assert engine.scaleout("logs", *service, "--task", "cccc").stdout.split()[1:] == ["ccccdddd", "two"]
    told = json.loads(engine.scaleout("logs", *service, "--task", "ccccdddd", "--output", "json").stdout)
    assert (told["task"], told["stream"], told["message"]) == ("ccccdddd", "web/web/ccccdddd", "two")
    none = engine.scaleout("logs", *service, "--task", "eeee", check=False)
    assert none.returncode == 1 and "eeee" in none.stderr


def test_logs_of_what_is_missing_say_so(engine, service):
    cluster = engine.scaleout("logs", "--cluster", "nowhere", "--service", "web", check=False)
    assert (cluster.returncode, cluster.stdout) == (1, "") and "there is no cluster nowhere" in cluster.stderr
    other = engine.scaleout("logs", "--cluster", "c", "--service", "wbe", check=False)
    assert (other.returncode, other.stdout) == (1, "") and "it has web" in other.stderr and "hint: " in other.stderr


def test_logs_name_a_log_group_that_is_missing(engine, service):
    ecs = engine.client("ecs")
    ecs.register_task_definition(family="mute", containerDefinitions=[{
        "name": "mute", "image": "web:1", "memory": 128,
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/never/made", "awslogs-region": "us-east-1"}}}])
    ecs.create_service(cluster="c", serviceName="mute", taskDefinition="mute", desiredCount=0)
    try:
        done = engine.scaleout("logs", "--cluster", "c", "--service", "mute", check=False)
        assert done.returncode == 1 and "there is no log group /never/made" in done.stderr
    finally:
        ecs.delete_service(cluster="c", service="mute", force=True)


def test_logs_follow_brings_each_new_line_once(engine, service):
    with subprocess.Popen([engine.program, "logs", *service, "-f", "--task", "cccc"], env=engine.client_environment(), stdout=subprocess.PIPE,
                          text=True) as follow:
        try:
            assert follow.stdout.readline().endswith("two\n")
            for text in ("next", "last"):
                engine.client("logs").put_log_events(logGroupName="/ecs/other-name", logStreamName="web/web/ccccdddd",
                                                     logEvents=[{"timestamp": int(time.time() * 1000), "message": text}])
                assert follow.stdout.readline().endswith(f"{text}\n")
        finally:
            follow.kill()


def test_env_makes_a_shell_s_aws_tools_talk_to_the_engine(engine):
    script = 'eval "$("$0" env --endpoint-url "$1" --region eu-west-1)"; env | grep ^AWS_ | sort'
    done = subprocess.run(["sh", "-c", script, engine.program, engine.url], env={"PATH": os.environ["PATH"], "AWS_SESSION_TOKEN": "real"},
                          capture_output=True, text=True, timeout=60, check=True)
    settings = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert settings == {"AWS_ENDPOINT_URL": engine.url, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test",
                        "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
    assert json.loads(engine.scaleout("env", "--output", "json").stdout)["AWS_ENDPOINT_URL"] == engine.url


def test_env_needs_no_settings_and_no_engine(tmp_path):
    done = run("env", HOME=str(tmp_path))
    assert done.returncode == 0 and "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n" in done.stdout


def test_env_has_the_engine_s_region_where_none_is_configured(new_engine, tmp_path):
    far = new_engine(runtime="fake", extra=("--balancer", "fake", "--region", "eu-north-1")).start()
    done = run("env", "--endpoint-url", far.url, HOME=str(tmp_path))
    assert "export AWS_REGION=eu-north-1\n" in done.stdout and "export AWS_DEFAULT_REGION=eu-north-1\n" in done.stdout
    done = run("env", "--endpoint-url", NOBODY, HOME=str(tmp_path))
    assert "export AWS_REGION=us-east-1\n" in done.stdout


def test_doctor_says_a_line_a_check_and_counts_what_is_not_served(engine, tmp_path):
    refused = engine.aws("ecs", "list-attributes", "--target-type", "container-instance", check=False)
    done = engine.scaleout("doctor", "--output", "json", "--state", str(tmp_path), check=False)
    checks = {check["check"]: check for check in json.loads(done.stdout)}
    assert checks["kernel"]["verdict"] == "ok" and checks["state"]["verdict"] == "ok" and checks["engine"]["verdict"] == "ok"
    assert refused.returncode != 0 and checks["actions"]["verdict"] == "warn"
    assert done.returncode == (3 if any(check["verdict"] == "fail" for check in checks.values()) else 0)
    assert all(check["todo"] for check in checks.values() if check["verdict"] == "fail")


@pytest.mark.parametrize("service,arguments", [
    ("s3", ("s3", "ls")), ("s3", ("s3api", "list-objects-v2", "--bucket", "b")), ("route53", ("route53", "list-hosted-zones")),
    ("lambda", ("lambda", "list-functions")), ("eks", ("eks", "list-clusters")), ("apigateway", ("apigatewayv2", "get-apis"))])
def test_services_that_are_not_served_are_named_and_counted(engine, service, arguments):
    done = engine.aws(*arguments, check=False)
    assert done.returncode != 0 and f"The service {service} is not served by this engine." in done.stderr, done.stderr
    with urllib.request.urlopen(f"{engine.url}/metrics") as answer:
        assert f'scaleout_api_unserved_total{{action="{service}:GET"}}' in answer.read().decode()


def test_doctor_fails_where_the_state_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    done = run("doctor", "--state", str(tmp_path / "file" / "below"), "--endpoint-url", NOBODY)
    assert done.returncode == 3
    assert re.search(r"^fail  state .*not a directory$", done.stdout, re.M), done.stdout
    assert re.search(r"^warn  engine +none answers at http://127.0.0.1:9 \(--endpoint-url\)$", done.stdout, re.M), done.stdout
