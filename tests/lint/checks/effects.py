"""Each row that can be written or called, and each option, has a test that misses its effect.

Tests of effects are the EFFECT_OF_ROW("path", ...) and EFFECT_OF_OPTION("name", ...) of
tests/effects; the program that they make proves at every run that they fail without the effect.
Here is counted what they are not for. What has none for a reason stands in
tests/effects/without.txt, as "name or pattern | reason".
"""

import json
import re
from fnmatch import fnmatchcase

from lintlib import Finding, NotThere

ROWS, OPTIONS = "docs/reference/mallctl.json", "docs/reference/options.md"
FOLDER, EXCEPTIONS = "tests/effects", "tests/effects/without.txt"
MARK = re.compile(r'^EFFECT_OF_(ROW|OPTION)\(\s*"([^"]+)"', re.M)
OPTION = re.compile(r'^\| <a id="(opt\.\w+)">', re.M)


def wanted(tree):
    """Everything that has an effect."""
    rows, options = tree.root / ROWS, tree.root / OPTIONS
    if not rows.exists() or not options.exists():
        raise NotThere(ROWS)
    names = {row["path"] for row in json.loads(rows.read_text())["rows"] if row["access"] != "r"}
    return names | set(OPTION.findall(options.read_text()))


def shown(tree):
    for path in tree.files(".c", under=[FOLDER]):
        for kind, name in MARK.findall(path.read_text()):
            yield name if kind == "ROW" else "opt." + name


def exceptions(tree):
    path = tree.root / EXCEPTIONS
    lines = path.read_text().splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            pattern, _, reason = line.partition("|")
            yield number, pattern.strip(), reason.strip()


def check(tree):
    names, tests = wanted(tree), set(shown(tree))
    without = names - tests
    for number, pattern, reason in exceptions(tree):
        matches = {name for name in names if fnmatchcase(name, pattern)}
        where = f"{EXCEPTIONS}:{number}"
        if not reason:
            yield Finding(where, f"{pattern} has no reason", "say why nothing shows its effect")
        if not matches:
            yield Finding(where, f"there is no {pattern}", "remove the line")
        for name in sorted(matches & tests):
            yield Finding(where, f"{name} has a test", "remove it from here")
        without -= matches
    for name in sorted(without):
        yield Finding(name, f"has no test of its effect ({len(without)} have none)",
                      "write one in tests/effects (effect.h says how)")
