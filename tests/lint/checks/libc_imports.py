"""core takes from the C library only what tests/lint/libc_imports.txt allows, module by module.

An allocator that calls stdio, locale or malloc deadlocks or recurses one day; system calls live in
the modules that the list names and nowhere else.
"""

from lintlib import Finding, rows, symbols

LINKER = {"_GLOBAL_OFFSET_TABLE_", "_DYNAMIC", "__tls_get_addr_opt"}


def check(tree):
    allowed = {}
    for name, modules, _ in rows(tree.root / "tests" / "lint" / "libc_imports.txt"):
        allowed[name] = modules.split()
    objects = tree.objects("core")
    own = {n for path in objects.values() for n, _ in symbols(path, "--defined-only", "-g")}
    for module, path in objects.items():
        for name, _ in symbols(path, "--undefined-only"):
            if name in own or name in LINKER:
                continue
            if name not in allowed:
                yield Finding(f"core/{module}.c", f"calls {name} of the C library",
                              "do without it, or write it in tests/lint/libc_imports.txt with the "
                              "reason why it is safe inside malloc")
            elif "*" not in allowed[name] and module not in allowed[name]:
                yield Finding(f"core/{module}.c", f"calls {name}, which only "
                              f"{', '.join(allowed[name])} may",
                              "go through that module")
