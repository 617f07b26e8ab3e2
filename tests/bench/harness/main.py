"""The command line of `./dev bench`."""

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import time

from . import allocators, control, footprint, goals, instructions, machine, report, workloads
from .errors import BenchError
from .figures import Results
from .measure import Bench

SOURCE = pathlib.Path(__file__).resolve().parents[3]
SKIPPED = 77
INTERRUPTED = 130
ROUNDS, QUICK_ROUNDS = 5, 2
SMOKE_COMMANDS = (
    "footprint density 4104", "footprint thinned 100 1", "footprint idle 1",
    "footprint exited 2 1", "footprint parked 2", "control name 10 1",
    *(f"steady {operation} 1000 64" for operation in
      sorted({row[1] for row in instructions.ROWS} | {row[3][0] for row in instructions.ROWS})),
)


def _parser():
    parser = argparse.ArgumentParser(
        prog="./dev bench",
        description="Compare Moonheap with other allocators: CPU time and peak memory, "
        "interleaved, as ratios to one of them.",
    )
    add = parser.add_argument
    add("--quick", action="store_true",
        help=f"{QUICK_ROUNDS} rounds of {' and '.join(allocators.QUICK)} only")
    add("--rounds", type=int, metavar="N", help=f"rounds (default {ROUNDS})")
    add("--allocators", metavar="A,B", help="default: " + ",".join(allocators.DEFAULT)
        + "; NAME=/path/to/library.so is one more")
    add("--conf", metavar="NAME=OPTIONS", action="append", default=[],
        help="MALLOC_CONF for one of the allocators; may be given again for another")
    add("--base", metavar="A", default=allocators.JEMALLOC,
        help="the allocator that ratios refer to (default %(default)s)")
    add("--only", metavar="PATTERN",
        help="workloads whose name contains one of these words, or whose class is one")
    add("--goals", action="store_true", help="judge the goals; exit 1 if one is missed")
    add("--instructions", action="store_true",
        help="count instructions of single operations instead (callgrind)")
    add("--footprint", action="store_true",
        help="resident memory at other moments than its peak instead: density, after thinning out, "
        "idle, after threads ended")
    add("--control", action="store_true",
        help="CPU time of reads, refreshes and prints of the control tree instead")
    add("--json", metavar="FILE", help="write every sample")
    add("--markdown", metavar="FILE", help="write the tables: to a new file, or between the marks of an old one")
    add("--list", action="store_true", help="list the workloads (with --markdown: into that file)")
    add("--smoke", action="store_true",
        help="run each workload once, tiny, on the C library's allocator")
    add("--build", default=str(SOURCE / "build"), help="build folder (default %(default)s)")
    return parser


def _sections(options):
    """The modules of the tables that are asked for instead of the comparison."""
    wanted = ((options.instructions, instructions), (options.footprint, footprint),
              (options.control, control))
    return [module for is_wanted, module in wanted if is_wanted]


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
    if options.only:
        raise BenchError("--goals judges all workloads: leave out --only")
    if options.conf:
        raise BenchError("--goals judges the defaults: leave out --conf")
    if options.base != allocators.JEMALLOC or not names >= set(allocators.QUICK):
        raise BenchError("--goals compares moonheap with jemalloc: both must be there")


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _refuse_missing(bench, rows):
    missing = sorted({package for row in rows for package in bench.missing(row)})
    if missing:
        raise BenchError("programs of some workloads are not there; install them: "
                         f"apt-get install {' '.join(missing)} (or leave them out with --only)")


def _reference_answers(bench, rows):
    """One run of each on the C library: it warms the file cache, and its answer is the right one."""
    reference = allocators.Allocator("reference", "-")
    answers = {}
    for row in rows:
        bench.prepare(row)
        sample = bench.run(row, reference)
        if sample.failure:
            raise BenchError(f"{row.name} fails without any preloaded library: {sample.failure}")
        answers[row.name] = sample.answer
    return answers


def _run_once(bench, row, allocator, answers):
    sample = bench.run(row, allocator)
    if not sample.failure and sample.answer != answers[row.name]:
        wrong = f"wrong answer: {sample.answer!r} instead of {answers[row.name]!r}"
        return dataclasses.replace(sample, failure=wrong)
    return sample


