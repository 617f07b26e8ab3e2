"""What the real programs' memory consists of when they have most of it, and the least that it could be.

An allocator has a say only in what lies between the objects that a program holds and what is resident
for them. The rest is the program's own: its code, its data, its stacks, and what it maps without
malloc. What is left when every byte between objects is taken away, as a ratio to the base, is a bound
that no allocator with the same size classes can go below. Measured by Moonheap's own statistics, in a
run of its own, with a thread that looks (programs/at_peak.c)."""

import dataclasses
import os

from . import workloads
from .allocators import JEMALLOC, MOONHEAP, Allocator
from .errors import BenchError
from .figures import Figure, geometric_mean
from .grid import Grid, Row, exact
from .groups import LARGE_KIB
from .measure import Bench

MIB = 1 << 20
PEAK, OWN, OBJECTS, BETWEEN, LEAST = ("peak, MB", "not the heap's", "objects", "between them",
                                      "least, of jemalloc's")
COLUMNS = [PEAK, OWN, OBJECTS, BETWEEN, LEAST]
MEAN = "mean"


class Watched(Allocator):
    """An allocator with at_peak beside it, which writes to a file of the run's."""

    def environment(self):
        library = self.library.rpartition(":")[2]
        return super().environment() | {"AT_PEAK": library + ".result"}


def _watched(bench, allocator):
    """Both libraries are preloaded; the loader takes a list."""
    link = bench.data / "libat_peak.so"
    if not link.exists():
        link.symlink_to(bench.programs / "libat_peak.so")
    return Watched(**(dataclasses.asdict(allocator) | {"library": f"{allocator.library}:{link}"}))


def _at_peak(bench, workload, allocator):
    """Bytes resident, of the heap and of objects, in the largest process of a run."""
    watched = _watched(bench, allocator)
    result = watched.environment()["AT_PEAK"]
    if os.path.exists(result):
        os.unlink(result)
    sample = bench.run(workload, watched)
    if sample.failure or not os.path.exists(result):
        raise BenchError(f"{workload.name} with libat_peak: {sample.failure or 'no result'}")
    with open(result, encoding="ascii") as file:
        return max(tuple(int(word) for word in line.split()) for line in file)


def _row(bench, workload, ours, base):
    resident, heap, objects = _at_peak(bench, workload, ours)
    own = resident - heap
    peak_of_base = bench.run(workload, base).rss_kib * 1024 if base else None
    if peak_of_base is not None and peak_of_base <= LARGE_KIB * 1024:
        return None
    return Row(workload.name, workload.name, {
        PEAK: exact(resident / MIB), OWN: exact(own / MIB), OBJECTS: exact(objects / MIB),
        BETWEEN: exact((heap - objects) / MIB),
        LEAST: exact((own + objects) / peak_of_base) if peak_of_base else None}, 2)


def grids(build, allocators, pattern=None):
    named = {allocator.name: allocator for allocator in allocators}
    if MOONHEAP not in named:
        return []
    made = Grid("peaks", "What the programs above 20 MB hold at their peak", "program", COLUMNS,
                note="One run each. The least is what is not the heap's and the objects, each as large "
                "as its size class, of jemalloc's peak; the mean is geometric.")
    with Bench(build, "full") as bench:
        for workload in workloads.select(workloads.PROGRAMS):
            if workload.name.startswith(pattern or "") and not bench.missing(workload):
                bench.prepare(workload)
                made.rows.append(_row(bench, workload, named[MOONHEAP], named.get(JEMALLOC)))
    made.rows = [row for row in made.rows if row is not None]
    least = [row.cells[LEAST].value for row in made.rows if row.cells[LEAST]]
    if least:
        mean = Figure(geometric_mean(least), min(least), max(least))
        made.rows.append(Row(MEAN, "mean", {LEAST: mean}, 2))
    return [made]
