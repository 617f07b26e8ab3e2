"""conf.py - for the tests of options: what conf_probe says about the options that it runs with, on
the library under test and on Debian's libjemalloc 5.3.0.
"""

import glob
import subprocess
import sys
import unittest
from pathlib import Path

PROBE, LIBRARY = sys.argv[1:3]
REFERENCE = next(iter(glob.glob("/usr/lib/*/libjemalloc.so.2")), None)
LIBRARIES = [LIBRARY] + [REFERENCE] * (REFERENCE is not None)

# Whether the option hpa does anything here: without huge pages Moonheap refuses it.
THP = Path("/sys/kernel/mm/transparent_hugepage/enabled")
CAN_PACK = THP.exists() and "[never]" not in THP.read_text(encoding="ascii")

STRINGS = {"opt.dss", "opt.hpa_hugify_style", "opt.junk", "opt.metadata_thp", "opt.percpu_arena",
           "opt.prof_prefix", "opt.prof_time_resolution", "opt.stats_interval_opts",
           "opt.stats_print_opts", "opt.thp", "opt.zero_realloc"}


def options():
    """Names of the options of all versions and builds."""
    text = (Path(__file__).parent / "options_all.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def question(names):
    return "".join(f"{name}\t{'s' if name in STRINGS else 'i'}\n" for name in names)


QUESTION = question([f"opt.{option}" for option in options()])


def ask(command, environment, names=QUESTION):
    """({name: value}, messages) of conf_probe, started by this command; "exit" is the name of its
    status, and the only one when that is not 0. Lines of Moonheap's own are left out."""
    done = subprocess.run(command, input=names, capture_output=True, text=True, errors="replace",
                          env=environment, timeout=60, check=False)
    _, begins, said = done.stderr.partition("conf_probe begins\n")
    if not begins:
        raise AssertionError(f"exit status {done.returncode}: {done.stderr}")
    said = [line for line in said.splitlines() if not line.startswith("<moonheap>: ")]
    values = dict(line.split("\t") for line in done.stdout.splitlines())
    return values | {"exit": str(done.returncode)}, said


def main():
    """unittest.main(), but exit status 77 when a test was skipped: ctest counts that."""
    done = unittest.main(argv=sys.argv[:1] + sys.argv[3:], exit=False).result
    for test, reason in done.skipped:
        print(f"skipped: {test}: {reason}")
    sys.exit(1 if not done.wasSuccessful() or done.testsRun == 0 else 77 if done.skipped else 0)
