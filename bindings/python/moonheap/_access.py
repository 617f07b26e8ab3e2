"""One read, write or call: Python values on one side, mallctl() on the other, words when it fails."""

import contextlib
import ctypes
import errno
import threading
import time

from ._library import CTYPES, Library, code_name
from .errors import (NoAllocator, NotAvailable, NotReadable, NotWritable, OutOfMemory, OutOfRange,
                     Refused, UnknownIndex, UnknownName, WrongType)

#: Statistics older than this are refreshed before they are read.
MAX_AGE_NS = 100_000_000

_library = None
_by_path = {}
_frozen = threading.local()
_refreshed_ns = 0


def library():
    """The allocator, found at the first use. NoAllocator when there is none."""
    global _library
    if _library is None:
        found = Library()
        _by_path.update((row.path, row) for row in found.rows)
        _library = found
    return _library


# -- names --------------------------------------------------------------------------------------------


def _fits(part, pattern):
    return part == pattern or (pattern.startswith("<") and (part.isdecimal() or part == pattern))


def find_row(name):
    """The row behind a name or a path; None when there is none. Indices are not looked at."""
    found = library()
    row = _by_path.get(name)
    if row is not None:
        return row
    parts = name.split(".")
    for row in found.rows:
        patterns = row.path.split(".")
        if len(patterns) == len(parts) and all(map(_fits, parts, patterns)):
            return row
    return None


def unknown(name):
    """The exception for a name that does not exist, or not as a leaf."""
    words = library().why(errno.ENOENT, name)
    if words:
        return UnknownName(words)
    nearest = library().nearest(name)
    hint = f"; did you mean {nearest}?" if nearest and nearest != name else ""
    return UnknownName(f"there is no {name or 'empty name'}{hint}")


def row_of(name):
    if not isinstance(name, str):
        raise WrongType(f"a name is a string such as \"stats.allocated\", not {type(name).__name__} {name!r}")
    row = find_row(name)
    if row is None:
        raise unknown(name)
    return row


# -- the epoch ----------------------------------------------------------------------------------------


def refresh():
    """Takes a new snapshot of all statistics and returns its number."""
    global _refreshed_ns
    value = ctypes.c_uint64(1)
    error = library().call("epoch", value, value)
    if error != 0:
        raise OutOfMemory(f"the statistics cannot be refreshed: no memory ({code_name(error)})")
    _refreshed_ns = time.monotonic_ns()
    return value.value


def _age_ns():
    age = library().age_ns()
    return time.monotonic_ns() - _refreshed_ns if age is None else age


def is_frozen():
    return getattr(_frozen, "depth", 0) > 0


def refresh_if_old():
    if not is_frozen() and _age_ns() > MAX_AGE_NS:
        refresh()


@contextlib.contextmanager
def held():
    """Reads of this thread refresh nothing inside."""
    _frozen.depth = getattr(_frozen, "depth", 0) + 1
    try:
        yield
    finally:
        _frozen.depth -= 1


@contextlib.contextmanager
def frozen():
    """Statistics are refreshed on entry, and not again by this thread's reads inside. Others may
    refresh meanwhile: what has to fit together for certain is read with snapshot().

    with moonheap.frozen():
        slack = ctl.stats.resident - ctl.stats.allocated
    """
    refresh()
    with held():
        yield


# -- values -------------------------------------------------------------------------------------------


def _to_python(value, kind):
    if kind == "string":
        return value.value.decode(errors="replace") if value.value is not None else None
    return value.value


_LIMITS = {"unsigned": (0, 2**32 - 1), "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1),
           "int64": (-2**63, 2**63 - 1), "size": (0, 2**64 - 1), "ssize": (-2**63, 2**63 - 1)}


def _wrong_type(name, wanted, value):
    return WrongType(f"{name} takes {wanted}, not {type(value).__name__} {value!r}")


def _to_c(name, kind, value):
    if kind == "bool":
        if not isinstance(value, bool):
            raise _wrong_type(name, "True or False", value)
    elif kind == "string":
        if not isinstance(value, str):
            raise _wrong_type(name, "a string", value)
        if "\0" in value:
            raise OutOfRange(f"{name} takes a string without a zero byte")
        value = value.encode()
    elif kind == "struct":
        if not isinstance(value, (ctypes.Structure, ctypes.Array)):
            raise _wrong_type(name, "a ctypes structure or array", value)
        return value
    elif kind == "pointer":
        if isinstance(value, ctypes._Pointer):
            value = ctypes.cast(value, ctypes.c_void_p).value
        elif isinstance(value, (ctypes.Structure, ctypes.Array)):
            value = ctypes.addressof(value)
        elif isinstance(value, ctypes.c_void_p):
            value = value.value
        elif value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise _wrong_type(name, "an address or a ctypes object", value)
    else:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong_type(name, "a whole number", value)
        low, high = _LIMITS[kind]
        if not low <= value <= high:
            raise OutOfRange(f"{name} takes numbers from {low} to {high}, not {value}")
    return CTYPES[kind](value)


