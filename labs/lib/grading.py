"""Grades a submission: builds it in the sandbox, runs each test in a fresh one, counts points.

A result is what the grader itself saw. The tests are those of the lab's files, in their order; the
TAP that bats prints only fills them in, and it has to be one plan and one line for one test: a
result that is missing, repeated or of another name is worth nothing.
"""

import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import endings
from handed_in import collect, harmless, plain
from lab import TREE

SANDBOX = TREE / "labs" / "sandbox"
OUTSIDE = 1 << 30  # who root of a sandbox is on the machine, as labs/sandbox has it
GIVEN = ("memory", "pids", "cpu", "cpuset")  # controllers of version 2
# What the sandbox may change in the group that it is given: not its limits.
HANDED_OVER = ("", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "tasks")
MEMORY, PROCESSES, GROUPS = 512 << 20, 512, 200
BUILD_SECONDS, TEST_SECONDS, MOST_BUSY = 300, 30, 5
CPU = 3  # a process may compute for a third of the time that it has
MOST_OUTPUT, MOST_WRITTEN = 1 << 20, 256 << 20
_PLACE = re.compile(r"\(?( ?from function| ?in test file| ?in file) .* line \d+[,)]|  `.*' failed")


@dataclass
class Result:
    test: object
    status: str  # "passed", "failed", "skipped", "timeout", "missing", "not built"
    message: list = field(default_factory=list)

    @property
    def earned(self):
        return self.test.points if self.status == "passed" else 0


@dataclass
class Report:
    lab: object
    submission: str
    notes: list = field(default_factory=list)
    built: bool = False
    build_output: str = ""
    results: list = field(default_factory=list)

    @property
    def points(self):
        return sum(task.points for task in self.lab.tasks)

    @property
    def earned(self):
        return sum(result.earned for result in self.results)

    def of_task(self, task):
        return [r for r in self.results if r.test.task == task.name]

    def as_json(self):
        return {
            "lab": self.lab.name,
            "submission": self.submission,
            "points": self.points,
            "earned": self.earned,
            "notes": self.notes,
            "build": {"ok": self.built, "output": self.build_output},
            "tasks": [
                {"name": t.name, "title": t.title, "section": t.section, "points": t.points,
                 "earned": sum(r.earned for r in self.of_task(t))}
                for t in self.lab.tasks
            ],
            "tests": [
                {"name": r.test.name, "task": r.test.task, "hidden": r.test.hidden,
                 "points": r.test.points, "earned": r.earned, "status": r.status,
                 "message": r.message}
                for r in self.results
            ],
        }


@contextmanager
def limits(memory=MEMORY):
    """Control groups for one command, one in each hierarchy, so that two commands at a time do not
    meet there; gives the files that its pid is to be written to. memory: bytes, files of a tmpfs
    among them. A machine where none can be made has the other limits only."""
    made, joins = [], []
    own = dict(re.findall(r"^\d+:([^:]*):(.*)$", Path("/proc/self/cgroup").read_text(), re.M))
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split()[:3]
        if kind not in ("cgroup", "cgroup2"):
            continue
        path = own.get("", "/") if kind == "cgroup2" else next(
            (p for n, p in own.items() if n and n in options), "/")
        top = Path(before.split()[4])
        at = top / path.lstrip("/") if (top / path.lstrip("/")).is_dir() else top
        group = _giving(at, top) / f"mini-lab-{os.getpid()}"
        for other in group.parent.glob("mini-lab-*"):  # of a grader that was killed
            if not Path("/proc", other.name.rpartition("-")[2]).exists():
                _remove_group(other)
        try:
            group.mkdir()
            made.append(group)
            _limit(group, memory)
            for name in HANDED_OVER:
                if (group / name).exists():
                    os.chown(group / name, OUTSIDE, OUTSIDE)
            joins.append(group / "cgroup.procs")
        except OSError:
            pass
    try:
        yield joins
    finally:
        for group in made:
            _remove_group(group)


