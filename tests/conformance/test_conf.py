#!/usr/bin/python3
"""test_conf.py PROBE LIBRARY: what is said about each right and wrong text of MALLOC_CONF is what
Debian's libjemalloc says, word by word, and so is whether the program goes on. Lines of Moonheap's
own, which say what was perhaps meant, come beside that.
"""

import subprocess
import unittest

from conf import CAN_PACK, LIBRARY, PROBE, REFERENCE, main

TEXTS = [
    "", "x", "x:", "x:1", ",", "abort", "abort:", "abort:true,", "abort:tru", "abort:TRUE",
    "abort:true ,zero:true", " abort:true", "abort:true;zero:true", "abort=true", "narenas:0",
    "narenas:-1", "narenas:4294967296", "narenas:5000", "narenas:1x", "narenas:0x10",
    "narenas:010", "narenas:+3", "narenas: 3", "narenas:", "narenas:default", "narenas_ratio:x",
    "narenas_ratio:.5", "narenas_ratio:0.5", "narenas_ratio:1.", "narenas_ratio:-1",
    "dirty_decay_ms:-2", "dirty_decay_ms:-1", "dirty_decay_ms:18446744073709551615",
    "dirty_decay_ms:18446744072000", "dirty_decay_ms:18446744072001",
    "muzzy_decay_ms:99999999999999999999999", "mutex_max_spin:-2", "stats_interval:-2",
    "stats_print_opts:zzz", "stats_print_opts:", "stats_interval_opts:Jx", "junk:maybe",
    "junk:alloc", "tcache_max:99999999999", "lg_tcache_max:99", "lg_tcache_max:-1",
    "lg_tcache_nslots_mul:17", "lg_tcache_nslots_mul:-17", "tcache_nslots_small_min:0",
    "tcache_nslots_large:99999", "tcache_gc_incr_bytes:1", "lg_tcache_flush_small_div:0",
    "oversize_threshold:8070450532247928833", "oversize_threshold:1",
    "lg_extent_max_active_fit:65", "percpu_arena:foo", "percpu_arena:percpu",
    "max_background_threads:0", "hpa_slab_max_alloc:1", "hpa_hugification_threshold_ratio:1.5",
    "hpa_hugification_threshold_ratio:0.5", "hpa_dirty_mult:-1", "hpa_dirty_mult:x",
    "hpa_dirty_mult:-2", "hpa_sec_nshards:-1", "hpa_sec_bytes_after_flush:1", "slab_sizes:foo",
    "slab_sizes:8-16:2", "slab_sizes:16-8:2", "slab_sizes:8-16", "slab_sizes:8-16:2|",
    "slab_sizes:8-16:2|32-64:x", "bin_shards:1-100:4", "bin_shards:1-100:0",
    "bin_shards:1-100:65", "bin_shards:100-1:4", "bin_shards:20000-30000:2", "thp:foo",
    "thp:never", "zero_realloc:foo", "zero_realloc:alloc", "metadata_thp:foo", "dss:foo",
    "dss:disabled", "experimental_foo:1", "experimental_foo:1,abort_conf:true",
    "abort_conf:true,experimental_foo:1", "abort_conf:true,foo:1", "foo:1,abort_conf:true",
    "abort_conf:true,foo:1,abort_conf:false", "abort_conf:true,narenas:0",
    "abort_conf:true,abort:maybe", "confirm_conf:true",
    "confirm_conf:true,zero:true,zero:false", "confirm_conf:true,foo:1", "confirm_conf:tru",
    "zero:true,zero:false", "background_thread:yes", "san_guard_small:x", "san_guard_large:0",
    "hpa:true" if CAN_PACK else "hpa:false", "utrace:true", "log:x", "zero:true,zero", "a b:1", "zero:true,,abort:false",
    "abort:true:false", "key\x01:1", "trust_madvise:true", "tcache:1",
    "narenas:18446744073709551616", "narenas:-18446744073709551616", "lg_tcache_nslots_mul:-0",
    "tcache_max:-1", "tcache_max:1e3", "dirty_decay_ms:0x7fffffffffffffff", "retain:false",
    "hpa_hugify_delay_ms:18446744073709551616",
]

# Where the reference says something else, and why (docs/compatibility.md).
DIFFERENT = {
    ":": "an empty name is the beginning of another option's",
    "::": "the same",
    "cache_oblivious:true": "an option of 5.3.1",
    "lg_san_uaf_align:12": "Debian's build is without it",
}


def said(library, text):
    """Exit status and messages of a program that does next to nothing."""
    done = subprocess.run([PROBE, "known"], input=b"", stderr=subprocess.PIPE, timeout=60,
                          env={"LD_PRELOAD": library, "MALLOC_CONF": text})
    lines = done.stderr.decode("latin1").splitlines()
    return done.returncode, [line for line in lines if not line.startswith("<moonheap>: ")]


@unittest.skipIf(REFERENCE is None, "libjemalloc2 is not installed")
class Messages(unittest.TestCase):
    def test_they_are_those_of_the_reference(self):
        for text in TEXTS:
            with self.subTest(text=text):
                self.assertEqual(said(LIBRARY, text), said(REFERENCE, text))

    def test_what_differs_still_does(self):
        for text in DIFFERENT:
            with self.subTest(text=text):
                self.assertNotEqual(said(LIBRARY, text), said(REFERENCE, text))

    def test_they_are_compared(self):
        spoken = sum(bool(said(LIBRARY, text)[1]) for text in TEXTS)
        ended = sum(said(LIBRARY, text)[0] != 0 for text in TEXTS if "abort_conf" in text)
        self.assertGreater(spoken, len(TEXTS) // 3)
        self.assertGreater(ended, 2)


if __name__ == "__main__":
    main()
