"""The figures and the goals, on samples made by hand: a verdict must be able to go either way."""

import contextlib
import io
import math
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import (  # noqa: E402
    allocators, figures, goals, inputs, main, report, tables, workloads)
from harness.errors import BenchError  # noqa: E402
from harness.measure import Sample  # noqa: E402

JEMALLOC = allocators.Allocator("jemalloc", "je.so")
MOONHEAP = allocators.Allocator("moonheap", "mh.so")


def sample(cpu_s, rss_kib, failure=""):
    return Sample(cpu_s, 0.0, rss_kib, 0, "", failure)


def results_with(cpu, rss, rounds=3):
    """All workloads; ours costs `cpu` and `rss` times what the base does."""
    rows = [*workloads.ROWS, workloads.HELLO]
    results = figures.Results(rows, [JEMALLOC, MOONHEAP], "jemalloc")
    for row in rows:
        base_rss = 1024 if row is workloads.HELLO else 50 * 1024
        for _ in range(rounds):
            results.add(row, JEMALLOC, sample(2.0, base_rss))
            results.add(row, MOONHEAP, sample(2.0 * cpu, round(base_rss * rss)))
    return results


class Figures(unittest.TestCase):
    def test_ratios_are_paired_by_round(self):
        row = workloads.ROWS[0]
        results = figures.Results([row], [JEMALLOC, MOONHEAP], "jemalloc")
        for base, ours in ((1.0, 0.5), (10.0, 8.0), (2.0, 2.0)):
            results.add(row, JEMALLOC, sample(base, 100))
            results.add(row, MOONHEAP, sample(ours, 50))
        self.assertEqual(results.ratio(row.name, "moonheap", figures.CPU),
                         figures.Figure(0.8, 0.5, 1.0))
        self.assertEqual(results.ratio(row.name, "moonheap", figures.RSS),
                         figures.Figure(0.5, 0.5, 0.5))

    def test_geometric_mean(self):
        self.assertAlmostEqual(figures.geometric_mean([0.5, 2.0]), 1.0)
        self.assertAlmostEqual(figures.geometric_mean([0.25, 0.5, 1.0]), 0.5)

    def test_group_is_mean_of_medians_and_spread_of_rounds(self):
        rows = workloads.ROWS[:2]
        results = figures.Results(rows, [JEMALLOC, MOONHEAP], "jemalloc")
        for ours in ((0.5, 0.8), (1.0, 0.2), (0.7, 0.4)):
            for row, cpu in zip(rows, ours):
                results.add(row, JEMALLOC, sample(1.0, 100))
                results.add(row, MOONHEAP, sample(cpu, 100))
        figure = results.group_ratio([row.name for row in rows], "moonheap", figures.CPU)
        self.assertAlmostEqual(figure.value, math.sqrt(0.7 * 0.4))
        self.assertAlmostEqual(figure.low, math.sqrt(0.2))
        self.assertAlmostEqual(figure.high, math.sqrt(0.4))

    def test_the_best_rival(self):
        row = workloads.ROWS[0]
        rival = allocators.Allocator("mimalloc", "mi.so")
        other = allocators.Allocator("other", "other.so")
        results = figures.Results([row], [JEMALLOC, MOONHEAP, rival, other], "jemalloc")
        for allocator, cpu in ((JEMALLOC, 2.0), (MOONHEAP, 1.5), (rival, 1.0), (other, 0.5)):
            results.add(row, allocator, sample(cpu, 100))
        self.assertEqual(results.best_of(row.name, ["jemalloc", "mimalloc"], figures.CPU),
                         "mimalloc")
        self.assertEqual(results.ratios(row.name, "moonheap", figures.CPU, "mimalloc"), [1.5])
        made = {table.title: table for table in report.tables(results, [])}
        rows = made["Moonheap more than 1.15 of the best rival"].rows
        self.assertEqual(rows, [[row.name, "CPU time", "mimalloc", "1.50 (1.50-1.50)"]])


