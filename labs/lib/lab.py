"""A lab: which functions are left to write, what is handed out, and which tests earn what.

labs/NN-name belongs to chapters/NN-name. Its tasks.json names the tasks; its tests/*.bats are the
only place that says which tests there are: the plan of a grading is read from those files before
anything of a submission runs.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import source

TREE = Path(__file__).resolve().parents[2]
_TEST = re.compile(r"^(?:# bats test_tags=(?P<tags>\S+)\n)?@test (?P<quote>[\"'])(?P<name>.*?)(?P=quote) \{", re.M)
_NAME = re.compile(r"[A-Za-z0-9 ,.'-]+")
_CALL = re.compile(r"\talone (\w+) \w+$")
HINTS = 3  # a nudge, the calls, nearly the answer
# What a stub returns where there is no error to return, by the last word of the function's type.
_NOTHING = {"void": [], "bool": ["return false;"], "int": ["return -1;"], "*": ["return NULL;"]}


class LabError(Exception):
    """The lab itself, not a submission, is wrong."""


@dataclass
class Task:
    name: str
    title: str
    section: str
    points: int
    functions: list
    stub: list  # the lines of the body that a starter has
    hints: list  # from a nudge to nearly the answer
    programs: list = field(default_factory=list)  # more than the lab's, made for this task's tests
    spares: list = field(default_factory=list)  # tasks that its `whole` tests do without
    stubs: dict = field(default_factory=dict)  # bodies of functions that need another
    ends: list = field(default_factory=list)  # calls of endings.ENDS that its files need


@dataclass
class Test:
    name: str
    file: Path
    task: str
    points: int
    hidden: bool
    whole: bool  # runs on all of the submission, not on its task's files alone
    alone: bool  # needs no task but its own
    calls: frozenset  # cmocka programs that it names
    only: bool  # and it does nothing but call them, by `alone`


class Lab:
    def __init__(self, name):
        """By "01", "01-namespaces" or the folder's path."""
        found = [p for p in (TREE / "labs").glob(f"{Path(name).name}*") if (p / "tasks.json").exists()]
        if len(found) != 1:
            labs = ", ".join(p.parent.name for p in sorted((TREE / "labs").glob("*/tasks.json")))
            raise LabError(f"there is no lab '{name}'; there are: {labs}")
        self.folder = found[0]
        self.name = self.folder.name
        self.chapter = TREE / "chapters" / self.name
        about = json.loads((self.folder / "tasks.json").read_text())
        self.title = about["title"]
        self.programs = about["programs"]  # below build/, made of every submission
        self.tasks = [Task(**task) for task in about["tasks"]]
        self.written = self.tasks  # whose functions are handed in; of some, see only()
        self.tests = [t for f in sorted(self.folder.glob("tests/*.bats")) for t in _tests_of(f)]
        self.homes = {f: self._home(f) for task in self.tasks for f in task.functions}
        self._check()

    def _home(self, function):
        """The file of the chapter that defines a function."""
        homes = [
            file
            for file in sorted(self.chapter.glob("**/*.c"))
            if not file.name.endswith(("_test.c", "_fuzz.c")) and file.parent.name != "steps"
            for d in source.definitions(file.read_text())
            if (d.kind, d.name) == ("function", function)
        ]
        if len(homes) != 1:
            raise LabError(f"{self.name}: {len(homes)} files of the chapter define '{function}'")
        return homes[0]

    def _check(self):
        names = [t.name for t in self.tests]
        for test in self.tests:
            if names.count(test.name) > 1:
                raise LabError(f"{self.name}: two tests are called '{test.name}'")
            if test.task not in [t.name for t in self.tasks]:
                raise LabError(f"{test.file.name}: '{test.name}' is for no task of tasks.json")
        for task in self.tasks:
            earned = sum(t.points for t in self.tests if t.task == task.name)
            if earned != task.points:
                raise LabError(f"{self.name}: tests of '{task.name}' are worth {earned} points, "
                               f"tasks.json says {task.points}")
            tests = [t for t in self.tests if t.task == task.name]
            if not task.functions and not all(t.whole for t in tests):
                raise LabError(f"{self.name}: a test of '{task.name}' runs on no code at all")
            if len(task.hints) != HINTS or not all(task.hints) or not task.section:
                raise LabError(f"{self.name}: '{task.name}' needs a section of the book to read and "
                               f"{HINTS} hints")
            if all(t.hidden for t in tests):
                raise LabError(f"{self.name}: all tests of '{task.name}' are hidden")
        files = [name for task in self.tasks for name in self.files_of(task)]
        for name in files:
            if files.count(name) > 1:
                raise LabError(f"{self.name}: {name} is of two tasks; they are graded apart")

    def only(self, names):
        """Leaves the tasks of these names, and their tests."""
        unknown = set(names) - {t.name for t in self.tasks}
        if unknown:
            raise LabError(f"{self.name} has no task '{min(unknown)}'; there are: "
                           f"{', '.join(t.name for t in self.tasks)}")
        self.tasks = [t for t in self.tasks if t.name in names]
        self.tests = [t for t in self.tests if t.task in names]
        if not any(t.whole for t in self.tests):
            self.written = self.tasks
        self.homes = {f: self.homes[f] for t in self.written for f in t.functions}

    def programs_for(self, tests):
        """What some tests need of a submission: one that only calls cmocka tests needs no more than
        their programs, and any other the lab's, and its task's."""
        needed = [f"bin/{name}" for test in tests for name in sorted(test.calls)]
        for test in tests:
            if not test.only:
                needed += self.programs + next(t.programs for t in self.tasks if t.name == test.task)
        return sorted(set(needed))

    @property
    def all_programs(self):
        return self.programs_for(self.tests)

    @property
    def files(self):
        """What is handed out and handed in: the files that define a task's function. Name by
        path in the chapter."""
        return sorted({str(home.relative_to(self.chapter)) for home in self.homes.values()})

    def files_for(self, test):
        """Whose files of a submission a test runs on: its task's, or all."""
        return self.files if test.whole else self.files_of(
            next(t for t in self.tasks if t.name == test.task))

    def files_of(self, task):
        return sorted({str(self.homes[f].relative_to(self.chapter)) for f in task.functions})

    def reference(self):
        return {name: (self.chapter / name).read_text() for name in self.files}

    def starter(self, stubbed=None):
        """{file: text} with the functions of the tasks `stubbed` (all) left to write."""
        texts = self.reference()
        for task in self.written:
            for function in task.functions if stubbed is None or task.name in stubbed else []:
                name = str(self.homes[function].relative_to(self.chapter))
                definition = source.find(texts[name], function, name)
                texts[name] = source.with_body(definition, self._stub(task, definition))
        return texts

    def _stub(self, task, definition):
        unused = [f"(void){name};" for name in source.parameters(definition)]
        returns = definition.source[definition.head : definition.source.index(
            definition.name, definition.head)]
        return [f"/* Yours to write: task {task.name}, section {task.section} of the book. */",
                *unused, *task.stubs.get(definition.name, _NOTHING.get(
                    re.findall(r"\w+|\*", returns)[-1], task.stub))]


def _tests_of(file):
    programs = {f.stem for f in file.parent.glob("*_test.c")}
    text = file.read_text()
    for match in _TEST.finditer(text):
        tags = (match["tags"] or "").split(",")
        values = dict(tag.split(":", 1) for tag in tags if ":" in tag)
        if not values.get("pts", "").isdigit() or "task" not in values:
            raise LabError(f"{file.name}: '{match['name']}' lacks # bats test_tags=task:...,pts:...")
        if not _NAME.fullmatch(match["name"]):
            raise LabError(f"{file.name}: a test's name is letters, digits, spaces and ,.'-: "
                           f"'{match['name']}'")
        body = text[match.end() : text.index("\n}", match.end())].strip("\n").splitlines()
        only = all(_CALL.match(line) for line in body)
        named = "\n".join(body) if only else text  # it may call a function of the file that does
        yield Test(match["name"], file, values["task"], int(values["pts"]), "hidden" in tags,
                   "whole" in tags, "alone" in tags,
                   frozenset(programs & set(re.findall(r"\w+", named))), only)
