"""What every check stands on: the tree under examination, and findings about it.

A check is a module in checks/ with a docstring whose first line states the rule, and a function
check(tree) that yields Finding objects. It looks only at the tree that it is given, so that the
self-test can hand it a small tree with a planted violation. A check whose subject does not exist
(no such library in the build) raises NotThere, which the runner reports.
"""

import json
import os
import re
import shlex
import subprocess
from collections import namedtuple
from pathlib import Path

Finding = namedtuple("Finding", "where what cure")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCE_FOLDERS = ("include", "core", "bindings", "console")


class NotThere(Exception):
    """The thing that the check examines does not exist in this tree."""


def run(command, cwd=None):
    """Runs a program; its exit status and its output, both streams as one text."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


class Tree:
    """A checkout of the project with its builds: build/ (gcc) and build-clang/."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.build = self.root / "build"
        self.build_clang = self.root / "build-clang"
        self._compile_commands = {}

    def name(self, path):
        return str(Path(path).resolve().relative_to(self.root))

    def files(self, *suffixes, under=None):
        """Every file of the project with one of the suffixes ("" for none), in order."""
        found = []
        for top in under or sorted(os.listdir(self.root)):
            path = self.root / top
            if not path.exists():
                continue
            if path.is_file():
                found.append(path)
                continue
            if top.startswith("build") or top == ".git":
                continue
            for folder, folders, names in os.walk(path):
                folders[:] = [f for f in folders if f != "__pycache__"]
                found += [Path(folder) / name for name in names]
        return sorted(path for path in found if path.suffix in suffixes)

    def towers(self):
        """The folders whose modules stand in an order: those with a file ORDER."""
        return [self.name(path.parent) for path in self.files("", under=SOURCE_FOLDERS)
                if path.name == "ORDER"]

    def order(self, tower):
        """The modules of a tower, from ground to roof, with their place."""
        text = (self.root / tower / "ORDER").read_text()
        words = " ".join(line for line in text.splitlines() if not line.startswith("#")).split()
        return {module: place for place, module in enumerate(words)}

    def includes(self, path):
        """(line number, '<' or '"', name) of every #include in a file."""
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)

    def objects(self, tower):
        """The objects of a tower's modules in build/, as the product links them."""
        target = "moonheap.dir" if tower == "core" else "*.dir"
        folder = self.build / tower / "CMakeFiles"
        objects = {path.name.split(".")[0]: path for path in sorted(folder.glob(f"{target}/*.o"))}
        if not objects:
            raise NotThere(f"the objects of {tower} in build/")
        return objects

    def library(self, name):
        path = self.build / "lib" / name
        if not path.exists():
            raise NotThere(f"build/lib/{name}")
        return path

    def compile_commands(self, build):
        """The compiler's arguments for every source file of a build, by file name."""
        if build not in self._compile_commands:
            path = build / "compile_commands.json"
            if not path.exists():
                raise NotThere(f"{build.name}/compile_commands.json")
            commands = {}
            for entry in json.loads(path.read_text()):
                words = entry.get("arguments") or shlex.split(entry["command"])
                commands.setdefault(os.path.realpath(entry["file"]), []).append(words)
            self._compile_commands[build] = commands
        return self._compile_commands[build]

    def flags_for(self, folder):
        """-I, -isystem and -D flags with which the files of a top folder are compiled."""
        flags = ["-I", str(self.root / "include")]
        prefix = str(self.root / folder) + os.sep
        try:
            commands = self.compile_commands(self.build)
        except NotThere:
            commands = {}
        for file, variants in sorted(commands.items()):
            if not file.startswith(prefix):
                continue
            words = variants[0]
            for place, word in enumerate(words):
                if word in ("-I", "-isystem") and words[place + 1] not in flags:
                    flags += [word, words[place + 1]]
                elif word[:2] in ("-I", "-D") and len(word) > 2 and word not in flags:
                    flags.append(word)
        return flags + ["-I", str(self.root / folder)]


def symbols(path, *options):
    """(name, type letter) of each symbol that nm lists."""
    status, text = run(["nm", "-P", *options, path])
    if status != 0:
        raise RuntimeError(f"nm {path}: {text}")
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2:
            yield words[0].split("@")[0], words[1]


def rows(path):
    """The lines of a committed list as lists of fields: '|' parts them, '#' begins a comment."""
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            yield [field.strip() for field in line.split("|")]