class Goals(unittest.TestCase):
    def verdicts(self, results):
        return {(v.goal.metric, v.goal.group): v.is_met for v in goals.judge(results)}

    def test_all_met(self):
        self.assertTrue(all(self.verdicts(results_with(0.80, 0.70)).values()))

    def test_too_slow(self):
        verdicts = self.verdicts(results_with(0.95, 0.70))
        self.assertFalse(verdicts[figures.CPU, goals.ALL])
        self.assertTrue(verdicts[figures.CPU, workloads.MICRO])
        self.assertTrue(verdicts[figures.RSS, goals.ALL])

    def test_one_class_worse_than_the_base(self):
        verdicts = self.verdicts(results_with(0.85, 1.01))
        for group in workloads.CLASSES:
            self.assertFalse(verdicts[figures.RSS, group])
            self.assertTrue(verdicts[figures.CPU, group])

    def test_a_small_program_that_is_not_small(self):
        self.assertFalse(self.verdicts(results_with(0.8, 2.1))[goals.HELLO_RSS, ""])

    def test_a_failed_run_misses_its_goals(self):
        results = results_with(0.5, 0.5)
        row = next(row for row in workloads.ROWS if row.group == workloads.THREADED)
        results.add(row, MOONHEAP, sample(0, 0, "killed by signal 11"))
        verdicts = self.verdicts(results)
        self.assertFalse(verdicts[figures.CPU, goals.ALL])
        self.assertFalse(verdicts[figures.RSS, workloads.THREADED])
        self.assertTrue(verdicts[figures.RSS, workloads.MICRO])
        titles = [table.title for table in report.tables(results, [])]
        self.assertIn("Runs that failed", titles)

    def test_nothing_measured_is_a_miss(self):
        empty = figures.Results(workloads.ROWS, [JEMALLOC, MOONHEAP], "jemalloc")
        self.assertFalse(any(self.verdicts(empty).values()))


class FakeBench:
    """Answers as it is told, whatever is run; may be interrupted after so many runs."""

    def __init__(self, answer, runs_until_interrupt=None):
        self.answer = answer
        self.runs_left = runs_until_interrupt

    def prepare(self, workload):
        pass

    def run(self, workload, allocator):
        if self.runs_left is not None:
            self.runs_left -= 1
            if self.runs_left < 0:
                raise KeyboardInterrupt
        return Sample(1.0, 0.0, 1024, 0, self.answer)


class Answers(unittest.TestCase):
    def test_a_wrong_answer_is_a_failed_run(self):
        row = workloads.ROWS[0]
        taken = main._run_once(FakeBench("sum 2"), row, MOONHEAP, {row.name: "sum 1"})
        self.assertIn("wrong answer", taken.failure)

    def test_the_right_answer_is_none_of_that(self):
        row = workloads.ROWS[0]
        taken = main._run_once(FakeBench("sum 1"), row, MOONHEAP, {row.name: "sum 1"})
        self.assertEqual(taken.failure, "")


class Interrupted(unittest.TestCase):
    def measure(self, runs):
        rows = workloads.ROWS[:2]
        with contextlib.redirect_stderr(io.StringIO()):
            return main._measure(FakeBench("sum 1", runs), rows, [JEMALLOC, MOONHEAP],
                                 "jemalloc", 5)

    def test_whole_rounds_are_kept(self):
        # two runs for the answers, two rounds of four, and one run of the third round
        results, rounds = self.measure(2 + 2 * 4 + 1)
        self.assertEqual(rounds, 2)
        self.assertEqual({len(samples) for samples in results.samples.values()}, {2})

    def test_without_a_whole_round_there_is_no_result(self):
        with self.assertRaises(KeyboardInterrupt):
            self.measure(2 + 3)


class CommandLine(unittest.TestCase):
    def refuse(self, *arguments):
        with self.assertRaises(BenchError) as caught:
            main._main(main._parser().parse_args(arguments))
        return str(caught.exception)

    def test_refusals_say_what_to_do(self):
        self.assertIn("--base", self.refuse("--allocators", "glibc"))
        self.assertIn("leave out --only", self.refuse(
            "--allocators", "jemalloc=/bin/sh,moonheap=/bin/sh", "--goals", "--only", "x"))
        self.assertIn("both must be there", self.refuse(
            "--allocators", "jemalloc=/bin/sh", "--goals"))
        self.assertIn("at least one round", self.refuse("--rounds", "0"))
        self.assertIn("--list", self.refuse(
            "--allocators", "jemalloc=/bin/sh", "--only", "no-such-workload"))


