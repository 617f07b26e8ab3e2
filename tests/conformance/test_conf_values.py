#!/usr/bin/python3
"""test_conf_values.py PROBE LIBRARY: each option, given well, at and beyond its borders, and badly,
has the value that it has with Debian's libjemalloc 5.3.0 afterwards, and the same is said about it:
alone, with all others of its kind in one text, given twice, and from each source.
"""

import re
import unittest

import conf

FLAGS = """abort abort_conf background_thread confirm_conf experimental_infallible_new retain
    stats_print tcache trust_madvise zero""".split() + ["hpa"] * conf.CAN_PACK
FLAG_VALUES = ["true", "false", "", "TRUE", "True", "1", "0", "yes", "tru", "truee", " true",
               "true ", "false:true", "\t", "truE", "t", "f", "default"]

WORDS = {"dss": ["disabled", "primary", "secondary"],
         "junk": ["true", "false", "alloc", "free"],
         "metadata_thp": ["disabled", "auto", "always"],
         "percpu_arena": ["disabled", "percpu", "phycpu"],
         "thp": ["default", "always", "never"],
         "zero_realloc": ["alloc", "free", "abort"]}
NO_WORDS = ["", "x", "DISABLED", "Always", "alloc free", "disabledd", "0", "1", "-1", "nothing",
            "true|false"]

# The borders of numbers: beside each of these is another value, or an error.
NUMBERS = {
    "dirty_decay_ms": [-1, 0, 18446744072000], "hpa_hugification_threshold": [4096, 2097152],
    "hpa_hugify_delay_ms": [0], "hpa_min_purge_interval_ms": [0],
    "hpa_sec_batch_fill_extra": [0, 512], "hpa_sec_bytes_after_flush": [4096],
    "hpa_sec_max_alloc": [4096], "hpa_sec_max_bytes": [4096], "hpa_sec_nshards": [0],
    "hpa_slab_max_alloc": [4096, 2097152], "lg_extent_max_active_fit": [0, 64],
    "lg_tcache_flush_large_div": [1, 16], "lg_tcache_flush_small_div": [1, 16],
    "lg_tcache_max": [0, 23], "lg_tcache_nslots_mul": [-16, 16],
    "max_background_threads": [1, 4095], "muzzy_decay_ms": [-1, 0, 18446744072000],
    "mutex_max_spin": [-1], "narenas": [1, 4094],
    "oversize_threshold": [0, 16384, 8070450532247928832], "san_guard_large": [0],
    "san_guard_small": [0], "stats_interval": [-1], "tcache_gc_delay_bytes": [0],
    "tcache_gc_incr_bytes": [1024], "tcache_max": [0, 8388608],
    "tcache_nslots_large": [1, 2048], "tcache_nslots_small_max": [1, 2048],
    "tcache_nslots_small_min": [1, 2048]}
POWERS = [0, 1, 8, 12, 15, 16, 21, 31, 32, 40, 60, 62, 63, 64]
NUMBER_VALUES = sorted({str(sign * (1 << power) + beside) for power in POWERS
                        for beside in (-1, 0, 1) for sign in (1, -1)}) + [
    "", "-", "+", "x", "0x", "0x1F", "0X1f", "-0x3", "010", "08", "00", "-0", "+0", "+3", " 3",
    "3 ", "\t3", "3x", "3.0", "1e3", "1k", "--3", "+-3", "default", "true", "1_000", "0b11", "3:4",
    "99999999999999999999999999999", "-99999999999999999999999999999"]

RATIOS = ["hpa_dirty_mult", "hpa_hugification_threshold_ratio", "narenas_ratio"]
RATIO_VALUES = ["0", "1", "0.5", ".5", "1.", "0.25", "2", "4.75", "0.0", "0.00001", "0.00002",
                "0.99999", "1.0001", "0.333333333333333333333333333", "0.1234567890123456789",
                "255.5", "32767", "-1", "-2", "-0", "-0.5", "-1.0", "+1", "", ".", "x", "0x1",
                "1e1", "1,", " 1", "1 ", "1.5.5", "01", "00.50", "65535", "65535.99999"]

LETTERS = ["stats_interval_opts", "stats_print_opts"]
LETTER_VALUES = ["", "J", "Jgmdablxeh", "hexlbadmgJ", "zzz", "gg", "g g", "GMJ", "x|y", "true"]

RANGES = ["bin_shards", "slab_sizes"]
RANGE_VALUES = ["1-14336:4", "1-14336:1", "1-14336:64", "1-14336:65", "1-14336:0", "16-16:2",
                "8-100:3", "9-9:5", "100-9:5", "0-8:2", "0-0:2", "14336-14336:2",
                "14337-20000:2", "16384-16384:3", "1-999999999999:2", "8-8:2|16-16:3",
                "8-64:2|32-128:3", "8-8:2|x", "x|8-8:2", "8-8:2|", "|8-8:2", "", "8", "8-", "8-8",
                "8-8:", "8-8:x", "8:8-2", "-8:2", "0x10-0x20:0x2", "8-8:2 ", "8-8:2,16-16:3",
                "8-8:99999999999999999999999", "8-8:2|16-16:3|8-8:4", "1-14336:512", "1-14336:3"]

