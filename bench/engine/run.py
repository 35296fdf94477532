#!/usr/bin/env python3
"""bench/engine: what the engine costs, beside moto's server and a bare HAProxy in the same run.

Servers on core 0, wrk on core 1, 8 connections unless said. Rounds are interleaved and figures are medians. Writes RESULTS.md; exit 3
when a bar is not met. The interpreter needs moto[server] (`make bench` sees to it).
"""
import argparse
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time

from servers import FOREMOST, EngineServer, bare_haproxy, http_api, moto

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "bench"))
import machine  # noqa: E402

SERVER_CORE, LOAD_CORE = 0, 1
BUSY_LOAD = 1.0
TASK_DEFINITION = {"family": "bench", "containerDefinitions": [{"name": "bench", "image": "bench:1", "cpu": 256, "memory": 128,
                                                              "portMappings": [{"containerPort": 8080}]}]}
DESCRIBE = {"cluster": "bench", "services": ["bench"]}
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}


def wrk(url, seconds, connections=8, call=None):
    """(requests/s, requests, p99 in ms). An answer that is no success makes the run void."""
    script = ["-s", str(HERE / "aws_json.lua")] if call else []
    arguments = ["--", call[0], json.dumps(call[1])] if call else []
    output = subprocess.run([*FOREMOST, "taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency",
                             *script, url, *arguments], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"{url} {call}: {output}")
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", output).groups()
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), int(re.search(r"(\d+) requests in", output)[1]), float(value) * UNITS[unit]


def say(text):
    print(text, file=sys.stderr, flush=True)


def with_service(server):
    server.ecs("CreateCluster", {"clusterName": "bench"})
    server.ecs("RegisterTaskDefinition", TASK_DEFINITION)
    server.ecs("CreateService", {"cluster": "bench", "serviceName": "bench", "taskDefinition": "bench", "desiredCount": 1})
    assert server.ecs("DescribeServices", DESCRIBE)["services"][0]["serviceName"] == "bench"


def against_moto(build, program, rounds, seconds, figures):
    starts = []
    for _ in range(9):
        with EngineServer(program, SERVER_CORE) as engine:
            starts.append(engine.ready_ms)
            time.sleep(0.2)  # idle is what it is to be
            figures.setdefault("rss_idle", engine.rss_mib())
    figures["ready"], figures["readies"] = statistics.median(starts), starts
    with EngineServer(program, SERVER_CORE) as engine, moto(SERVER_CORE) as peer, http_api(f"{build}/bin/http-api", SERVER_CORE) as least:
        figures["moto_ready"], figures["moto_rss"] = peer.ready_ms, peer.rss_mib()
        with_service(engine)
        with_service(peer)
        rates, peer_rates, tails, least_tails = [], [], [], []
        for _ in range(rounds):
            rate, _, tail = wrk(engine.url, seconds, call=("DescribeServices", DESCRIBE))
            peer_rate, _, _ = wrk(peer.url, seconds, call=("DescribeServices", DESCRIBE))
            _, _, least_tail = wrk(f"{least.url}/api", seconds)
            rates.append(rate), peer_rates.append(peer_rate), tails.append(tail), least_tails.append(least_tail)
            say(f"DescribeServices: {rate:,.0f}/s, p99 {tail:.2f} ms (http-api {least_tail:.2f} ms); moto {peer_rate:,.0f}/s")
        figures["describe"], figures["moto"] = statistics.median(rates), statistics.median(peer_rates)
        figures["describe_ratio"] = statistics.median(a / b for a, b in zip(rates, peer_rates))
        figures["describe_p99"], figures["least_p99"] = statistics.median(tails), statistics.median(least_tails)


