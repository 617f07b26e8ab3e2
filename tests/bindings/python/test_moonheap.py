"""The Python binding inside a process that Moonheap serves (LD_PRELOAD), as its users have it."""

import ctypes
import gc
import threading
import time
import unittest

import moonheap
from moonheap import ctl


class Reading(unittest.TestCase):
    def test_values_have_their_types(self):
        self.assertIsInstance(ctl.stats.allocated, int)
        self.assertIs(ctl.config.stats, True)
        self.assertIsInstance(ctl.version, str)
        self.assertEqual(ctl.arenas.page, 4096)
        self.assertEqual(ctl.arenas.bin[0].size, 8)
        self.assertGreater(ctl.thread.allocatedp, 0)

    def test_names_lead_to_the_same_value(self):
        self.assertEqual(ctl["arenas.bin.3.size"], ctl.arenas.bin[3].size)
        self.assertEqual(ctl.arenas["bin"][3]["size"], 48)
        self.assertEqual(moonheap.read("arenas.bin.3.size"), 48)

    def test_allocations_are_seen(self):
        before = ctl.thread.allocated
        block = ctypes.create_string_buffer(1 << 22)
        self.assertGreaterEqual(ctl.thread.allocated - before, 1 << 22)
        self.assertGreaterEqual(ctl.stats.allocated, len(block))

    def test_allocator_is_named(self):
        self.assertEqual(moonheap.allocator(), ("moonheap", ctl.moonheap.version))


class Refreshing(unittest.TestCase):
    def test_old_statistics_are_refreshed(self):
        ctl.stats.allocated
        epoch = ctl.epoch
        ctl.stats.allocated
        self.assertLessEqual(ctl.epoch - epoch, 1)
        time.sleep(0.25)
        epoch = ctl.epoch
        ctl.stats.allocated
        self.assertEqual(ctl.epoch, epoch + 1)
        ctl.version, ctl.arena[0].dirty_decay_ms
        self.assertEqual(ctl.epoch, epoch + 1, "what is no statistic needs no epoch")

    def test_refresh_returns_the_epoch(self):
        self.assertEqual(moonheap.refresh(), ctl.epoch)

    def test_frozen_is_of_one_epoch(self):
        with moonheap.frozen():
            epoch = ctl.epoch
            active = ctl.stats.active
            time.sleep(0.25)
            self.assertEqual(ctl.stats.active, active)
            self.assertEqual(ctl.epoch, epoch)
        time.sleep(0.25)
        ctl.stats.active
        self.assertGreater(ctl.epoch, epoch)

    def test_a_new_arena_is_found_at_once(self):
        moonheap.refresh()
        index = ctl.arenas.create()
        self.assertEqual(ctl[f"stats.arenas.{index}.pactive"], 0)
        ctl.arena[index].destroy()


