"""Running a program under valgrind's callgrind, which leaves malloc alone, and reading its profile:
instructions by address, and calls from one object into another."""

import collections
import dataclasses
import os
import re
import subprocess

from .errors import BenchError

LACKS = 77  # exit status of our programs where the allocator has no such function
TIMEOUT_S = 300


def require(bench):
    folders = bench.environment()["PATH"].split(":")
    if not any(os.access(os.path.join(folder, "valgrind"), os.X_OK) for folder in folders):
        raise BenchError("valgrind is not there; install it: apt-get install valgrind")


def run(bench, allocator, program, *arguments, options=()):
    """The path of the profile; None if the program says that the allocator lacks the function."""
    out = bench.data / "callgrind.out"
    out.unlink(missing_ok=True)
    command = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", *options,
               str(bench.programs / program), *map(str, arguments)]
    done = subprocess.run(command, env=bench.preloaded(allocator), cwd=bench.data, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=TIMEOUT_S)
    if done.returncode == LACKS:
        return None
    if done.returncode != 0 or not out.exists():
        raise BenchError(f"callgrind of {program} {arguments} on {allocator.name} failed: "
                         + done.stderr.decode(errors="replace").strip()[-300:])
    return out


def total(profile):
    """Instructions of the whole process."""
    found = re.search(r"^(?:totals|summary): (\d+)", profile.read_text(), re.MULTILINE)
    if not found:
        raise BenchError(f"{profile} has no total")
    return int(found.group(1))


@dataclasses.dataclass
class Profile:
    # (object, source file of the function) -> address -> how often the instruction there ran
    executed: dict
    # (calling object, called object, called function, its source file) -> how often
    calls: collections.Counter


class _Names:
    """The format says a name once, with a number, and then only the number. Files and functions
    have numbers of their own."""

    def __init__(self):
        self.known = {}

    def __call__(self, text):
        number, _, name = text.partition(" ")
        if name:
            self.known[number] = name
        return self.known.get(number, text)


def read(path):
    """Reads a profile made with --dump-instr=yes: lines of position and cost below lines that say
    which object, file and function they belong to."""
    profile = Profile(collections.defaultdict(collections.Counter), collections.Counter())
    objects, files, functions = _Names(), _Names(), _Names()
    place = {"ob": "", "fl": "", "cob": None, "cfi": None, "cfn": ""}
    address, is_cost_of_call = 0, False
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line and line[0] in "0123456789+-*":
                words = line.split()
                address = _position(words[0], address)
                if not is_cost_of_call:
                    profile.executed[place["ob"], place["fl"]][address] += int(words[-1])
                is_cost_of_call = False
                continue
            key, _, text = line.partition("=")
            if key == "calls":
                called = place["cob"] or place["ob"], place["cfn"], place["cfi"] or place["fl"]
                profile.calls[place["ob"], *called] += int(text.split()[0])
                place["cob"] = place["cfi"] = None
                is_cost_of_call = True
            elif key in ("ob", "cob"):
                place[key] = objects(text)
            elif key in ("fl", "fi", "fe", "cfi", "cfl"):
                name = files(text)
                if key in ("fl", "cfi", "cfl"):
                    place["cfi" if key == "cfl" else key] = name
            elif key in ("fn", "cfn"):
                place[key] = functions(text)
    return profile


def _position(word, last):
    """Positions are absolute, or relative to the one before."""
    if word == "*":
        return last
    return last + int(word) if word[0] in "+-" else int(word, 0)
