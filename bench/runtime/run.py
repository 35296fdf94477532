#!/usr/bin/env python3
"""bench/runtime: from RunTask to RUNNING, for processes and beside a bare `docker run` in the same run; a thousand tasks at once.

Tasks are http-api with a port. Starts are measured one by one, by a client that asks DescribeTasks without a pause; containers in turns with
`docker run --detach` of the same image on a daemon of the bench's own. Figures are medians. Writes RESULTS.md; exit 3 when a bar is not met.
"""
import argparse
import datetime
import itertools
import os
import pathlib
import signal
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench/engine"), str(ROOT / "tests")]
from harness.dockerd import Dockerd  # noqa: E402
import machine  # noqa: E402
from servers import EngineServer  # noqa: E402

CLUSTER, FAMILY, MANY, PER_CALL = "container-cluster", "bench", 1000, 10
CORE = 0
numbers = itertools.count(1)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Site(EngineServer):
    """An engine with one large node and no task."""

    def __init__(self, program, runtime):
        super().__init__(program, CORE, "--runtime", runtime)
        self.scaleout("up", "--no-autoscaling", "--instance-type", "m5.xlarge", "--nodes", "1", "--tasks", "1", "--timeout", "120")
        service = self.ecs("DescribeServices", {"cluster": CLUSTER, "services": ["http-api"]})["services"][0]
        container = self.ecs("DescribeTaskDefinition", {"taskDefinition": service["taskDefinition"]})["taskDefinition"]["containerDefinitions"][0]
        self.image = container["image"]
        self.ecs("UpdateService", {"cluster": CLUSTER, "service": "http-api", "desiredCount": 0})
        self.until(lambda: not self.ecs("ListTasks", {"cluster": CLUSTER})["taskArns"], 120)
        self.ecs("RegisterTaskDefinition", {"family": FAMILY, "containerDefinitions": [
            {"name": "c", "image": self.image, "memory": 8, "portMappings": [{"containerPort": 8080, "hostPort": 0}]}]})

    def until(self, condition, seconds):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError("waited for too long")
            time.sleep(0.05)

    def run_tasks(self, count):
        answer = self.ecs("RunTask", {"cluster": CLUSTER, "taskDefinition": FAMILY, "count": count})
        if answer["failures"]:
            raise RuntimeError(answer["failures"])
        return [task["taskArn"] for task in answer["tasks"]]

    def describe(self, arns):
        return self.ecs("DescribeTasks", {"cluster": CLUSTER, "tasks": arns})["tasks"]

    def start_one(self):
        """Seconds from RunTask to RUNNING, as a client sees them. The task is stopped afterwards."""
        begin = time.perf_counter()
        arns = self.run_tasks(1)
        while (task := self.describe(arns)[0])["lastStatus"] != "RUNNING":
            if task["lastStatus"] == "STOPPED":
                raise RuntimeError(task["stoppedReason"])
        took = time.perf_counter() - begin
        self.ecs("StopTask", {"cluster": CLUSTER, "task": arns[0]})
        self.until(lambda: self.describe(arns)[0]["lastStatus"] == "STOPPED", 60)
        return took


def process_starts(program, count):
    with Site(program, "process") as site:
        site.start_one()  # the image is unpacked
        starts = [site.start_one() for _ in range(count)]
        say(f"process: {1000 * statistics.median(starts):.1f} ms (least {1000 * min(starts):.1f}, most {1000 * max(starts):.1f})")
        return starts


def docker_starts(program, count):
    daemon = Dockerd()
    os.environ.update(daemon.environment)
    try:
        daemon.start()
        with Site(program, "docker") as site:
            site.start_one()
            image = daemon.run("images", "--no-trunc", "--quiet").stdout.split()[0]
            pairs = []
            for turn in range(count):
                def bare():
                    begin = time.perf_counter()
                    made = daemon.run("run", "--detach", "--memory", "8m", "--publish", f"127.0.0.9:{20000 + next(numbers)}:8080", image).stdout.strip()
                    took = time.perf_counter() - begin
                    daemon.run("rm", "--force", made)
                    return took
                both = {}
                for name, start in [("ours", site.start_one), ("bare", bare)][::1 if turn % 2 == 0 else -1]:
                    both[name] = start()
                pairs.append((both["ours"], both["bare"]))
                say(f"docker: {1000 * both['ours']:.0f} ms, docker run {1000 * both['bare']:.0f} ms")
            return pairs
    finally:
        for name in daemon.environment:
            os.environ.pop(name, None)
        daemon.close()


def many(program):
    """(seconds until all run, the engine's RSS in MiB then, how many run)"""
    with Site(program, "process") as site:
        begin, arns = time.perf_counter(), []
        while len(arns) < MANY:
            arns += site.run_tasks(PER_CALL)

        def running():
            return sum(task["lastStatus"] == "RUNNING" for at in range(0, MANY, 100) for task in site.describe(arns[at:at + 100]))
        site.until(lambda: running() == MANY, 300)
        took = time.perf_counter() - begin
        time.sleep(10)  # what each of them costs at rest is part of it: usage is read every second
        rss, alive = site.rss_mib(), running()
        say(f"{alive} tasks after {took:.1f} s; the engine has {rss:.1f} MiB")
        return took, rss, alive


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--build", type=pathlib.Path, required=True)
    options.add_argument("--starts", type=int, default=30, help="of a process; a third as many of containers")
    options.add_argument("--no-results", action="store_true", help="leave RESULTS.md alone")
    given = options.parse_args()
    load, program = os.getloadavg()[0], given.build.resolve() / "bin/scaleout"
    starts = process_starts(program, given.starts)
    pairs = docker_starts(program, max(3, given.starts // 3))
    took, rss, alive = many(program)
    process = 1000 * statistics.median(starts)
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    ours, bare = (1000 * statistics.median(pair[i] for pair in pairs) for i in (0, 1))
    bars = [("a process task from RunTask to RUNNING, within 15 ms", f"{process:.1f} ms", process <= 15),
            ("a container from RunTask to RUNNING, within 1.3 of a bare `docker run`", f"{ratio:.2f} ({ours:.0f} ms of {bare:.0f} ms)", ratio <= 1.3),
            (f"the engine with {MANY:,} process tasks, under 100 MiB", f"{rss:.1f} MiB ({alive:,} run, all of them after {took:.1f} s)",
             rss < 100 and alive == MANY)]
    text = (f"# bench/runtime: results\n\n`bench/runtime/run --starts {given.starts}`, {datetime.date.today()}: {machine.facts(load)}.\n"
            f"The engine on core {CORE}; {len(starts)} starts of processes, "
            f"{len(pairs)} pairs of containers, medians.\n\n| bar | measured | |\n| --- | --- | --- |\n"
            + "".join(f"| {bar} | {figure} | {'met' if met else '**not met**'} |\n" for bar, figure, met in bars))
    print(text)
    if not given.no_results:
        (HERE / "RESULTS.md").write_text(text)
    return 0 if all(met for _, _, met in bars) else 3


if __name__ == "__main__":
    sys.exit(main())
