"""Running one workload once on one allocator, and checking that it did its work.

The program is started by programs/launch, whose own memory is smaller than that of anything it
starts: the kernel's peak for a process includes what the process was before exec.
"""

import dataclasses
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from . import inputs, servers
from .errors import BenchError

TIMEOUT_S = 180


@dataclasses.dataclass(frozen=True)
class Sample:
    """What one run cost, and what it answered."""

    cpu_s: float
    system_s: float
    rss_kib: int
    minor_faults: int
    answer: str
    failure: str = ""


class Bench:
    """Folders of one invocation, and the runs in them. A context manager: the data go at its end."""

    def __init__(self, build, scale):
        here = pathlib.Path(__file__).resolve().parent.parent
        self.programs = pathlib.Path(build).resolve() / "tests" / "bench" / "programs"
        self.inputs = here / "inputs"
        self.scale = scale  # "full" or "smoke": which arguments of a row
        self.data = None
        if not (self.programs / "launch").exists():
            raise BenchError(f"there are no benchmark programs in {self.programs}; "
                             "build them first: ./dev build")

    def __enter__(self):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="moonheap-bench-"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.data, ignore_errors=True)

    # ---- what a workload needs ----

    def missing(self, workload):
        """The packages to install before the workload can run; empty when it can."""
        program = workload.command[0]
        there = "{" in program or shutil.which(program, path=self.environment()["PATH"])
        return () if there else workload.packages

    def arguments(self, workload):
        return workload.full if self.scale == "full" else workload.smoke

    def prepare(self, workload):
        if workload.prepare:
            getattr(inputs, workload.prepare)(self.data, *self.arguments(workload))

    def environment(self, workload=None):
        """A clean one: nothing of the caller's reaches the allocators."""
        result = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.data),
            "TMPDIR": str(self.data),
            "LANG": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        result.update(workload.env if workload else ())
        return result

    def preloaded(self, allocator):
        """The environment of a program that is started without the launcher."""
        return self.environment() | allocator.environment() | {"LD_PRELOAD": allocator.library}

    def command(self, workload):
        arguments = self.arguments(workload)
        places = {"programs": self.programs, "inputs": self.inputs, "data": self.data}
        command = [part.format(*arguments, **places) for part in workload.command]
        own = workload.command[0].startswith("{programs}")
        return command + list(arguments) if own else command

    # ---- a run ----

    def launch(self, workload, allocator, command, stdout, stderr):
        """Starts the program in a session of its own, so that it can be ended with all its
        children."""
        words = [str(self.programs / "launch"), str(self.data / "result"), allocator.library]
        environment = self.environment(workload) | allocator.environment()
        return subprocess.Popen(words + command, cwd=self.data, env=environment,
                                stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                                start_new_session=True)

    def run(self, workload, allocator):
        stdout, stderr = self.data / "stdout", self.data / "stderr"
        (self.data / "output").unlink(missing_ok=True)
        with open(stdout, "wb") as out, open(stderr, "wb") as err:
            sink = out if workload.output else subprocess.DEVNULL
            if workload.server:
                driver = getattr(servers, workload.server)
                process, answer = driver(self, workload, allocator, out, err)
            else:
                process = self.launch(workload, allocator, self.command(workload), sink, err)
                answer = None
            timed_out = self._wait(process)
        if answer is None:
            answer = self._answer(workload, stdout)
        return self._sample(answer, stderr.read_text(errors="replace"), timed_out)

    @staticmethod
    def _wait(process):
        try:
            process.wait(TIMEOUT_S)
            return False
        except subprocess.TimeoutExpired:
            return True
        finally:
            if process.poll() is None:  # timed out, or the person at the keyboard has had enough
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _answer(self, workload, stdout):
        """What must be the same with every allocator."""
        if workload.output == "sum":
            lines = stdout.read_text(errors="replace").splitlines()
            return lines[-1] if lines and lines[-1].startswith("sum ") else "no checksum"
        if workload.output in ("all", "file"):
            path = stdout if workload.output == "all" else self.data / "output"
            content = path.read_bytes() if path.exists() else b""
            return hashlib.sha256(content).hexdigest()[:16] if content else "no output"
        return ""

    def _sample(self, answer, stderr, timed_out):
        line = (self.data / "result").read_text().split()
        failure = ""
        if timed_out:
            failure = f"still running after {TIMEOUT_S} s"
        elif "cannot be preloaded" in stderr:
            failure = "the loader could not preload the library"
        elif len(line) != 8:
            failure = "the launcher gave no result"
        elif line[7] != "0":
            code = int(line[7])
            failure = f"killed by signal {code - 128}" if code > 128 else f"exit status {code}"
        elif answer.startswith("no "):
            failure = answer
        if failure:
            last = [text for text in stderr.splitlines() if text.strip()][-1:]
            return Sample(0, 0, 0, 0, answer, ": ".join([failure, *last]))
        user, system, rss, minor = (int(word) for word in line[:4])
        return Sample((user + system) / 1e6, system / 1e6, rss, minor, answer)
