"""Tables as HTML: figures to the right, spreads small, ratios shaded by how good they are."""

import html
import math
import re

from .allocators import MOONHEAP

_FIGURE = re.compile(r"^(-?[\d.,]+(?: s| MB)?)(?: (\(.*\)))?$")


def _shade(value):
    """Green below 1, red above, deeper with the distance; nothing near 1."""
    if value <= 0:
        return ""
    distance = math.log2(value)
    strength = min(max(abs(distance) - 0.04, 0) / 1.5, 1) * 0.55
    if strength == 0:
        return ""
    return f' style="background:rgba({"22,150,80" if distance < 0 else "214,60,60"},{strength:.2f})"'


def _cell(text, is_ratio, is_ours):
    classes = ' class="ours"' if is_ours else ""
    found = _FIGURE.match(text)
    if not found:
        return f"<td{classes}>{html.escape(text)}</td>"
    number, spread = found.groups()
    shade = _shade(float(number.replace(",", ""))) if is_ratio and number[-1].isdigit() else ""
    small = f" <small>{html.escape(spread)}</small>" if spread else ""
    return f"<td{classes or ' class=n'}{shade}>{html.escape(number)}{small}</td>"


def table(made, is_ratio=False):
    """The HTML of a Table."""
    ours = made.header.index(MOONHEAP) if MOONHEAP in made.header else -1
    kind = "prose" if made.is_prose else "figures"
    head = "".join(f"<th{' class=ours' if number == ours else ''}>{html.escape(str(word))}</th>"
                   for number, word in enumerate(made.header))
    body = "".join(
        "<tr>" + f"<th>{html.escape(row[0])}</th>"
        + "".join(_cell(text, is_ratio, number == ours)
                  for number, text in enumerate(row[1:], 1)) + "</tr>\n"
        for row in made.rows)
    note = f"<p class=note>{html.escape(made.note)}</p>" if made.note else ""
    return (f"<h3>{html.escape(made.title)}</h3><div class=scroll><table class={kind}>"
            f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>{note}\n")
