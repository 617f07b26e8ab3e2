"""The control tree as Python objects: ctl.stats.allocated, ctl.arena[0].purge().

For each interior name of the tree there is a class, made from the rows, with a property for each
name below; the help of a row is the docstring of its property. Objects hold nothing but the name
that led to them. They have no public methods, so that nothing can collide with a name of the tree;
what else there is to do with names (walk, describe, read ...) are functions of the package.
"""

from . import _access
from .errors import MoonheapError, NotWritable, UnknownIndex, UnknownName


def _join(parent, child):
    return f"{parent}.{child}" if parent else str(child)


def _describe(row):
    notes = [note for note in (row.unit if row.unit not in ("none", "count") else "",
                               row.freshness if row.access != "action" else "",
                               "only grows" if row.metric == "counter" else "",
                               "read-only" if row.access == "r" else "") if note]
    return row.help + (f" [{', '.join(notes)}]" if notes else "")


class Action:
    """Something that the allocator does when it is called."""

    def __init__(self, name, row, doc):
        self._name = name
        self._row = row
        self.__doc__ = doc

    def __call__(self, argument=None):
        return _access.call_leaf(self._name, self._row, argument)

    def __repr__(self):
        return f"<action {self._name}>"


class Node:
    """An interior name of the tree. Its names are attributes; dir() and iteration list them."""

    __slots__ = ("_name",)
    _path = ""  # of the class: with <indices>
    _children = {}  # component -> row, or class of the interior name below
    _indexed = None  # class behind [index]

    def __init__(self, name):
        object.__setattr__(self, "_name", name)

    def __getattr__(self, child):
        if child.startswith("_"):
            raise AttributeError(child)
        known = self._children.get(child)
        if known is not None and not isinstance(known, type):
            # Python asks here again where a property raised an AttributeError, such as NotReadable.
            return _access.read_leaf(_join(self._name, child), known)
        raise _access.unknown(_join(self._name, child))

    def __setattr__(self, child, value):
        known = self._children.get(child)
        if known is None:
            raise _access.unknown(_join(self._name, child))
        if isinstance(known, type):
            raise NotWritable(f"{_join(self._name, child)} is not a value: it has names of its own")
        _access.write_leaf(_join(self._name, child), known, value)

    def __getitem__(self, key):
        if isinstance(key, str):
            head, _, rest = key.partition(".")
            if not head:
                raise _access.unknown(_join(self._name, key))
            below = self[int(head)] if head.isdecimal() else getattr(self, head)
            if not rest:
                return below
            if not isinstance(below, Node):
                raise _access.unknown(_join(self._name, key))
            return below[rest]
        if isinstance(key, bool) or not isinstance(key, int):
            raise UnknownIndex(f"{self._name or 'the tree'} takes a number or a name in brackets, not {key!r}")
        if self._indexed is None:
            raise UnknownIndex(f"{self._name or 'the tree'} has names, no numbers")
        name = _join(self._name, key)
        if key < 0 or not self._resolves(name, key):
            raise UnknownIndex(f"there is no {name}; {self._name} has {self._some_indices()}")
        return self._indexed(name)

    def __setitem__(self, key, value):
        parent, _, child = str(key).rpartition(".")
        setattr(self[parent] if parent else self, child, value)

    def _resolves(self, name, key):
        # mallctl() takes the number of arenas for all arenas, which here would only hide a slip.
        if self._indexed._path.endswith("<arena>") and key == _access.read("arenas.narenas"):
            return False
        if _access.library().resolves(name):
            return True
        if _access.is_frozen() or not name.startswith("stats."):
            return False
        _access.refresh()  # an arena that is newer than the snapshot
        return _access.library().resolves(name)

    def _some_indices(self):
        indices = _access.library().indices(self._name)
        return ", ".join(map(str, indices[:8])) + (", ..." if len(indices) > 8 else "")

    def __iter__(self):
        if self._indexed is None:
            return iter(sorted(self._children))
        if self._name.startswith("stats."):
            _access.refresh_if_old()
        return iter(_access.library().indices(self._name))

    def __len__(self):
        return sum(1 for _ in self)

    def __bool__(self):
        return True

    def __contains__(self, key):
        try:
            self[key]
        except (UnknownName, UnknownIndex):
            return False
        except MoonheapError:
            pass
        return True

    def __dir__(self):
        return sorted(self._children)

    def _ipython_key_completions_(self):
        return list(self)

    def __eq__(self, other):
        return type(self) is type(other) and self._name == other._name

    def __hash__(self):
        return hash(self._name)

    def __repr__(self):
        return f"<moonheap ctl{'.' if self._name else ''}{self._name}>"

    def __str__(self):
        """The values right below, one to a line."""
        lines = []
        for child in self:
            row = self._children.get(child)
            if row is None or isinstance(row, type) or "r" not in row.access or row.access == "action":
                lines.append((str(child), ""))
                continue
            try:
                value = _access.read_leaf(_join(self._name, child), row)
            except MoonheapError:
                value = "not available"
            unit = row.unit if row.unit not in ("none", "count") else ""
            lines.append((str(child), f"{value} {unit}".rstrip()))
        width = max((len(child) for child, _ in lines), default=0)
        return "\n".join(f"{child:<{width}}  {value}".rstrip() for child, value in lines)


