"""Which workloads a geometric mean is taken over."""

from . import figures
from .workloads import CLASSES, PROGRAMS

LARGE_KIB = 20 * 1024  # with the base: below that, it is what an allocator needs to be there at all
ALL = "all"
LARGE = f"above {LARGE_KIB // 1024} MB"
LARGE_PROGRAMS = f"programs above {LARGE_KIB // 1024} MB"
GROUPS = (ALL, *CLASSES, LARGE, LARGE_PROGRAMS)


def _is_large(results, name):
    figure = results.absolute(name, results.base, figures.RSS)
    return figure is not None and figure.value > LARGE_KIB


def names_in(results, group):
    rows = [row for row in results.workloads if row.group]
    if group == LARGE_PROGRAMS:
        rows = [row for row in rows if row.group == PROGRAMS]
    elif group in CLASSES:
        rows = [row for row in rows if row.group == group]
    if group in (LARGE, LARGE_PROGRAMS):
        rows = [row for row in rows if _is_large(results, row.name)]
    return [row.name for row in rows]
