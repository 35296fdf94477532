"""http-api as a process: settings, start, and the end by SIGTERM."""
import os
import select
import signal
import socket
import subprocess
import time

import pytest

from http_api import BINARY, DEADLINE, SANITIZED, until

REQUEST = b"GET /api HTTP/1.1\r\nHost: t\r\n\r\n"


def run(*arguments, **settings):
    return subprocess.run([BINARY, *arguments], env=settings, capture_output=True, text=True, timeout=DEADLINE)


@pytest.mark.parametrize(
    "name, value",
    [("PORT", "http"), ("PORT", "65536"), ("PORT", ""), ("HOST", "nowhere"), ("WORK_US", "-1"), ("WORK_US", "1ms"),
     ("APP_VERSION", ""), ("CLIENT_TIMEOUT_MS", "0")],
)
def test_a_bad_setting_is_refused_with_exit_2(name, value):
    result = run(**{name: value})
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f'http-api: {name}="{value}" is not valid: it must be ')


def test_arguments_are_refused_and_help_names_the_settings():
    assert run("--port", "80").returncode == 2
    help_text = run("--help")
    assert help_text.returncode == 0
    for name in ("HOST", "PORT", "APP_VERSION", "WORK_US"):
        assert name in help_text.stdout


def test_it_says_where_it_listens(start):
    service = start(APP_VERSION="v7")
    assert service.line == f"http-api v7 listens on http://127.0.0.1:{service.port}\n"


def test_a_taken_port_is_a_clear_failure(start):
    service = start()
    result = run(HOST="127.0.0.1", PORT=str(service.port))
    assert result.returncode == 1
    assert f"cannot listen on 127.0.0.1:{service.port}" in result.stderr
    assert "set PORT" in result.stderr


def test_the_port_is_free_at_once_after_the_end(start):
    service = start()
    service.get(extra="Connection: close\r\n")  # the service closes first: TIME_WAIT is on its side
    service.terminate()
    assert service.exit_code() == 0
    assert start(PORT=service.port).get().status == 200


def test_ipv6(start):
    try:
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    service = start(HOST="::1")
    assert service.line.startswith("http-api dev listens on http://[::1]:")


@pytest.mark.skipif(SANITIZED, reason="the sanitizers' run time is shared")
def test_the_binary_is_static_and_small():
    with open(BINARY, "rb") as file:
        content = file.read()
    assert b"/lib64/ld-linux" not in content
    assert len(content) < 3 * 1024 * 1024


def test_work_burns_cpu(start):
    service = start(WORK_US=20_000)
    before = service.metric("process_cpu_seconds_total")
    for _ in range(5):
        service.get()
    burnt = service.metric("process_cpu_seconds_total") - before
    assert 0.1 <= burnt < 0.3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_it_ends_at_once_with_0(start, number):
    service = start()
    idle = service.client()
    assert idle.get().status == 200
    service.terminate(number)
    assert service.exit_code() == 0
    assert idle.is_closed()


def test_draining_finishes_what_is_in_flight(start):
    service = start()
    idle = service.client()
    assert idle.get().status == 200
    in_flight = service.client().send(REQUEST[:10])
    # The first bytes of the request must have been read before the signal.
    until(lambda: unread(service, in_flight) == 0)
    service.terminate()
    assert idle.is_closed()
    health = service.get("/health")
    assert (health.status, health.headers["connection"]) == (503, "close")
    api = service.get("/api")  # who comes in the meantime is still served
    assert (api.status, api.headers["connection"]) == (200, "close")
    assert service.process.poll() is None
    answer = in_flight.send(REQUEST[10:]).response()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert in_flight.is_closed()
    assert service.exit_code() == 0


def test_draining_finishes_queued_work(start):
    service = start(WORK_US=30_000)
    clients = [service.client().send(REQUEST) for _ in range(10)]
    assert clients[0].response().status == 200
    service.terminate()
    for client in clients[1:]:
        assert client.response().status == 200
    assert service.exit_code() == 0


def test_draining_does_not_wait_for_a_stuck_client_beyond_its_time(start):
    service = start(CLIENT_TIMEOUT_MS=200)
    stuck = service.client().send(REQUEST[:10])
    until(lambda: unread(service, stuck) == 0)
    service.terminate()
    assert stuck.response().status == 408
    stuck.close()
    assert service.exit_code() == 0


def test_draining_ends_after_a_client_took_answers_from_before(start):
    service = start()
    client = service.client(receive_buffer=4096)
    client.socket.setblocking(False)
    while select.select([], [client.socket], [], 0.1)[1]:
        try:
            client.socket.send(REQUEST * 2000)
        except BlockingIOError:
            break
    client.socket.settimeout(DEADLINE)
    service.terminate()
    until(lambda: b"draining" in service.get("/health").body)
    while client.socket.recv(1 << 20):
        pass  # an orderly end: a reset would raise
    client.close()
    assert service.exit_code() == 0


def test_a_request_that_came_in_time_counts_though_the_service_was_held_up(start):
    service = start(CLIENT_TIMEOUT_MS=1000)
    client = service.client().send(REQUEST[:10])
    until(lambda: unread(service, client) == 0)
    os.kill(service.process.pid, signal.SIGSTOP)
    client.send(REQUEST[10:])
    time.sleep(1.2)  # the hold-up itself: longer than the time a client has
    os.kill(service.process.pid, signal.SIGCONT)
    assert client.response().status == 200


def test_connections_in_the_backlog_at_sigterm_are_served(start):
    service = start()
    for _ in range(10):
        os.kill(service.process.pid, signal.SIGSTOP)
        clients = [service.client().send(REQUEST) for _ in range(20)]
        service.terminate()
        os.kill(service.process.pid, signal.SIGCONT)
        for client in clients:
            assert client.response().status == 200
        assert service.exit_code() == 0
        service = start()


def unread(service, client):
    """Bytes that the client sent and the service has not read, from /proc/net/tcp."""
    port = client.socket.getsockname()[1]
    with open("/proc/net/tcp") as table:
        for line in table:
            fields = line.split()
            if fields[1].endswith(f":{service.port:04X}") and fields[2].endswith(f":{port:04X}"):
                return int(fields[4].split(":")[1], 16)
    return -1  # not yet in the table
