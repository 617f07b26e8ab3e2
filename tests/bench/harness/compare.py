"""The comparison: rounds in which every workload runs once on each allocator, and the rematches."""

import dataclasses
import sys
import time

from . import rematch
from .allocators import Allocator
from .errors import BenchError
from .figures import Results


def say(text):
    print(text, file=sys.stderr, flush=True)


def _refuse_missing(bench, rows):
    missing = sorted({package for row in rows for package in bench.missing(row)})
    if missing:
        raise BenchError("programs of some workloads are not there; install them: "
                         f"apt-get install {' '.join(missing)} (or leave them out with --only)")


def _reference_answers(bench, rows):
    """One run of each on the C library: it warms the file cache, and its answer is the right one."""
    reference = Allocator("reference", "-")
    answers = {}
    for row in rows:
        bench.prepare(row)
        sample = bench.run(row, reference)
        if sample.failure:
            raise BenchError(f"{row.name} fails without any preloaded library: {sample.failure}")
        answers[row.name] = sample.answer
    return answers


def run_once(bench, row, allocator, answers):
    sample = bench.run(row, allocator)
    if not sample.failure and sample.answer != answers[row.name]:
        wrong = f"wrong answer: {sample.answer!r} instead of {answers[row.name]!r}"
        return dataclasses.replace(sample, failure=wrong)
    return sample


def measure(bench, rows, chosen, base, rounds):
    """Round by round and workload by workload, all allocators in a row, in an order that moves on
    by one each time: nobody always runs first, or always after the same neighbour. Ctrl-C ends it
    with the rounds that are whole. Returns the results, how many rounds they are, and the right
    answers."""
    _refuse_missing(bench, rows)
    results = Results(rows, chosen, base)
    say(f"{len(rows)} workloads, {len(chosen)} allocators, {rounds} rounds; first a run of each "
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
            say(f"interrupted: these are the {number} rounds that are whole")
            return results, number, answers
        say(f"round {number + 1} of {rounds}: {time.monotonic() - start:.0f} s")
    return results, rounds, answers


def _measure_round(bench, results, answers, number):
    chosen = results.allocators
    for position, row in enumerate(results.workloads):
        first = (number + position) % len(chosen)
        for allocator in chosen[first:] + chosen[:first]:
            for _ in range(row.repeats):
                sample = run_once(bench, row, allocator, answers)
                results.add(row, allocator, sample)
                if sample.failure:
                    say(f"{row.name} on {allocator.name}: {sample.failure}")


def rematches(bench, results, answers):
    def run(row, allocator):
        return run_once(bench, row, allocator, answers)

    return rematch.play_all(run, results, say)
