#!/usr/bin/env python3
"""What an apply waited for, as a Markdown table: waits.py LOG, of `TF_LOG_PROVIDER=TRACE TF_LOG_PATH=LOG terraform apply`. LOG holds one apply.

Resources are made one beside the other; `from` and `to` say when. Between two calls the provider pauses: for a time that is fixed in it, whatever
the first answer would be, or until it asks the same again. `calls` took so long altogether; `asked again` is from the first to the last of the
calls that the resource's creation ends with, if they are the same one: that is what the answers were not ready for.
"""
import collections
import datetime
import re
import sys

FIELD = {name: re.compile(rf'{re.escape(name)}="?([\w.-]+)') for name in ("tf_req_id", "tf_resource_type", "tf_rpc", "rpc.method", "http.duration")}
STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z ")
SHOWN = 1.0  # seconds: quicker ones are not worth a line


def field(line, name):
    found = FIELD[name].search(line)
    return found[1] if found else None


class Request:
    def __init__(self, kind, at):
        self.kind, self.begin, self.end, self.busy, self.answers, self.asked = kind, at, at, 0.0, [], None

    def again(self):
        tail = []
        for method, at in reversed(self.answers):
            if method != self.answers[-1][0]:
                break
            tail.append(at)
        return (tail[0] - tail[-1]).total_seconds() if tail else 0.0


def entries(lines):
    """Bodies make several lines of one entry."""
    whole = ""
    for line in lines:
        if STAMP.match(line) and whole:
            yield whole
            whole = ""
        whole += line
    yield whole


def requests(lines):
    found = {}
    for line in entries(lines):
        if "tf_rpc=ApplyResourceChange" not in line or not (key := field(line, "tf_req_id")):
            continue
        at = datetime.datetime.fromisoformat(line[:23])
        one = found.setdefault(key, Request(field(line, "tf_resource_type"), at))
        one.end = at
        if "HTTP Request Sent" in line:
            one.asked = field(line, "rpc.method")
        if "HTTP Response Received" in line:
            one.busy += float(field(line, "http.duration") or 0) / 1000
            one.answers.append((field(line, "rpc.method") or one.asked, at))
    return list(found.values())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
        made = requests(log)
    if not made:
        sys.exit(f"{sys.argv[1]} tells of no resource that was made")
    start = min(one.begin for one in made)
    print("| resource | from | to | calls | asked again |\n| --- | --- | --- | --- | --- |")
    rest = collections.Counter()
    for one in sorted(made, key=lambda one: one.begin):
        begin, end = ((at - start).total_seconds() for at in (one.begin, one.end))
        if end - begin < SHOWN:
            rest["count"] += 1
            continue
        print(f"| `{one.kind}` | {begin:.1f} | {end:.1f} | {one.busy:.1f} | {one.again():.1f} |")
    print(f"| {rest['count']} others | | | each under {SHOWN:.0f} s | |")


if __name__ == "__main__":
    main()