class Rows(unittest.TestCase):
    def test_names_are_unique_and_classes_known(self):
        names = [row.name for row in workloads.ROWS]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual({row.group for row in workloads.ROWS}, set(workloads.CLASSES))

    def test_every_row_has_as_many_smoke_arguments_as_full_ones(self):
        for row in workloads.ROWS:
            self.assertEqual(len(row.full), len(row.smoke), row.name)

    def test_the_manual_describes_every_workload(self):
        manual = pathlib.Path(__file__).resolve().parents[2] / "docs" / "performance.md"
        text = manual.read_text(encoding="utf-8")
        for row in workloads.ROWS:
            self.assertIn(f"| {row.name} | {row.group} | {row.why} |", text)

    def test_selection(self):
        self.assertEqual(workloads.select(None), list(workloads.ROWS))
        self.assertEqual([row.name for row in workloads.select("pair-64")], ["pair-64"])
        self.assertEqual({row.group for row in workloads.select("threaded")}, {"threaded"})
        self.assertEqual(workloads.select("no-such-workload"), [])


class Allocators(unittest.TestCase):
    def test_bad_names_are_answered_in_words(self):
        for text, words in (("nomalloc", "unknown allocator"), ("x=/no/such.so", "no library"),
                            ("", "no allocator"), ("glibc,glibc", "twice")):
            with self.assertRaisesRegex(BenchError, words):
                allocators.resolve(text, "/no/such/build")

    def test_options_go_to_the_allocator_that_they_name(self):
        first, second = allocators.configure([JEMALLOC, MOONHEAP], ["moonheap=narenas:1"])
        self.assertEqual(first.environment(), {})
        self.assertEqual(second.environment(), {"MALLOC_CONF": "narenas:1"})
        for text in ("tcmalloc=narenas:1", "narenas:1"):
            with self.assertRaisesRegex(BenchError, "NAME=OPTIONS"):
                allocators.configure([JEMALLOC], [text])

    def test_moonheap_that_is_not_built(self):
        with self.assertRaisesRegex(BenchError, "./dev build"):
            allocators.resolve("moonheap", "/no/such/build")


class Output(unittest.TestCase):
    def test_markdown_replaces_what_is_between_the_marks_only(self):
        table = tables.Table("T", ["a", "b"])
        table.add("x", 1)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "page.md"
            path.write_text("head\n<!-- results begin -->\nold\n<!-- results end -->\ntail\n")
            report.write_markdown(path, "results", [table])
            text = path.read_text()
            report.write_markdown(path, "results", [table])
            self.assertEqual(path.read_text(), text)
        self.assertTrue(text.startswith("head\n<!-- results begin -->\n"))
        self.assertTrue(text.endswith("<!-- results end -->\ntail\n"))
        self.assertIn("| x | 1 |", text)
        self.assertNotIn("old", text)

    def test_a_file_without_marks_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "page.md"
            path.write_text("precious\n")
            with self.assertRaisesRegex(BenchError, "results begin"):
                report.write_markdown(path, "results", [tables.Table("T", ["a", "b"])])
            self.assertEqual(path.read_text(), "precious\n")

    def test_text_is_aligned(self):
        table = tables.Table("T", ["name", "n"])
        table.add("long name", 1)
        table.add("x", 100)
        self.assertEqual(table.text(), "T\n  name         n\n  long name    1\n  x          100\n")


class Inputs(unittest.TestCase):
    def test_the_same_bytes_each_time(self):
        made = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                data = pathlib.Path(folder)
                inputs.c_source(data, "3")
                inputs.redis_commands(data, "200")
                made.append([path.read_bytes() for path in sorted(data.iterdir())])
        self.assertEqual(made[0], made[1])
        self.assertTrue(all(made[0]))


if __name__ == "__main__":
    unittest.main()
