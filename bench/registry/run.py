#!/usr/bin/env python3
"""bench/registry: an image of 100 MB pushed and pulled by skopeo, beside Debian's docker-registry in the same run.

Rounds are interleaved; each has an image of its own and a cache of its own for skopeo, so that nothing is spared. Figures are medians. Writes
RESULTS.md; exit 3 when the bar is not met.
"""
import argparse
import datetime
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests")]
import machine  # noqa: E402
from registry.images import Image, read_layout  # noqa: E402

BAR = 0.8
PEER = """version: 0.1
storage: {{filesystem: {{rootdirectory: {root}}}}}
http: {{addr: 127.0.0.1:{port}}}
log: {{level: error}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    for _ in range(500):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"nobody answers on port {port}")


def start(arguments, port, log):
    process = subprocess.Popen([*map(str, arguments)], stdout=log, stderr=log)
    answers(port)
    return process


def make_repository(port, name):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", f'{{"repositoryName":"{name}"}}'.encode(), {
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.CreateRepository",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecr/aws4_request, SignedHeaders=host, Signature=0"})
    urllib.request.urlopen(request, timeout=10).close()


def copy(folder, *arguments):
    """Seconds that skopeo takes."""
    home = pathlib.Path(tempfile.mkdtemp(dir=folder))
    begin = time.monotonic()
    subprocess.run(["skopeo", "copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", *map(str, arguments)], check=True,
                   env={**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_RUNTIME_DIR": str(home)})
    took = time.monotonic() - begin
    shutil.rmtree(home)
    return took


def turn(folder, layout, digest, port, name):
    push = copy(folder, layout, f"docker://127.0.0.1:{port}/{name}:v1")
    pull = copy(folder, f"docker://127.0.0.1:{port}/{name}:v1", f"oci:{folder / 'pulled'}:v1")
    assert read_layout(folder / "pulled") == [digest]
    shutil.rmtree(folder / "pulled")
    return push, pull


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--build", type=pathlib.Path, required=True)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--megabytes", type=int, default=100)
    options.add_argument("--no-results", action="store_true", help="leave RESULTS.md alone")
    given = options.parse_args()
    load, folder = os.getloadavg()[0], pathlib.Path(tempfile.mkdtemp(prefix="so-bench-registry-"))
    processes, ours, peers = [], [], []
    try:
        with open(folder / "log", "wb") as log:
            port, peer_port = free_port(), free_port()
            processes.append(start([given.build / "bin/scaleout", "engine", "--listen", f"127.0.0.1:{port}", "--state", folder / "state",
                                    "--runtime", "fake", "--balancer", "fake"], port, log))
            (folder / "peer.yml").write_text(PEER.format(root=folder / "peer", port=peer_port))
            processes.append(start([shutil.which("docker-registry") or "docker-registry", "serve", folder / "peer.yml"], peer_port, log))
            for number in range(given.rounds):
                image = Image({"data": os.urandom(given.megabytes * 1_000_000)})
                layout = image.write(folder / "image")
                make_repository(port, f"round{number}")
                ours.append(turn(folder, layout, image.digest, port, f"round{number}"))
                peers.append(turn(folder, layout, image.digest, peer_port, f"round{number}"))
                shutil.rmtree(folder / "image")
                print(f"push {ours[-1][0]:.2f} s (docker-registry {peers[-1][0]:.2f}), pull {ours[-1][1]:.2f} s ({peers[-1][1]:.2f})",
                      file=sys.stderr, flush=True)
    finally:
        for process in processes:
            process.terminate()
            process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
    rows, missed = [], False
    for column, what in enumerate(("push", "pull")):
        ratio = statistics.median(peer[column] / our[column] for our, peer in zip(ours, peers))
        missed |= ratio < BAR
        rows.append(f"| {what} of {given.megabytes} MB, at least {BAR} of docker-registry's speed | {ratio:.2f} "
                    f"({statistics.median(our[column] for our in ours):.2f} s, docker-registry {statistics.median(peer[column] for peer in peers):.2f} s) "
                    f"| {'met' if ratio >= BAR else '**not met**'} |")
    text = (f"# bench/registry: results\n\n`bench/registry/run --rounds {given.rounds}`, {datetime.date.today()}: {machine.facts(load)}.\n"
            f"skopeo pushes and pulls one layer that does not compress; "
            f"{given.rounds} interleaved rounds, medians. Both registries sync a blob before they acknowledge it; the engine verifies it before it serves it.\n\n"
            "| bar | measured | |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n")
    print(text)
    if not given.no_results:
        (HERE / "RESULTS.md").write_text(text)
    return 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
