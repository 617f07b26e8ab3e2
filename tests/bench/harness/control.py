"""What the control tree costs, over several interleaved runs of each operation."""

import subprocess

from .errors import BenchError
from .figures import figure_of
from .grid import Grid, Row
from .measure import Bench

ROUNDS = 5
LACKS = 77

# title, operation of the program `control`, count, arenas beside the automatic ones, unit
ROWS = (
    ("read stats.allocated by name, ns", "name", 1000000, 1, 1),
    ("read stats.allocated by MIB, ns", "mib", 2000000, 1, 1),
    ("read a bin's counter by name, ns", "name-deep", 1000000, 1, 1),
    ("read a bin's counter by MIB, ns", "mib-deep", 2000000, 1, 1),
    ("translate that name to a MIB, ns", "translate", 1000000, 1, 1),
    ("refresh (epoch), 1 more arena, us", "epoch", 5000, 1, 1000),
    *((f"refresh, {arenas} more arenas, {words} used since, us", operation, count, arenas, 1000)
      for operation, words in (("epoch-few", "1 % of them"), ("epoch-all", "all of them"))
      for arenas, count in ((9, 2000), (64, 300), (512, 30), (4000, 5))),
    ("malloc_stats_print, 1 more arena, us", "print", 200, 1, 1000),
    ("malloc_stats_print, 64 more arenas, us", "print", 20, 64, 1000),
    ("malloc_stats_print as JSON, 1 more arena, us", "print-json", 200, 1, 1000),
    ("malloc_stats_print as JSON, 64 more arenas, us", "print-json", 20, 64, 1000),
    ("create an arena, us", "create", 200, 1, 1000),
    ("memory of a created arena, KiB", "memory", 200, 1, 1024),
    ("loss of an allocating thread beside 10 refreshes a second, %", "beside-10", 20, 1, 1),
    ("loss of an allocating thread beside 100 refreshes a second, %", "beside-100", 20, 1, 1),
)


def _run(bench, allocator, operation, count, arenas):
    """What the program measures, or None if the allocator has no control tree."""
    command = [str(bench.programs / "control"), operation, str(count), str(arenas)]
    done = subprocess.run(command, env=bench.preloaded(allocator), cwd=bench.data,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    if done.returncode == LACKS:
        return None
    words = done.stdout.split()
    if done.returncode != 0 or "cannot be preloaded" in done.stderr or words[:1] != ["value"]:
        raise BenchError(f"control {operation} on {allocator.name} failed "
                         f"({done.returncode}): {done.stderr.strip()[-300:]}")
    return float(words[1])


def grids(build, allocators, pattern=None):
    made = Grid("control", "The control tree, CPU time of one operation", "operation", [],
                note=f"Median of {ROUNDS} runs, with the lowest and the highest where they are more than "
                "a hundredth apart. Used since: an object was allocated and freed there; that each "
                "refresh shows it is checked. Loss: of operations per CPU-second, against turns in "
                "which nobody refreshes. Allocators without mallctl are left out.")
    with Bench(build, "full") as bench:
        having = [allocator for allocator in allocators
                  if _run(bench, allocator, "name", 1, 1) is not None]
        made.columns = [allocator.name for allocator in having]
        for title, operation, count, arenas, divisor in ROWS:
            if pattern and not operation.startswith(pattern):
                continue
            rounds = [[_run(bench, allocator, operation, count, arenas) / divisor
                       for allocator in having] for _ in range(ROUNDS)]
            made.rows.append(Row(f"{operation} {arenas}", title, {
                name: figure_of(values) for name, values in zip(made.columns, zip(*rounds))}))
    return [made] if having else []
