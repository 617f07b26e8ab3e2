"""The command line of `./dev bench`."""

import argparse
import importlib.util
import pathlib
import time

from . import (allocators, choices, compare, control, document, footprint, goals, instructions, machine,
               peaks, report, sharing, smoke, workloads)
from .compare import say
from .errors import BenchError
from .measure import Bench

SOURCE = pathlib.Path(__file__).resolve().parents[3]
MANUAL = SOURCE / "docs" / "performance.md"
INTERRUPTED = 130
ROUNDS, QUICK_ROUNDS = 5, 2
SECTIONS = (instructions, sharing, footprint, peaks, control, choices)


def _parser():
    parser = argparse.ArgumentParser(
        prog="./dev bench", allow_abbrev=False,
        description="Compare Moonheap with other allocators: CPU time and peak memory, interleaved, "
        "as ratios to one of them; then instructions, sharing between threads, resident memory at "
        "other moments, what programs hold at their peak, the control tree, and options. Writes a page with plots, report.html, and everything "
        "measured, results.json, to bench/ of the build folder.",
    )
    add = parser.add_argument
    add("--quick", action="store_true",
        help=f"{QUICK_ROUNDS} rounds of {' and '.join(allocators.QUICK)}, the comparison alone")
    add("--rounds", type=int, metavar="N", help=f"rounds (default {ROUNDS})")
    add("--allocators", metavar="A,B", help="default: " + ",".join(allocators.DEFAULT)
        + "; NAME=/path/to/library.so is one more")
    add("--conf", metavar="NAME=OPTIONS", action="append", default=[],
        help="MALLOC_CONF for one of the allocators; may be given again for another")
    add("--base", metavar="A", default=allocators.JEMALLOC,
        help="the allocator that ratios refer to (default %(default)s)")
    add("--only", metavar="PATTERN",
        help="the comparison alone, of workloads whose name contains one of these words or whose "
        "class is one; with a section, its rows that begin so")
    add("--goals", action="store_true", help="judge the goals; exit 1 if one is missed")
    add("--instructions", action="store_true",
        help="this section alone: instructions of single operations (callgrind)")
    add("--sharing", action="store_true",
        help="this section alone: lock operations and shared-line writes of 64 threads")
    add("--footprint", action="store_true",
        help="this section alone: resident memory at other moments than its peak: density, after "
        "thinning out, idle, after threads ended")
    add("--peaks", action="store_true",
        help="this section alone: what the real programs hold at their peak, and the least that it could be")
    add("--control", action="store_true",
        help="this section alone: CPU time of reads, refreshes and prints of the control tree")
    add("--choices", action="store_true",
        help="this section alone: what options of Moonheap cost and gain, against its defaults")
    add("--from", dest="source", metavar="FILE", help="measure nothing: take what --json has kept")
    add("--json", metavar="FILE", help="write everything measured (default: bench/results.json of "
        "the build folder)")
    add("--html", metavar="FILE", help="write the page with plots (default: bench/report.html of the "
        "build folder)")
    add("--markdown", metavar="FILE",
        help="write the tables: to a new file, or between the marks of an old one")
    add("--list", action="store_true",
        help="list the workloads (with --markdown: into that file)")
    add("--smoke", action="store_true",
        help="run each workload once, tiny, on the C library's allocator")
    add("--build", default=str(SOURCE / "build"), help="build folder (default %(default)s)")
    return parser


def _sections(options):
    """The sections that are asked for instead of everything."""
    return [section for section in SECTIONS
            if getattr(options, section.__name__.rpartition(".")[2])]


def _chosen_allocators(options):
    words = options.allocators
    if options.smoke:
        words = allocators.GLIBC
    elif not words:
        words = ",".join(allocators.QUICK if options.quick else allocators.DEFAULT)
    chosen = allocators.configure(allocators.resolve(words, options.build), options.conf)
    names = [allocator.name for allocator in chosen]
    if options.smoke or _sections(options):
        return chosen
    if options.base not in names:
        raise BenchError(f"the base {options.base!r} is not among the allocators "
                         f"({', '.join(names)}); add it, or name another with --base")
    return chosen


