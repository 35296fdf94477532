"""Reads ARCHITECTURE.md and the source tree for the structure checks. Standard library only; changes nothing."""
import pathlib
import re
import subprocess

SOURCE_SUFFIXES = {".h", ".cpp", ".c", ".cc", ".hpp"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)[">]', re.MULTILINE)


def tracked_files(root):
    """Paths relative to root of the files git knows or would add; the whole tree where git cannot say."""
    try:
        out = subprocess.run(["git", "-c", f"safe.directory={root}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             cwd=root, capture_output=True, check=True).stdout.decode()
        names = [n for n in out.split("\0") if n]
    except (OSError, subprocess.CalledProcessError):
        names = [str(p.relative_to(root)) for p in root.rglob("*") if not {".git", "build", ".venv"} & set(p.relative_to(root).parts)]
    return sorted(n for n in set(names) if (root / n).is_file())


def source_files(root):
    return [n for n in tracked_files(root)
            if pathlib.PurePath(n).suffix in SOURCE_SUFFIXES and n.split("/")[0] in ("src", "api", "app", "bench", "tests")]


def section(text, name):
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    if not found:
        raise ValueError(f"ARCHITECTURE.md has no <!-- {name} --> … <!-- /{name} --> part")
    return found.group(1)


class Room:
    def __init__(self, path, allowed, test_allowed, apart):
        self.path, self.allowed, self.test_allowed, self.apart = path, allowed, test_allowed, apart
        self.name = path.removeprefix("src/")

    def permits(self, target, is_test):
        """target: an include path such as base/result.h"""
        for entry in self.allowed + (self.test_allowed if is_test else []):
            if entry in ("*", target) or target.startswith(entry + "/"):
                return True
        return False


def rooms(root):
    found = []
    for line in section((root / "ARCHITECTURE.md").read_text(), "rooms").splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if len(cells) < 5 or not cells[0].startswith("`"):
            continue
        names = [[n.strip().strip("`") for n in c.split(",") if n.strip() not in ("", "–", "-")] for c in cells[2:4]]
        found.append(Room(cells[0].strip("`").rstrip("/"), names[0], names[1], "apart" in cells[4]))
    if not found:
        raise ValueError("ARCHITECTURE.md's table of rooms is empty")
    return found


def clock_paths(root):
    paths = []
    for line in section((root / "ARCHITECTURE.md").read_text(), "clocks").splitlines():
        if line.startswith("- "):
            paths += re.findall(r"`([^`]+)`", line)
    return paths


def room_of(path, all_rooms):
    for room in sorted(all_rooms, key=lambda r: -len(r.path)):
        if path.startswith(room.path + "/"):
            return room
    return None


def is_test(path):
    name = path.rsplit("/", 1)[-1]
    return name.endswith(("_test.cpp", "_test.h")) or is_conformance(path)


def is_conformance(path):
    """Tests of all implementations of a contract: they may see every folder of their room."""
    return path.rsplit("/", 1)[-1].startswith("conformance") or "/testing/" in path


def without_comments(text, strings=False):
    """The code with comments blanked (and string literals too, if asked), line numbers kept."""
    pattern = re.compile(r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*(?:.|\n)*?\*/')

    def blank(match):
        token = match.group(0)
        if token.startswith("/"):
            return "\n" * token.count("\n") + " "
        return '""' + "\n" * token.count("\n") if strings and not token.startswith("'") else token
    return pattern.sub(blank, text)


def quoted_includes(text):
    """(line number, target) of the project's own includes."""
    code = without_comments(text)
    return [(code.count("\n", 0, m.start()) + 1, m.group(2)) for m in INCLUDE.finditer(code) if m.group(1) == '"']


def system_includes(text):
    code = without_comments(text)
    return [(code.count("\n", 0, m.start()) + 1, m.group(2)) for m in INCLUDE.finditer(code) if m.group(1) == "<"]
