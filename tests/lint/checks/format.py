"""clang-format decides the spacing of C and C++ (.clang-format)."""

from lintlib import Finding, run


def check(tree):
    files = tree.files(".c", ".h", ".cpp")
    status, text = run(["clang-format", "--dry-run", "-Werror", *files], cwd=tree.root) \
        if files else (0, "")
    if status == 0:
        return
    bad = sorted({line.split(":")[0] for line in text.splitlines() if "error: code" in line})
    for file in bad:
        name = tree.name(tree.root / file)
        yield Finding(name, "is not formatted", f"clang-format -i {name}")
    if not bad:
        yield Finding(".clang-format", text.strip(), "see what clang-format says")
