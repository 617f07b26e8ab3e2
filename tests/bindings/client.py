"""A console in a few lines, for tests: the frames of include/moonheap/protocol.h."""

import socket
import struct
import time

HELLO, EVAL, SCRIPT, COMPLETE, HELP, CANCEL, CLOSE, MODULE = range(1, 9)
WELCOME, OUTPUT, RESULT, CANDIDATES, GOODBYE, REFUSED, VALUE = range(64, 71)
OK, LUA_ERROR, CANCELLED, TIMEOUT, DENIED = range(5)


class Answer:
    """What a statement gave: status, value, exit code, and what it printed."""

    def __init__(self, status, value, exit_code, output):
        self.status, self.value, self.exit_code, self.output = status, value, exit_code, output

    def __repr__(self):
        return f"<{self.status} {self.value[:200]!r} exit {self.exit_code} printed {self.output[:200]!r}>"


class Client:
    def __init__(self, path, role="observer", hello=True, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.request = 0
        self.first = None
        if hello:
            self.send(HELLO, "1", role, "test")
            self.first = self.receive()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, kind, *fields):
        self.request += 1
        payload = b""
        for field in fields:
            data = field if isinstance(field, bytes) else field.encode()
            payload += struct.pack("<I", len(data)) + data
        self.socket.sendall(struct.pack("<IHHI", len(payload), kind, 0, self.request) + payload)
        return self.request

    def read(self, size):
        data = bytearray()
        while len(data) < size:
            piece = self.socket.recv(min(size - len(data), 1 << 20))
            if not piece:
                raise EOFError("the agent closed the connection")
            data += piece
        return bytes(data)

    def receive(self):
        """The next frame as (kind, request, fields)."""
        length, kind, _, request = struct.unpack("<IHHI", self.read(12))
        payload = self.read(length)
        fields, at = [], 0
        while at < length:
            size = struct.unpack_from("<I", payload, at)[0]
            fields.append(payload[at + 4:at + 4 + size])
            at += 4 + size
        return kind, request, fields

    def wait(self, request=None):
        """Collects frames up to the RESULT (of the request)."""
        output, value = bytearray(), bytearray()
        while True:
            kind, answers, fields = self.receive()
            if kind == OUTPUT:
                output += fields[0]
            elif kind == VALUE:
                value += fields[0]
            elif kind == RESULT and request in (None, answers):
                value += fields[1]
                return Answer(int(fields[0]), value.decode(errors="replace"), int(fields[2]),
                              output.decode(errors="replace"))

    def eval(self, text, form="text", limit="", name="test"):
        self.send(EVAL, text, name, form, limit)
        return self.wait()

    def script(self, text, *arguments, form="text", limit="", name="probe"):
        self.send(SCRIPT, text, name, form, limit, *arguments)
        return self.wait()

    def help(self, name):
        self.send(HELP, name)
        return self.wait()

    def complete(self, text):
        self.send(COMPLETE, text)
        kind, _, fields = self.receive()
        assert kind == CANDIDATES
        return int(fields[0]), [field.decode() for field in fields[1:]]

    def goodbye(self):
        self.send(CLOSE)
        kind, _, fields = self.receive()
        assert kind == GOODBYE
        return fields[0].decode()


def connect_soon(path, seconds=10, **options):
    """Connects to an agent that is starting."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return Client(path, **options)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
