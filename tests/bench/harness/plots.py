"""The pictures of the page, as SVG: matplotlib draws them, text stays text.

All of one kind are dots on a line: allocators are told by colour, their spread is a bar through the
dot, and Moonheap's dot is a larger diamond on top of the others.
"""

import functools
import io
import itertools
import re

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot  # noqa: E402  (the backend must be chosen first)
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator  # noqa: E402

from .allocators import MOONHEAP  # noqa: E402

COLORS = {
    MOONHEAP: "#4c2fd6", "jemalloc": "#3b4252", "mimalloc": "#d97706", "tcmalloc": "#0f9d58",
    "glibc": "#8b95a5", "tbbmalloc": "#0ea5e9", "scudo": "#c0397b",
}
_SPARE = ("#7c4a03", "#64748b", "#b91c1c", "#0f766e")
_INK, _FAINT = "#1f2430", "#d9dde5"
_TICKS = tuple(  # of a decade, from the finest: the first that does not crowd the axis is taken
    tuple(sorted(round(digit * 10 ** power, 6) for power in range(-3, 8) for digit in digits))
    for digits in ((1, 1.1, 1.2, 1.3, 1.5, 1.7, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9),
                   (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,)))
_STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "moonheap", "font.family": "DejaVu Sans",
    "font.size": 9, "axes.edgecolor": _FAINT, "axes.labelcolor": _INK, "text.color": _INK,
    "xtick.color": _INK, "ytick.color": _INK, "axes.spines.top": False, "axes.spines.right": False,
    "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "xtick.major.size": 0, "ytick.major.size": 0, "figure.facecolor": "none",
    "axes.facecolor": "none", "axes.axisbelow": True,
}
_serial = itertools.count()


def color(name):
    return COLORS.get(name) or _SPARE[sum(map(ord, name)) % len(_SPARE)]


def _styled(draw):
    """A function that draws and returns SVG, with our style in force while it does."""
    @functools.wraps(draw)
    def drawn(*arguments, **options):
        with matplotlib.rc_context(_STYLE):
            return _svg(draw(*arguments, **options))
    return drawn


def _figure(width, height, columns=1, **options):
    return pyplot.subplots(1, columns, figsize=(width, height), squeeze=False, **options)


