"""Every C file of ours is compiled with the strict warnings as errors (moonheap_warnings).

The two builds prove that there are no warnings; this check proves that nobody was left out.
"""

from lintlib import SOURCE_FOLDERS, Finding

STRICT = {"-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wundef", "-Wvla",
          "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wimplicit-fallthrough", "-Wformat=2",
          "-Werror"}
CURE = "link the target to moonheap_warnings, and mend what it then says"


def check(tree):
    for file, variants in sorted(tree.compile_commands(tree.build).items()):
        if not file.startswith(str(tree.root)) or file.startswith(str(tree.build)):
            continue
        if file.endswith((".cpp", ".cc")):
            continue
        for words in variants:
            lacking = sorted(STRICT - set(words))
            if lacking:
                yield Finding(tree.name(file), f"is compiled without {' '.join(lacking)}", CURE)
                break
    compiled = set(tree.compile_commands(tree.build))
    for path in tree.files(".c", under=[f for f in SOURCE_FOLDERS if (tree.root / f).is_dir()]):
        if str(path) not in compiled and path.name != "all.c":
            yield Finding(tree.name(path), "belongs to no target of the build",
                          "add it to one (core: write its module in core/ORDER), or remove it")
