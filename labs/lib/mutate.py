"""Mutants of the functions that a lab asks for: each has one small fault that a test should find.

A mutant that no test of its task finds is a gap in the tests, or is no fault at all. What the
functions tell (explain) and how their messages are worded is left alone: no test looks at that.
"""

import random
import re
from dataclasses import dataclass

import source

_QUIET = re.compile(r"\b(?:explain\w*|error_(?:new|system|errno|wrap)|refused|tell)\(")
_CHECK = re.compile(r"\bif (?=\()")
_RETURN = re.compile(r"\s*return error_\w+\(")
_SWAPS = (  # what is found, what takes its place, the operator's name
    (re.compile(r" (<|>|<=|>=|==|!=) "),
     {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}, "relation"),
    (re.compile(r" (&&|\|\|) "), {"&&": "||", "||": "&&"}, "logic"),
    (re.compile(r" (\+|-) "), {"+": "-", "-": "+"}, "arithmetic"),
)
_FLAG = re.compile(r"(?<=[\s(])(\w+) \| (?=\w)|(?<=\w) \| (\w+)(?=[;,)\s])")
# Not 0, which mostly stands where any failure or any descriptor does; no length and no index.
_NUMBER = re.compile(r"(?<![\w.%\[-])[1-9]\d*(?![\w.])")
_STATEMENT = re.compile(r"^\t+(?:\*?\w[\w.>\[\]-]*\s*[|&]?=(?!=)|\w+\()[^;{}]*;", re.M)


@dataclass
class Mutant:
    task: str
    name: str  # the same as long as the line and those like it before it are
    file: str
    text: str  # the whole file


def mutants(lab):
    """All of them, in the order of the tasks and their functions."""
    return [m for task in lab.tasks for function in task.functions
            for m in _of_function(lab, task, function)]


def sample(everything, count, seed):
    """`count` of them, the same for the same seed; a smaller sample is part of a larger one."""
    chosen = random.Random(seed)
    return [everything[i] for i in sorted(chosen.sample(range(len(everything)),
                                                        min(count, len(everything))))]


def _of_function(lab, task, function):
    home = lab.homes[function]
    file = str(home.relative_to(lab.chapter))
    definition = source.find(home.read_text(), function, file)
    text, seen = definition.source, {}
    for operator, start, end, new in _changes(definition):
        first = text.rfind("\n", 0, start) + 1
        line = " ".join(text[first : text.find("\n", start)].split())
        name = f"{function}: {operator} {text[start:end].strip().splitlines()[0]!r} in `{line}`"
        seen[name] = seen.get(name, 0) + 1
        name += f" ({seen[name]})" if seen[name] > 1 else ""
        yield Mutant(task.name, name, file, text[:start] + new + text[end:])


def _changes(definition):
    """(operator, start, end, what takes its place)."""
    flat = source.blank(definition.source)
    body, end = definition.body, definition.end
    quiet = [(m.start(), source._closing(flat, m.end() - 1))
             for m in _QUIET.finditer(flat, body, end)]

    def told(at):
        return any(a <= at < b for a, b in quiet) or "explain_clock" in flat[at : flat.find("\n", at)]

    for pattern, swaps, operator in _SWAPS:
        for m in pattern.finditer(flat, body, end):
            if not told(m.start()):
                yield operator, m.start(1), m.end(1), swaps[m.group(1)]
    for m in _NUMBER.finditer(flat, body, end):
        if not told(m.start()):
            yield "constant", m.start(), m.end(), str(int(m.group()) + 1)
    for m in _FLAG.finditer(flat, body, end):
        if not told(m.start()):
            yield "flag", m.start(), m.end(), ""
    for m in _CHECK.finditer(flat, body, end):
        close = source._closing(flat, m.end())
        if _QUIET.match(flat, close + len(flat[close:]) - len(flat[close:].lstrip())):
            continue  # it only tells
        condition = definition.source[m.end() : close]
        yield "negation", m.end(), close, f"(!{condition})"
        returns = _RETURN.match(flat, close)
        if returns:
            stop = flat.index(";", source._closing(flat, returns.end() - 1)) + 1
            yield "unchecked", m.start(), stop, f"(void){condition};"
    for m in _STATEMENT.finditer(flat, body, end):
        if told(m.start() + len(m.group()) - len(m.group().lstrip())):
            continue
        start = m.end() - len(m.group().lstrip())
        statement = definition.source[start : m.end()]
        if statement.startswith("TRY("):
            yield "unchecked", start, m.end(), f"error_free({statement[4:]}"
        yield "deletion", start, m.end(), "(void)0;"
