"""Links and file names in the documents lead to something that exists."""

import re

from lintlib import Finding

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_BLOCK = re.compile(r"^```.*?^```", re.M | re.S)
NAME = re.compile(r"`((?:core|bindings|console|scripts|include|tests|docs)/[\w./-]+\.\w+)`")


def check(tree):
    for path in tree.files(".md"):
        text = CODE_BLOCK.sub(lambda m: "\n" * m.group().count("\n"), path.read_text())
        for number, line in enumerate(text.splitlines(), 1):
            for target in LINK.findall(line):
                if re.match(r"[a-z]+:|#", target):
                    continue
                if not (path.parent / target.split("#")[0]).exists():
                    yield Finding(f"{tree.name(path)}:{number}", f"links to {target}, which does "
                                  "not exist", "mend the link")
            for name in NAME.findall(line):
                if not (tree.root / name).exists():
                    yield Finding(f"{tree.name(path)}:{number}", f"names {name}, which does not "
                                  "exist", "name the file as it is called now")
