"""Starts http-api (the binary named by HTTP_API) on a free port, and talks to it over raw sockets."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

BUILD = os.environ.get("SCALEOUT_BUILD") or pathlib.Path(__file__).parents[2] / "build" / "release"
BINARY = str(pathlib.Path(BUILD) / "bin" / "http-api")
SANITIZED = b"__asan_init" in pathlib.Path(BINARY).read_bytes()
DEADLINE = 20  # seconds any single wait of these tests may take: far more than the service needs


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Client:
    """One connection. Everything received is kept until read as responses."""

    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())
        return self

    def get(self, path="/api", extra="", method="GET"):
        self.send(f"{method} {path} HTTP/1.1\r\nHost: t\r\n{extra}\r\n")
        return self.response(has_body=method != "HEAD")

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("closed after %r" % self.buffer[-200:])
        self.buffer += data

    def response(self, has_body=True):
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        size = int(headers["content-length"]) if has_body else 0
        while len(self.buffer) < size:
            self._more()
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        return Response(int(re.fullmatch(r"HTTP/1\.1 (\d{3}) .+", lines[0])[1]), headers, body)

    def is_closed(self):
        """Waits for the orderly end; a reset or more data is not one."""
        return self.buffer == b"" and self.socket.recv(1) == b""

    def close(self):
        self.socket.close()


class Service:
    def __init__(self, **settings):
        environment = {"HOST": "127.0.0.1", "PORT": "0"} | {k: str(v) for k, v in settings.items()}
        self.process = subprocess.Popen([BINARY], env=environment, stdout=subprocess.PIPE, text=True)
        self.line = self.process.stdout.readline()
        self.port = int(self.line.rsplit(":", 1)[1])
        self.clients = []

    def client(self, **options):
        self.clients.append(Client(self.port, **options))
        return self.clients[-1]

    def get(self, path="/api", **options):
        client = self.client()
        try:
            return client.get(path, **options)
        finally:
            client.close()

    def metric(self, name):
        text = self.get("/metrics").body.decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])

    def terminate(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def exit_code(self):
        return self.process.wait(DEADLINE)

    def stop(self):
        for client in self.clients:
            client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def until(condition):
    """Waits for a condition that another process brings about."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.005)
