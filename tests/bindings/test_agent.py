#!/usr/bin/python3
"""The agent from outside: a service with the agent in it, and consoles that come over its socket.

The host is agent_host (its control tree is fake_ctl), linked with the agent under the sanitizers of
the build. AGENT_HOST names it.
"""

import errno
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import client
from client import Client

HOST = os.environ["AGENT_HOST"]
SANITIZED = os.environ.get("SANITIZED", "") != ""
SLOW = 10 if SANITIZED else 1  # sanitizers and a busy machine: times are looser


class Host:
    """A running agent_host."""

    def __init__(self, **environment):
        self.directory = tempfile.TemporaryDirectory(prefix="moonheap-test-")
        variables = dict(os.environ, MOONHEAP_AGENT="1", MOONHEAP_RUNTIME_DIR=self.directory.name)
        variables.update(environment)
        self.process = subprocess.Popen([HOST], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=variables)
        assert self.process.stdout.readline() == "ready\n"
        self.path = f"{self.directory.name}/{self.process.pid}.sock"

    def command(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def console(self, role="observer", **options):
        return client.connect_soon(self.path, role=role, **options)

    def cpu_ticks(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def thread_names(self):
        names = []
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            try:
                with open(f"/proc/{self.process.pid}/task/{task}/comm", encoding="ascii") as comm:
                    names.append(comm.read().strip())
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has just ended
        return names

    def end(self):
        """Ends it; its errors (a sanitizer's report, say) are the test's errors."""
        if self.process.poll() is None:
            try:
                self.process.stdin.write("exit\n")
                self.process.stdin.close()
            except BrokenPipeError:
                pass
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        self.directory.cleanup()
        return self.process.returncode, errors


class AgentTest(unittest.TestCase):
    maxDiff = None  # what a sanitizer said is shown whole

    def setUp(self):
        self.host = Host()

    def tearDown(self):
        code, errors = self.host.end()
        self.assertEqual((code, errors), (0, ""))


class Conversation(AgentTest):
    def test_welcome_tells_who_is_there(self):
        with self.host.console("operator") as console:
            kind, _, fields = console.first
            self.assertEqual(kind, client.WELCOME)
            welcome = json.loads(fields[0])
            self.assertEqual(welcome["protocol"], 1)
            self.assertEqual(welcome["pid"], self.host.process.pid)
            self.assertEqual(welcome["program"], "agent_host")
            self.assertEqual(welcome["role"], "operator")
            self.assertEqual(welcome["version"], "fake 1.0")

    def test_hello_comes_first_and_once(self):
        with self.host.console(hello=False) as console:
            console.send(client.EVAL, "1", "", "text", "")
            kind, _, fields = console.receive()
            self.assertEqual(kind, client.REFUSED)
            self.assertIn(b"HELLO", fields[0])
            self.assertRaises(EOFError, console.receive)
        with self.host.console() as console:
            console.send(client.HELLO, "1", "observer", "")
            self.assertEqual(console.receive()[0], client.REFUSED)

    def test_other_versions_and_roles_are_refused_in_words(self):
        for hello, words in ((("2", "observer"), b"version"), (("1", "king"), b"role")):
            with self.host.console(hello=False) as console:
                console.send(client.HELLO, *hello, "test")
                kind, _, fields = console.receive()
                self.assertEqual(kind, client.REFUSED)
                self.assertIn(words, fields[0])

    def test_frame_that_is_too_long_ends_the_connection(self):
        with self.host.console() as console:
            console.socket.sendall(b"\xff\xff\xff\x7f\x02\x00\x00\x00\x09\x00\x00\x00")
            self.assertEqual(console.receive()[0], client.REFUSED)
            self.assertRaises(EOFError, console.receive)
        with self.host.console() as console:
            self.assertEqual(console.eval("1").value, "1")

    def test_frames_in_pieces_and_in_a_row(self):
        with self.host.console() as console:
            frames = b""
            for text in ("1", "2", "3"):
                payload = b"".join(len(f).to_bytes(4, "little") + f.encode()
                                   for f in (text, "", "text", ""))
                frames += len(payload).to_bytes(4, "little") + b"\2\0\0\0" + b"\7\0\0\0" + payload
            for i in range(0, len(frames), 5):
                console.socket.sendall(frames[i:i + 5])
                time.sleep(0.001)
            self.assertEqual([console.wait().value for _ in range(3)], ["1", "2", "3"])

    def test_malformed_payloads(self):
        with self.host.console() as console:
            for payload in (b"", b"\1", b"\xff\xff\xff\xff", b"\4\0\0\0ab"):
                for kind in (client.EVAL, client.SCRIPT, client.COMPLETE, client.HELP,
                             client.MODULE, 1000):
                    console.socket.sendall(len(payload).to_bytes(4, "little") +
                                           kind.to_bytes(2, "little") + b"\0\0\5\0\0\0" + payload)
                    self.assertIn(console.receive()[0], (client.RESULT, client.CANDIDATES))
            self.assertEqual(console.eval("1").value, "1")

    def test_statement_of_a_megabyte(self):
        with self.host.console() as console:
            self.assertEqual(console.eval("#'" + "x" * 1000000 + "'").value, "1000000")

    def test_goodbye_lists_what_stays_changed(self):
        with self.host.console("operator") as console:
            console.eval("arena[0].dirty_decay_ms = 500 background_thread = true")
            console.eval("background_thread = false arenas.create()")
            self.assertEqual(console.goodbye(), "arena.0.dirty_decay_ms: 10000 -> 500\n"
                                                "arenas.create -> 3: made")
            self.assertRaises(EOFError, console.receive)

    def test_first_print_comes_at_once(self):
        with self.host.console() as console:
            request = console.send(client.EVAL, "print('now') while true do end", "", "text", "")
            self.assertEqual(console.receive()[2], [b"now\n"])
            console.send(client.CANCEL, str(request))
            self.assertEqual(console.wait(request).status, client.CANCELLED)

    def test_values_as_text(self):
        with self.host.console() as console:
            for statement, text in (
                    ("1, 'two', nil, true, 1.5, 1 / 0", "1\ntwo\nnil\ntrue\n1.5\ninf"),
                    ("", ""), ("x = 1", ""), ("{}", "{}"), ("'a\\nb'", "a\nb"),
                    ("{ 1, { 2 }, s = 'a\\nb\\0', ['x y'] = 1 }",
                     '{\n  [1]     = 1\n  [2]     = {\n    [1] = 2\n  }\n  s       = "a\\nb\\000"\n'
                     '  ["x y"] = 1\n}'),
                    ("local t = {} t.t = t return t", "{\n  t = { ... itself }\n}"),
                    ("stats.resident", "23456789 B (22.4 MiB)"),
                    ("ctl.arena[0].dirty_decay_ms ;", "10000 ms"), ("opt.narenas", "3"),
                    ("stats.huge", "18446744073709551615"),
                    ("stats.arenas[0]", "nmalloc  100\npdirty   100 pages"),
                    ("arena[1].purge", "arena.1.purge(): return unused pages now"),
                    ("prof", "active  (not available)")):
                answer = console.eval(statement)
                self.assertEqual((answer.status, answer.value), (client.OK, text), statement)

    def test_values_as_json(self):
        with self.host.console() as console:
            for statement, value in (
                    ("1, 'two', nil, true, 1.5, 1 / 0", [1, "two", None, True, 1.5, None]),
                    ("", None), ("{}", []), ("{ 1, 2 }", [1, 2]), ("{ [2] = 1 }", {"2": 1}),
                    ("{ a = { 1, { b = '\\1\\255\\\\\"é' } } }", {"a": [1, {"b": "\1\ufffd\\\"é"}]}),
                    ("math.mininteger", -2**63), ("0.1", 0.1), ("stats.resident", 23456789),
                    ("stats.arenas", {str(i): {"nmalloc": 100 * (i + 1), "pdirty": 100 * (i + 1)}
                                      for i in range(3)}),
                    ("prof", {})):
                answer = console.eval(statement, "json")
                self.assertEqual((answer.status, json.loads(answer.value)), (client.OK, value), statement)
            deep = console.eval("local t = {} t.t = t return t", "json").value
            self.assertIn('"..."', json.dumps(json.loads(deep)))

    def test_errors_in_words(self):
        with self.host.console() as console:
            for statement, words in (("a b", "syntax error near 'b'"), ("for", "near <eof>"),
                                     ("error('x')", "x"), ("error({})", "table: "), ("error()", "nil"),
                                     ("stats.residen", 'the nearest is "stats.resident"'),
                                     ("\n error('x')", "test:2: x"), ("'\\xg'", "hexadecimal")):
                answer = console.eval(statement)
                self.assertEqual((answer.status, answer.exit_code), (client.LUA_ERROR, 1))
                self.assertIn(words, answer.value)
                self.assertFalse(answer.value.startswith("test:1:"), answer)

    def test_help(self):
        with self.host.console() as console:
            for name, words in (("", "help NAME"), ("stats.resident", "now      23456789 B"),
                                ("arena[0].purge()", "action   takes nothing"), ("ctl", "tables"),
                                ("arena.<arena>.dirty_decay_ms", "milliseconds"), ("heap.walk", "snapshot"),
                                ("heap", "heap.bytes(n)"), ("thread.allocated", "agent's own"),
                                ("stats", "bytes in memory"), ("role", "observer")):
                answer = console.help(name)
                self.assertEqual(answer.status, client.OK, answer)
                self.assertIn(words, answer.value)
            self.assertIn('nearest is "stats.resident"', console.help("stats.residenx").value)
            self.assertEqual(console.help("two words").status, client.LUA_ERROR)

    def test_completion(self):
        with self.host.console() as console:
            console.eval("mine = { one = 1, two = print }")
            for text, answer in (
                    ("stats.a", (6, ["allocated", "arenas["])), ("x = stats.arenas[1].p", (20, ["pdirty"])),
                    ("arena.", (5, ["[0]", "[1]", "[2]"])), ("arena[", (6, ["0]", "1]", "2]"])),
                    ("arena[0].pu", (9, ["purge()"])), ("tcache.", (7, ["flush("])),
                    ("ctl.ver", (4, ["version"])), ("min", (0, ["mine."])), ("mine.", (5, ["one", "two("])),
                    ("heap.sn", (5, ["snapshot("])), ("print(heap.wa", (11, ["walk("])),
                    ("nothing.", (8, [])), ("stats.nothing", (6, [])), ("arena[0]", (8, []))):
                self.assertEqual(console.complete(text)[1], answer[1], text)
                if answer[1]:
                    self.assertEqual(console.complete(text)[0], answer[0], text)
            top = console.complete("")[1]
            for name in ("stats.", "arena[", "heap.", "version", "print("):
                self.assertIn(name, top)

    def test_script_arguments_findings_exit_code(self):
        script = """return { name = "probe", args = { { name = "top", type = "integer", default = 3 } },
            run = function(args) print("top " .. args.top)
                if args.top > 3 then heap.finding("warn", "high") end return { top = args.top } end }"""
        with self.host.console() as console:
            answer = console.script(script)
            self.assertEqual((answer.status, answer.exit_code, answer.value, answer.output),
                             (client.OK, 0, "", "top 3\n"))
            answer = console.script(script, "top=7", form="json")
            self.assertEqual(answer.exit_code, 6)
            self.assertEqual(json.loads(answer.value),
                             {"script": "probe", "findings": [{"severity": "warn", "text": "high"}],
                              "result": {"top": 7}})
            answer = console.script(script, "tip=7")
            self.assertEqual((answer.status, answer.exit_code), (client.LUA_ERROR, 1))
            self.assertIn("top", answer.value)
            self.assertIn("integer", console.script(script, "top=x").value)
            self.assertEqual(console.script("return ...", "a", "b=1").value, "a\nb=1")

    def test_module_for_require(self):
        with self.host.console() as console:
            console.send(client.MODULE, "lib.sum", "return { sum = function(a, b) return a + b end }")
            self.assertEqual(console.wait().status, client.OK)
            self.assertEqual(console.script('return require("lib.sum").sum(2, 3)').value, "5")
            self.assertIn("was not sent", console.eval('require "other"').value)

    def test_roles(self):
        with self.host.console() as observer:
            for statement in ("arena[0].dirty_decay_ms = 1", "arena[0].purge()",
                              "heap.create_arena()", "background_thread = true"):
                answer = observer.eval(statement)
                self.assertEqual(answer.status, client.DENIED, answer)
                self.assertIn("--role operator", answer.value)
                self.assertEqual(answer.exit_code, 3)
            # a denial that the script handles is no denial of the statement
            self.assertEqual(observer.eval("pcall(arena[0].purge)").status, client.OK)
            self.assertEqual(observer.eval("epoch = 1").status, client.OK)
        self.assertEqual(self.host.command("counters").split()[0], "0")
        self.assertEqual(self.host.command("counters").split()[2:], ["3", "10000"])


class Limits(AgentTest):
    def assert_alive(self, console):
        self.assertEqual(console.eval("1 + 1").value, "2")

    def test_time_limit_holds_against_whatever_a_script_does(self):
        statements = {
            "loop": "while true do end",
            "pcall": "while true do pcall(function() while true do end end) end",
            "nested pcall": "local function f() while true do pcall(f) end end f()",
            "xpcall": "while true do xpcall(error, function() while true do end end) end",
            "coroutine": "while true do coroutine.wrap(function() while true do end end)() end",
            "resume": "while true do local c = coroutine.create(function() while true do end end) "
                      "coroutine.resume(c) end",
            "close": "while true do pcall(function() local x <close> = setmetatable({}, "
                     "{ __close = function() while true do end end }) error() end) end",
            "pattern": "(('a'):rep(40)):find(('a?'):rep(40) .. ('a'):rep(40))",
            "gsub": "(('x'):rep(1e6)):gsub('.-b', '')",
            "sort": "while true do local t = {} for i = 1, 2e5 do t[i] = -i % 977 end table.sort(t) end",
            "move": "table.move({}, 1, math.maxinteger - 1, 2)",
            "insert": "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 0)",
            "remove": "table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)",
            "rep": "while true do (''):rep(1 << 62) end",
            "concat": "local s = ('x'):rep(1e6) while true do table.concat({ s, s, s }) end",
            "sleep": "heap.sleep(1000)",
            "metamethod": "local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) "
                          "while true do pcall(function() return t[1] end) end",
            "load": "load(function() return ' ' end)",
            "gmatch": "for _ in (('a'):rep(1e5)):gmatch('.-b') do end",
        }
        with self.host.console() as console:
            for name, statement in statements.items():
                begin = time.monotonic()
                answer = console.eval(statement, limit="200")
                took = time.monotonic() - begin
                self.assertEqual(answer.status, client.TIMEOUT, (name, answer))
                self.assertEqual(answer.exit_code, 5)
                self.assertLess(took, 0.2 + 0.5 * SLOW, name)
                self.assert_alive(console)

    def test_cancel(self):
        with self.host.console() as console:
            for statement in ("while true do pcall(heap.clock) end", "heap.sleep(1000)",
                              "while true do print('x') end"):
                request = console.send(client.EVAL, statement, "", "text", "")
                time.sleep(0.1)
                begin = time.monotonic()
                cancel = console.send(client.CANCEL, str(request))
                answer = console.wait(request)
                self.assertEqual((answer.status, answer.value), (client.CANCELLED, "cancelled"))
                self.assertEqual(console.wait(cancel).status, client.OK)
                self.assertLess(time.monotonic() - begin, 0.3 * SLOW)
                self.assert_alive(console)

    def test_cancel_of_what_has_ended(self):
        with self.host.console() as console:
            self.assert_alive(console)
            console.send(client.CANCEL, str(console.request))
            self.assertEqual(console.wait().status, client.OK)
            self.assert_alive(console)

    def test_call_in_the_allocator_that_does_not_return(self):
        self.host.command("purge 4")
        with self.host.console("operator") as console:
            console.eval("mine = 1")
            request = console.send(client.EVAL, "arena[0].purge()", "", "text", "")
            time.sleep(0.2)
            begin = time.monotonic()
            console.send(client.CANCEL, str(request))
            answer = console.wait(request)
            self.assertEqual(answer.status, client.CANCELLED)
            self.assertIn("arena.<arena>.purge", answer.value)
            self.assertTrue(1.5 < time.monotonic() - begin < 3 + SLOW)
            console.wait()
            answer = console.eval("1")
            self.assertEqual(answer.status, client.LUA_ERROR)
            self.assertIn("still inside", answer.value)
            time.sleep(2.5)
            self.assert_alive(console)
            self.assertIn("unknown name 'mine'", console.eval("mine").value)
        with self.host.console("operator") as console:  # the same by a time limit
            answer = console.eval("arena[0].purge()", limit="100")
            self.assertEqual(answer.status, client.TIMEOUT)
            self.assertIn("still inside", answer.value)
        self.host.command("purge 0")

    def test_memory_limit(self):
        statements = ("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end",
                      "('x'):rep(1e9)", "local s = 'x' while true do s = s .. s end",
                      "local t = {} while true do t = { t } end",
                      "local f f = function() return 1 + f() end f()",
                      "(('x'):rep(1e7)):gsub('x', ('y'):rep(100))",
                      "table.concat(setmetatable({}, { __index = type }), '', 1, 1 << 60)",
                      "('x'):rep(3e7):upper() .. ('y'):rep(3e7)")
        with self.host.console() as console:
            console.eval("mine = 42")
            for statement in statements:
                answer = console.eval(statement, limit="20000")
                self.assertEqual(answer.status, client.LUA_ERROR, (statement, answer))
                self.assertRegex(answer.value, "not enough memory|stack overflow", statement)
                self.assertEqual(console.eval("mine").value, "42")

    def test_memory_goes_back(self):
        def resident():
            with open(f"/proc/{self.host.process.pid}/statm", encoding="ascii") as statm:
                return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        grow = "local t = {} for i = 1, 3e5 do t[i] = { i } end"
        with self.host.console() as console:
            console.eval(grow)
        before = resident()
        for _ in range(10):
            with self.host.console() as console:
                console.eval(grow)
                console.goodbye()
        self.assertLess(resident() - before, (4 if not SANITIZED else 64) << 20)

    def test_hundred_megabytes_are_streamed(self):
        with self.host.console() as console:
            console.send(client.EVAL, "for i = 1, 100 do io.write(('x'):rep(1 << 20)) end", "", "text", "")
            total = 0
            while True:
                kind, _, fields = console.receive()
                if kind != client.OUTPUT:
                    break
                self.assertLessEqual(len(fields[0]), 1 << 20)
                total += len(fields[0])
            self.assertEqual((kind, fields[0], total), (client.RESULT, b"0", 100 << 20))

    def test_endless_printing_waits_for_its_reader(self):
        with self.host.console() as console:
            request = console.send(client.EVAL, "while true do print(('x'):rep(1000)) end", "", "text", "")
            time.sleep(0.5)
            before = self.host.cpu_ticks()
            time.sleep(0.5)
            self.assertLessEqual(self.host.cpu_ticks() - before, 2)
            console.send(client.CANCEL, str(request))
            self.assertEqual(console.wait(request).status, client.CANCELLED)

    def test_long_values_come_in_pieces(self):
        with self.host.console() as console:
            answer = console.eval("local t = {} for i = 1, 200000 do t[i] = i end return t", "json")
            self.assertEqual(json.loads(answer.value), list(range(1, 200001)))
            answer = console.eval("local t = {} for i = 1, 200000 do t[i] = i end return t")
            self.assertIn("... 199800 more", answer.value)

    def test_deep_recursion_in_c_has_stack_enough(self):
        statements = (
            "local function f(s) return (s:gsub('.', f)) end return f('x')",
            "local function f(a, b) table.sort({ 3, 2, 1 }, f) return a < b end f(1, 2)",
            "local t = setmetatable({}, {}) getmetatable(t).__tostring = function() return tostring(t) end "
            "return tostring(t)",
            "local t = {} t.x = setmetatable({}, { __tostring = function() return ('%s'):format(t.x) end }) "
            "return ('%s'):format(t.x)",
            "local f = pcall for i = 1, 1000 do f = coroutine.wrap(function(...) return pcall(f, ...) end) end "
            "return f(error)",
            "return load(('('):rep(1000) .. '1' .. (')'):rep(1000))",
            "return load('return ' .. ('{'):rep(1000) .. ('}'):rep(1000))",
            "return (('x'):rep(1000)):find(('(x'):rep(30) .. (')'):rep(30))",
            "return (('x'):rep(100000)):find(('x?'):rep(1000))",
            "local t = {} for i = 1, 10000 do t = { t } end return t",
            "local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k + 1] end "
            "return t[1]",
            "local function f() local ok, e = xpcall(f, f) return e end return f()",
            "local t = setmetatable({}, { __concat = function(a, b) return a .. b end }) return t .. 1",
        )
        with self.host.console() as console:
            for statement in statements:
                for form in ("text", "json"):
                    answer = console.eval(statement, form, limit="5000")
                    self.assertIn(answer.status, (client.OK, client.LUA_ERROR), (statement, answer))
                self.assert_alive(console)


class Sessions(AgentTest):
    def test_four_and_no_more(self):
        consoles = [self.host.console() for _ in range(4)]
        for i, console in enumerate(consoles):
            self.assertEqual(console.eval(f"mine = {i}").status, client.OK)
        with self.host.console(hello=False) as fifth:
            kind, request, fields = fifth.receive()
            self.assertEqual((kind, request), (client.REFUSED, 0))
            self.assertIn(b"four", fields[0])
        for i, console in enumerate(consoles):
            self.assertEqual(console.eval("mine").value, str(i))
        consoles[0].goodbye()
        consoles[0].close()
        time.sleep(0.1 * SLOW)
        with self.host.console() as again:
            self.assertEqual(again.eval("1").value, "1")
        for console in consoles[1:]:
            console.close()

    def test_one_session_does_not_hold_up_another(self):
        with self.host.console() as busy, self.host.console() as other:
            request = busy.send(client.EVAL, "while true do end", "", "text", "")
            times = []
            for _ in range(20):
                begin = time.monotonic()
                self.assertEqual(other.eval("1").value, "1")
                times.append(time.monotonic() - begin)
            self.assertLess(sorted(times)[10], 0.1 * SLOW)
            busy.send(client.CANCEL, str(request))
            self.assertEqual(busy.wait(request).status, client.CANCELLED)

    def test_client_that_dies_at_any_moment(self):
        statements = ("1", "while true do end", "while true do print(('x'):rep(1000)) end",
                      "heap.sleep(1000)", "for i = 1, 1e5 do print(i) end")
        for round_ in range(40):
            console = self.host.console(hello=round_ % 5 != 0)
            if console.first:
                console.send(client.EVAL, statements[round_ % len(statements)], "", "text", "")
                if round_ % 3:
                    time.sleep(0.02)
            else:
                console.socket.sendall(b"\x10\x00\x00\x00\x01\x00")
            console.close()
        time.sleep(0.5 * SLOW)
        for _ in range(4):  # all four places are free again
            console = self.host.console()
            self.assertEqual(console.eval("1").value, "1")
            self.addCleanup(console.close)

    def test_many_in_a_row_leave_nothing(self):
        def descriptors():
            return len(os.listdir(f"/proc/{self.host.process.pid}/fd"))
        with self.host.console() as console:
            console.eval("1")
        time.sleep(0.1 * SLOW)
        before = descriptors()
        for _ in range(100 if not SANITIZED else 30):
            with self.host.console() as console:
                console.eval("1")
        time.sleep(0.2 * SLOW)
        self.assertEqual(descriptors(), before)
        self.assertEqual(len(os.listdir(f"/proc/{self.host.process.pid}/task")), self.threads())

    def threads(self):
        return 2 + (1 if "thread" in os.environ.get("SANITIZED", "") else 0)

    def test_sessions_in_parallel(self):
        def work():
            with self.host.console("operator") as console:
                for i in range(50):
                    self.assertEqual(console.eval(f"stats.allocated + {i}").value, str(12345678 + i))
                    console.eval("arena[0].dirty_decay_ms = 500 heap.snapshot() heap.process()")
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.host.command("counters").split()[3], "500")


class ClosedByTheHost(AgentTest):
    """Services close descriptors that they do not know; ours are among them."""

    def listens_again(self):
        try:  # the first who comes finds the old socket, and wakes the agent
            self.host.console().close()
        except (ConnectionError, EOFError):
            pass
        with self.host.console() as console:
            self.assertEqual(console.eval("1 + 1").value, "2")
        before = self.host.cpu_ticks()
        time.sleep(0.5)
        self.assertLessEqual(self.host.cpu_ticks() - before, 5 * SLOW, "it does not sleep")

    def test_closed(self):
        self.assertEqual(self.host.command("close"), "0")
        self.listens_again()

    def test_files_of_the_service_in_their_place(self):
        self.wait_for_agent(True)
        self.assertGreaterEqual(int(self.host.command("take")), 3)
        self.assertEqual(self.host.command("fork").split()[2], "0", "closed in the child")
        self.assertEqual(self.host.command("look"), "fine")
        self.listens_again()
        self.assertEqual(self.host.command("look"), "fine")
        self.assertEqual(self.host.command("fork").split()[2], "0", "closed in the child")
        self.assertEqual(self.host.command("look"), "fine")

    def test_files_in_the_place_of_a_session(self):
        with self.host.console() as attached:
            self.assertEqual(attached.eval("1 + 1").value, "2")
            self.assertGreaterEqual(int(self.host.command("take")), 4)
            self.assertEqual(self.host.command("fork").split()[2], "0", "closed in the child")
            try:  # this one is lost
                attached.eval("1 + 1")
            except (ConnectionError, EOFError):
                pass
            self.listens_again()
            self.assertEqual(self.host.command("look"), "fine")

    def wait_for_agent(self, there):
        for _ in range(1200):
            if ("moonheap-agent" in self.host.thread_names()) == there:
                return
            time.sleep(0.05)
        self.fail("its thread is not there" if there else "its thread is still there")

    def test_nowhere_to_listen(self):
        """It ends; the service goes on, and neither computes nor loses a file."""
        self.wait_for_agent(True)
        path, gone = self.host.directory.name, self.host.directory.name + "-gone"
        os.rename(path, gone)
        with open(path, "w", encoding="ascii"):
            pass  # in the folder's place
        try:
            self.assertGreaterEqual(int(self.host.command("take")), 3)
            with socket.socket(socket.AF_UNIX) as client_socket:
                client_socket.settimeout(60)
                try:  # it sees it now, or has seen it: then nobody listens any more
                    client_socket.connect(f"{gone}/{self.host.process.pid}.sock")
                    self.assertEqual(client_socket.recv(100), b"")
                except ConnectionError:
                    pass
            self.wait_for_agent(False)
        finally:
            os.unlink(path)
            os.rename(gone, path)
        # It can be started anew, by whoever attaches the next console.
        self.assertEqual(self.host.command("start"), "0")
        with self.host.console() as console:
            self.assertEqual(console.eval("1 + 1").value, "2")
        self.assertEqual(self.host.command("start"), str(errno.EALREADY))
        before = self.host.cpu_ticks()
        time.sleep(0.5)
        self.assertLessEqual(self.host.cpu_ticks() - before, 5 * SLOW, "it does not sleep")
        self.assertEqual(self.host.command("look"), "fine")


    def test_not_allowed_to_listen_again(self):
        """Others may enter its folder now: it ends, and no name leads to nobody."""
        self.wait_for_agent(True)
        name = f"{self.host.directory.name}/{self.host.process.pid}.sock"
        self.assertTrue(os.path.exists(name))
        os.chmod(self.host.directory.name, 0o755)
        self.assertEqual(self.host.command("close"), "0")
        with socket.socket(socket.AF_UNIX) as client_socket:
            try:  # whoever finds the old socket wakes the agent
                client_socket.connect(name)
            except OSError:
                pass
        self.wait_for_agent(False)
        self.assertFalse(os.path.exists(name))


class GoodGuest(AgentTest):
    def test_idle_agent_uses_no_cpu(self):
        with self.host.console() as console:
            console.eval("1")
            time.sleep(0.2)
            switches = self.switches()
            time.sleep(1)
            self.assertEqual(self.switches(), switches)

    def switches(self):
        """Context switches of all threads of the agent."""
        total = 0
        tasks = f"/proc/{self.host.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/status", encoding="ascii") as status:
                lines = dict(line.split(":", 1) for line in status if ":" in line)
            if lines["Name"].strip().startswith("moonheap-"):
                total += int(lines["voluntary_ctxt_switches"])
        return total

    def test_signals_are_blocked(self):
        with self.host.console():
            masks = dict(entry.split("=") for entry in self.host.command("masks").split())
            self.assertEqual(set(masks), {"moonheap-agent", "moonheap-lua"})
            for mask in masks.values():
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGPIPE,
                               signal.SIGCHLD, signal.SIGALRM, signal.SIGHUP, signal.SIGPROF):
                    self.assertTrue(int(mask, 16) >> (number - 1) & 1, number)

    @unittest.skipIf(SANITIZED, "the sanitizer's malloc is another")
    def test_sessions_do_not_allocate_from_the_host(self):
        with self.host.console("operator") as console:
            self.assertEqual(self.host.command("mallocs"), "0")
            for statement in ("stats", "heap.process()", "heap.snapshot()", "os.date()",
                              "('%5.2f %s'):format(1.5, 'x')", "arena[0].dirty_decay_ms = 7",
                              "heap.stats_print()", "error({})", "x.y.z", "1e300 * 1e300",
                              "local t = {} for i = 1, 1e5 do t[i] = i .. '' end",
                              "('%99.99f'):format(1e308)", "tostring(0.1)", "tonumber('0x1p4')",
                              "heap.sleep(0.001)", "('a'):rep(1e6):find('b')", "string.rep"):
                console.eval(statement)
                console.eval(statement, "json")
            console.help("stats.allocated")
            console.complete("stats.")
            console.script("return { run = function() end }")
            consoles = [self.host.console() for _ in range(3)]
            for other in consoles:
                other.eval("1")
                other.close()
            self.assertEqual(self.host.command("mallocs"), "0")

    def test_child_has_nothing_of_the_agent(self):
        with self.host.console() as console:
            console.eval("mine = 1")
            parent, child, status = map(int, self.host.command("fork").split())
            self.assertEqual((parent, child, status), (4, 0, 0))
            self.assertTrue(os.path.exists(self.host.path))
            self.assertEqual(console.eval("mine").value, "1")
            # while a statement runs, too
            request = console.send(client.EVAL, "while true do end", "", "text", "")
            self.assertEqual(self.host.command("fork"), "4 0 0")
            console.send(client.CANCEL, str(request))
            self.assertEqual(console.wait(request).status, client.CANCELLED)

    def test_socket_goes_at_exit_and_is_private(self):
        path = self.host.path
        with self.host.console():
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(self.host.end(), (0, ""))
        self.assertFalse(os.path.exists(path))
        self.host = Host()

    def test_numbers_have_a_point_in_every_locale(self):
        if self.host.command("locale") == "none":
            self.skipTest("no locale with a decimal comma")
        with self.host.console() as console:
            self.assertEqual(console.eval("1.5").value, "1.5")
            self.assertEqual(console.eval("('%.1f'):format(2.5)").value, "2.5")
            self.assertEqual(console.eval("tonumber('3.5')").value, "3.5")

    def test_service_killed_while_attached(self):
        with self.host.console() as console:
            console.send(client.EVAL, "while true do end", "", "text", "")
            self.host.process.kill()
            self.host.process.wait()
            self.assertRaises((EOFError, ConnectionResetError), console.wait)
        self.host.process.stdin.close()
        self.host.process.stdout.close()
        self.host.process.stderr.close()
        self.host.directory.cleanup()
        self.host = Host()


