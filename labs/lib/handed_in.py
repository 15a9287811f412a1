"""What is handed in: the files that a lab asks for, out of a folder or an archive, and nothing else.

Both come from strangers. A file is taken by its name if it is a regular file of at most a megabyte;
links, devices and second names of other files are not. An archive is never unpacked: it is read
once, up to a bound, and what has a wanted name is kept in memory.
"""

import gzip
import io
import os
import re
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

MOST_BYTES = 1 << 20  # of one file
MOST_ARCHIVE, MOST_UNPACKED = 16 << 20, 64 << 20
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, OSError,
           ValueError, RuntimeError, NotImplementedError, RecursionError, OverflowError)
# What would paint on a terminal, end a line for one reader only, or make XML invalid.
_CONTROL = re.compile("[^\\t\\n -~\\xa0-\\u2027\\u202f-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def harmless(text):
    """Without what would paint on a terminal."""
    return _CONTROL.sub("?", text)


def plain(text):
    """Nor what would end a line."""
    return harmless(text).replace("\n", "?").replace("\t", "?")


def collect(lab, submission):
    """({file: text}, notes) of what is handed in, by the names the lab asks for. A file that is not
    there, or is none, counts as not written: the starter's takes its place."""
    notes, texts = [], lab.starter()
    try:
        given = _Folder(submission) if Path(submission).is_dir() else _Archive(submission, lab.files)
    except _BROKEN as e:
        return texts, [f"no folder, .tar, .tar.gz or .zip: {plain(str(e))}; graded as not written"]
    top = _top(lab, given)
    notes += [f"taken from the folder {plain(str(top))} of it"] if str(top) != "." else []
    missing = []
    for name in lab.files:
        try:
            texts[name] = given.read(top / name).decode(errors="replace")
        except FileNotFoundError:
            missing.append(name)
        except OSError as e:
            notes.append(f"{name}: {e.strerror}; graded as not written")
    if len(missing) == len(lab.files):
        notes.append("none of the lab's files is there: is it the right folder?")
    elif missing:
        notes.append(f"not there, graded as not written: {', '.join(missing)}")
    return texts, notes


def _top(lab, given):
    """Where the files are: often it is one folder too deep, or the whole tree."""
    top = PurePosixPath(".")
    for _ in range(3):
        for place in (top, top / "chapters" / lab.name):
            if any(given.has(place / name) for name in lab.files):
                return place
        below = [n for n in given.folders(top) if not n.startswith((".", "__"))]
        if len(below) != 1:
            break
        top = top / below[0]
    return PurePosixPath(".")


class _Folder:
    def __init__(self, path):
        self.path = Path(path)

    def has(self, name):
        return (self.path / name).exists() and not self._linked(name)

    def folders(self, name):
        """The first few: whoever asks wants one."""
        with os.scandir(self.path / name) as entries:
            return [e.name for e, _ in zip(entries, range(1000)) if e.is_dir(follow_symlinks=False)]

    def _linked(self, name):
        return any((self.path / part).is_symlink() for part in PurePosixPath(name).parents)

    def read(self, name):
        """A second name of a file (a hard link) could be that of one which only the grader may
        read."""
        path = self.path / name
        if self._linked(name):
            raise OSError(0, "below a link")
        if not stat.S_ISREG(path.lstat().st_mode):
            raise OSError(0, "no regular file")
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(fd, "rb") as file:
            about = os.fstat(fd)
            if not stat.S_ISREG(about.st_mode) or about.st_nlink != 1 or about.st_size > MOST_BYTES:
                raise OSError(0, "not one regular file of at most a megabyte")
            return file.read(MOST_BYTES)


class _Bounded(io.RawIOBase):
    """What is unpacked of a stream, up to a bound: a small archive can be a large file."""

    def __init__(self, stream):
        self.stream, self.left = stream, MOST_UNPACKED

    def readable(self):
        return True

    def read(self, size=-1):
        data = self.stream.read(min(size if size >= 0 else self.left + 1, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise OSError(0, f"it is over {MOST_UNPACKED >> 20} MB unpacked")
        return data


class _Archive:
    """Its wanted files, {path: bytes, or why it is none}."""

    def __init__(self, path, names):
        self.wanted = re.compile("(.*/)?(" + "|".join(map(re.escape, names)) + ")")
        self.files, self.below = {}, set()
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(fd, "rb") as file:
            about = os.fstat(fd)
            if not stat.S_ISREG(about.st_mode) or about.st_size > MOST_ARCHIVE:
                raise OSError(0, f"not one regular file of at most {MOST_ARCHIVE >> 20} MB")
            start = file.read(4)
            file.seek(0)
            if start == b"PK\3\4":
                self._zip(file)
            else:
                self._tar(gzip.GzipFile(fileobj=file) if start[:2] == b"\x1f\x8b" else file)

    def _take(self, name, regular, size, read):
        path = PurePosixPath(name)
        self.below |= set(path.parents)
        if path.is_absolute() or ".." in path.parts or not self.wanted.fullmatch(str(path)):
            return
        self.files[path] = ("no regular file" if not regular else
                            "larger than a megabyte" if size > MOST_BYTES else read())

    def _tar(self, stream):
        with tarfile.open(fileobj=_Bounded(stream), mode="r|") as archive:
            for member in archive:
                self._take(member.name, member.isreg(), member.size,
                           lambda m=member: archive.extractfile(m).read())

    def _zip(self, file):
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                kind = stat.S_IFMT(member.external_attr >> 16)
                if not member.is_dir():
                    self._take(member.filename, kind in (0, stat.S_IFREG), member.file_size,
                               lambda m=member: archive.open(m).read(MOST_BYTES))

    def has(self, name):
        return name in self.files

    def folders(self, name):
        return [p.name for p in self.below if p.parent == name and p != name]

    def read(self, name):
        if name not in self.files:
            raise FileNotFoundError
        found = self.files[name]
        if isinstance(found, str):
            raise OSError(0, found)
        return found
