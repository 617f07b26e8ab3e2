"""What is compared: one row for each allocator, and where its library is."""

import dataclasses
import glob
import os
import platform
import subprocess

from .errors import BenchError


@dataclasses.dataclass(frozen=True)
class Allocator:
    name: str
    library: str  # path to preload, or "-" for the C library's own
    package: str = ""  # the Debian package that ships it
    is_ours: bool = False  # from the build folder
    conf: str = ""  # MALLOC_CONF of its runs; defaults when empty

    def environment(self):
        """What a run on this allocator has in its environment beside the rest, but LD_PRELOAD."""
        return {"MALLOC_CONF": self.conf} if self.conf else {}


MOONHEAP = "moonheap"
JEMALLOC = "jemalloc"
GLIBC = "glibc"

_LIBRARIES = "/usr/lib/*-linux-gnu/"
_CLANG_RUNTIME = "/usr/lib/llvm-*/lib/clang/*/lib/linux/"

# Every general allocator that Debian 12 ships as a library to preload: name, where its library is
# (a pattern) or None for the project's own, Debian package.
ROWS = (
    (JEMALLOC, _LIBRARIES + "libjemalloc.so.2", "libjemalloc2"),
    (MOONHEAP, None, ""),
    ("mimalloc", _LIBRARIES + "libmimalloc.so.2.0", "libmimalloc2.0"),
    ("tcmalloc", _LIBRARIES + "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"),
    (GLIBC, _LIBRARIES + "libc.so.6", "libc6"),
    ("tbbmalloc", _LIBRARIES + "libtbbmalloc_proxy.so.2", "libtbbmalloc2"),
    ("scudo", _CLANG_RUNTIME + f"libclang_rt.scudo_standalone-{platform.machine()}.so",
     "libclang-rt-14-dev"),
)
DEFAULT = tuple(row[0] for row in ROWS)
QUICK = (JEMALLOC, MOONHEAP)
RIVALS = (JEMALLOC, "mimalloc", "tcmalloc")  # those that people leave each other for


def _system_library(pattern):
    found = sorted(glob.glob(pattern))
    return found[0] if found else None


def resolve(text, build):
    """Turns "jemalloc,moonheap,mine=/tmp/x.so" into allocators; refuses what is not there."""
    known = {row[0]: row for row in ROWS}
    result = []
    for word in filter(None, text.split(",")):
        name, has_path, path = word.partition("=")
        if has_path:
            if not os.path.isfile(path):
                raise BenchError(f"{name}: there is no library {path}")
            result.append(Allocator(name, os.path.abspath(path)))
            continue
        if name not in known:
            raise BenchError(
                f"unknown allocator {name!r}: known are {', '.join(DEFAULT)}; "
                "any other library can be given as NAME=/path/to/library.so"
            )
        _, pattern, package = known[name]
        if pattern is None:
            library = os.path.join(build, "lib", "libmoonheap.so")
            hint = "build it first: ./dev build"
        else:
            library = _system_library(pattern)
            hint = f"install it: apt-get install {package}"
        if library is None or not os.path.isfile(library):
            raise BenchError(f"{name}: its library is not there; {hint}")
        result.append(Allocator(name, os.path.realpath(library), package, pattern is None))
    names = [allocator.name for allocator in result]
    if len(set(names)) != len(names):
        raise BenchError(f"an allocator is named twice: {text}")
    if not result:
        raise BenchError("no allocator is named")
    return result


def configure(chosen, texts):
    """Applies "NAME=options" texts: MALLOC_CONF for the allocators that they name."""
    for text in texts:
        name, has_options, conf = text.partition("=")
        if not has_options or name not in [allocator.name for allocator in chosen]:
            raise BenchError(f"--conf {text!r}: expected NAME=OPTIONS with one of "
                             + ", ".join(allocator.name for allocator in chosen))
        chosen = [dataclasses.replace(allocator, conf=conf) if allocator.name == name else allocator
                  for allocator in chosen]
    return chosen


def version(allocator):
    """What the report says about an allocator: its package's version, or its path; its options."""
    return " ".join(filter(None, [_package_version(allocator), allocator.conf]))


def _package_version(allocator):
    if allocator.is_ours:
        return "libmoonheap.so of this build"
    if not allocator.package:
        return allocator.library
    query = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", allocator.package],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return f"{allocator.package} {query.stdout}" if query.returncode == 0 else allocator.library
