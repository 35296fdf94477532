#!/usr/bin/env python3
"""bench/app: what a request costs http-api, a bare epoll server, and Flask + uwsgi + nginx.

One run, interleaved: in each of the pairs every server is started, warmed, and loaded a second at a time in turns, there
and back, so that what else the machine does falls on all of them alike. Servers on core 0, wrk on core 1, 64
keep-alive connections. The figure is CPU microseconds a request, because wrk is exhausted before the best servers
are. Also: memory after ten million requests, and the time from exec to the first answer. Writes RESULTS.md.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

from processes import TICK, answers, free_port, start_epoll, start_flask, start_http_api

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "bench"))
import machine  # noqa: E402

SERVER_CORE, LOAD_CORE = 0, 1
CONNECTIONS = 64
PACKAGES = {"wrk": "wrk", "nginx": "nginx-light", "uwsgi": "uwsgi-core", "uwsgi_python3": "uwsgi-plugin-python3"}

BUSY_LOAD = 1.0  # with nothing else running it is near 0 before the first run
BAR_USER, BAR_RATIO, BAR_FLASK, BAR_RSS, BAR_START = 0.6, 1.05, 18, 4 * 1024 * 1024, 5.0


def install_missing():
    """Debian packages of the tools, listed before they are installed; nginx is not started as a service."""
    missing = [package for tool, package in PACKAGES.items() if shutil.which(tool) is None]
    if subprocess.run(["/usr/bin/python3", "-c", "import flask"], capture_output=True).returncode != 0:
        missing.append("python3-flask")
    if not missing:
        return
    print("installing Debian packages:", *missing, file=sys.stderr)
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    # RUNLEVEL=1 makes Debian's maintainer scripts leave the services stopped.
    subprocess.run([*sudo, "env", "RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y",
                    "--no-install-recommends", *missing], check=True, stdout=subprocess.DEVNULL)


def load(server, seconds, *options):
    """Loads it; the requests that wrk saw answered. An error of any kind makes the run void."""
    output = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *options,
         f"http://127.0.0.1:{server.port}/api"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"{server.name}: {output}")
    return int(re.search(r"(\d+) requests in", output)[1])


def measure_pair(starts, seconds, turned):
    """All servers at once, loaded for a second in turns, there and back: {name: (user µs, total µs, requests/s)}."""
    servers = {}
    try:
        for name, start in starts.items():
            servers[name] = start()
            load(servers[name], 1)  # warm
        before = {name: server.cpu_ticks() for name, server in servers.items()}
        requests = dict.fromkeys(servers, 0)
        for turn in range(seconds):
            order = list(servers)
            for name in order[::-1] if (turn % 2 == 1) != turned else order:
                requests[name] += load(servers[name], 1)
        after = {name: server.cpu_ticks() for name, server in servers.items()}
    finally:
        for server in servers.values():
            server.stop()
    results = {}
    for name in servers:
        micro = 1e6 / TICK / requests[name]
        user, system = (end - begin for begin, end in zip(before[name], after[name]))
        results[name] = user * micro, (user + system) * micro, requests[name] / seconds
    return results


def first_answer_ms(binary):
    """From just before the process is made to the first whole answer; the wait is a busy one, on the other core."""
    port = free_port()
    environment = {"HOST": "127.0.0.1", "PORT": str(port)}
    whole = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE})
    silent = os.open("/dev/null", os.O_WRONLY)
    begin = time.perf_counter()
    pid = os.posix_spawn(binary, [binary], environment, file_actions=[(os.POSIX_SPAWN_DUP2, silent, 1)])
    os.sched_setaffinity(0, {LOAD_CORE})
    while answers(port) is None:
        pass
    taken = (time.perf_counter() - begin) * 1000
    os.kill(pid, 15)
    os.waitpid(pid, 0)
    os.close(silent)
    os.sched_setaffinity(0, whole)
    return taken


def rss_after(start, requests):
    """Half a minute of single requests, as most clients send them; then pipelined, because ten million are many."""
    server = start()
    try:
        served = load(server, 30)
        while served < requests:
            served += load(server, 10, "-s", str(HERE / "pipeline.lua"))
            print(f"  {served:,} requests, RSS {server.rss_bytes() / 1024:.0f} KiB", file=sys.stderr)
        return served, server.rss_bytes()
    finally:
        server.stop()


def interval(values):
    """Median and the interval that holds it with 96 % for nine values: the second to the second last."""
    ordered = sorted(values)
    trim = 1 if len(ordered) >= 9 else 0
    return statistics.median(ordered), ordered[trim], ordered[-1 - trim]


def say(values, digits=2):
    middle, low, high = interval(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build" / "release"), help="build folder (build/release)")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=4, help="of load for each server in each pair")
    parser.add_argument("--requests", type=int, default=10_000_000, help="before memory is read")
    parser.add_argument("--no-install", action="store_true", help="do not install what is missing")
    parser.add_argument("--output", default=str(HERE / "RESULTS.md"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped
    options.build = str(pathlib.Path(options.build).resolve())
    if os.cpu_count() < 2:
        sys.exit("bench/app needs two cores: one for the server, one for wrk")
    if not options.no_install:
        install_missing()
    subprocess.run(["ninja", "-C", options.build, "http-api", "bench_epoll_server"], check=True,
                   stdout=subprocess.DEVNULL)
    binary = f"{options.build}/bin/http-api"
    busy = os.getloadavg()[0]
    facts = machine.facts(busy)

    starts = {
        "bare epoll": lambda: start_epoll(f"{options.build}/bench/bench_epoll_server", SERVER_CORE),
        "http-api": lambda: start_http_api(binary, SERVER_CORE),
        "Flask + uwsgi (2) + nginx": lambda: start_flask(SERVER_CORE),
    }
    runs = {name: [] for name in starts}
    for pair in range(options.pairs):
        for name, result in measure_pair(starts, options.seconds, turned=pair % 2 == 1).items():
            runs[name].append(result)
            user, total, rate = result
            print(f"pair {pair + 1} {name}: user {user:.2f} total {total:.2f} µs, {rate:,.0f}/s", file=sys.stderr)
    starting = [first_answer_ms(binary) for _ in range(21)]
    served, rss = rss_after(starts["http-api"], options.requests)

    api, epoll, flask = (runs[name] for name in ("http-api", "bare epoll", "Flask + uwsgi (2) + nginx"))
    ratios = [a[1] / e[1] for a, e in zip(api, epoll)]
    flask_ratios = [f[1] / a[1] for a, f in zip(api, flask)]
    user = statistics.median(run[0] for run in api)
    bars = [
        (f"user CPU a request, at most {BAR_USER} µs", say([run[0] for run in api]) + " µs", user <= BAR_USER),
        (f"total CPU, at most {BAR_RATIO} of bare epoll", say(ratios, 3), statistics.median(ratios) <= BAR_RATIO),
        (f"CPU of Flask + uwsgi + nginx, at least {BAR_FLASK} times ours", say(flask_ratios, 1),
         statistics.median(flask_ratios) >= BAR_FLASK),
        (f"RSS after {served:,} requests, at most 4 MB", f"{rss / 1e6:.2f} MB", rss <= BAR_RSS),
        (f"exec to first answer, at most {BAR_START:.0f} ms", say(starting) + " ms",
         statistics.median(starting) <= BAR_START),
    ]
    command = "bench/app/run"
    if options.pairs != 9 or options.seconds != 4 or options.requests != 10_000_000:
        command += f" --pairs {options.pairs} --seconds {options.seconds} --requests {options.requests}"
    lines = ["# bench/app: results", "", f"`{command}`, {time.strftime('%Y-%m-%d')}: {facts}.",
             f"{options.pairs} pairs, each server {options.seconds} s in turns of one, {CONNECTIONS} keep-alive connections, server on "
             "one core, wrk on the other. Medians, in brackets the second lowest and second highest of the runs (of nine: the "
             "96 % interval of the median).", "",
             "| server | user µs | total µs | requests/s |", "| --- | --- | --- | --- |"]
    for name, results in runs.items():
        rates = statistics.median(run[2] for run in results)
        lines.append(f"| {name} | {say([run[0] for run in results])} | {say([run[1] for run in results])} | {rates:,.0f} |")
    lines += ["", "| bar | measured | |", "| --- | --- | --- |"]
    lines += [f"| {bar} | {value} | {'met' if met else '**not met**'} |" for bar, value, met in bars]
    lines += ["", "Ratios are taken within a pair. User time is what the kernel's 250 or 100 Hz tick saw, so single runs "
              "scatter; the total is exact to the tick. wrk and the kernel share caches with the server: compare within a "
              "table, not between machines."]
    if busy > BUSY_LOAD:
        lines += ["", f"**The machine was busy with other work (load average {busy:.1f} before the first run): cold caches and "
                  "preemption raise every figure here, those of the lighter servers most. Measure again on a quiet one.**"]
    text = "\n".join(lines) + "\n"
    pathlib.Path(options.output).write_text(text)
    print(text)
    return 0 if all(met for _, _, met in bars) else 3


if __name__ == "__main__":
    sys.exit(main())
