#!/usr/bin/python3
"""test_conf_sources.py PROBE LIBRARY [Link | Privileged]: where options come from. The link
/etc/malloc.conf is read, weaker than the environment and stronger than the program's own variable;
a program that runs with more rights than its user reads neither link nor environment.

Each run has a mount namespace of its own, where /etc is a new and empty file system: nothing of the
machine changes. The library comes by /etc/ld.so.preload, which the loader obeys in a privileged
program too. Exit status 77: this system lets nobody make such a namespace, or such a program.
"""

import os
import shutil
import subprocess
import sys
import unittest

import conf

CALLER, OWNER = 3, 2  # user and group ids that stand in no list here

# LIBRARY PROBE PREPARATION COMMAND...: the command, which starts /etc/probe with the library.
INSIDE = """set -e
mount -t tmpfs -o mode=755 none /etc
cp "$1" /etc/library.so
cp "$2" /etc/probe
chmod 755 /etc/library.so /etc/probe
if test -n "$LINK"; then ln -s "$LINK" /etc/malloc.conf; fi
eval "$3"
shift 3
echo /etc/library.so > /etc/ld.so.preload
exec "$@"
"""
SET_UID = f"chown {OWNER}:{OWNER} /etc/probe; chmod 4755 /etc/probe"
SET_GID = f"chown 0:{OWNER} /etc/probe; chmod 2755 /etc/probe"
# What setcap(8) would write: version 2, effective; CAP_NET_RAW.
CAPABILITY = ("/usr/bin/python3 -c \"import os, struct; os.setxattr('/etc/probe', "
              "'security.capability', struct.pack('<5I', 0x02000001, 1 << 13, 0, 0, 0))\"")


def as_user(number):
    return ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", "--"]


