#!/usr/bin/python3
"""test_run.py: `moonheap run`: what it hands on, and the programs that it cannot serve.

The command is copied into a tree of its own with two stand-ins for the libraries, so that only the
command is tested here: what the loader and the agent make of the environment is tested with them.
"""

import json
import os
import shutil
import stat
import struct
import subprocess
from pathlib import Path

from support import MOONHEAP, PYTHON, ConsoleCase, main

LIB_FROM_BIN = os.environ.get("MOONHEAP_LIB_FROM_BIN", "../lib")
SHOW = "import json, os, sys; print(json.dumps([sys.argv, dict(os.environ)]))"


class RunTest(ConsoleCase):
    def setUp(self):
        super().setUp()
        os.chmod(self.directory, 0o755)
        # A sanitized command objects to the libraries that it only hands on.
        self.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"
        self.bin = self.directory / "prefix" / "bin"
        self.lib = (self.bin / LIB_FROM_BIN).resolve()
        for directory in (self.bin, self.lib):
            directory.mkdir(parents=True, exist_ok=True)
        self.command = self.bin / "moonheap"
        shutil.copy(MOONHEAP, self.command)
        for name in ("libmoonheap.so", "libmoonheap-agent.so"):
            self.stand_in(self.lib / name)
        self.preload = f"{self.lib}/libmoonheap.so:{self.lib}/libmoonheap-agent.so"

    @staticmethod
    def stand_in(path):
        """Any library that loads and does nothing by itself."""
        for libm in Path("/lib").glob("*/libm.so.6"):
            shutil.copy(libm, path)

    def run_it(self, *words, **more):
        return self.check(["run", *words], command=self.command, **more)

    def shown(self, *words, **more):
        return json.loads(self.run_it(*words, **more).stdout)

    def program(self, name, text, mode=0o755):
        path = self.directory / name
        if isinstance(text, str):
            path.write_text(text)
        else:
            path.write_bytes(text)
        path.chmod(mode)
        return path

    def test_environment(self):
        argv, environment = self.shown("--", PYTHON, "-c", SHOW, "--port", "0")
        self.assertEqual(argv, ["-c", "--port", "0"])
        self.assertEqual(environment["LD_PRELOAD"], self.preload)
        self.assertEqual(environment["MOONHEAP_RUN_PRELOAD"], "")
        self.assertEqual(environment["MOONHEAP_AGENT"], "1")

    def test_an_earlier_preload_is_kept_behind(self):
        other = self.directory / "other.so"
        self.stand_in(other)
        _, environment = self.shown(PYTHON, "-c", SHOW, LD_PRELOAD=str(other))
        self.assertEqual(environment["LD_PRELOAD"], f"{self.preload}:{other}")
        self.assertEqual(environment["MOONHEAP_RUN_PRELOAD"], str(other))

    def test_the_program_is_this_process(self):
        child = subprocess.Popen([self.command, "run", PYTHON, "-c",
                                  "import os, sys; print(os.getpid()); sys.exit(7)"],
                                 env=self.environment, stdout=subprocess.PIPE, text=True)
        out, _ = child.communicate(timeout=10)
        self.assertEqual(int(out), child.pid)
        self.assertEqual(child.returncode, 7)

    def test_ctrl_c_is_the_programs(self):
        code = "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, []))"
        self.run_it(PYTHON, "-c", code, out="set()\n")
        code = "import signal; print(signal.getsignal(signal.SIGUSR2) == signal.SIG_DFL)"
        self.run_it(PYTHON, "-c", code, out="True\n")

    def test_script_of_an_interpreter(self):
        script = self.program("service", f"#!{PYTHON}\n{SHOW}\n")
        argv, environment = self.shown(script, "--x")
        self.assertEqual(argv, [str(script), "--x"])
        self.assertEqual(environment["LD_PRELOAD"], self.preload)

    def test_env_in_a_script_is_passed_over(self):
        """env would be served, and the program that it starts not."""
        tools = self.directory / "tools"
        tools.mkdir()
        (tools / "python-here").symlink_to(PYTHON)
        path = f"{tools}:{os.environ['PATH']}"
        for first in ("#!/usr/bin/env python-here", "#! /usr/bin/env -S python-here -u"):
            script = self.program("service", f"{first}\n{SHOW}\n")
            argv, environment = self.shown(script, "--x", PATH=path)
            self.assertEqual(argv, [str(script), "--x"])
            # Started by env, it would know of it.
            self.assertNotEqual(environment.get("_"), "/usr/bin/env")
            self.assertEqual(environment["LD_PRELOAD"], self.preload)

    def test_not_found(self):
        self.run_it("no-such-program", code=127, out="", err="no program no-such-program on PATH")
        self.run_it("/no/such/program", code=127, out="", err="cannot start /no/such/program: No")
        script = self.program("service", "#!/no/such/interpreter\n")
        self.run_it(script, code=127, out="", err="cannot start /no/such/interpreter: No such")

    def test_not_executable(self):
        path = self.program("data", "text", 0o644)
        self.run_it(path, code=126, out="", err="data is not executable")
        self.run_it("data", code=126, out="", err="found on PATH but is not executable",
                    PATH=str(self.directory))
        self.run_it(self.directory, code=126, out="", err="is a directory")
        empty = self.program("empty", "")
        self.run_it(empty, code=126, out="", err="cannot start .*empty: Exec format error")

    def test_statically_linked_program_starts_with_a_warning(self):
        tool = shutil.which("ldconfig", path="/sbin:/usr/sbin") or self.skipTest("no ldconfig")
        done = self.run_it(tool, "--version",
                           err="warning: .* is statically linked: nothing can be preloaded into "
                               "it, so it starts without Moonheap and cannot be attached to")
        self.assertIn("ldconfig", done.stdout)

    def test_program_of_another_cpu(self):
        header = struct.pack("<4sBBBB8xHHI", b"\x7fELF", 1, 1, 1, 0, 2, 3, 1) + bytes(64)
        self.run_it(self.program("old", header), code=126, out="",
                    err="built for another kind of CPU than Moonheap's libraries")

    def test_privileged_program(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to make a set-uid file")
        path = self.directory / "privileged"
        shutil.copy("/bin/true", path)
        path.chmod(0o755 | stat.S_ISUID)
        done = subprocess.run([self.command, "run", path], env=self.environment, user="nobody",
                              group="nogroup", capture_output=True, text=True, timeout=10)
        self.assertEqual(done.returncode, 126)
        self.assertRegex(done.stderr, "gains privileges when it starts .* the loader preloads "
                         "nothing into such a program")
        self.run_it(path)  # root gains nothing by it

    def test_missing_library(self):
        (self.lib / "libmoonheap-agent.so").unlink()
        self.run_it("true", code=126, out="",
                    err=r"libmoonheap-agent\.so is missing \(looked for .*build it, or reinstall")

    def test_library_that_cannot_be_preloaded(self):
        moved = self.directory / "a b"
        shutil.move(self.directory / "prefix", moved)
        self.check(["run", "true"], 126, "", "LD_PRELOAD knows no path with a space or a colon",
                   command=moved / "bin" / "moonheap")

    def test_nothing_to_run(self):
        self.run_it(code=2, out="", err=r"something is missing; usage: moonheap run \[--\] PROGRAM")
        self.run_it("--port", "x", code=2, out="", err="there is no option --port here")


if __name__ == "__main__":
    main()
