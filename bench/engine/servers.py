"""What bench/engine measures: the engine, moto's server, HAProxy by itself. Each pinned to one core, each gone after its `with`."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ACCEPTED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def foremost():
    """What else the machine does must not show in the tails: everything measured, wrk too, goes before it where that is allowed."""
    tried = subprocess.run(["nice", "-n", "-20", "true"], capture_output=True, text=True, check=False)
    return ["nice", "-n", "-20"] if tried.returncode == 0 and not tried.stderr else []


FOREMOST = foremost()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port, path):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False


class Server:
    def __init__(self, command, core, port, path, environment=None):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        begin = time.perf_counter()
        self.process = subprocess.Popen([*FOREMOST, "taskset", "-c", str(core), *map(str, command)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}, start_new_session=True)
        while not answers(port, path):
            if time.perf_counter() > begin + 60 or self.process.poll() is not None:
                self.__exit__()
                raise RuntimeError(f"does not answer: {' '.join(map(str, command))}")
        self.ready_ms = (time.perf_counter() - begin) * 1000

    def ecs(self, operation, body):
        request = urllib.request.Request(self.url, json.dumps(body).encode(), {
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
            "Authorization": ACCEPTED.format("ecs")})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def rss_mib(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 2**20

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


class EngineServer(Server):
    """With its own state directory; the real runtime and load balancer, as users start it."""

    def __init__(self, program, core, *options):
        self.program, self.folder = program, tempfile.mkdtemp(prefix="so-")
        port = free_port()
        super().__init__([program, "engine", "--listen", f"127.0.0.1:{port}", "--state", f"{self.folder}/state", *options], core, port,
                         "/_scaleout/health")

    def scaleout(self, *arguments):
        return subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, check=True, env={
            **os.environ, "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1"}).stdout

    def down(self):
        subprocess.run([self.program, "down", "--endpoint-url", self.url, "--state", f"{self.folder}/state"], capture_output=True,
                       timeout=60, check=False)

    def __exit__(self, *_):
        try:
            if hasattr(self, "process") and self.process.poll() is None:
                self.down()
            super().__exit__()
            self.down()  # what clusters other than `up`'s have left: no engine answers any more, so the state is swept
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def moto(core):
    port = free_port()
    program = pathlib.Path(sys.executable).parent / "moto_server"
    return Server([program, "-p", port], core, port, "/moto-api/", {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})


def http_api(program, core):
    """The least that a server here can do: its tail is the machine's."""
    port = free_port()
    return Server([program], core, port, "/api", {"HOST": "127.0.0.1", "PORT": str(port)})


BARE = """global
  maxconn 4096
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse safe
frontend bench
  bind 127.0.0.1:{port}
  default_backend tasks
backend tasks
{servers}
"""


def bare_haproxy(core, backends):
    """The same servers, and nothing else that HAProxy could do: no logs, rules or added headers."""
    port = free_port()
    handle, path = tempfile.mkstemp(prefix="bench-haproxy-")
    os.write(handle, BARE.format(port=port, servers="\n".join(f"  server s{i} {b}" for i, b in enumerate(backends))).encode())
    os.close(handle)
    try:
        return Server([shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", path], core, port, "/api")
    finally:
        os.unlink(path)
