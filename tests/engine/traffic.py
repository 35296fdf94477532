"""Steady GETs through the load balancer by a client that never repeats a request: what it counts as failed, a user would have seen.

Run as a program (its own process, so that the test's work does not slow it): `traffic.py HOST PORT`; it stops at the end of its input and prints
{"answered": n, "failed": [[seconds, reason], ...]}. Half of the workers keep their connection, half open one for each request.
"""
import http.client
import json
import pathlib
import subprocess
import sys
import threading
import time

WORKERS, PAUSE, TIMEOUT = 4, 0.01, 10


class Traffic:
    """with Traffic(host, port) as traffic: …; then traffic.answered and traffic.failed."""

    def __init__(self, host, port):
        self.command = [sys.executable, str(pathlib.Path(__file__).resolve()), host, str(port)]
        self.answered, self.failed = 0, []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        told = json.loads(self.process.communicate("")[0])
        self.answered, self.failed = told["answered"], told["failed"]


def get(connection):
    connection.request("GET", "/api")
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise OSError(f"{response.status} {response.reason}")
    if len(json.loads(body)) != 52:
        raise OSError(f"odd answer {body[:80]}")
    return response.will_close


def worker(address, keeps, stop, told, start):
    connection = None
    while not stop.is_set():
        age = None
        try:
            if connection is None:
                connection, uses = http.client.HTTPConnection(*address, timeout=TIMEOUT), 0
            age = uses
            closes = get(connection)
            uses += 1
            told["answered"] += 1
        except (OSError, http.client.HTTPException, ValueError) as error:
            told["failed"].append([round(time.monotonic() - start, 3), f"{type(error).__name__}: {error} (use {age} of the connection)"])
            closes = True
        if closes or not keeps or uses >= 200:
            connection.close()
            connection = None
        time.sleep(PAUSE)


def main():
    address, stop, start = (sys.argv[1], int(sys.argv[2])), threading.Event(), time.monotonic()
    counts = [{"answered": 0, "failed": []} for _ in range(WORKERS)]
    threads = [threading.Thread(target=worker, args=(address, i % 2 == 0, stop, counts[i], start)) for i in range(WORKERS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps({"answered": sum(c["answered"] for c in counts), "failed": sorted(f for c in counts for f in c["failed"])}))


if __name__ == "__main__":
    main()