def namespace():
    """The words that start a command in a mount namespace of its own; None: not on this system."""
    words = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    tried = subprocess.run(words + ["mount", "-t", "tmpfs", "none", "/etc"], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return words if tried.returncode == 0 else None


NAMESPACE = namespace() if shutil.which("unshare") else None


def values(library, link, environment, prepare="", caller=(), **sources):
    """Values in force and messages, with the link (a text, or empty) and the other sources."""
    texts = [f"{key}={value}" for key, value in {"MALLOC_CONF": environment, **sources}.items()]
    return conf.ask([*NAMESPACE, "sh", "-c", INSIDE, "sh", library, conf.PROBE, prepare, *caller,
                     "env", *texts, "/etc/probe"], {"PATH": os.environ["PATH"], "LINK": link})


@unittest.skipIf(NAMESPACE is None, "no mount namespaces here")
class Link(unittest.TestCase):
    def test_its_target_is_a_text_of_options(self):
        for library in conf.LIBRARIES:
            got, said = values(library, "zero:true,narenas:5,foo:1", "")
            self.assertEqual((got["opt.zero"], got["opt.narenas"]), ("1", "5"), library)
            self.assertEqual(said, ["<jemalloc>: Invalid conf pair: foo:1"], library)

    def test_program_link_environment_harder(self):
        for library in conf.LIBRARIES:
            got, said = values(library, "muzzy_decay_ms:2,dirty_decay_ms:2,narenas:2,junk:free",
                               "dirty_decay_ms:3,narenas:3,stats_print_opts:b",
                               PROBE_PROGRAM="tcache_max:1024,muzzy_decay_ms:1,stats_print_opts:a,"
                                             "confirm_conf:true",
                               PROBE_HARDER="narenas:4")
            self.assertEqual((got["opt.tcache_max"], got["opt.muzzy_decay_ms"],
                              got["opt.dirty_decay_ms"], got["opt.stats_print_opts"],
                              got["opt.junk"]), ("1024", "2", "3", "ab", "free"), library)
            # Debian's library does not export the fifth.
            self.assertEqual(got["opt.narenas"], "4" if library == conf.LIBRARY else "3")
            self.assertEqual(sum(line.startswith("<jemalloc>: malloc_conf #") for line in said), 5)

    def test_what_is_said_about_each(self):
        """Word by word, in order, up to the end of the process where a text asks for that."""
        shown, ends = "confirm_conf:true", "abort_conf:true"
        for program, link, environment in (
                ("", "zero:true,narenas:5,foo:1", shown), ("", shown, "zero:true"),
                (f"junk:free,{shown},zz:1", "abc:def,", "bad"), (shown, "x=y", "zero:maybe,"),
                (shown, ends, "foo:1,zero:true"), (f"{ends},foo:1,{shown}", "abort_conf:false", ""),
                ("", ends, "abort_conf:false,foo:2")):
            runs = [values(library, link, environment, PROBE_PROGRAM=program)
                    for library in conf.LIBRARIES]
            said = [(got["exit"], lines) for got, lines in runs]
            with self.subTest(program=program, link=link, environment=environment):
                self.assertTrue(said[0][1])
                self.assertEqual(said, said[-1:] * len(said))

    def test_as_long_as_a_target_can_be(self):
        text = "zero:true,".ljust(4095 - 2, "x") + ":1"
        for library in conf.LIBRARIES:
            got, said = values(library, text, "")
            self.assertEqual(got["opt.zero"], "1", library)
            self.assertIn("Invalid conf pair: xxxx", said[0])

    def test_nothing_else_at_its_place_counts(self):
        for at_its_place in ("echo zero:true > /etc/malloc.conf", "mkdir /etc/malloc.conf"):
            for library in conf.LIBRARIES:
                got, said = values(library, "", "narenas:3", at_its_place)
                self.assertEqual((got["opt.zero"], got["opt.narenas"], said), ("0", "3", []))


@unittest.skipIf(NAMESPACE is None, "no mount namespaces here")
@unittest.skipIf(os.geteuid() != 0, "needs root, to make a set-uid file")
class Privileged(unittest.TestCase):
    LINK, ENVIRONMENT = "zero:true,narenas:5", "junk:true,dirty_decay_ms:5,confirm_conf:true"
    SOURCES = {"PROBE_PROGRAM": "dss:disabled,muzzy_decay_ms:1,dirty_decay_ms:1",
               "PROBE_HARDER": "muzzy_decay_ms:7"}
    READ = ("opt.zero", "opt.narenas", "opt.junk", "opt.dirty_decay_ms", "opt.confirm_conf",
            "opt.dss", "opt.muzzy_decay_ms")

    def read_by(self, user, prepare=""):
        got, said = values(conf.LIBRARY, self.LINK, self.ENVIRONMENT, prepare, as_user(user),
                           **self.SOURCES)
        return [got[name] for name in self.READ], got["AT_SECURE"] == "1", said

    def ignored(self, prepare):
        got, is_privileged, said = self.read_by(CALLER, prepare)
        if not is_privileged:
            self.skipTest("this system gives no program more rights (no_new_privs, or nosuid)")
        default = values(conf.LIBRARY, "", "")[0]["opt.narenas"]
        self.assertEqual(got, ["0", default, "false", "1", "0", "disabled", "7"])
        self.assertEqual(said, [])

    def read(self, user, prepare=""):
        got, is_privileged, said = self.read_by(user, prepare)
        self.assertFalse(is_privileged)
        self.assertEqual(got, ["1", "5", "true", "5", "1", "disabled", "7"])
        self.assertGreater(len(said), 5)

    def test_of_another_user(self):
        self.ignored(SET_UID)

    def test_of_another_group(self):
        self.ignored(SET_GID)

    def test_with_file_capabilities(self):
        self.ignored(CAPABILITY)

    def test_all_is_read_without(self):
        self.read(CALLER)

    def test_all_is_read_by_who_has_the_rights_anyhow(self):
        self.read(OWNER, SET_UID)


if __name__ == "__main__":
    conf.main()
