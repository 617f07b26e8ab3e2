#!/usr/bin/python3
"""fake_agent.py DIRECTORY [GREETING]: a test double that speaks the agent's side of the protocol.

It listens on DIRECTORY/PID.sock, prints "ready", and serves consoles until it is killed. What it
does is chosen by what it is asked, so that a test can bring about every way in which a conversation
can go wrong. GREETING: welcome (the default), refuse, version, nonsense, silent, oversize, hangup.
A statement is one of the words in STATEMENTS; any other text comes back as the value. In the
environment, FAKE_BIND=descriptor binds by way of an open directory, FAKE_PID puts another pid in
the socket's name, FAKE_BECOME names the user that it becomes once it listens.
"""

import json
import os
import pwd
import signal
import socket
import struct
import sys
import threading
import time

HELLO, EVAL, SCRIPT, COMPLETE, HELP, CANCEL, CLOSE, MODULE = range(1, 9)
WELCOME, OUTPUT, RESULT, CANDIDATES, GOODBYE, REFUSED, VALUE = range(64, 71)
OK, LUA_ERROR, CANCELLED, TIMEOUT, DENIED = range(5)
PAYLOAD_MAX = 1 << 20

NAMES = ["stats.active", "stats.allocated", "stats.arenas", "stats.resident", "version"]


def field(text):
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<I", len(data)) + data


def frame(kind, request, *fields):
    payload = b"".join(field(f) for f in fields)
    return struct.pack("<IHHI", len(payload), kind, 0, request) + payload


def fields_of(payload):
    found, at = [], 0
    while at + 4 <= len(payload):
        length = struct.unpack_from("<I", payload, at)[0]
        found.append(payload[at + 4:at + 4 + length])
        at += 4 + length
    return found


