"""Ctrl-C and SIGTERM on `scaleout demo`: it ends by itself and leaves no process and no directory."""
import os
import pathlib
import signal
import subprocess
import tempfile

import pytest

from harness.engine import binary, need


@pytest.fixture
def folder():
    """Short: unix socket paths live below it."""
    with tempfile.TemporaryDirectory(prefix="so-") as made:
        yield pathlib.Path(made)


def processes_of(folder):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder).encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number, moment, flags", [(signal.SIGINT, " load: ", ()), (signal.SIGTERM, " up: ", ()),
                                                   (signal.SIGTERM, "requests a second for", ("--faults", "--rate", "100"))])
def test_a_signal_ends_the_demo_and_all_it_started(folder, number, moment, flags):
    need("haproxy")
    need("bwrap")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SCALEOUT_"))}
    with subprocess.Popen([binary("scaleout"), "demo", *flags], stdout=subprocess.PIPE, text=True,
                          env={**kept, "TMPDIR": str(folder), "HOME": str(folder)}, cwd=folder) as demo:
        try:
            next(line for line in demo.stdout if moment in line)
            demo.send_signal(number)
            rest = demo.communicate(timeout=90)[0]
        finally:
            demo.kill()
    assert demo.returncode == 128 + number, rest
    assert "interrupted: taking it down" in rest
    left = processes_of(folder)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == [] and list(folder.iterdir()) == []
