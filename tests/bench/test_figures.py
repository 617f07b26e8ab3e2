"""Figures: ratios, means, groups, rematches."""

import math
import unittest

from support import JEMALLOC, MOONHEAP, results_with, sample, tables_of  # first: it sets the path

from harness import allocators, document, figures, groups, rematch, workloads


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
        made = tables_of(document.Document([], results))
        self.assertEqual(made["More than 1.15 of the best rival"].rows,
                         [[row.name, "CPU time", "mimalloc", "1.50 (1.50-1.50)", "not played", ""]])


class Rematches(unittest.TestCase):
    def test_interval_is_that_of_the_sign_test(self):
        self.assertEqual(rematch.median_interval(range(10)), (1, 8))
        self.assertEqual(rematch.median_interval(range(5)), (0, 4))
        self.assertEqual(rematch.median_interval(range(15)), (3, 11))
        self.assertEqual(rematch.median_interval([7]), (7, 7))

    def test_one_lucky_and_one_unlucky_round_decide_nothing(self):
        slow = rematch.Rematch("x", figures.CPU, "mimalloc", (1.0, *[1.2] * 8, 9.0))
        self.assertTrue(slow.is_behind)
        unproven = rematch.Rematch("x", figures.CPU, "mimalloc", (1.0, 1.1, *[1.3] * 8))
        self.assertFalse(unproven.is_behind)
        self.assertTrue(rematch.Rematch("x", figures.CPU, "mimalloc", ()).is_behind)  # failed

    def test_only_suspects_play_and_the_order_changes(self):
        rows = workloads.ROWS[:2]
        rival = allocators.Allocator("mimalloc", "mi.so")
        results = figures.Results(rows, [JEMALLOC, MOONHEAP, rival], "jemalloc")
        for row, ours in zip(rows, (1.0, 2.0)):
            for allocator, cpu in ((JEMALLOC, 3.0), (MOONHEAP, ours), (rival, 1.0)):
                results.add(row, allocator, sample(cpu, 100))
        runs = []

        def run(row, allocator):
            runs.append((row.name, allocator.name))
            return sample(2.0 if allocator is MOONHEAP else 1.0, 100)

        made = rematch.play_all(run, results, lambda text: None)
        self.assertEqual({name for name, _ in runs}, {rows[1].name})
        self.assertEqual([name for _, name in runs[:4]],
                         ["mimalloc", "moonheap", "moonheap", "mimalloc"])
        self.assertEqual(made, [rematch.Rematch(rows[1].name, figures.CPU, "mimalloc",
                                                (2.0,) * rematch.ROUNDS)])


class Groups(unittest.TestCase):
    def test_large_programs_are_large_and_programs(self):
        results = results_with(0.8, 0.7)
        small = next(row.name for row in workloads.ROWS if row.group == workloads.PROGRAMS)
        for number, _ in enumerate(results.samples[small, "jemalloc"]):
            results.samples[small, "jemalloc"][number] = sample(1, 1024)
        names = groups.names_in(results, groups.LARGE_PROGRAMS)
        programs = groups.names_in(results, workloads.PROGRAMS)
        self.assertEqual(set(programs) - set(names), {small})
        self.assertNotIn("hello", groups.names_in(results, groups.ALL))


if __name__ == "__main__":
    unittest.main()
