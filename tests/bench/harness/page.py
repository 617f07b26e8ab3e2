"""The page with plots: one file, nothing loaded from anywhere."""

import html

from . import html_table, plots, report, workloads
from .allocators import MOONHEAP
from .groups import ALL, names_in
from .rematch import BEHIND, suspects

_CSS = """
:root { --ink:#1f2430; --faint:#d9dde5; --soft:#f5f6fa; --ours:#4c2fd6; --good:#16794a; --bad:#b42318 }
* { box-sizing:border-box }
body { margin:0; font:15px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
  color:var(--ink); background:#fff }
main { max-width:1200px; margin:0 auto; padding:28px 24px 80px }
h1 { font-size:28px; margin:0 0 4px } h2 { font-size:20px; margin:52px 0 6px; padding-top:14px;
  border-top:1px solid var(--faint) } h3 { font-size:15px; margin:26px 0 6px }
p { max-width:78ch; margin:6px 0 12px } p.note { color:#667085; font-size:13px }
nav { margin:14px 0 22px; font-size:14px } nav a { margin-right:16px }
a { color:var(--ours); text-decoration:none } a:hover { text-decoration:underline }
.cards { display:grid; grid-template-columns:repeat(auto-fit,minmax(165px,1fr)); gap:12px }
.card { background:var(--soft); border-radius:10px; padding:12px 14px; border-left:4px solid var(--faint) }
.card.met { border-color:var(--good) } .card.missed { border-color:var(--bad) }
.card b { display:block; font-size:25px; line-height:1.2 } .card span { display:block; font-size:13px;
  line-height:1.35; color:#667085 } .card em { display:block; font-style:normal; font-weight:600;
  margin-top:3px } .met em { color:var(--good) } .missed em { color:var(--bad) }
.legend { position:sticky; top:0; background:rgba(255,255,255,.94); padding:8px 0; z-index:2;
  font-size:13.5px; border-bottom:1px solid var(--faint); margin:20px 0 6px }
.legend i { display:inline-block; width:10px; height:10px; border-radius:50%; margin:0 6px 0 0 }
.legend i.ours { border-radius:2px; transform:rotate(45deg) } .legend span { margin-right:20px;
  white-space:nowrap } .legend b { color:var(--ours) }
figure { margin:10px 0 18px } figure svg { max-width:100%; height:auto; display:block }
figure svg text { font-family:system-ui,"Segoe UI",Roboto,Arial,sans-serif !important }
.scroll { overflow-x:auto } table { border-collapse:collapse; font-size:13px;
  font-variant-numeric:tabular-nums } th, td { padding:3px 10px; white-space:nowrap }
thead th { text-align:right; border-bottom:2px solid var(--faint); font-weight:600 }
thead th:first-child, tbody th { text-align:left; font-weight:500 } td { text-align:right }
tbody tr:nth-child(even) { background:var(--soft) } td.ours { font-weight:650 }
th.ours { color:var(--ours) } small { color:#667085; font-size:11px; font-weight:400 }
table.prose td, table.prose thead th { text-align:left; white-space:normal }
details { margin:10px 0 } summary { cursor:pointer; color:var(--ours); font-size:14px }
@media print { .legend { position:static } details:not([open]) > *:not(summary) { display:block } }
"""


# keys of grids whose columns are something else: options, kinds of memory
_OF_NO_ALLOCATORS = ("choices", "packing", "peaks")


def _columns(document):
    """Names of all allocators that have a figure anywhere, Moonheap first."""
    names = [one.name for one in document.results.allocators] if document.results else []
    for grid in document.grids:
        if grid.key not in _OF_NO_ALLOCATORS:
            names += [name for name in grid.columns if name not in names]
    return sorted(names, key=lambda name: name != MOONHEAP)


def _legend(names):
    items = []
    for name in names:
        ours = ' class="ours"' if name == MOONHEAP else ""
        word = f"<b>{html.escape(name)}</b>" if ours else html.escape(name)
        items.append(f'<span><i{ours} style="background:{plots.color(name)}"></i>{word}</span>')
    return f"<div class=legend>{''.join(items)}</div>"


