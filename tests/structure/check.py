#!/usr/bin/env python3
"""The walls of ARCHITECTURE.md as a test. `check.py includes|clocks|files` [--root DIR]; exit 1 and one line a finding.

includes  an include that the table does not allow, a circle of rooms (in the table or in fact), Beast where it may not be
clocks    a clock read, a sleep or chance outside the paths that may have one
files     a source file above 800 lines, a path of a developer's machine in a tracked file
"""
import argparse
import pathlib
import re
import sys

import tree

MAX_LINES = 800
ABOVE_EVERYTHING = {"cmd", "bench", "tests"}
CLOCKS = re.compile(r"""
    \b(?:steady_clock|system_clock|high_resolution_clock|utc_clock)\s*::\s*now\b
  | \b(?:SteadyWallClock|system_seed)\b
  | (?<![\w.>])(?:::|std::)?(?:gettimeofday|clock_gettime|nanosleep|clock_nanosleep|usleep|sleep_for|sleep_until|getrandom|getentropy|arc4random\w*)\s*\(
  | \bthis_thread\s*::\s*sleep_\w+
  | (?<![\w.>:])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)
  | (?<![\w.>:])(?:std::|::)?(?:(?:rand|random)\s*\(\s*\)|(?:sleep|srand|srandom)\s*\(\s*(?:\d+|seed|time))
  | \b(?:random_device|mt19937(?:_64)?|default_random_engine|minstd_rand0?)\b
""", re.VERBOSE)
CLOCK_FREE_TESTS = ("src/control/", "src/model/", "src/services/", "src/engine/")
# Written so that this file does not find itself.
MACHINE_PATHS = re.compile("(?<![\\w.$}~-])/(?:" + "|".join(["work", "root", "farm"]) + ")/[a-z.]")
BEAST = re.compile(r"^boost/beast")


def read(root, name):
    return (root / name).read_text(encoding="utf-8", errors="replace")


def target_room(target, all_rooms):
    first = target.split("/")[0]
    return next((r for r in all_rooms if r.name == first), None)


def circle(edges):
    """A circle in {room: {room}}, as a list of names, or None."""
    done, path = set(), []

    def visit(room):
        if room in path:
            return path[path.index(room):] + [room]
        if room in done:
            return None
        path.append(room)
        for after in sorted(edges.get(room, ())):
            found = visit(after)
            if found:
                return found
        path.pop()
        done.add(room)
        return None
    for room in sorted(edges):
        found = visit(room)
        if found:
            return found
    return None


def folder_in_room(path_in_room):
    return path_in_room.split("/")[0] if "/" in path_in_room else ""


def check_includes(root):
    all_rooms = tree.rooms(root)
    names = {r.name for r in all_rooms}
    findings, edges, beast_in_net = [], {}, set()
    drawn = {r.name: {e.split("/")[0] for e in r.allowed if "/" not in e} - ABOVE_EVERYTHING for r in all_rooms if r.name not in ABOVE_EVERYTHING}
    for room in all_rooms:
        for entry in room.allowed + room.test_allowed:
            if entry != "*" and entry.split("/")[0] not in names:
                findings.append(f"ARCHITECTURE.md: {room.path} may include '{entry}', but there is no such room")
    if found := circle(drawn):
        findings.append("ARCHITECTURE.md: the table draws a circle: " + " -> ".join(found))

    for name in tree.source_files(root):
        room = tree.room_of(name, all_rooms)
        if room is None:
            findings.append(f"{name}: lies in no room of ARCHITECTURE.md")
            continue
        text, test = read(root, name), tree.is_test(name)
        for line, target in tree.quoted_includes(text):
            other = target_room(target, all_rooms)
            if other is None or other is room and not (root / room.path / target.removeprefix(room.name + "/")).exists():
                # A neighbour given without its room ("table.h"): fine for the compiler, not for a reader.
                if (root / name).parent.joinpath(target).exists() and room.name not in ("app", "bench", "tests"):
                    findings.append(f'{name}:{line}: "{target}" must be written with its room: "{room.name}/…"')
                continue
            if other is room:
                if room.apart and not tree.is_conformance(name):
                    mine, theirs = folder_in_room(name.removeprefix(room.path + "/")), folder_in_room(target.removeprefix(room.name + "/"))
                    if mine and theirs and mine != theirs:
                        findings.append(f'{name}:{line}: includes "{target}", a sibling; folders of {room.path} stay apart')
                continue
            if not room.permits(target, test):
                findings.append(f'{name}:{line}: {room.path} may not include "{target}" (ARCHITECTURE.md)')
            elif not test and room.name not in ABOVE_EVERYTHING:
                edges.setdefault(room.name, set()).add(other.name)
        for line, target in tree.system_includes(text):
            if not BEAST.match(target):
                continue
            if room.name == "net" and name.endswith(".cpp") and not test:
                beast_in_net.add(name)
            elif room.name != "app":
                findings.append(f"{name}:{line}: includes Beast; only two .cpp files of src/net and app/ may")
    if len(beast_in_net) > 2:
        findings.append("Beast is included by more than two files of src/net: " + ", ".join(sorted(beast_in_net)))
    if found := circle(edges):
        findings.append("the includes make a circle of rooms: " + " -> ".join(found))
    return findings


def check_clocks(root):
    allowed = tree.clock_paths(root)
    findings = []
    for name in tree.source_files(root):
        if any(name == p or name.startswith(p.rstrip("/") + "/") for p in allowed):
            continue
        if tree.is_test(name) and not name.startswith(CLOCK_FREE_TESTS):
            continue
        # Declared and defined here; using it is what is watched.
        if name in ("src/base/time.h", "src/base/random.h"):
            continue
        code = tree.without_comments(read(root, name), strings=True)
        for match in CLOCKS.finditer(code):
            line = code.count("\n", 0, match.start()) + 1
            findings.append(f"{name}:{line}: '{match.group(0).strip()}' here; take the time or chance from the caller (ARCHITECTURE.md, Clocks)")
    return findings


def check_files(root):
    findings = []
    sources = set(tree.source_files(root))
    for name in tree.tracked_files(root):
        path = root / name
        if name in sources or path.suffix == ".py":
            lines = read(root, name).count("\n")
            if lines > MAX_LINES:
                findings.append(f"{name}: {lines} lines; above {MAX_LINES} is a defect: split it")
        if path.stat().st_size > 8 << 20 or path.suffix in (".png", ".gz", ".db"):
            continue
        for number, line in enumerate(read(root, name).splitlines(), 1):
            if MACHINE_PATHS.search(line):
                findings.append(f"{name}:{number}: a path of someone's machine: {line.strip()[:100]}")
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=["includes", "clocks", "files"])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    arguments = parser.parse_args()
    findings = {"includes": check_includes, "clocks": check_clocks, "files": check_files}[arguments.check](arguments.root.resolve())
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
