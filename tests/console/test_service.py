#!/usr/bin/python3
"""test_service.py: the console in a real service: redis-server on Moonheap, on a private socket.

Nothing is faked here: `moonheap run` starts the service, the agent in it answers. Skipped (77) where
redis-server is not installed or the libraries are not built.
"""

import json
import shutil
import socket
import subprocess
import sys
import time

from support import BUILD, MOONHEAP, ConsoleCase, Terminal, main


class Redis:
    """A redis-server of our own, and just enough of its protocol to ask whether it is well."""

    def __init__(self, case, *words):
        self.path = case.directory / "redis.sock"
        self.process = subprocess.Popen(
            [MOONHEAP, "run", *words, "--", "redis-server", "--port", "0", "--unixsocket",
             self.path, "--save", "", "--dir", case.directory, "--enable-debug-command", "yes"],
            env=case.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        case.addCleanup(self.process.wait)
        case.addCleanup(self.process.kill)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if self.ask("PING") == "+PONG":
                    return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("redis-server does not answer")

    def ask(self, *words):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(str(self.path))
            sock.sendall(f"{' '.join(words)}\r\n".encode())
            return sock.recv(65536).decode().split("\r\n")[0]


class ServiceTest(ConsoleCase):
    def setUp(self):
        super().setUp()
        del self.environment["MOONHEAP_SCRIPTS"]  # those of the source tree
        self.redis = Redis(self)

    def tearDown(self):
        if self.redis.process.poll() is None:
            self.assertEqual(self.redis.ask("PING"), "+PONG")

    def eval(self, text, *words, **more):
        return self.check(["eval", self.redis.pid, text, *words], **more).stdout

    def test_listed_and_asleep(self):
        rows = json.loads(self.check(["ps", "--json"]).stdout)
        row = next(row for row in rows if row["pid"] == self.redis.pid)
        self.assertEqual((row["program"], row["allocator"], row["sessions"]),
                         ("redis-server", "moonheap", 0))

    def test_a_value_is_true(self):
        allocated = int(self.eval("stats.allocated", "--json"))
        self.assertGreater(allocated, 100_000)
        self.assertEqual(self.redis.ask("DEBUG", "POPULATE", "100000", "key", "100"), "+OK")
        fresh = "heap.refresh() return stats.allocated"  # one younger than 100 ms would do else
        self.assertGreater(int(self.eval(fresh, "--json")), allocated + 10_000_000)

    def test_units_are_shown(self):
        self.assertRegex(self.eval("stats.allocated"), r"[\d.]+ [KM]iB")

    def test_wrong_name_says_the_right_one(self):
        self.check(["eval", self.redis.pid, "stats.alocated"], 1, "", "stats.allocated")

    def test_wrong_line_of_several_is_named(self):
        result = self.check(["eval", self.redis.pid, "local n = 1\nprin(n)"], 1, "", "prin")
        self.assertIn("moonheap: statement:2: unknown name 'prin'", result.stderr)

    def test_observer_may_not_write(self):
        self.check(["eval", self.redis.pid, "arena[0].dirty_decay_ms = 500"], 3, "", "operator")
        before = self.eval("arena[0].dirty_decay_ms", "--json")
        self.check(["eval", self.redis.pid, "arena[0].dirty_decay_ms = 500", "--role", "operator"],
                   out="", err=r"stays changed:\n.*dirty_decay_ms")
        self.assertEqual(int(self.eval("arena[0].dirty_decay_ms", "--json")), 500)
        self.assertNotEqual(int(before), 500)

    def test_syntax_error_in_a_script(self):
        path = self.directory / "broken.lua"
        path.write_text("print('fine')\nlocal = 3\n")
        self.check(["script", self.redis.pid, path], 1, "", r"broken\.lua:2: .*near '='")

    def test_script_with_a_module_and_a_finding(self):
        (self.directory / "lib").mkdir()
        (self.directory / "lib" / "words.lua").write_text(
            "return { say = function(x) print('said', x) end }\n")
        path = self.directory / "look.lua"
        path.write_text("local words = require 'lib.words'\nlocal word, grave = ...\n"
                        "words.say(word)\nif grave then heap.finding('warn', 'too much') end\n")
        self.check(["script", self.redis.pid, path, "hello"], out="said\thello\n")
        done = self.check(["script", self.redis.pid, path, "hello", "grave", "--json"], 6,
                          err="said\thello\n")
        self.assertEqual(json.loads(done.stdout)["findings"],
                         [{"severity": "warn", "text": "too much"}])

    def test_a_fifth_console_is_refused(self):
        for _ in range(4):
            client = subprocess.Popen([MOONHEAP, "eval", str(self.redis.pid),
                                       "print('here') heap.sleep(60)"], env=self.environment,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.addCleanup(client.stdout.close)
            self.addCleanup(client.wait)
            self.addCleanup(client.kill)
            self.assertEqual(client.stdout.readline(), b"here\n")
        self.check(["eval", self.redis.pid, "1"], 3, "", r"redis-server \(pid \d+\) refuses: ")

    def test_endless_loop_ends_by_its_limit(self):
        self.check(["eval", self.redis.pid, "while true do end", "--timeout", "0.3"], 5, "",
                   "time limit; --timeout")
        self.check(["eval", self.redis.pid, "pcall(function() while true do end end)", "--timeout",
                    "0.3"], 5, "", ".")

    def test_endless_memory_ends_by_its_limit(self):
        self.check(["eval", self.redis.pid,
                    "local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end",
                    "--timeout", "60"], 1, "", "memory", patience=90)

    def test_a_hundred_megabytes_of_output(self):
        process = subprocess.Popen(
            [MOONHEAP, "eval", str(self.redis.pid), "--timeout", "100",
             "local s = ('x'):rep(9999) for i = 1, 10000 do print(s) end"],
            env=self.environment, stdout=subprocess.PIPE)
        total = 0
        while chunk := process.stdout.read(1 << 20):
            total += len(chunk)
        process.stdout.close()
        self.assertEqual(process.wait(), 0)
        self.assertEqual(total, 100_000_000)

    def test_client_killed_in_the_middle_of_an_answer(self):
        for _ in range(5):
            client = subprocess.Popen([MOONHEAP, "eval", str(self.redis.pid),
                                       "while true do print(stats.allocated) end"],
                                      env=self.environment, stdout=subprocess.PIPE)
            client.stdout.read(1000)
            client.kill()
            client.wait()
            client.stdout.close()
        self.assertEqual(self.eval("=1 + 1").strip(), "2")

    def test_prompt(self):
        terminal = Terminal(self, [MOONHEAP, "attach", "redis-server"
                                   if self.only_redis() else self.redis.pid])
        prompt = rf"redis-server:{self.redis.pid} observer> $"
        terminal.expect(prompt)
        terminal.send("stats.arenas[0].pdir\t")
        terminal.expect(r"stats\.arenas\[0\]\.pdirty$")
        terminal.line("")
        terminal.expect(r"\n\d.*\n")
        terminal.expect(prompt)
        terminal.line("for i = 1, 2 do")
        terminal.line("print(i * 21) end")
        terminal.expect(r"\n21\n42\n")
        terminal.expect(prompt)
        terminal.line("help stats.resident")
        terminal.expect(r"stats\.resident")
        terminal.expect(prompt)
        terminal.line("while true do end")
        time.sleep(0.3)
        terminal.send("\x03")
        terminal.expect("cancelling")
        terminal.expect(prompt)
        terminal.line(".role operator")
        terminal.expect(r"operator> $")
        terminal.line("arena[0].dirty_decay_ms = 1234")
        terminal.expect(r"operator> $")
        terminal.send("\x04")
        terminal.expect(r"stays changed:\n.*dirty_decay_ms.*1234")
        self.assertEqual(terminal.wait(), 0)

    def only_redis(self):
        rows = json.loads(self.run_moonheap("ps", "--json").stdout)
        return [row["program"] for row in rows].count("redis-server") == 1

    def test_service_killed_while_attached(self):
        terminal = Terminal(self, [MOONHEAP, "attach", self.redis.pid])
        terminal.expect("observer> $")
        self.redis.process.kill()
        terminal.expect(r"redis-server \(pid \d+\) has ended while we were attached")
        self.assertEqual(terminal.wait(), 4)

    def test_children_do_not_inherit_it(self):
        """The shell runs on Moonheap; what it starts, and its environment, know nothing of it."""
        done = self.check(["run", "--", "/bin/sh", "-c",
                           "env; grep -c libmoonheap /proc/$$/maps; grep -c libmoonheap "
                           "/proc/self/maps"], code=1)
        *environment, served, child = done.stdout.splitlines()
        for name in ("LD_PRELOAD", "MOONHEAP_AGENT", "MOONHEAP_RUN_PRELOAD"):
            self.assertFalse([line for line in environment if line.startswith(f"{name}=")])
        self.assertGreater(int(served), 0)
        self.assertEqual(child, "0")


if __name__ == "__main__":
    needed = [BUILD / "lib" / name for name in ("libmoonheap.so", "libmoonheap-agent.so")]
    if not shutil.which("redis-server") or not all(path.exists() for path in needed):
        print("redis-server or Moonheap's libraries are not there")
        sys.exit(77)
    main()
