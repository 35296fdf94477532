"""The servers under measurement, as groups of processes pinned to one core, and what the kernel says they used."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    """One GET /api; its body, or None while nobody answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            client.sendall(b"GET /api HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            data = b""
            while not data.rstrip().endswith(b"}"):
                more = client.recv(65536)
                if not more:
                    return None
                data += more
            return data if b" 200 OK\r\n" in data else None
    except OSError:
        return None


class Server:
    """Starts on construction and answers when it returns. One process, or several with their children."""

    def __init__(self, name, core, commands, port, directory=None, environment=None):
        self.name, self.port, self.directory = name, port, directory
        self.roots = [
            subprocess.Popen(
                ["taskset", "-c", str(core), *command],
                env={**os.environ, **(environment or {})},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            for command in commands
        ]
        end = time.monotonic() + READY_SECONDS
        while answers(port) is None:
            if time.monotonic() > end or any(root.poll() is not None for root in self.roots):
                self.stop()
                raise RuntimeError(f"{name} does not answer on port {port}: " + " / ".join(map(" ".join, commands)))
            time.sleep(0.01)

    def processes(self):
        found = [root.pid for root in self.roots]
        for pid in found:  # grows while it is walked
            found += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found

    def cpu_ticks(self):
        """(user, system) of all its processes, in clock ticks."""
        user = system = 0
        for pid in self.processes():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            user, system = user + int(fields[11]), system + int(fields[12])
        return user, system

    def rss_bytes(self):
        return sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.processes()) * (
            os.sysconf("SC_PAGESIZE")
        )

    def stop(self):
        for root in self.roots:
            if root.poll() is None:
                os.killpg(root.pid, signal.SIGTERM)
        for root in self.roots:
            try:
                root.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(root.pid, signal.SIGKILL)
                root.wait()
        if self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)


def start_http_api(binary, core):
    port = free_port()
    return Server("http-api", core, [[binary]], port, environment={"HOST": "127.0.0.1", "PORT": str(port)})


def start_epoll(binary, core):
    port = free_port()
    return Server("bare epoll", core, [[binary, str(port)]], port)


NGINX = """
{user}
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log /dev/null;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      uwsgi_pass unix:{directory}/uwsgi.sock;
{parameters}
    }}
  }}
}}
"""
UWSGI_PARAMETERS = ["QUERY_STRING $query_string", "REQUEST_METHOD $request_method", "CONTENT_TYPE $content_type",
                    "CONTENT_LENGTH $content_length", "REQUEST_URI $request_uri", "PATH_INFO $document_uri",
                    "SERVER_PROTOCOL $server_protocol", "REMOTE_ADDR $remote_addr", "SERVER_PORT $server_port",
                    "SERVER_NAME $server_name"]


def start_flask(core):
    """Flask in two uwsgi processes behind one nginx worker; no logs, unlimited keep-alive: its best case."""
    port = free_port()
    directory = tempfile.mkdtemp(prefix="bench-flask-")
    configuration = pathlib.Path(directory) / "nginx.conf"
    configuration.write_text(NGINX.format(
        directory=directory, port=port, user="user root;" if os.geteuid() == 0 else "",
        parameters="\n".join(f"      uwsgi_param {p};" for p in UWSGI_PARAMETERS)))
    uwsgi = ["uwsgi", "--plugin", "python3", "--master", "--processes", "2", "--socket", f"{directory}/uwsgi.sock",
             "--listen", "1024", "--chdir", str(HERE), "--module", "flask_app:app", "--need-app", "--die-on-term",
             "--disable-logging"]
    nginx = ["nginx", "-c", str(configuration), "-p", directory]
    return Server("Flask + uwsgi (2) + nginx", core, [uwsgi, nginx], port, directory,
                  {"PYTHONDONTWRITEBYTECODE": "1"})
