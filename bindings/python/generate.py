#!/usr/bin/python3
"""generate.py rows|stubs: prints what the package takes from the rows of the control tree.

    rows    moonheap/_rows.py      the leaves, for allocators that cannot describe themselves
    stubs   moonheap/_typed.pyi    the tree as types, for editors and type checkers

The rows come from docs/reference/mallctl.json, which ctl_dump prints. Lint compares what is committed.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIELDS = ("path", "type", "argument", "access", "unit", "freshness", "metric", "help")
PYTHON = {"none": "None", "bool": "bool", "string": "str", "pointer": "int | None", "struct": "object"}


def read_rows():
    return json.loads((ROOT / "docs" / "reference" / "mallctl.json").read_text())["rows"]


def print_rows(rows):
    print('"""The leaves of the control tree, as rows. Printed by generate.py rows; not to be edited."""\n')
    print("#: Indices that stand for all arenas together, and for those that were destroyed.")
    print("ARENAS_ALL = 4096\nARENAS_DESTROYED = 4097\n")
    print(f"FIELDS = {FIELDS!r}\n")
    print("ROWS = (")
    for row in rows:
        values = ", ".join(repr(row[field]) for field in FIELDS[:-1])
        print(f"    ({values},\n     {row['help']!r}),")
    print(")")


def class_name(path):
    return "".join(part.strip("<>").title().replace("_", "") for part in path.split(".")) or "Ctl"


def type_of(kind):
    return PYTHON.get(kind, "int")


def doc_of(row):
    notes = [note for note in (row["unit"] if row["unit"] not in ("none", "count") else "",
                               row["freshness"] if row["access"] != "action" else "",
                               "only grows" if row["metric"] == "counter" else "") if note]
    text = row["help"].replace("\\", "\\\\").replace('"', "'")
    return f'"""{text}{" [" + ", ".join(notes) + "]" if notes else ""}"""'


def print_leaf(child, row):
    if row["access"] == "action":
        argument = f", argument: {type_of(row['argument'])} = ...," if row["argument"] != "none" else ""
        print(f"    def {child}(self{argument.rstrip(',')}) -> {type_of(row['type'])}:\n        {doc_of(row)}")
        return
    print(f"    @property\n    def {child}(self) -> {type_of(row['type'])}:\n        {doc_of(row)}")
    if "w" in row["access"]:
        print(f"    @{child}.setter\n    def {child}(self, value: {type_of(row['argument'])}) -> None: ...")


def print_class(rows, path):
    """The class of an interior name, after those that it needs."""
    depth = path.count(".") + 1 if path else 0
    groups = {}
    for row in rows:
        groups.setdefault(row["path"].split(".")[depth], []).append(row)
    inner = {child: below for child, below in groups.items()
             if below[0]["path"] != (f"{path}.{child}" if path else child)}
    for child, below in inner.items():
        print_class(below, f"{path}.{child}" if path else child)
    print(f"class {class_name(path)}(Node):")
    for child, below in groups.items():
        own = f"{path}.{child}" if path else child
        if child.startswith("<"):
            print(f"    def __getitem__(self, key: int) -> {class_name(own)}: ...  # type: ignore[override]")
            print("    def __iter__(self) -> Iterator[int]: ...  # type: ignore[override]")
        elif child in inner:
            print(f"    @property\n    def {child}(self) -> {class_name(own)}: ...")
        else:
            print_leaf(child, below[0])
    print()


def print_stubs(rows):
    print('"""The control tree as types. Printed by generate.py stubs; not to be edited."""\n')
    print("from collections.abc import Iterator\n\nfrom ._tree import Node\n")
    print_class(rows, "")


def main():
    prints = {"rows": print_rows, "stubs": print_stubs}
    if len(sys.argv) != 2 or sys.argv[1] not in prints:
        sys.exit(__doc__.splitlines()[0])
    prints[sys.argv[1]](read_rows())


if __name__ == "__main__":
    main()