class Snapshots(unittest.TestCase):
    def test_names_and_patterns(self):
        snap = moonheap.snapshot("stats.active", "stats.arenas.<arena>.pactive", "config.stats",
                                 "opt.dirty_decay_ms", "version", "arenas.bin.3")
        self.assertEqual(sum(value for name, value in snap.items() if name.endswith(".pactive"))
                         * ctl.arenas.page, snap["stats.active"])
        self.assertIs(snap["config.stats"], True)
        self.assertEqual(snap["opt.dirty_decay_ms"], ctl.opt.dirty_decay_ms)
        self.assertEqual(snap["version"], ctl.version)
        self.assertEqual(snap["arenas.bin.3.size"], 48)

    def test_everything_is_what_walks_find(self):
        snap = moonheap.snapshot()
        with moonheap.frozen():
            single = {name: moonheap.read(name) for name in snap}
        self.assertEqual(snap.keys(), single.keys())
        same = sum(snap[name] == single[name] for name in snap)
        self.assertGreater(same / len(snap), 0.9)
        self.assertLess(ctl.arena[0].muzzy_decay_ms, 1, "an ssize_t that may be negative")

    def test_age_is_shared(self):
        first = moonheap.snapshot("stats")
        self.assertEqual(first.epoch, ctl.epoch)
        again = moonheap.snapshot("stats", max_age=3600)
        self.assertEqual((again.epoch, again.taken_ns), (first.epoch, first.taken_ns))
        self.assertLess(again.age, 60)
        self.assertEqual(moonheap.snapshot("stats").epoch, first.epoch + 1)

    def test_one_arena_alone(self):
        index = ctl.arenas.create()
        moonheap.refresh()
        epoch = ctl.epoch
        snap = moonheap.snapshot(f"stats.arenas.{index}")
        self.assertEqual((snap.epoch, ctl.epoch), (0, epoch))
        ctl.arena[index].destroy()

    def test_mistakes(self):
        with self.assertRaisesRegex(moonheap.UnknownName, 'the nearest is "stats.allocated"'):
            moonheap.snapshot("stats.active", "stats.alocated")
        with self.assertRaisesRegex(moonheap.UnknownName, "<arean>"):
            moonheap.snapshot("stats.active", "stats.arenas.<arean>.pdirty")
        with self.assertRaises(moonheap.UnknownIndex):
            moonheap.snapshot("stats.arenas.900")
        for wrong in ("a b", 7, None):
            with self.assertRaises(moonheap.WrongType):
                moonheap.snapshot(wrong)
        with self.assertRaises(moonheap.OutOfRange):
            moonheap.snapshot("stats", max_age=-1)

    def test_creators(self):
        cache = ctl.tcache.create()
        self.assertEqual(ctl.moonheap.tcache[cache].creator.thread, threading.get_native_id())
        self.assertRegex(ctl.moonheap.tcache[cache].creator.caller, r"^[^/ ]+\+0x[0-9a-f]+$")
        self.assertIn(cache, list(ctl.moonheap.tcache))
        ctl.tcache.destroy(cache)
        self.assertNotIn(cache, list(ctl.moonheap.tcache))


class Writing(unittest.TestCase):
    def test_settings(self):
        arena = ctl.arena[ctl.arenas.create()]
        arena.dirty_decay_ms = 500
        self.assertEqual(arena.dirty_decay_ms, 500)
        arena["dirty_decay_ms"] = 600
        self.assertEqual(arena.dirty_decay_ms, 600)
        ctl[f"{arena._name}.dirty_decay_ms"] = -1
        self.assertEqual(arena.dirty_decay_ms, -1)
        moonheap.write(arena._name + ".muzzy_decay_ms", 7)
        self.assertEqual(arena.muzzy_decay_ms, 7)
        arena.dss = "disabled"
        arena.destroy()

    def test_actions(self):
        self.assertIsNone(ctl.arena[0].purge())
        self.assertIsNone(ctl.arena[moonheap.ARENAS_ALL].decay())
        block = ctypes.create_string_buffer(100000)
        self.assertEqual(ctl.arenas.lookup(ctypes.addressof(block)), 0)
        self.assertEqual(ctl.arenas.lookup(block), 0)
        cache = ctl.tcache.create()
        ctl.tcache.flush(cache)
        ctl.tcache.destroy(cache)
        self.assertIn("give back all unused pages", ctl.arena[0].purge.__doc__)

    def test_purging_gives_memory_back(self):
        arena = ctl.arena[0]
        old = arena.dirty_decay_ms
        arena.dirty_decay_ms = -1
        blocks = [ctypes.create_string_buffer(4 << 20) for _ in range(16)]
        del blocks
        gc.collect()
        moonheap.refresh()
        self.assertGreater(ctl.stats.arenas[0].pdirty, 10000)
        arena.purge()
        moonheap.refresh()
        self.assertLess(ctl.stats.arenas[0].pdirty, 1000)
        arena.dirty_decay_ms = old


