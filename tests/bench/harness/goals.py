"""What Moonheap has to reach, as rows, and the verdict."""

import dataclasses

from . import figures
from .allocators import MOONHEAP
from .workloads import CLASSES

ALL = "all"
HELLO_RSS = "hello"


@dataclasses.dataclass(frozen=True)
class Goal:
    name: str
    metric: str  # CPU or RSS: a ratio to the base; HELLO_RSS: MB of the smallest program
    group: str  # a class of workloads, or all of them
    limit: float


ROWS = (
    Goal("CPU time, all workloads", figures.CPU, ALL, 0.90),
    Goal("peak RSS, all workloads", figures.RSS, ALL, 0.90),
    *(Goal(f"CPU time, {group}", figures.CPU, group, 1.00) for group in CLASSES),
    *(Goal(f"peak RSS, {group}", figures.RSS, group, 1.00) for group in CLASSES),
    Goal("peak RSS of a program that does nothing, MB", HELLO_RSS, "", 2.0),
)


@dataclasses.dataclass(frozen=True)
class Verdict:
    goal: Goal
    figure: figures.Figure
    is_met: bool


def names_in(results, group):
    return [row.name for row in results.workloads if row.group and group in (row.group, ALL)]


def judge(results):
    """A verdict for each goal. A goal whose figure is missing, or to which a workload that failed
    belongs, is missed: a crash must never look like a good time."""
    return [_judge(results, goal) for goal in ROWS]


def _judge(results, goal):
    if goal.metric == HELLO_RSS:
        figure = results.absolute("hello", MOONHEAP, figures.RSS)
        if figure is not None:
            figure = figures.Figure(*(kib / 1024 for kib in dataclasses.astuple(figure)))
        is_whole = figure is not None
    else:
        names = names_in(results, goal.group)
        figure = results.group_ratio(names, MOONHEAP, goal.metric)
        is_whole = all(results.is_whole(name, MOONHEAP) for name in names)
    is_met = figure is not None and is_whole and figure.value <= goal.limit
    return Verdict(goal, figure, is_met)