def _cards(document, verdicts):
    """The figures that one looks for first: all means. With goals: those of the goals, met or missed."""
    if verdicts:
        for verdict in verdicts:
            figure = verdict.figure
            value = "none" if figure is None else f"{figure.value:.{verdict.goal.digits}f}"
            word = "met" if verdict.is_met else "missed"
            yield (f"<div class='card {word}'><b>{value}</b><span>{html.escape(verdict.goal.name)}"
                   f"<em>goal {verdict.goal.limit:.{verdict.goal.digits}f}, {word}</em></span></div>")
        return
    results = document.results
    if not results or MOONHEAP not in (one.name for one in results.allocators):
        return
    for title, metric, names in report.mean_lines(results):
        figure = results.group_ratio(names, MOONHEAP, metric)
        if figure:
            yield (f"<div class=card><b>{figure.value:.2f}</b><span>{html.escape(title)}; "
                   f"{html.escape(results.base)} = 1</span></div>")


def _figure(svg):
    return f"<figure>{svg}</figure>\n"


def _folded(title, body):
    return f"<details><summary>{html.escape(title)}</summary>{body}</details>\n"


# ---- parts ----

def _room(document):
    results = document.results
    panels = []
    for group in (ALL, *workloads.CLASSES):
        names = names_in(results, group)
        cells = {one.name: tuple(results.group_ratio(names, one.name, metric)
                                 for metric, _ in report.METRICS)
                 for one in results.allocators}
        cells = {name: pair for name, pair in cells.items() if all(pair)}
        if cells:
            panels.append(("all workloads" if group == ALL else group, cells))
    return _figure(plots.room(panels, _columns(document), results.base)) if panels else ""


def _means(results):
    return [(title, {name: results.group_ratio(names, name, metric)
                     for name in report.others(results)})
            for title, metric, names in report.mean_lines(results)]


def _workload_rows(results, metric):
    rows = []
    for group in workloads.CLASSES:
        names = names_in(results, group)
        rows += [(group, None)] if names else []
        rows += [(name, {other: results.ratio(name, other, metric)
                         for other in report.others(results)}) for name in names]
    return rows


def _rematch_rows(document):
    """Each suspect's ratio to the best rival, which is what the dot is named for."""
    played = {(one.workload, one.metric): one for one in document.rematches}
    return [(f"{name}, {report.short(metric)} ({best})",
             {MOONHEAP: played[name, metric].figure})
            for name, metric, best, _ in suspects(document.results) if (name, metric) in played]


def _comparison(document, tables):
    results = document.results
    ratio = f"ratio to {results.base}; left is better"
    yield "<h2 id=means>First the means</h2>"
    yield ("<p>Each allocator's cost as a part of that of " + html.escape(results.base) + ": the "
           "geometric mean over the workloads. A dot is the median of the rounds, the bar through it "
           "goes from the lowest round to the highest. Down and left is better.</p>")
    yield _room(document)
    yield _figure(plots.dots(_means(results), report.others(results), ratio))
    yield _folded("the same as a table", tables["Geometric means"])
    for metric, title in report.METRICS:
        yield f"<h2 id={metric}>{html.escape(title)}</h2>"
        yield _figure(plots.dots(_workload_rows(results, metric), report.others(results), ratio,
                                 limits=(0.05, 6)))
        yield _folded("the same as a table", tables[f"{title}, ratio to {results.base}"])
    behind = f"More than {BEHIND} of the best rival"
    if behind in tables:
        yield f"<h2 id=behind>More than {BEHIND} of the best rival</h2>"
        rows = _rematch_rows(document) if document.rematches else []
        if rows:
            yield "<p>The dot is the median of the rematch, the bar its interval.</p>"
            yield _figure(plots.dots(rows, [MOONHEAP], "ratio to the best rival", BEHIND))
        yield tables[behind]
    hello = "Peak resident memory of a program that does nothing"
    yield tables.get(hello, "") + tables.get("Runs that failed", "")


_STORIES = (
    ("a mixed heap", (("full", "filled"), ("thinned", "nine tenths\nfreed"),
                      ("thinned-later", "12 s\nlater"))),
    ("one thread", (("peak", "peak"), ("freed", "all\nfreed"), ("idle-still", "12 s,\nno call"),
                    ("idle-later", "12 s,\nfew calls"))),
    ("8 threads ended", (("exited", "at once"), ("exited-later", "12 s\nlater"))),
    ("64 wait", (("parked", "all freed"),)),
)


