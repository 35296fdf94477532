"""What a program in a task sees: it runs with the environment of the task's process and, where told so, in its network."""
import json
import pathlib
import subprocess
import sys

from .waiting import wait_for

# What an application does that was written for ECS: nothing here names an endpoint, a region or a key.
TELL = """
import json, os, urllib.request, boto3
def get(path):
    with urllib.request.urlopen(os.environ["ECS_CONTAINER_METADATA_URI_V4"] + path, timeout=5) as answer:
        return json.load(answer)
print(json.dumps({
    "container": get(""), "task": get("/task"), "tagged": get("/taskWithTags"), "stats": get("/stats"), "all_stats": get("/task/stats"),
    "method": boto3.Session().get_credentials().method,
    "who": {key: value for key, value in boto3.client("sts").get_caller_identity().items() if key != "ResponseMetadata"},
    "clusters": boto3.client("ecs").list_clusters()["clusterArns"]}))
"""


def environment_of(pid):
    words = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(word.decode().split("=", 1) for word in words if b"=" in word)


def processes_of(task_id):
    """Pids that have the task's metadata URI in their environment; newest last."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if f"/v4/{task_id}-".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended
    return sorted(found)


class Inside:
    def __init__(self, task_id, pid=None, own_network=False):
        self.pid = pid or wait_for(lambda: processes_of(task_id), 10, f"a process of task {task_id}")[-1]
        self.environment = environment_of(self.pid)
        self.enter = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--"] if own_network else []

    def run(self, *command, check=True):
        done = subprocess.run([*self.enter, *map(str, command)], env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        assert not check or done.returncode == 0, f"{command[:3]} exited {done.returncode}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
        return done

    def python(self, script, check=True):
        return self.run(sys.executable, "-c", script, check=check)

    def told(self):
        return json.loads(self.python(TELL).stdout)
