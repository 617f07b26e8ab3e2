"""An object of core calls only what objects above it in core/ORDER define.

A clean include graph can hide a ring of calls (a declaration in a low header, its body at the
roof), so the same rule is checked on what the linker sees.
"""

from lintlib import Finding, symbols

CURE = ("let the caller act on a return value, or register a function pointer at boot when "
        "that cannot work")


def check(tree):
    tower = "core"
    order, objects, home = tree.order(tower), tree.objects(tower), {}
    for module, path in objects.items():
        for name, _ in symbols(path, "--defined-only", "-g"):
            home.setdefault(name, module)
    for module, path in objects.items():
        for name, _ in symbols(path, "--undefined-only"):
            target = home.get(name)
            if module in order and target in order and order[target] > order[module]:
                yield Finding(f"{tower}/{module}.c", f"uses {name}, which {target}.c defines "
                              f"below it in {tower}/ORDER", CURE)
