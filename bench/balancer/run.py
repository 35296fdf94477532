#!/usr/bin/env python3
"""bench/balancer: requests/s through the HAProxy that the engine configures, against a bare one with the same servers.

Bare: HAProxy with its defaults; one frontend, one backend, keep-alive on both sides, no rule, no log. Ours is started with the
engine's option and environment. Both (one thread each) run on core 0, with a reader on the log sockets as the engine has it;
wrk and two http-api on core 1. In each pair both are loaded in turns of a few seconds,
there and back, so that what else the machine does falls on both alike. Requests/s and CPU microseconds a request;
ratios are taken within a pair. Writes RESULTS.md; exit 3 when the bar is not met.
"""
import argparse
import os
import pathlib
import re
import select
import shutil
import signal
import socket
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
from processes import Server, TICK, free_port  # noqa: E402

PROXY_CORE, LOAD_CORE = 0, 1
CONNECTIONS = 64
# A turn at one proxy. The first 2,000 requests after a pause are all logged, then a sample is: shorter turns measure mostly those.
TURN_SECONDS = 4
BUSY_LOAD = 1.0
BAR = 0.95

readers = {}  # by descriptor

BARE = """
global
  maxconn 2000
  nbthread 1
  httpclient.ssl.verify none
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend bare
  bind 127.0.0.1:{port}
  default_backend servers
backend servers
  balance roundrobin
{servers}
"""


def read_logs(prefix, count):
    """Empties the log sockets, as the engine does; HAProxy drops lines when nobody reads."""
    waiting, lines = select.poll(), [0]
    for i in range(count):
        reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        reader.bind(f"{prefix}{i}.sock")
        waiting.register(reader)
        readers[reader.fileno()] = reader

    def drain():
        os.sched_setaffinity(0, {LOAD_CORE})
        while True:
            for descriptor, _ in waiting.poll():
                lines[0] += 1 if readers[descriptor].recv(4096) else 0

    threading.Thread(target=drain, daemon=True).start()
    return lines


def load(port, seconds):
    output = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
         f"http://127.0.0.1:{port}/api"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    return int(re.search(r"(\d+) requests in", output)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def measure_pair(proxies, seconds, turned):
    """{name: (requests/s, CPU µs a request)}"""
    requests, rates = dict.fromkeys(proxies, 0), {name: [] for name in proxies}
    before = {name: sum(proxy.cpu_ticks()) for name, proxy in proxies.items()}
    for turn in range(max(1, seconds // TURN_SECONDS)):
        order = list(proxies)
        for name in order[::-1] if (turn % 2 == 1) != turned else order:
            count, rate = load(proxies[name].port, TURN_SECONDS)
            requests[name] += count
            rates[name].append(rate)
    return {name: (statistics.mean(rates[name]),
                   (sum(proxy.cpu_ticks()) - before[name]) * 1e6 / TICK / requests[name])
            for name, proxy in proxies.items()}


def say(values, digits=3):
    """Median, and the second to the second last of nine: the 96 % interval of the median."""
    ordered = sorted(values)
    trim = 1 if len(ordered) >= 9 else 0
    return f"{statistics.median(ordered):,.{digits}f} ({ordered[trim]:,.{digits}f} to {ordered[-1 - trim]:,.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build" / "release"), help="build folder (build/release)")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=4, help="of load for each proxy in each pair")
    parser.add_argument("--output", default=str(HERE / "RESULTS.md"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped
    if os.cpu_count() < 2:
        sys.exit("bench/balancer needs two cores: one for HAProxy, one for wrk and the servers")
    for tool, package in {"wrk": "wrk", "haproxy": "haproxy"}.items():
        if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin") is None:
            sys.exit(f"bench/balancer needs {tool}: apt-get install {package}")
    build = str(pathlib.Path(options.build).resolve())
    subprocess.run(["ninja", "-C", build, "http-api", "bench_balancer_render"], check=True, stdout=subprocess.DEVNULL)
    busy = os.getloadavg()[0]
    facts = machine.facts(busy)

    directory = tempfile.mkdtemp(prefix="bench-balancer-")
    servers, proxies, runs = [], {}, {"bare": [], "ours": []}
    try:
        renderer = f"{build}/bench/bench_balancer_render"
        option, variable = subprocess.run([renderer], capture_output=True, text=True, check=True).stdout.split()
        lines = None
        for _ in range(2):
            port = free_port()
            servers.append(Server("http-api", LOAD_CORE, [[f"{build}/bin/http-api"]], port,
                                  environment={"HOST": "127.0.0.1", "PORT": str(port)}))
        ports = [str(server.port) for server in servers]
        for name in runs:
            port = free_port()
            if name == "bare":
                text = BARE.format(port=port, servers="\n".join(f"  server s{p} 127.0.0.1:{p}" for p in ports))
            else:
                text = subprocess.run([renderer, directory, str(port), *ports], capture_output=True, text=True, check=True).stdout
                lines = read_logs(f"{directory}/log-", text.count("  log /"))
            config = f"{directory}/{name}.cfg"
            pathlib.Path(config).write_text(text)
            environment = {"PATH": os.environ["PATH"] + ":/usr/sbin"}
            command = ["haproxy", "-db", "-f", config]
            if name == "ours":
                command.insert(1, option)
                environment.update([variable.split("=", 1)])
            proxies[name] = Server(name, PROXY_CORE, [command], port, environment=environment)
            load(port, 1)  # warm
        for pair in range(options.pairs):
            for name, result in measure_pair(proxies, options.seconds, turned=pair % 2 == 1).items():
                runs[name].append(result)
                print(f"pair {pair + 1} {name}: {result[0]:,.0f}/s, {result[1]:.2f} µs", file=sys.stderr)
    finally:
        for server in [*proxies.values(), *servers]:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)
    print(f"log lines read: {lines[0]}", file=sys.stderr)

    ratios = [ours[0] / bare[0] for ours, bare in zip(runs["ours"], runs["bare"])]
    costs = [ours[1] / bare[1] for ours, bare in zip(runs["ours"], runs["bare"])]
    met = statistics.median(ratios) >= BAR
    command = "bench/balancer/run"
    if options.pairs != 9 or options.seconds != 4:
        command += f" --pairs {options.pairs} --seconds {options.seconds}"
    text = ["# bench/balancer: results", "", f"`{command}`, {time.strftime('%Y-%m-%d')}: {facts}.",
            f"{options.pairs} pairs, each proxy {options.seconds} s in turns of {TURN_SECONDS} s, {CONNECTIONS} keep-alive connections; HAProxy "
            "(one thread) on one core, wrk and two http-api on the other, the log socket read. Medians, in brackets the second "
            "lowest and second highest of the runs.", "", "| HAProxy | requests/s | CPU µs a request |", "| --- | --- | --- |"]
    for name, title in (("bare", "bare: one frontend, one backend"), ("ours", "as the engine configures it")):
        text.append(f"| {title} | {say([run[0] for run in runs[name]], 0)} | {say([run[1] for run in runs[name]], 2)} |")
    text += ["", "| bar | measured | |", "| --- | --- | --- |",
             f"| requests/s, at least {BAR} of bare | {say(ratios)} | {'met' if met else '**not met**'} |",
             f"| (CPU a request, of bare's) | {say(costs)} | |", ""]
    if busy > BUSY_LOAD:
        text += [f"**The machine was busy with other work (load average {busy:.1f} before the first run). Measure again on a "
                 "quiet one.**", ""]
    pathlib.Path(options.output).write_text("\n".join(text))
    print("\n".join(text))
    return 0 if met else 3


if __name__ == "__main__":
    sys.exit(main())
