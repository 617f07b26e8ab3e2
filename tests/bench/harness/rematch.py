"""Where Moonheap seems to be behind the best rival, the two meet again: ten rounds, one right after
the other, with the order changing each time. What counts then is an interval, not a median.

The interval is that of the sign test: of ten sorted ratios it goes from the second lowest to the
second highest, and holds the true median with a probability of 0.979, whatever the distribution of
the noise is. CPU times on a shared machine have long tails, which is why no normal distribution is
assumed. A workload is behind only if the whole interval is.
"""

import dataclasses
import math

from . import figures
from .allocators import MOONHEAP, RIVALS

ROUNDS = 10
BEHIND = 1.15  # times the best rival: nearer is as good as equal
CONFIDENCE = 0.95  # at least


def median_interval(values):
    """The narrowest pair of order statistics around the median with that confidence, or the extremes
    where there are too few values for it."""
    values = sorted(values)
    count, outside, rank = len(values), 0.0, 0
    while True:
        outside += math.comb(count, rank) / 2 ** (count - 1)  # both tails
        if 1 - outside < CONFIDENCE or 2 * (rank + 1) > count:
            break
        rank += 1
    low = max(rank - 1, 0)
    return values[low], values[count - 1 - low]


@dataclasses.dataclass(frozen=True)
class Rematch:
    workload: str
    metric: str
    rival: str
    ratios: tuple  # of paired rounds; empty if a run failed

    @property
    def figure(self):
        """The median, and the interval as its low and high."""
        if not self.ratios:
            return None
        return figures.Figure(figures.figure_of(self.ratios).value, *median_interval(self.ratios))

    @property
    def is_behind(self):
        figure = self.figure
        return figure is None or figure.low > BEHIND


def suspects(results):
    """(workload, metric, best rival, figure of the main rounds), the worst first."""
    rivals = [allocator.name for allocator in results.allocators if allocator.name in RIVALS]
    found = []
    for row in results.workloads:
        for metric in (figures.CPU, figures.RSS):
            best = results.best_of(row.name, rivals, metric) if row.group else None
            ratios = results.ratios(row.name, MOONHEAP, metric, best) if best else []
            if ratios and figures.figure_of(ratios).value > BEHIND:
                found.append((row.name, metric, best, figures.figure_of(ratios)))
    return sorted(found, key=lambda one: -one[3].value)


def _play(run, row, ours, rival, rounds):
    """The samples of both, `rounds` times; `run` takes a workload and an allocator."""
    pairs = []
    for number in range(rounds):
        order = (ours, rival) if number % 2 else (rival, ours)
        taken = {allocator.name: run(row, allocator) for allocator in order}
        pairs.append((taken[ours.name], taken[rival.name]))
    return pairs


def play_all(run, results, say, rounds=ROUNDS):
    """A rematch for each suspect; one run serves both metrics where the rival is the same."""
    rows = {row.name: row for row in results.workloads}
    by_name = {allocator.name: allocator for allocator in results.allocators}
    played, made = {}, []
    for workload, metric, best, _ in suspects(results):
        if (workload, best) not in played:
            say(f"rematch: {workload} against {best}, {rounds} rounds")
            played[workload, best] = _play(run, rows[workload], by_name[MOONHEAP], by_name[best],
                                           rounds)
        pairs = played[workload, best]
        has_failed = any(sample.failure for pair in pairs for sample in pair)
        ratios = () if has_failed else tuple(
            figures.value_of(mine, metric) / figures.value_of(theirs, metric)
            for mine, theirs in pairs)
        made.append(Rematch(workload, metric, best, ratios))
    return made
