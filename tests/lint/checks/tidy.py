"""clang-tidy has nothing to say about core, bindings and console (.clang-tidy).

A file found clean is not looked at again until it, a header or the configuration changes
(build-clang/tidy-clean remembers), so that a second run takes seconds.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

from lintlib import SOURCE_FOLDERS, Finding, NotThere, run


def fingerprint(shared, file):
    return hashlib.sha256(shared + file.read_bytes()).hexdigest()


def check(tree):
    known = tree.compile_commands(tree.build_clang)
    files = [f for f in tree.files(".c", under=[f for f in SOURCE_FOLDERS if (tree.root / f).is_dir()])
             if str(f) in known]
    if not files:
        raise NotThere("a source file in the clang build")
    shared = hashlib.sha256((tree.root / ".clang-tidy").read_bytes())
    for header in tree.files(".h", ".def"):
        shared.update(header.read_bytes())
    clean = tree.build_clang / "tidy-clean"
    clean.mkdir(exist_ok=True)

    def tidy(file):
        mark = clean / fingerprint(shared.digest(), file)
        if mark.exists():
            return ""
        status, text = run(["clang-tidy", "--quiet", "-p", tree.build_clang, file])
        if status == 0:
            mark.touch()
            return ""
        return text

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for file, text in zip(files, pool.map(tidy, files)):
            lines = {line for line in text.splitlines() if ": error:" in line}
            for line in sorted(lines):
                where, what = line.split(": error:", 1)
                yield Finding(os.path.relpath(where, tree.root), what.strip(),
                              "mend it; if the check is wrong here, NOLINT with the reason")
            if text and not lines:
                yield Finding(tree.name(file), text[-400:], "see what clang-tidy says")
