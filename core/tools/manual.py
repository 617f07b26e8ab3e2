#!/usr/bin/python3
"""manual.py api|conf|ctl: prints a manual page, moonheap(3), moonheap.conf(5) or moonheap-ctl(7).

Nothing is written for these pages: moonheap(3) is the comments and declarations of the public
headers, its example the first one of docs/control.md, which is a test; the others are the reference pages of docs/reference, which the rows of core print
(option_dump, ctl_dump). In the names of the control tree an index is <i>, the second one <j>, as in
jemalloc's manual, so that its anchors and searches find the same words here.
"""

import json
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ("moonheap.h", "ctl.h", "hooks.h")
REFERENCE = ROOT / "docs/reference"


def version():
    header = (ROOT / "include/moonheap/moonheap.h").read_text()
    return re.search(r'MOONHEAP_VERSION +"(.*)"', header).group(1)


# -- roff ------------------------------------------------------------------------------------------

SIGNS = {"\\": "\\e", "-": "\\-", "→": "\\(->", "…": "...", "–": "\\(en", "^": "\\(ha",
         "~": "\\(ti"}


def escape(text):
    return "".join(SIGNS.get(sign, sign) for sign in text)


def inline(text):
    """A line of Markdown: `code` and **strong** words in bold, *others* slanted, links as text."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text.replace("\\|", "|"))
    parts = re.split(r"`([^`]*)`|\*\*([^*]*)\*\*", text)
    line = ""
    for plain, code, strong in zip(parts[::3], parts[1::3] + [None], parts[2::3] + [None]):
        line += escape(plain)
        if code or strong:
            line += f"\\fB{escape(code or strong)}\\fR"
    line = re.sub(r"(?<!\w)\*(\w+)\*(?!\w)", r"\\fI\1\\fR", line)
    return line


def filled(text):
    """A paragraph of roff text as lines, none of which is taken for a request."""
    lines = textwrap.wrap(text, 78, break_long_words=False, break_on_hyphens=False)
    return ["\\&" + line if line[0] in ".'" else line for line in lines]


def paragraphs(text):
    """Markdown without tables and headings as roff."""
    lines = []
    for block in re.split(r"\n\s*\n|\n(?=- |\d+\. | +E[A-Z]+  )", text.strip("\n")):
        item = re.match(r"(-|\d+\.| +E[A-Z]+) +", block)
        if item:
            mark = item.group(1).strip().replace("-", "\\(bu")
            lines.append(f".IP {mark} {8 if len(mark) > 4 else 4}")
            block = block[item.end():]
        else:
            lines.append(".PP")
        lines += filled(inline(" ".join(line.strip() for line in block.splitlines())))
    return lines[1:] if lines[:1] == [".PP"] else lines


def introduction(text):
    """What stands before the first table of a reference page, but for how that page is made."""
    text = text[text.index("\n\n"):text.index("\n|")]
    return paragraphs(re.sub(r"This page is printed by `[^`]*` from the rows of\s+`[^`]*`\.\s*", "",
                             text))


def page(name, section, purpose, body):
    return [f'.\\" Made by core/tools/manual.py: what is wrong here is mended where that reads it.',
            f'.TH {name.upper()} {section} "" "Moonheap {version()}"', ".ad l", ".nh", ".SH NAME",
            f"{escape(name)} \\- {escape(purpose)}", *body]


def see_also(*pages):
    return [".SH SEE ALSO", ",\n".join(f".BR {escape(name)} ({section})"
                                       for name, section in pages).replace(",\n", " ,\n")]


# -- moonheap.conf(5) ------------------------------------------------------------------------------

def table(text):
    """The rows of a Markdown table, as lists of cells."""
    rows = [re.split(r" ?(?<!\\)\| ?", line)[1:-1]
            for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


def conf():
    text = (REFERENCE / "options.md").read_text()
    options, letters = text.split("\n## ", 1)
    body = [".SH SYNOPSIS", ".BR MALLOC_CONF= \\fIkey\\fR : \\fIvalue\\fR[, ...]", ".br",
            '.BI "const char *malloc_conf = """ key : value """;"', ".SH DESCRIPTION",
            *introduction(options), ".SH OPTIONS"]
    for name, accepts, default, help_text in table(options):
        option = re.search(r"`(\w+)`", name).group(1)
        body += [".TP", f".B opt.{escape(option)}",
                 *filled(f"{inline(accepts)}; default {inline(default)}"), ".br",
                 *filled(inline(help_text))]
    title, letters = letters.split("\n", 1)
    body += [".SH LETTERS OF A REPORT", f"Of {inline(title).replace('Letters of ', '')}:"]
    for letter, help_text in table(letters):
        body += [".TP", f".B {letter.strip('`')}", *filled(inline(help_text))]
    body += [".SH FILES", ".TP", ".I /etc/malloc.conf",
             "a symbolic link whose target is a text of options"]
    return page("moonheap.conf", 5, "run-time options of the allocator Moonheap", body) + \
        see_also(("moonheap", 1), ("moonheap", 3), ("moonheap-ctl", 7))


# -- moonheap-ctl(7) -------------------------------------------------------------------------------

TYPES = {"none": "void", "unsigned": "unsigned", "uint32": "uint32_t", "uint64": "uint64_t",
         "int64": "int64_t", "size": "size_t", "ssize": "ssize_t", "string": "const char *",
         "pointer": "void *", "struct": "struct", "bool": "bool"}
ACCESS = {"r": "r-", "w": "-w", "rw": "rw", "action": "--"}
WHEN = {"const": "fixed at start", "live": "as of the call",
        "cached": "as of the last write to epoch"}


def with_letters(path):
    """(the path with <i> and <j> for its indices, what these are)."""
    meanings = re.findall(r"<(\w+)>", path)
    for letter, meaning in zip("ij", meanings):
        path = path.replace(f"<{meaning}>", f"<{letter}>", 1)
    return path, meanings


def of_options(rows):
    """The rows with those that tell each option's source as one."""
    source = re.compile(r"moonheap\.opt\.\w+\.source")
    first = next(row for row in rows if source.fullmatch(row["path"]))
    return [dict(row, path="moonheap.opt.<option>.source") if row is first else row
            for row in rows if row is first or not source.fullmatch(row["path"])]


