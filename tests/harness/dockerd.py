"""A Docker daemon of the tests' own: its data, socket, pid file and bridge are nobody else's, and it is ended by its pid."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from .engine import absent, need
from .waiting import wait_for


class Dockerd:
    """start() … stop() … start() on the same data … close(). Containers reach no network but the daemon's own bridge."""

    def __init__(self):
        self.program, self.client = need("dockerd"), need("docker")
        if os.geteuid() != 0:
            absent("root, who alone may start dockerd,")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="so-dockerd-"))
        self.bridge = f"sop{os.getpid()}"
        self.url = f"unix://{self.folder}/docker.sock"
        self.process = None
        subnet = f"172.{30 + os.getpid() % 2}.{os.getpid() // 2 % 250}.1/24"
        for words in (["add", self.bridge, "type", "bridge"], ["set", self.bridge, "up"]):
            subprocess.run([need("ip"), "link", *words], check=True)
        subprocess.run([need("ip"), "address", "add", subnet, "dev", self.bridge], check=True)

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--data-root", self.folder / "data", "--exec-root", self.folder / "exec", "--pidfile", self.folder / "pid",
                 "--host", self.url, "--bridge", self.bridge, "--iptables=false", "--ip6tables=false", "--ip-forward=false"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: self.process.poll() is not None or self.run("version", check=False).returncode == 0, 60, "dockerd's first answer")
        assert self.process.poll() is None, f"dockerd exited {self.process.returncode}: {(self.folder / 'log').read_text()[-2000:]}"
        return self

    @property
    def environment(self):
        return {"DOCKER_HOST": self.url, "DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": str(self.folder / "config")}

    def run(self, *words, check=True, timeout=300, **options):
        done = subprocess.run([self.client, *map(str, words)], env={**os.environ, **self.environment}, capture_output=True, text=True,
                              timeout=timeout, check=False, **options)
        assert not check or done.returncode == 0, f"docker {' '.join(map(str, words))} exited {done.returncode}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done

    def containers(self, *filters, everything=False):
        """Ids; all=True with those that have ended."""
        words = [word for each in filters for word in ("--filter", each)]
        return self.run("ps", "--quiet", "--no-trunc", *(["--all"] if everything else []), *words).stdout.split()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        try:
            self.process.wait(90)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.stop()
        subprocess.run(["ip", "link", "del", self.bridge], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
