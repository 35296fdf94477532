"""What http-api answers to whole requests, right and wrong."""
import collections
import json
import string

import pytest


def test_api_gives_52_letters_in_order(service):
    answer = service.get("/api")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    letters = json.loads(answer.body)
    assert list(letters) == [str(i) for i in range(52)]
    assert all(len(c) == 1 and c in string.ascii_letters for c in letters.values())
    assert b" " not in answer.body


def test_every_letter_is_drawn_afresh(service):
    client = service.client()
    seen = [collections.Counter() for _ in range(52)]
    bodies = set()
    for _ in range(300):
        body = client.get("/api").body
        bodies.add(body)
        for place, letter in enumerate(json.loads(body).values()):
            seen[place][letter] += 1
    assert len(bodies) == 300
    assert all(len(counts) > 40 for counts in seen)


def test_two_processes_draw_differently(start):
    assert start().get("/api").body != start().get("/api").body


@pytest.mark.parametrize("path", ["/", "/api", "/health", "/metrics", "/version", "/nowhere"])
def test_head_is_get_without_body(service, path):
    client = service.client()
    head = client.get(path, method="HEAD")
    get = client.get(path)
    assert head.status == get.status
    if path != "/metrics":  # its length changes with what is counted
        assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


def test_other_routes(service):
    assert b"/api" in service.get("/").body
    assert service.get("/health").status == 200
    assert json.loads(service.get("/version").body) == {"version": "v1"}
    assert service.get("/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")
    assert service.get("/nowhere").status == 404
    assert service.get("/api?x=1").status == 200
    assert service.get("http://somewhere/api").status == 200
    assert service.get("api").status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_other_methods_are_told_what_is_allowed(service, method):
    answer = service.get("/api", method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_body_is_dropped_and_the_connection_goes_on(service):
    client = service.client()
    client.send("POST /api HTTP/1.1\r\nHost: t\r\nContent-Length: 60000\r\n\r\n" + "x" * 60000)
    assert client.response().status == 405
    client.send("GET /api HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert client.response().status == 200
    assert client.get().status == 200


def test_expect_continue_is_answered_without_the_body(service):
    client = service.client()
    client.send("POST /api HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    answer = client.response()
    assert (answer.status, answer.headers["connection"]) == (405, "close")


HOST = "Host: t\r\n"
WRONG = [
    ("nonsense", "hello\r\n\r\n", 400),
    ("tls", b"\x16\x03\x01\x02\x00\x01\x00", 400),
    ("zeros", b"\0" * 64, 400),
    ("bare line feeds", "GET / HTTP/1.1\nHost: t\n\n", 400),
    ("no host", "GET / HTTP/1.1\r\n\r\n", 400),
    ("two hosts", "GET / HTTP/1.1\r\n" + HOST + HOST + "\r\n", 400),
    ("space before colon", "GET / HTTP/1.1\r\n" + HOST + "A : b\r\n\r\n", 400),
    ("http 2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("two lengths", "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    ("two framings", "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", 400),
    ("unknown coding", "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: gzip\r\n\r\n", 501),
    ("bad chunk", "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ("large body", "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 1000000\r\n\r\n" + "x" * 1000000, 413),
    ("endless body", "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 99999999999999\r\n\r\n", 413),
    ("large chunk", "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n", 413),
    ("long target", "GET /" + "a" * 100000 + " HTTP/1.1\r\n" + HOST + "\r\n", 414),
    ("large header", "GET / HTTP/1.1\r\n" + HOST + "X: " + "a" * 100000 + "\r\n\r\n", 431),
    ("many headers", "GET / HTTP/1.1\r\n" + HOST + "X: a\r\n" * 5000 + "\r\n", 431),
]


@pytest.mark.parametrize("request_bytes, status", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_requests_get_their_status_and_an_orderly_end(service, request_bytes, status):
    client = service.client()
    client.send(request_bytes)
    answer = client.response()
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert client.is_closed()
    assert service.get("/health").status == 200


def test_http_1_0(service):
    client = service.client().send("GET /api HTTP/1.0\r\n\r\n")
    assert client.response().headers["connection"] == "close"
    assert client.is_closed()
    client = service.client().send("GET /api HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert client.response().headers["connection"] == "keep-alive"
    assert client.send("GET /api HTTP/1.0\r\n\r\n").response().status == 200
