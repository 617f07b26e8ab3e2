"""The workloads: one row each. Everything else (runs, tables, the list in the manual) follows.

A command names its parts with braces: {programs} is the folder of our compiled programs, {inputs}
that of the scripts beside this package, {data} the temporary folder of this run, and {0}, {1}, …
the arguments of the row: `full` for a measurement (half a second or more with jemalloc, a real program more than
one), `smoke` for the test that every workload still runs.
"""

import dataclasses

MICRO, THREADED, PROGRAMS = "micro", "threaded", "programs"
CLASSES = (MICRO, THREADED, PROGRAMS)


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    group: str
    why: str
    command: tuple
    full: tuple
    smoke: tuple
    env: tuple = ()
    prepare: str = ""  # function of inputs.py that makes what the command reads
    server: str = ""  # function of servers.py that drives the command as a server
    output: str = "sum"  # "sum": the last line is a checksum; "file": {data}/output; "all": stdout
    packages: tuple = ()
    repeats: int = 1  # runs in each round


def _own(name, group, why, program, full, smoke):
    """A row for one of our programs: arguments are given as they would be typed."""
    command = ("{programs}/" + program,)
    return Workload(name, group, why, command, tuple(full.split()), tuple(smoke.split()))


def _micro(*row):
    return _own(row[0], MICRO, *row[1:])


def _threaded(*row):
    return _own(row[0], THREADED, *row[1:])


SMALL_SIZES = "16 48 96 200 520 1100 3000 9000"

