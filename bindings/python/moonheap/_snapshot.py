"""All values below some names, of one refresh: one call on Moonheap, reads that are checked elsewhere."""

import errno
import time

from . import _access
from ._tree import LazyCtl, walk
from .errors import OutOfMemory, OutOfRange, Refused, WrongType

TRIES = 5  # on an allocator where others can refresh in between


class Snapshot(dict):
    """Values by full name, in the order of the tree.

    epoch      number of the refresh that they are of; 0: one arena was looked at by itself
    taken_ns   when it began, by time.monotonic_ns()
    """

    def __init__(self, values, epoch, taken_ns):
        super().__init__(values)
        self.epoch = epoch
        self.taken_ns = taken_ns

    @property
    def age(self):
        """Seconds since then."""
        return (time.monotonic_ns() - self.taken_ns) / 1e9

    def __repr__(self):
        return f"<{len(self)} values of epoch {self.epoch}, {self.age:.3f} s old>"


def snapshot(*names, max_age=0.0):
    """All values below some names (none: everything), of one refresh; a name may be that of a leaf.

    snap = moonheap.snapshot("stats.resident", "stats.allocated", "stats.arenas.<arena>.pdirty")
    slack = snap["stats.resident"] - snap["stats.allocated"]

    <arena>, <bin> and so on in a name stand for each that exists. max_age: seconds that the
    statistics may be old: many readers then share one refresh. What is of one arena alone looks at
    that arena alone. Where the allocator cannot do this (jemalloc), it refreshes and reads, and again
    if somebody else refreshed meanwhile.
    """
    for name in names:
        if not isinstance(name, str) or " " in name:
            raise WrongType(f"{name!r} is no name of the control tree")
    if isinstance(max_age, bool) or not isinstance(max_age, (int, float)):
        raise WrongType(f"max_age takes seconds, not {max_age!r}")
    if not 0 <= max_age <= 1e9:
        raise OutOfRange(f"max_age takes seconds from 0 to 1e9, not {max_age}")
    return _in_one_call(names, max_age) if _access.library().has_snapshots else _by_reading(names, max_age)


def _in_one_call(names, max_age):
    error, values, epoch, taken_ns = _access.library().snapshot(" ".join(names), int(max_age * 1e9))
    if error == errno.ENOENT:
        for name in names:
            if "<" in name:
                _check_pattern(name)
            elif name:
                LazyCtl._tree()[name]  # says what is wrong with it
        raise Refused(f"one of {', '.join(names)} is not there, or not any more")
    if error != 0:
        raise OutOfMemory("the statistics cannot be refreshed: no memory for them, or the call comes from "
                          "inside an extent hook")
    return Snapshot(values, epoch, taken_ns)


def _read_all(names):
    for name in names or ("",):
        row = _access.find_row(name) if name else None
        if "<" in name:
            yield from _matching(name)
        elif row is not None:
            yield name, _access.read_leaf(name, row)
        else:
            node = LazyCtl._tree()[name] if name else LazyCtl._tree()
            yield from walk(node)


def _check_pattern(pattern):
    """Raises UnknownName where no row begins so, whatever exists now."""
    parts = pattern.split(".")
    if not any(len(own) >= len(parts) and all(map(_access._fits, parts, own))
               for own in (row.path.split(".") for row in _access.library().rows)):
        raise _access.unknown(pattern)


def _matching(pattern):
    """Leaves below a name in which <indices> stand for each."""
    _check_pattern(pattern)
    parts = pattern.split(".")
    for name, value in walk(LazyCtl._tree()[pattern[:pattern.index(".<")]]):
        if all(part.startswith("<") or part == own for part, own in zip(parts, name.split("."))):
            yield name, value


def _by_reading(names, max_age):
    for _ in range(TRIES):
        if _access._age_ns() > max_age * 1e9:
            _access.refresh()
        epoch = _access.read("epoch")
        with _access.held():
            values = dict(_read_all(names))
        if _access.read("epoch") == epoch:
            break
    return Snapshot(values, epoch, _access._refreshed_ns)
