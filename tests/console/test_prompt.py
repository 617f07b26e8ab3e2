#!/usr/bin/python3
"""test_prompt.py: the prompt of `moonheap attach` on a terminal, against a fake agent."""

import os
import signal
import stat
import time
from pathlib import Path

from support import MOONHEAP, ConsoleCase, Target, Terminal, main


class PromptTest(ConsoleCase):
    def attach(self, *words, greeting="welcome", **environment):
        self.target = Target(self, greeting)
        terminal = Terminal(self, [MOONHEAP, "attach", self.target.pid, *words], **environment)
        terminal.expect(rf"attached to python3 \(pid {self.target.pid}\)")
        self.prompt = rf"python3:{self.target.pid} (observer|operator)> $"
        terminal.expect(self.prompt)
        return terminal

    def leave(self, terminal):
        """Ctrl-D, once the prompt is there to take it."""
        if not terminal.matched.endswith("> "):
            terminal.expect(self.prompt)
        terminal.send("\x04")
        self.assertEqual(terminal.wait(), 0)

    def test_a_value_and_the_end(self):
        terminal = self.attach()
        terminal.line("stats.allocated")
        terminal.expect(r"\nstats\.allocated\n")
        terminal.expect(self.prompt)
        self.leave(terminal)

    def test_prompt_shows_the_role(self):
        terminal = self.attach("--role", "operator")
        terminal.line("change")
        terminal.expect("operator> $")
        terminal.send("\x04")
        terminal.expect(r"stays changed:\narena\.0\.dirty_decay_ms: 10000 -> 500\n")
        self.assertEqual(terminal.wait(), 0)

    def test_output_comes_before_the_next_prompt(self):
        terminal = self.attach()
        terminal.line("out")
        terminal.expect(r"line 0\nline 1\nline 2\n" + self.prompt)
        self.leave(terminal)

    def test_unfinished_statement_goes_on(self):
        terminal = self.attach()
        terminal.line("for i = 1, 2 do")
        terminal.expect(r" +\.\.\.> $")
        terminal.line("print(i)")
        terminal.expect(r" +\.\.\.> $")
        terminal.line("end")
        terminal.expect(r"\nfor i = 1, 2 do\nprint\(i\)\nend\n")
        terminal.expect(self.prompt)
        self.leave(terminal)

    def test_equals_sign_shows_a_value(self):
        terminal = self.attach()
        terminal.line("= 1 + 1")
        terminal.expect(r"\nreturn  1 \+ 1\n")
        self.leave(terminal)

    def test_error_does_not_end_the_session(self):
        terminal = self.attach()
        terminal.line("error")
        terminal.expect(r"no such name: stats\.alocated; did you mean stats\.allocated\?\\x1B\[0m")
        terminal.expect(self.prompt)
        terminal.line("version")
        terminal.expect(r"\nversion\n")
        self.leave(terminal)

    def test_help(self):
        terminal = self.attach()
        terminal.line("help stats.resident")
        terminal.expect(r"help on stats\.resident\n")
        terminal.line(".help stats.active")
        terminal.expect(r"help on stats\.active\n")
        terminal.line("help")
        terminal.expect(r"help on everything\n")
        terminal.line("help(1)")
        terminal.expect(r"\nhelp\(1\)\n")
        terminal.line(".help")
        terminal.expect(r"\.role \[observer\|operator\]")
        terminal.expect(r"\.quit")
        terminal.line(".nosuch")
        terminal.expect(r"there is no command \.nosuch; \.help lists them")
        self.leave(terminal)

    def test_remote_text_cannot_steer_the_terminal(self):
        terminal = self.attach("--color", "never")
        terminal.line("escape")
        terminal.expect(r"a\\x1B\]0;owned\\x07b\\x9Bc\\u\{202E\}dé\\xFF\nv\\x1B\[2Jw\n")
        self.leave(terminal)

    # --- Ctrl-C ------------------------------------------------------------------------------

    def test_ctrl_c_clears_the_line(self):
        terminal = self.attach()
        terminal.send("some text")
        terminal.expect("some text")
        terminal.send("\x03")
        terminal.expect(r"\^C\n" + self.prompt)
        terminal.line("other")
        terminal.expect(r"\nother\n")
        self.leave(terminal)

    def test_ctrl_c_leaves_an_unfinished_statement(self):
        terminal = self.attach()
        terminal.line("do")
        terminal.expect(r"\.\.\.> $")
        terminal.send("\x03")
        terminal.expect(self.prompt)
        terminal.line("1")
        terminal.expect(r"\n1\n")
        self.leave(terminal)

    def test_ctrl_c_cancels_the_statement_and_not_the_target(self):
        terminal = self.attach()
        terminal.line("wait")
        terminal.expect("waiting\n")
        terminal.send("\x03")
        terminal.expect(r"cancelling; Ctrl-C again detaches")
        terminal.expect(r"\ncancelled\n")
        terminal.expect(self.prompt)
        self.assertIsNone(self.target.process.poll())
        terminal.line("2")
        terminal.expect(r"\n2\n")
        self.leave(terminal)

    def test_ctrl_c_stops_a_flood(self):
        terminal = self.attach()
        terminal.line("flood")
        terminal.expect("moonheap\nmoonheap\n")
        terminal.send("\x03")
        terminal.expect("cancelled\n")
        terminal.expect(self.prompt)
        self.leave(terminal)

    def test_second_ctrl_c_detaches(self):
        terminal = self.attach()
        terminal.line("stubborn")
        terminal.expect("waiting\n")
        terminal.send("\x03")
        terminal.expect("cancelling")
        terminal.send("\x03")
        terminal.expect("detaching; Ctrl-C again quits at once")
        self.assertEqual(terminal.wait(), 0)
        self.assertIsNone(self.target.process.poll())

    def test_third_ctrl_c_quits_at_once(self):
        terminal = self.attach()
        terminal.line("stubborn")
        terminal.expect("waiting\n")
        os.kill(self.target.pid, signal.SIGSTOP)  # not even the goodbye is answered
        self.addCleanup(os.kill, self.target.pid, signal.SIGCONT)
        terminal.send("\x03")
        terminal.expect("cancelling")
        terminal.send("\x03")
        terminal.expect("detaching; Ctrl-C again quits at once")
        begin = time.monotonic()
        terminal.send("\x03")
        terminal.wait()
        self.assertLess(time.monotonic() - begin, 1.5)

    # --- the end of the other side ---------------------------------------------------------------

    def test_killed_while_idle(self):
        terminal = self.attach()
        self.target.process.kill()
        terminal.expect(rf"python3 \(pid {self.target.pid}\) has ended while we were attached")
        self.assertEqual(terminal.wait(), 4)

    def test_killed_in_the_middle_of_an_answer(self):
        terminal = self.attach()
        terminal.line("die")
        terminal.expect(rf"python3 \(pid {self.target.pid}\) has ended while we were attached")
        self.assertEqual(terminal.wait(), 4)

    def test_terminal_is_restored(self):
        """However the session ends: the shell's terminal is as it was."""
        shell = Terminal(self, ["/bin/sh"], PS1="shell: ")
        for victim in ("target", "console"):
            target = Target(self)
            shell.expect("shell: ")
            shell.line(f"cd {self.directory}; stty -a >before; {MOONHEAP} attach {target.pid}; "
                       "stty -a >after; cmp before after && echo sa''me")
            shell.expect("observer> ")
            children = Path(f"/proc/{shell.pid}/task/{shell.pid}/children").read_text()
            os.kill(target.pid if victim == "target" else int(children), signal.SIGTERM)
            shell.expect("same")

    def test_stopped_and_resumed(self):
        """Ctrl-Z, and fg: the prompt takes the terminal back and keeps the line."""
        shell = Terminal(self, ["/bin/bash", "--norc", "--noprofile"], PS1="shell: ")
        target = Target(self)
        shell.expect(r"\$ $|shell: $")
        shell.line(f"{MOONHEAP} attach {target.pid}")
        shell.expect("observer> $")
        shell.send("half a")
        shell.expect("half a")
        shell.send("\x1a")
        shell.expect("Stopped")
        shell.line("fg")
        shell.expect("observer> half a$")
        shell.send(" line\r")
        shell.expect(r"\nhalf a line\n")
        shell.expect("observer> $")
        shell.send("\x04")
        shell.expect(r"\$ $|shell: $")

    # --- completion ------------------------------------------------------------------------------

    def test_completion(self):
        terminal = self.attach()
        terminal.send("stats.al\t")
        terminal.expect(r"stats\.allocated$")
        terminal.line("")
        terminal.expect(r"\nstats\.allocated\n")
        terminal.expect(self.prompt)
        terminal.send("print(stats.r\t")
        terminal.expect(r"print\(stats\.resident$")
        terminal.send("\x03")
        terminal.expect(self.prompt)
        self.leave(terminal)

    def test_completion_lists_the_last_parts(self):
        """libedit has no way to leave the first parts out."""
        terminal = self.attach()
        terminal.send("stats.a\t\t")
        terminal.expect(r"a\n((?:stats\.)?)active +\1allocated +\1arenas")
        terminal.send("\x03")
        terminal.expect(self.prompt)
        self.leave(terminal)

    def test_completion_of_commands(self):
        terminal = self.attach()
        terminal.send(".ro\t")
        terminal.expect(r"\.role$")
        terminal.send(" op\t")
        terminal.expect(r"operator$")
        terminal.line("")
        terminal.expect(r"operator> $")
        terminal.send("help stats.res\t")
        terminal.expect(r"help stats\.resident$")
        terminal.send("\x03")
        self.leave(terminal)

    def test_slow_completion_does_not_block_typing(self):
        terminal = self.attach()
        begin = time.monotonic()
        terminal.send("slow\t")
        terminal.send("ly")
        terminal.expect("slowly")
        self.assertLess(time.monotonic() - begin, 2.5)  # the fake takes 5 s
        terminal.line("")
        terminal.expect(r"\nslowly\n")
        self.leave(terminal)

    # --- commands of the prompt ------------------------------------------------------------------

    def test_role(self):
        terminal = self.attach()
        terminal.line(".role")
        terminal.expect(r"\nobserver\n")
        terminal.line(".role operator")
        terminal.expect("this is another session now")
        terminal.expect("operator> $")
        terminal.line(".role king")
        terminal.expect("a role is observer or operator")
        self.leave(terminal)

    def test_script(self):
        (self.scripts / "look.lua").write_text("-- look: what there is\nreturn 1\n")
        terminal = self.attach()
        terminal.line(".script look --deep 'two words'")
        terminal.expect(r'"script": "look.lua", "arguments": \["--deep", "two words"\]')
        words = [str(n) for n in range(150)]
        terminal.line(".script look " + " ".join(words))
        terminal.expect(r'"arguments": \["0", .*"149"\]')
        terminal.line(".script look 'two words")
        terminal.expect("a quote is not closed")
        terminal.line(".scripts")
        terminal.expect(r"\n  look +what there is\n")
        terminal.line(".script nosuch")
        terminal.expect(r"there is no script nosuch; the canned ones are: look")
        self.leave(terminal)

    def test_timeout(self):
        terminal = self.attach()
        terminal.line(".timeout")
        terminal.expect(r"\nno limit\n")
        terminal.line(".timeout soon")
        terminal.expect("give seconds")
        terminal.line(".timeout 0.05")
        terminal.line(".timeout")
        terminal.expect(r"\n0\.05 s\n")
        terminal.line("stubborn")
        terminal.expect("did not answer within its time limit")
        self.assertEqual(terminal.wait(), 5)

    def test_quit(self):
        terminal = self.attach()
        terminal.line(".quit")
        self.assertEqual(terminal.wait(), 0)

    def test_pager(self):
        terminal = self.attach("--pager", PAGER="sed s/^/paged:/")
        terminal.line("lines")
        terminal.expect(r"paged:row 0\n")
        terminal.expect(r"paged:row 199\n")
        terminal.expect(self.prompt)
        terminal.line("out")  # shorter than the screen
        terminal.expect(r"\nline 0\n")
        terminal.line(".pager off")
        terminal.line("lines")
        terminal.expect(r"\nrow 199\n")
        self.leave(terminal)

    def test_pager_that_leaves_early_cancels(self):
        terminal = self.attach("--pager", PAGER="head -n 2")
        terminal.line("flood")
        terminal.expect(r"cancelled\n")
        terminal.expect(self.prompt)
        self.leave(terminal)

    # --- history ---------------------------------------------------------------------------------

    def test_history_outlives_the_session(self):
        terminal = self.attach()
        terminal.line("do")
        terminal.line("end")
        terminal.expect(self.prompt)
        terminal.line("stats.active")
        terminal.expect(self.prompt)
        self.leave(terminal)
        files = list((self.directory / "state" / "moonheap").iterdir())
        self.assertEqual(len(files), 1)
        self.assertEqual(stat.S_IMODE(files[0].stat().st_mode), 0o600)
        terminal = self.attach()
        terminal.send("\x1b[A\x1b[A\r")  # the statement of two lines is one entry
        terminal.expect(r"\ndo\nend\n")
        self.leave(terminal)

    # --- colours ---------------------------------------------------------------------------------

    def colors(self, *words, **environment):
        target = Target(self)
        terminal = Terminal(self, [MOONHEAP, "attach", target.pid, *words], **environment)
        while "observer>" not in terminal.seen:
            self.assertTrue(terminal.read(10))
        terminal.read(0.2)
        return "\x1b[32m" in terminal.seen

    def test_colors(self):
        self.assertTrue(self.colors())
        self.assertFalse(self.colors(NO_COLOR="1"))
        self.assertFalse(self.colors(TERM="dumb"))
        self.assertFalse(self.colors("--color=never"))
        self.assertTrue(self.colors("--color=always", NO_COLOR="1"))


if __name__ == "__main__":
    main()
