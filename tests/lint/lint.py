#!/usr/bin/python3
"""lint.py [CHECK…]: checks the rules of the house; ./dev lint runs it.

Builds with gcc and clang first (warnings are errors there), then runs every check in checks/, or
those named, and prints for each finding the rule, the place, what is wrong and what to do. Exit
status 1 when there is any finding. --list names the checks; --no-build examines the builds as they
are; --root examines another checkout.
"""

import argparse
import importlib
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from lintlib import NotThere, Tree  # noqa: E402

BUILDS = ("release", "clang")
PROGRESS = re.compile(r"\[ *\d+[%/]")  # of ninja or make


def all_checks():
    return sorted(path.stem for path in (HERE / "checks").glob("*.py"))


def load(name):
    module = importlib.import_module(f"checks.{name}")
    module.rule = module.__doc__.strip().splitlines()[0]
    return module


def build(root):
    """Builds every preset; the names of those that do not build."""
    failed = []
    for preset in BUILDS:
        begin = time.monotonic()
        done = subprocess.run([root / "dev", "build", preset], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode != 0:
            said = [line for line in done.stdout.splitlines() if not PROGRESS.match(line)]
            print("\n".join(said)[-8000:])
            print(f"lint: the {preset} build fails: mend what the compiler says above\n")
            failed.append(preset)
        else:
            print(f"  ok    {'build ' + preset:18} {time.monotonic() - begin:6.1f} s   "
                  "compiles without a warning")
    return failed


def examine(name, tree):
    """Runs one check: (name, rule, findings, what is not there, seconds)."""
    module = load(name)
    begin = time.monotonic()
    findings, absent = [], None
    try:
        for finding in module.check(tree):
            findings.append(finding)
    except NotThere as missing:
        absent = str(missing)
    return name, module.rule, findings, absent, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(prog="./dev lint", allow_abbrev=False)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="run only these")
    parser.add_argument("--list", action="store_true", help="name the checks and their rules")
    parser.add_argument("--no-build", action="store_true", help="take the builds as they are")
    parser.add_argument("--root", type=Path, default=HERE.parents[1], help="the checkout")
    options = parser.parse_args()

    unknown = [name for name in options.checks if name not in all_checks()]
    if unknown:
        parser.error(f"no check {unknown[0]!r}; there are: {' '.join(all_checks())}")
    names = options.checks or all_checks()
    if options.list:
        for name in names:
            print(f"{name:18} {load(name).rule}")
        return 0

    sys.stdout.reconfigure(line_buffering=True)
    tree = Tree(options.root)
    bad = 0 if options.no_build else len(build(tree.root))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for name, rule, findings, absent, seconds in pool.map(lambda n: examine(n, tree), names):
            state = "FAIL" if findings else "  - " if absent else "  ok"
            note = rule if findings or not absent else f"nothing to examine: {absent} is not there"
            print(f"{state}    {name:18} {seconds:6.1f} s   {note}", flush=True)
            for finding in findings:
                print(f"        {finding.where}: {finding.what}\n"
                      f"            what to do: {finding.cure}")
            bad += bool(findings)
    print(f"lint: {bad} of {len(names) + len(BUILDS)} rules broken" if bad else
          f"lint: all rules hold ({len(names)} checks)")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
