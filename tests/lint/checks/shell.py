"""shellcheck has nothing to say about the shell scripts."""

from lintlib import Finding, run


def scripts(tree):
    for path in tree.files("", ".sh"):
        with open(path, "rb") as file:
            first = file.readline(80)
        if first.startswith(b"#!") and (b"bash" in first or first.rstrip().endswith(b"/sh")):
            yield path


def check(tree):
    for path in scripts(tree):
        status, text = run(["shellcheck", "-x", "-P", "SCRIPTDIR", "--format=gcc", path])
        for line in text.splitlines() if status != 0 else []:
            parts = line.split(":", 3)
            yield Finding(f"{tree.name(path)}:{parts[1] if len(parts) > 3 else '?'}",
                          parts[-1].strip(), "mend it, or disable it there with the reason")
