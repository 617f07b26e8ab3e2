"""The allocator of this process, seen through ctypes: mallctl() and, on Moonheap, reflection.

Nothing is loaded here: the allocator that serves the process is the one to talk to, so its symbols
are looked up where the dynamic linker put them. Stock jemalloc has mallctl() and nothing that tells
which names there are; the generated table (_rows.py) stands in, as far as its names resolve.
"""

import collections
import ctypes
import errno
import re

from . import _rows
from .errors import NoAllocator

Row = collections.namedtuple("Row", _rows.FIELDS)
Row.__doc__ = """One leaf of the tree, described.

path       name with its indices in angle brackets
type       of what is read, or of the result of an action
argument   of what is written, or of the argument of an action
access     "r", "w", "rw", or "action"
unit       "bytes", "pages", "ms", "ns", "count" or "none"
freshness  "const" (fixed at start), "live" (at the call), "cached" (at the last epoch)
metric     "counter" (only grows), "gauge", or "none" (a setting, a constant, no number)
help       one sentence
"""

ROWS = tuple(Row(*row) for row in _rows.ROWS)

DEPTH_MAX = 7
MIBS_KEPT = 4096  # a service with many arenas has names without end
_TYPES = ("none", "bool", "unsigned", "uint32", "uint64", "int64", "size", "ssize", "string", "pointer",
          "struct")
_UNITS = ("none", "bytes", "pages", "ms", "ns", "count")
_FRESHNESS = ("const", "live", "cached")
_METRICS = ("none", "counter", "gauge")

CTYPES = {
    "bool": ctypes.c_bool,
    "unsigned": ctypes.c_uint,
    "uint32": ctypes.c_uint32,
    "uint64": ctypes.c_uint64,
    "int64": ctypes.c_int64,
    "size": ctypes.c_size_t,
    "ssize": ctypes.c_ssize_t,
    "string": ctypes.c_char_p,
    "pointer": ctypes.c_void_p,
}


class _CRow(ctypes.Structure):
    """struct moonheap_ctl_row"""

    _fields_ = [("path", ctypes.c_char_p), ("help", ctypes.c_char_p), ("type", ctypes.c_int),
                ("argument", ctypes.c_int), ("unit", ctypes.c_int), ("freshness", ctypes.c_int),
                ("access", ctypes.c_uint), ("metric", ctypes.c_int)]

    def to_row(self):
        access = ("action", "r", "w", "rw")[self.access]
        return Row(self.path.decode(), _TYPES[self.type], _TYPES[self.argument], access,
                   _UNITS[self.unit], _FRESHNESS[self.freshness], _METRICS[self.metric],
                   self.help.decode())


class _CValue(ctypes.Structure):
    """struct moonheap_ctl_value; numbers of all sizes come as 64 bits"""

    _fields_ = [("row", ctypes.c_void_p), ("index", ctypes.c_uint32 * 2), ("number", ctypes.c_uint64)]


class _CSnapshot(ctypes.Structure):
    """struct moonheap_ctl_snapshot"""

    _fields_ = [("epoch", ctypes.c_uint64), ("taken_ns", ctypes.c_uint64), ("count", ctypes.c_size_t),
                ("needed", ctypes.c_size_t)]


def _decode(kind, number):
    """The Python value behind 64 bits of a snapshot."""
    if kind == "bool":
        return bool(number & 0xff)
    if kind in ("int64", "ssize"):
        return number - (1 << 64) if number >> 63 else number
    if kind == "string":
        return ctypes.string_at(number).decode(errors="replace") if number else None
    return number or None if kind == "pointer" else number


_VISIT_CHILD = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)


