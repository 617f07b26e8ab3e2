"""How often an allocator touches what threads share, with 64 threads.

Two counts, because two CPUs cannot show what 64 would do to each other. *Shared-line writes* are the
atomic read-modify-writes that are executed: instructions with a lock prefix and exchanges with
memory, in the allocator's code, found by callgrind's count of every instruction, and one for each
call from it of a mutex function of the C library. Each takes a cache line away from every other CPU.
*Lock operations* come from the allocator's own statistics, in a run of the same work without
valgrind: those of Moonheap and of jemalloc, which have such statistics.
"""

import collections
import json
import os
import pathlib
import re
import subprocess

from . import callgrind
from .allocators import GLIBC, JEMALLOC, MOONHEAP
from .errors import BenchError
from .grid import Grid, Row, exact
from .measure import Bench

THREADS = 64
# program and arguments; what the threads do
ROWS = (
    ("server 64 1 200 4000 11", "each a working set of its own"),
    ("server 64 4 200 1000 11", "chains of threads that inherit blocks"),
    ("queue 32 60 11", "32 producers, 32 consumers"),
    ("window 64 10", "a third freed by the neighbour"),
    ("transfer 64 2 2000", "blocks that wander"),
    ("handoff 64 4 60000", "one allocates, 63 free"),
    ("churn 64 10 100", "threads that live for 100 blocks"),
)
_INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t(.*)")
_LOCKED = re.compile(r"lock |xchg .*\(")
_NEEDED = re.compile(r"NEEDED +(\S*malloc\S*)")
_MUTEX = re.compile(r"pthread_mutex_(?:lock|trylock|unlock)\b")
_LIBC_MALLOC = re.compile(r"/malloc/(?:malloc|arena)\.c$")
_CALLS = ("malloc", "free", "calloc", "realloc")
_UNKNOWN, _PAGE = "???", 4096
_SAMPLE = 500  # addresses that are enough to know a place by


def _output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _addresses(library):
    """Addresses of the instructions of a library that lock a cache line, in the section .text; and
    those elsewhere, each with whether it does."""
    usual, elsewhere, is_usual = set(), {}, False
    for line in _output("objdump", "-d", "--no-show-raw-insn", library).splitlines():
        if line.startswith("Disassembly of section"):
            is_usual = line.endswith(" .text:")
        elif match := _INSTRUCTION.match(line):
            address, locks = int(match.group(1), 16), bool(_LOCKED.match(match.group(2)))
            if not is_usual:
                elsewhere[address] = locks
            elif locks:
                usual.add(address)
    return usual, elsewhere


def _mapped_at(executed, instructions):
    """Where instructions were mapped that were executed at these addresses, among others: where most
    of them fall on the start of one."""
    seen = collections.Counter(address - start for address in list(executed)[:_SAMPLE]
                               for start in instructions if (address - start) % _PAGE == 0)
    return max(seen, key=seen.get, default=0)


def _with_its_parts(library):
    """The library, and those beside it that it only stands in front of, as tbbmalloc's proxy."""
    folder = pathlib.Path(library).parent
    return [library, *(os.path.realpath(folder / name)
                       for name in _NEEDED.findall(_output("objdump", "-p", library)))]


class Counter:
    """Counts in the profiles of one allocator."""

    def __init__(self, bench, allocator):
        self.bench = bench
        self.allocator = allocator
        found = {part: _addresses(part) for part in _with_its_parts(allocator.library)}
        self.locked = {part: usual for part, (usual, _) in found.items()}
        # Moonheap and tcmalloc have malloc and free in sections that valgrind does not know as part
        # of the library; where it was mapped is not in the profile.
        self.elsewhere = [rest for _, rest in found.values() if rest]

    def _count_locked(self, library, source, counts):
        if library == _UNKNOWN:
            return sum(self._count_elsewhere(rest, counts) for rest in self.elsewhere)
        if self.allocator.name == GLIBC and not _LIBC_MALLOC.search(source):
            return 0  # of the C library, malloc alone
        locked = self.locked.get(library, ())
        return sum(count for address, count in counts.items() if address in locked)

    @staticmethod
    def _count_elsewhere(instructions, counts):
        base = _mapped_at(counts, instructions)
        return sum(count for address, count in counts.items()
                   if instructions.get(address - base, False))

    def writes_and_calls(self, command):
        """Shared-line writes, and calls that the program made; None under a valgrind that the
        allocator cannot live with."""
        program, *arguments = command.split()
        try:
            path = callgrind.run(self.bench, self.allocator, program, *arguments,
                                 options=("--dump-instr=yes",))
        except BenchError:
            return None
        profile = callgrind.read(path)
        writes = sum(self._count_locked(*place, counts) for place, counts in profile.executed.items())
        calls = 0
        for (caller, called, function, _), count in profile.calls.items():
            if caller.endswith("/" + program) and function.split("@")[0] in _CALLS:
                calls += count
            elif caller in self.locked and called not in self.locked and _MUTEX.match(function):
                writes += count
        if calls == 0:
            raise BenchError(f"no call of {self.allocator.name} found in the profile of {command}")
        return writes, calls


def _lock_operations(bench, allocator, command):
    """Of all mutexes together, from the statistics that are printed at exit."""
    program, *arguments = command.split()
    conf = ",".join(filter(None, [allocator.conf, "stats_print:true,stats_print_opts:Jda"]))
    environment = bench.preloaded(allocator) | {"MALLOC_CONF": conf}
    done = subprocess.run([str(bench.programs / program), *arguments], env=environment,
                          cwd=bench.data, check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
    return sum(_operations(json.loads(done.stderr.decode())))


def _operations(tree):
    if isinstance(tree, list):
        for branch in tree:
            yield from _operations(branch)
    elif isinstance(tree, dict):
        for key, branch in tree.items():
            if key == "num_ops":
                yield branch
            else:
                yield from _operations(branch)


def grids(build, allocators, pattern=None):
    names = [allocator.name for allocator in allocators]
    having = [allocator for allocator in allocators if allocator.name in (JEMALLOC, MOONHEAP)]
    writes = Grid("writes", f"Shared-line writes for 1000 calls, {THREADS} threads",
                  "what the threads do", names,
                  note="Atomic read-modify-writes, counted by callgrind. A dash: does not run there.")
    locks = Grid("locks", f"Lock operations for 1000 calls, {THREADS} threads",
                 "what the threads do", [allocator.name for allocator in having],
                 note="By the allocator's own statistics. A call is one of malloc or of free.")
    with Bench(build, "full") as bench:
        callgrind.require(bench)
        counters = [Counter(bench, allocator) for allocator in allocators]
        for command, title in ROWS:
            if pattern and pattern not in command:
                continue
            found = {counter.allocator.name: counter.writes_and_calls(command)
                     for counter in counters}
            writes.rows.append(Row(command, title, {
                name: exact(pair and 1000 * pair[0] / pair[1]) for name, pair in found.items()}))
            calls = max((pair[1] for pair in found.values() if pair), default=0)
            locks.rows.append(Row(command, title, {
                allocator.name: exact(1000 * _lock_operations(bench, allocator, command) / calls)
                for allocator in having if calls}))
    return [writes, locks] if locks.columns else [writes]
