"""The Python binding where another allocator serves the process: jemalloc (preloaded by ctest), which
cannot describe itself, and the C library's, which has no control tree at all."""

import ctypes
import unittest

import moonheap
from moonheap import ctl

HAS_TREE = hasattr(ctypes.CDLL(None), "mallctl")


@unittest.skipUnless(HAS_TREE, "not on jemalloc")
class OnJemalloc(unittest.TestCase):
    def test_allocator_is_named(self):
        name, version = moonheap.allocator()
        self.assertEqual(name, "jemalloc")
        self.assertRegex(version, r"^5\.")

    def test_values(self):
        self.assertGreater(ctl.stats.allocated, 0)
        self.assertEqual(ctl.arenas.bin[3].size, 48)
        ctl.arena[0].dirty_decay_ms = 500
        self.assertEqual(ctl.arena[0].dirty_decay_ms, 500)
        ctl.arena[0].purge()

    def test_indices(self):
        self.assertEqual(list(ctl.arena), [0])
        self.assertEqual(len(ctl.arenas.bin), ctl.arenas.nbins)
        self.assertEqual(len(ctl.stats.arenas[0].extents), 199)
        index = ctl.arenas.create()
        moonheap.refresh()
        self.assertIn(index, list(ctl.stats.arenas))

    def test_walk(self):
        values = dict(moonheap.walk())
        self.assertGreater(len(values), 3000)
        self.assertNotIn("moonheap.version", values)

    def test_snapshots_are_read_one_by_one(self):
        snap = moonheap.snapshot("stats.active", "stats.arenas.<arena>.pactive", "opt.narenas")
        self.assertEqual(sum(value for name, value in snap.items() if name.endswith(".pactive"))
                         * ctl.arenas.page, snap["stats.active"])
        self.assertEqual(snap.epoch, ctl.epoch)
        self.assertEqual(moonheap.snapshot("stats.active", max_age=3600).epoch, snap.epoch)
        self.assertEqual(moonheap.snapshot("stats.active").epoch, snap.epoch + 1)
        self.assertGreater(len(moonheap.snapshot("stats.arenas")), 2000)
        for wrong in ("stats.<arena>", "<arena>", "stats.arenas.<bin>.pactive"):
            with self.assertRaises(moonheap.UnknownName):
                moonheap.snapshot(wrong)

    def test_what_only_moonheap_has(self):
        with self.assertRaises(moonheap.NotAvailable):
            ctl.moonheap.version
        with self.assertRaisesRegex(moonheap.UnknownName, "did you mean stats.allocated"):
            ctl.stats.alocated


@unittest.skipIf(HAS_TREE, "not on the C library's allocator")
class OnAnotherAllocator(unittest.TestCase):
    def test_words_say_what_to_do(self):
        with self.assertRaisesRegex(moonheap.NoAllocator, "moonheap run"):
            ctl.stats.allocated
        with self.assertRaises(moonheap.NoAllocator):
            moonheap.refresh()
        self.assertEqual(moonheap.allocator(), (None, ""))


if __name__ == "__main__":
    unittest.main()
