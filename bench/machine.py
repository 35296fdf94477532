"""What the benches say of the machine they ran on."""
import os
import pathlib
import platform
import re


def processor():
    found = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def facts(load_average):
    """In half a line; the load average is that of before the first run."""
    return (f"{os.cpu_count()} cores ({processor()}), Linux {platform.release().split('-')[0]}, "
            f"load average {load_average:.1f} at the start")
