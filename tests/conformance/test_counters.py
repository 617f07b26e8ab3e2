#!/usr/bin/python3
"""test_counters.py LIBRARY ROWS: no statistic is dead. Programs that use the heap in many ways,
under some options, run on the library; each row of stats.* in ROWS (docs/reference/mallctl.json)
must be something else than 0 in one of them. What a number comes to is the matter of other tests.
"""

import ctypes
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import unittest
from fnmatch import fnmatchcase
from pathlib import Path

ALL, DESTROYED, NO_CACHE = 4096, 4097, 1 << 8
SECONDS = 0.6

CONFS = ["", "dirty_decay_ms:20,muzzy_decay_ms:10000,retain:false",
         "background_thread:true,dirty_decay_ms:20,muzzy_decay_ms:20",
         "metadata_thp:always,dirty_decay_ms:20,muzzy_decay_ms:10000",
         # Everything is worth a huge page, then nothing is worth keeping.
         "hpa:true,hpa_hugification_threshold_ratio:0.1,hpa_hugify_delay_ms:0,"
         "hpa_hugify_style:lazy,hpa_min_purge_interval_ms:0,hpa_dirty_mult:0,"
         "hpa_sec_batch_fill_extra:5",
         "hpa:true,hpa_hugify_style:none,hpa_dirty_mult:-1"]

# Rows that stay 0 here, and why.
STAY = {
    "*prof*": "there is no heap profiling",
    "stats.safety.*": "is about programs that err: tests/stress/misuse.c",
    "*pinned*": "hooks that give such memory: tests/core/test_page_alloc.c",
    "*.num_wait": "whether a thread meets another at a lock is chance: tests/core/test_lock.c",
    "*.num_spin_acq": "the same", "*.total_wait_time": "the same", "*.max_wait_time": "the same",
    "*.max_num_thds": "the same",
    "stats.arenas.<arena>.internal": "the allocator takes nothing from arenas for itself",
    "stats.arenas.<arena>.metadata_rtree": "the page map belongs to no arena",
    "stats.arenas.<arena>.abandoned_vm": "needs a system that refuses: tests/stress/faults.c",
    "stats.arenas.<arena>.tcache_stashed_bytes": "an option that watches freed objects",
    "*.hpa_shard.nhugify_failures": "needs a system that refuses: tests/core/test_hpa_purge.c",
    "*.hpa_shard.empty_slabs.nactive_*": "an empty huge page has no used page",
    "*.hpa_shard.*slabs.*_huge": "when the system turns one huge is its own affair: test_hpa_*.c",
    "*.hpa_shard.nonfull_slabs.<room>.*_huge": "the same",
    "*.hpa_shard.full_slabs.ndirty_*": "a full huge page has no unused page",
    "*.hpa_shard.empty_slabs.ndirty_*": "it gives all back: tests/core/test_hpa_set.c",
    "*.hpa_sec_overfills": "what is taken ahead is less than fits: tests/core/test_hpa_sec.c",
}


def rows():
    for row in json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))["rows"]:
        if row["path"].startswith("stats.") and "r" in row["access"]:
            yield row["path"]


# -- the program that uses the heap, and says which rows it moved ---------------------------------

