"""What workloads read, generated: the same bytes on every machine and in every run.

Each function makes the input of one workload of a given size in the data folder, and does nothing
where it is there already.
"""

import os
import pathlib
import subprocess

from .generator import Generator, write_once
from .inputs_languages import postscript, smt_problems  # noqa: F401  (found by name, as those below)

# ---- a C file for the compilers ----

_C_FUNCTION = """
struct item{n} {{ struct item{n} *next; int key; double weight; char name[{size}]; }};
static int compare{n}(const void *a, const void *b)
{{
	const struct item{n} *x = a, *y = b;
	return x->key < y->key ? -1 : x->key > y->key;
}}
int function{n}(struct item{n} *items, int count, int mode)
{{
	int total = {a};
	for (int i = 0; i < count; i++) {{
		struct item{n} *item = &items[i];
		switch ((item->key ^ mode) % 9) {{
		case 0: total += item->key * {b}; break;
		case 1: total ^= (int)(item->weight * {a}.5); break;
		case 2: while (item->next) {{ total += item->next->key; item = item->next; }} break;
		case 3: for (int k = 0; k < {size}; k++) total += item->name[k] << (k % {c}); break;
		case 4: total -= compare{n}(item, items); break;
		case 5: memset(item->name, total & 127, sizeof item->name); break;
		case 6: total = total > {b} ? total / {c} : total * {c} + i; break;
		default: snprintf(item->name, sizeof item->name, "%d-{n}", total);
		}}
	}}
	if (mode > {c}) qsort(items, (size_t)count, sizeof *items, compare{n});
	return total{call};
}}
"""


def c_source(data, size):
    def make(file):
        random = Generator(11)
        file.write(b"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n")
        for n in range(int(size)):
            call = f" + function{n - 1}((void *)items, count / 2, mode - 1)" if n else ""
            text = _C_FUNCTION.format(n=n, size=8 + random.below(60), a=1 + random.below(90),
                                      b=2 + random.below(900), c=2 + random.below(6), call=call)
            file.write(text.encode())

    write_once(data / f"source-{size}.c", make)


# ---- SQL ----

def sql_script(data, size):
    template = pathlib.Path(__file__).parent.parent / "inputs" / "tables.sql"
    write_once(data / f"tables-{size}.sql",
                lambda file: file.write(template.read_bytes().replace(b"@rows", size.encode())))


# ---- commands for redis, in its own protocol ----

def _redis_value(random):
    """Mostly short values, a few long ones; the content tells where it came from."""
    kind = random.below(100)
    length = 8 + random.below(56) if kind < 60 else 64 + random.below(448) if kind < 92 \
        else 512 + random.below(7680) if kind < 99 else 8192 + random.below(57344)
    return (b"%x" % random.below(2**30)) * (length // 8 + 1)


def _redis_command(random, keys):
    key = b"key:%d" % random.below(keys)
    kind = random.below(20)
    if kind < 7:
        return b"SET", b"s" + key, _redis_value(random)
    if kind < 9:
        return b"APPEND", b"s" + key, b"more" * (1 + random.below(30))
    if kind < 12:
        return b"DEL", b"s" + key, b"h" + key
    if kind < 15:
        return b"HSET", b"h" + key, b"field%d" % random.below(200), _redis_value(random)[:80]
    if kind < 17:
        return b"ZADD", b"z%d" % random.below(50), b"%d" % random.below(10000), key
    if kind < 19:
        return b"LPUSH", b"l%d" % random.below(200), _redis_value(random)[:200]
    return b"LTRIM", b"l%d" % random.below(200), b"0", b"%d" % random.below(500)


def redis_commands(data, size):
    def make(file):
        random = Generator(13)
        for _ in range(int(size)):
            words = _redis_command(random, int(size) // 6 + 1)
            parts = [b"*%d\r\n" % len(words)]
            parts += [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]
            file.write(b"".join(parts))

    write_once(data / f"commands-{size}.resp", make)


# ---- a git repository ----

def _git_stream(commits):
    """A history for `git fast-import`: files of words, a few lines of which each commit changes."""
    random = Generator(17)
    files = {}

    def line():
        return " ".join("word%d" % random.below(3000) for _ in range(4 + random.below(8)))

    for commit in range(commits):
        yield f"commit refs/heads/main\ncommitter B <b@example.org> {1600000000 + commit * 60} +0000\n"
        message = f"change {commit}: {line()}\n"
        yield f"data {len(message)}\n{message}"
        for _ in range(1 + random.below(3)):
            path = f"folder{random.below(20)}/file{random.below(30)}.txt"
            lines = files.setdefault(path, [line() for _ in range(40 + random.below(400))])
            for _ in range(1 + random.below(12)):
                lines[random.below(len(lines))] = line()
            text = "\n".join(lines) + "\n"
            yield f"M 100644 inline {path}\ndata {len(text)}\n{text}\n"


def git_repository(data, size):
    target = data / f"repository-{size}"
    if target.exists():
        return
    part = data / f"repository-{size}.part"
    environment = dict(os.environ, HOME=str(data), GIT_CONFIG_NOSYSTEM="1")
    subprocess.run(["git", "init", "-q", "-b", "main", str(part)], check=True, env=environment)
    subprocess.run(["git", "-C", str(part), "fast-import", "--quiet"], check=True, env=environment,
                   input="".join(_git_stream(int(size))).encode())
    os.rename(part, target)