class Library:
    """mallctl() of the process. Raises NoAllocator when there is none."""

    def __init__(self, handle=None):
        self._handle = ctypes.CDLL(None) if handle is None else handle
        prefix = self._find_prefix()
        size_p = ctypes.POINTER(ctypes.c_size_t)
        self._by_name = self._function(prefix + "mallctl", ctypes.c_char_p, ctypes.c_void_p, size_p,
                                       ctypes.c_void_p, ctypes.c_size_t)
        self._to_mib = self._function(prefix + "mallctlnametomib", ctypes.c_char_p, size_p, size_p)
        self._by_mib = self._function(prefix + "mallctlbymib", size_p, ctypes.c_size_t,
                                      ctypes.c_void_p, size_p, ctypes.c_void_p, ctypes.c_size_t)
        self.has_snapshots = False
        self.has_reflection = hasattr(self._handle, "moonheap_ctl_count")
        self._mibs = {}
        if self.has_reflection:
            self._bind_reflection()
        else:
            self.rows = ROWS

    def _find_prefix(self):
        for prefix in ("", "je_"):
            if hasattr(self._handle, prefix + "mallctl"):
                return prefix
        raise NoAllocator(
            "the allocator of this process has no control tree. Start Python on Moonheap: "
            "moonheap run -- python3 ..., or LD_PRELOAD=libmoonheap.so python3 ...")

    def _function(self, name, *argument_types, result=ctypes.c_int):
        function = getattr(self._handle, name)
        function.argtypes = argument_types
        function.restype = result
        return function

    def _bind_reflection(self):
        count = self._function("moonheap_ctl_count", result=ctypes.c_size_t)
        row_at = self._function("moonheap_ctl_row_at", ctypes.c_size_t,
                                result=ctypes.POINTER(_CRow))
        self._children = self._function("moonheap_ctl_children", ctypes.c_char_p, _VISIT_CHILD,
                                        ctypes.c_void_p)
        self._why = self._function("moonheap_ctl_strerror", ctypes.c_int, ctypes.c_char_p,
                                   ctypes.POINTER(ctypes.c_size_t), ctypes.c_size_t, ctypes.c_char_p,
                                   ctypes.c_size_t, result=ctypes.c_size_t)
        self._age = self._function("moonheap_ctl_snapshot_age_ns", result=ctypes.c_uint64)
        rows = [row_at(i) for i in range(count())]
        self.rows = tuple(row.contents.to_row() for row in rows)
        self.has_snapshots = hasattr(self._handle, "moonheap_ctl_snapshot")
        if self.has_snapshots:
            self._snapshot = self._function("moonheap_ctl_snapshot", ctypes.c_char_p, ctypes.c_uint64,
                                            ctypes.POINTER(_CValue), ctypes.c_size_t,
                                            ctypes.POINTER(_CSnapshot))
            # What a value's name is made of: its row's path, with a hole for each index.
            self._shapes = {ctypes.addressof(at.contents): (re.sub("<[^>]*>", "{}", row.path), row.type)
                            for at, row in zip(rows, self.rows)}

    # -- calls: each returns an error number ------------------------------------------------------

    def to_mib(self, name):
        """(error, MIB): numbers that stay good for the life of the process."""
        known = self._mibs.get(name)
        if known is not None:
            return 0, known
        mib, depth = (ctypes.c_size_t * DEPTH_MAX)(), ctypes.c_size_t(DEPTH_MAX)
        error = self._to_mib(name.encode(), mib, ctypes.byref(depth))
        if error != 0:
            return error, None
        if len(self._mibs) >= MIBS_KEPT:
            self._mibs.clear()
        known = self._mibs[name] = (mib, depth.value)
        return 0, known

    def resolves(self, name):
        """Whether a name, leaf or interior, is there at this moment."""
        mib, depth = (ctypes.c_size_t * DEPTH_MAX)(), ctypes.c_size_t(DEPTH_MAX)
        return self._to_mib(name.encode(), mib, ctypes.byref(depth)) == 0

    def call(self, name, result, argument):
        """Reads into result and writes argument, ctypes objects or None."""
        error, known = self.to_mib(name)
        if error != 0:
            return error
        length = ctypes.c_size_t(ctypes.sizeof(result)) if result is not None else None
        return self._by_mib(known[0], known[1],
                            ctypes.byref(result) if result is not None else None,
                            ctypes.byref(length) if length is not None else None,
                            ctypes.byref(argument) if argument is not None else None,
                            ctypes.sizeof(argument) if argument is not None else 0)

    # -- what Moonheap tells, or else the table ---------------------------------------------------

    def age_ns(self):
        """Age of the snapshot; None when the allocator does not tell."""
        return self._age() if self.has_reflection else None

    def indices(self, name):
        """The indices that exist below an interior name such as "stats.arenas"."""
        if self.has_reflection:
            found = []

            def visit(child, _is_leaf, _opaque):
                found.append(int(child))
                return 0

            self._children(name.encode(), _VISIT_CHILD(visit), None)
            return found
        return [i for i in range(self._index_limit(name)) if self._exists(name, i)]

    def _index_limit(self, name):
        """A number that no index below a name reaches."""
        counts = {"arena": "arenas.narenas", "stats.arenas": "arenas.narenas",
                  "bin": "arenas.nbins", "bins": "arenas.nbins",
                  "lextent": "arenas.nlextents", "lextents": "arenas.nlextents"}
        count = counts.get(name) or counts.get(name.rpartition(".")[2])
        if count is not None:
            value = ctypes.c_uint()
            return value.value if self.call(count, value, None) == 0 else 0
        limit = 0
        while limit < 4096 and self.resolves(f"{name}.{limit}"):
            limit += 1
        return limit

    def _exists(self, name, index):
        if name in ("arena", "stats.arenas"):
            value = ctypes.c_bool()
            return self.call(f"arena.{index}.initialized", value, None) == 0 and value.value
        return self.resolves(f"{name}.{index}")

    def snapshot(self, names, max_age_ns):
        """(error, values by full name, epoch, time) of all values below some names."""
        about, room = _CSnapshot(), 0
        while True:  # first without room, which tells how much there is to be and refreshes nothing
            values = (_CValue * room)()
            error = self._snapshot(names.encode(), max_age_ns, values, room, ctypes.byref(about))
            if error != errno.ERANGE:
                break
            room = about.needed + 64  # arenas may come meanwhile
        found = {}
        for value in values[:about.count] if error == 0 else ():
            shape, kind = self._shapes[value.row]
            found[shape.format(*value.index)] = _decode(kind, value.number)
        return error, found, about.epoch, about.taken_ns

    def why(self, error, name, result=None, argument=None):
        """Why a call of these failed, in the allocator's own words; "" when it has none."""
        if not self.has_reflection:
            return ""
        length = None if result is None else ctypes.c_size_t(ctypes.sizeof(result))
        buffer = ctypes.create_string_buffer(512)
        self._why(error, name.encode(), None if length is None else ctypes.byref(length),
                  0 if argument is None else ctypes.sizeof(argument), buffer, len(buffer))
        return buffer.value.decode(errors="replace")

    def nearest(self, name):
        """The name of the table that was meant by a wrong one, or None."""
        import difflib

        numbers = [part for part in name.split(".") if part.isdigit()]
        candidates = set()
        for row in self.rows:
            left = iter(numbers)
            parts = [next(left, "0") if part.startswith("<") else part
                     for part in row.path.split(".")]
            candidates.update(".".join(parts[:n]) for n in range(1, len(parts) + 1))
        found = difflib.get_close_matches(name, sorted(candidates), n=1)
        return found[0] if found else None


def code_name(error):
    return errno.errorcode.get(error, str(error))
