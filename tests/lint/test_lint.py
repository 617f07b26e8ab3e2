#!/usr/bin/python3
"""test_lint.py: every check of the house finds a violation planted for it, and passes without."""

import importlib
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from lintlib import NotThere, Tree  # noqa: E402


class Planted(unittest.TestCase):
    """A small tree: core with the modules low, high, wide and ctl, in this order."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="moonheap-lint-")
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        self.write("core/ORDER", "# ground\nlow\n# roof\nhigh wide ctl\n")
        for name in (".clang-format", ".clang-tidy"):
            self.write(name, (HERE.parents[1] / name).read_text())

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def findings(self, check):
        return list(importlib.import_module(f"checks.{check}").check(Tree(self.root)))

    def passes(self, check):
        self.assertEqual(self.findings(check), [])

    def finds(self, check, where, what):
        texts = [f"{finding.where}: {finding.what}" for finding in self.findings(check)]
        self.assertTrue(any(where in text and what in text for text in texts), texts)

    def compile(self, module, text, *options):
        """Compiles a module of the planted core to where the real build would put its object."""
        source = self.write(f"core/{module}.c", text)
        target = self.root / f"build/core/CMakeFiles/moonheap.dir/{module}.c.o"
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-c", "-fno-builtin", *options, source, "-o", target], check=True)

    def share(self, library, text):
        source = self.write("library.c", text)
        target = self.root / "build" / "lib" / library
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", target], check=True)
        source.unlink()

    def database(self, build, *entries):
        """compile_commands.json of a build: (file, flags) each."""
        self.write(f"{build}/compile_commands.json", json.dumps([
            {"directory": str(self.root), "file": str(self.root.resolve() / file),
             "arguments": ["cc", *flags, "-c", file]} for file, flags in entries]))

    def test_order_includes(self):
        self.write("core/high.c", '#include "low.h"\n#include <moonheap/ctl.h>\n')
        self.passes("order_includes")
        self.write("core/low.c", '\n#include "high.h"\n')
        self.finds("order_includes", "core/low.c:2", "high.h, which stands below")

    def test_order_includes_in_folders(self):
        self.write("bindings/ORDER", "lua/gate lua/tree agent/agent\n")
        self.write("bindings/lua/tree.c", '#include "gate.h"\n')
        self.passes("order_includes")
        self.write("bindings/lua/gate.h", '#include "agent.h"\n')
        self.finds("order_includes", "bindings/lua/gate.h:1", "agent.h, which stands below")

    def test_order_includes_wants_every_file_listed(self):
        self.write("core/stray.c", "\n")
        self.finds("order_includes", "core/stray.c", "not listed")

    def test_order_includes_checks_all(self):
        self.write("core/all.c", '#include "high.c"\n#include "low.c"\n')
        self.finds("order_includes", "core/all.c:2", "out of the order")

    def test_effects(self):
        with self.assertRaises(NotThere):
            self.findings("effects")
        row = {"path": "arena.<arena>.purge", "access": "action"}
        self.write("docs/reference/mallctl.json", json.dumps(
            {"rows": [row, {"path": "version", "access": "r"}]}))
        self.write("docs/reference/options.md", '| <a id="opt.zero"></a>`zero` | flag |\n')
        self.write("tests/effects/all.c", 'EFFECT_OF_ROW("arena.<arena>.purge", "")\n'
                   'EFFECT_OF_OPTION("zero", "zero:true")\n')
        self.passes("effects")
        self.write("tests/effects/without.txt", "opt.zero | by nature\nopt.one | none\n")
        self.finds("effects", "without.txt:1", "opt.zero has a test")
        self.finds("effects", "without.txt:2", "there is no opt.one")
        self.write("tests/effects/without.txt", "opt.zero | by nature\n")
        self.write("tests/effects/all.c", "")
        self.finds("effects", "arena.<arena>.purge", "no test of its effect (1 have none)")

    def test_manual(self):
        page = '.TH SMALL 1 "" "x"\n.SH NAME\nsmall \\- a page\n.SH DESCRIPTION\nText.\n'
        self.write("docs/man/small.1", page)
        self.passes("manual")
        self.write("docs/man/small.1", page + ".NOTHING here\n")
        self.finds("manual", "docs/man/small.1", "NOTHING")

    def test_order_symbols(self):
        self.compile("low", "int low(void) { return 1; }")
        self.compile("high", "int low(void); int high(void) { return low(); }")
        self.passes("order_symbols")
        self.compile("low", "int high(void); int low(void) { return high(); }")
        self.finds("order_symbols", "core/low.c", "uses high, which high.c defines below")

    def test_order_symbols_wants_objects(self):
        with self.assertRaises(NotThere):
            self.findings("order_symbols")

    def test_folders(self):
        self.write("core/low.h", "")
        self.write("include/moonheap/ctl.h", "")
        self.write("tests/core/test_low.c", '#include "low.h"\n')
        self.write("bindings/agent.c", "#include <moonheap/ctl.h>\n#include <lua.h>\n")
        self.passes("folders")
        self.write("bindings/agent.c", '#include "low.h"\n')
        self.finds("folders", "bindings/agent.c:1", "includes low.h of core/")

    def test_folders_console_and_include(self):
        self.write("bindings/gate.h", "")
        self.write("console/main.c", '#include "gate.h"\n')
        self.finds("folders", "console/main.c:1", "gate.h of bindings/")
        self.write("core/low.h", "")
        self.write("include/moonheap/ctl.h", '#include "low.h"\n')
        self.finds("folders", "include/moonheap/ctl.h:1", "low.h of core/")

    def test_folders_keeps_lua_out_of_core(self):
        self.write("core/low.c", "#include <lua5.4/lua.h>\n")
        self.finds("folders", "core/low.c:1", "includes lua5.4/lua.h")

    def test_exports(self):
        self.write("tests/lint/exports.txt", "libmoonheap.so | malloc\n")
        self.share("libmoonheap.so", "void *malloc(unsigned long n) { (void)n; return 0; }")
        self.passes("exports")
        self.share("libmoonheap.so", "int arena_secret(void) { return 0; }")
        self.finds("exports", "libmoonheap.so", "exports arena_secret")
        self.finds("exports", "libmoonheap.so", "does not export malloc")

    def test_exports_no_lua(self):
        self.write("tests/lint/exports.txt", "libmoonheap-agent.so | start\n")
        self.share("libmoonheap-agent.so", "void lua_close(void *); "
                   "void start(void) { lua_close(0); }")
        self.finds("exports", "libmoonheap-agent.so", "takes lua_close")

    def test_libc_imports(self):
        self.write("tests/lint/libc_imports.txt", "memcpy | * | pure\nmmap | low | pages\n")
        self.compile("low", "void mmap(void); void memcpy(void); "
                     "void low(void) { mmap(); memcpy(); }")
        self.passes("libc_imports")
        self.compile("high", "void mmap(void); void puts(void); void low(void);"
                     "void high(void) { mmap(); puts(); low(); }")
        self.finds("libc_imports", "core/high.c", "calls puts of the C library")
        self.finds("libc_imports", "core/high.c", "calls mmap, which only low may")

    def test_headers(self):
        self.write("core/low.h", "#include <stddef.h>\nsize_t low(void);\n")
        self.passes("headers")
        self.write("core/low.h", "size_t low(void);\n")
        self.finds("headers", "core/low.h", "does not compile alone with gcc")

    def test_headers_as_cxx(self):
        self.write("include/moonheap/ctl.h", "int low(int class);\n")
        self.finds("headers", "include/moonheap/ctl.h", "does not compile alone with g++")

    def test_format(self):
        self.write("core/low.c", "int low(void);\n")
        self.passes("format")
        self.write("core/low.c", "int  low( void );\n")
        self.finds("format", "core/low.c", "is not formatted")

    def test_tidy(self):
        self.database("build-clang", ("core/low.c", []))
        self.write("core/low.c", "int low(int a);\nint low(int a)\n{\n\treturn a;\n}\n")
        self.passes("tidy")
        self.write("core/low.c", "int low(void);\nint low(void)\n{\n\tchar *p = 0;\n"
                   "\treturn *p;\n}\n")
        self.finds("tidy", "core/low.c:5", "null pointer")

    def test_warnings(self):
        strict = importlib.import_module("checks.warnings").STRICT
        self.write("core/low.c", "")
        self.database("build", ("core/low.c", sorted(strict)))
        self.passes("warnings")
        self.database("build", ("core/low.c", sorted(strict - {"-Wshadow"})))
        self.finds("warnings", "core/low.c", "without -Wshadow")
        self.write("core/high.c", "")
        self.finds("warnings", "core/high.c", "belongs to no target")

    def test_aarch64(self):
        self.database("build", ("core/low.c", ["-Wall"]))
        self.write("core/low.c", "int low(void) { return 0; }\n")
        self.passes("aarch64")
        self.write("core/low.c", "#include <immintrin.h>\nint low(void) { return 0; }\n")
        self.finds("aarch64", "core/low.c", "immintrin.h")

    def test_shell(self):
        self.write("dev", "#!/usr/bin/env bash\necho \"$1\"\n")
        self.passes("shell")
        self.write("dev", "#!/usr/bin/env bash\nrm -rf $1/lib\n")
        self.finds("shell", "dev:2", "SC2086")

    def test_lua(self):
        self.write("scripts/overview.lua", "return { name = 'overview' }\n")
        self.passes("lua")
        self.write("scripts/overview.lua", "retrun 1\n")
        self.finds("lua", "scripts/overview.lua:1", "")

    def test_generated(self):
        module = importlib.import_module("checks.generated")
        pages = module.PAGES
        self.addCleanup(setattr, module, "PAGES", pages)
        module.PAGES = {"docs/page.md": ["bin/dump", "facts"]}
        self.write("build/bin/dump", "#!/bin/sh\necho \"the $1\"\n").chmod(0o755)
        self.write("docs/page.md", "the facts\n")
        self.passes("generated")
        self.write("docs/page.md", "the facts of last year\n")
        self.finds("generated", "docs/page.md", "not what the code says")

    def test_links(self):
        self.write("docs/README.md", "[up](../README.md), `core/low.c`, [net](https://x.org)\n")
        self.write("README.md", "")
        self.write("core/low.c", "")
        self.passes("links")
        self.write("docs/README.md", "see [there](gone.md)\nand `core/gone.c`\n")
        self.finds("links", "docs/README.md:1", "gone.md")
        self.finds("links", "docs/README.md:2", "core/gone.c")

    def test_unfinished(self):
        self.write("core/low.c", "/* to do it is easy */\n")
        self.passes("unfinished")
        self.write("core/low.c", "\n/* " + "TO" + "DO: the rest */\n")
        self.finds("unfinished", "core/low.c:2", "says")

    def test_every_check_has_a_planted_violation(self):
        tested = {name[len("test_"):] for name in dir(self) if name.startswith("test_")}
        for path in (HERE / "checks").glob("*.py"):
            self.assertIn(path.stem, tested)


if __name__ == "__main__":
    unittest.main()
