"""What options of Moonheap cost and gain, each compared with the defaults: the levels of safety, huge
pages, a background thread, large objects spread over cache sets. Options that the library does not know are left out.
"""

import dataclasses
import subprocess

from . import callgrind, figures, footprint, instructions, workloads
from .allocators import JEMALLOC, MOONHEAP
from .errors import BenchError
from .figures import Results, figure_of
from .grid import Grid, Row, exact
from .measure import Bench

DEFAULT = "default"
OPTIONS = ("safety:sampled", "safety:full", "thp:always", "hpa:true", "background_thread:true",
           "cache_oblivious:true")
WORKLOADS = ("batch-fifo", "replace-medium", "trees", "server-2", "handoff-8", "python",
             "redis-churn", "gcc", "sqlite")
ROUNDS = 3
LARGE_MIB = 600
COLUMNS = "columns 64 32"
# ways to huge pages, for each allocator that has them
HUGE = ((MOONHEAP, ("", "hpa:true", "hpa:true,hpa_hugify_style:lazy", "thp:always")),
        (JEMALLOC, ("", "hpa:true", "thp:always")))
HEAP = "heap"  # the rows of a large heap begin so


def _is_known(bench, allocator):
    done = subprocess.run([str(bench.programs / "hello")], env=bench.preloaded(allocator),
                          cwd=bench.data, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    return done.returncode == 0 and "Invalid conf" not in done.stderr


def _variants(bench, allocators):
    """Moonheap with its defaults, and once with each option that it knows."""
    ours = [allocator for allocator in allocators if allocator.name == MOONHEAP]
    if not ours:
        return []
    made = [dataclasses.replace(ours[0], name=option,
                                conf=",".join(filter(None, [ours[0].conf, option])))
            for option in OPTIONS]
    return [dataclasses.replace(ours[0], name=DEFAULT),
            *(variant for variant in made if _is_known(bench, variant))]


def _ratios(bench, variants, rows):
    """CPU time and memory of workloads, as ratios to the defaults."""
    results = Results(rows, variants, DEFAULT)
    for row in rows:
        bench.prepare(row)
    for _ in range(ROUNDS):
        for row in rows:
            for variant in variants:
                sample = bench.run(row, variant)
                if sample.failure:
                    raise BenchError(f"{row.name} with {variant.name}: {sample.failure}")
                results.add(row, variant, sample)
    for row in rows:
        for metric, word in ((figures.CPU, "CPU time"), (figures.RSS, "peak memory")):
            yield Row(f"{row.name} {metric}", f"{row.name}, {word}",
                      {one.name: results.ratio(row.name, one.name, metric) for one in variants}, 2)


def _large_heap(bench, variants):
    """A heap of small objects that is visited at random: what huge pages are for."""
    rounds = [[footprint.values(bench, variant, f"large {LARGE_MIB}") for variant in variants]
              for _ in range(ROUNDS)]
    heap = f"{HEAP} of {LARGE_MIB} MB"
    for key, title, divisor, digits in (
            ("cpu", f"{heap}, built and visited at random: s", 1000, 2),
            ("faults", f"{heap}, page faults in thousands", 1000, 1),
            ("huge", f"{heap}, of which in huge pages: MB", 1024, 0),
            ("resident", f"{heap}, resident: MB", 1024, 0)):
        yield Row(key, title, {
            variant.name: figure_of([taken[index][key] / divisor for taken in rounds])
            for index, variant in enumerate(variants)}, digits)


def _packing(bench, allocators):
    """The same heap on each way to huge pages."""
    made = Grid("packing", "Huge pages behind a large heap", "what", [],
                note=f"Median of {ROUNDS} runs, with the lowest and the highest where they are more than "
                "a hundredth apart. The first runs also pay for memory that the machine had not touched.")
    variants = [dataclasses.replace(allocator, name=f"{allocator.name} {option}".strip(),
                                    conf=",".join(filter(None, [allocator.conf, option])))
                for name, options in HUGE for allocator in allocators if allocator.name == name
                for option in options]
    made.columns = [variant.name for variant in variants]
    made.rows += _large_heap(bench, variants) if variants else []
    return made


def _columns(bench, variants):
    """Arrays that are read in step: what spreading large objects over cache sets is for."""
    rounds = [[footprint.values(bench, variant, COLUMNS) for variant in variants] for _ in range(ROUNDS)]
    _, count, kib = COLUMNS.split()
    for key, title, divisor, digits in (("cpu", "s", 1000, 2), ("resident", "resident MB", 1024, 1)):
        yield Row(f"columns {key}", f"{count} arrays of {kib} KiB read in step: {title}", {
            variant.name: figure_of([taken[index][key] / divisor for taken in rounds])
            for index, variant in enumerate(variants)}, digits)


def grids(build, allocators, pattern=None):
    made = Grid("choices", "Options of Moonheap, ratio to the defaults", "what", [],
                note=f"Median of {ROUNDS} runs, with the lowest and the highest where they are more than "
                "a hundredth apart. Instructions, the large heap and the arrays are absolute.")
    with Bench(build, "full") as bench:
        if pattern and HEAP.startswith(pattern):
            return [_packing(bench, allocators)]
        callgrind.require(bench)
        variants = _variants(bench, allocators)
        if not variants:
            return []
        made.columns = [variant.name for variant in variants]
        rows = [row for row in workloads.ROWS
                if row.name in WORKLOADS and row.name.startswith(pattern or "")]
        made.rows += _ratios(bench, variants, [row for row in rows if not bench.missing(row)])
        if not pattern:
            made.rows.append(Row("pair", "instructions of malloc + free, 64 B", {
                variant.name: exact(instructions.pair(bench, variant)) for variant in variants}))
            made.rows += _large_heap(bench, variants)
            made.rows += _columns(bench, variants)
            return [made, _packing(bench, allocators)]
    return [made]
