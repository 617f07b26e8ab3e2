"""What Moonheap has to reach, as rows, and the verdict."""

import dataclasses
import re

from . import figures
from .allocators import JEMALLOC, MOONHEAP
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


def _of_jemalloc(*keys):
    """Of these operations of the control tree the one that is worst off, as a part of jemalloc's."""
    def measure(document):
        ratios = []
        for key in keys:
            ours = document.figure("control", key, MOONHEAP)
            theirs = document.figure("control", key, JEMALLOC)
            if not ours or not theirs:
                return None
            ratios.append(figures.Figure(ours.value / theirs.value, ours.low / theirs.high,
                                         ours.high / theirs.low))
        return max(ratios, key=lambda figure: figure.value)
    return measure


def _loss(*keys):
    """Percent of an allocating thread's operations per CPU-second, at most."""
    def measure(document):
        losses = [document.figure("control", key, MOONHEAP) for key in keys]
        return max(losses, key=lambda figure: figure.value) if all(losses) else None
    return measure


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
        Goal("control: a read by name, of jemalloc's", 0.50, _of_jemalloc("name 1")),
        Goal("control: a read by MIB", 0.50, _of_jemalloc("mib 1")),
        Goal("control: a deep name to its MIB", 0.50, _of_jemalloc("translate 1")),
        Goal("control: a refresh, 9 to 4000 arenas, all used since", 0.50,
             _of_jemalloc(*(f"epoch-all {arenas}" for arenas in (9, 64, 512, 4000)))),
        Goal("control: a refresh, 9 arenas, 1 % used since", 0.50, _of_jemalloc("epoch-few 9")),
        Goal("control: a refresh, 64 to 4000 arenas, 1 % used since", 0.10,
             _of_jemalloc(*(f"epoch-few {arenas}" for arenas in (64, 512, 4000)))),
        Goal("control: malloc_stats_print", 0.50, _of_jemalloc("print 1", "print 64")),
        Goal("control: malloc_stats_print as JSON", 0.50,
             _of_jemalloc("print-json 1", "print-json 64")),
        Goal("control: time to create an arena", 0.50, _of_jemalloc("create 1")),
        Goal("control: memory of a created arena", 0.50, _of_jemalloc("memory 1")),
        Goal("control: what 10 and 100 refreshes a second cost an allocating thread, %", 3.0,
             _loss("beside-10 1", "beside-100 1"), 1),
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
