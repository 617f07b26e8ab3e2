"""Resident memory at moments that a peak does not show: density, fragmentation, return, threads.

The allocators run one row side by side, because the rows mostly wait; what is resident does not
depend on speed. Density is counted once; the moments that depend on time and scheduling are taken
several times.
"""

import subprocess

from .errors import BenchError
from .figures import figure_of
from .grid import Grid, Row
from .measure import Bench

LATER_S = 12
TIMEOUT_S = 300
ROUNDS = 3
SIZES = (8, 16, 24, 40, 48, 64, 100, 200, 520, 1032, 2056, 4104)

# arguments of the program `footprint`, and the lines to show: key, title
MOMENTS = (
    (f"thinned 200000 {LATER_S}", (
        ("full", "mixed heap of 200 000 objects"),
        ("thinned", "nine tenths of it freed at random"),
        ("thinned-later", f"{LATER_S} s later"),
        ("live", "live bytes then"))),
    (f"idle {LATER_S}", (
        ("peak", "one thread's peak"),
        ("freed", "all freed"),
        ("idle-still", f"{LATER_S} s without a call later"),
        ("idle-later", f"{LATER_S} s with a few calls later"))),
    (f"exited 8 {LATER_S}", (
        ("exited", "8 threads have worked and ended"),
        ("exited-later", f"{LATER_S} s later"))),
    ("parked 64", (("parked", "64 threads have worked, freed all, and wait"),)),
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
    return {key: int(value) for key, value in (line.split() for line in out.splitlines())}


def values(bench, allocator, arguments):
    """What one allocator alone answers."""
    return _values(_start(bench, allocator, arguments), allocator, arguments)


def _side_by_side(bench, allocators, arguments):
    """What each allocator answers, by its name."""
    processes = [_start(bench, allocator, arguments) for allocator in allocators]
    return {allocator.name: _values(process, allocator, arguments)
            for process, allocator in zip(processes, allocators)}


def _density(bench, allocators, sizes):
    made = Grid("density", "Resident bytes for each byte asked for, 64 MiB in objects of one size",
                "size of an object", [allocator.name for allocator in allocators])
    for size in sizes:
        taken = _side_by_side(bench, allocators, f"density {size}")
        made.rows.append(Row(str(size), f"{size} B", {
            name: figure_of([values["density"] / 1000]) for name, values in taken.items()}, 2))
    return made


def _moments(bench, allocators, moments):
    made = Grid("moments", "Resident memory over that at the start, MB", "moment",
                [allocator.name for allocator in allocators],
                note=f"Median of {ROUNDS} runs, with the lowest and the highest where they are more than "
                "a hundredth apart.")
    for arguments, lines in moments:
        rounds = [_side_by_side(bench, allocators, arguments) for _ in range(ROUNDS)]
        for key, title in lines:
            made.rows.append(Row(key, title, {
                allocator.name: figure_of([taken[allocator.name][key] / 1024 for taken in rounds])
                for allocator in allocators}))
    return made


def grids(build, allocators, pattern=None):
    """Both grids, or of them the rows whose arguments begin with the pattern."""
    sizes = [size for size in SIZES if f"density {size}".startswith(pattern or "")]
    moments = [row for row in MOMENTS if row[0].startswith(pattern or "")]
    made = []
    with Bench(build, "full") as bench:
        if sizes:
            made.append(_density(bench, allocators, sizes))
        if moments:
            made.append(_moments(bench, allocators, moments))
    return made
