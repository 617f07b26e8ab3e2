"""Look into and steer the allocator of this process.

    import moonheap
    moonheap.ctl.stats.allocated                  bytes handed out
    moonheap.ctl.arena[0].dirty_decay_ms = 500
    moonheap.ctl.arena[0].purge()
    for arena in moonheap.ctl.stats.arenas: ...   the arenas that exist

`ctl` is the control tree of the process: of Moonheap, or of jemalloc as far as it knows the names.
Statistics that are older than 100 ms are refreshed when they are read. Nothing here is compiled.
"""

from typing import TYPE_CHECKING

from . import _access
from ._access import MAX_AGE_NS, allocator, call, frozen, read, refresh, write
from ._rows import ARENAS_ALL, ARENAS_DESTROYED
from ._snapshot import Snapshot, snapshot
from ._tree import Action, LazyCtl, Node
from .errors import (MoonheapError, NoAllocator, NotAvailable, NotReadable, NotWritable, OutOfMemory,
                     OutOfRange, Refused, UnknownIndex, UnknownName, WrongType)

__all__ = ["ctl", "allocator", "call", "describe", "frozen", "read", "refresh", "rows", "snapshot", "walk",
           "write", "Action", "Node", "Snapshot", "ARENAS_ALL", "ARENAS_DESTROYED", "MAX_AGE_NS",
           "MoonheapError", "NoAllocator", "NotAvailable", "NotReadable", "NotWritable", "OutOfMemory",
           "OutOfRange", "Refused", "UnknownIndex", "UnknownName", "WrongType"]

if TYPE_CHECKING:
    from ._typed import Ctl

#: The control tree.
ctl: "Ctl" = LazyCtl()  # type: ignore[assignment]


def rows():
    """All leaves of the tree, described."""
    return _access.library().rows


def describe(name):
    """What a leaf is: the row behind "stats.allocated" or "arena.0.purge"."""
    return _access.row_of(name)


def walk(prefix=""):
    """(name, value) of all readable leaves below a name, every index that exists now expanded. Of one
    refresh."""
    start = LazyCtl._tree()[prefix] if prefix else LazyCtl._tree()
    if not isinstance(start, Node):
        raise WrongType(f"{prefix} is a leaf: nothing is below it")
    yield from snapshot(prefix).items()