def _leaf_property(child, row):
    doc = _describe(row)
    if row.access == "action":
        return property(lambda self: Action(_join(self._name, child), row, doc), doc=doc)

    def get(self):
        return _access.read_leaf(_join(self._name, child), row)

    def put(self, value):
        _access.write_leaf(_join(self._name, child), row, value)

    return property(get, put if "w" in row.access else None, doc=doc)


def _interior_property(child, below):
    return property(lambda self: below(_join(self._name, child)), doc=below.__doc__)


def make_class(rows, path=""):
    """The class of the interior name at a path, from the rows below it."""
    depth = path.count(".") + 1 if path else 0
    groups = {}
    for row in rows:
        groups.setdefault(row.path.split(".")[depth], []).append(row)
    body = {"__slots__": (), "_path": path, "_children": {}, "_indexed": None,
            "__doc__": f"The names below {path}." if path else "The control tree."}
    for child, below in groups.items():
        own = _join(path, child)
        if child.startswith("<"):
            body["_indexed"] = make_class(below, own)
        elif len(below) == 1 and below[0].path == own:
            body["_children"][child] = below[0]
            body[child] = _leaf_property(child, below[0])
        else:
            body["_children"][child] = make_class(below, own)
            body[child] = _interior_property(child, body["_children"][child])
    name = "".join(part.strip("<>").title().replace("_", "") for part in path.split(".")) or "Ctl"
    return type(name, (Node,), body)


def walk(start, name=""):
    """(name, value) of all readable leaves below a node, every index that exists now expanded."""
    for child in start:
        below = start._indexed or start._children[child]
        full = _join(start._name, child)
        if isinstance(below, type):
            yield from walk(below(full))
        elif "r" in below.access and below.access != "action":
            try:
                yield full, _access.read_leaf(full, below)
            except MoonheapError:
                continue  # not available in this process, or gone meanwhile


class LazyCtl:
    """The tree of this process, made at the first use: importing the package needs no allocator."""

    __slots__ = ()
    _root = None

    @classmethod
    def _tree(cls):
        if cls._root is None:
            cls._root = make_class(_access.library().rows)("")
        return cls._root

    def __getattr__(self, child):
        return getattr(LazyCtl._tree(), child)

    def __setattr__(self, child, value):
        setattr(LazyCtl._tree(), child, value)

    def __getitem__(self, key):
        return LazyCtl._tree()[key]

    def __setitem__(self, key, value):
        LazyCtl._tree()[key] = value

    def __iter__(self):
        return iter(LazyCtl._tree())

    def __len__(self):
        return len(LazyCtl._tree())

    def __contains__(self, key):
        return key in LazyCtl._tree()

    def __dir__(self):
        return dir(LazyCtl._tree())

    def __repr__(self):
        return "<moonheap ctl>"

    def __str__(self):
        return str(LazyCtl._tree())
