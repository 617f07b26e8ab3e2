"""What the tests of the harness share: samples made by hand, so that a verdict can go either way."""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import allocators, figures, report, workloads  # noqa: E402
from harness.measure import Sample  # noqa: E402

JEMALLOC = allocators.Allocator("jemalloc", "je.so")
MOONHEAP = allocators.Allocator("moonheap", "mh.so")


def sample(cpu_s, rss_kib, failure=""):
    return Sample(cpu_s, 0.0, rss_kib, 0, "", failure)


def results_with(cpu, rss, rounds=3):
    """All workloads; ours costs `cpu` and `rss` times what the base does."""
    rows = [*workloads.ROWS, workloads.HELLO]
    results = figures.Results(rows, [JEMALLOC, MOONHEAP], "jemalloc")
    for row in rows:
        base_rss = 1024 if row is workloads.HELLO else 50 * 1024
        for _ in range(rounds):
            results.add(row, JEMALLOC, sample(2.0, base_rss))
            results.add(row, MOONHEAP, sample(2.0 * cpu, round(base_rss * rss)))
    return results


def tables_of(made):
    """Every table of a document by its title."""
    return {table.title: table for part in report.parts(made, []).values() for table in part}
