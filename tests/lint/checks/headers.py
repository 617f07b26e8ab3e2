"""Every header compiles alone, with gcc and clang; those of include/ also as C++.

Then the order in which headers are included never matters, and each says what it needs.
"""

from concurrent.futures import ThreadPoolExecutor

from lintlib import SOURCE_FOLDERS, Finding, run

STRICT = ["-Wall", "-Wextra", "-Wundef", "-Werror", "-fsyntax-only"]
C = [("gcc", ["-x", "c", "-std=gnu11"]), ("clang", ["-x", "c", "-std=gnu11"])]
CXX = [("g++", ["-x", "c++", "-std=c++11"]), ("clang++", ["-x", "c++", "-std=c++11"])]


def check(tree):
    jobs = []
    for header in tree.files(".h", under=[f for f in SOURCE_FOLDERS if (tree.root / f).is_dir()]):
        folder = tree.name(header).split("/")[0]
        # Included from an empty unit, as a main file it would be warned about its own guard.
        for compiler, language in C + (CXX if folder == "include" else []):
            jobs.append((header, [compiler, *language, *STRICT, *tree.flags_for(folder),
                                  "-include", header, "/dev/null"]))
    with ThreadPoolExecutor() as pool:
        for (header, command), (status, text) in zip(jobs, pool.map(lambda j: run(j[1]), jobs)):
            if status != 0:
                first = next((line for line in text.splitlines() if "error" in line), text[:200])
                yield Finding(tree.name(header), f"does not compile alone with {command[0]}: "
                              f"{first}", "include what it uses")