def ctl_row(row):
    name = row["path"] if "<option>" in row["path"] else with_letters(row["path"])[0]
    kind = TYPES[row["type"]]
    if row["access"] == "action" and row["argument"] != "none":
        kind = f"{TYPES[row['argument']]} → {kind}"
    elif row["access"] == "w":
        kind = TYPES[row["argument"]]
    facts = [] if row["unit"] in ("none", "count") else [row["unit"]]
    if row["metric"] != "none":
        facts.append(row["metric"])
    if row["access"] in ("r", "rw"):
        facts.append(WHEN[row["freshness"]])
    title = f"\\fB{escape(name)}\\fR ({escape(kind)}) {escape(ACCESS[row['access']])}"
    notes = f" [{', '.join(facts)}]" if facts else ""
    return [".TP", title, *filled(escape(row["help"] + notes))]


def above_of(path):
    return "moonheap.opt" if path.startswith("moonheap.opt.") else path.rpartition(".")[0]


def ctl():
    rows = of_options(json.loads((REFERENCE / "mallctl.json").read_text())["rows"])
    text = (REFERENCE / "mallctl.md").read_text()
    body = [".SH DESCRIPTION", *introduction(text),
            ".PP", *filled(
                "Here an index is <i> or <j>; what it is an index of stands at the head of the "
                "section. The type is followed by what can be done: r read, w write, \\- neither. "
                "In brackets: unit, kind of metric, and of when the value is."), ".SH NAMES"]
    parent = ""
    for row in sorted(rows, key=lambda row: (above_of(row["path"]), row["path"])):
        above = above_of(row["path"])
        if above != parent:
            parent, (name, meanings) = above, with_letters(above)
            body += [f".SS {escape(name)}"]
            if meanings:
                body += ["; ".join(f"<{letter}>: {meaning}"
                                   for letter, meaning in zip("ij", meanings))]
        body += ctl_row(row)
    return page("moonheap-ctl", 7, "the control tree of the allocator Moonheap", body) + \
        see_also(("moonheap", 1), ("moonheap", 3), ("moonheap.conf", 5))


# -- moonheap(3) -----------------------------------------------------------------------------------

TOKEN = re.compile(r"/\*(?P<comment>.*?)\*/|(?P<define>^#define [^\n]*(?:\\\n[^\n]*)*)"
                   r"|(?P<other>^#[^\n]*)|(?P<blank>\n\s*\n)"
                   r"|(?P<code>(?:[^;{/#]|/(?!\*))*(?:\{(?:[^{}]|\{[^}]*\})*\})?[^;{/#]*;)", re.S | re.M)
NOISE = re.compile(r"MOONHEAP_EXPORT|MOONHEAP_(?:LIBC_)?NOTHROW|\bextern(?: \"C\" \{)?"
                   r"|__attribute__\(\((?:[^()]|\([^()]*\))*\)\)")


