#!/usr/bin/env python3
"""bench/load: `scaleout load` beside wrk, h2load and hey (Debian's packages), against the bare epoll server of bench/app.

Server on core 0, generator on core 1, in turns. Three questions:
  most      as fast as 64 connections go: requests/s, and CPU microseconds of the generator a request
  truth     5,000 requests/s against a server that is stopped for 200 ms every 2 s. A tenth of the requests wait between 0 and
            200 ms: the true p99 is 180 ms, the true p99.9 198 ms. What does each generator report, and did it keep the rate?
  pace      10,000 requests/s: how late `scaleout load` takes requests off its schedule, and what CPU that costs
Writes RESULTS.md.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench" / "app")]
import machine  # noqa: E402
from processes import start_epoll  # noqa: E402

SERVER_CORE, LOAD_CORE = 0, 1
CONNECTIONS = 64
PACKAGES = {"wrk": "wrk", "hey": "hey", "h2load": "nghttp2-client"}
RATE, PERIOD, STALL = 5000, 2.0, 0.2
BUSY_LOAD = 1.0
BAR_MOST, BAR_WRK, BAR_LAG = 50_000, 0.9, 0.1


def install_missing():
    missing = [package for tool, package in PACKAGES.items() if shutil.which(tool) is None]
    if missing:
        print("installing Debian packages:", *missing, file=sys.stderr)
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends", *missing],
                       check=True, stdout=subprocess.DEVNULL)


def run(*command):
    """On the generator's core: (standard output, CPU seconds, exit code)."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(["taskset", "-c", str(LOAD_CORE), *command], stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return out.read(), usage.ru_utime + usage.ru_stime, process.returncode


