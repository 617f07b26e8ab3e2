"""core and include/ keep compiling for aarch64.

There is no such machine in the checks, so this only proves that the port is not broken by a
header, an intrinsic or a constant of x86-64.
"""

from concurrent.futures import ThreadPoolExecutor

from lintlib import Finding, NotThere, run

COMPILER = "aarch64-linux-gnu-gcc"


def check(tree):
    known = tree.compile_commands(tree.build)
    files = [f for f in tree.files(".c", under=["core"]) if str(f) in known]
    if not files:
        raise NotThere("a source file of core in the build")
    warnings = [w for w in known[str(files[0])][0] if w.startswith("-W") and "," not in w]
    flags = tree.flags_for("core")

    def compile_one(file):
        return run([COMPILER, "-std=gnu11", "-O2", "-fsyntax-only", *warnings, *flags, file])

    with ThreadPoolExecutor() as pool:
        for file, (status, text) in zip(files, pool.map(compile_one, files)):
            if status != 0:
                first = next((line for line in text.splitlines() if "error" in line), text[:200])
                yield Finding(tree.name(file), first, "give the other processor its own body "
                              "behind the same contract")