def durable_and_flat(program, seconds, requests, figures):
    with EngineServer(program, SERVER_CORE) as engine:
        with_service(engine)
        runs = [wrk(engine.url, seconds, connections=64, call=("RegisterTaskDefinition", TASK_DEFINITION)) for _ in range(3)]
        figures["register"] = statistics.median(run[0] for run in runs)
        figures["register_p99"] = statistics.median(run[2] for run in runs)
        say(f"RegisterTaskDefinition: {figures['register']:,.0f}/s, p99 {figures['register_p99']:.1f} ms")
    with EngineServer(program, SERVER_CORE) as engine:
        with_service(engine)
        wrk(engine.url, 3, call=("DescribeServices", DESCRIBE))
        figures["rss_before"], served = engine.rss_mib(), 0
        while served < requests:
            served += wrk(engine.url, 5, call=("DescribeServices", DESCRIBE))[1]
        figures["rss_after"], figures["served"] = engine.rss_mib(), served
        say(f"RSS {figures['rss_before']:.1f} -> {figures['rss_after']:.1f} MiB over {served:,} requests")


def through_the_balancer(program, rounds, seconds, figures):
    """Backends and wrk share core 1, whatever carries the requests has core 0 to itself. Many short pairs: a virtual machine's
    neighbours change what a core does within seconds."""
    with EngineServer(program, SERVER_CORE, "--time-scale", "20", "--cores-per-vcpu", "1") as engine:
        url = engine.scaleout("up", "--no-autoscaling", "--tasks", "2", "--nodes", "1").strip()
        state = f"{engine.folder}/state"
        haproxies, backends = [], []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if "haproxy" in line[0] and f"{state}/haproxy/haproxy.cfg" in line:
                    haproxies.append(entry.name)
                if line[0] == "/http-api":
                    environment = dict(e.split("=", 1) for e in (entry / "environ").read_bytes().decode().split("\0") if "=" in e)
                    if any(state_of(entry.name, state)):
                        backends.append(f"{environment['HOST']}:{environment['PORT']}")
                        subprocess.run(["taskset", "-acp", str(LOAD_CORE), entry.name], check=True, capture_output=True)
            except OSError:
                continue
        for pid in haproxies:
            subprocess.run(["taskset", "-acp", str(SERVER_CORE), pid], check=True, capture_output=True)
        assert len(backends) == 2, backends
        with bare_haproxy(SERVER_CORE, backends) as bare:
            pairs = []
            for turn in range(rounds):
                order = [("ours", url), ("bare", bare.url)]
                rates = {name: wrk(f"{target}/api", seconds)[0] for name, target in (order if turn % 2 == 0 else order[::-1])}
                pairs.append((rates["ours"], rates["bare"]))
                say(f"through the balancer {rates['ours']:,.0f}/s, bare HAProxy {rates['bare']:,.0f}/s: {rates['ours'] / rates['bare']:.3f}")
        figures["balanced"], figures["bare"] = (statistics.median(p[i] for p in pairs) for i in (0, 1))
        figures["balanced_ratio"] = statistics.median(a / b for a, b in pairs)


def state_of(pid, state):
    """Whether a shim of this state directory is above the process."""
    while int(pid) > 1:
        line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        yield f"{state}/tasks/" in line
        pid = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]


def tick_costs(build, figures):
    for idle in (10, 10_000):
        runs = []
        for _ in range(3):
            done = subprocess.run(["taskset", "-c", str(SERVER_CORE), f"{build}/bench/bench_tick_cost", str(idle)], capture_output=True, text=True,
                                  check=True)
            runs.append([float(value) for value in done.stdout.split()])
        figures[f"tick_{idle}"], figures[f"change_{idle}"] = (statistics.median(run[i] for run in runs) for i in (0, 1))
        say(f"{idle} idle tasks: a tick {figures[f'tick_{idle}']:.2f} µs, with one change {figures[f'change_{idle}']:.2f} µs")