class Generators:
    def __init__(self, scaleout, url):
        self.scaleout, self.url = scaleout, url

    def ours(self, *arguments):
        out, cpu, _ = run(self.scaleout, "load", self.url, "--output", "json", *arguments)
        return json.loads(out), cpu

    def most_scaleout(self, seconds):
        measured, cpu = self.ours("--rate", "max", "--duration", f"{seconds}s", "--connections", str(CONNECTIONS))
        assert measured["requests"]["failed"] == 0, measured["errors"]
        return measured["requests"]["ok"], cpu

    def most_wrk(self, seconds):
        out, cpu, _ = run("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", self.url)
        assert "Socket errors" not in out and "Non-2xx" not in out, out
        return int(re.search(r"(\d+) requests in", out)[1]), cpu

    def most_h2load(self, seconds):
        out, cpu, _ = run("h2load", "--h1", "-t1", f"-c{CONNECTIONS}", f"-D{seconds}", self.url)
        assert " 0 failed, 0 errored" in out, out
        return int(re.search(r"(\d+) succeeded", out)[1]), cpu

    def most_hey(self, seconds):
        out, cpu, _ = run("hey", "-z", f"{seconds}s", "-c", str(CONNECTIONS), self.url)
        assert "Error distribution" not in out, out
        return int(re.search(r"\[200\]\s+(\d+) responses", out)[1]), cpu

    def truth_scaleout(self, seconds):
        measured, _ = self.ours("--rate", str(RATE), "--duration", f"{seconds}s", "--connections", "2048")
        latency = measured["latency_ms"]
        return latency["p99"], latency["p99_9"], measured["requests"]["ok"] / seconds, measured["verdict"]

    def truth_h2load(self, seconds):
        with tempfile.NamedTemporaryFile("r") as log:
            run("h2load", "--h1", "-t1", f"-c{CONNECTIONS}", f"-D{seconds}", f"--rps={RATE / CONNECTIONS}", f"--log-file={log.name}", self.url)
            times = sorted(int(line.split("\t")[2]) / 1000 for line in log)
        return (*percentiles(times), len(times) / seconds, "")

    def truth_hey(self, seconds):
        out, _, _ = run("hey", "-z", f"{seconds}s", "-c", "50", "-q", str(RATE // 50), "-o", "csv", self.url)
        times = sorted(float(line.split(",")[0]) * 1000 for line in out.splitlines()[1:])
        return (*percentiles(times), len(times) / seconds, "")


def percentiles(times):
    return times[int(len(times) * 0.99)], times[int(len(times) * 0.999)]


class Stalls:
    """Stops the server for STALL of every PERIOD seconds while the with-block runs."""

    def __init__(self, server):
        self.pids, self.ending = server.processes(), threading.Event()
        self.thread = threading.Thread(target=self.stall)

    def stall(self):
        while not self.ending.wait(PERIOD - STALL):
            for pid in self.pids:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(STALL)
            for pid in self.pids:
                os.kill(pid, signal.SIGCONT)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()


def measure(options, generators, server):
    most = {name: [] for name in ("scaleout load", "wrk", "h2load", "hey")}
    for turn in range(options.turns):
        order = list(most)
        for name in order if turn % 2 == 0 else order[::-1]:
            requests, cpu = getattr(generators, "most_" + name.split()[0])(options.seconds)
            most[name].append((requests / options.seconds, cpu / requests * 1e6))
            print(f"most {name}: {most[name][-1][0]:,.0f}/s, {most[name][-1][1]:.1f} µs", file=sys.stderr)
    truth = {}
    for name in ("scaleout load", "h2load", "hey"):
        with Stalls(server):
            truth[name] = getattr(generators, "truth_" + name.split()[0])(options.truth_seconds)
        print(f"truth {name}: {truth[name]}", file=sys.stderr)
    pace, cpu = generators.ours("--rate", "10000", "--duration", f"{options.truth_seconds // 2}s")
    return most, truth, (pace, cpu / (options.truth_seconds // 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build" / "release"), help="build folder (build/release)")
    parser.add_argument("--turns", type=int, default=5, help="of each generator")
    parser.add_argument("--seconds", type=int, default=4, help="of each turn")
    parser.add_argument("--truth-seconds", type=int, default=20, help="of each run against the stalling server")
    parser.add_argument("--no-install", action="store_true", help="do not install what is missing")
    parser.add_argument("--output", default=str(HERE / "RESULTS.md"))
    options = parser.parse_args()
    if os.cpu_count() < 2:
        sys.exit("bench/load needs two cores: one for the server, one for the generator")
    if not options.no_install:
        install_missing()
    build = pathlib.Path(options.build).resolve()
    subprocess.run(["ninja", "-C", str(build), "scaleout", "bench_epoll_server"], check=True, stdout=subprocess.DEVNULL)
    busy = os.getloadavg()[0]
    facts = machine.facts(busy)
    server = start_epoll(str(build / "bench" / "bench_epoll_server"), SERVER_CORE)
    try:
        most, truth, (pace, pace_cpu) = measure(options, Generators(str(build / "bin" / "scaleout"), f"http://127.0.0.1:{server.port}/api"), server)
    finally:
        server.stop()

    rates = {name: statistics.median(rate for rate, _ in turns) for name, turns in most.items()}
    costs = {name: statistics.median(cost for _, cost in turns) for name, turns in most.items()}
    wrk_ratio = statistics.median(ours[0] / wrk[0] for ours, wrk in zip(most["scaleout load"], most["wrk"]))
    lag, ours = pace["schedule_lag_ms"], truth["scaleout load"]
    bars = [
        (f"at least {BAR_MOST:,} requests/s on one core", f"{rates['scaleout load']:,.0f}", rates["scaleout load"] >= BAR_MOST),
        (f"at least {BAR_WRK} of wrk's rate", f"{wrk_ratio:.2f}", wrk_ratio >= BAR_WRK),
        ("p99 of the stalling server between 165 and 200 ms, and valid", f"{ours[0]:.0f} ms, {ours[3]}", 165 <= ours[0] <= 200 and ours[3] == "valid"),
        (f"p99 lag at 10,000/s at most {BAR_LAG} ms", f"{lag['p99']:.3f} ms", lag["p99"] <= BAR_LAG),
    ]
    lines = ["# bench/load: results", "", f"`bench/load/run`, {time.strftime('%Y-%m-%d')}: {facts}.",
             "The bare epoll server of bench/app on one core, the generator on the other, 459-byte answers over kept connections.", "",
             f"## The most: {CONNECTIONS} connections, closed loop", "", f"Medians of {options.turns} turns of {options.seconds} s.", "",
             "| generator | requests/s | of wrk | CPU µs a request |", "| --- | --- | --- | --- |"]
    lines += [f"| {name} | {rates[name]:,.0f} | {rates[name] / rates['wrk']:.2f} | {costs[name]:.1f} |" for name in most]
    lines += ["", f"## The truth: {RATE:,} requests/s, server stopped {STALL * 1000:.0f} ms every {PERIOD:.0f} s for {options.truth_seconds} s", "",
              "True are 180 ms and 198 ms. (wrk has no rate.)", "", "| generator | p99 ms | p99.9 ms | answered a second |", "| --- | --- | --- | --- |",
              "| the truth | 180 | 198 | 5,000 |"]
    lines += [f"| {name} | {p99:.1f} | {p999:.1f} | {rate:,.0f} |" for name, (p99, p999, rate, _) in truth.items()]
    lines += ["", "## The pace: 10,000 requests/s", "",
              f"Lateness against the schedule: p50 {lag['p50'] * 1000:.0f} µs, p99 {lag['p99'] * 1000:.0f} µs, max {lag['max']:.2f} ms; "
              f"{pace_cpu * 100:.0f} % of a core. Latency p50 {pace['latency_ms']['p50'] * 1000:.0f} µs, p99 {pace['latency_ms']['p99'] * 1000:.0f} µs; "
              f"verdict {pace['verdict']}.", "", "| bar | measured | |", "| --- | --- | --- |"]
    lines += [f"| {bar} | {value} | {'met' if met else '**not met**'} |" for bar, value, met in bars]
    if busy > BUSY_LOAD:
        lines += ["", f"**The machine was busy with other work (load average {busy:.1f} before the first run). Measure again on a quiet one.**"]
    text = "\n".join(lines) + "\n"
    pathlib.Path(options.output).write_text(text)
    print(text)
    return 0 if all(met for _, _, met in bars) else 3


if __name__ == "__main__":
    sys.exit(main())
