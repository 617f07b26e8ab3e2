"""Resident memory at moments that a peak does not show: density, fragmentation, return, threads.

The allocators run one row side by side, because the rows mostly wait; what is resident does not
depend on speed.
"""

import subprocess

from .errors import BenchError
from .measure import Bench
from .tables import Table

LATER_S = 12
TIMEOUT_S = 300

# arguments of the program `footprint`, and the lines to show: key, title, divisor
_MB = 1024
ROWS = (
    *((f"density {size}", (("density", f"bytes per requested byte, {size} B objects", 1000),))
      for size in (8, 16, 24, 48, 64, 100, 200, 520, 1032, 2056, 4104)),
    (f"thinned 200000 {LATER_S}", (
        ("full", "mixed heap of 200 000 objects, MB", _MB),
        ("thinned", "nine tenths freed at random, MB", _MB),
        ("thinned-later", f"{LATER_S} s later, MB", _MB),
        ("live", "live bytes in it, MB", _MB))),
    (f"idle {LATER_S}", (
        ("peak", "one thread's peak, MB", _MB),
        ("freed", "all freed, MB", _MB),
        ("idle-still", f"{LATER_S} s without a call later, MB", _MB),
        ("idle-later", f"{LATER_S} s with a few calls later, MB", _MB))),
    (f"exited 8 {LATER_S}", (
        ("exited", "8 threads have worked and ended, MB", _MB),
        ("exited-later", f"{LATER_S} s later, MB", _MB))),
    ("parked 64", (("parked", "64 threads have worked, freed all, and wait, MB", _MB),)),
)


def _start(bench, allocator, arguments):
    return subprocess.Popen([str(bench.programs / "footprint"), *arguments.split()],
                            env=bench.preloaded(allocator), cwd=bench.data, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _values(process, allocator, arguments):
    try:
        out, err = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise BenchError(f"footprint {arguments} on {allocator.name} did not end") from None
    if process.returncode != 0 or "cannot be preloaded" in err:
        raise BenchError(f"footprint {arguments} on {allocator.name} failed: {err.strip()[-300:]}")
    return dict(line.split() for line in out.splitlines())


def table(build, allocators, pattern=None):
    made = Table("Resident memory over that at the start",
                 ["moment", *(allocator.name for allocator in allocators)])
    with Bench(build, "full") as bench:
        for arguments, lines in ROWS:
            if pattern and not arguments.startswith(pattern):
                continue
            processes = [_start(bench, allocator, arguments) for allocator in allocators]
            values = [_values(process, allocator, arguments)
                      for process, allocator in zip(processes, allocators)]
            for key, title, divisor in lines:
                digits = 2 if divisor == 1000 else 1
                made.add(title, *(f"{int(row[key]) / divisor:.{digits}f}" for row in values))
    return made