# Those that Debian's library does not have: (text of the value, value afterwards; None: refused).
NEWER = {
    "calloc_madvise_threshold": [], "tcache_ncached_max": [],
    "cache_oblivious": [("true", 1), ("false", 0), ("1", None)],
    "debug_double_free_max_scan": [("0", 0), ("4294967295", 4294967295), ("-1", 4294967295),
                                   ("x", None)],
    "experimental_hpa_enforce_hugify": [("true", 1), ("false", 0), ("maybe", None)],
    "experimental_hpa_max_purge_nhp": [("-1", 2**64 - 1), ("7", 7), ("-2", None)],
    "experimental_hpa_start_huge_if_thp_always": [("true", 1), ("false", 0), ("", None)],
    "experimental_tcache_gc": [("true", 1), ("false", 0), ("0", None)],
    "hpa_hugify_style": [("auto", "auto"), ("none", "none"), ("eager", "eager"), ("lazy", "lazy"),
                         ("Lazy", None), ("", None)],
    "hpa_hugify_sync": [("true", 1), ("false", 0), ("TRUE", None)],
    "hpa_min_purge_delay_ms": [("0", 0), ("-1", 2**64 - 1), ("7", 7), ("7s", None)],
    "hpa_purge_threshold": [("0", 4096), ("4095", 4096), ("8192", 8192), ("9999999", 2097152),
                            ("half", None)],
    "hpa_purge_threshold_ratio": [],
    "disable_large_size_classes": [("true", 1), ("false", 0), ("yes", None)],
    "huge_arena_pac_thp": [("true", 1), ("false", 0), ("t", None)],
    "process_madvise_max_batch": [("0", 0), ("128", 128), ("129", 128), ("-1", 128), ("", None)],
    "lg_san_uaf_align": [("-1", 2**64 - 1), ("-2", None), ("0", 12), ("12", 12), ("63", 63),
                         ("64", 63)],
    "xmalloc": [("true", 1), ("false", 0), ("on", None)]}

# What there is no oracle for, and why: without profiling there is none, and Linux has no utrace().
LACKING = {option for option in conf.options() if option.startswith(("prof", "lg_prof_"))} | {
    "log", "utrace"}

# Where the reference does something else (docs/compatibility.md, "Behaviour that differs"):
# (option, pattern of its text, what differs) -> why.
DIFFERENT = {
    ("narenas|narenas_ratio", "-.*|[0-9]{4,}.*", "opt.narenas"):
        "is the number in force, also when that was reduced to the limit",
    ("narenas_ratio", "0x1|1.5.5", "opt.narenas"): "a text that is refused changes nothing",
    ("bin_shards", "8-8:2 ", r"arenas.bin.0.nshards"): "the same",
    ("max_background_threads", "-.*|[0-9]{4,}.*", "(opt.)?max_background_threads"):
        "the most that there can be, where the reference falls back to 4",
    ("dss|metadata_thp|percpu_arena|thp", "", "opt.*|said"): "words are compared whole",
    ("oversize_threshold", ".*", "arena.0.oversize_threshold"):
        "is what the option says; the reference keeps 8 MiB in each arena",
}

# What follows from options, beside their own values.
DERIVED = ["arena.0.dirty_decay_ms", "arena.0.muzzy_decay_ms", "arena.0.oversize_threshold",
           "arenas.dirty_decay_ms", "arenas.muzzy_decay_ms", "arenas.nhbins", "arenas.tcache_max",
           "background_thread", "max_background_threads"]
GEOMETRY = [f"arenas.bin.{i}.{what}" for i in range(36) for what in ("nregs", "nshards", "slab_size")]
QUESTION = conf.QUESTION + conf.question(DERIVED + GEOMETRY)


def without_reports(said):
    """An interval of few bytes ends while the C++ library of the reference starts."""
    rest, is_report = [], False
    for line in said:
        is_report |= line.startswith("___ Begin")
        if not is_report:
            rest.append(line)
        is_report &= not line.startswith("--- End")
    return rest


def state(library, sources):
    values, said = conf.ask([conf.PROBE], {"LD_PRELOAD": library, **sources}, QUESTION)
    values["said"] = "\n".join(without_reports(said))
    return values


