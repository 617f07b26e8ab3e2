#!/usr/bin/python3
"""bench_attach.py [ROUNDS]: how long from the command to the first prompt, and to one value.

Prints median and worst in milliseconds; asserts nothing, since a shared machine may be slow. With
an agent built it attaches to redis-server on a private socket, otherwise to the fake agent.
"""

import os
import pty
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from support import BUILD, HERE, MOONHEAP, PYTHON


def start_redis(directory, environment):
    """redis-server on Moonheap, when all of it is there; its process or None."""
    redis = shutil.which("redis-server")
    if not redis or not (BUILD / "lib" / "libmoonheap-agent.so").exists():
        return None
    process = subprocess.Popen(
        [MOONHEAP, "run", "--", redis, "--port", "0", "--unixsocket", f"{directory}/redis.sock",
         "--save", "", "--dir", directory], env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not os.path.exists(f"{directory}/redis.sock") and time.monotonic() < deadline:
        time.sleep(0.02)
    return process


def start_fake(environment):
    process = subprocess.Popen([PYTHON, HERE / "fake_agent.py", environment["MOONHEAP_RUNTIME_DIR"]],
                               env=environment, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process


def time_attach(pid, environment):
    begin = time.monotonic()
    child, fd = pty.fork()
    if child == 0:
        os.execve(MOONHEAP, ["moonheap", "attach", str(pid)], environment)
    seen = b""
    while b"observer> " not in seen:
        seen += os.read(fd, 65536)
    taken = time.monotonic() - begin
    os.write(fd, b"\x04")
    os.waitpid(child, 0)
    os.close(fd)
    return taken


def time_eval(pid, environment):
    begin = time.monotonic()
    subprocess.run([MOONHEAP, "eval", str(pid), "stats.allocated"], env=environment, check=True,
                   stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def report(label, samples):
    samples = sorted(1000 * s for s in samples)
    print(f"{label:28} median {statistics.median(samples):6.2f} ms   "
          f"worst {samples[-1]:6.2f} ms   of {len(samples)}")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    directory = tempfile.mkdtemp(prefix="console-bench-")
    environment = {**os.environ, "MOONHEAP_RUNTIME_DIR": f"{directory}/moonheap", "TERM": "xterm",
                   "XDG_STATE_HOME": f"{directory}/state"}
    process = start_redis(directory, environment)
    what = "redis-server" if process else "the fake agent"
    process = process or start_fake(environment)
    try:
        time_attach(process.pid, environment)  # files in the cache
        report(f"attach to {what}", [time_attach(process.pid, environment) for _ in range(rounds)])
        report(f"eval in {what}", [time_eval(process.pid, environment) for _ in range(rounds)])
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
