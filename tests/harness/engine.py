"""A real engine for black-box tests: the built binary in a process of its own, on a port of its own, with a state directory of its own."""
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import boto3
import botocore.config
import pytest

from .strict import strict

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY = re.compile(r"scaleout engine listening on (http://127\.0\.0\.1:(\d+))")
REGION, ACCOUNT = "us-east-1", "123456789012"


def build_folder():
    return pathlib.Path(os.environ.get("SCALEOUT_BUILD", ROOT / "build/release"))


def absent(what):
    """A tool or program is not there: skips, or fails where CI says that nothing may be absent."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is absent, and CI=true allows no skips", pytrace=False)
    pytest.skip(f"{what} is absent")


def binary(name):
    path = build_folder() / "bin" / name
    if not path.is_file():
        absent(str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path))
    return path


def need(tool):
    found = shutil.which(tool) or next((p for p in (f"/usr/sbin/{tool}", f"/sbin/{tool}") if os.access(p, os.X_OK)), None)
    return found or absent(tool)


class Engine:
    """start() … kill() or stop(), start() again on the same state … close(). close() leaves no process and no directory."""

    def __init__(self, runtime="fake", time_scale=1, extra=(), environment=None):
        self.program = binary("scaleout")
        # Short: unix socket paths live below it, and they end at 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="so-"))
        self.state = self.folder / "state"
        self.log = self.folder / "engine.log"
        self.arguments = ["--runtime", runtime, "--time-scale", str(time_scale), *map(str, extra)]
        self.environment = environment or {}
        self.process, self.url, self.port = None, None, 0
        self.clients = {}

    def start(self, deadline=60.0):
        """Starts it and waits for its line. The port of the first start is kept, so that clients survive a restart."""
        self.spawn()
        text, until = "", time.monotonic() + deadline
        while not (ready := READY.search(text)):
            left = until - time.monotonic()
            readable = select.select([self.process.stdout], [], [], max(0.0, left))[0]
            chunk = os.read(self.process.stdout.fileno(), 4096).decode() if readable else ""
            if not chunk:
                state = f"exited with {self.process.wait(5)}" if readable else f"said nothing within {deadline} s"
                raise AssertionError(f"the engine {state}\n{text}{self.log_tail()}")
            text += chunk
        self.url, self.port = ready.group(1), int(ready.group(2))
        return self

    def spawn(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "engine", "--listen", f"127.0.0.1:{self.port}", "--state", self.state, *self.arguments],
                stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, env={**self.own_environment(), **self.environment})

    def start_and_kill(self, seconds):
        """kill -9 so long after its start, ready or not."""
        self.spawn()
        time.sleep(seconds)
        return self.kill()

    def own_environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SCALEOUT_"))}
        return {**kept, "XDG_STATE_HOME": str(self.folder), "HOME": str(self.folder)}

    def client_environment(self):
        return {**self.own_environment(), "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}

    def client(self, service, retries=False):
        """A boto3 client that refuses responses which differ from the model. Without retries unless asked, so that tests see the first answer."""
        key = (service, retries)
        if key not in self.clients:
            config = botocore.config.Config(retries={"total_max_attempts": 5 if retries else 1, "mode": "standard"}, read_timeout=30,
                                            inject_host_prefix=False)
            session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
            self.clients[key] = strict(session.client(service, endpoint_url=self.url, config=config))
        return self.clients[key]

    def aws(self, *arguments, check=True):
        """The aws CLI; its JSON answer, or the finished process with check=False."""
        done = subprocess.run([sys.executable, "-m", "awscli", "--output", "json", *map(str, arguments)], env=self.client_environment(),
                              capture_output=True, text=True, timeout=60, check=False)
        if not check:
            return done
        assert done.returncode == 0, f"aws {' '.join(map(str, arguments))}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def scaleout(self, *arguments, check=True, timeout=300):
        """One of scaleout's own commands against this engine."""
        done = subprocess.run([self.program, *map(str, arguments)], env=self.client_environment(), capture_output=True, text=True,
                              timeout=timeout, check=False)
        if check:
            assert done.returncode == 0, f"scaleout {' '.join(map(str, arguments))} exited {done.returncode}: {done.stdout}{done.stderr}"
        return done

    def kill(self):
        """kill -9: what a crash looks like. Tasks and balancer live on."""
        self.process.send_signal(signal.SIGKILL)
        return self.reap()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.reap()

    def reap(self, deadline=20):
        try:
            code = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the engine did not end within {deadline} s\n{self.log_tail()}") from None
        finally:
            self.process.stdout.close()
        self.process = None
        return code

    def close(self):
        try:
            if self.process is not None:
                self.stop()
            subprocess.run([self.program, "down", "--state", self.state], env=self.own_environment(), capture_output=True, timeout=60, check=False)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log_tail(self, lines=60):
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""
