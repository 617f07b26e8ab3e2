"""No source carries a note of unfinished work: what is not done is an issue, not a comment."""

import re

from lintlib import Finding

NOTE = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def check(tree):
    for path in tree.files(".c", ".h", ".def", ".cpp", ".lua", ".py", ".txt", ".md", ".cmake", "",
                           ".sh"):
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = NOTE.search(line)
            if match:
                yield Finding(f"{tree.name(path)}:{number}", f"says {match.group()}",
                              "do it, or file it")
