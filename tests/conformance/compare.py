#!/usr/bin/python3
"""compare.py: makes the same calls on our library and on a reference, and explains each difference.

Every case of the probe runs in a child of its own on both libraries. A case in which the reference
crashes is undefined there; ours must not crash in any. Whatever else differs must stand in a table of
docs/compatibility.md, and a row of such a table that no difference matches is out of date. So does
each name of the control tree, and each option, that ours lacks of those that any version has.

Exit status 0: everything is as the page says; 1: it is not; 77: the reference is not installed.
"""

import argparse
import fnmatch
import os
import re
import subprocess
import sys
from pathlib import Path

CRASHES = ("signal ", "hangs")


def probe(program, library, mode, text=""):
    """The lines that a mode of the probe prints on a library."""
    environment = {k: v for k, v in os.environ.items() if k != "MALLOC_CONF"}
    environment["LD_PRELOAD"] = str(library)
    done = subprocess.run([program, mode], input=text, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace")
    if done.returncode != 0:
        sys.exit(f"{program} {mode} on {library}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout.splitlines()


def results(lines):
    """{(subject, what): result} of the lines of a mode that makes cases."""
    table = {}
    for line in lines:
        subject, what, result = line.split("\t", 2)
        table[subject, what] = result.strip()
    return table


class Row:
    """A row of a table: patterns of names, patterns of calls."""

    def __init__(self, place, names, calls):
        self.place, self.names, self.calls, self.used = place, names, calls, 0

    def matches(self, subject, what):
        return (any(fnmatch.fnmatchcase(subject, n) for n in self.names)
                and any(fnmatch.fnmatchcase(what, c) for c in self.calls))


def read_tables(page):
    """Lists of rows: of the tables that begin with | names | calls |, | names lacking |, and
    | options lacking |."""
    differences, names_lacking, options_lacking, kind = [], [], [], None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            kind = None
        elif cells[:2] == ["names", "calls"]:
            kind = differences
        elif cells[:1] == ["names lacking"]:
            kind = names_lacking
        elif cells[:1] == ["options lacking"]:
            kind = options_lacking
        elif kind is not None and not set(cells[0]) <= set("-: "):
            names = re.findall(r"`([^`]+)`", cells[0])
            calls = re.findall(r"`([^`]+)`", cells[1]) if kind is differences else ["*"]
            kind.append(Row(f"{page.name}:{number}", names, calls or ["*"]))
    return differences, names_lacking, options_lacking


def is_option(program, library, name):
    """Does the library know the option? Whatever it thinks of this value."""
    done = subprocess.run([program, "known"], input="", text=True, stderr=subprocess.PIPE,
                          env={"LD_PRELOAD": str(library), "MALLOC_CONF": f"{name}:?"})
    return f"Invalid conf pair: {name}:?" not in done.stderr


def report_lacking(what, names, there, rows):
    """Prints what is not there and stands in no row; how many these are, and how many lack."""
    faults = 0
    for name in (n for n in names if n not in there):
        row = next((r for r in rows if r.matches(name, "")), None)
        if row is None:
            print(f"{name}: ours has no such {what}, and the page does not say why")
            faults += 1
        else:
            row.used += 1
    return faults, sum(name not in there for name in names)


def compare(ours, reference, rows):
    """Prints what differs and is not explained: (faults, explained, undefined, compared)."""
    faults = explained = undefined = 0
    for case in sorted(set(ours) | set(reference)):
        mine, theirs = ours.get(case, "not tried"), reference.get(case, "not tried")
        if mine.startswith(CRASHES):
            print(f"{case[0]}: {case[1]}: ours {mine}, reference {theirs}")
            faults += 1
        elif theirs.startswith(CRASHES):
            undefined += 1
        elif mine != theirs:
            row = next((r for r in rows if r.matches(*case)), None)
            if row is not None:
                row.used += 1
                explained += 1
            else:
                print(f"{case[0]}: {case[1]}: ours {mine} | reference {theirs}")
                faults += 1
    return faults, explained, undefined, len(ours)


def without_comments(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", required=True)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--names", required=True, type=Path, action="append",
                        help="of the control trees of its versions")
    parser.add_argument("--conf", required=True, type=Path, help="the options of its versions")
    parser.add_argument("--page", required=True, type=Path, help="with the tables")
    options = parser.parse_args()
    if not Path(options.reference).exists():
        print(f"skipped: {options.reference} is not there (package libjemalloc2)")
        return 77
    differences, names_lacking, options_lacking = read_tables(options.page)

    rows = probe(options.probe, options.ours, "rows")
    paths = "\n".join(row.split("\t")[0] for row in rows) + "\n"
    known = set(probe(options.probe, options.reference, "known", paths))
    common = "".join(row + "\n" for row in rows if row.split("\t")[0] in known)

    names = [name for path in options.names for name in without_comments(path)]
    there = set(probe(options.probe, options.ours, "known", "\n".join(names) + "\n"))
    faults, nlacking = report_lacking("name", names, there, names_lacking)
    conf = without_comments(options.conf)
    there = {name for name in conf if is_option(options.probe, options.ours, name)}
    new, conf_lacking = report_lacking("option", conf, there, options_lacking)
    faults += new

    for mode, text in (("names", common), ("sequences", ""), ("structs", ""),
                       ("api", "")):
        ours = results(probe(options.probe, options.ours, mode, text))
        reference = results(probe(options.probe, options.reference, mode, text))
        new, explained, undefined, count = compare(ours, reference, differences)
        faults += new
        print(f"{mode}: {count} cases, {new} unexplained, {explained} explained, "
              f"{undefined} undefined in the reference")
    for row in differences + names_lacking + options_lacking:
        if row.used == 0:
            print(f"{row.place}: no difference matches this row any more")
            faults += 1
    print(f"{len(known)} of {len(rows)} names compared; of all versions {nlacking} of {len(names)} "
          f"names and {conf_lacking} of {len(conf)} options lacking; {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