class Looking(unittest.TestCase):
    def test_dir_lists_the_names(self):
        self.assertIn("stats", dir(ctl))
        self.assertEqual(dir(ctl.arenas.bin[0]), ["nregs", "nshards", "size", "slab_size"])
        self.assertEqual(list(ctl.arenas.bin[0]), dir(ctl.arenas.bin[0]))

    def test_iteration_gives_what_exists(self):
        self.assertIn(0, list(ctl.arena))
        self.assertEqual(list(ctl.arenas.bin), list(range(ctl.arenas.nbins)))
        self.assertEqual(len(ctl.arenas.lextent), ctl.arenas.nlextents)
        index = ctl.arenas.create()
        self.assertIn(index, ctl.arena)
        self.assertIn(index, list(ctl.arena))
        moonheap.refresh()
        self.assertIn(index, list(ctl.stats.arenas))
        ctl.arena[index].destroy()
        self.assertNotIn(index, list(ctl.arena))

    def test_membership(self):
        self.assertIn("stats", ctl)
        self.assertIn("allocated", ctl.stats)
        self.assertNotIn("alocated", ctl.stats)
        self.assertNotIn(99, ctl.arenas.bin)

    def test_walk_reads_everything(self):
        values = dict(moonheap.walk())
        self.assertGreater(len(values), 3000)
        self.assertEqual(values["arenas.bin.3.size"], 48)
        self.assertEqual(values["stats.active"], values["stats.arenas.0.pactive"] * 4096
                         if list(ctl.arena) == [0] else values["stats.active"])
        below = dict(moonheap.walk("stats.arenas.0.small"))
        self.assertEqual(len(below), 6)
        self.assertNotIn("arenas.create", values, "walking must do nothing")
        with self.assertRaises(moonheap.WrongType):
            list(moonheap.walk("epoch"))

    def test_rows_describe(self):
        row = moonheap.describe("stats.arenas.0.bins.3.nmalloc")
        self.assertEqual((row.type, row.unit, row.metric), ("uint64", "count", "counter"))
        row = moonheap.describe("stats.allocated")
        self.assertEqual((row.unit, row.metric), ("bytes", "gauge"))
        self.assertEqual(moonheap.describe("arena.0.dirty_decay_ms").metric, "none")
        self.assertEqual(len(moonheap.rows()), len({row.path for row in moonheap.rows()}))

    def test_docstrings_have_units(self):
        self.assertIn("[bytes, cached", type(ctl.stats).allocated.__doc__)
        self.assertIn("[ms, live]", type(ctl.arena[0]).dirty_decay_ms.__doc__)

    def test_text(self):
        self.assertEqual(repr(ctl.stats.arenas[0]), "<moonheap ctl.stats.arenas.0>")
        self.assertRegex(str(ctl.stats), r"allocated +\d+ bytes")

    def test_generated_rows_are_those_of_the_library(self):
        from moonheap import _library

        self.assertEqual(_library.ROWS, moonheap.rows())


