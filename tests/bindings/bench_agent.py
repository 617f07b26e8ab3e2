#!/usr/bin/python3
"""bench_agent.py [BUILD] [ROUNDS]: what reading costs inside the agent, on the built libraries.

A value by its name, the same by a table kept in a local, and all values (every index expanded) with
names, values and rows. Prints the best of the rounds: on a shared machine the others measure the
neighbours.
"""

import os
import subprocess
import sys
import tempfile

import client

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5

FIGURES = (
    ("read of stats.allocated", 0.5,
     "local t = heap.clock() for i = 1, 1e6 do local x = stats.allocated end return heap.clock() - t"),
    ("read of s.allocated, s = stats", 0.5,
     "local s, t = stats, heap.clock() for i = 1, 1e6 do local x = s.allocated end return heap.clock() - t"),
    ("walk of all values, each", 2,
     "local n, t = 0, heap.clock() for name, value, row in heap.walk() do n = n + 1 end "
     "return (heap.clock() - t) / n * 1e6"),
)


def main():
    with tempfile.TemporaryDirectory(prefix="moonheap-bench-") as directory:
        environment = dict(os.environ, MOONHEAP_AGENT="1", MOONHEAP_RUNTIME_DIR=directory,
                           MOONHEAP_RUN_PRELOAD="",
                           LD_PRELOAD=f"{BUILD}/lib/libmoonheap.so {BUILD}/lib/libmoonheap-agent.so")
        with subprocess.Popen(["sleep", "600"], env=environment) as service:
            try:
                with client.connect_soon(f"{directory}/{service.pid}.sock") as console:
                    for name, goal, statement in FIGURES:
                        best = min(float(console.eval(statement).value) for _ in range(ROUNDS))
                        print(f"{name:<32} {best:6.3f} us  (goal: under {goal})")
            finally:
                service.kill()


if __name__ == "__main__":
    main()
