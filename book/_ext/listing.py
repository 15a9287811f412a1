"""{listing} FILE NAME...: code in the book, taken from the tree by name when the book is built.

A name is that of a function, a struct, an enum, a macro or a table; "struct error" where two
kinds share a name. A name that is not there, more than 45 lines, or a line over 80 columns after
book/.clang-format has laid it out fails the build. The :stamp: is a hash of what the code was
when someone last read the paragraph around it: once the code changes, the build warns and
`make book-check` fails, until it has been read again and `make book-stamp FILE=...` was run.
"""

import re
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.directives.code import container_wrapper
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

TREE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "labs" / "lib"))
import source  # noqa: E402  (the finder is the labs' too)

MOST_LINES, MOST_COLUMNS = 45, 80
HANDED_OUT = (TREE / "LAB.md").exists()  # to a student (labs/handout), who changes what is shown
_FENCE = re.compile(r"^```\{listing\} (?P<what>[^\n]+)\n(?P<options>(?::[^\n]*\n)*)```$", re.M)
logger = logging.getLogger(__name__)


class Listing:
    """What one directive asks for. Raises source.NotFound, ValueError or OSError."""

    def __init__(self, what):
        self.file, *words = what.split()
        if not words:
            raise ValueError(f"a listing of {self.file} names nothing in it")
        text = (TREE / self.file).read_text()
        self.found = [source.find(text, n, self.file) for n in source.split_names(words)]
        self.stamp = source.stamp("\n".join(d.text for d in self.found))

    def text(self):
        layout = ["clang-format", "--style=file", f"--assume-filename={TREE}/book/listing.c"]
        parts = [
            subprocess.run(layout, input=d.text, text=True, capture_output=True, check=True).stdout
            for d in self.found
        ]
        text = parts[0]
        for before, part in zip(parts, parts[1:]):
            text += "\n" * (2 if "\n" in before or "\n" in part else 1) + part
        self._check(text.split("\n"))
        return text

    def _check(self, lines):
        if len(lines) > MOST_LINES:
            raise ValueError(f"{len(lines)} lines of {self.file}: at most {MOST_LINES} are read")
        for line in lines:
            if len(line) > MOST_COLUMNS:
                raise ValueError(f"over {MOST_COLUMNS} columns in {self.file}: {line.strip()}")


def fences(markdown):
    """Each listing of a page: (match, what it asks for, its stamp or None)."""
    for match in _FENCE.finditer(markdown):
        stamp = re.search(r"^:stamp: *(\w+)", match["options"], re.M)
        yield match, match["what"].strip(), stamp and stamp.group(1)


def restamp(markdown):
    """The page with every listing stamped as the code is now."""

    def replace(match):
        rest = re.sub(r"^:stamp:.*\n", "", match["options"], flags=re.M)
        stamp = Listing(match["what"].strip()).stamp
        return f"```{{listing}} {match['what']}\n:stamp: {stamp}\n{rest}```"

    return _FENCE.sub(replace, markdown)


class ListingDirective(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"stamp": directives.unchanged}

    def run(self):
        try:
            listing = Listing(self.arguments[0])
            text = listing.text()
        except (source.NotFound, ValueError, OSError, subprocess.CalledProcessError) as e:
            raise self.severe(f"listing: {e}")
        if self.options.get("stamp") != listing.stamp and not HANDED_OUT:
            logger.warning(
                "%s has changed since this paragraph was read: read it, then make book-stamp",
                self.arguments[0],
                location=self.get_location(),
            )
        self.env.note_dependency(str(TREE / listing.file))
        block = nodes.literal_block(text, text, language="c")
        return [container_wrapper(self, block, listing.file)]


def setup(app):
    app.add_directive("listing", ListingDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
