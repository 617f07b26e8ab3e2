#!/usr/bin/python3
"""test_stats_report.py PROBE LIBRARY: the report of malloc_stats_print() is what readers of jemalloc
5.3.0's report expect, in JSON by keys, types and order, in text line by line; and it says what
mallctl() says. Runs the probe on LIBRARY, and on Debian's libjemalloc where that is installed.
"""

import glob
import json
import os
import re
import subprocess
import sys
import unittest
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROBE, LIBRARY = sys.argv[1:3]
REFERENCE = next(iter(glob.glob("/usr/lib/*/libjemalloc.so.2")), None)

# Names for several arenas in mallctl(), and keys that differ from their names.
ARENAS = {"merged": "4096", "destroyed": "4097"}
NAMES = {"uptime_ns": "uptime"}
CONF_TEXTS = ("global_var", "global_var_2_conf_harder", "symlink", "env_var")


def run(library, letters, names=""):
    done = subprocess.run([PROBE, letters], input=names, text=True, capture_output=True, timeout=60,
                          env={"PATH": os.environ["PATH"], "LD_PRELOAD": library})
    if done.returncode != 0:
        sys.exit(done.returncode)  # 77: the library lacks the functions
    return done.stdout


@lru_cache(maxsize=None)
def report(library, letters):
    return json.loads(run(library, letters))["jemalloc"]


@lru_cache(maxsize=None)
def text(library, letters):
    return run(library, letters).splitlines()


