"""A folder includes only what it may see: bindings/ and console/ never core/, and so on.

include/ includes nothing of ours; core/ stands on include/; bindings/ and console/ talk to core
through its public surface and to each other through the protocol. Of the tests only those that
mirror core, stress it or fuzz it may open it.
"""

from lintlib import Finding

MAY_SEE = {  # the longest prefix of the file's folder decides
    "include": ("include",),
    "core": ("core", "include"),
    "bindings": ("bindings", "include"),
    "console": ("console", "include"),
    "tests": ("tests", "include"),
    "tests/bindings": ("tests", "bindings", "include"),
    "tests/console": ("tests", "console", "include"),
    "tests/core": ("tests", "core", "include"),
    "tests/effects": ("tests", "core", "include"),
    "tests/stress": ("tests", "core", "include"),
    "tests/support": ("tests", "core", "include"),
    "tests/fuzz": ("tests", "core", "bindings", "console", "include"),
}
NEVER = {"core": ("lua", "lauxlib", "lualib", "ffi", "readline/", "histedit")}


def rule_for(name):
    folders = [f for f in MAY_SEE if name.startswith(f + "/")]
    return max(folders, key=len) if folders else None


def check(tree):
    ours = [tree.name(p) for p in tree.files(".h", ".c", ".def", ".inc")]
    for path in tree.files(".c", ".h", ".def", ".cpp", ".inc"):
        name = tree.name(path)
        rule = rule_for(name)
        if rule is None:
            continue
        for line, _, included in tree.includes(path):
            where = f"{name}:{line}"
            if included.startswith(NEVER.get(rule, ("\0",))):
                yield Finding(where, f"{rule}/ includes {included}",
                              f"{rule}/ knows nothing of that library; keep it outside")
            if ".." in included.split("/") and rule in ("core", "bindings", "console"):
                yield Finding(where, f'"{included}" climbs out of its folder',
                              "name the header from an include directory")
            included = included.replace("../", "")
            homes = [h for h in ours if h == included or h.endswith("/" + included)]
            if homes and not any(h.startswith(tuple(f + "/" for f in MAY_SEE[rule]))
                                 for h in homes):
                yield Finding(where, f"{rule}/ includes {included} of {homes[0].split('/')[0]}/",
                              "use the public headers in include/, or move what both need there")
