"""`scaleout events -f` while a part of the AWS APIs does not answer."""
import http.client
import http.server
import subprocess
import threading

import pytest

from harness.engine import binary

FAKE = dict(runtime="fake", extra=("--balancer", "fake"))


@pytest.fixture
def engine(new_engine):
    return new_engine(**FAKE).start()


@pytest.fixture
def between(engine):
    """Passes requests on to the engine; those that name what is in `cut` get a closed connection."""
    class Passing(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = f"{self.headers} {body.decode()}"
            if any(name in asked for name in server.cut):
                server.refused += 1
                self.close_connection = True
                return
            connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=20)
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            data = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "connection", "date", "server", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            server.passed += 1

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.cut, server.refused, server.passed = set(), 0, 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_part_that_does_not_answer_is_no_end_of_its_events(engine, between, wait_for):
    engine.scaleout("up", "--no-wait", "--image", "web:1", "--no-autoscaling", "--tasks", "0")
    wait_for(lambda: "(nodes " in engine.scaleout("events").stdout, 20)
    follow = subprocess.Popen([binary("scaleout"), "events", "-f", "--endpoint-url", f"http://127.0.0.1:{between.server_port}"],
                              env=engine.client_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines, said = [], []
    for stream, to in ((follow.stdout, lines), (follow.stderr, said)):
        threading.Thread(target=lambda stream=stream, to=to: to.extend(stream), daemon=True).start()
    try:
        wait_for(lambda: any("(nodes " in line for line in lines), 20)
        between.cut.add("DescribeScalingActivities")
        wait_for(lambda: between.refused >= 2 and any("trying again" in line for line in said), 20)
        between.cut.clear()
        passed = between.passed
        wait_for(lambda: between.passed > passed + 20, 30)  # two looks at least
        assert follow.poll() is None
    finally:
        follow.terminate()
        follow.wait(20)
    assert len(lines) == len(set(lines))