def _giving(at, top):
    """In version 2 a group with members gives those below it no controllers: so the next one above
    that does, or that can be made to. The grader needs the first two, the tests of limits all."""
    above = [g for g in (at, *at.parents) if g == top or top in g.parents]
    for wanted in (GIVEN, GIVEN[:2]):
        for group in above:
            control = group / "cgroup.subtree_control"
            if control.exists() and set(wanted) <= set(control.read_text().split()):
                return group
        for group in above:
            try:
                (group / "cgroup.subtree_control").write_text(" ".join(f"+{n}" for n in wanted))
                return group
            except OSError:
                pass
    return at


def _limit(group, memory):
    """A controller has its file in the group, or is not there."""
    for name, value in (("memory.limit_in_bytes", memory), ("memory.max", memory),
                        ("pids.max", PROCESSES), ("cgroup.max.descendants", GROUPS),
                        ("cgroup.max.depth", GROUPS)):
        if (group / name).exists():
            (group / name).write_text(str(value))
    for name in ("cpuset.cpus", "cpuset.mems"):  # version 1 begins with none
        if (group / name).exists() and not (group / "cgroup.events").exists():
            (group / name).write_text((group.parent / name).read_text())


def _remove_group(group):
    """With all that was made in it, however deep: by steps, since its path may be too long for the
    kernel. A process of its own steps, where there is anything in it."""
    try:
        return group.rmdir()
    except OSError:
        pass
    remover = os.fork()
    if remover == 0:
        for _ in range(200):  # the members were killed; the kernel may still be at it
            try:
                os.chdir(group)
                _remove_below()
                os.chdir("/")
                group.rmdir()
                os._exit(0)
            except OSError:
                time.sleep(0.1)
        os._exit(1)
    os.waitpid(remover, 0)


def _remove_below():
    entered = []
    while True:
        with os.scandir(".") as entries:
            below = next((e.name for e in entries if e.is_dir(follow_symlinks=False)), None)
        if below:
            os.chdir(below)
            entered.append(below)
        elif entered:
            os.chdir("..")
            os.rmdir(entered.pop())
        else:
            return


def _busy():
    """How many times longer all takes now, since the machine has other things to do."""
    return min(MOST_BUSY, max(1, os.getloadavg()[0] / os.cpu_count()))


def _status(process, seconds):
    """The exit status; None when its time is over, of which there is more on a busy machine: that
    is no fault of a submission."""
    began = time.monotonic()
    while True:
        left = began + seconds * _busy() - time.monotonic()
        if left <= 0:
            return None
        try:
            return process.wait(left)
        except subprocess.TimeoutExpired:
            pass


def run(arguments, seconds):
    """(status, output) of a sandbox, which is killed with all in it when its time is over: the
    status is None then. Its output is cut at a megabyte."""
    with limits() as joins, tempfile.TemporaryFile() as printed:

        def enter():
            for join in joins:
                join.write_text(str(os.getpid()))
            for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, MOST_WRITTEN)):
                resource.setrlimit(what, (most, most))
            # SIGXCPU, which tells; a second later SIGKILL.
            most = max(5, seconds // CPU)
            resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))

        process = subprocess.Popen([SANDBOX, "-u", *arguments], stdin=subprocess.DEVNULL, stdout=printed,
                                   stderr=subprocess.STDOUT, preexec_fn=enter,
                                   start_new_session=True)
        try:
            status = _status(process, seconds)
        finally:
            process.send_signal(signal.SIGKILL)  # unshare --kill-child: all of it goes
            process.wait()
        printed.seek(0)
        text = printed.read(MOST_OUTPUT).decode(errors="replace")
        return status, harmless(text)


def _copy(source, target, wanted, copy):
    """The files of a folder that are wanted, with their times."""
    for path in source.rglob("*"):
        name = str(path.relative_to(source))
        if path.is_file() and wanted(name):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            copy(path, target / name)
            (target / name).chmod(0o755 if os.access(path, os.X_OK) else 0o644)