class Heap:
    def __init__(self):
        self.library = ctypes.CDLL(None)
        for name in ("mallocx", "rallocx", "realloc"):
            getattr(self.library, name).restype = ctypes.c_void_p
        self.library.mallocx.argtypes = [ctypes.c_size_t, ctypes.c_int]
        self.library.rallocx.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        self.library.dallocx.argtypes = [ctypes.c_void_p, ctypes.c_int]
        self.library.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

    def call(self, name, value=None):
        argument = ctypes.c_uint64(value or 0)
        self.library.mallctl(name.encode(), None, None, ctypes.byref(argument) if value else None,
                             ctypes.c_size_t(8 if value else 0))

    def read(self, name):
        """A number of whatever size; None: there is none, or it is none."""
        for size in (8, 4, 1):
            value, length = ctypes.c_uint64(0), ctypes.c_size_t(size)
            error = self.library.mallctl(name.encode(), ctypes.byref(value), ctypes.byref(length),
                                         None, ctypes.c_size_t(0))
            if error == 0:
                return value.value
        return None

    def create(self):
        index, length = ctypes.c_uint(0), ctypes.c_size_t(4)
        self.library.mallctl(b"arenas.create", ctypes.byref(index), ctypes.byref(length), None,
                             ctypes.c_size_t(0))
        return index.value

    def work(self, seed, flags):
        chance, kept, end = random.Random(seed), [], time.monotonic() + SECONDS
        while time.monotonic() < end:
            for _ in range(100):
                size = chance.choice((8, 100, 1000, 5000, 14000, 20000, 100000, 9000000))
                kept.append(self.library.mallocx(size, flags))
                if chance.random() < 0.3:
                    at = chance.randrange(len(kept))
                    size = chance.choice((10, 5000, 50000))
                    kept[at] = self.library.rallocx(kept[at], size, flags)
            chance.shuffle(kept)
            while len(kept) > 50:
                self.library.dallocx(kept.pop(), flags & NO_CACHE)


def moved(heap):
    """Refreshes, and names the rows that are not 0."""
    heap.call("epoch", 1)
    for path in rows():
        inner = re.search(r"<(?!arena)\w+>", path)
        for arena in (ALL, DESTROYED) if "<arena>" in path else ("",):
            name = path.replace("<arena>", str(arena))
            for index in range(200 if inner else 1):
                value = heap.read(name.replace(inner.group(), str(index)) if inner else name)
                if value is None:
                    break
                if value != 0:
                    yield path
                    break


def be_the_program():
    heap, seen = Heap(), set()
    arenas = [heap.create() for _ in range(3)]
    flags = [0, 0, 0] + [(arena + 1) << 20 | NO_CACHE for arena in arenas[:2]]
    threads = [threading.Thread(target=heap.work, args=(seed, flag))
               for seed, flag in enumerate(flags)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen.update(moved(heap))
    full = [heap.library.mallocx(16384, NO_CACHE) for _ in range(1000)]
    seen.update(moved(heap))
    for one in full:
        heap.library.dallocx(one, NO_CACHE)
    seen.update(moved(heap))
    for size in (1000, 50000):
        heap.library.mallocx(size, (arenas[2] + 1) << 20 | NO_CACHE)
    heap.library.realloc(heap.library.mallocx(100, 0), 0)
    seen.update(moved(heap))
    heap.call(f"arena.{ALL}.purge")
    heap.call(f"arena.{arenas[2]}.destroy")
    seen.update(moved(heap))
    print("\n".join(seen))


# -- the test ----------------------------------------------------------------------------------

class Counters(unittest.TestCase):
    def test_each_moves(self):
        programs = [subprocess.Popen(
            [sys.executable, __file__, *sys.argv[1:3], "program"], text=True,
            stdout=subprocess.PIPE, env={"LD_PRELOAD": sys.argv[1], "MALLOC_CONF": conf})
            for conf in CONFS]
        seen = set()
        for conf, program in zip(CONFS, programs):
            out, _ = program.communicate(timeout=300)
            self.assertEqual(program.returncode, 0, conf)
            seen.update(out.split("\n"))
        policy = Path("/sys/kernel/mm/transparent_hugepage/enabled")
        packs = policy.exists() and "[never]" not in policy.read_text(encoding="ascii")
        dead = [path for path in rows() if path not in seen
                and not any(fnmatchcase(path, pattern) for pattern in STAY)
                and (packs or ("hpa" not in path and "thp" not in path))]
        self.assertEqual(dead, [])
        self.assertGreater(len(seen), 150)


if __name__ == "__main__":
    if sys.argv[3:] == ["program"]:
        be_the_program()
    else:
        unittest.main(argv=sys.argv[:1])
