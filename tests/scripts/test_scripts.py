#!/usr/bin/python3
"""test_scripts.py: the canned diagnostics on processes whose memory has a known shape.

Each test starts the program `shapes` on Moonheap, in a runtime directory of its own, and runs a
script in it. Skipped (77) where the libraries or the command are not built.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = Path(os.environ["MOONHEAP_BUILD"])
SHAPES = os.environ["MOONHEAP_SHAPES"]
SOURCE = Path(__file__).resolve().parents[2]
MOONHEAP = BUILD / "bin" / "moonheap"
NEEDED = [MOONHEAP, BUILD / "lib" / "libmoonheap.so", BUILD / "lib" / "libmoonheap-agent.so"]
PATIENCE = 60  # seconds that anything may take, on a busy machine
FOUND = 6      # exit code: the diagnostic found something
MEGABYTE = 1 << 20


class Shape:
    """A running `shapes`, ready."""

    def __init__(self, case, *words, **environment):
        self.process = subprocess.Popen(
            [MOONHEAP, "run", "--", SHAPES, *map(str, words)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**case.environment, **environment}, text=True)
        self.pid = self.process.pid
        case.addCleanup(self.end)
        case.assertEqual(self.process.stdout.readline(), "ready\n")

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def rss(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines()
                    if line.startswith("VmRSS"))


class ScriptCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.mkdtemp(prefix="scripts-test-")
        self.addCleanup(shutil.rmtree, directory)
        self.environment = {**os.environ, "MOONHEAP_RUNTIME_DIR": directory + "/moonheap",
                            "MOONHEAP_SCRIPTS": str(SOURCE / "scripts")}

    def script(self, shape, name, *words, code=0):
        done = subprocess.run([MOONHEAP, "script", str(shape.pid), name, *words],
                              capture_output=True, text=True, timeout=PATIENCE,
                              env=self.environment)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def result(self, shape, name, *words, code=0):
        answer = json.loads(self.script(shape, name, *words, "--json", code=code))
        return answer["result"], [finding["text"] for finding in answer["findings"]]


class OverviewTest(ScriptCase):
    def steps(self, shape, code=0):
        """Of one overview: its steps by name, after a look at what all of them must fulfil."""
        result, findings = self.result(shape, "overview", code=code)
        steps = {step["step"]: step["bytes"] for step in result["steps"]}
        self.assertEqual(sum(steps.values()), result["total"])
        # By a way of its own: the kernel's one number, read by another process.
        self.assertAlmostEqual(result["total"] / shape.rss(), 1, delta=0.02)
        return steps, findings

    def test_plain(self):
        steps, findings = self.steps(Shape(self, "plain"))
        self.assertEqual(findings, [])
        # 50 MB of objects, and arrays of pointers to them: 8 bytes for each of 16, 32, 64 …
        self.assertAlmostEqual(steps["objects"] / (55 * MEGABYTE), 1, delta=0.01)
        self.assertLess(steps["free_regions"], MEGABYTE)

    def test_dirty(self):
        shape = Shape(self, "dirty", MALLOC_CONF="dirty_decay_ms:-1")
        steps, findings = self.steps(shape, code=FOUND)
        self.assertGreater(steps["dirty"], 60 * MEGABYTE)
        self.assertEqual(len(findings), 1)
        self.assertIn("dirty", findings[0])

    def test_holes(self):
        steps, findings = self.steps(Shape(self, "holes", 320), code=FOUND)
        self.assertGreater(steps["free_regions"], 50 * MEGABYTE)
        self.assertIn("fragmentation", findings[0])

    def test_foreign(self):
        steps, findings = self.steps(Shape(self, "foreign"), code=FOUND)
        self.assertGreater(steps["other_anonymous"], 60 * MEGABYTE)
        self.assertIn("did not hand out", findings[0])

    def test_text_ends_with_the_rss(self):
        text = self.script(Shape(self, "plain"), "overview")
        self.assertRegex(text, r"(?m)^objects of the program +\d")
        self.assertRegex(text, r"(?m)^resident \(RSS\) .* 100 %")
        self.assertIn("Nothing stands out", text)


class FragmentationTest(ScriptCase):
    def test_names_the_class_that_wastes(self):
        for size in (48, 320, 3584):
            with self.subTest(size=size):
                result, findings = self.result(Shape(self, "holes", size), "fragmentation",
                                               code=FOUND)
                self.assertEqual([bin["size"] for bin in result["wasteful"]], [size])
                self.assertEqual(len(findings), 1)
                self.assertIn(f"regions of {size} bytes", findings[0])
                self.assertEqual(result["bins"][0]["size"], size)
                self.assertGreater(result["wasteful"][0]["free_bytes"], 25 * MEGABYTE)

    def test_names_none_where_there_is_none(self):
        for shape in ("plain", "dirty", "foreign"):
            with self.subTest(shape=shape):
                result, findings = self.result(Shape(self, shape), "fragmentation")
                self.assertEqual((result["wasteful"], findings), ([], []))

    def test_arenas_add_up_to_the_whole(self):
        result, _ = self.result(Shape(self, "holes", 320), "fragmentation", code=FOUND)
        self.assertEqual(sum(arena["free_bytes"] for arena in result["arenas"]),
                         result["free_bytes"])

    def test_top_is_checked(self):
        shape = Shape(self, "plain")
        self.assertEqual(self.script(shape, "fragmentation", "top=3").count(" / "), 3)
        self.script(shape, "fragmentation", "top=many", code=1)


if __name__ == "__main__":
    for path in NEEDED:
        if not path.exists():
            print(f"{path} is not built")
            sys.exit(77)
    unittest.main(verbosity=1)
