"""The document's stack, made by `scaleout up` on an engine that tests may kill, and what really runs of it on this machine."""
import collections
import pathlib
import urllib.parse

from harness.waiting import wait_for

CLUSTER, SERVICE = "container-cluster", "http-api"


class ServedStack:
    def __init__(self, engine, nodes=3, tasks=3):
        self.engine = engine
        done = engine.scaleout("up", "--no-autoscaling", "--nodes", nodes, "--nodes-max", nodes, "--tasks", tasks, "--deregistration-delay", 5, "--timeout", 240)
        self.url = done.stdout.strip()
        address = urllib.parse.urlsplit(self.url)
        self.address = (address.hostname, address.port or 80)
        self.wait_steady()

    @property
    def ecs(self):
        return self.engine.client("ecs")

    @property
    def elbv2(self):
        return self.engine.client("elbv2")

    def service(self):
        return self.ecs.describe_services(cluster=CLUSTER, services=[SERVICE], include=["TAGS"])["services"][0]

    def update(self, **changes):
        return self.ecs.update_service(cluster=CLUSTER, service=SERVICE, **changes)

    def running(self):
        """Ids of the RUNNING tasks, as the API tells them."""
        arns = self.ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
        tasks = self.ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
        return {t["taskArn"].rsplit("/", 1)[1] for t in tasks if t["lastStatus"] == "RUNNING"}

    def shims(self):
        """How many shims this state directory's tasks have, as the machine tells it: {task id: count}."""
        folder = f"{self.engine.state}/tasks/"
        found = collections.Counter()
        for pid, arguments in command_lines().items():
            # The relay of forwarded ports is a fork of its shim under another name.
            if "scaleout-shim" in arguments[0] and len(arguments) > 1 and arguments[1].startswith(folder) and name_of(pid) == "scaleout-shim":
                found[arguments[1][len(folder):].split("/")[0]] += 1
        return found

    def servers(self):
        """Processes of the service's program: {task id: [pids]}, by the shim above them."""
        lines, found = command_lines(), collections.defaultdict(list)
        folder = f"{self.engine.state}/tasks/"
        for pid, arguments in lines.items():
            if arguments[0] != "/http-api":
                continue
            above = pid
            while above > 1:
                above = parent(above)
                line = lines.get(above, [""])
                if "scaleout-shim" in line[0] and line[1].startswith(folder):
                    found[line[1][len(folder):].split("/")[0]].append(pid)
                    break
        return found

    def haproxies(self):
        """(masters, workers): pids."""
        mine = [pid for pid, line in command_lines().items() if "haproxy" in line[0] and f"{self.engine.state}/haproxy/haproxy.cfg" in line]
        return [p for p in mine if parent(p) not in mine], [p for p in mine if parent(p) in mine]

    def has_one_balancer(self):
        """Not at once: a worker outlives its master for a moment, and a master that reloads has no command line meanwhile."""
        masters, workers = self.haproxies()
        return len(masters) == 1 and workers

    def target_states(self):
        group = self.elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
        return [t["TargetHealth"]["State"] for t in self.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]]

    def is_steady(self):
        service = self.service()
        desired = service["desiredCount"]
        return (len(service["deployments"]) == 1 and service["runningCount"] == desired and service["pendingCount"] == 0
                and self.target_states() == ["healthy"] * desired and set(self.shims()) == self.running())

    def wait_steady(self, deadline=30):
        try:
            wait_for(self.is_steady, deadline, "the service is steady, one shim for each RUNNING task")
        except AssertionError as error:
            raise AssertionError(f"{error}\nrunning {self.running()}\nshims {self.shims()}\ntargets {self.target_states()}\n"
                                 f"{[e['message'] for e in self.service()['events'][:8]]}\n{self.engine.log_tail()}") from None

    def check_nothing_doubled_or_orphaned(self):
        self.wait_steady()
        running = self.running()
        assert dict(self.shims()) == {task: 1 for task in running}
        servers = self.servers()
        assert {task: len(pids) for task, pids in servers.items()} == {task: 1 for task in running}
        wait_for(self.has_one_balancer, 10, "one master of the load balancer, and its worker")


def command_lines():
    """{pid: arguments} of every process."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if text:
                found[int(entry.name)] = text.rstrip("\0").split("\0")
    return found


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None


def parent(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0
