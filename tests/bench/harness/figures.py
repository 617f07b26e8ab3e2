"""From samples to figures: paired ratios, their median and spread, geometric means.

A figure is computed within a round first: each allocator's run of a workload is divided by the
base allocator's run of the same workload in the same round, minutes apart at most, so that a
machine that slows down for a while does so for both. The median over the rounds is the figure; the
lowest and highest round are its spread.
"""

import dataclasses
import math
import statistics

CPU, RSS = "cpu", "rss"


@dataclasses.dataclass(frozen=True)
class Figure:
    value: float
    low: float
    high: float


def value_of(sample, metric):
    return sample.cpu_s if metric == CPU else float(sample.rss_kib)


class Results:
    """Samples by workload, allocator and round, in the order in which they were taken."""

    def __init__(self, workloads, allocators, base):
        self.workloads = list(workloads)
        self.allocators = list(allocators)
        self.base = base
        self.samples = {(w.name, a.name): [] for w in self.workloads for a in self.allocators}

    def add(self, workload, allocator, sample):
        self.samples[workload.name, allocator.name].append(sample)

    def keep_rounds(self, rounds):
        """Forgets what was taken after so many rounds."""
        for row in self.workloads:
            for allocator in self.allocators:
                del self.samples[row.name, allocator.name][rounds * row.repeats:]

    def failures(self, allocator=None):
        """(workload, allocator, round, what went wrong) of every run that failed."""
        return [
            (workload, name, number, sample.failure)
            for (workload, name), samples in self.samples.items()
            for number, sample in enumerate(samples)
            if sample.failure and allocator in (None, name)
        ]

    def is_whole(self, workload, allocator, base=None):
        """Every round of this workload succeeded for the allocator and for the base."""
        both = self.samples[workload, allocator], self.samples[workload, base or self.base]
        return all(both) and not any(sample.failure for samples in both for sample in samples)

    def ratios(self, workload, allocator, metric, base=None):
        """One ratio to the base, or to another allocator, for each round; empty if one failed."""
        if not self.is_whole(workload, allocator, base):
            return []
        pairs = zip(self.samples[workload, allocator], self.samples[workload, base or self.base])
        return [value_of(mine, metric) / value_of(theirs, metric) for mine, theirs in pairs]

    def ratio(self, workload, allocator, metric):
        ratios = self.ratios(workload, allocator, metric)
        return figure_of(ratios) if ratios else None

    def best_of(self, workload, names, metric):
        """Of the allocators named, the one whose median is the lowest; None if none has one."""
        medians = [(self.absolute(workload, name, metric), name) for name in names]
        medians = [(figure.value, name) for figure, name in medians if figure is not None]
        return min(medians)[1] if medians else None

    def absolute(self, workload, allocator, metric):
        taken = self.samples.get((workload, allocator), ())
        samples = [sample for sample in taken if not sample.failure]
        return figure_of([value_of(sample, metric) for sample in samples]) if samples else None

    def group_ratio(self, names, allocator, metric):
        """The geometric mean of the workloads' medians; its spread is that of the rounds' own
        geometric means."""
        rows = [self.ratios(name, allocator, metric) for name in names]
        rows = [row for row in rows if row]
        if not rows:
            return None
        rounds = [geometric_mean(values) for values in zip(*rows)]
        value = geometric_mean([statistics.median(row) for row in rows])
        return Figure(value, min(rounds + [value]), max(rounds + [value]))


def figure_of(values):
    return Figure(statistics.median(values), min(values), max(values))


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(value) for value in values))