class Failing(unittest.TestCase):
    def fails(self, kind, text, function, *arguments):
        with self.assertRaises(kind) as caught:
            function(*arguments)
        self.assertRegex(str(caught.exception), text)
        self.assertIsInstance(caught.exception, moonheap.MoonheapError)

    def test_unknown_names_come_with_the_nearest(self):
        self.fails(moonheap.UnknownName, 'no name "stats.alocated"; the nearest is "stats.allocated"',
                   getattr, ctl.stats, "alocated")
        self.fails(moonheap.UnknownName, 'nearest is "arena.0.purge"', moonheap.call, "arenas.0.purge")
        self.fails(AttributeError, 'no name "stats.foo"; below "stats" are active', setattr, ctl.stats,
                   "foo", 1)
        self.fails(moonheap.UnknownName, '"epoch" is a leaf', ctl.__getitem__, "epoch.x")
        self.assertFalse(hasattr(ctl, "nothing"))

    def test_names_of_another_kind(self):
        self.fails(moonheap.UnknownName, '"stats" is no leaf', moonheap.read, "stats")
        self.fails(moonheap.UnknownName, "any more: in its place is", getattr, ctl.arenas, "extend")
        self.fails(moonheap.UnknownName, "empty", moonheap.read, "")
        self.fails(moonheap.WrongType, "a name is a string", moonheap.read, 5)
        # A property whose AttributeError Python takes for a name that is not there.
        self.fails(moonheap.NotReadable, "arena.0.name gives a structure", getattr, ctl.arena[0], "name")
        self.fails(moonheap.NotReadable, "only be written", getattr, ctl.experimental.hooks,
                   "safety_check_abort")

    def test_unknown_indices(self):
        self.fails(moonheap.UnknownIndex, "no arenas.bin.99; arenas.bin has 0, 1, 2",
                   ctl.arenas.bin.__getitem__, 99)
        self.fails(IndexError, "no arena.-1", ctl.arena.__getitem__, -1)
        self.fails(moonheap.UnknownIndex, "there is no", ctl.arena.__getitem__, ctl.arenas.narenas)
        self.fails(moonheap.UnknownIndex, "there is no bin 77", moonheap.read, "arenas.bin.77.size")
        self.fails(moonheap.UnknownIndex, "names, no numbers", ctl.stats.__getitem__, 0)
        self.fails(moonheap.UnknownIndex, "a number or a name", ctl.arena.__getitem__, 1.5)

    def test_a_destroyed_arena_is_gone(self):
        index = ctl.arenas.create()
        moonheap.refresh()
        stats = ctl.stats.arenas[index]
        stats.pactive
        ctl.arena[index].destroy()
        self.fails(moonheap.UnknownIndex, f"no arena {index}", getattr, stats, "pactive")

    def test_access(self):
        self.fails(moonheap.NotWritable, "read-only", setattr, ctl.stats, "allocated", 1)
        self.fails(moonheap.NotWritable, "names of its own", setattr, ctl, "stats", 1)
        self.fails(moonheap.NotWritable, "is an action", setattr, ctl.arena[0], "purge", 1)
        self.fails(moonheap.NotReadable, "is an action", moonheap.read, "arena.0.purge")
        self.fails(moonheap.WrongType, "a value, not an action", moonheap.call, "epoch")

    def test_types_and_ranges(self):
        arena = ctl.arena[0]
        self.fails(moonheap.WrongType, "whole number, not str", setattr, arena, "dirty_decay_ms", "1")
        self.fails(moonheap.WrongType, "whole number, not bool", setattr, arena, "dirty_decay_ms", True)
        self.fails(moonheap.WrongType, "whole number, not float", setattr, arena, "dirty_decay_ms", 1.0)
        self.fails(moonheap.WrongType, "True or False", setattr, ctl, "background_thread", 1)
        self.fails(moonheap.WrongType, "a string", setattr, arena, "dss", 1)
        self.fails(moonheap.OutOfRange, "numbers from", setattr, arena, "dirty_decay_ms", 2**63)
        self.fails(moonheap.OutOfRange, "= -5 was refused .EFAULT.: .* does not take this value", setattr,
                   arena, "dirty_decay_ms", -5)
        self.fails(moonheap.OutOfRange, "numbers from 0", setattr, ctl.thread, "arena", -1)
        self.fails(moonheap.WrongType, "takes no argument", arena.purge, 1)

    def test_structures(self):
        with self.assertRaisesRegex(moonheap.NotReadable, "a structure"):
            ctl.experimental.utilization.query(0)

        class Batch(ctypes.Structure):
            _fields_ = [("objects", ctypes.POINTER(ctypes.c_void_p)), ("num", ctypes.c_size_t),
                        ("size", ctypes.c_size_t), ("flags", ctypes.c_int)]

        objects = (ctypes.c_void_p * 3)()
        batch = Batch(ctypes.cast(objects, ctypes.POINTER(ctypes.c_void_p)), 3, 100, 0)
        self.assertEqual(ctl.experimental.batch_alloc(batch), 3)
        free = ctypes.CDLL(None).free
        free.argtypes = [ctypes.c_void_p]
        for address in objects:
            free(address)
        with self.assertRaisesRegex(moonheap.WrongType, "a ctypes structure"):
            ctl.experimental.batch_alloc(3)

    def test_refusals(self):
        self.fails(moonheap.Refused, r"arena.0.reset\(\) was refused .*made by the library",
                   ctl.arena[0].reset)
        self.fails(moonheap.Refused, "was refused .* no allocation at this", ctl.arenas.lookup, 16)
        self.fails(moonheap.OutOfRange, "no arena has this index", setattr, ctl.thread, "arena", 4000)
        self.fails(moonheap.NotAvailable, "one arena at a time", getattr,
                   ctl.arena[moonheap.ARENAS_ALL], "dirty_decay_ms")
        self.fails(moonheap.NotAvailable, "no profiling", ctl.prof.dump, "/tmp/x")


class Threads(unittest.TestCase):
    def test_many_readers(self):
        failures = []

        def read():
            try:
                for _ in range(200):
                    self.assertGreater(ctl.stats.allocated, 0)
                    self.assertGreaterEqual(ctl.thread.allocated, 0)
                    moonheap.refresh()
            except Exception as failure:  # told in the main thread
                failures.append(failure)

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


if __name__ == "__main__":
    unittest.main()
