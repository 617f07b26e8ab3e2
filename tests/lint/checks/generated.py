"""The committed reference pages are what the tables of the code say (docs/reference).

Each page is the output of the program that knows the facts; nobody edits it by hand. The programs
are listed here, each with its page.
"""

from lintlib import Finding, NotThere, run

PAGES = {  # page: the command that prints it, below build/
    "docs/reference/mallctl.md": ("bin/ctl_dump", "--markdown"),
    "docs/reference/mallctl.json": ("bin/ctl_dump", "--json"),
    "bindings/python/moonheap/_rows.py": ("../bindings/python/generate.py", "rows"),
    "bindings/python/moonheap/_typed.pyi": ("../bindings/python/generate.py", "stubs"),
    "docs/reference/heap.md": ("bin/heap_dump",),
    "docs/reference/options.md": ("bin/option_dump",),
    "docs/man/moonheap.1": ("bin/moonheap", "help", "page"),
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
                          f"build/{' '.join(command)} >{page}, and commit it")