@unittest.skipIf(conf.REFERENCE is None, "libjemalloc2 is not installed")
class Values(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.defaults = [state(library, {}) for library in conf.LIBRARIES]
        cls.seen = set()

    def compare(self, sources, option=None, text=None):
        """Both libraries have the same values, or both their own default."""
        ours, theirs = (state(library, sources) for library in conf.LIBRARIES)
        for name, value in theirs.items():
            got = ours.get(name)
            is_default = (got, value) == tuple(default[name] for default in self.defaults)
            if value in ("-", got) or is_default or self.may_differ(option, text, name):
                continue
            with self.subTest(sources=sources, name=name):
                self.assertEqual(got, value)

    def may_differ(self, option, text, name):
        for row in DIFFERENT:
            if option is not None and all(map(re.fullmatch, row, (option, text, name))):
                self.seen.add(row)
                return True
        return False

    def each(self, options, texts):
        for option in options:
            for text in texts:
                self.compare({"MALLOC_CONF": f"{option}:{text}"}, option, text)

    def test_flags(self):
        self.each(FLAGS, FLAG_VALUES)

    def test_words(self):
        for option, words in WORDS.items():
            self.each([option], words + NO_WORDS)

    def test_numbers(self):
        for option, borders in NUMBERS.items():
            beside = {str(border + step) for border in borders for step in (-1, 0, 1)}
            self.each([option], sorted(beside | set(NUMBER_VALUES)))

    def test_ratios(self):
        self.each(RATIOS, RATIO_VALUES)

    def test_letters(self):
        self.each(LETTERS, LETTER_VALUES)

    def test_ranges(self):
        self.each(RANGES, RANGE_VALUES)

    def test_what_differs_still_does(self):
        for row, (option, text) in zip(DIFFERENT, [
                ("narenas", "-1"), ("narenas_ratio", "1.5.5"), ("bin_shards", "8-8:2 "),
                ("max_background_threads", "5000"), ("dss", ""), ("oversize_threshold", "20000")],
                strict=True):
            self.seen.clear()
            self.compare({"MALLOC_CONF": f"{option}:{text}"}, option, text)
            self.assertEqual(self.seen, {row})

    # One text for all options of a kind: each of these texts is for all.
    KINDS = [(FLAGS, ["true", "false", "maybe"]), (list(WORDS), ["always", "free", "x"]),
             (list(NUMBERS), ["3", "12", "100000", "x", "-1", "18446744073709551616"]),
             (RATIOS, ["0.5", "3", "x"]), (LETTERS, ["Jx", "ga", "b"]),
             (RANGES, ["1-14336:2", "64-64:3|x", "8-8:1"])]
    # In a text with these, those of DIFFERENT would hide others.
    APART = {"max_background_threads", "narenas", "oversize_threshold"}

    def pairs(self, options, *texts):
        return ",".join(f"{option}:{text}" for option in options if option not in self.APART
                        for text in texts)

    def test_many_in_one_text(self):
        for options, texts in self.KINDS:
            for text in texts:
                self.compare({"MALLOC_CONF": self.pairs(options, text)})
                self.compare({"MALLOC_CONF": self.pairs(options[::-1], text)})

    def test_given_twice(self):
        for options, texts in self.KINDS:
            for first in texts:
                for second in texts:
                    self.compare({"MALLOC_CONF": self.pairs(options, first, second)})

    def test_from_two_sources(self):
        for options, texts in self.KINDS:
            for first in texts:
                for second in texts:
                    self.compare({"PROBE_PROGRAM": self.pairs(options, first),
                                  "MALLOC_CONF": self.pairs(options, second)})

    def test_the_strongest_source(self):
        """Debian's library does not have it: it is as if the text stood behind all others."""
        for options, texts in self.KINDS:
            for first in texts:
                for second in texts:
                    weak, strong = self.pairs(options, first), self.pairs(options, second)
                    apart = state(conf.LIBRARY, {"MALLOC_CONF": weak, "PROBE_HARDER": strong})
                    joined = state(conf.LIBRARY, {"MALLOC_CONF": f"{weak},{strong}"})
                    apart.pop("said"), joined.pop("said")
                    with self.subTest(weak=weak, strong=strong):
                        self.assertEqual(apart, joined)


class Newer(unittest.TestCase):
    def test_each_option_is_here(self):
        known = [*FLAGS, *WORDS, *NUMBERS, *RATIOS, *LETTERS, *RANGES, *NEWER, *LACKING]
        self.assertEqual(sorted({*known, "hpa"}), sorted(conf.options()))

    def test_packing_where_there_are_huge_pages(self):
        got = state(conf.LIBRARY, {"MALLOC_CONF": "hpa:true"})["opt.hpa"]
        self.assertEqual(got, "1" if conf.CAN_PACK else "0")

    def test_values(self):
        default = state(conf.LIBRARY, {})
        for option, cases in NEWER.items():
            for text, value in cases:
                got = state(conf.LIBRARY, {"MALLOC_CONF": f"{option}:{text}"})
                name = f"opt.{option}"
                with self.subTest(option=option, text=text):
                    self.assertEqual(got[name], default[name] if value is None else str(value))
                    self.assertEqual("conf value: " + option in got["said"], value is None)


if __name__ == "__main__":
    conf.main()