class Start(unittest.TestCase):
    def test_nothing_starts_unless_asked(self):
        for value in ("0", ""):
            host = Host(MOONHEAP_AGENT=value)
            self.assertFalse(os.path.exists(host.path))
            self.assertEqual(host.end(), (0, ""))

    def test_variables_are_taken_away(self):
        host = Host(MOONHEAP_RUN_PRELOAD="", MOONHEAP_AGENT_MEMORY="8")
        self.assertEqual(host.command("environment"),
                         f"MOONHEAP_RUNTIME_DIR={host.directory.name}")
        with host.console() as console:
            self.assertEqual(console.eval("#('x'):rep(3 << 20)").value, str(3 << 20))
            self.assertIn("not enough memory", console.eval("#('x'):rep(9 << 20)").value)
        self.assertEqual(host.end(), (0, ""))

    def test_directory_that_others_may_enter_is_not_used(self):
        with tempfile.TemporaryDirectory(prefix="moonheap-test-") as open_to_all:
            os.chmod(open_to_all, 0o755)
            link = f"{open_to_all}/link"
            own = tempfile.mkdtemp(prefix="moonheap-test-")
            os.symlink(own, link)
            for directory in (open_to_all, link):
                host = Host(MOONHEAP_RUNTIME_DIR=directory)
                self.assertFalse(os.path.exists(f"{directory}/{host.process.pid}.sock"))
                self.assertEqual(host.end(), (0, ""))
            os.rmdir(own)

    def test_directory_is_made(self):
        with tempfile.TemporaryDirectory(prefix="moonheap-test-") as parent:
            host = Host(MOONHEAP_RUNTIME_DIR=f"{parent}/new")
            with client.connect_soon(f"{parent}/new/{host.process.pid}.sock") as console:
                self.assertEqual(console.eval("1").value, "1")
            self.assertEqual(os.stat(f"{parent}/new").st_mode & 0o777, 0o700)
            self.assertEqual(host.end(), (0, ""))


if __name__ == "__main__":
    unittest.main()
