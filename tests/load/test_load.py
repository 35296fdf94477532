"""`scaleout load` against http-api and against servers that misbehave: what it counts, what it writes, how it exits."""
import json
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "app"))
from http_api import BUILD, Service  # noqa: E402

COUNTER = 'http_api_requests_total{route="/api",status="200"}'
SCALEOUT = str(pathlib.Path(BUILD) / "bin" / "scaleout")


@pytest.fixture(scope="module")
def service():
    shared = Service()
    yield shared
    shared.stop()


@pytest.fixture
def url(service):
    return f"http://127.0.0.1:{service.port}/api"


def load(*arguments):
    return subprocess.run([SCALEOUT, "load", *arguments], capture_output=True, text=True, timeout=60, check=False)


def measured(*arguments):
    done = load(*arguments, "--output", "json")
    return done, json.loads(done.stdout)


def valid_run(*arguments):
    """On a machine that is busy with other work the generator may be late, and says so: then again."""
    for _ in range(20):
        done, run = measured(*arguments)
        if run["verdict"] == "valid":
            return done, run
    raise AssertionError(run["verdict_reason"])


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_it_sends_what_the_server_counts(service, url, tmp_path):
    service.get()  # the counter shows from the first request on
    before = service.metric(COUNTER)
    file = tmp_path / "run.json"
    done, run = measured(url, "--stages", "200:1s,400-600:1s", "--json", str(file))
    assert done.returncode == (0 if run["verdict"] == "valid" else 1), done.stderr  # 1: a machine too busy for the generator
    assert run["requests"] == {"due": 700, "sent": 700, "ok": 700, "failed": 0, "retried": 0, "cancelled": 0}
    assert run["statuses"] == {"200": 700} and run["errors"] == {}
    assert json.loads(file.read_text()) == run
    assert [stage["due"] for stage in run["stages"]] == [200, 500]
    assert [row["due"] for row in run["timeline"]][:2] == [200, 500]
    assert sum(row["ok"] for row in run["timeline"]) == 700
    assert run["rate"]["target"] == 350
    for row in run["timeline"][:2]:
        assert 0 < row["p50_ms"] <= row["p99_ms"] <= row["max_ms"]
    assert run["latency_ms"]["p50"] >= run["service_time_ms"]["p50"] > 0
    assert run["bytes"]["received"] > 700 * 400
    assert "stage 1 of 2 sent" in done.stderr and "\033" not in done.stderr
    assert service.metric(COUNTER) - before == 700


def test_the_text_says_why_latency_counts_from_the_due_time(url):
    done = load(url, "--rate", "50", "--duration", "500ms")
    assert "Latency counts from the moment a request was due" in done.stdout
    assert re.search(r"requests +25 sent, 25 ok, 0 failed", done.stdout)
    for column in ("p50", "p90", "p99", "p99.9", "max"):
        assert column in done.stdout


def test_errors_are_told_by_kind(url):
    done, run = measured(url + "/nothing-here", "--rate", "50", "--duration", "400ms")
    assert run["errors"] == {"http_4xx": {"count": 20, "first": "status 404"}}
    assert run["latency_ms"]["p99"] is None  # quick errors are no latencies
    text = load(url + "/nothing-here", "--rate", "50", "--duration", "400ms").stdout
    assert "20  answered with 4xx (first: status 404)" in text


def test_nobody_there_is_exit_4():
    done, run = measured(f"http://127.0.0.1:{free_port()}/", "--rate", "20", "--duration", "200ms")
    assert done.returncode == 4 and "nothing answers at 127.0.0.1" in done.stderr
    assert run["errors"]["connect_refused"]["count"] == 4
    assert load("http://no-such-host.invalid/", "--rate", "20").returncode == 4


def test_limits_decide_the_exit_code(url):
    done, run = valid_run(url + "/nothing-here", "--rate", "50", "--duration", "400ms", "--slo", "errors<1%")
    assert done.returncode == 3, done.stderr
    assert run["slo"] == [{"limit": "errors<1%", "value": 100, "met": False}]
    done, run = valid_run(url, "--rate", "50", "--duration", "400ms", "--slo", "p99<9s,errors<1")
    assert done.returncode == 0, done.stderr
    assert [limit["met"] for limit in run["slo"]] == [True, True]


def test_a_cap_on_connections_that_cannot_carry_the_rate_is_called_saturated():
    slow = Service(WORK_US=20000)
    try:
        done, run = measured(f"http://127.0.0.1:{slow.port}/api", "--rate", "100", "--duration", "1s", "--connections", "1", "--slo", "errors<1")
        assert done.returncode == 1
        assert run["verdict"] == "saturated" and "raise --connections" in run["verdict_reason"]
        assert run["slo"] == [] and "not judged" in done.stderr
        text = load(f"http://127.0.0.1:{slow.port}/api", "--rate", "100", "--duration", "1s", "--connections", "1").stdout
        assert "GENERATOR SATURATED: result not valid" in text
    finally:
        slow.stop()