def clean(code):
    """A declaration without what is for the compiler; structures as they stand."""
    if "{" in code:
        return code.strip("\n").expandtabs(4)
    code = re.sub(r"MOONHEAP_NAME\((\w+)\)", r"\1", code)
    code = " ".join(NOISE.sub("", code).split())
    return re.sub(r" +([;,)])", r"\1", code)


def words(comment):
    lines = [re.sub(r"^\s*\* ?", "", line) for line in comment.splitlines()]
    return "\n".join(line.rstrip() for line in lines).strip()


def is_public(code):
    """Declarations and flags; not what the header does for the compiler."""
    name = re.match(r"#define (\w+)", code)
    if name:
        return bool(re.match("MALLOCX_|MALLCTL_|EXTENT_|MOONHEAP_CTL_(?!H$)|MOONHEAP_VERSION", name.group(1)))
    return bool(re.search(r"\w", code)) and code not in ("}",)


def entries(header):
    """(section title, comment, [declarations]) in the order of the header; a comment is for what
    follows it without an empty line."""
    text = (ROOT / "include/moonheap" / header).read_text()
    text = re.sub(r"^#ifdef __cplusplus\n.*?^#endif\n", "", text, flags=re.S | re.M)
    title, comment, found = "", None, []
    is_head = True
    for token in TOKEN.finditer(text):
        kind, piece = token.lastgroup, token.group()
        if kind == "comment":
            body = words(token.group("comment"))
            rule = re.match(r"-- (.*?) ?-{2,}$", " ".join(body.split()))
            if is_head:
                is_head = False
                yield header, body.split(" - ", 1)[1], []
            elif rule:
                title, comment = rule.group(1), None
            else:
                comment = (title, body, [])
                found.append(comment)
        elif kind in ("define", "code"):
            code = clean(piece) if kind == "code" else piece
            if not is_public(code):
                continue
            beside = ""
            if kind == "define":
                beside = "".join(re.findall(r"/\* (.*) \*/", code))
                code = re.match(r"#define (\w+(?:\([^)]*\))?)", code).group(1)
            if comment is None or beside:
                comment = (title, beside, [])
                found.append(comment)
            comment[2].append(code)
        elif kind == "blank":
            comment = None
    yield from (entry for entry in found if entry[2])


def example():
    """The first program of docs/control.md, with what all of them begin with."""
    text = (ROOT / "docs/control.md").read_text()
    prelude, program = (re.search(rf"^```c {kind}\n(.*?)^```", text, re.S | re.M).group(1)
                        for kind in ("prelude", "moonheap"))
    includes = [line for line in prelude.splitlines() if "pthread" not in line]
    lines = [*includes, "", "int main(void)", "{",
             *("    " + line.expandtabs(4) if line else "" for line in program.splitlines()), "}"]
    return [".SH EXAMPLE", "Pages of all arenas and of each, of one moment:", ".PP", ".EX",
            *(escape(line) for line in lines), ".EE"]


def api():
    body = [".SH SYNOPSIS", ".nf"]
    described = []
    for header in HEADERS:
        body.append(f".B #include <moonheap/{header}>")
        last = None
        for title, comment, codes in entries(header):
            if not codes:
                described += [f".SH \"<moonheap/{header}>\"",
                              *paragraphs(comment[0].upper() + comment[1:])]
                continue
            if title and title != last:
                described += [f".SS \"{escape(title[0].upper() + title[1:])}\""]
            last = title
            for number, code in enumerate(codes):
                if "{" in code:
                    described += [".PP", ".EX", *(escape(line) for line in code.splitlines()),
                                  ".EE"]
                else:
                    described += [".TP" if number == 0 else ".TQ", f".B {escape(code)}"]
            if "{" in codes[-1]:
                described += paragraphs(comment)
            else:
                described += [".RS", *paragraphs(comment), ".RE"] if comment else ["\\&"]
    body += [".fi", ".PP", "Link with \\fB\\-lmoonheap\\fR "
             "(pkg\\-config moonheap), or preload", ".IR libmoonheap.so .",
             *described, *example(), ".SH ENVIRONMENT", ".TP", ".B MALLOC_CONF",
             "options, see", ".BR moonheap.conf (5)"]
    return page("moonheap", 3, "memory allocation, extended allocation and control", body) + \
        see_also(("moonheap", 1), ("malloc", 3), ("moonheap.conf", 5), ("moonheap-ctl", 7))


PAGES = {"api": api, "conf": conf, "ctl": ctl}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PAGES:
        sys.exit(__doc__.splitlines()[0])
    print("\n".join(PAGES[sys.argv[1]]()))
