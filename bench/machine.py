"""What the benches say of the machine they ran on."""
import pathlib
import platform
import re


def processor():
    found = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()
