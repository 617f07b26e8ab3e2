"""The manual pages are what groff and mandoc take without a warning."""

import re
import shutil

from lintlib import Finding, NotThere, run

READERS = {  # program: how it is asked to complain
    "groff": ("-Tutf8", "-man", "-ww", "-z"),
    "mandoc": ("-Tlint", "-Wwarning"),
}
DELIBERATE = re.compile(r"missing date")  # a page belongs to a version, and that stands in it


def check(tree):
    pages = sorted((tree.root / "docs/man").glob("*.[1-9]"))
    programs = [program for program in READERS if shutil.which(program)]
    if not pages:
        raise NotThere("docs/man")
    if not programs:
        raise NotThere("groff or mandoc")
    for page in pages:
        for program in programs:
            _, said = run([program, *READERS[program], page])
            for line in said.splitlines():
                if not DELIBERATE.search(line):
                    yield Finding(tree.name(page), f"{program}: {line[-160:]}",
                                  "mend what prints the page")
