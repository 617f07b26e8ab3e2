"""A file of core includes only what stands above it in core/ORDER, and include/.

The list is the reading order, the boot order and the lock order; one include upwards and it is
none of these any more. all.c, if there is one, includes the modules in exactly this order.
"""

from lintlib import Finding

CURE_UP = ("return the news to the caller instead, pass the thing in as an argument, "
           "or move the shared part to a module of its own further up the list")


def check(tree):
    order = tree.order()
    for path in tree.files(".c", ".h", ".def", under=["core"]):
        where, module = tree.name(path), path.stem
        if module == "all":
            yield from check_all(tree, path, order)
            continue
        if module not in order and path.suffix == ".def":
            continue  # rows without a module of their own belong to whoever includes them
        if module not in order:
            yield Finding(where, f"module {module} is not listed in core/ORDER",
                          "write its name where it belongs, above everything that uses it")
            continue
        for line, _, name in tree.includes(path):
            stem = name.rsplit(".", 1)[0]
            if name.startswith(("moonheap/", "jemalloc/")):
                continue
            if stem in order and order[stem] > order[module]:
                yield Finding(f"{where}:{line}", f"{module} includes {name}, which stands below "
                              f"it in core/ORDER", CURE_UP)


def check_all(tree, path, order):
    last = -1
    for line, _, name in tree.includes(path):
        place = order.get(name.rsplit(".", 1)[0])
        if place is None or place <= last:
            yield Finding(f"{tree.name(path)}:{line}", f"{name} is out of the order of core/ORDER",
                          "include the .c files in the order of the list, each once")
        else:
            last = place
