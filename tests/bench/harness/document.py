"""Everything that one invocation measured, as one document: what is printed, drawn and judged is made
of it, at once or later from the file."""

import dataclasses
import json

from . import workloads
from .allocators import Allocator
from .errors import BenchError
from .figures import Results
from .grid import Grid
from .measure import Sample
from .rematch import Rematch

FORMAT = 1


@dataclasses.dataclass
class Document:
    conditions: list  # of (label, value)
    results: Results = None  # of the comparison, if there was one
    rematches: list = None  # None: not played
    grids: list = dataclasses.field(default_factory=list)
    is_interrupted: bool = False

    def grid(self, key):
        return next((grid for grid in self.grids if grid.key == key), None)

    def figure(self, grid, row, column):
        found = self.grid(grid)
        return found.figure(row, column) if found else None


def save(path, document):
    data = {
        "format": FORMAT,
        "conditions": document.conditions,
        "is_interrupted": document.is_interrupted,
        "grids": [grid.to_json() for grid in document.grids],
        "rematches": document.rematches and [dataclasses.asdict(one) for one in document.rematches],
        "results": document.results and _results_to_json(document.results),
    }
    if document.rematches == []:
        data["rematches"] = []
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)


def _results_to_json(results):
    return {
        "base": results.base,
        "allocators": [allocator.name for allocator in results.allocators],
        "samples": {row.name: {
            allocator.name: [dataclasses.asdict(sample)
                             for sample in results.samples[row.name, allocator.name]]
            for allocator in results.allocators} for row in results.workloads},
    }


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError) as error:
        raise BenchError(f"cannot read {path}: {error}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise BenchError(f"{path} is not a document of format {FORMAT} of ./dev bench --json")
    rematches = data["rematches"]
    return Document(
        [tuple(pair) for pair in data["conditions"]],
        data["results"] and _results_from_json(data["results"]),
        None if rematches is None else
        [Rematch(**(one | {"ratios": tuple(one["ratios"])})) for one in rematches],
        [Grid.from_json(grid) for grid in data["grids"]],
        data["is_interrupted"])


def _results_from_json(data):
    known = {row.name: row for row in (*workloads.ROWS, workloads.HELLO)}
    unknown = sorted(set(data["samples"]) - set(known))
    if unknown:
        raise BenchError(f"workloads that are no longer there: {', '.join(unknown)}")
    results = Results([known[name] for name in data["samples"]],
                      [Allocator(name, "") for name in data["allocators"]], data["base"])
    for name, by_allocator in data["samples"].items():
        for allocator, samples in by_allocator.items():
            results.samples[name, allocator] = [Sample(**sample) for sample in samples]
    return results
