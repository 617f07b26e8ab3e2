"""Instructions of one operation, counted by valgrind's callgrind (which leaves malloc alone).

The program `steady` is run with two counts; the difference, divided by the difference of the
counts, is the cost of one operation with its loop. The same loop around functions that only return
gives what to subtract, less those functions' own instruction each.
"""

import os
import re
import subprocess

from .allocators import Allocator
from .errors import BenchError
from .measure import Bench
from .tables import Table

# row title, operation of steady, size, the empty loop of the same shape, calls in that loop
PAIR, BATCH, RESIZE = ("nothing", 2), ("nothing-batch", 2), ("nothing-resize", 1)
ROWS = (
    ("malloc + free, 16 B", "pair", 16, PAIR),
    ("malloc + free, 64 B", "pair", 64, PAIR),
    ("malloc + free, 1 KiB", "pair", 1024, PAIR),
    ("malloc + free, 64 KiB", "pair", 65536, PAIR),
    ("malloc + free, 100 x 64 B then free", "batch", 64, BATCH),
    ("malloc + free, 100 x 1 KiB then free", "batch", 1024, BATCH),
    ("calloc + free, 64 B", "calloc", 64, PAIR),
    ("realloc to the same 64 B", "realloc", 64, RESIZE),
    ("operator new + delete, 64 B", "new-delete", 64, PAIR),
    ("operator new + sized delete, 64 B", "new-sized-delete", 64, PAIR),
    ("mallocx + dallocx, 64 B", "mallocx", 64, PAIR),
    ("mallocx + sdallocx, 64 B", "mallocx-sdallocx", 64, PAIR),
)
FEW, MANY = 20000, 120000
LACKS = 77
NOBODY = Allocator("none", "")  # the empty loops call no allocator


class Counter:
    def __init__(self, bench):
        self.bench = bench

    def _total(self, allocator, program, *arguments):
        """Instructions of a whole process, or None if the allocator lacks the function."""
        out = self.bench.data / "callgrind.out"
        environment = self.bench.preloaded(allocator)
        command = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}",
                   str(self.bench.programs / program), *map(str, arguments)]
        done = subprocess.run(command, env=environment, cwd=self.bench.data, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=300)
        if done.returncode == LACKS:
            return None
        found = re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.MULTILINE)
        if done.returncode != 0 or not found:
            raise BenchError(f"callgrind of {program} {arguments} on {allocator.name} failed: "
                             + done.stderr.decode(errors="replace").strip()[-300:])
        return int(found.group(1))

    def per_operation(self, allocator, operation, size):
        few = self._total(allocator, "steady", operation, FEW, size)
        many = self._total(allocator, "steady", operation, MANY, size)
        return None if few is None or many is None else (many - few) / (MANY - FEW)

    def whole_process(self, allocator):
        return self._total(allocator, "hello")


def table(build, allocators, pattern=None):
    made = Table("Instructions of one operation, loop not counted",
                 ["operation", *(allocator.name for allocator in allocators)])
    with Bench(build, "full") as bench:
        if not any(os.access(os.path.join(folder, "valgrind"), os.X_OK)
                   for folder in bench.environment()["PATH"].split(":")):
            raise BenchError("valgrind is not there; install it: apt-get install valgrind")
        counter = Counter(bench)
        loops = {}
        for title, operation, size, (empty, calls) in ROWS:
            if pattern and pattern not in operation:
                continue
            if empty not in loops:
                loops[empty] = counter.per_operation(NOBODY, empty, 64) - calls
            cells = []
            for allocator in allocators:
                count = counter.per_operation(allocator, operation, size)
                cells.append("-" if count is None else f"{count - loops[empty]:.1f}")
            made.add(title, *cells)
        if not pattern:
            totals = [counter.whole_process(allocator) for allocator in allocators]
            made.add("whole program that does nothing", *(f"{total:,}" for total in totals))
    made.note = "By callgrind. A dash: the allocator has no such function."
    return made
