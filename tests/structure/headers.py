#!/usr/bin/env python3
"""Every header compiles alone. `headers.py --root DIR --build DIR [--compiler g++] [--jobs 2]`; exit 1 and the compiler's words for each that does not.

A header that the build has compiled first in a source of its own is taken as proven. Another is compiled again only when its own text or that
of a project header below it changed: passes are remembered by content in the build folder. Generated headers must exist (they do after a build).
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import tree


class Contents:
    """The hash of a file and of all project files it includes, each read once."""

    def __init__(self, search):
        self.search, self.known = search, {}

    def resolve(self, includer, target):
        for folder in [includer.parent, *self.search]:
            path = folder / target
            if path.is_file():
                return path.resolve()
        return None

    def closure(self, path, seen):
        if path in seen:
            return
        seen.add(path)
        if path not in self.known:
            text = path.read_text(errors="replace")
            below = [self.resolve(path, t) for _, t in tree.quoted_includes(text)]
            self.known[path] = (hashlib.sha256(text.encode()).hexdigest(), [b for b in below if b])
        for below in self.known[path][1]:
            self.closure(below, seen)

    def key(self, path, salt):
        seen = set()
        self.closure(path, seen)
        return hashlib.sha256("".join([salt, *sorted(self.known[p][0] for p in seen)]).encode()).hexdigest()


def built_alone(header, root):
    """Whether the build has proven it: foo.cpp includes foo.h first and is compiled without precompiled headers (app)."""
    source = (root / header).with_suffix(".cpp")
    if not source.is_file():
        return False
    includes = tree.INCLUDE.findall(tree.without_comments(source.read_text(errors="replace")))
    if not includes or includes[0] != ('"', header.removeprefix("src/")):
        return False
    for folder in source.parents:
        if (folder / "CMakeLists.txt").is_file():
            rules = (folder / "CMakeLists.txt").read_text()
            return folder != root and "scaleout_room(" not in rules and "precompile_headers(" not in rules
    return False


def compile_alone(header, flags, root):
    source = f'#include "{header}"\n#include "{header}"\n'
    done = subprocess.run([*flags, "-fsyntax-only", "-x", "c++", "-"], input=source, text=True, capture_output=True, cwd=root)
    return done.returncode == 0, done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    root, build = arguments.root.resolve(), arguments.build.resolve()

    search = [root / "src", root, build / "generated"]
    flags = [arguments.compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", "-Wno-invalid-offsetof",
             *[f"-I{p}" for p in search]]
    version = subprocess.run([arguments.compiler, "--version"], capture_output=True, text=True).stdout
    salt = " ".join(flags) + version
    remembered_at = build / "headers_that_compile_alone.json"
    try:
        remembered = set(json.loads(remembered_at.read_text()))
    except (OSError, ValueError):
        remembered = set()

    contents = Contents(search)
    headers = [n for n in tree.source_files(root) if n.endswith(".h")]
    failed = [h for h in headers if "#pragma once" not in (root / h).read_text(errors="replace")]
    for header in failed:
        print(f"{header} has no #pragma once")
    keys = {h: contents.key((root / h).resolve(), salt) for h in headers}
    todo = [h for h in headers if keys[h] not in remembered and not built_alone(h, root)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=arguments.jobs) as pool:
        for header, (good, words) in zip(todo, pool.map(lambda h: compile_alone(h, flags, root), todo)):
            if good:
                remembered.add(keys[header])
            else:
                failed.append(header)
                print(f"{header} does not compile alone:\n{words}")
    build.mkdir(parents=True, exist_ok=True)
    fresh = remembered_at.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(sorted(remembered & set(keys.values()))))
    fresh.replace(remembered_at)
    print(f"{len(headers)} headers, {len(todo)} compiled, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
