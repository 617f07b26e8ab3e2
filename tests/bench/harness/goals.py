"""What Moonheap has to reach, as rows, and the verdict."""

import dataclasses
import re

from . import figures
from .allocators import MOONHEAP
from .grid import exact
from .groups import ALL, LARGE, LARGE_PROGRAMS, names_in
from .rematch import BEHIND
from .workloads import MICRO, PROGRAMS, THREADED

EXCEPTIONS = 3  # workloads that may be behind the best rival, if the manual explains them


@dataclasses.dataclass(frozen=True)
class Goal:
    name: str
    limit: float
    measure: object  # function of a document: the figure, or None where it is not whole
    digits: int = 2


@dataclasses.dataclass(frozen=True)
class Verdict:
    goal: Goal
    figure: figures.Figure
    is_met: bool


def _mean(metric, group):
    """A workload that failed leaves its group without a figure: a crash must never look like a good
    time."""
    def measure(document):
        results = document.results
        names = names_in(results, group) if results else []
        if not names or not all(results.is_whole(name, MOONHEAP) for name in names):
            return None
        return results.group_ratio(names, MOONHEAP, metric)
    return measure


def _hello_mb(document):
    figure = document.results and document.results.absolute("hello", MOONHEAP, figures.RSS)
    return figure and figures.Figure(*(kib / 1024 for kib in dataclasses.astuple(figure)))


def _cell(grid, row):
    return lambda document: document.figure(grid, row, MOONHEAP)


def behind(document):
    """Names of the workloads that are behind the best rival, be it in CPU time or in memory; None if
    there were no rematches."""
    if document.rematches is None:
        return None
    return sorted({rematch.workload for rematch in document.rematches if rematch.is_behind})


def _count_behind(document):
    names = behind(document)
    return None if names is None else exact(len(names))


def explained_in(text):
    """The workloads that stand in bold in the manual's part about what remains slower."""
    part = re.search(r"^<!-- slower begin -->$(.*?)^<!-- slower end -->$", text, re.M | re.S)
    return set(re.findall(r"\*\*([\w-]+)\*\*", part.group(1))) if part else set()


def _rows(explained):
    def count_unexplained(document):
        names = behind(document)
        return None if names is None else exact(len(set(names) - explained))

    return (
        Goal("CPU time, all workloads", 0.78, _mean(figures.CPU, ALL)),
        Goal("CPU time, micro", 1.00, _mean(figures.CPU, MICRO)),
        Goal("CPU time, threaded", 1.00, _mean(figures.CPU, THREADED)),
        Goal("CPU time, programs", 0.95, _mean(figures.CPU, PROGRAMS)),
        Goal("peak RSS, all workloads", 0.75, _mean(figures.RSS, ALL)),
        Goal("peak RSS, micro", 1.00, _mean(figures.RSS, MICRO)),
        Goal("peak RSS, threaded", 1.00, _mean(figures.RSS, THREADED)),
        Goal("peak RSS, programs", 1.00, _mean(figures.RSS, PROGRAMS)),
        Goal(f"peak RSS, all workloads {LARGE}", 0.85, _mean(figures.RSS, LARGE)),
        Goal(f"peak RSS, {LARGE_PROGRAMS}", 0.85, _mean(figures.RSS, LARGE_PROGRAMS)),
        Goal("peak RSS of a program that does nothing, MB", 1.70, _hello_mb),
        Goal("instructions of malloc + free of 64 B", 48.0, _cell("instructions", "pair 64"), 1),
        Goal("mixed heap, 12 s after nine tenths were freed, MB", 110.0,
             _cell("moments", "thinned-later"), 1),
        Goal(f"workloads beyond {BEHIND} of the best rival", EXCEPTIONS, _count_behind, 0),
        Goal("those of them that the manual does not explain", 0, count_unexplained, 0),
    )


def judge(document, explained=frozenset()):
    """A verdict for each goal. The figure is judged as it is printed; a goal without one is missed."""
    verdicts = []
    for goal in _rows(explained):
        figure = goal.measure(document)
        is_met = figure is not None and round(figure.value, goal.digits) <= goal.limit
        verdicts.append(Verdict(goal, figure, is_met))
    return verdicts
