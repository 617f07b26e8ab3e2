"""Workloads whose program is a server: started on a private socket, driven, and told to stop.

Only the server runs on the allocator under test and only its cost counts; the clients are the
same for all. A driver returns the process of the launcher and the answer that must be the same
with every allocator.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time

START_S = 20
CLIENT_S = 150


class _Redis:
    """One redis-server that keeps nothing on disk, reachable by a Unix socket only."""

    def __init__(self, bench, workload, allocator, stdout, stderr):
        # Unix socket paths are short: not below a temporary folder of unknown depth.
        self.folder = tempfile.mkdtemp(prefix="mhb-", dir="/tmp")
        self.socket = os.path.join(self.folder, "s")
        self.bench = bench
        self.environment = bench.environment()
        command = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "",
                   "--appendonly", "no", "--daemonize", "no", "--dir", str(bench.data),
                   "--enable-debug-command", "local", "--hz", "10", "--dynamic-hz", "no"]
        self.process = bench.launch(workload, allocator, command, stdout, stderr)
        self._wait_until_up()

    def _wait_until_up(self):
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if os.path.exists(self.socket) and self.ask("PING") == "PONG":
                return
            time.sleep(0.02)

    def client(self, program, *arguments, stdin=None):
        """Runs a client to its end and returns what it printed; empty when it failed."""
        try:
            done = subprocess.run([program, "-s", self.socket, *arguments], timeout=CLIENT_S,
                                  stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, env=self.environment, check=False)
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""

    def ask(self, *command):
        return self.client("redis-cli", *command)

    def stop(self):
        self.ask("SHUTDOWN", "NOSAVE")
        try:
            self.process.wait(START_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


def redis_benchmark(bench, workload, allocator, stdout, stderr):
    """Keys and their order are random, so the answer is how many requests there were and that
    none failed."""
    server = _Redis(bench, workload, allocator, stdout, stderr)
    try:
        count = bench.arguments(workload)[0]
        for tests, size in (("set,get,incr,lpush,rpush,lpop,sadd,hset,zadd", "64"),
                            ("set,get,lpush", "700")):
            server.client("redis-benchmark", "-n", count, "-r", count, "-P", "16", "-c", "20",
                          "-d", size, "-t", tests, "-q")
        stats = server.ask("INFO", "commandstats")
        answer = "no answer" if not stats else _command_counts(stats)
    finally:
        server.stop()
    return server.process, answer


def _command_counts(stats):
    """"cmdstat_set:calls=100,...,failed_calls=0" becomes "set=100"."""
    words = []
    for line in stats.splitlines():
        name, _, fields = line.partition(":")
        values = dict(field.split("=") for field in fields.strip().split(",") if "=" in field)
        if name.startswith("cmdstat_") and name[8:] in _BENCHMARK_COMMANDS:
            words.append(f"{name[8:]}={values.get('calls')}")
            if values.get("failed_calls") != "0":
                return f"no clean run: {name[8:]} failed {values.get('failed_calls')} times"
    return " ".join(sorted(words)) or "no commands"


_BENCHMARK_COMMANDS = ("set", "get", "incr", "lpush", "rpush", "lpop", "sadd", "hset", "zadd")


def redis_churn(bench, workload, allocator, stdout, stderr):
    """The commands are generated, so the digest of the whole data set is the answer."""
    server = _Redis(bench, workload, allocator, stdout, stderr)
    try:
        path = bench.data / f"commands-{bench.arguments(workload)[0]}.resp"
        with open(path, "rb") as commands:
            server.client("redis-cli", "--pipe", stdin=commands)
        answer = server.ask("DEBUG", "DIGEST") or "no answer"
    finally:
        server.stop()
    return server.process, answer
