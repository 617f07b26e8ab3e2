#!/usr/bin/python3
"""test_command.py: eval, script, scripts, ps, attach without a terminal, and every kind of bad input.

A fake agent stands on the other side, so that refusals, nonsense and broken connections can be
brought about at will.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from support import MOONHEAP, PYTHON, ConsoleCase, Target, main


class EvalTest(ConsoleCase):
    def test_value(self):
        target = Target(self)
        self.check(["eval", target.pid, "stats.allocated"], out="stats.allocated\n")
        self.check(["eval", target.pid, "=1"], out="return 1\n")
        self.check(["eval", target.pid, "long"], out="x" * 3000 + "end\n")
        self.check(["eval", target.pid, "out"], out="line 0\nline 1\nline 2\n")

    def test_text_from_stdin(self):
        target = Target(self)
        self.check(["eval", target.pid, "-"], stdin="local x = 1\nreturn x\n",
                   out="local x = 1\nreturn x\n")

    def test_json(self):
        target = Target(self)
        done = self.check(["eval", target.pid, "x", "--json", "--timeout=2.5"])
        self.assertEqual(json.loads(done.stdout), {"value": "x", "limit": "2500"})
        # What a statement prints stays out of the JSON.
        self.check(["eval", target.pid, "out", "--json"], out="", err="line 0\nline 1\nline 2\n")

    def test_json_stays_json_when_it_is_made_harmless(self):
        target = Target(self)
        done = self.check(["eval", "--json", target.pid, "x\u202e\x7f"])
        self.assertNotIn("\x7f", done.stdout)
        self.assertEqual(json.loads(done.stdout)["value"], "x\u202e\x7f")

    def test_exit_codes(self):
        target = Target(self)
        self.check(["eval", target.pid, "error"], 1, "", r"did you mean stats\.allocated\?")
        self.check(["eval", target.pid, "denied"], 3, "", "needs the operator role")
        self.check(["eval", target.pid, "late"], 5, "", "stopped after its time limit")
        self.check(["eval", target.pid, "huge"], 4, "", "frame longer than the protocol allows")
        self.check(["eval", target.pid, "close"], 4, "",
                   "closed the connection; the process still runs")
        self.check(["eval", target.pid, "die"], 4, "",
                   rf"python3 \(pid {target.pid}\) has ended while we were attached")

    def test_answers_to_nobody_are_passed_over(self):
        self.check(["eval", Target(self).pid, "stray"], out="still here\n")

    def test_what_stays_changed_is_told(self):
        self.check(["eval", Target(self).pid, "change", "--role=operator"], out="",
                   err="stays changed:\narena.0.dirty_decay_ms: 10000 -> 500\n")

    def test_an_agent_that_never_answers(self):
        target = Target(self)
        begin = time.monotonic()
        self.check(["eval", target.pid, "stubborn", "--timeout", "0.1"], 5, "waiting\n",
                   "did not answer within its time limit")
        self.assertLess(time.monotonic() - begin, 8)

    def test_ctrl_c_cancels(self):
        target = Target(self)
        client = subprocess.Popen([MOONHEAP, "eval", str(target.pid), "wait"],
                                  env=self.environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.assertEqual(client.stdout.readline(), "waiting\n")
        client.send_signal(signal.SIGINT)
        _, err = client.communicate(timeout=10)
        self.assertEqual(client.returncode, 1)
        self.assertIn("cancelled", err)
        self.assertIsNone(target.process.poll())

    def test_a_client_that_is_killed_leaves_the_agent_running(self):
        target = Target(self)
        client = subprocess.Popen([MOONHEAP, "eval", str(target.pid), "flood"],
                                  env=self.environment, stdout=subprocess.PIPE)
        client.stdout.read(100)
        client.kill()
        client.communicate()
        self.check(["eval", target.pid, "1"], out="1\n")

    def test_output_that_cannot_be_written(self):
        target = Target(self)
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([MOONHEAP, "eval", str(target.pid), "flood"], stdout=full,
                                  stderr=subprocess.PIPE, env=self.environment, text=True,
                                  timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write the output: No space left on device", done.stderr)

    def test_tables_and_help_that_cannot_be_written(self):
        Target(self)
        for words in (["ps"], ["ps", "--json"], ["help"], ["help", "page"], ["--help"],
                      ["--version"], ["attach", "--help"]):
            with open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([MOONHEAP, *words], stdout=full, stderr=subprocess.PIPE,
                                      env=self.environment, text=True, timeout=20)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("moonheap: cannot write the output", done.stderr)

    def test_a_reader_that_leaves_cancels(self):
        target = Target(self)
        done = subprocess.run(f"{MOONHEAP} eval {target.pid} flood | head -n 1", shell=True,
                              env=self.environment, capture_output=True, text=True, timeout=20)
        self.assertEqual(done.stdout, "moonheap\n")


class GreetingTest(ConsoleCase):
    def greeted(self, greeting, code, err):
        self.check(["eval", Target(self, greeting).pid, "1"], code, "", err)

    def test_refused(self):
        self.greeted("refuse", 3, r"refuses: four consoles are attached already\\x1B\[31m")

    def test_another_version(self):
        self.greeted("version", 3, "speaks protocol 2 and this console speaks 1; use the moonheap")

    def test_nonsense(self):
        self.greeted("nonsense", 4, "no Moonheap agent, or one of another version")

    def test_another_frame(self):
        self.greeted("other", 4, "something else than a greeting")

    def test_oversize(self):
        self.greeted("oversize", 4, "frame longer than the protocol allows")

    def test_hangup(self):
        self.greeted("hangup", 4, "closed the connection; the process still runs")

    def test_ctrl_c_while_the_greeting_is_awaited(self):
        target = Target(self, "silent")
        client = subprocess.Popen([MOONHEAP, "eval", str(target.pid), "1"], text=True,
                                  env=self.environment, stderr=subprocess.PIPE)
        time.sleep(0.3)
        client.send_signal(signal.SIGINT)
        _, err = client.communicate(timeout=4)
        self.assertEqual(client.returncode, 1)
        self.assertRegex(err, r"cancelled before python3 \(pid \d+\) answered")

    def test_stopped_process(self):
        target = Target(self)
        target.process.send_signal(signal.SIGSTOP)
        self.addCleanup(target.process.send_signal, signal.SIGCONT)
        self.check(["eval", target.pid, "1"], 5, "", "it is stopped, by a signal or a debugger",
                   patience=20)


class TargetTest(ConsoleCase):
    def test_dead_pid(self):
        self.check(["eval", 2 ** 22 + 1, "1"], 3, "", "no process 4194305: it has ended, or the")
        self.check(["eval", "0", "1"], 3, "", "no process 0")
        self.check(["eval", "99999999999999999999", "1"], 3, "", "no process")

    def test_process_without_an_agent(self):
        other = subprocess.Popen(["sleep", "60"])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        while Path(f"/proc/{other.pid}/comm").read_text() != "sleep\n":
            time.sleep(0.01)
        self.check(["eval", other.pid, "1"], 3, "",
                   rf"sleep \(pid {other.pid}\) has no Moonheap agent; start it with "
                   r"`moonheap run -- sleep")

    def test_zombie(self):
        other = subprocess.Popen(["true"])
        self.addCleanup(other.wait)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with open(f"/proc/{other.pid}/stat", encoding="ascii") as stat:
                if ") Z " in stat.read():
                    break
            time.sleep(0.01)
        self.check(["eval", other.pid, "1"], 3, "", "has ended and only waits for its parent")

    def test_name(self):
        name = f"svc{os.getpid()}"
        program = self.directory / name
        shutil.copy(PYTHON, program)
        self.check(["eval", name, "1"], 3, "", f"'{name}' is not a pid, and no process goes by")
        targets = [self.named(program) for _ in range(2)]
        self.check(["eval", name, "1"], 3, "", rf"2 processes with an agent go by the name {name}: "
                   rf"pid {min(t.pid for t in targets)}, {max(t.pid for t in targets)}; say which")
        targets[0].kill()
        targets[0].wait()
        self.check(["eval", name, "1"], out="1\n")
        targets[1].kill()
        targets[1].wait()
        other = subprocess.Popen([program, "-c", "input()"], stdin=subprocess.PIPE)
        self.addCleanup(other.stdin.close)
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        while Path(f"/proc/{other.pid}/comm").read_text() != f"{name}\n":
            time.sleep(0.01)
        self.check(["eval", name, "1"], 3, "", rf"{name} runs \(pid {other.pid}\) but has no Moon")

    def named(self, program):
        agent = os.path.join(os.path.dirname(__file__), "fake_agent.py")
        process = subprocess.Popen([program, agent, self.runtime], stdout=subprocess.PIPE,
                                   env=self.environment, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def test_agent_that_bound_by_a_descriptor(self):
        target = Target(self, FAKE_BIND="descriptor")
        # Found without knowing its directory.
        self.check(["eval", target.pid, "1"], out="1\n", MOONHEAP_RUNTIME_DIR="")
        rows = json.loads(self.check(["ps", "--json"]).stdout)
        mine = [row for row in rows if row["pid"] == target.pid]
        self.assertEqual(mine[0]["socket"], str(self.runtime / f"{target.pid}.sock"))

    def test_socket_of_somebody_else(self):
        """A socket under the target's name, held by another process: nothing is sent to it."""
        victim = subprocess.Popen(["sleep", "60"])
        self.addCleanup(victim.wait)
        self.addCleanup(victim.kill)
        while Path(f"/proc/{victim.pid}/comm").read_text() != "sleep\n":
            time.sleep(0.01)
        impostor = Target(self, FAKE_PID=str(victim.pid))
        self.check(["eval", victim.pid, "secret"], 3, "",
                   rf"belongs to pid {impostor.pid} of user \d+ and not to sleep "
                   rf"\(pid {victim.pid} of user \d+\); nothing was sent")

    def as_nobody(self, target):
        os.chmod(self.directory, 0o755)
        os.chmod(self.runtime, 0o700)
        copy = self.directory / "moonheap-copy"
        shutil.copy(MOONHEAP, copy)
        done = subprocess.run([copy, "eval", str(target.pid), "1"], env=self.environment,
                              user="nobody", capture_output=True, text=True, timeout=10)
        self.assertEqual(done.returncode, 3, done.stderr)
        return done.stderr

    def test_other_user(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to become another user")
        for bind in ("path", "descriptor"):
            target = Target(self, FAKE_BIND=bind)
            self.assertRegex(self.as_nobody(target),
                             rf"no permission to attach to python3 \(pid {target.pid}\): "
                             r"it belongs to root; run moonheap as root\n$")

    def test_service_that_gave_up_root(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to give it up")
        target = Target(self, FAKE_BECOME="nobody")
        self.check(["eval", target.pid, "1"], out="1\n")
        self.assertRegex(self.as_nobody(target), "it was started by another user, whose directory "
                         "holds its socket; run moonheap as root")

    def test_other_mount_namespace(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to make a mount namespace")
        place = self.directory / "private"
        place.mkdir()
        agent = os.path.join(os.path.dirname(__file__), "fake_agent.py")
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs none {place} && "
             f"exec {PYTHON} {agent} {place}/moonheap"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=self.environment, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        if process.stdout.readline() != "ready\n":
            self.skipTest("mount namespaces are not allowed here")
        self.assertFalse((place / "moonheap").exists())
        self.check(["eval", process.pid, "1"], out="1\n")


    def test_other_pid_namespace(self):
        """The socket bears the pid that the process has in its own namespace."""
        if os.geteuid() != 0:
            self.skipTest("needs root, to make a pid namespace")
        agent = os.path.join(os.path.dirname(__file__), "fake_agent.py")
        outer = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", PYTHON, agent,
             self.runtime], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**self.environment, "FAKE_BIND": "descriptor"})
        self.addCleanup(outer.stderr.close)
        self.addCleanup(outer.stdout.close)
        self.addCleanup(outer.wait)
        self.addCleanup(outer.kill)
        if outer.stdout.readline() != "ready\n":
            self.skipTest("pid namespaces are not allowed here")
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text()
        inner = int(children.split()[0])
        self.assertTrue((self.runtime / "1.sock").exists())
        self.check(["eval", inner, "1"], out="1\n")
        rows = json.loads(self.check(["ps", "--json"]).stdout)
        self.assertIn(inner, [row["pid"] for row in rows])


