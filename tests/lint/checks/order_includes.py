"""A file includes only what stands above it in its folder's ORDER, and include/.

The list is the reading order, the boot order and the lock order; one include upwards and it is
none of these any more. all.c, if there is one, includes the modules in exactly this order. main.c,
where a folder becomes a program, and the programs in tools/ stand on everything. Rows of data
(.def) stand on no floor.
"""

from lintlib import Finding

CURE_UP = ("return the news to the caller instead, pass the thing in as an argument, "
           "or move the shared part to a module of its own further up the list")


def check(tree):
    for tower in tree.towers():
        order = tree.order(tower)
        for path in tree.files(".c", ".h", under=[tower]):
            module = str(path.relative_to(tree.root / tower).with_suffix(""))
            if module == "all":
                yield from check_all(tree, path, order)
            elif module in order:
                yield from check_file(tree, path, tower, order, module)
            elif module != "main" and not module.startswith("tools/"):
                yield Finding(tree.name(path), f"{module} is not listed in {tower}/ORDER",
                              "write its name where it belongs, above everything that uses it")


def check_file(tree, path, tower, order, module):
    place = {name.split("/")[-1]: place for name, place in order.items()}
    for line, _, name in tree.includes(path):
        if name.startswith(("moonheap/", "jemalloc/")):
            continue
        stem, _, suffix = name.split("/")[-1].rpartition(".")
        if suffix != "def" and place.get(stem, -1) > order[module]:
            yield Finding(f"{tree.name(path)}:{line}", f"{module} includes {name}, which stands "
                          f"below it in {tower}/ORDER", CURE_UP)


def check_all(tree, path, order):
    last = -1
    for line, _, name in tree.includes(path):
        place = order.get(name.rsplit(".", 1)[0])
        if place is None or place <= last:
            yield Finding(f"{tree.name(path)}:{line}", f"{name} is out of the order of ORDER",
                          "include the .c files in the order of the list, each once")
        else:
            last = place
