"""Tables: built once, printed as aligned text or as Markdown."""

import dataclasses


@dataclasses.dataclass
class Table:
    title: str
    header: list
    rows: list = dataclasses.field(default_factory=list)
    note: str = ""
    is_prose: bool = False  # words to be read from the left, not figures

    def add(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def text(self):
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows)]
        lines = [self.title]
        for row in [self.header, *self.rows]:
            first = row[0].ljust(widths[0])
            align = str.ljust if self.is_prose else str.rjust
            rest = [align(cell, width) for cell, width in zip(row[1:], widths[1:])]
            lines.append("  " + "  ".join([first, *rest]).rstrip())
        if self.note:
            lines.append("  " + self.note)
        return "\n".join(lines) + "\n"

    def markdown(self):
        lines = [f"### {self.title}", ""]
        lines.append("| " + " | ".join(self.header) + " |")
        lines.append("|---" + ("|---" if self.is_prose else "|---:") * (len(self.header) - 1) + "|")
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        if self.note:
            lines += ["", self.note]
        return "\n".join(lines) + "\n"
