"""What ties the code's section numbers to the pages.

A heading that starts with a number ("0.4 Files under a descriptor") gets an address made of it, so
that [0.4] in a trace is found at #0.4, and {ref}`0.4` links to it. {files} 0.4 lists the files
that belong to a section: the headers that name it ("Book: 0.4") and the code that does its steps
(explain(..., "0.4", ...)). Both come from the code, so the list cannot go out of date.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

TREE = Path(__file__).resolve().parents[2]
CODE = ("chapters/**/*.[ch]", "final/*.[ch]")
_NUMBERED = re.compile(r"^(\d+\.\d+) ")
_TRACED = re.compile(r"\bexplain\(\s*[\w.>()-]+,\s*\"([^\"]*)\"")
_FROM_TABLE = re.compile(r"\bexplain\(\s*[\w.>()-]+,\s*[^\s\"]")
_LITERAL = re.compile(r"\"(\d\.\d{1,2})\"")
_NAMED = re.compile(r"\bBook: ((?:\d+\.\d+(?:, | and )?)+)")
_TITLE = re.compile(r"^ \* (\S+) - (.*)$", re.M)


def code_files():
    return sorted(file for pattern in CODE for file in TREE.glob(pattern))


def named_in(file):
    """The sections that a file of the code names."""
    text = file.read_text()
    named = set()
    if file.stem != "explain":  # where the calls are examples, or the function itself
        named |= set(_TRACED.findall(text))
        named |= set(_LITERAL.findall(text) if _FROM_TABLE.search(text) else [])
    for group in _NAMED.findall(text):
        named |= set(re.findall(r"\d+\.\d+", group))
    return named


class FilesDirective(SphinxDirective):
    required_arguments = 1

    def run(self):
        listed = nodes.bullet_list()
        for file in code_files():
            if self.arguments[0] not in named_in(file) or file.parent.name == "steps":
                continue
            title = _TITLE.search(file.read_text()[:2000])
            line = nodes.paragraph("", "", nodes.literal(text=str(file.relative_to(TREE))))
            if title and title.group(1) == file.name:
                line += nodes.Text(": " + title.group(2))
            listed += nodes.list_item("", line)
            self.env.note_dependency(str(file))
        return [listed] if len(listed) else []


def number_sections(app, doctree):
    """0.4 becomes an id of its section and a label."""
    labels = app.env.get_domain("std")
    for title in doctree.findall(nodes.title):
        number = _NUMBERED.match(title.astext())
        if number and isinstance(title.parent, nodes.section):
            name = number.group(1)
            title.parent["ids"].insert(0, name)
            labels.labels[name] = (app.env.docname, name, title.astext())
            labels.anonlabels[name] = (app.env.docname, name)


def setup(app):
    app.add_directive("files", FilesDirective)
    app.connect("doctree-read", number_sections)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
