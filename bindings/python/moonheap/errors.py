"""What can go wrong, as exceptions that say it in words.

Each one is also the built-in exception that Python code expects at such a place: a name that does not
exist is an AttributeError, an index that does not exist an IndexError, a wrong value a ValueError.
"""


class MoonheapError(Exception):
    """Everything that this package raises."""


class NoAllocator(MoonheapError):
    """No allocator with a control tree serves this process."""


class UnknownName(MoonheapError, AttributeError):
    """The tree has no such name."""


class UnknownIndex(MoonheapError, IndexError):
    """There is no such arena, bin or size class at this moment."""


class NotAvailable(MoonheapError, LookupError):
    """The name is known, but the allocator of this process does not have what stands behind it."""


class NotReadable(MoonheapError, AttributeError):
    """The leaf has no value: it can only be written or called."""


class NotWritable(MoonheapError, AttributeError):
    """The leaf cannot be written."""


class WrongType(MoonheapError, TypeError):
    """A value of another type was given."""


class OutOfRange(MoonheapError, ValueError):
    """The value does not fit, or the allocator refuses it."""


class Refused(MoonheapError, ValueError):
    """The allocator cannot do this to this object."""


class OutOfMemory(MoonheapError, MemoryError):
    """No memory, or no number left for one object more."""
