#!/usr/bin/python3
"""What the agent's library takes and gives: nothing of its Lua is visible, and nothing that it can
call allocates, prints, opens streams or ends the process. AGENT is the library."""

import os
import re
import subprocess
import unittest

AGENT = os.environ["AGENT"]

# What the C library could do to the host on the agent's behalf.
FORBIDDEN = re.compile(
    r"^(malloc|calloc|realloc|free|posix_memalign|aligned_alloc|memalign|strdup|strndup|asprintf|getline"
    r"|(v?f?printf|fputs|fputc|puts|putchar|fwrite|fread|fopen|fdopen|freopen|fclose|fflush|perror)(64|_chk)?"
    r"|__.*printf_chk|std(in|out|err)|abort|exit|_exit|quick_exit|system|popen|fork|execv.*|kill|raise|signal"
    r"|sigaction|setlocale|localeconv|strcoll|strerror|localtime|gmtime|mktime|strftime|setenv|putenv|unsetenv"
    r"|__longjmp_chk|opendir|readdir|qsort|umask|chdir|lua.*|ffi_.*)$")
ALLOWED = {"__snprintf_chk", "__vsnprintf_chk"}  # into a buffer of ours


def dynamic_symbols(option):
    lines = subprocess.run(["nm", "-D", option, AGENT], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return {line.split()[-1].split("@")[0] for line in lines if line.split()[-2] != "A"}


class Symbols(unittest.TestCase):
    def test_exports_one_versioned_symbol(self):
        self.assertEqual(dynamic_symbols("--defined-only"), {"moonheap_agent_start"})
        lines = subprocess.run(["nm", "-D", "--defined-only", AGENT], check=True,
                               capture_output=True, text=True).stdout
        self.assertRegex(lines, r"moonheap_agent_start@@MOONHEAP_AGENT_")

    def test_takes_nothing_that_touches_the_host(self):
        taken = dynamic_symbols("--undefined-only") - ALLOWED
        self.assertEqual({name for name in taken if FORBIDDEN.match(name)}, set())

    def test_text_is_not_relocated_and_stack_is_not_executable(self):
        dynamic = subprocess.run(["readelf", "-dW", AGENT], check=True, capture_output=True, text=True).stdout
        self.assertNotIn("TEXTREL", dynamic)
        self.assertIn("NOW", dynamic)
        self.assertNotIn("liblua", dynamic)
        segments = subprocess.run(["readelf", "-lW", AGENT], check=True, capture_output=True, text=True).stdout
        self.assertRegex(segments, r"GNU_STACK.* RW ")


if __name__ == "__main__":
    unittest.main()
