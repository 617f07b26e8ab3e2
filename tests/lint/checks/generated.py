"""The committed reference pages are what the tables of the code say (docs/reference).

Each page is the output of the program that knows the facts; nobody edits it by hand. The programs
are listed here, each with its page; run as a program (./dev pages), this writes all of them anew.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lintlib import Finding, NotThere, Tree, run  # noqa: E402

PAGES = {  # page: the command that prints it, below build/; those that read others stand last
    "docs/reference/mallctl.md": ("bin/ctl_dump", "--markdown"),
    "docs/reference/mallctl.json": ("bin/ctl_dump", "--json"),
    "bindings/python/moonheap/_rows.py": ("../bindings/python/generate.py", "rows"),
    "bindings/python/moonheap/_typed.pyi": ("../bindings/python/generate.py", "stubs"),
    "docs/reference/heap.md": ("bin/heap_dump",),
    "docs/reference/options.md": ("bin/option_dump",),
    "docs/man/moonheap.1": ("bin/moonheap", "help", "page"),
    "docs/man/moonheap.3": ("../core/tools/manual.py", "api"),
    "docs/man/moonheap.conf.5": ("../core/tools/manual.py", "conf"),
    "docs/man/moonheap-ctl.7": ("../core/tools/manual.py", "ctl"),
}


def check(tree):
    if not PAGES:
        raise NotThere("a program that prints a reference page")
    for page, command in PAGES.items():
        program = tree.build / command[0]
        if not program.exists():
            raise NotThere(f"build/{command[0]}")
        status, text = run([program, *command[1:]])
        path = tree.root / page
        if status != 0:
            yield Finding(page, f"{' '.join(command)} fails: {text[-200:]}", "mend the program")
        elif not path.exists() or path.read_text() != text:
            yield Finding(page, "is not what the code says now",
                          "./dev pages, and commit them")


def write(tree):
    """Every page anew; a program that fails ends it."""
    for page, command in PAGES.items():
        status, text = run([tree.build / command[0], *command[1:]])
        if status != 0:
            sys.exit(f"{' '.join(command)} fails: {text[-200:]}")
        path = tree.root / page
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(page)


if __name__ == "__main__":
    write(Tree(Path(__file__).resolve().parents[3]))