class Rooms:
    """What the sandboxes show in place of the tree, made once for a lab. The reference is in none
    of them: neither its text, nor its objects, nor its programs, nor, where a submission is
    compiled or runs, the tests."""

    def __init__(self, lab, reference, scratch):
        self.lab, self.scratch = lab, Path(scratch)
        os.chmod(scratch, 0o711)
        self.building, self.testing = self.scratch / "building", self.scratch / "testing"
        self.built = self.scratch / "built"  # a copy: who builds the tree meanwhile changes nothing
        kept = re.compile(r"((static/)?(obj/.*|[^/]+\.a)|gen/.*)(?<!_test\.[od])|obj/labs/.*")
        _copy(Path(reference), self.built, kept.fullmatch, shutil.copy2)
        self._for_building()
        self._for_testing()

    def _for_building(self):
        """The tree, with what a student starts from."""
        for part in ("chapters", "final"):
            shutil.copytree(TREE / part, self.building / part)
        shutil.copy2(TREE / "Makefile", self.building)
        for file in self.lab.folder.glob("tests/*_test.c"):
            (self.building / file.relative_to(TREE)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, self.building / file.relative_to(TREE))
        for name, text in self.lab.starter().items():
            file = self.building / "chapters" / self.lab.name / name
            about = file.stat()
            file.write_text(text)
            os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))  # nothing is made anew for it
        self._open(self.building)

    def _for_testing(self):
        for file in (TREE / "labs" / "sandbox", *(TREE / "labs" / "lib").glob("*.*"),
                     *self.lab.folder.glob("tests/*.bats")):
            target = self.testing / file.relative_to(TREE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
        self._open(self.testing)

    @staticmethod
    def _open(folder):
        """To everybody: in the sandbox root is nobody."""
        (folder / "build").mkdir()
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)

    def kit(self, names):
        """What is built of the reference already, but for these files."""
        named = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
        kit = self.scratch / f"kit-{named}"
        left_out = {f"{way}obj/{self.lab.name}/{Path(n).with_suffix('')}.{end}"
                    for n in names for way in ("", "static/") for end in ("o", "d")}
        left_out |= {f"{way}{self.lab.name}.a" for way in ("", "static/")}
        if not kit.exists():  # another process may be making it, too: the first one's stays
            new = Path(tempfile.mkdtemp(dir=self.scratch))
            new.chmod(0o755)
            _copy(self.built, new, lambda name: name not in left_out, os.link)
            try:
                new.rename(kit)
            except OSError:
                shutil.rmtree(new)
        return kit


def build(rooms, given, made, programs, more=""):
    """(status, output) of making programs with the files given as (name, text)."""
    lab = rooms.lab
    allowed = {f"build/obj/{lab.name}/{Path(n).with_suffix('.o')}": task.ends for task in lab.written
               for n in lab.files_of(task) if n in dict(given) or not given}
    # An overlay over what is built, with folders of one's own: what one makes goes there. Where such
    # a mount is not to be had, a copy.
    script = (
        "mount -t tmpfs build build && mkdir build/new build/work && "
        "(cd /in/kit && find . -type d -print0) | (cd build/new && xargs -0 mkdir -p) && "
        "{ mount -t overlay build -o lowerdir=/in/kit,upperdir=build/new,workdir=build/work build "
        "2>/dev/null || cp -r --preserve=timestamps /in/kit/. build/; } && "
        f"make BUILD=build STUDENT=/in/given CHAPTER={lab.name} {more} "
        f"{' '.join('build/' + p for p in programs)} && cp {' '.join('build/' + p for p in programs)} /out/bin && "
        + endings.LIST.format(objects=" ".join(allowed))
    )
    with tempfile.TemporaryDirectory(prefix="mini-lab-") as folder:
        room = Path(folder)
        room.chmod(0o755)
        for name, text in given:
            (room / "given" / name).parent.mkdir(parents=True, exist_ok=True)
            (room / "given" / name).write_text(text)
            (room / "given" / name).chmod(0o644)
        shutil.copytree(rooms.kit([n for n, _ in given]), room / "kit", copy_function=os.link)
        for path in ("", "bin"):
            Path(made, path).mkdir()
            os.chown(Path(made, path), OUTSIDE, OUTSIDE)
        told = run(["-t", rooms.building, "-i", folder, "-o", made, "--", "bash", "-c", script],
                   BUILD_SECONDS)
    if told[0] == 0:
        listed = Path(made, "symbols").read_text(errors="replace")
        lines = endings.found_in(listed, allowed)
        Path(made, "endings").write_text("".join(f"{harmless(line)}\n" for line in lines))
    return told