ROWS = (
    _micro("pair-64", "malloc and free of 64 bytes, back to back: the fast path alone",
           "pairs", "100000000 64", "1000 64"),
    _micro("pair-sizes", "pairs of eight sizes from 16 bytes to 9 KB, one size at a time",
           "pairs", "12000000 " + SMALL_SIZES, "1000 " + SMALL_SIZES),
    _micro("pair-large", "pairs of 64 KiB, 256 KiB and 1 MiB: buffers asked for and dropped",
           "pairs", "1000000 65536 262144 1048576", "100 65536 262144 1048576"),
    _micro("pair-huge", "pairs of 4 MiB",
           "pairs", "3500000 4194304", "100 4194304"),
    _micro("batch-fifo", "1000 blocks of 64 bytes, freed in order: a cache that runs empty and full",
           "batch", "fifo 64 1000 40000", "fifo 64 1000 2"),
    _micro("batch-lifo", "the same, freed newest first",
           "batch", "lifo 64 1000 40000", "lifo 64 1000 2"),
    _micro("batch-random", "100 000 blocks of 64 bytes, freed in random order",
           "batch", "random 64 100000 200", "random 64 1000 2"),
    _micro("batch-1k", "10 000 blocks of 1 KiB, freed in order: memory that a cache cannot hold",
           "batch", "fifo 1024 10000 900", "fifo 1024 100 2"),
    _micro("batch-1k-random", "the same, freed in random order",
           "batch", "random 1024 10000 450", "random 1024 100 2"),
    _micro("batch-8k", "1000 blocks of 8 KiB, freed in random order",
           "batch", "random 8192 1000 1500", "random 8192 100 2"),
    _micro("replace-small", "a working set of 1000 blocks, replaced at random",
           "replace", "1000 60000000 11", "100 1000 11"),
    _micro("replace-medium", "a working set of 30 000 blocks up to 4 KiB, replaced at random",
           "replace", "30000 28000000 12", "100 1000 12"),
    _micro("replace-large", "a working set of 400 000 blocks up to 8 KiB, replaced at random",
           "replace", "400000 9000000 13", "100 1000 13"),
    _micro("growth-vector", "one array at a time, grown by half up to 1 MiB",
           "growth", "vector 60000", "vector 2"),
    _micro("growth-append", "16 strings that take turns to grow by 64 bytes up to 64 KiB",
           "growth", "append 400", "append 1"),
    _micro("growth-huge", "an array that grows by a quarter from 1 MiB to 64 MiB",
           "growth", "huge 4", "huge 1"),
    _micro("zeroed-small", "calloc from 16 bytes to 8 KiB of memory that was dirty",
           "zeroed", "whole 4000000 16 64 256 1024 8192", "whole 100 16 64 256 1024 8192"),
    _micro("zeroed-large", "calloc of 64 KiB and 256 KiB, written from end to end",
           "zeroed", "whole 5000 65536 262144", "whole 40 65536 262144"),
    _micro("zeroed-head", "calloc of 1 MiB and 4 MiB, of which only the first page is used",
           "zeroed", "head 12000 1048576 4194304", "head 40 1048576 4194304"),
    _micro("fragment", "a heap filled, churned, thinned to a tenth and filled with other sizes, twice",
           "fragment", "500000 2500000", "1000 1000"),
    _micro("trees", "binary trees of 24-byte nodes, built and torn down beside one that stays",
           "trees", "20 5", "8 1"),

    _threaded("independent-2", "2 threads, each with a working set of its own, nothing shared",
              "server", "2 1 8000 16000000 12", "2 1 10 100 12"),
    _threaded("independent-8", "the same with 8 threads",
              "server", "8 1 4000 5000000 12", "8 1 10 100 12"),
    _threaded("server-1", "a chain of threads that inherit a table of blocks and replace at random",
              "server", "1 20 60000 1000000 11", "1 3 100 100 11"),
    _threaded("server-2", "2 such chains side by side",
              "server", "2 20 40000 700000 11", "2 3 100 100 11"),
    _threaded("server-8", "8 such chains",
              "server", "8 20 10000 200000 11", "8 3 100 100 11"),
    _threaded("queue-2", "a producer and a consumer: every block is freed by the other thread",
              "queue", "1 120000 10", "1 10 10"),
    _threaded("queue-8", "4 producers and 4 consumers on one queue",
              "queue", "4 22000 11", "4 10 11"),
    _threaded("window-1", "windows of rising sizes, freed in three orders, 1 thread",
              "window", "1 20000", "1 2"),
    _threaded("window-2", "the same with 2 threads, a third of each freed by the neighbour",
              "window", "2 8000", "2 2"),
    _threaded("window-8", "the same with 8 threads",
              "window", "8 2000", "8 2"),
    _threaded("transfer-1", "a thread that keeps, drops and swaps blocks through shared slots",
              "transfer", "1 8 3000000", "1 2 1000"),
    _threaded("transfer-2", "the same with 2 threads",
              "transfer", "2 8 1200000", "2 2 1000"),
    _threaded("transfer-8", "the same with 8 threads",
              "transfer", "8 8 300000", "8 2 1000"),
    _threaded("churn-1", "threads that live for 100 blocks, one after the other: a thread's first "
              "allocation and its exit", "churn", "1 8000 100", "1 2 20"),
    _threaded("churn-8", "the same, 8 at a time",
              "churn", "8 800 100", "8 2 20"),
    _threaded("handoff-2", "one thread only allocates, one only frees, a tenth stays",
              "handoff", "2 40 200000", "2 3 1000"),
    _threaded("handoff-8", "one thread only allocates, seven free",
              "handoff", "8 40 150000", "8 3 1000"),

    Workload("redis-benchmark", PROGRAMS,
             "redis-server under redis-benchmark: short requests, pipelined, on random keys",
             ("redis-server",), ("85000",), ("1000",), server="redis_benchmark", output="all",
             packages=("redis-server", "redis-tools")),
    Workload("redis-churn", PROGRAMS,
             "redis-server fed values of mixed sizes that grow, shrink and are deleted",
             ("redis-server",), ("500000",), ("1000",), prepare="redis_commands",
             server="redis_churn", output="all", packages=("redis-server", "redis-tools")),
    Workload("python", PROGRAMS,
             "python3 with every object from malloc: JSON documents, classes, dicts, strings",
             ("/usr/bin/python3", "-S", "{inputs}/objects.py", "{0}"), ("50000",), ("50",),
             env=(("PYTHONMALLOC", "malloc"), ("PYTHONHASHSEED", "0")), packages=("python3",)),
    Workload("gcc", PROGRAMS, "gcc -O1 on a generated C file",
             ("gcc", "-O1", "-S", "-o", "{data}/output", "{data}/source-{0}.c"), ("140",), ("5",),
             prepare="c_source", output="file", packages=("gcc",)),
    Workload("clang", PROGRAMS, "clang -O1 on the same kind of file",
             ("clang", "-O1", "-S", "-o", "{data}/output", "{data}/source-{0}.c"), ("150",), ("5",),
             prepare="c_source", output="file", packages=("clang",)),
    Workload("sqlite", PROGRAMS,
             "sqlite3 in memory: inserts, indices, joins, text, JSON, deletes",
             ("sqlite3", "-batch", "-init", "{data}/tables-{0}.sql", ":memory:", ".exit"),
             ("320000",), ("500",), prepare="sql_script", output="all", packages=("sqlite3",)),
    Workload("perl", PROGRAMS, "perl: hashes of arrays, split, join, sort, regular expressions",
             ("perl", "{inputs}/words.pl", "{0}"), ("60000",), ("50",),
             env=(("PERL_HASH_SEED", "0"),), packages=("perl",)),
    Workload("lua", PROGRAMS, "lua5.4: tables, strings and closures, a graph that stays",
             ("lua5.4", "{inputs}/tables.lua", "{0}"), ("330000",), ("500",),
             packages=("lua5.4",)),
    Workload("git-pack", PROGRAMS, "git pack-objects: deltas over the whole history of a repository",
             ("git", "-C", "{data}/repository-{0}", "-c", "pack.threads=2", "pack-objects", "--all",
              "--no-reuse-delta", "--no-reuse-object", "--window=20", "-q", "--stdout"),
             ("900",), ("20",), prepare="git_repository", output="", packages=("git",)),
    Workload("git-log", PROGRAMS, "git log with patches and statistics of the same repository",
             ("git", "-C", "{data}/repository-{0}", "log", "-p", "--stat", "--no-color"),
             ("3000",), ("20",), prepare="git_repository", output="all", packages=("git",)),
    Workload("node", PROGRAMS, "node with two worker threads: JSON, maps, buffers, zlib",
             ("node", "{inputs}/workers.js", "{0}"), ("28000",), ("100",), packages=("nodejs",)),
    Workload("ruby", PROGRAMS, "ruby with two threads: structures, JSON, templates, hashes of sets",
             ("ruby", "--disable-gems", "{inputs}/documents.rb", "{0}"), ("16000",), ("50",),
             packages=("ruby",)),
    Workload("ghostscript", PROGRAMS,
             "ghostscript that makes a PDF of PostScript: text, curves, shadings, images",
             ("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite", "-dOmitInfoDate=true",
              "-dOmitID=true", "-dOmitXMP=true", "-o", "{data}/output", "{data}/pages-{0}.ps"),
             ("330",), ("3",), prepare="postscript", output="file", packages=("ghostscript",)),
    Workload("z3", PROGRAMS, "z3 on small problems in integers, bit vectors and arrays",
             ("z3", "{data}/problems-{0}.smt2"), ("380",), ("6",), prepare="smt_problems",
             output="all", packages=("z3",)),
    Workload("shell", PROGRAMS, "a shell script of many small programs: start-up and exit",
             ("sh", "{inputs}/commands.sh", "{0}"), ("100",), ("2",), output="all"),
)

HELLO = Workload("hello", "", "the smallest program: what the allocator needs to be there at all",
                 ("{programs}/hello",), (), (), repeats=9)


def select(pattern):
    """The rows whose name contains one of the comma-separated words; all without a pattern."""
    words = [word for word in (pattern or "").split(",") if word]
    if not words:
        return list(ROWS)
    return [row for row in ROWS if any(word in row.name or word == row.group for word in words)]