def serve_until(last):
    """An HTTP server that answers so many requests, and then is gone."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def serve():
        served, threads, lock = 0, [], threading.Lock()

        def talk(connection):
            nonlocal served
            with connection:
                while connection.recv(4096):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    with lock:
                        served += 1
                        if served >= last:
                            listener.shutdown(socket.SHUT_RD)
                            return
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=talk, args=(connection,), daemon=True))
            threads[-1].start()
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listener


def test_an_outage_of_the_server_is_judged_by_the_limits():
    for _ in range(10):  # the generator may be late on a busy machine
        with serve_until(90) as listener:
            done, run = measured(f"http://127.0.0.1:{listener.getsockname()[1]}/", "--rate", "100", "--duration", "1s", "--slo", "errors<1%")
        assert "went out in the time of the schedule" not in run["verdict_reason"]
        if run["verdict"] == "valid":
            break
    assert done.returncode == 3, done.stderr
    assert run["errors"]["connect_refused"]["count"] > 0 and run["requests"]["sent"] < 99
    assert [limit["met"] for limit in run["slo"]] == [False]


def test_a_report_that_cannot_be_written_is_said_before_the_first_request(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = load(f"http://127.0.0.1:{listener.getsockname()[1]}/", "--rate", "50", "--duration", "1h", "--report", str(tmp_path / "no" / "a.html"))
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert done.returncode == 1 and "cannot write" in done.stderr and done.stdout == ""


def test_a_full_standard_output_is_exit_1_and_the_file_is_written_all_the_same(url, tmp_path):
    file = tmp_path / "run.json"
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([SCALEOUT, "load", url, "--rate", "50", "--duration", "200ms", "--json", str(file)], stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=60, check=False)
    assert done.returncode == 1 and "standard output" in done.stderr
    assert json.loads(file.read_text())["requests"]["due"] == 10


def test_a_run_that_ends_within_a_second_keeps_its_rate_there(url):
    _, run = measured(url, "--rate", "100", "--duration", "1300ms")
    last = run["timeline"][1]
    assert (last["target_rate"], last["due"]) == (100, 30) and 0.3 <= last["seconds"] <= 1


def interrupt_after_first_request(number, *arguments):
    """Starts an hour of load on a listener of ours and interrupts it when the first request has come."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(20)
        process = subprocess.Popen([SCALEOUT, "load", f"http://127.0.0.1:{listener.getsockname()[1]}/", "--rate", "50", "--duration", "1h",
                                    "--output", "json", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        connection, _ = listener.accept()
        connection.settimeout(20)
        assert connection.recv(4096).startswith(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:")
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        assert connection.recv(4096).startswith(b"GET / HTTP/1.1\r\n")  # the first answer was taken
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        connection.close()
    return process.returncode, json.loads(out), err


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_keeps_the_data_and_judges_nothing(number, code):
    returned, run, err = interrupt_after_first_request(number, "--slo", "errors<1")
    assert returned == code
    assert run["verdict"] == "interrupted" and "of 1h" in run["verdict_reason"]
    assert run["requests"]["ok"] >= 1
    assert run["requests"]["due"] == run["requests"]["ok"] + run["requests"]["failed"] + run["requests"]["cancelled"]
    assert run["slo"] == [] and "not judged" in err


def test_headers_method_and_body_reach_the_server(tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"hello")
    seen = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve():
            connection, _ = listener.accept()
            with connection:
                data = b""
                while not data.endswith(b"hello"):
                    data += connection.recv(4096)
                seen.append(data)
                connection.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
        thread = threading.Thread(target=serve)
        thread.start()
        _, run = measured(f"http://127.0.0.1:{listener.getsockname()[1]}/a?b=c", "--rate", "1", "--duration", "1s", "--method", "POST",
                          "--header", "X-One: 1", "--header", "User-Agent: me", "--body", f"@{body}")
        thread.join()
    assert run["statuses"] == {"201": 1}
    head = seen[0].split(b"\r\n\r\n")[0].split(b"\r\n")
    assert head[0] == b"POST /a?b=c HTTP/1.1"
    assert b"X-One: 1" in head and b"User-Agent: me" in head and b"Content-Length: 5" in head
    assert sum(line.lower().startswith(b"user-agent") for line in head) == 1


def test_on_a_terminal_one_line_is_redrawn_in_place(url):
    master, slave = pty.openpty()
    process = subprocess.Popen([SCALEOUT, "load", url, "--rate", "50", "--duration", "2200ms"], stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    text = b""
    try:
        while part := os.read(master, 4096):
            text += part
    except OSError:  # the terminal's other end is closed
        pass
    process.wait(20)
    os.close(master)
    assert b"\n" not in text
    assert text.count(b"\r\x1b[K") >= 3  # two seconds, and the line taken away
    assert b"target 50/s" in text and text.endswith(b"\r\x1b[K")


@pytest.mark.parametrize("arguments, what", [
    ((), "url"),
    (("ftp://x/", "--rate", "1"), "write it as http://"),
    (("https://x/", "--rate", "1"), "https is not served"),
    (("http://x/",), "no rate is given"),
    (("http://x/", "--rate", "fast"), "not a stage"),
    (("http://x/", "--rate", "10", "--stages", "1:1s"), "not both"),
    (("http://x/", "--rate", "10", "--duration", "10"), "not a duration"),
    (("http://x/", "--rate", "10", "--header", "x"), "not a header"),
    (("http://x/", "--rate", "10", "--slo", "p99"), "not a limit"),
    (("http://x/", "--rate", "10", "--connections", "0"), "connections"),
    (("http://x/", "--rate", "10", "--body", "@/no/such/file"), "cannot read the body")])
def test_bad_input_is_exit_2_and_says_what_to_write(arguments, what):
    done = load(*arguments)
    assert done.returncode == 2, done.stderr
    assert what in done.stderr and "hint: " in done.stderr and done.stdout == ""
