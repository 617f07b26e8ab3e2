#!/usr/bin/python3
"""The agent in Debian's redis-server, which exports a Lua of its own: both Luas go on, side by side.

Once with the agent alone, on the allocator that redis was built with, and once with Moonheap. The
service must answer, fork for BGSAVE, and end as it does without us. AGENT and MOONHEAP are the
libraries.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import client

REDIS, CLI = shutil.which("redis-server"), shutil.which("redis-cli")
AGENT, MOONHEAP = os.environ["AGENT"], os.environ["MOONHEAP"]


class Redis:
    def __init__(self, *libraries):
        self.directory = tempfile.TemporaryDirectory(prefix="moonheap-redis-")
        path = self.directory.name
        environment = dict(os.environ, LD_PRELOAD=":".join(libraries), MOONHEAP_AGENT="1",
                           MOONHEAP_RUN_PRELOAD="", MOONHEAP_RUNTIME_DIR=path)
        self.log = open(f"{path}/log", "w+b")
        self.process = subprocess.Popen(
            [REDIS, "--port", "0", "--unixsocket", f"{path}/redis.sock", "--dir", path, "--save", ""],
            env=environment, stdout=self.log, stderr=self.log)
        self.agent = f"{path}/{self.process.pid}.sock"
        for _ in range(1000):
            if os.path.exists(f"{path}/redis.sock"):
                break
            time.sleep(0.01)

    def cli(self, *command):
        return subprocess.run([CLI, "-s", f"{self.directory.name}/redis.sock", *command], check=True,
                              capture_output=True, text=True).stdout.strip()

    def end(self):
        self.cli("shutdown", "nosave")
        status = self.process.wait(20)
        self.log.close()
        left = [name for name in os.listdir(self.directory.name) if name.endswith(".sock")]
        self.directory.cleanup()
        return status, left


class AgentInRedis(unittest.TestCase):
    def check(self, redis, expectations):
        with client.connect_soon(redis.agent, role="operator") as console:
            self.assertEqual(redis.cli("eval", "return _VERSION", "0"), "Lua 5.1")
            self.assertEqual(console.eval("_VERSION").value, "Lua 5.4")
            self.assertEqual(console.eval("1 // 2 | 3").value, "3")
            expectations(console)
            for i in range(100):
                redis.cli("set", f"key{i}", "x" * 1000)
            request = console.send(client.EVAL, "while true do local t = { {} } end", "", "text", "")
            redis.cli("bgsave")
            self.assertEqual(redis.cli("eval", "return redis.call('get', 'key7')", "0"), "x" * 1000)
            console.send(client.CANCEL, str(request))
            self.assertEqual(console.wait(request).status, client.CANCELLED)
            for _ in range(500):
                if "rdb_bgsave_in_progress:0" in redis.cli("info", "persistence"):
                    break
                time.sleep(0.01)
            self.assertIn("rdb_last_bgsave_status:ok", redis.cli("info", "persistence"))
        self.assertEqual(redis.end(), (0, []))

    def test_on_the_allocator_of_redis(self):
        def expectations(console):
            answer = console.eval("stats.allocated")
            self.assertEqual(answer.status, client.LUA_ERROR)
            self.assertIn("not Moonheap", answer.value)
            self.assertIn("not Moonheap", console.eval("heap.walk()").value)
            self.assertIn("not Moonheap", console.eval("ctl").value)
            self.assertIn("not Moonheap", console.help("stats.allocated").value)
            self.assertIn("___ Begin jemalloc statistics ___", console.eval("heap.stats_print()").value)
            self.assertEqual(console.complete("stats.")[1], [])
            self.assertIn("heap.", console.complete("hea")[1])
        self.check(Redis(AGENT), expectations)

    @unittest.skipUnless(os.path.exists(MOONHEAP), "no allocator was built")
    def test_on_moonheap(self):
        def expectations(console):
            # redis has one thread that allocates; the agent's have no arena of their own
            self.assertEqual(console.eval("#arena").value, "1")
            self.assertRegex(console.eval("stats.allocated").value, r"^\d+ B \(\d")
            self.assertEqual(console.eval("arena[0].dirty_decay_ms = 500").status, client.OK)
            self.assertEqual(console.eval("arena[0].dirty_decay_ms").value, "500 ms")
            self.assertEqual(console.eval("arena[0].purge()").status, client.OK)
            self.assertGreater(int(console.eval("#heap.names()").value), 1000)
            self.assertEqual(console.eval("stats.resident >= stats.allocated").value, "true")
        self.check(Redis(MOONHEAP, AGENT), expectations)


if __name__ == "__main__":
    if not REDIS or not CLI:
        print("redis-server is not installed")
        sys.exit(77)
    unittest.main()
