"""support.py: what the console's tests share: a fake agent, the command, a terminal.

Everything runs in a directory of its own and is bounded in time; what was started is ended by its
pid. The build is named by MOONHEAP_BUILD (ctest sets it).
"""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("MOONHEAP_BUILD", HERE.parents[1] / "build"))
MOONHEAP = BUILD / "bin" / "moonheap"
PYTHON = "/usr/bin/python3"
PATIENCE = 10  # seconds that anything may take, on a busy machine


class Target:
    """A fake agent in a process of its own."""

    def __init__(self, case, greeting="welcome", **environment):
        self.process = subprocess.Popen(
            [PYTHON, HERE / "fake_agent.py", case.runtime, greeting], stdout=subprocess.PIPE,
            env={**case.environment, **environment}, text=True)
        self.pid = self.process.pid
        case.addCleanup(self.end)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the fake agent did not start")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Terminal:
    """A program on a pseudo terminal; expect() reads until a pattern comes."""

    def __init__(self, case, words, **environment):
        self.seen = ""
        self.matched = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(words[0], [str(w) for w in words],
                      {**case.environment, "TERM": "xterm", **environment})
        case.addCleanup(self.end)
        self.status = None

    def send(self, text):
        os.write(self.fd, text.encode())

    def line(self, text):
        self.send(text + "\r")

    def expect(self, pattern, patience=PATIENCE):
        """The match; what came up to its end is forgotten. Escape sequences do not count."""
        deadline = time.monotonic() + patience
        while True:
            plain = strip(self.seen)
            match = re.search(pattern, plain)
            if match:
                self.seen = plain[match.end():]
                self.matched = match.group()
                return match
            left = deadline - time.monotonic()
            if left <= 0 or not self.read(left):
                raise AssertionError(f"no {pattern!r} came; this did: {plain!r}")

    def read(self, patience):
        ready, _, _ = select.select([self.fd], [], [], patience)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side has closed it
            data = b""
        self.seen += data.decode(errors="replace")
        return bool(data)

    def wait(self, patience=PATIENCE):
        """The exit status."""
        deadline = time.monotonic() + patience
        while self.status is None and time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            else:
                self.read(0.05)
        if self.status is None:
            raise AssertionError(f"the program does not end; {strip(self.seen)!r}")
        return self.status

    def end(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def strip(text):
    """Without the terminal's escape sequences and bells, and with plain line ends."""
    text = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)", "", text)
    return text.replace("\a", "").replace("\r\n", "\n").replace("\r", "")


class ConsoleCase(unittest.TestCase):
    """A test with a directory, a runtime directory and a home of its own."""

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="console-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.runtime = self.directory / "moonheap"
        self.scripts = self.directory / "scripts"
        self.scripts.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.directory), "LC_ALL": "C.UTF-8",
            "XDG_STATE_HOME": str(self.directory / "state"), "INPUTRC": "/dev/null",
            "MOONHEAP_RUNTIME_DIR": str(self.runtime), "MOONHEAP_SCRIPTS": str(self.scripts)}

    def run_moonheap(self, *words, stdin="", patience=PATIENCE, command=MOONHEAP, **environment):
        return subprocess.run([command, *map(str, words)], input=stdin, capture_output=True,
                              text=True, timeout=patience,
                              env={**self.environment, **environment})

    def check(self, words, code=0, out=None, err=None, **more):
        """Runs moonheap and compares: out is the whole of standard output, err a pattern."""
        done = self.run_moonheap(*words, **more)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout!r} {done.stderr!r}")
        if out is not None:
            self.assertEqual(done.stdout, out)
        if err is None:
            self.assertEqual(done.stderr, "")
        else:
            self.assertRegex(done.stderr, err)
        return done


def main():
    if not MOONHEAP.exists():
        print(f"{MOONHEAP} is not built")
        sys.exit(77)
    unittest.main(verbosity=1)
