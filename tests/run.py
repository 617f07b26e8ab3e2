#!/usr/bin/python3
"""run.py [--full]: builds and tests everything, and adds it all up; ./dev test runs it.

  release   every test but those labelled slow (with --full those too)
  asan      the tests labelled unit or stress, core under AddressSanitizer and UBSan
  tsan      the same under ThreadSanitizer
  aarch64   with --full: everything is cross-compiled, and the tests labelled unit run under qemu

The tests are ctest's; a short run of each real program is among them (label programs). The last
line printed is "N passed, N failed, N skipped" over all of them, where a build that fails counts as
one failed test. Exit status 0 only when nothing failed and something ran. --full appends a line to
docs/runs.md.
"""

import argparse
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SANITIZED = ["-L", "^(unit|stress)$"]
TREES = {  # preset: (build folder, which tests)
    "release": ("build", []),
    "asan": ("build-asan", SANITIZED),
    "tsan": ("build-tsan", SANITIZED),
    "aarch64": ("build-aarch64", ["-L", "^unit$"]),
}
ONLY_FULL = {"aarch64"}
SCALE = {"aarch64": "0.2"}  # an emulator is slow
SANITIZER_OPTIONS = {  # a finding ends the program; a test that forks dies like its parent
    "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:die_after_fork=0",
}
PROGRESS = re.compile(r"\[ *\d+[%/]")  # of ninja or make, uninteresting when a build fails
STATES = {"run": "passed", "fail": "failed", "notrun": "skipped", "disabled": "skipped"}


def build(preset):
    done = subprocess.run([ROOT / "dev", "build", preset], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode != 0:
        said = [line for line in done.stdout.splitlines() if not PROGRESS.match(line)]
        print("\n".join(said)[-8000:])
    return done.returncode == 0


def states(report):
    """(name, state) of each test in a JUnit file of ctest."""
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        yield case.get("name"), STATES.get(case.get("status"), "failed")


def test(preset, full, failures):
    """Builds one tree and runs its tests: how many passed, failed, were skipped."""
    folder, selection = TREES[preset]
    print(f"== {preset}: build", flush=True)
    if not build(preset):
        failures.append(f"{preset}: does not build")
        return Counter(failed=1)
    report = ROOT / folder / "tests.xml"
    report.unlink(missing_ok=True)
    print(f"== {preset}: test", flush=True)
    scale = {"MOONHEAP_TEST_SCALE": SCALE[preset]} if preset in SCALE else {}
    slow = [] if full else ["-LE", "slow"]
    status = subprocess.run(
        ["ctest", "--output-on-failure", "--parallel", str(os.cpu_count()), "--no-tests=ignore",
         "--output-junit", report, *selection, *slow],
        cwd=ROOT / folder, env=dict(os.environ, **SANITIZER_OPTIONS, **scale)).returncode
    results = list(states(report)) if report.exists() else []
    failures += [f"{preset}: {name}" for name, state in results if state == "failed"]
    counts = Counter(state for _, state in results)
    if status != 0 and counts["failed"] == 0:
        failures.append(f"{preset}: ctest ended with status {status}")
        counts["failed"] += 1
    return counts


def commit():
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout.strip()
    name = git("rev-parse", "--short", "HEAD") or "(no git)"
    return name + (" and changes" if git("status", "--porcelain", "--", ":!docs/runs.md") else "")


def log(what, result):
    """Appends a row to docs/runs.md, the record of long runs."""
    row = f"| {time.strftime('%Y-%m-%d', time.gmtime())} | {commit()} | {what} | {result} |\n"
    with open(ROOT / "docs" / "runs.md", "a", encoding="utf-8") as file:
        file.write(row)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="the slow tests too, and log the run")
    parser.add_argument("--log", nargs=2, metavar=("WHAT", "RESULT"),
                        help="only append a row to docs/runs.md (for ./dev fuzz and ./dev soak)")
    options = parser.parse_args()
    if options.log:
        log(*options.log)
        return 0

    begin = time.monotonic()
    sys.stdout.reconfigure(line_buffering=True)
    failures, total = [], Counter()
    for preset in TREES:
        if preset in ONLY_FULL and not options.full:
            continue
        total += test(preset, options.full, failures)
    minutes = (time.monotonic() - begin) / 60
    summary = ", ".join(f"{total[state]} {state}" for state in ("passed", "failed", "skipped"))
    if options.full:
        log(f"`./dev test --full`, {minutes:.0f} min", summary)
    print(f"\n== {minutes:.1f} minutes")
    for failure in failures:
        print(f"failed: {failure}")
    print(summary)
    return 0 if total["failed"] == 0 and total["passed"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