# -- errors -------------------------------------------------------------------------------------------


def _missing(name, row):
    """The exception where a name of the table is not there: its index, its feature, its arena."""
    found = library()
    parts = name.split(".")
    for i, pattern in enumerate(row.path.split(".")):
        if pattern.startswith("<") and not found.resolves(".".join(parts[:i + 1])):
            what, parent = pattern.strip("<>"), ".".join(parts[:i])
            indices = found.indices(parent)
            some = ", ".join(map(str, indices[:8])) + (", ..." if len(indices) > 8 else "")
            return UnknownIndex(f"there is no {what} {parts[i]} for {name}; {parent} has {some}"
                                if indices else f"there is no {what} {parts[i]} for {name}")
    reason = _reason(name, row, errno.ENOENT)
    return NotAvailable(f"{name} is not available in this process: {reason}")


def _reason(name, row, error, result=None, argument=None):
    """Why it failed, in a sentence of the allocator's; what the leaf is where it has none."""
    return library().why(error, name, result, argument) or row.help


def _failure(name, row, error, value=None, result=None, argument=None):
    code = code_name(error)
    written = f" = {value!r}" if value is not None else ""
    if error == errno.ENOENT:
        return _missing(name, row)
    if error == errno.EAGAIN:
        return OutOfMemory(f"{name}{written}: no memory, or no number left ({code})")
    reason = _reason(name, row, error, result, argument)
    if error == errno.EPERM:
        return NotWritable(f"{name} cannot be used so ({code}): {reason}; its access is {row.access}")
    if row.access == "action":
        return Refused(f"{name}({'' if value is None else repr(value)}) was refused ({code}): {reason}")
    if value is None:
        return NotAvailable(f"{name} cannot be read ({code}): {reason}")
    return OutOfRange(f"{name}{written} was refused ({code}): {reason}")


# -- the three things to do with a leaf ---------------------------------------------------------------


def _check_plain(name, row):
    if row.type == "struct":
        raise NotReadable(f"{name} gives a structure, which takes a program in C: {row.help}")


def read_leaf(name, row):
    if row.access == "action" or "r" not in row.access:
        is_action = row.access == "action"
        raise NotReadable(f"{name} has no value: " + ("it is an action, call it" if is_action
                                                      else "it can only be written"))
    _check_plain(name, row)
    cached = row.freshness == "cached"
    if cached:
        refresh_if_old()
    value = CTYPES[row.type]()
    error = library().call(name, value, None)
    if error == errno.ENOENT and cached and not is_frozen():
        refresh()  # an arena that is newer than the snapshot
        error = library().call(name, value, None)
    if error != 0:
        raise _failure(name, row, error, result=value)
    return _to_python(value, row.type)


def write_leaf(name, row, value):
    if row.access == "action":
        raise NotWritable(f"{name} is an action: call it")
    if "w" not in row.access:
        raise NotWritable(f"{name} is read-only")
    passed = _to_c(name, row.argument, value)
    error = library().call(name, None, passed)
    if error != 0:
        raise _failure(name, row, error, value, argument=passed)


def call_leaf(name, row, argument=None):
    if row.access != "action":
        raise WrongType(f"{name} is a value, not an action")
    if argument is not None and row.argument == "none":
        raise WrongType(f"{name} takes no argument")
    _check_plain(name, row)
    passed = _to_c(name, row.argument, argument) if argument is not None else None
    result = CTYPES[row.type]() if row.type != "none" else None
    error = library().call(name, result, passed)
    if error != 0:
        raise _failure(name, row, error, argument, result, passed)
    return _to_python(result, row.type) if result is not None else None


def read(name):
    """The value of a leaf by its full name; statistics are refreshed first when they are old."""
    return read_leaf(name, row_of(name))


def write(name, value):
    """Sets a leaf by its full name."""
    write_leaf(name, row_of(name), value)


def call(name, argument=None):
    """Does what an action does, and returns its result or None."""
    return call_leaf(name, row_of(name), argument)


def allocator():
    """What serves this process: ("moonheap", version), ("jemalloc", version), or (None, "")."""
    try:
        found = library()
    except NoAllocator:
        return None, ""
    return ("moonheap", read("moonheap.version")) if found.has_reflection else ("jemalloc", read("version"))