def _check_goals_can_be_judged(options, chosen):
    names = {allocator.name for allocator in chosen}
    if options.only or _sections(options):
        raise BenchError("--goals judges all workloads: leave out --only and the sections")
    if options.conf:
        raise BenchError("--goals judges the defaults: leave out --conf")
    if options.base != allocators.JEMALLOC or not names >= set(allocators.QUICK):
        raise BenchError("--goals compares moonheap with jemalloc: both must be there")


def _compare(options, chosen, made):
    """The comparison, and the rematches where Moonheap seems behind."""
    rows = workloads.select(options.only)
    if not options.only or "hello" in options.only:
        rows.append(workloads.HELLO)
    if not rows:
        raise BenchError(f"no workload matches {options.only!r}; --list names them all")
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    with Bench(options.build, "full") as bench:
        made.results, whole, answers = compare.measure(bench, rows, chosen, options.base, rounds)
        made.conditions.append(("rounds", whole))
        if whole == rounds and (options.goals or not (options.quick or options.only)):
            made.rematches = compare.rematches(bench, made.results, answers)
    made.is_interrupted = whole < rounds


def _measure(options, chosen):
    """Everything, or what is asked for. Ctrl-C ends it with what is whole by then."""
    made = document.Document(machine.describe(SOURCE))
    made.conditions += [(one.name, allocators.version(one)) for one in chosen]
    wanted = _sections(options)
    try:
        if not wanted:
            _compare(options, chosen, made)
            if not options.only and (options.goals or not options.quick):
                wanted = SECTIONS
        for section in () if made.is_interrupted else wanted:
            start = time.monotonic()
            pattern = options.only if _sections(options) else None
            made.grids += section.grids(options.build, chosen, pattern)
            say(f"{section.__name__.rpartition('.')[2]}: {time.monotonic() - start:.0f} s")
    except KeyboardInterrupt:
        if made.results is None and not made.grids:
            raise
        say("interrupted: the report has what was measured so far")
        made.is_interrupted = True
    return made


def _check_plots_can_be_drawn():
    """Before anything is measured, not three quarters of an hour later."""
    if importlib.util.find_spec("matplotlib") is None:
        raise BenchError("the page needs matplotlib; install it: apt-get install python3-matplotlib")


def _show(options, made, verdicts):
    """Prints, and writes the files that are asked for and those that always are."""
    from . import page  # here, because it needs matplotlib, which the smoke test does not

    parts = report.parts(made, verdicts)
    print("\n".join(table.text() for tables in parts.values() for table in tables))
    folder = pathlib.Path(options.build) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    if not options.source:
        document.save(options.json or folder / "results.json", made)
    html = options.html or folder / "report.html"
    page.write(html, made, verdicts)
    say(f"the page with plots: {html}")
    if options.markdown:
        report.write_markdown(options.markdown, parts)


def _exit_status(made, verdicts):
    if made.is_interrupted:
        return INTERRUPTED
    results = made.results
    has_failed = results and any(results.failures(name)
                                 for name in (allocators.MOONHEAP, results.base))
    return 1 if has_failed or not all(verdict.is_met for verdict in verdicts) else 0


def _main(options):
    if options.list:
        listed = report.workload_list()
        print(listed.text())
        if options.markdown:
            report.write_markdown(options.markdown, {"workloads": [listed]})
        return 0
    if options.rounds is not None and options.rounds < 1:
        raise BenchError("at least one round")
    if not options.smoke:
        _check_plots_can_be_drawn()
    if options.source:
        made = document.load(options.source)
    else:
        chosen = _chosen_allocators(options)
        if options.goals:
            _check_goals_can_be_judged(options, chosen)
        if options.smoke:
            with Bench(options.build, "smoke") as bench:
                return smoke.run(bench, chosen[0])
        made = _measure(options, chosen)
    verdicts = goals.judge(made, report.manual_of(MANUAL)) if options.goals else []
    _show(options, made, verdicts)
    return _exit_status(made, verdicts)


def main(arguments):
    try:
        return _main(_parser().parse_args(arguments))
    except BenchError as error:
        say(f"bench: {error}")
        return 2
    except KeyboardInterrupt:
        say("bench: interrupted")
        return INTERRUPTED