def _svg(figure):
    """The drawing without the XML head, with names of its own: several stand in one page."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", bbox_inches="tight", pad_inches=0.05,
                   metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    text = buffer.getvalue()
    text = text[text.index("<svg"):]
    prefix = f"p{next(_serial)}-"
    text = re.sub(r'\bid="', f'id="{prefix}', text)
    text = re.sub(r'((?:xlink:)?href="#)', rf"\1{prefix}", text)
    text = re.sub(r"url\(#", f"url(#{prefix}", text)
    # The height follows the width, so that the page may make it narrower.
    return re.sub(r'(<svg [^>]*?)height="[\d.]+pt" ', r"\1", text, count=1, flags=re.S)


def _tick(value, _=None):
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:g}"


def _log_axis(axis, low, high, ticks_max=11):
    """Ticks at round numbers, as many as there is room for."""
    for choice in _TICKS:
        ticks = [tick for tick in choice if low <= tick <= high]
        if len(ticks) <= ticks_max:
            break
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(_tick))


def _draw_dot(axes, name, figure, y, low, high):
    """A dot with its spread; at the edge, an arrow head, where it would lie outside."""
    is_ours = name == MOONHEAP
    at = min(max(figure.value, low), high)
    marker = "D" if is_ours else "o"
    if at != figure.value:
        marker = ">" if at == high else "<"
    axes.plot([max(min(figure.low, high), low), min(max(figure.high, low), high)], [y, y],
              color=color(name), linewidth=2.2 if is_ours else 1.2, solid_capstyle="round",
              alpha=0.9 if is_ours else 0.45, zorder=3 if is_ours else 2)
    axes.plot([at], [y], marker, color=color(name), markersize=6.5 if is_ours else 4.5,
              markeredgecolor="white", markeredgewidth=0.7, alpha=1 if is_ours else 0.9,
              zorder=5 if is_ours else 4)


@_styled
def dots(rows, columns, label, reference=1.0, limits=None):
    """Rows from top to bottom: (label, {name: figure or None}), or (heading, None)."""
    figures = [one for _, cells in rows if cells for one in cells.values() if one]
    low = min((one.value for one in figures), default=0.5) / 1.15
    high = max((one.value for one in figures), default=2.0) * 1.15
    if limits:
        low, high = max(low, limits[0]), min(high, limits[1])
    figure, ((axes,),) = _figure(10.6, 0.5 + 0.215 * len(rows))
    axes.set_xscale("log")
    for y, (_, cells) in enumerate(rows):
        if cells is None:
            continue
        axes.axhline(y, color=_FAINT, linewidth=0.5, zorder=0)
        for name in sorted(columns, key=lambda one: one == MOONHEAP):
            if cells.get(name):
                _draw_dot(axes, name, cells[name], y, low, high)
    if reference:
        axes.axvline(reference, color=_INK, linewidth=0.9, zorder=1)
    axes.set_ylim(len(rows) - 0.4, -0.7)
    axes.set_xlim(low / 1.03, high * 1.03)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    for text, (_, cells) in zip(axes.get_yticklabels(), rows):
        text.set_fontweight("normal" if cells else "bold")
    _log_axis(axes.xaxis, low, high)
    axes.grid(axis="x", color=_FAINT, linewidth=0.5)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(label)
    axes.xaxis.set_label_position("top")
    axes.tick_params(axis="x", labeltop=True)
    return figure


@_styled
def room(panels, columns, base):
    """CPU time across and memory up, one panel for each group: (title, {name: (cpu, rss)})."""
    figure, (axes_of,) = _figure(12.9, 3.6, len(panels), sharex=True, sharey=True,
                                 gridspec_kw={"wspace": 0.08})
    points = [one for _, cells in panels for pair in cells.values() for one in pair]
    low, high = min(one.low for one in points) / 1.1, max(one.high for one in points) * 1.1
    for axes, (title, cells) in zip(axes_of, panels):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.axhline(1, color=_INK, linewidth=0.7)
        axes.axvline(1, color=_INK, linewidth=0.7)
        for name in sorted(columns, key=lambda one: one == MOONHEAP):
            if name not in cells:
                continue
            cpu, rss = cells[name]
            is_ours = name == MOONHEAP
            axes.errorbar([cpu.value], [rss.value], fmt="D" if is_ours else "o", color=color(name),
                          xerr=[[cpu.value - cpu.low], [cpu.high - cpu.value]],
                          yerr=[[rss.value - rss.low], [rss.high - rss.value]], elinewidth=1,
                          markersize=8 if is_ours else 6, markeredgecolor="white",
                          markeredgewidth=0.7, zorder=5 if is_ours else 4)
        axes.set_title(title)
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        _log_axis(axes.xaxis, low, high, 6)
        _log_axis(axes.yaxis, low, high, 6)
        axes.grid(color=_FAINT, linewidth=0.5)
        axes.set_xlabel("CPU time")
    axes_of[0].set_ylabel(f"peak memory (both: {base} = 1)")
    return figure


@_styled
def stories(panels, columns, label):
    """Lines from moment to moment, one panel for each story: (title, [(moment, {name: figure})])."""
    figure, (axes_of,) = _figure(12.9, 3.6, len(panels), gridspec_kw={
        "wspace": 0.28, "width_ratios": [max(len(moments), 1.4) for _, moments in panels]})
    for axes, (title, moments) in zip(axes_of, panels):
        for name in sorted(columns, key=lambda one: one == MOONHEAP):
            taken = [(x, cells[name]) for x, (_, cells) in enumerate(moments) if cells.get(name)]
            if not taken:
                continue
            is_ours = name == MOONHEAP
            values = [one.value for _, one in taken]
            spread = [[one.value - one.low for _, one in taken],
                      [one.high - one.value for _, one in taken]]
            axes.errorbar([x for x, _ in taken], values, yerr=spread, color=color(name),
                          fmt="D-" if is_ours else "o-", linewidth=2.2 if is_ours else 1.2,
                          markersize=6 if is_ours else 4, markeredgecolor="white", elinewidth=1,
                          markeredgewidth=0.7, alpha=1 if is_ours else 0.85,
                          zorder=5 if is_ours else 3)
        axes.set_title(title)
        axes.set_ylim(bottom=0)
        axes.set_xlim(-0.35, len(moments) - 0.65)
        axes.set_xticks(range(len(moments)), [moment for moment, _ in moments], fontsize=7.5)
        axes.grid(axis="y", color=_FAINT, linewidth=0.5)
    axes_of[0].set_ylabel(label)
    return figure
