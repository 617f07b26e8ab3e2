"""What the figures were measured on, for the head of a report."""

import os
import platform
import subprocess
import time


def _first_line(path, prefix=""):
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith(prefix):
                    return line[len(prefix):].strip(" \t:\n")
    except OSError:
        pass
    return "unknown"


def _commit(source):
    """The commit that is checked out, and whether the tree differs from it."""
    def git(*words):
        done = subprocess.run(["git", "-C", source, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("rev-parse", "--short=12", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "core", "include")
    return (commit or "unknown") + (" with local changes" if changed else "")


def describe(source):
    """Label and value, in the order in which they are printed."""
    return [
        ("Moonheap", _commit(source)),
        ("date", time.strftime("%Y-%m-%d")),
        ("CPU", f"{os.cpu_count()} x {_first_line('/proc/cpuinfo', 'model name')}"),
        ("memory", _first_line("/proc/meminfo", "MemTotal")),
        ("kernel", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("C library", " ".join(platform.libc_ver())),
        ("huge pages", _first_line("/sys/kernel/mm/transparent_hugepage/enabled")),
        ("load at start", " ".join(f"{load:.2f}" for load in os.getloadavg())),
    ]