def _measure(bench, rows, chosen, base, rounds):
    """Round by round and workload by workload, all allocators in a row, in an order that moves on
    by one each time: nobody always runs first, or always after the same neighbour. Ctrl-C ends it
    with the rounds that are whole. Returns the results and how many rounds they are."""
    results = Results(rows, chosen, base)
    _say(f"{len(rows)} workloads, {len(chosen)} allocators, {rounds} rounds; first a run of each "
         "on the C library for the right answers")
    answers = _reference_answers(bench, rows)
    for number in range(rounds):
        start = time.monotonic()
        try:
            _measure_round(bench, results, answers, number)
        except KeyboardInterrupt:
            if number == 0:
                raise
            results.keep_rounds(number)
            _say(f"interrupted: these are the {number} rounds that are whole")
            return results, number
        _say(f"round {number + 1} of {rounds}: {time.monotonic() - start:.0f} s")
    return results, rounds


def _measure_round(bench, results, answers, number):
    chosen = results.allocators
    for position, row in enumerate(results.workloads):
        first = (number + position) % len(chosen)
        for allocator in chosen[first:] + chosen[:first]:
            sample = _run_once(bench, row, allocator, answers)
            results.add(row, allocator, sample)
            if sample.failure:
                _say(f"{row.name} on {allocator.name}: {sample.failure}")


def _smoke(bench, chosen):
    """Every workload, and every program of the other tables, once and tiny."""
    failed = skipped = 0
    for row in [workloads.HELLO, *workloads.ROWS]:
        missing = bench.missing(row)
        if missing:
            skipped += 1
            print(f"skipped {row.name}: needs {' '.join(missing)}")
            continue
        bench.prepare(row)
        sample = bench.run(row, chosen[0])
        failed += bool(sample.failure)
        print(f"{'FAILED' if sample.failure else 'ok'} {row.name} {sample.failure}".rstrip())
    for command in SMOKE_COMMANDS:
        words = command.split()
        done = subprocess.run([str(bench.programs / words[0]), *words[1:]], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60)
        is_failed = done.returncode not in (0, SKIPPED)  # 77: the C library lacks the function
        failed += is_failed
        print(f"{'FAILED' if is_failed else 'ok'} {command}")
    print(f"{len(workloads.ROWS) + 1} workloads, {failed} failed, {skipped} skipped")
    return 1 if failed else SKIPPED if skipped else 0


def _write_json(path, results):
    samples = {
        row.name: {allocator.name: [dataclasses.asdict(sample) for sample in
                                    results.samples[row.name, allocator.name]]
                   for allocator in results.allocators}
        for row in results.workloads
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"base": results.base, "samples": samples}, file, indent=1)


def _print_and_write(options, mark, made):
    print("\n".join(table.text() for table in made))
    if options.markdown:
        report.write_markdown(options.markdown, mark, made)


def _compare(options, chosen):
    rows = workloads.select(options.only)
    if not options.only or "hello" in options.only:
        rows.append(workloads.HELLO)
    if not rows:
        raise BenchError(f"no workload matches {options.only!r}; --list names them all")
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    conditions = machine.describe(SOURCE)
    conditions += [(allocator.name, allocators.version(allocator)) for allocator in chosen]
    with Bench(options.build, "full") as bench:
        _refuse_missing(bench, rows)
        results, whole = _measure(bench, rows, chosen, options.base, rounds)
    conditions.append(("rounds", whole))
    made = report.tables(results, conditions)
    verdicts = goals.judge(results) if options.goals else []
    if verdicts:
        made.append(report.goals_table(verdicts))
    _print_and_write(options, "results", made)
    if options.json:
        _write_json(options.json, results)
    ours = any(results.failures(name) for name in (allocators.MOONHEAP, options.base))
    if whole < rounds:
        return INTERRUPTED
    return 1 if ours or not all(verdict.is_met for verdict in verdicts) else 0


def _main(options):
    if options.list:
        _print_and_write(options, "workloads", [report.workload_list()])
        return 0
    if options.rounds is not None and options.rounds < 1:
        raise BenchError("at least one round")
    chosen = _chosen_allocators(options)
    if options.goals:
        _check_goals_can_be_judged(options, chosen)
    if options.smoke:
        with Bench(options.build, "smoke") as bench:
            return _smoke(bench, chosen)
    sections = _sections(options)
    if sections:
        for section in sections:
            made = section.table(options.build, chosen, options.only)
            _print_and_write(options, section.__name__.rpartition(".")[2], [made])
        return 0
    return _compare(options, chosen)


def main(arguments):
    try:
        return _main(_parser().parse_args(arguments))
    except BenchError as error:
        _say(f"bench: {error}")
        return 2
    except KeyboardInterrupt:
        _say("bench: interrupted")
        return INTERRUPTED
