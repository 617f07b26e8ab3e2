#!/usr/bin/python3
"""test_examples.py --page PAGE --include FOLDER --cc COMPILER --ours LIBRARY [--reference LIBRARY]:
takes the programs out of docs/examples.md, compiles them once and runs them on both libraries.

What the words behind the fence of a block mean:

  c prelude       what all programs begin with
  c asking        put in front of the wrong ones, in which mallctl is asking_mallctl, and so on
  c wrong         prints the text of the block below it; another allocator prints the error's name
                  and no words
  c               ends with status 0
  sh wrong, sh    lines that run ./program, which does nothing; the text below is what it writes to
                  standard error, or for the right ones the lines that matter
  ... moonheap    not run on the reference: it answers otherwise, or not at all

In a text the sign … stands for any number.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)
WORDS = re.compile(r"^(E[A-Z]+): .*$", re.M)
NAMES = ("mallctl", "mallctlnametomib", "mallctlbymib")
BAD = re.compile(r"Invalid|Malformed|ends with|Out-of-range")
CFLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-fno-builtin", "-Wall", "-Wextra", "-Werror"]


class Block:
    def __init__(self, page, match, section):
        self.language, words, self.text = match.groups()
        self.words = words.split()
        self.line = page.count("\n", 0, match.start()) + 2
        self.section = section
        self.expected = None  # the text block that follows

    @property
    def is_wrong(self):
        return "wrong" in self.words


def read(path):
    """(prelude, asking, the blocks that run), each block with its text."""
    page, parts, blocks, section = path.read_text(), {}, [], ""
    headings = [(m.start(), m.group(1)) for m in re.finditer(r"^#+ (.*)$", page, re.M)]
    for match in BLOCK.finditer(page):
        section = [title for start, title in headings if start < match.start()][-1]
        block = Block(page, match, section)
        if block.language == "text":
            blocks[-1].expected = block.text
        elif block.words and block.words[0] in ("prelude", "asking"):
            parts[block.words[0]] = block.text
        else:
            blocks.append(block)
    return parts["prelude"], parts.get("asking", ""), blocks


def pattern(text):
    return re.compile(re.escape(text.strip("\n")).replace("…", r"\d+"))


class Examples(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="moonheap-examples-")
        self.addCleanup(self.folder.cleanup)
        self.work = Path(self.folder.name)

    def build(self, source, line, flags=(), only_ours=False):
        """The same object linked with each library: {library: program}."""
        (self.work / "example.c").write_text(source)
        where = f"{ARGUMENTS.page.name}:{line}"
        self.run_tool(where, ARGUMENTS.cc, *CFLAGS, *flags, "-I", ARGUMENTS.include, "-c", "example.c")
        programs = {}
        for number, library in enumerate(LIBRARIES[:1] if only_ours else LIBRARIES):
            name = self.work / f"program{number}"
            self.run_tool(where, ARGUMENTS.cc, "example.o", "-rdynamic", "-pthread", "-o", name, library,
                          f"-Wl,-rpath,{library.parent}")
            programs[library] = name
        return programs

    def run_tool(self, where, *command):
        done = subprocess.run(command, cwd=self.work, text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, f"{where} does not compile:\n{done.stderr}")

    def run_program(self, *command, **environment):
        clean = {name: value for name, value in os.environ.items() if name != "MALLOC_CONF"}
        return subprocess.run(command, cwd=self.work, text=True, capture_output=True, timeout=60,
                              env=dict(clean, **environment))

    def source(self, block):
        text, top = block.text, PRELUDE
        if block.is_wrong:
            top += ASKING + "".join(f"#define {name} asking_{name}\n" for name in NAMES)
        if "int main(" not in text:
            lines = text.splitlines(keepends=True)
            head = "".join(line for line in lines if line.startswith("#include"))
            body = "".join(line for line in lines if not line.startswith("#include"))
            text = f"{head}int main(void)\n{{\n#line {block.line}\n{body}}}\n"
        return f"{top}#line {block.line}\n{text}"

    def check_c(self, block):
        flags = ["-Wno-unused", "-Wno-maybe-uninitialized"] if block.is_wrong else []
        programs = self.build(self.source(block), block.line, flags, "moonheap" in block.words)
        for library, program in programs.items():
            is_ours = library == ARGUMENTS.ours
            done = self.run_program(program)
            said = f"on {library.name}: {done.stdout}{done.stderr}"
            self.assertEqual(done.returncode, 0, said)
            if block.is_wrong:
                wanted = block.expected
                if not is_ours:
                    wanted = WORDS.sub(r"\1: ", wanted)
                self.assertRegex(done.stdout.strip("\n"), f"^{pattern(wanted).pattern.rstrip()} ?$",
                                 said)

    def check_sh(self, block):
        program = "int main(void)\n{\n\tfree(malloc(100));\n}\n"
        for library, built in self.build(PRELUDE + program, block.line).items():
            (self.work / "program").unlink(missing_ok=True)
            built.rename(self.work / "program")
            done = self.run_program("sh", "-ec", block.text)
            is_ours = library == ARGUMENTS.ours
            wanted = [line for line in block.expected.splitlines()
                      if is_ours or "<moonheap>" not in line]
            said = f"on {library.name}: {done.stderr}"
            self.assertEqual(done.returncode, 0, said)
            if block.is_wrong:
                self.assertEqual(done.stderr.splitlines(), wanted, said)
            else:
                self.assertIsNone(BAD.search(done.stderr), said)
                self.assertLessEqual(set(wanted), set(done.stderr.splitlines()), said)

    def test_every_example_is_corrected(self):
        sections = {}
        for block in BLOCKS:
            sections.setdefault(block.section, []).append(block)
        self.assertGreater(len(sections), 20)
        for title, blocks in sections.items():
            self.assertFalse(blocks[-1].is_wrong, f"{title}: ends with a wrong example")
            for block in blocks:
                self.assertTrue(not block.is_wrong or block.expected,
                                f"{title}: it is not said what happens")

    def test_examples(self):
        for block in BLOCKS:
            with self.subTest(block.section, line=block.line, words=" ".join(block.words)):
                self.check_c(block) if block.language == "c" else self.check_sh(block)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option in ("--page", "--include", "--ours", "--reference"):
        parser.add_argument(option, type=lambda text: Path(text).resolve())
    parser.add_argument("--cc", default="cc")
    ARGUMENTS, rest = parser.parse_known_args()
    LIBRARIES = [library for library in (ARGUMENTS.ours, ARGUMENTS.reference)
                 if library and library.exists()]
    if ARGUMENTS.reference and not ARGUMENTS.reference.exists():
        print(f"skipped: the reference {ARGUMENTS.reference} is not there (apt-get install libjemalloc2)")
        sys.exit(77)
    PRELUDE, ASKING, BLOCKS = read(ARGUMENTS.page)
    unittest.main(argv=[sys.argv[0], *rest])
