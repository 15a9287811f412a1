"""{guards} FOLDER: what happens without each guard, where it is, and the test that misses it.

All are the first lines of the patches that take the guards out (make guards), so that the table
of the book is the one that is tested.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

TREE = Path(__file__).resolve().parents[2]
_PATCH = re.compile(
    r"(?P<without>.+?)\s*\n\s*Fails: (?P<file>[\w.]+): (?P<test>.+)\n"
    r"(?:Fails: .+\n)*Guard: (?P<guard>\S+) (?P<function>\w+)\n"
)


def table(heads, rows):
    group = nodes.tgroup(cols=len(heads))
    group += [nodes.colspec(colwidth=1) for _ in heads]
    for part, lines in ((nodes.thead(), [heads]), (nodes.tbody(), rows)):
        for line in lines:
            part += nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *w)) for w in line))
        group += part
    return nodes.table("", group)


class GuardsDirective(SphinxDirective):
    required_arguments = 1

    def run(self):
        rows = []
        for patch in sorted((TREE / self.arguments[0]).glob("*.patch")):
            told = _PATCH.match(patch.read_text())
            if not told:
                raise self.severe(f"guards: {patch.name} does not say which test fails, and where the guard is")
            self.env.note_dependency(str(patch))
            test = [nodes.Text(f"{told['test']} ("), nodes.literal(text=told["file"]), nodes.Text(")")]
            guard = [nodes.literal(text=told["function"]), nodes.Text(f" ({told['guard']})")]
            rows.append(([nodes.Text(told["without"])], guard, test))
        if not rows:
            raise self.severe(f"guards: there is no patch in {self.arguments[0]}")
        names = ("without the guard", "where it is", "the test that fails")
        heads = [[nodes.Text(name)] for name in names]
        return [table(heads, rows)]


def setup(app):
    app.add_directive("guards", GuardsDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
