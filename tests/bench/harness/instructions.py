"""Instructions of one operation, counted by valgrind's callgrind.

The program `steady` is run with two counts; the difference, divided by the difference of the
counts, is the cost of one operation with its loop. The same loop around functions that only return
gives what to subtract, less those functions' own instruction each.
"""

from . import callgrind
from .allocators import Allocator
from .errors import BenchError
from .grid import Grid, Row, exact
from .measure import Bench

# row title, operation of steady, size, the empty loop of the same shape, calls in that loop
PAIR, BATCH, ALONE, RESIZE = (("nothing", 2), ("nothing-batch", 2), ("nothing-alone", 1),
                              ("nothing-resize", 1))
ROWS = (
    ("malloc + free, 16 B", "pair", 16, PAIR),
    ("malloc + free, 64 B", "pair", 64, PAIR),
    ("malloc + free, 1 KiB", "pair", 1024, PAIR),
    ("malloc + free, 4000 B", "pair", 4000, PAIR),
    ("malloc + free, 64 KiB", "pair", 65536, PAIR),
    ("malloc + free, 100 x 64 B then free", "batch", 64, BATCH),
    ("malloc + free, 100 x 1 KiB then free", "batch", 1024, BATCH),
    ("malloc alone, 64 B", "alone", 64, ALONE),
    ("calloc + free, 64 B", "calloc", 64, PAIR),
    ("realloc to the same 64 B", "realloc", 64, RESIZE),
    ("operator new + delete, 64 B", "new-delete", 64, PAIR),
    ("operator new + sized delete, 64 B", "new-sized-delete", 64, PAIR),
    ("mallocx + dallocx, 64 B", "mallocx", 64, PAIR),
    ("mallocx + sdallocx, 64 B", "mallocx-sdallocx", 64, PAIR),
)
WHOLE = "whole program that does nothing"
FEW, MANY = 20000, 120000
NOBODY = Allocator("none", "")  # the empty loops call no allocator


def _per_operation(bench, allocator, operation, size):
    """None where the allocator lacks the function, or does not run under valgrind."""
    totals = [_total(bench, allocator, "steady", operation, count, size) for count in (FEW, MANY)]
    return None if None in totals else (totals[1] - totals[0]) / (MANY - FEW)


def _total(bench, allocator, program, *arguments):
    profile = callgrind.run(bench, allocator, program, *arguments)
    return profile and callgrind.total(profile)


def _runs(bench, allocator):
    """scudo, for one, wants more address space than valgrind has to give."""
    try:
        return callgrind.run(bench, allocator, "hello") is not None
    except BenchError:
        return False


def pair(bench, allocator, size=64):
    """malloc and free of one block, loop not counted."""
    loop = _per_operation(bench, NOBODY, PAIR[0], 64) - PAIR[1]
    return _per_operation(bench, allocator, "pair", size) - loop


def _rows(bench, running, pattern):
    loops = {}
    for title, operation, size, (empty, calls) in ROWS:
        if pattern and pattern not in operation:
            continue
        if empty not in loops:
            loops[empty] = _per_operation(bench, NOBODY, empty, 64) - calls
        counts = {allocator.name: _per_operation(bench, allocator, operation, size)
                  for allocator in running}
        yield Row(f"{operation} {size}", title, {
            name: exact(None if count is None else count - loops[empty])
            for name, count in counts.items()})


def grids(build, allocators, pattern=None):
    made = Grid("instructions", "Instructions of one operation, loop not counted", "operation",
                [allocator.name for allocator in allocators],
                note="By callgrind. A dash: the allocator has no such function, or does not run "
                "under valgrind.")
    with Bench(build, "full") as bench:
        callgrind.require(bench)
        running = [allocator for allocator in allocators if _runs(bench, allocator)]
        made.rows += _rows(bench, running, pattern)
        if not pattern:
            made.rows.append(Row("whole", WHOLE, {
                allocator.name: exact(_total(bench, allocator, "hello")) for allocator in running},
                digits=0))
    return [made]
