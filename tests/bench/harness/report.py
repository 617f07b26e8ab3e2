"""The tables of a document: what it was measured on, means, workloads, rematches, goals, failures, and
one for each grid; and where they go in the manual."""

import os

from . import figures, goals, rematch, workloads
from .allocators import MOONHEAP
from .errors import BenchError
from .grid import text as grid_text
from .groups import ALL, GROUPS, LARGE, LARGE_PROGRAMS, names_in
from .tables import Table

METRICS = ((figures.CPU, "CPU time (user + system)"), (figures.RSS, "Peak resident memory"))
# which part of the manual a grid belongs to
MARKS = {"instructions": "instructions", "writes": "sharing", "locks": "sharing",
         "density": "footprint", "moments": "footprint", "peaks": "peaks", "control": "control",
         "choices": "choices", "packing": "choices"}


def cell(figure):
    return "failed" if figure is None else f"{figure.value:.2f} ({figure.low:.2f}-{figure.high:.2f})"


def base_cell(results, name, metric):
    figure = results.absolute(name, results.base, metric)
    if figure is None:
        return "failed"
    return f"{figure.value:.2f} s" if metric == figures.CPU else f"{figure.value / 1024:.1f} MB"


def short(metric):
    return dict(METRICS)[metric].split(" (")[0]


def others(results):
    return [allocator.name for allocator in results.allocators if allocator.name != results.base]


def mean_lines(results):
    """Title, metric and workloads of every line of geometric means."""
    for metric, _ in METRICS:
        for group in GROUPS:
            names = names_in(results, group)
            if names and not (metric == figures.CPU and group in (LARGE, LARGE_PROGRAMS)):
                count = f"{ALL} {len(names)}" if group == ALL else group
                yield f"{short(metric)}, {count}", metric, names


def _summary(results):
    table = Table("Geometric means", ["ratio to " + results.base, *others(results)])
    for title, metric, names in mean_lines(results):
        table.add(title, *(cell(results.group_ratio(names, name, metric))
                           for name in others(results)))
    return table


def _details(results, metric, title):
    table = Table(f"{title}, ratio to {results.base}",
                  ["workload", results.base, *others(results)])
    for row in results.workloads:
        if row.group:
            cells = [cell(results.ratio(row.name, name, metric)) for name in others(results)]
            table.add(row.name, base_cell(results, row.name, metric), *cells)
    return table


def _behind(document):
    """Where Moonheap seemed behind the best of its rivals, and what the rematch says."""
    table = Table(f"More than {rematch.BEHIND} of the best rival",
                  ["workload", "what", "best rival", "ratio to it", "rematch", "verdict"],
                  is_prose=True)
    played = {(one.workload, one.metric): one for one in document.rematches or []}
    for name, metric, best, figure in rematch.suspects(document.results):
        again = played.get((name, metric))
        table.add(name, short(metric), best, cell(figure),
                  "not played" if again is None else cell(again.figure),
                  "" if again is None else "behind" if again.is_behind else "not proven")
    table.note = (f"A rematch is {rematch.ROUNDS} paired rounds: their median, and the interval from "
                  "the second lowest to the second highest, which must lie beyond "
                  f"{rematch.BEHIND} as a whole.")
    return table


def _hello(results):
    names = [allocator.name for allocator in results.allocators]
    table = Table("Peak resident memory of a program that does nothing", ["MB", *names])
    cells = [results.absolute("hello", name, figures.RSS) for name in names]
    table.add("hello", *("failed" if one is None else f"{one.value / 1024:.2f}" for one in cells))
    return table


def _failures(results):
    table = Table("Runs that failed", ["workload", "allocator", "round", "what went wrong"],
                  is_prose=True)
    for failure in results.failures():
        table.add(*failure)
    return table


def _conditions(rows):
    table = Table("Conditions", ["what", "value"], is_prose=True)
    for label, value in rows:
        table.add(label, value)
    return table


def _comparison(document):
    results = document.results
    rounds = max((len(results.samples[row.name, results.base]) // row.repeats
                  for row in results.workloads), default=0)
    made = []
    if any(row.group for row in results.workloads):
        made.append(_summary(results))
        made += [_details(results, metric, title) for metric, title in METRICS]
        made[-1].note = f"Median of {rounds} rounds, lowest and highest in parentheses."
        if len(results.allocators) > 2 and MOONHEAP in others(results):
            made.append(_behind(document))
    if any(row.name == "hello" for row in results.workloads):
        made.append(_hello(results))
        made[-1].note = (f"Median of {rounds * workloads.HELLO.repeats} runs; a run has 50 KB more or "
                         "less, as the pages of libraries happen to lie.")
    return made + ([_failures(results)] if results.failures() else [])


def goals_table(verdicts):
    table = Table("Goals", ["goal", "limit", "measured", "verdict"])
    for verdict in verdicts:
        digits = verdict.goal.digits
        measured = "no figure" if verdict.figure is None else grid_text(verdict.figure, digits)
        word = "met" if verdict.is_met else "MISSED"
        table.add(verdict.goal.name, f"{verdict.goal.limit:.{digits}f}", measured, word)
    return table


def parts(document, verdicts):
    """Mark of the manual -> tables, in the order in which they are printed."""
    made = {}
    if document.results:
        made["results"] = [_conditions(document.conditions), *_comparison(document)]
        if verdicts:
            made["results"].append(goals_table(verdicts))
    for grid in document.grids:
        made.setdefault(MARKS[grid.key], []).append(grid.table())
    return made


def workload_list():
    table = Table("Workloads", ["name", "class", "what it is and why"], is_prose=True)
    for row in workloads.ROWS:
        table.add(row.name, row.group, row.why)
    return table


def manual_of(path):
    """What the goals need to know of the manual; nothing if it is not there."""
    if not os.path.exists(path):
        return frozenset()
    with open(path, encoding="utf-8") as file:
        return goals.explained_in(file.read())


def write_markdown(path, made):
    """Writes the parts to a new file, or into an old one, each between the two marks of its name."""
    old = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            old = file.read()
    new = old
    for mark, tables in made.items():
        begin, end = f"<!-- {mark} begin -->\n", f"<!-- {mark} end -->\n"
        body = begin + "\n" + "\n".join(table.markdown() for table in tables) + "\n" + end
        if not old:
            new += body
        elif begin in new and end in new:
            head, _, rest = new.partition(begin)
            new = head + body + rest.partition(end)[2]
        else:
            raise BenchError(f"{path} is there and has no line {begin.strip()!r} to {end.strip()!r} "
                             "to write between: add them, or name a new file")
    with open(path, "w", encoding="utf-8") as file:
        file.write(new)
