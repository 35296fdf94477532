#!/usr/bin/env python3
"""bench/scaling: what scaling costs: control passes, alarms, PutMetricData beside moto's server in the same run, the engine at rest.

Servers on core 0, wrk on core 1, 8 connections. Rounds are interleaved and figures are medians. Writes RESULTS.md; exit 3 when a bar is not
met. The interpreter needs moto[server] (`make bench` sees to it).
"""
import argparse
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench/engine")]
import machine  # noqa: E402
from servers import EngineServer, moto  # noqa: E402

SERVER_CORE, LOAD_CORE = 0, 1
BUSY_LOAD = 1.0
TASKS, ALARMS, RESTING_TASKS = 10_000, 1_000, 20
DATUM = {"Action": "PutMetricData", "Version": "2010-08-01", "Namespace": "Bench", "MetricData.member.1.MetricName": "Depth",
         "MetricData.member.1.Dimensions.member.1.Name": "Queue", "MetricData.member.1.Dimensions.member.1.Value": "orders",
         "MetricData.member.1.Unit": "Count", "MetricData.member.1.Value": "12.5"}


def say(text):
    print(text, file=sys.stderr, flush=True)


def puts(url, seconds):
    """Requests/s. An answer that is no success makes the run void."""
    output = subprocess.run(["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", "-c8", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", HERE / "put.lua", url,
                             "--", urllib.parse.urlencode(DATUM)], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"{url}: {output}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def against_moto(program, rounds, seconds, figures):
    with EngineServer(program, SERVER_CORE) as engine, moto(SERVER_CORE) as peer:
        pairs = []
        for turn in range(rounds):
            order = [("ours", engine.url), ("moto", peer.url)]
            rates = {name: puts(url, seconds) for name, url in (order if turn % 2 == 0 else order[::-1])}
            pairs.append((rates["ours"], rates["moto"]))
            say(f"PutMetricData: {rates['ours']:,.0f}/s; moto {rates['moto']:,.0f}/s: {rates['ours'] / rates['moto']:.0f}")
    figures["put"], figures["moto"] = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
    figures["put_ratio"] = statistics.median(a / b for a, b in pairs)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def at_rest(program, seconds, figures):
    """The stack that `up` makes, at AWS's pace, with both layers of scaling: all its tasks run and nobody asks them anything."""
    with EngineServer(program, SERVER_CORE, "--cores-per-vcpu", "1") as engine:
        count = str(RESTING_TASKS)
        engine.scaleout("up", "--tasks", count, "--tasks-min", count, "--tasks-max", count, "--nodes", "5", "--nodes-min", "5", "--nodes-max", "5",
                        "--timeout", "240")
        time.sleep(5)  # what starting them left to do
        begin, before = time.monotonic(), cpu_seconds(engine.process.pid)
        time.sleep(seconds)
        figures["rest"] = 100 * (cpu_seconds(engine.process.pid) - before) / (time.monotonic() - begin)
        say(f"{RESTING_TASKS} tasks at rest: {figures['rest']:.2f} % of a core")


def costs(build, figures):
    def median_of(program, argument):
        runs = []
        for _ in range(3):
            done = subprocess.run(["taskset", "-c", str(SERVER_CORE), f"{build}/bench/{program}", str(argument)], capture_output=True, text=True, check=True)
            runs.append([float(value) / 1000 for value in done.stdout.split()])
        return [statistics.median(run[i] for run in runs) for i in range(len(runs[0]))]
    figures["noticed"], figures["died"] = median_of("bench_pass_cost", TASKS)
    say(f"{TASKS} tasks, 1 % changing: {figures['noticed']:.2f} ms; 1 % dying: {figures['died']:.2f} ms")
    figures["alarms"], = median_of("bench_alarm_cost", ALARMS)
    say(f"{ALARMS} alarms: {figures['alarms']:.2f} ms")


def bars(f):
    return [
        (f"a control pass over {TASKS:,} tasks, 1 % changing, under 5 ms", f"{f['noticed']:.2f} ms", f["noticed"] < 5),
        (f"{ALARMS:,} alarms evaluated, under 2 ms", f"{f['alarms']:.2f} ms", f["alarms"] < 2),
        ("PutMetricData, at least 70 times moto's requests/s", f"{f['put_ratio']:.0f} ({f['put']:,.0f}/s, moto {f['moto']:,.0f}/s)", f["put_ratio"] >= 70),
        (f"engine CPU with {RESTING_TASKS} tasks at rest, under 3 % of a core", f"{f['rest']:.2f} %", f["rest"] < 3),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build" / "release"), help="build folder (build/release)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of load in each round")
    parser.add_argument("--rest", type=int, default=60, help="seconds over which the engine at rest is measured")
    parser.add_argument("--output", default=str(HERE / "RESULTS.md"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if os.cpu_count() < 2:
        sys.exit("bench/scaling needs two cores: one for the server, one for wrk")
    build = str(pathlib.Path(options.build).resolve())
    subprocess.run(["ninja", "-C", build, "scaleout", "scaleout-shim", "http-api", "bench_pass_cost", "bench_alarm_cost"], check=True, stdout=subprocess.DEVNULL)
    program, busy, figures = f"{build}/bin/scaleout", os.getloadavg()[0], {}
    os.sched_setaffinity(0, {LOAD_CORE})
    costs(build, figures)
    against_moto(program, options.rounds, options.seconds, figures)
    at_rest(program, options.rest, figures)

    command = " ".join(["bench/scaling/run", *sys.argv[1:]]).replace(f" --build {options.build}", "")
    lines = ["# bench/scaling: results", "", f"`{command}`, {time.strftime('%Y-%m-%d')}: {machine.facts(busy)}.",
             f"Server on core 0, wrk on core 1, 8 keep-alive connections, one datum a request (Query); {options.rounds} interleaved rounds of "
             f"{options.seconds} s, medians. Passes and alarms: the whole engine over fakes on a virtual clock.", "", "| bar | measured | |", "| --- | --- | --- |"]
    lines += [f"| {bar} | {value} | {'met' if met else '**not met**'} |" for bar, value, met in bars(figures)]
    lines += ["", f"A tick in which 1 % of the tasks die at once, are stopped, placed and started anew: {figures['died']:.0f} ms (no bar)."]
    if busy > BUSY_LOAD:
        lines += ["", f"**The machine was busy with other work (load average {busy:.1f} before the first run): times and rates are worse than "
                  "they would be. Measure again on a quiet one.**"]
    text = "\n".join(lines) + "\n"
    pathlib.Path(options.output).write_text(text)
    print(text)
    return 0 if all(met for _, _, met in bars(figures)) else 3


if __name__ == "__main__":
    sys.exit(main())
