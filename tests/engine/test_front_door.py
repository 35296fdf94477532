"""What strangers and broken clients send to the API's port gets an answer in AWS's shape, and the engine lives on."""
import contextlib
import http.client
import os
import select
import socket
import time

import pytest

ENGINE = dict(runtime="fake", extra=["--balancer", "fake"])
ECS = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DEEP = b'{"a":' * 2000 + b"1" + b"}" * 2000

# name, headers, body, and a part of the answer
MALFORMED = [
    ("json cut short", ECS, b'{"maxResults": ', b"SerializationException"),
    ("json that is no object", ECS, b"[1, 2]", b"SerializationException"),
    ("json nested too deep", ECS, DEEP, b"SerializationException"),
    ("json of the wrong type", ECS, b'{"maxResults": "many"}', b"SerializationException"),
    ("operation that does not exist", {**ECS, "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.Nonsense"}, b"{}", b"Nonsense"),
    ("service that does not exist", {**ECS, "X-Amz-Target": "Nonsense.Nonsense"}, b"{}", b"__type"),
    ("query action that does not exist", FORM, b"Action=Nonsense&Version=2015-12-01", b"Nonsense"),
    ("query without an action", FORM, b"Version=2015-12-01", b"Error"),
    ("gzip that is none", {**ECS, "Content-Encoding": "gzip"}, b"no gzip", b"__type"),
]


def send(engine, headers, body, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=10)
    try:
        connection.request("POST", "/", body, {**headers, **({"Host": host} if host else {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("headers,body,part", [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_malformed_input_is_refused_in_aws_s_shape(engine, headers, body, part):
    status, text = send(engine, headers, body)
    assert 400 <= status < 500 and part in text, (status, text)
    assert send(engine, ECS, b"{}")[0] == 200


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}], ids=["Host", "Origin"])
def test_web_pages_do_not_reach_it(engine, headers):
    assert send(engine, {**ECS, **headers}, b"{}")[0] == 403


def raw(engine, data):
    with socket.create_connection(("127.0.0.1", engine.port), timeout=10) as client:
        client.sendall(data)
        return client.recv(4096)


def test_bodies_and_headers_are_bounded(engine):
    assert b" 413 " in raw(engine, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")
    assert b" 431 " in raw(engine, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000 + b"\r\n\r\n")
    assert b" 400 " in raw(engine, b"nonsense\r\n\r\n")
    assert send(engine, ECS, b"{}")[0] == 200


# All of them have sent a part of a request; the trickling ones go on with a byte now and then, which must not help them.
SLOW = {
    "a header that stops": (b"POST / HTTP/1.1\r\nHost: loc", b""),
    "a header that trickles": (b"POST / HTTP/1.1\r\nHost: localhost\r\nX: ", b"x"),
    "a body that stops": (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", b""),
    "a body that trickles": (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{", b" "),
}
GRACE, SWEEP = 10, 5  # seconds: what a client has, and how much later a busy machine may notice


def test_slow_clients_time_out_and_hold_up_nobody(engine):
    clients = {name: socket.create_connection(("127.0.0.1", engine.port)) for name in SLOW}
    answers, begin = {}, time.monotonic()
    try:
        for name, client in clients.items():
            client.sendall(SLOW[name][0])
        while len(answers) < len(SLOW) and time.monotonic() < begin + GRACE + SWEEP:
            waiting = {clients[name]: name for name in SLOW if name not in answers}
            for client in select.select(list(waiting), [], [], 0.3)[0]:
                answers[waiting.pop(client)] = client.recv(4096), time.monotonic() - begin
            for client, name in waiting.items():
                try:
                    client.sendall(SLOW[name][1])
                except OSError:
                    pass  # closed meanwhile: its answer is read in the next turn
            assert send(engine, ECS, b"{}")[0] == 200
    finally:
        for client in clients.values():
            client.close()
    assert set(answers) == set(SLOW)
    for name, (answer, seconds) in answers.items():
        assert b" 408 " in answer and b"__type" in answer, (name, answer)
        assert seconds > GRACE / 2, name


DESCRIPTORS = 256


def test_connections_leave_descriptors_to_the_runtime(new_engine, wait_for):
    limited = new_engine(**ENGINE)
    program = limited.folder / "limited"
    program.write_text(f'#!/bin/sh\nulimit -n {DESCRIPTORS}\nexec {limited.program} "$@"\n')
    program.chmod(0o755)
    limited.program = program
    limited.start()
    with contextlib.ExitStack() as opened:
        for _ in range(DESCRIPTORS):
            client = opened.enter_context(socket.create_connection(("127.0.0.1", limited.port), timeout=5))
        try:
            answer = client.recv(4096)
        except ConnectionResetError:
            answer = b""
        assert answer == b"" or b" 503 " in answer, answer
        assert len(os.listdir(f"/proc/{limited.process.pid}/fd")) < DESCRIPTORS / 2
    wait_for(lambda: send(limited, ECS, b"{}")[0] == 200, 20, "room for a connection")