def leaves(value, path=()):
    """(path, value) of every value that is no object or array."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, path + (key,))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from leaves(child, path + (index,))
    else:
        yield path, value


def schema_path(path):
    """stats.arenas/0/bins/7/nmalloc -> stats.arenas/<arena>/bins[]/nmalloc"""
    parts = []
    for part in path:
        if isinstance(part, int):
            parts[-1] += "[]"
        elif parts == ["stats.arenas"]:
            parts.append("<arena>")
        else:
            parts.append(part)
    return "/".join(parts)


def control_name(path):
    parts = [str(part) for part in path]
    if parts == ["system", "thp_mode"]:
        return "moonheap.thp_mode"
    if parts[0] == "opt" and parts[1] in CONF_TEXTS:
        return f"opt.malloc_conf.{parts[1]}"
    if parts[0] == "stats.arenas":
        parts[1] = ARENAS.get(parts[1], parts[1])
        if parts[2:] == ["name"]:
            return f"moonheap.arena.{parts[1]}.name"
    parts[-1] = NAMES.get(parts[-1], parts[-1])
    return ".".join(parts)


def type_name(value):
    return {bool: "bool", int: "int", str: "string"}[type(value)]


def schema():
    rows = [line.split(" | ") for line in
            (HERE / "stats_json_keys.txt").read_text().splitlines() if not line.startswith("#")]
    return {row[0]: row[1] for row in rows}


def shape(line):
    """A line without its figures."""
    return re.sub(r" +", " ", re.sub(r"-?[0-9]+(\.[0-9]+)?", "N", line))


class Json(unittest.TestCase):
    library = LIBRARY
    locks_are_right = True

    def test_keys_and_types_are_known(self):
        known = schema()
        for path, value in leaves(report(self.library, "J")):
            if path[0] == "moonheap":
                continue
            where = schema_path(path)
            self.assertIn(where, known)
            self.assertEqual(type_name(value), known[where], where)

    def test_no_key_is_missing(self):
        """But those of profiling, and of texts of options that there are not."""
        got = {schema_path(path) for path, _ in leaves(report(self.library, "J"))}
        rows = (HERE / "stats_json_keys.txt").read_text().splitlines()
        for row in rows:
            path, newer = row.split(" | ")[0], row.endswith(" | newer")
            if row.startswith("#") or path.startswith(tuple(f"opt/{t}" for t in CONF_TEXTS)) or (
                    self.library == LIBRARY and "prof" in path) or (
                    self.library == REFERENCE and (newer or "prof_" in path)):
                continue
            self.assertIn(path, got)

    def test_keys_come_in_the_known_order(self):
        order = list(schema())
        ours = dict.fromkeys(schema_path(path) for path, _ in leaves(report(self.library, "J"))
                             if path[0] != "moonheap")
        self.assertEqual(list(ours), [path for path in order if path in ours])

    def test_no_key_comes_twice(self):
        def pairs(items):
            keys = [key for key, _ in items]
            doubles = {key for key in keys if keys.count(key) > 1}
            self.assertFalse(doubles)
            return dict(items)
        if self.library == LIBRARY:
            json.loads(run(self.library, "J"), object_pairs_hook=pairs)

    def test_arrays_have_an_element_for_each_class(self):
        data = report(self.library, "J")
        self.assertEqual(len(data["arenas"]["bin"]), data["arenas"]["nbins"])
        self.assertEqual(len(data["arenas"]["lextent"]), data["arenas"]["nlextents"])
        for arena in data["stats.arenas"].values():
            self.assertEqual(len(arena["bins"]), data["arenas"]["nbins"])
            self.assertEqual(len(arena["lextents"]), data["arenas"]["nlextents"])
            self.assertGreater(len(arena["extents"]), 40)

    def test_values_are_those_of_mallctl(self):
        # Two runs would not compare: the probe answers for the report that it has just printed.
        probe = subprocess.Popen([PROBE, "J"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 text=True, env={"LD_PRELOAD": self.library})
        self.addCleanup(probe.stdout.close)
        data = json.loads(probe.stdout.readline())["jemalloc"]
        asked = [(path, value) for path, value in leaves(data)
                 if path[0] != "moonheap" and path[-1] != "hpa_dirty_mult"
                 and "hpa_shard" not in path and path[-1] != "sec_bytes"
                 # The tree's own lock counts the questions.
                 and path[:2] != ("stats", "mutexes")
                 and (self.locks_are_right or not {"mutexes", "mutex"} & set(path))]
        questions = "".join(f"{type_name(value)[0]} {control_name(path)}\n" for path, value in asked)
        answers, _ = probe.communicate(questions, timeout=60)
        answers = answers.split("\n")[:-1]
        self.assertEqual(len(answers), len(asked))
        self.assertGreater(len(asked), 2000)
        for (path, value), answer in zip(asked, answers):
            if isinstance(value, str):
                self.assertEqual(answer, value, control_name(path))
            else:
                self.assertEqual(int(answer) & 0xffffffffffffffff if answer.isdigit() else answer,
                                 int(value) & 0xffffffffffffffff, control_name(path))

    def test_figures_fit_together(self):
        data = report(self.library, "J")
        total, merged = data["stats"], data["stats.arenas"]["merged"]
        page = data["arenas"]["page"]
        self.assertEqual(merged["small"]["allocated"] + merged["large"]["allocated"],
                         total["allocated"])
        self.assertEqual(merged["pactive"] * page, total["active"])
        sizes = [bin["size"] for bin in data["arenas"]["bin"]]
        for name, arena in data["stats.arenas"].items():
            if name == "destroyed":  # counters of what is gone
                continue
            self.assertEqual(sum(size * bin["curregs"] for size, bin in zip(sizes, arena["bins"])),
                             arena["small"]["allocated"])
            for bin in arena["bins"]:
                self.assertEqual(bin["nmalloc"] - bin["ndalloc"], bin["curregs"])
        self.assertLessEqual(total["allocated"], total["active"])
        self.assertLessEqual(total["active"], total["resident"])
        self.assertLessEqual(total["resident"], total["mapped"] + total["metadata"])

    def test_letters_leave_parts_out(self):
        def parts(letters):
            return report(self.library, "J" + letters)

        general = {"version", "config", "opt", "arenas"}
        self.assertFalse(general & parts("g").keys())
        self.assertLessEqual(general, parts("").keys())
        everything = parts("")["stats.arenas"]
        singles = everything.keys() - {"merged", "destroyed"}
        self.assertGreaterEqual(len(singles), 2)
        self.assertEqual(parts("m")["stats.arenas"].keys(), everything.keys() - {"merged"})
        self.assertEqual(parts("d")["stats.arenas"].keys(), everything.keys() - {"destroyed"})
        self.assertEqual(parts("a")["stats.arenas"].keys(), everything.keys() - singles)
        self.assertNotIn("stats.arenas", parts("mda"))
        for letter, key in (("b", "bins"), ("l", "lextents"), ("x", "mutexes"), ("e", "extents")):
            for arena in parts(letter)["stats.arenas"].values():
                self.assertNotIn(key, arena)
            for arena in parts("")["stats.arenas"].values():
                self.assertIn(key, arena)
        self.assertNotIn("mutexes", parts("x")["stats"])
        self.assertNotIn("mutex", parts("x")["stats.arenas"]["merged"]["bins"][0])
        self.assertEqual(list(parts("gmdablxeh")), ["stats"])
        self.assertEqual(parts("?zZ%"), parts("") | {key: parts("?zZ%")[key] for key in
                                                     ("stats", "stats.arenas")})


class Text(unittest.TestCase):
    """Line by line what the reference prints for the same program, some lines fewer, and some more
    behind what it prints."""

    # At the end of an arena's part, of the constants, of the whole.
    NEWER = r"(metadata_edata|metadata_rtree|pinned): |name: |Hugepage size: |System configuration$|Moonheap$| (moonheap|approximate_stats|stats|system)\."

    def compare(self, letters, may_lack):
        ours = [shape(line) for line in text(LIBRARY, letters)]
        theirs = {shape(line) for line in text(REFERENCE, letters)}
        for line in ours:
            if line.startswith(("Version:", " config.", " opt.")) or "dss allocation" in line:
                continue
            if re.match(self.NEWER, line):
                continue
            self.assertIn(line, theirs, f"with letters {letters!r}")
        lacking = [line for line in dict.fromkeys(shape(l) for l in text(REFERENCE, letters))
                   if line not in ours and not re.match(may_lack, line)]
        self.assertEqual(lacking, [], f"with letters {letters!r}")

    # What belongs to a part of the reference that is not here, profiling; its own version, settings
    # and use of sbrk(); and rows of tables that another population has.
    TITLES = r"(bins|large|extents): +size|decaying: +time| +(n_lock_ops|allocated) "
    OTHERS = r"Version:| config\.| opt\.|Profiling settings| prof\.|dss |prof\w* N N| N N N"

    def setUp(self):
        if REFERENCE is None:
            self.skipTest("libjemalloc2 is not installed")

    def test_lines_are_those_of_the_reference(self):
        for letters in ("", "a", "x", "gmd", "bl", "e", "blxe", "gmdablxeh"):
            self.compare(letters, self.OTHERS)

    def test_what_is_newer_comes_last(self):
        """The lines of each part that the reference knows have none of the others among them."""
        seen_newer = own = 0
        for line in (shape(l) for l in text(LIBRARY, "")):
            if own or line == "System configuration":
                own += 1
            elif re.match(self.NEWER, line) and not line.startswith("Hugepage"):
                seen_newer += 1
            elif seen_newer:
                self.assertRegex(line, r"arenas\[N\]:|Merged|Destroyed")
                seen_newer = 0
        self.assertGreater(own, 10)

    def test_titles_stand_over_their_columns(self):
        """Headers byte by byte, and every row as wide as its header."""
        titles = {line for line in text(REFERENCE, "") if re.match(self.TITLES, line)}
        ours = text(LIBRARY, "")
        self.assertGreaterEqual(len(titles), 6)
        for title in titles:
            self.assertIn(title, ours)
        width = None
        for line in ours:
            if re.match(self.TITLES, line):
                width = len(line)
            elif width is not None and re.match(r"( +[0-9]+){5,}|\w+:?( +[0-9]+){5,}", line):
                self.assertEqual(len(line), width, line)


class Sources(unittest.TestCase):
    """The texts that options came from, and what the system is like."""

    TEXT = 'narenas:3,nonsense:"a\\b'

    def run_with_text(self, letters):
        done = subprocess.run([PROBE, letters], text=True, capture_output=True, timeout=60,
                              stdin=subprocess.DEVNULL,
                              env={"LD_PRELOAD": LIBRARY, "MALLOC_CONF": self.TEXT})
        self.assertEqual(done.returncode, 0)
        return done.stdout

    def test_in_json(self):
        options = json.loads(self.run_with_text("J"))["jemalloc"]["opt"]
        self.assertEqual(options["env_var"], self.TEXT)
        self.assertNotIn("symlink", options)
        self.assertEqual(list(options)[-1], "env_var")

    def test_in_text(self):
        lines = self.run_with_text("").splitlines()
        shown = lines.index(f'  Environment variable MALLOC_CONF: "{self.TEXT}"')
        self.assertTrue(lines[shown - 1].startswith("  opt."))
        self.assertTrue(lines[shown + 1].startswith("Arenas: "))

    def test_policy_of_huge_pages(self):
        path = Path("/sys/kernel/mm/transparent_hugepage/enabled")
        policy = re.search(r"\[(\w+)\]", path.read_text()).group(1) if path.exists() else "not supported"
        self.assertEqual(report(LIBRARY, "J")["system"]["thp_mode"], policy)
        self.assertIn(f'  system.thp_mode: "{policy}"', text(LIBRARY, ""))


class AtExit(unittest.TestCase):
    """The option stats_print, in the probe and in a program that knows nothing of us."""

    def run_with(self, conf, program):
        done = subprocess.run(program, text=True, capture_output=True, timeout=60,
                              stdin=subprocess.DEVNULL,
                              env={"LD_PRELOAD": LIBRARY, "MALLOC_CONF": conf})
        self.assertEqual(done.returncode, 0, done.stderr[-300:])
        return done.stderr

    def test_the_report_comes_last(self):
        for program in ([PROBE, "gmdablxeh"], ["/usr/bin/python3", "-c", "x = list(range(10000))"]):
            lines = self.run_with("stats_print:true", program).splitlines()
            self.assertEqual(lines[0], "___ Begin jemalloc statistics ___")
            self.assertEqual(lines[-1], "--- End jemalloc statistics ---")
            self.assertIn("  opt.stats_print: true", lines)

    def test_letters_are_options_too(self):
        data = json.loads(self.run_with("stats_print:true,stats_print_opts:Jbl,stats_print_opts:e",
                                        [PROBE, "gmdablxeh"]))["jemalloc"]
        self.assertEqual(data["opt"]["stats_print_opts"], "Jble")
        self.assertNotIn("bins", data["stats.arenas"]["0"])

    def test_without_the_option_there_is_none(self):
        self.assertEqual(self.run_with("stats_print_opts:J", [PROBE, "gmdablxeh"]), "")


class Reference(Json):
    """The same questions to Debian's library: what is asked here is what the reference does."""
    library = REFERENCE
    locks_are_right = False  # its JSON shows num_ops in the place of num_wait, too

    def setUp(self):
        if REFERENCE is None:
            self.skipTest("libjemalloc2 is not installed")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
