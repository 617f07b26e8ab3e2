"""The tables of a run: ratios by workload and class, the smallest program, goals, failures."""

import os

from . import figures, workloads
from .allocators import MOONHEAP, RIVALS
from .errors import BenchError
from .goals import ALL, names_in
from .tables import Table

LARGE_KIB = 20 * 1024
BEHIND = 1.15  # of the best rival: nearer is within the noise of a cell
METRICS = ((figures.CPU, "CPU time (user + system)"), (figures.RSS, "Peak resident memory"))


def _cell(figure):
    return "failed" if figure is None else f"{figure.value:.2f} ({figure.low:.2f}-{figure.high:.2f})"


def _base_cell(results, name, metric):
    figure = results.absolute(name, results.base, metric)
    if figure is None:
        return "failed"
    return f"{figure.value:.2f} s" if metric == figures.CPU else f"{figure.value / 1024:.1f} MB"


def _others(results):
    return [allocator.name for allocator in results.allocators if allocator.name != results.base]


def _is_large(results, name):
    figure = results.absolute(name, results.base, figures.RSS)
    return figure is not None and figure.value > LARGE_KIB


def _means(results):
    """Title and workloads of every line of geometric means."""
    lines = [(f"all {len(names_in(results, ALL))}", names_in(results, ALL))]
    lines += [(group, names_in(results, group)) for group in workloads.CLASSES]
    large = [name for name in names_in(results, ALL) if _is_large(results, name)]
    lines.append((f"above {LARGE_KIB // 1024} MB", large))
    return [(title, names) for title, names in lines if names]


def _summary(results):
    table = Table("Geometric means", ["ratio to " + results.base, *_others(results)])
    for metric, title in METRICS:
        for line, names in _means(results):
            if metric == figures.CPU and line.startswith("above"):
                continue
            cells = [_cell(results.group_ratio(names, name, metric)) for name in _others(results)]
            table.add(f"{title.split(' (')[0]}, {line}", *cells)
    return table


def _details(results, metric, title):
    table = Table(f"{title}, ratio to {results.base}",
                  ["workload", results.base, *_others(results)])
    for row in results.workloads:
        if row.group:
            cells = [_cell(results.ratio(row.name, name, metric)) for name in _others(results)]
            table.add(row.name, _base_cell(results, row.name, metric), *cells)
    return table


def _behind(results):
    """Where Moonheap is furthest from the best of its rivals, whichever that is."""
    peers = [allocator.name for allocator in results.allocators if allocator.name in RIVALS]
    rows = []
    for metric, title in METRICS:
        for row in results.workloads:
            best = results.best_of(row.name, peers, metric) if row.group else None
            ratios = results.ratios(row.name, MOONHEAP, metric, best) if best else []
            if ratios and figures.figure_of(ratios).value > BEHIND:
                rows.append((figures.figure_of(ratios), row.name, title.split(" (")[0], best))
    table = Table(f"Moonheap more than {BEHIND} of the best rival",
                  ["workload", "what", "best rival", "ratio to it"], is_prose=True)
    for figure, name, what, best in sorted(rows, key=lambda row: -row[0].value):
        table.add(name, what, best, _cell(figure))
    return table


def _hello(results):
    names = [allocator.name for allocator in results.allocators]
    table = Table("Peak resident memory of a program that does nothing", ["MB", *names])
    cells = [results.absolute("hello", name, figures.RSS) for name in names]
    table.add("hello", *("failed" if cell is None else f"{cell.value / 1024:.2f}" for cell in cells))
    return table


def _conditions(rows):
    table = Table("Conditions", ["what", "value"], is_prose=True)
    for label, value in rows:
        table.add(label, value)
    return table


def tables(results, conditions):
    rounds = max(map(len, results.samples.values()), default=0)
    result = [_conditions(conditions)]
    if any(row.group for row in results.workloads):
        result.append(_summary(results))
        result += [_details(results, metric, title) for metric, title in METRICS]
        result[-1].note = f"Median of {rounds} rounds, lowest and highest in parentheses."
        if len(results.allocators) > 2 and MOONHEAP in _others(results):
            result.append(_behind(results))
    if any(row.name == "hello" for row in results.workloads):
        result.append(_hello(results))
    if results.failures():
        table = Table("Runs that failed", ["workload", "allocator", "round", "what went wrong"],
                      is_prose=True)
        for failure in results.failures():
            table.add(*failure)
        result.append(table)
    return result


def goals_table(verdicts):
    table = Table("Goals", ["goal", "limit", "measured", "verdict"])
    for verdict in verdicts:
        measured = "no figure" if verdict.figure is None else _cell(verdict.figure)
        word = "met" if verdict.is_met else "MISSED"
        table.add(verdict.goal.name, f"{verdict.goal.limit:.2f}", measured, word)
    return table


def workload_list():
    table = Table("Workloads", ["name", "class", "what it is and why"], is_prose=True)
    for row in workloads.ROWS:
        table.add(row.name, row.group, row.why)
    return table


def write_markdown(path, mark, made):
    """Writes the tables to a new file, or into an old one between the two marks of that name."""
    begin, end = f"<!-- {mark} begin -->\n", f"<!-- {mark} end -->\n"
    body = begin + "\n" + "\n".join(table.markdown() for table in made) + "\n" + end
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            old = file.read()
        if begin not in old or end not in old:
            raise BenchError(f"{path} is there and has no line {begin.strip()!r} to {end.strip()!r} "
                             "to write between: add them, or name a new file")
        head, _, rest = old.partition(begin)
        body = head + body + rest.partition(end)[2]
    with open(path, "w", encoding="utf-8") as file:
        file.write(body)