class Connection:
    """One console; the reader thread hands CANCEL over while a statement waits for it."""

    def __init__(self, sock, greeting):
        self.sock = sock
        self.greeting = greeting
        self.cancelled = threading.Event()
        self.role = "observer"
        self.modules = {}
        self.changes = []

    def send(self, kind, request, *fields):
        self.sock.sendall(frame(kind, request, *fields))

    def result(self, request, status, text, code=0):
        self.send(RESULT, request, str(status), text, str(code))

    def receive(self, length):
        data = b""
        while len(data) < length:
            more = self.sock.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def serve(self):
        try:
            while True:
                length, kind, _, request = struct.unpack("<IHHI", self.receive(12))
                self.handle(kind, request, fields_of(self.receive(length)))
        except (EOFError, OSError):
            self.sock.close()

    def handle(self, kind, request, fields):
        if kind == HELLO:
            self.greet(request, fields)
        elif kind == CANCEL:
            self.cancelled.set()
            self.result(request, OK, "")
        elif kind in (EVAL, SCRIPT):
            self.cancelled.clear()
            threading.Thread(target=self.guarded, args=(kind, request, fields), daemon=True).start()
        elif kind == MODULE:
            self.modules[fields[0].decode()] = fields[1].decode()
            self.result(request, OK, "")
        elif kind == COMPLETE:
            self.complete(request, fields[0].decode())
        elif kind == HELP:
            self.result(request, OK, f"help on {fields[0].decode() or 'everything'}")
        elif kind == CLOSE:
            self.send(GOODBYE, request, "\n".join(self.changes))
            self.sock.shutdown(socket.SHUT_RDWR)

    def greet(self, request, fields):
        self.role = fields[1].decode()
        welcome = {"protocol": 1, "pid": os.getpid(), "program": "fake", "agent": "0.1.0",
                   "allocator": "moonheap", "version": "5.3.0-fake", "role": self.role,
                   "extra": {"nested": ["}", 1]}}
        if self.greeting == "refuse":
            self.send(REFUSED, request, "four consoles are attached already\x1b[31m")
            self.sock.shutdown(socket.SHUT_RDWR)
        elif self.greeting == "nonsense":
            self.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        elif self.greeting == "other":
            self.send(OUTPUT, request, "hello")
        elif self.greeting == "oversize":
            self.sock.sendall(struct.pack("<IHHI", PAYLOAD_MAX + 1, WELCOME, 0, request))
        elif self.greeting == "hangup":
            self.sock.shutdown(socket.SHUT_RDWR)
        elif self.greeting != "silent":
            if self.greeting == "version":
                welcome["protocol"] = 2
            self.send(WELCOME, request, json.dumps(welcome))

    def complete(self, request, text):
        if text.startswith("slow"):
            time.sleep(5)
        start = max(text.rfind(c) for c in " (=,") + 1
        matching = [n for n in NAMES if n.startswith(text[start:])]
        self.send(CANDIDATES, request, str(start), *matching)

    def guarded(self, kind, request, fields):
        try:
            if kind == SCRIPT:
                self.script(request, fields)
            else:
                self.statement(request, fields)
        except OSError:
            pass  # the console has gone

    def script(self, request, fields):
        text, name, style, limit = (f.decode() for f in fields[:4])
        words = [f.decode() for f in fields[4:]]
        told = {"script": name, "arguments": words, "modules": sorted(self.modules),
                "limit": limit}
        if style == "json":
            self.send(OUTPUT, request, "printed\n")
        code = 6 if "finding" in text else 0
        if "syntax error" in text:
            self.result(request, LUA_ERROR, f"{name}:1: syntax error near 'error'", 1)
        else:
            self.result(request, OK, json.dumps(told), code)

    def statement(self, request, fields):
        text, style = fields[0].decode(), fields[2].decode()
        word = text.split()[0] if text.split() else ""
        action = STATEMENTS.get(word)
        if action:
            action(self, request, text)
        elif style == "json":
            self.result(request, OK, json.dumps({"value": text, "limit": fields[3].decode()}))
        else:
            self.result(request, OK, text)

    # --- statements ------------------------------------------------------------------------------

    def wait(self, request, _):
        """Runs until it is cancelled."""
        self.send(OUTPUT, request, "waiting\n")
        self.cancelled.wait()
        self.result(request, CANCELLED, "cancelled")

    def stubborn(self, request, _):
        """Never answers."""
        self.send(OUTPUT, request, "waiting\n")

    def out(self, request, _):
        for number in range(3):
            self.send(OUTPUT, request, f"line {number}\n")
        self.result(request, OK, "")

    def flood(self, request, _):
        """Prints until it is cancelled or the console is gone."""
        piece = "moonheap\n" * 1000
        while not self.cancelled.is_set():
            self.send(OUTPUT, request, piece)
        self.result(request, CANCELLED, "cancelled")

    def long(self, request, _):
        for _ in range(3):
            self.send(VALUE, request, "x" * 1000)
        self.result(request, OK, "end")

    def lines(self, request, _):
        self.send(OUTPUT, request, "".join(f"row {n}\n" for n in range(200)))
        self.result(request, OK, "")

    def escape(self, request, _):
        self.send(OUTPUT, request, "a\x1b]0;owned\x07b\u009bc\u202ed")
        self.send(OUTPUT, request, b"\xc3")
        self.send(OUTPUT, request, b"\xa9\xff\n")
        self.result(request, OK, "v\x1b[2Jw")

    def error(self, request, _):
        self.result(request, LUA_ERROR, "stdin:1: no such name: stats.alocated; "
                                        "did you mean stats.allocated?\x1b[0m")

    def denied(self, request, _):
        self.result(request, DENIED, "arena.0.purge needs the operator role")

    def late(self, request, _):
        self.result(request, TIMEOUT, "stopped after its time limit")

    def die(self, request, _):
        """The service is killed in the middle of an answer."""
        self.sock.sendall(frame(RESULT, request, "0", "never whole", "0")[:20])
        os.kill(os.getpid(), signal.SIGKILL)

    def close(self, request, _):
        self.sock.sendall(frame(RESULT, request, "0", "never whole", "0")[:20])
        self.sock.shutdown(socket.SHUT_RDWR)

    def huge(self, request, _):
        self.sock.sendall(struct.pack("<IHHI", PAYLOAD_MAX + 1, RESULT, 0, request))

    def stray(self, request, _):
        """Frames that answer nothing, of kinds that nobody knows, before the answer."""
        self.send(OUTPUT, request + 1000, "not yours\n")
        self.send(200, request, "what is this")
        self.send(OUTPUT, request)
        self.sock.sendall(struct.pack("<IHHI", 8, OUTPUT, 0, request) + struct.pack("<II", 99, 0))
        self.result(request, OK, "still here")

    def change(self, request, _):
        self.changes.append("arena.0.dirty_decay_ms: 10000 -> 500")
        self.result(request, OK, "")


STATEMENTS = {name: getattr(Connection, name) for name in (
    "wait", "stubborn", "out", "flood", "long", "lines", "escape", "error", "denied", "late", "die",
    "close", "huge", "stray", "change")}


def main():
    directory = sys.argv[1]
    greeting = sys.argv[2] if len(sys.argv) > 2 else "welcome"
    os.makedirs(directory, mode=0o700, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if os.environ.get("FAKE_BIND") == "descriptor":  # as an agent does that guards against races
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        path = f"/proc/self/fd/{descriptor}/{os.getpid()}.sock"
    else:
        path = os.path.join(directory, f"{os.environ.get('FAKE_PID', os.getpid())}.sock")
    listener.bind(path)
    listener.listen(8)
    if "FAKE_BECOME" in os.environ:
        os.setresuid(*[pwd.getpwnam(os.environ["FAKE_BECOME"]).pw_uid] * 3)
    print("ready", flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=Connection(sock, greeting).serve, daemon=True).start()


if __name__ == "__main__":
    main()
