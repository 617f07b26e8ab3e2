"""The shared libraries export exactly the symbols of tests/lint/exports.txt, and no Lua.

What a preloaded library exports replaces the same name in every program: one symbol too many can
break a host, one too few breaks compatibility.
"""

from lintlib import Finding, NotThere, rows, symbols


def check(tree):
    expected = {}
    for library, name in rows(tree.root / "tests" / "lint" / "exports.txt"):
        expected.setdefault(library, set()).add(name)
    absent = []
    for library, names in expected.items():
        try:
            path = tree.library(library)
        except NotThere as missing:
            absent.append(str(missing))
            continue
        where = f"build/lib/{library}"
        exported = {n for n, kind in symbols(path, "-D", "--defined-only") if kind not in "aA"}
        for name in sorted(exported - names):
            yield Finding(where, f"exports {name}, which is not in tests/lint/exports.txt",
                          "make it hidden (INTERNAL), or add it to the list if it is public")
        for name in sorted(names - exported):
            yield Finding(where, f"does not export {name}",
                          "define it, with default visibility; the list says it is public")
        for name, _ in symbols(path, "-D", "--undefined-only"):
            if name.startswith(("lua_", "luaL_", "luaopen_")):
                yield Finding(where, f"takes {name} from whoever defines it in the process",
                              "link the private Lua; a host with its own Lua would crash")
    if absent:
        raise NotThere(", ".join(absent))