def bars(f):
    """(bar, measured, met)"""
    return [
        ("ready, exec to first answered health, at most 50 ms", f"{f['ready']:.1f} ms (moto {f['moto_ready']:.0f})", f["ready"] <= 50),
        ("RSS idle, at most 30 MiB", f"{f['rss_idle']:.1f} MiB (moto {f['moto_rss']:.0f})", f["rss_idle"] <= 30),
        ("DescribeServices, at least 70 times moto's requests/s", f"{f['describe_ratio']:.0f} ({f['describe']:,.0f}/s, moto {f['moto']:,.0f}/s)",
         f["describe_ratio"] >= 70),
        ("DescribeServices, p99 under 1 ms", f"{f['describe_p99']:.2f} ms (http-api, which does next to nothing: {f['least_p99']:.2f})", f["describe_p99"] < 1),
        ("RegisterTaskDefinition, durable, 64 connections, at least 2,000/s", f"{f['register']:,.0f}/s (p99 {f['register_p99']:.1f} ms)",
         f["register"] >= 2000),
        (f"memory over {f['served']:,} requests, flat to 1 MiB", f"{f['rss_before']:.1f} to {f['rss_after']:.1f} MiB",
         f["rss_after"] <= f["rss_before"] + 1),
        ("through the balancer, at least 0.95 of bare HAProxy", f"{f['balanced_ratio']:.3f} ({f['balanced']:,.0f}/s of {f['bare']:,.0f}/s)",
         f["balanced_ratio"] >= 0.95),
        ("a tick with nothing due, 10 to 10,000 idle tasks, at most twice", f"{f['tick_10']:.2f} to {f['tick_10000']:.2f} µs",
         f["tick_10000"] <= 2 * f["tick_10"]),
        ("a tick with one changed service, the same, at most twice", f"{f['change_10']:.1f} to {f['change_10000']:.1f} µs",
         f["change_10000"] <= 2 * f["change_10"]),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build" / "release"), help="build folder (build/release)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of load in each round")
    parser.add_argument("--requests", type=int, default=1_000_000, help="over which memory must be flat")
    parser.add_argument("--output", default=str(HERE / "RESULTS.md"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if os.cpu_count() < 2:
        sys.exit("bench/engine needs two cores: one for the server, one for wrk")
    build = str(pathlib.Path(options.build).resolve())
    subprocess.run(["ninja", "-C", build, "scaleout", "scaleout-shim", "http-api", "bench_tick_cost"], check=True, stdout=subprocess.DEVNULL)
    program, busy, figures = f"{build}/bin/scaleout", os.getloadavg()[0], {}
    os.sched_setaffinity(0, {LOAD_CORE})
    against_moto(build, program, options.rounds, options.seconds, figures)
    durable_and_flat(program, options.seconds, options.requests, figures)
    through_the_balancer(program, 5 * options.rounds, 1, figures)
    tick_costs(build, figures)

    command = " ".join(["bench/engine/run", *sys.argv[1:]]).replace(f" --build {options.build}", "")
    lines = ["# bench/engine: results", "", f"`{command}`, {time.strftime('%Y-%m-%d')}: {machine.facts(busy)}.",
             f"Server on core 0, wrk on core 1, 8 keep-alive connections; {options.rounds} interleaved rounds of {options.seconds} s (through the balancer "
             f"{5 * options.rounds} of 1 s), medians{'; all of them at priority -20' if FOREMOST else ''}.", "",
             "| bar | measured | |", "| --- | --- | --- |"]
    lines += [f"| {bar} | {value} | {'met' if met else '**not met**'} |" for bar, value, met in bars(figures)]
    if busy > BUSY_LOAD:
        lines += ["", f"**The machine was busy with other work (load average {busy:.1f} before the first run): times and rates are worse than "
                  "they would be. Measure again on a quiet one.**"]
    text = "\n".join(lines) + "\n"
    pathlib.Path(options.output).write_text(text)
    print(text)
    return 0 if all(met for _, _, met in bars(figures)) else 3


if __name__ == "__main__":
    sys.exit(main())