class Workshop:
    """Builds and runs with a process for each processor, and keeps what it has made: the same files
    are built once, and a test runs once on them."""

    def __init__(self, lab, reference):
        self.lab, self.given = lab, lab.reference()
        self.scratch = tempfile.TemporaryDirectory(prefix="mini-lab-")
        self.rooms = Rooms(lab, reference, self.scratch.name)
        self.pool = ProcessPoolExecutor(len(os.sched_getaffinity(0)))
        self.builds, self.tests = {}, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pool.shutdown(cancel_futures=True)
        self.scratch.cleanup()

    def changed(self, texts):
        """What differs from the tree's own, as a key: ((name, text), ...)."""
        return tuple(sorted((n, t) for n, t in texts.items() if t != self.given[n]))

    def build(self, key):
        """A future of (status, output); `key` is what is changed, and the programs to build."""
        if key not in self.builds:
            made = str(Path(self.scratch.name, str(len(self.builds))))
            self.builds[key] = made, self.pool.submit(build, self.rooms, key[0], made, key[1])
        return self.builds[key][1]

    def test(self, key, tests):
        """A future of {name: (status, message)}, of programs that are built."""
        names = tuple(t.name for t in tests)
        if (key, names) not in self.tests:
            self.tests[key, names] = self.pool.submit(run_tests, self.rooms, tests, self.builds[key][0])
        return self.tests[key, names]


def read_tap(text, names):
    """{name: (status, message)} of the tests that ran, in this order."""
    plans = re.findall(r"^1\.\.\d+$", text, re.M)
    _, *parts = re.split(r"^(?=(?:ok|not ok) \d+ )", text, flags=re.M)
    missing = "missing", text.splitlines()[-20:]
    if plans != [f"1..{len(names)}"] or len(parts) != len(names):
        return {name: missing for name in names}
    return {name: _read_result(part, number, name) or missing
            for number, (part, name) in enumerate(zip(parts, names), 1)}


def _read_result(text, number, name):
    """None when it is of another test."""
    result, counted, said = re.match(r"(ok|not ok) (\d+) (.*)$", text, re.M).groups()
    said, skipped, why = said.partition(" # skip")
    if int(counted) != number or said.partition(" # ")[0] != name:
        return None
    if skipped:
        return "skipped", [why.strip()]
    message = re.findall(r"^# ?(.*)$", text, re.M)
    # bats says first where in the test file it was, which tells a student little.
    words = [m for m in message if m and not _PLACE.match(m)] or message
    return ("passed" if result == "ok" else "failed"), words[:40]