class PsTest(ConsoleCase):
    def test_none(self):
        done = self.run_moonheap("ps", "--json")
        self.assertEqual(done.returncode, 0)
        self.assertEqual([row for row in json.loads(done.stdout)
                          if row["socket"].startswith(str(self.runtime))], [])

    def test_row(self):
        target = Target(self)
        text = self.check(["ps"]).stdout
        self.assertRegex(text, r"^ +PID +USER +PROGRAM +RSS +ALLOCATOR +AGENT\n")
        self.assertRegex(text, rf"\n +{target.pid} +\w+ +python3 +[\d.]+ MiB +libc +asleep\n")

    def test_sessions_are_counted(self):
        target = Target(self)
        client = subprocess.Popen([MOONHEAP, "eval", str(target.pid), "wait"],
                                  env=self.environment, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        deadline = time.monotonic() + 5
        while True:
            rows = json.loads(self.run_moonheap("ps", "--json").stdout)
            row = next(row for row in rows if row["pid"] == target.pid)
            if row["sessions"] == 1 or time.monotonic() > deadline:
                break
            time.sleep(0.02)
        self.assertEqual(row["sessions"], 1)
        self.assertEqual(row["program"], "python3")
        self.assertGreater(row["rss_bytes"], 1 << 20)


class ScriptTest(ConsoleCase):
    def write(self, name, text):
        path = self.scripts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def told(self, *words, code=0):
        return json.loads(self.check(["script", *words], code).stdout)

    def test_canned(self):
        self.write("overview.lua", "-- overview: where the memory goes\nreturn 1\n")
        target = Target(self)
        told = self.told(target.pid, "overview", "--arena", "2", "-x", "--timeout=1", "--", "--json")
        self.assertEqual(told, {"script": "overview.lua", "modules": [], "limit": "1000",
                                "arguments": ["--arena", "2", "-x", "--json"]})

    def test_json_has_standard_output_for_itself(self):
        self.write("overview.lua", "return 1\n")
        done = self.check(["script", Target(self).pid, "overview", "--json"], err="printed\n")
        json.loads(done.stdout)

    def test_finding(self):
        self.write("leak.lua", "finding\n")
        self.told(Target(self).pid, "leak", code=6)

    def test_file_and_stdin(self):
        path = self.write("own.lua", "return 1\n")
        target = Target(self)
        self.assertEqual(self.told(target.pid, path)["script"], "own.lua")
        done = self.check(["script", target.pid, "-"], stdin="finding", code=6)
        self.assertEqual(json.loads(done.stdout)["script"], "stdin")

    def test_modules_travel_along(self):
        self.write("lib/units.lua", 'local more = require "lib.more"\nreturn {}\n')
        self.write("lib/more.lua", 'require("lib.units")\nreturn {}\n')  # a circle ends, too
        self.write("top.lua", "local u = require 'lib.units'\n-- require 'lib.no'\n"
                   "require('nowhere') require '../secret'\n")
        self.assertEqual(self.told(Target(self).pid, "top")["modules"], ["lib.more", "lib.units"])

    def test_syntax_error(self):
        self.write("bad.lua", "syntax error\n")
        self.check(["script", Target(self).pid, "bad"], 1, "", "bad.lua:1: syntax error near")

    def test_bad_words(self):
        self.write("overview.lua", "return 1\n")
        self.check(["script", 1, "nosuch"], 2, "", "there is no script nosuch; the canned ones "
                   "are: overview; a file needs a slash or .lua in its name")
        self.check(["script", 1, "./nosuch.lua"], 2, "", "cannot read the script ./nosuch.lua: No")
        self.check(["script", 1, str(self.scripts)], 2, "", "is a directory, not a script")
        self.check(["script", 1, self.write("big.lua", " " * (2 << 20))], 2, "",
                   "longer than the 1048576 bytes that the agent takes")

    def test_list(self):
        self.write("overview.lua", "-- overview — where the memory goes\n")
        self.write("top.lua", "-- what is on top\n")
        self.write("lib/units.lua", "-- units\n")
        self.check(["scripts"], out="  overview             where the memory goes\n"
                                    "  top                  what is on top\n")
        self.check(["scripts"], 2, "", "the directory of canned scripts /nowhere is missing",
                   MOONHEAP_SCRIPTS="/nowhere")


class AttachWithoutTerminalTest(ConsoleCase):
    def test_statements(self):
        target = Target(self)
        self.check(["attach", target.pid], stdin="1\nfor i = 1, 2 do\nend\n\nhelp version\nout\n",
                   out="1\nfor i = 1, 2 do\nend\nhelp on version\nline 0\nline 1\nline 2\n")

    def test_first_failure_is_the_exit_code(self):
        target = Target(self)
        self.check(["attach", target.pid], 3, "1\n", "operator role", stdin="denied\nerror\n1\n")

    def test_unfinished_statement_is_sent_for_its_error(self):
        self.check(["attach", Target(self).pid], stdin="do\n", out="do\n")

    def test_end_of_the_service(self):
        self.check(["attach", Target(self).pid], 4, "", "has ended while we were attached",
                   stdin="die\n1\n")


class UsageTest(ConsoleCase):
    def test_help(self):
        done = self.check(["help"])
        self.assertIn("6     a diagnostic found something", done.stdout)
        self.assertEqual(self.check(["--help"]).stdout, done.stdout)
        for command in ("run", "ps", "attach", "eval", "script", "scripts", "help"):
            text = self.check([command, "--help"]).stdout
            self.assertTrue(text.startswith(f"Usage: moonheap {command}"), text)
            self.assertEqual(self.check(["help", command]).stdout, text)
        self.assertRegex(self.check(["--version"]).stdout, r"^moonheap \d+\.\d+\.\d+\n$")

    def test_errors(self):
        self.check([], 2, "", "Usage: moonheap COMMAND")
        self.check(["nosuch"], 2, "", "there is no command nosuch; `moonheap help` lists them")
        self.check(["help", "nosuch"], 2, "", "there is no command nosuch")
        self.check(["eval", "1"], 2, "", "something is missing; usage: moonheap eval PID.NAME STA")
        self.check(["attach", "1", "2"], 2, "", "that is too much; usage: moonheap attach")
        self.check(["eval", "1", "x", "--nosuch"], 2, "", "no option --nosuch here; --help shows")
        self.check(["ps", "--role=observer"], 2, "", "no option --role=observer here")
        self.check(["eval", "1", "x", "--role", "king"], 2, "", "give observer or operator")
        self.check(["eval", "1", "x", "--role"], 2, "", "--role needs a value")
        self.check(["eval", "1", "x", "--timeout", "soon"], 2, "", "give seconds, such as 10 or")
        self.check(["eval", "1", "x", "--timeout", "-1"], 2, "", "give seconds")
        self.check(["eval", "1", "x", "--json=1"], 2, "", "--json takes no value")
        self.check(["ps", "--color=blue"], 2, "", "give auto, always or never")
        self.check(["eval", "1", "x\x1b", "--\x1b[2J"], 2, "", r"no option --\\x1B\[2J here")

    def test_manual_page_is_well_formed(self):
        page = self.check(["help", "page"]).stdout
        self.assertTrue(page.splitlines()[1].startswith(".TH MOONHEAP 1"))
        for command in ("run", "ps", "attach", "eval", "script", "scripts"):
            self.assertIn(f"\n.B {command}", page)


if __name__ == "__main__":
    main()
