"""Finds definitions in C by name: what a listing of the book shows, what a lab leaves to write.

This is no parser of C. Comments, literals and directives are blanked out, then the file is cut
into its top-level items by counting brackets. That is exact for code laid out as ours is, and a
name that it cannot find is an error, never a guess.
"""

import difflib
import hashlib
import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      |(?P<literal>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      |(?P<directive>^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)""",
    re.S | re.M | re.X,
)
_ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
_TAGGED = re.compile(r"(?:(?:static|extern|const)\s+)*(struct|enum|union)\s+(\w+)\s*$")
_DEFINE = re.compile(r"[ \t]*#\s*define\s+(\w+)")
KINDS = ("function", "prototype", "struct", "enum", "union", "macro", "variable")


class NotFound(LookupError):
    pass


@dataclass
class Definition:
    kind: str
    name: str
    start: int  # of the comment directly above it, or of the definition itself
    head: int  # of the definition itself
    body: int  # of the opening brace; -1 when there is none
    end: int
    source: str

    @property
    def text(self):
        return self.source[self.start : self.end]


def stamp(text):
    """Changes whenever the text does."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def blank(source):
    """The source with comments and directives as spaces and literals as x: same length, same
    lines, and every bracket that is left counts."""

    def replace(match):
        return re.sub(r"[^\n]", "x" if match.lastgroup == "literal" else " ", match.group())

    def spaces(match):
        return re.sub(r"[^\n]", " ", match.group())

    return _ATTRIBUTE.sub(spaces, _TOKEN.sub(replace, source))


def _closing(text, at):
    """The index after the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth == 0:
            return i + 1
    return len(text)


def _item(text, start):
    """(kind, name, body, end) of the top-level item at `start` of blanked text."""
    at, body, flat = start, -1, ""
    while at < len(text) and text[at] != ";":
        if text[at] not in "([{":
            flat += text[at]
            at += 1
            continue
        if text[at] == "{" and body < 0:
            body = at
            head = flat.rstrip()
            if head.endswith("()") and "=" not in head:
                name = re.search(r"(\w+)\s*\(\)", head).group(1)
                return "function", name, body, _closing(text, at)
            tagged = _TAGGED.match(head)
            if tagged:
                end = text.find(";", _closing(text, at)) + 1
                return tagged.group(1), tagged.group(2), body, end or len(text)
        end = _closing(text, at)
        flat += {"(": "()", "[": "[]", "{": ""}[text[at]]
        at = end
    declared = flat.partition("=")[0]
    called = re.search(r"(\w+)\s*\(\)", declared)
    named = called or re.search(r"(\w+)\s*(?:\[\]\s*)*$", declared)
    return ("prototype" if called else "variable"), named and named.group(1), body, at + 1


def _comment_above(source, comments, head):
    """Where the comment that ends on the line above `head` starts, else `head`."""
    line = source.rfind("\n", 0, head) + 1
    for comment in comments:
        alone = not source[source.rfind("\n", 0, comment.start()) + 1 : comment.start()].strip()
        if comment.end() == line - 1 and alone:
            return source.rfind("\n", 0, comment.start()) + 1
    return line


def definitions(source):
    """Every top-level definition and declaration of a file, in order."""
    tokens = list(_TOKEN.finditer(source))
    comments = [t for t in tokens if t.lastgroup == "comment"]
    text = blank(source)
    found = []
    for token in tokens:
        define = token.lastgroup == "directive" and _DEFINE.match(token.group())
        if define:
            found.append(("macro", define.group(1), token.start(), -1, token.end()))
    at = 0
    while True:
        at += len(text[at:]) - len(text[at:].lstrip())
        if at >= len(text):
            break
        kind, name, body, end = _item(text, at)
        if name:
            found.append((kind, name, at, body, end))
        at = end
    return [
        Definition(kind, name, _comment_above(source, comments, head), head, body, end, source)
        for kind, name, head, body, end in sorted(found, key=lambda f: f[2])
    ]


def find(source, name, where="the file"):
    """The definition of "name" or, where two kinds share it, of "struct name". A declaration
    counts only where there is no definition."""
    kind, _, plain = name.rpartition(" ")
    everything = definitions(source)
    found = [d for d in everything if d.name == plain and kind in ("", d.kind)]
    found = [d for d in found if d.kind != "prototype"] or found
    if not found:
        near = difflib.get_close_matches(plain, {d.name for d in everything}, 3, 0.5)
        raise NotFound(
            f"{where} defines no '{name}'" + (f"; near: {', '.join(near)}" if near else "")
        )
    if len(found) > 1:
        kinds = ", ".join(f"{d.kind} {d.name}" for d in found)
        raise NotFound(f"{where} defines '{name}' {len(found)} times ({kinds}): name the kind")
    return found[0]


def split_names(words):
    """["struct", "error", "TRY"] -> ["struct error", "TRY"]."""
    names, kind = [], ""
    for word in words:
        if word in KINDS:
            kind = word + " "
        else:
            names.append(kind + word)
            kind = ""
    return names


def parameters(definition):
    """The names of a function's parameters."""
    text = blank(definition.source)
    opening = text.index("(", text.index(definition.name, definition.head))
    flat, at, end = "", opening + 1, _closing(text, opening) - 1
    while at < end:  # commas inside brackets do not separate parameters
        if text[at] in "([":
            pointer = re.match(r"\(\s*\*\s*(\w+)", text[at:])  # int (*name)(...)
            flat += f" {pointer.group(1)}" if pointer else ""
            at = _closing(text, at)
        else:
            flat += text[at]
            at += 1
    words = [re.findall(r"\w+", part) for part in flat.split(",")]
    return [w[-1] for w in words if w and w != ["void"]]


def with_body(definition, lines):
    """The whole file with the function's body replaced; each line is indented by one tab."""
    if definition.kind != "function":
        raise NotFound(f"'{definition.name}' is a {definition.kind}, not a function")
    body = "{\n" + "".join(f"\t{line}\n" if line else "\n" for line in lines) + "}"
    return definition.source[: definition.body] + body + definition.source[definition.end :]
