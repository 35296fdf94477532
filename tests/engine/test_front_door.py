"""What strangers and broken clients send to the API's port gets an answer in AWS's shape, and the engine lives on."""
import http.client
import socket

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
