"""What is printed, written and kept."""

import contextlib
import io
import pathlib
import re
import tempfile
import unittest
from html.parser import HTMLParser

from support import results_with, tables_of  # first: it sets the path

from harness import document, figures, goals, grid, main, page, rematch, report, tables
from harness.errors import BenchError


def everything():
    """A document with every part of the report in it."""
    names = ["jemalloc", "moonheap"]
    cells = {"jemalloc": figures.Figure(2.0, 1.0, 3.0), "moonheap": grid.exact(1.5)}
    grids = [grid.Grid(key, f"Title of {key}", "row", names, [
        grid.Row("thinned", "a row", cells), grid.Row("x", "none there", {"moonheap": None})])
        for key in report.MARKS]
    return document.Document([("Moonheap", "abc <&>"), ("CPU", "2")],
                             results_with(0.7, 0.6, rounds=2), [], grids)


class Page(unittest.TestCase):
    def page(self, made, verdicts=()):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "report.html"
            page.write(path, made, list(verdicts))
            return path.read_text(encoding="utf-8")

    def test_it_is_whole_and_needs_nothing_else(self):
        made = everything()
        text = self.page(made, goals.judge(made))
        parser = _Tags()
        parser.feed(text)
        self.assertEqual(parser.open, [])
        for part in report.parts(made, []).values():
            for table in part:
                if table.title != "Conditions":
                    self.assertIn(f"<h3>{table.title}</h3>", text)
        self.assertIn("abc &lt;&amp;&gt;", text)
        self.assertGreater(text.count("<svg"), 8)
        self.assertNotIn("src=", text)
        self.assertNotRegex(text, r'href="?https?:')
        identities = re.findall(r'\bid="([^"]+)"', text)
        self.assertEqual(len(identities), len(set(identities)))

    def test_the_legend_names_allocators_alone(self):
        made = everything()
        for one in made.grids:
            if one.key in ("choices", "packing", "peaks"):
                one.columns = ["an option", "a kind of memory"]
        legend = re.search(r"<div class=legend>(.*?)</div>", self.page(made)).group(1)
        names = re.findall(r"</i>(?:<b>)?([^<]+)", legend)
        self.assertEqual(names, ["moonheap", "jemalloc"])

    def test_what_one_looks_for_first_has_every_mean(self):
        made = everything()
        cards = re.findall(r"<div class=card><b>([^<]+)</b><span>([^<]+);", self.page(made))
        lines = [line[0] for line in report.mean_lines(made.results)]
        self.assertEqual([title for _, title in cards], lines)

    def test_a_section_alone_is_a_page(self):
        made = everything()
        made.results = None
        made.grids = [one for one in made.grids if one.key == "instructions"]
        text = self.page(made)
        self.assertIn("<h2 id=instructions>", text)
        self.assertNotIn("<h2 id=means>", text)


class OneCommand(unittest.TestCase):
    def test_it_fills_every_part_of_the_manual_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            manual, kept = folder / "performance.md", folder / "results.json"
            before = main.MANUAL.read_text(encoding="utf-8")
            manual.write_text(before, encoding="utf-8")
            document.save(kept, everything())
            arguments = ["--from", str(kept), "--goals", "--markdown", str(manual), "--build", name]
            with contextlib.redirect_stdout(io.StringIO()) as printed, \
                    contextlib.redirect_stderr(io.StringIO()):
                status = main.main(arguments)
                once = manual.read_text(encoding="utf-8")
                main.main(arguments)
            self.assertEqual(manual.read_text(encoding="utf-8"), once)
            self.assertTrue((folder / "bench" / "report.html").stat().st_size > 10000)
        self.assertEqual(status, 1)  # there is no figure for the instructions of a pair
        self.assertTrue(re.search("no figure +MISSED", printed.getvalue()))
        parts = re.compile(r"^<!-- (\w+) begin -->$.*?^<!-- \1 end -->$", re.M | re.S)
        self.assertEqual(parts.sub("", once), parts.sub("", before))
        for key in report.MARKS:
            self.assertIn(f"### Title of {key}\n", once)
        self.assertIn("### Goals\n", once)


class _Tags(HTMLParser):
    """The elements that are open."""

    ALONE = {"meta", "br", "path", "use", "rect"}

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.ALONE:
            assert self.open.pop() == tag, tag

    def handle_startendtag(self, tag, attrs):
        pass


class Output(unittest.TestCase):
    def test_markdown_replaces_what_is_between_the_marks_only(self):
        table = tables.Table("T", ["a", "b"])
        table.add("x", 1)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "page.md"
            path.write_text("head\n<!-- results begin -->\nold\n<!-- results end -->\ntail\n")
            report.write_markdown(path, {"results": [table]})
            text = path.read_text()
            report.write_markdown(path, {"results": [table]})
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
                report.write_markdown(path, {"results": [tables.Table("T", ["a", "b"])]})
            self.assertEqual(path.read_text(), "precious\n")

    def test_a_new_file_takes_all_parts_and_can_be_written_again(self):
        table = tables.Table("T", ["a", "b"])
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "page.md"
            for _ in range(2):
                report.write_markdown(path, {"results": [table], "sharing": [table, table]})
            text = path.read_text()
        self.assertEqual(text.count("### T"), 3)
        self.assertEqual(text.count(" begin -->"), 2)

    def test_the_manual_has_a_place_for_every_part(self):
        text = main.MANUAL.read_text(encoding="utf-8")
        for mark in {"results", "workloads", *report.MARKS.values()}:
            self.assertEqual(text.count(f"<!-- {mark} begin -->\n"), 1, mark)
            self.assertEqual(text.count(f"<!-- {mark} end -->\n"), 1, mark)
        self.assertIn("<!-- slower begin -->\n", text)

    def test_a_document_survives_its_file(self):
        made = document.Document([("CPU", "2")], results_with(0.7, 0.6, rounds=2), [
            rematch.Rematch("trees", figures.CPU, "mimalloc", (1.0, 1.5))], [
            grid.Grid("moments", "M", "m", ["a", "b"], [
                grid.Row("k", "label", {"a": figures.Figure(1.0, 0.5, 2.0), "b": None})])])
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.json"
            document.save(path, made)
            again = document.load(path)
        self.assertEqual([table.text() for table in tables_of(made).values()],
                         [table.text() for table in tables_of(again).values()])
        self.assertEqual(again.rematches, made.rematches)
        self.assertEqual(goals.judge(again)[0].figure, goals.judge(made)[0].figure)

    def test_what_is_no_document_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.json"
            for text in ("", "[]", "{}", '{"format": 0}'):
                path.write_text(text)
                with self.assertRaisesRegex(BenchError, "x.json"):
                    document.load(path)
            with self.assertRaisesRegex(BenchError, "cannot read"):
                document.load(pathlib.Path(folder) / "none.json")

    def test_spread_is_shown_where_it_is_wide(self):
        self.assertEqual(grid.text(figures.Figure(100.0, 99.9, 100.1), 1), "100.0")
        self.assertEqual(grid.text(figures.Figure(37.8, 34.2, 47.7), 1), "37.8 (34.2-47.7)")
        self.assertEqual(grid.text(None, 1), "-")

    def test_text_is_aligned(self):
        table = tables.Table("T", ["name", "n"])
        table.add("long name", 1)
        table.add("x", 100)
        self.assertEqual(table.text(), "T\n  name         n\n  long name    1\n  x          100\n")


if __name__ == "__main__":
    unittest.main()