def _draw_moments(grid):
    panels = [(title, [(label, grid.row(key).cells) for key, label in moments if grid.row(key)])
              for title, moments in _STORIES]
    panels = [(title, moments) for title, moments in panels if moments]
    return plots.stories(panels, grid.columns, "resident MB over the start") if panels else ""


def _draw_rows(label, reference=None):
    def draw(grid):
        rows = [(row.label, row.cells) for row in grid.rows if row.key != "whole"]
        rows = [(title, {name: one for name, one in cells.items() if one and one.value > 0})
                for title, cells in rows]
        return plots.dots(rows, grid.columns, label, reference)
    return draw


# key of a grid -> heading, what it is, how it is drawn
_GRIDS = {
    "instructions": ("Instructions", "What one operation executes, from the first instruction of "
                     "malloc to the return of free, refills and statistics included.",
                     _draw_rows("instructions of one operation, by callgrind; left is better")),
    "writes": ("Shared between threads", "What 64 threads would do to each other on 64 processors "
               "cannot be timed on two; how often they touch what they share can be counted.",
               _draw_rows("shared-line writes for 1000 calls; left is better")),
    "locks": ("", "", _draw_rows("lock operations for 1000 calls; left is better")),
    "density": ("Density", "How many bytes stay resident for each byte asked for.",
                _draw_rows("resident bytes for each byte; left is better", reference=1)),
    "moments": ("What comes back", "Resident memory at moments that a peak does not show.",
                _draw_moments),
    "peaks": ("What programs hold", "What the larger programs' memory consists of at their peak, and the "
              "least that any allocator with these size classes could make of it.", None),
    "control": ("The control tree", "CPU time of reading, refreshing and printing statistics.", None),
    "choices": ("Options", "What options cost and gain, compared with the defaults of Moonheap.", None),
    "packing": ("", "", None),
}


def _grid(grid):
    heading, words, draw = _GRIDS[grid.key]
    if heading:
        yield f"<h2 id={grid.key}>{heading}</h2><p>{words}</p>"
    yield _figure(draw(grid)) if draw and grid.rows else ""
    yield html_table.table(grid.table())


def _navigation(document):
    links = [("means", "means"), ("cpu", "CPU time"), ("rss", "memory"), ("behind", "behind")] \
        if document.results else []
    links += [(grid.key, _GRIDS[grid.key][0]) for grid in document.grids if _GRIDS[grid.key][0]]
    return "<nav>" + "".join(f"<a href=#{key}>{title}</a>" for key, title in links) + "</nav>"


def render(document, verdicts):
    conditions = dict(document.conditions)
    made = [table for tables in report.parts(document, verdicts).values() for table in tables]
    ratios = ("Geometric means", "ratio to")
    tables = {table.title: html_table.table(table, any(word in table.title for word in ratios))
              for table in made}
    body = [f"<h1>Moonheap and the others</h1><p>commit {html.escape(str(conditions.get('Moonheap')))}, "
            f"{html.escape(str(conditions.get('date', '')))}; "
            f"{html.escape(str(conditions.get('CPU', '')))}</p>",
            _navigation(document), "<div class=cards>", *_cards(document, verdicts), "</div>",
            _folded("all goals", tables["Goals"]) if "Goals" in tables else "",
            _legend(_columns(document))]
    if document.results and any(row.group for row in document.results.workloads):
        body += _comparison(document, tables)
    for grid in document.grids:
        body += _grid(grid)
    body.append("<h2 id=conditions>Conditions</h2>")
    listed = report.Table("Measured on", ["what", "value"], is_prose=True)
    for label, value in document.conditions:
        listed.add(label, value)
    body.append(html_table.table(listed))
    return ("<!DOCTYPE html>\n<html lang=en><meta charset=utf-8>"
            "<meta name=viewport content='width=device-width, initial-scale=1'>"
            f"<title>Moonheap: benchmark</title><style>{_CSS}</style>\n<main>"
            + "\n".join(body) + "</main></html>\n")


def write(path, document, verdicts):
    with open(path, "w", encoding="utf-8") as file:
        file.write(render(document, verdicts))
