"""An object of core calls only what objects above it in core/ORDER define.

A clean include graph can hide a ring of calls (a declaration in a low header, its body at the
roof), so the same rule is checked on what the linker sees.
"""

from lintlib import Finding, symbols

CURE = ("let the caller act on a return value, or register a function pointer at boot when "
        "that cannot work")


def check(tree):
    order = tree.order()
    objects = tree.core_objects()
    home = {}
    for module, path in objects.items():
        for name, kind in symbols(path, "--defined-only", "-g"):
            home.setdefault(name, module)
    for module, path in objects.items():
        if module not in order:
            yield Finding(f"core/{module}.c", "is compiled into core but not listed in core/ORDER",
                          "write its name where it belongs")
            continue
        for name, kind in symbols(path, "--undefined-only"):
            target = home.get(name)
            if target in order and order[target] > order[module]:
                yield Finding(f"core/{module}.c", f"uses {name}, which {target}.c defines below "
                              "it in core/ORDER", CURE)
