"""A grid: figures of one kind, allocators across and moments, operations or workloads down. What the
sections of a report measure, what the goals look up, what is drawn."""

import dataclasses

from .figures import Figure
from .tables import Table


@dataclasses.dataclass
class Row:
    key: str  # by which goals and plots find it
    label: str
    cells: dict  # name of an allocator -> Figure, or None where it has none
    digits: int = 1


@dataclasses.dataclass
class Grid:
    key: str
    title: str
    corner: str  # what the labels are
    columns: list
    rows: list = dataclasses.field(default_factory=list)
    note: str = ""

    def row(self, key):
        return next((row for row in self.rows if row.key == key), None)

    def figure(self, key, column):
        row = self.row(key)
        return row.cells.get(column) if row else None

    def table(self):
        made = Table(self.title, [self.corner, *self.columns], note=self.note)
        for row in self.rows:
            made.add(row.label, *(text(row.cells.get(name), row.digits) for name in self.columns))
        return made

    def to_json(self):
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data):
        rows = [Row(row["key"], row["label"], {name: Figure(**cell) if cell else None
                                               for name, cell in row["cells"].items()},
                    row["digits"]) for row in data["rows"]]
        return cls(**(data | {"rows": rows}))


NARROW = 0.01  # a spread within that part of the figure is not worth its space


def text(figure, digits):
    """A figure with its spread where it has one: "37.8 (34.2-47.7)"."""
    if figure is None:
        return "-"
    words = [f"{number:,.{digits}f}" for number in (figure.value, figure.low, figure.high)]
    is_narrow = figure.high - figure.low <= NARROW * abs(figure.value) or words[1] == words[2]
    return words[0] if is_narrow else f"{words[0]} ({words[1]}-{words[2]})"


def exact(value):
    """A figure without a spread, of something that is counted and not timed."""
    return None if value is None else Figure(value, value, value)
