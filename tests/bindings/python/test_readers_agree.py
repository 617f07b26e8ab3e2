#!/usr/bin/python3
"""Every scalar of one refresh is the same by JSON, mallctl(), Lua and Python.

The program is this file once more, run by `moonheap run`: it prints its statistics as JSON, then
takes a snapshot that is of the same refresh and reads each value of it by mallctl(). The console's
Lua then reads the same refresh from outside.
"""

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

# But for pointers, for thread.*, and for what goes on by itself (due_ms, a backlog).
NAMES = ("stats", "stats.arenas.4096", "moonheap.arena.<arena>.name", "moonheap.version",
         "moonheap.thp_mode", "arenas", "opt", "config", "version", "background_thread",
         "max_background_threads", "prof", "moonheap.opt", "moonheap.snapshot", "moonheap.tcache",
         *(f"moonheap.arena.<arena>.{name}" for name in
           ("created_ns", "creator", "extent_events", "is_manual")),
         *(f"arena.<arena>.{name}" for name in
           ("dirty_decay_ms", "muzzy_decay_ms", "dss", "initialized", "oversize_threshold",
            "retain_grow_limit")))
LATE = 3600  # seconds: whatever the last refresh was


def report_as_json():
    """malloc_stats_print(); the text is kept aside, since it comes in pieces and nothing may be read
    before its end."""
    pieces = []
    print_one = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(
        lambda _opaque, text: pieces.append(text))
    ctypes.CDLL(None).malloc_stats_print(print_one, None, b"J")
    return json.loads(b"".join(pieces))["jemalloc"]


def be_the_program():
    import moonheap

    kept = []
    for _ in range(3):
        index = moonheap.ctl.arenas.create()
        mallocx = ctypes.CDLL(None).mallocx
        mallocx.restype, mallocx.argtypes = ctypes.c_void_p, [ctypes.c_size_t, ctypes.c_int]
        flags = (index + 1) << 20 | 1 << 8  # MALLOCX_ARENA | MALLOCX_TCACHE_NONE
        kept.extend(mallocx(size, flags) for size in (10, 100, 1000, 10000, 100000, 1000000) * 7)
    cache = moonheap.ctl.tcache.create()
    moonheap.ctl.moonheap.tcache[cache].name = "of a reader"
    report = report_as_json()
    snapshot = moonheap.snapshot(*NAMES, max_age=LATE)
    with moonheap._access.held():
        single = {name: moonheap.read(name) for name in snapshot}
    print(json.dumps({"report": report, "snapshot": snapshot, "single": single,
                      "epoch": snapshot.epoch}), flush=True)
    sys.stdin.readline()


def flatten(value, name=""):
    """(full name, scalar) of nested dictionaries and arrays."""
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    else:
        yield name, value
        return
    for key, child in children:
        yield from flatten(child, f"{name}.{key}" if name else str(key))


def name_in_report(name):
    """The control tree's name of what the report calls so."""
    parts = ["4096" if part == "merged" else "4097" if part == "destroyed" else part
             for part in name.split(".")]
    if parts[-1] == "uptime_ns":
        parts[-1] = "uptime"
    if parts[:2] == ["stats", "arenas"] and parts[3:] == ["name"]:
        return f"moonheap.arena.{parts[2]}.name"
    if parts == ["system", "thp_mode"]:
        return "moonheap.thp_mode"
    if parts[:2] == ["moonheap", "opt"]:
        parts = parts[1:]
    if parts[:2] == ["moonheap", "safety"]:
        parts[0] = "stats"
    return re.sub(r"\.(hpa_shard\.)?sec_", ".hpa_sec_", ".".join(parts))


def nretained(known, name):
    """Small pages of packed slabs without memory, which the report reckons from others."""
    group = name_in_report(name).removesuffix("nretained_nonhuge")
    return (known[group + "npageslabs_nonhuge"] * 512 - known[group + "nactive_nonhuge"]
            - known[group + "ndirty_nonhuge"])


def as_written(value, wanted):
    """Ratios are 16.16 fixed point in the tree, decimals in the report; -1 is no limit."""
    if isinstance(value, str) and isinstance(wanted, int):
        return 0xffffffff if value == "-1" else round(float(value) * 65536)
    return value


class ReadersAgree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build = Path(os.environ["MOONHEAP_BUILD"])
        cls.moonheap = build / "bin" / "moonheap"
        directory = tempfile.mkdtemp(prefix="readers-")
        cls.addClassCleanup(shutil.rmtree, directory)
        os.environ["MOONHEAP_RUNTIME_DIR"] = directory + "/moonheap"
        cls.program = subprocess.Popen([cls.moonheap, "run", "--", sys.executable, __file__, "program"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end)
        cls.said = json.loads(cls.program.stdout.readline())

    @classmethod
    def end(cls):
        cls.program.stdin.close()
        cls.program.wait(60)
        cls.program.stdout.close()

    def lua(self):
        names = ", ".join(f'"{name}"' for name in NAMES)
        done = subprocess.run(
            [self.moonheap, "eval", str(self.program.pid), "--json",
             f"local t, about = heap.snapshot({names}, {{ max_age = {LATE} }}) "
             "t.epoch = about.epoch return t"],
            capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_mallctl_and_python(self):
        self.assertGreater(len(self.said["snapshot"]), 10000)
        self.assertEqual(self.said["snapshot"], self.said["single"])

    def test_lua_and_python(self):
        found = dict(flatten(self.lua()))
        self.assertEqual(found.pop("epoch"), self.said["epoch"])
        wanted = {name: value for name, value in self.said["snapshot"].items() if value is not None}
        self.assertEqual(found.keys(), wanted.keys())
        self.assertEqual(found, wanted)

    def test_json_and_python(self):
        known, compared = self.said["snapshot"], 0
        for name, value in flatten(self.said["report"]):
            if "extent_allocation_distribution" in name or "approximate_stats" in name:
                continue  # quotients of what the tree has; what is of no refresh
            if name == "moonheap.refreshed":
                self.assertIs(value, True)
                continue
            if name.endswith(".nretained_nonhuge"):
                self.assertEqual(value, nretained(known, name), name)
                continue
            self.assertTrue(name_in_report(name) in known, f"no reader knows {name}")
            wanted = known[name_in_report(name)]
            self.assertEqual(as_written(value, wanted), wanted, name)
            compared += 1
        self.assertGreater(compared, 10000)


if __name__ == "__main__":
    if sys.argv[1:] == ["program"]:
        be_the_program()
    else:
        unittest.main()
