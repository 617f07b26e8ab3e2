"""Running: answers, interruptions, the command line, workloads, allocators, inputs."""

import contextlib
import io
import pathlib
import tempfile
import unittest

from support import JEMALLOC, MOONHEAP  # first: it sets the path

from harness import allocators, choices, compare, goals, inputs, main, workloads
from harness.errors import BenchError
from harness.measure import Sample


class FakeBench:
    """Answers as it is told, whatever is run; may be interrupted after so many runs."""

    def __init__(self, answer, runs_until_interrupt=None):
        self.answer = answer
        self.runs_left = runs_until_interrupt

    def prepare(self, workload):
        pass

    def missing(self, workload):
        return ()

    def run(self, workload, allocator):
        if self.runs_left is not None:
            self.runs_left -= 1
            if self.runs_left < 0:
                raise KeyboardInterrupt
        return Sample(1.0, 0.0, 1024, 0, self.answer)


class Answers(unittest.TestCase):
    def test_a_wrong_answer_is_a_failed_run(self):
        row = workloads.ROWS[0]
        taken = compare.run_once(FakeBench("sum 2"), row, MOONHEAP, {row.name: "sum 1"})
        self.assertIn("wrong answer", taken.failure)

    def test_the_right_answer_is_none_of_that(self):
        row = workloads.ROWS[0]
        taken = compare.run_once(FakeBench("sum 1"), row, MOONHEAP, {row.name: "sum 1"})
        self.assertEqual(taken.failure, "")


class Interrupted(unittest.TestCase):
    def measure(self, runs, rows=workloads.ROWS[:2]):
        with contextlib.redirect_stderr(io.StringIO()):
            return compare.measure(FakeBench("sum 1", runs), rows, [JEMALLOC, MOONHEAP],
                                   "jemalloc", 5)[:2]

    def test_whole_rounds_are_kept(self):
        # two runs for the answers, two rounds of four, and one run of the third round
        results, rounds = self.measure(2 + 2 * 4 + 1)
        self.assertEqual(rounds, 2)
        self.assertEqual({len(samples) for samples in results.samples.values()}, {2})

    def test_a_round_may_hold_several_runs_of_a_workload(self):
        rows = (workloads.ROWS[0], workloads.HELLO)
        each = workloads.HELLO.repeats
        results, rounds = self.measure(2 + 2 * (2 + 2 * each) + 2 + 3, rows)
        self.assertEqual(rounds, 2)
        self.assertEqual({len(samples) for samples in results.samples.values()}, {2, 2 * each})

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

    def test_options_are_compared_on_workloads_that_exist(self):
        names = {row.name for row in workloads.ROWS}
        self.assertEqual(set(choices.WORKLOADS) - names, set())

    def test_the_manual_explains_workloads_that_exist(self):
        explained = goals.explained_in(main.MANUAL.read_text(encoding="utf-8"))
        self.assertEqual(explained - {row.name for row in workloads.ROWS}, set())

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
