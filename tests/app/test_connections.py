"""How http-api treats connections: packets, pipelines, slow and rude clients."""
import select
import socket
import struct

import pytest

from http_api import DEADLINE, SANITIZED, until

REQUEST = b"GET /api HTTP/1.1\r\nHost: t\r\n\r\n"


def test_a_request_may_come_byte_by_byte(service):
    client = service.client()
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(2):
        for i in range(len(REQUEST)):
            client.send(REQUEST[i : i + 1])
        assert client.response().status == 200


def test_keep_alive_serves_many_requests(service):
    client = service.client()
    for _ in range(200):
        assert client.get().status == 200


def test_connection_close_is_honoured(service):
    client = service.client()
    assert client.get(extra="Connection: close\r\n").headers["connection"] == "close"
    assert client.is_closed()


def test_a_pipeline_is_answered_in_order(service):
    client = service.client()
    paths = ["/version", "/health", "/nowhere", "/api", "/"] * 400
    client.send("".join(f"GET {path} HTTP/1.1\r\nHost: t\r\n\r\n" for path in paths))
    statuses = [client.response().status for _ in paths]
    assert statuses == [404 if path == "/nowhere" else 200 for path in paths]
    assert client.get().status == 200


def test_a_pipeline_with_work_is_answered_in_order(start):
    service = start(WORK_US=100)
    client = service.client()
    paths = ["/api", "/nowhere", "/health"] * 20
    client.send("".join(f"GET {path} HTTP/1.1\r\nHost: t\r\n\r\n" for path in paths))
    assert [client.response().status for _ in paths] == [404 if path == "/nowhere" else 200 for path in paths]


def test_an_empty_line_before_a_request_is_forgiven(service):
    assert service.client().send(b"\r\n" + REQUEST).response().status == 200
    assert service.client().send(b"\r").send(b"\n" + REQUEST).response().status == 200


def test_a_client_that_does_not_read_is_not_read_from(start):
    service = start()
    client = service.client(receive_buffer=4096)
    client.socket.setblocking(False)
    sent = b""
    # Pushes until the service stops taking: its buffers and ours are full.
    while select.select([], [client.socket], [], 0.3)[1]:
        try:
            count = client.socket.send(REQUEST * 2000)
        except BlockingIOError:
            break
        sent += (REQUEST * 2000)[:count]
        assert len(sent) < 50_000_000, "the service takes requests without end"
    assert service.get("/health").status == 200
    assert SANITIZED or service.metric("process_resident_memory_bytes") < 4 * 1024 * 1024
    # And all of it is answered once the client reads.
    client.socket.settimeout(DEADLINE)
    for _ in range(len(sent) // len(REQUEST)):
        assert client.response().status == 200


def test_half_closed_clients_get_their_answer(service):
    client = service.client().send(REQUEST)
    client.socket.shutdown(socket.SHUT_WR)
    assert client.response().status == 200
    assert client.is_closed()


def test_resets_do_no_harm(start):
    service = start(WORK_US=1000)
    for _ in range(50):
        client = service.client().send(REQUEST * 3)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    until(lambda: service.metric("http_api_connections") == 1)


def test_a_slow_request_times_out_with_408(start):
    service = start(CLIENT_TIMEOUT_MS=200)
    header = service.client().send("GET /api HTTP/1.1\r\nHost:")
    body = service.client().send("POST /api HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhell")
    for client in (header, body):
        answer = client.response()
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        assert client.is_closed()
    assert service.metric("http_api_client_timeouts_total") == 2


def test_a_trickle_does_not_prolong_the_time(start):
    service = start(CLIENT_TIMEOUT_MS=300)
    client = service.client().send("GET /api HTTP/1.1\r\nHost: t\r\n")
    sent = 0
    while not select.select([client.socket], [], [], 0.02)[0]:
        client.send("X: y\r\n")
        sent += 1
        assert sent < 300, "still waiting after 20 times the time a client has"
    assert client.response().status == 408


def test_silent_connections_are_closed(start):
    service = start(CLIENT_TIMEOUT_MS=1000, IDLE_TIMEOUT_MS=1100)
    silent = service.client()
    idle = service.client()
    assert idle.get().status == 200
    assert silent.is_closed()
    assert idle.is_closed()


def test_a_client_that_never_takes_its_answers_is_closed(start):
    service = start(CLIENT_TIMEOUT_MS=300)
    client = service.client(receive_buffer=4096)
    client.socket.setblocking(False)
    try:
        while select.select([], [client.socket], [], 0.1)[1]:
            client.socket.send(REQUEST * 2000)
    except (BlockingIOError, ConnectionError):
        pass
    until(lambda: service.metric("http_api_connections") == 1)
    assert service.metric("http_api_client_timeouts_total") == 1


def test_a_thousand_slow_clients_do_not_hold_up_a_quick_one(start):
    service = start()
    for _ in range(1000):
        service.client().send("GET /api HTTP/1.1\r\nHost: t\r\nX: ")
    for _ in range(20):
        assert service.get().status == 200
    assert service.metric("http_api_connections") >= 1000
    assert SANITIZED or service.metric("process_resident_memory_bytes") < 4 * 1024 * 1024


def test_health_is_answered_while_work_queues(start):
    service = start(WORK_US=200_000)
    clients = [service.client().send(REQUEST) for _ in range(10)]
    assert service.get("/health").status == 200
    answered = select.select([c.socket for c in clients], [], [], 0)[0]
    assert len(answered) < 10, "health came after all the work"


@pytest.mark.skipif(SANITIZED, reason="UBSan reports falsely when it cannot open a pipe")
def test_out_of_descriptors_clients_wait_instead_of_being_refused(start):
    import resource

    service = start()
    limit = 40
    resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
    crowd = [service.client() for _ in range(limit * 2)]
    assert crowd[0].get().status == 200
    for client in crowd[: limit + 10]:
        client.close()
    assert crowd[-1].get().status == 200
