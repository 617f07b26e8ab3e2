#!/usr/bin/python3
"""test_dev.py - what ./dev says of itself, and of arguments that are wrong: at once, in words, without
building or installing anything.
"""

import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def dev(*arguments):
    done = subprocess.run([ROOT / "dev", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


class Dev(unittest.TestCase):
    def words(self):
        """The commands that the short help lists."""
        status, text, _ = dev()
        self.assertEqual(status, 0)
        words = [line.split()[0] for line in text.splitlines()
                 if line.startswith("  ") and not line.startswith("   ")]
        self.assertIn("build", words)
        return words

    def test_every_command_explains_itself(self):
        for word in self.words():
            with self.subTest(word):
                status, text, said = dev("help", word)
                self.assertEqual((status, said), (0, ""))
                self.assertTrue(text.startswith(f"./dev {word}"), text)
                self.assertGreater(len(text.splitlines()), 1)
                self.assertEqual(dev(word, "--help"), (0, text, ""))
                self.assertEqual(dev(word, "-h"), (0, text, ""))

    def test_the_short_help_has_the_first_paragraphs(self):
        short = dev("help")[1]
        self.assertEqual(dev("--help")[1], short)
        for word in self.words():
            first = dev("help", word)[1].splitlines()[1].strip()
            self.assertIn(first, short)

    def test_wrong_arguments_are_told(self):
        for line, words in (("bild", "no command 'bild'"),
                            ("build fast", "no preset 'fast'; there are release,"),
                            ("demo --shel", "--shell or nothing, not '--shel'"),
                            ("test --ful", "--full or nothing, not '--ful'"),
                            ("lint spelling", "no check 'spelling'; there are:"),
                            ("pages all", "takes no arguments"),
                            ("bench --foo", "unrecognized arguments: --foo"),
                            ("fuzz soon", "how many seconds? (soon is no positive number)"),
                            ("fuzz 1 core", "no target 'core'; there are:"),
                            ("soak 0", "how many minutes? ('0' is no positive number)"),
                            ("soak 1 2", "one number of minutes, not '1 2'"),
                            ("packages bild", "no command 'bild'; there are:"),
                            ("install-packages bild", "no command 'bild'; there are:"),
                            ("help bild", "no command 'bild'; there are:")):
            with self.subTest(line):
                status, text, said = dev(*line.split())
                self.assertEqual((status, text), (2, ""))
                self.assertIn(words, said)

    def test_packages_of_a_command(self):
        all_of_them, of_soak = dev("packages")[1], dev("packages", "soak")[1]
        self.assertLess(len(of_soak.splitlines()), len(all_of_them.splitlines()))
        self.assertIn("redis-server", of_soak)
        self.assertNotIn("mandoc", of_soak)
        self.assertTrue(set(of_soak.splitlines()) <= set(all_of_them.splitlines()))


if __name__ == "__main__":
    unittest.main()