def run_tests(rooms, tests, made, first=False):
    """{name: (status, message)} of tests of one file, in the order of the file, in one sandbox.
    With `first` the one that fails first ends it, and those behind it fail, too."""
    names = [t.name for t in tests]
    only = "^(" + "|".join(n.replace(".", r"\.") for n in names) + ")$"
    file = f"/mini-docker/labs/{rooms.lab.name}/tests/{tests[0].file.name}"
    seconds = TEST_SECONDS * (2 + len(tests) // 4 if first else len(tests))
    together = [n.name for n in tests if n.only] if len(tests) > 1 else []
    status, printed = run(
        ["-t", rooms.testing, "-b", made, "--", "env", "TMPDIR=/tmp",
         "LAB_TOGETHER=" + "\n".join(together), "LAB_FIRST=" + "1" * first,
         "bats", "--tap", "--filter", only, file], seconds)
    if status is None:
        late = [f"it took over {seconds} seconds and was killed: does something wait that",
                "nobody wakes, or run in a loop?"]
        return {name: ("timeout", late) for name in names}
    results = read_tap(printed, names)
    if status != 0 and all(result == "passed" for result, _ in results.values()):
        return {name: ("missing", message) for name, (_, message) in results.items()}
    return results


def stripped(rooms, given, made, programs):
    """A name for what the programs made of these files do, None where they do not compile. Two of
    the same bytes, but for what only a debugger reads, do the same."""
    if build(rooms, given, made, programs, "WARNINGS=-w CFLAGS=-O2")[0] != 0:
        return None
    name = hashlib.sha256()
    for program in sorted(Path(made, "bin").iterdir()):
        subprocess.run(["objcopy", "-S", "-R", ".note.gnu.build-id", program], check=True)
        name.update(program.read_bytes())
    return name.hexdigest()


def first_failure(rooms, made, tests):
    """The first test of a task that fails on what was made, as a result; None when none does."""
    results = run_tests(rooms, tests, made, first=True)
    return next((Result(test, *results[test.name]) for test in tests
                 if results[test.name][0] != "passed"), None)


def grade(workshop, submission, after_each=lambda report: None, tests=None, together=False):
    """The report of a submission; a folder, or a dict {file: text}. Of some tests, if given; with
    `together` those of a file run one after the other in one sandbox, which is quicker, and good for
    code that means no harm.

    A task is graded with its own files of the submission and the tree's own for the rest, so that
    one mistake costs once. Tests that are tagged `whole` run on all that is handed in."""
    lab = workshop.lab
    report = Report(lab, plain(str(submission)) if not isinstance(submission, dict) else "(texts)")
    texts = submission
    if not isinstance(submission, dict):
        texts, report.notes = collect(lab, submission)
    order = {t.name: place for place, t in enumerate(lab.tests)}
    tests = sorted(tests or lab.tests, key=lambda t: order[t.name])
    changes = {t.name: workshop.changed({n: texts[n] for n in lab.files_for(t)}) for t in tests}
    sharing = defaultdict(list)  # one build for all tests of the same files
    for test in tests:
        sharing[changes[test.name]].append(test)
    programs = {changed: tuple(lab.programs_for(group) if changed else lab.all_programs)
                for changed, group in sharing.items()}
    keys = {name: (changed, programs[changed]) for name, changed in changes.items()}
    failed = set()
    for key in keys.values():
        workshop.build(key)
    for key in dict.fromkeys(keys.values()):
        status, printed = workshop.build(key).result()
        if status != 0:
            failed.add(key)
            report.build_output += printed
    report.built = not failed
    groups = defaultdict(list)
    for test in tests:
        if keys[test.name] not in failed:
            groups[keys[test.name], test.file if together else test.name].append(test)
    runs = {t.name: workshop.test(key, group) for (key, _), group in groups.items() for t in group}
    for test in tests:
        result = runs[test.name].result()[test.name] if test.name in runs else ("not built", [])
        report.results.append(Result(test, *result))
        after_each(report)
    return report


def prepare(lab, reference):
    """Brings the reference's programs up to date."""
    # By the name that everybody else builds by: make knows what an object was made of by that.
    inside = TREE in Path(reference).parents
    build_in = Path(reference).relative_to(TREE) if inside else reference
    targets = [f"{build_in}/{p}" for p in lab.all_programs]
    made = subprocess.run(["make", "-s", "-C", TREE, f"BUILD={build_in}", *targets],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if made.returncode != 0:
        lines = made.stderr.splitlines()
        first = next((i for i, line in enumerate(lines) if " error: " in line), 0)
        raise SystemExit("the tree itself does not build:\n" + "\n".join(lines[first : first + 20]))


def write_starter(lab, into):
    for name, text in lab.starter().items():
        target = Path(into) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise SystemExit(f"{target} is there already; remove it, or choose another folder")
        target.write_text(text)
        shutil.copymode(lab.chapter / name, target)
