"""A person at a terminal, for tests: python3 terminal.py [-s ROWSxCOLUMNS] SCRIPT [COMMAND...]

SCRIPT is Python with these in it; the exit code is the program's own.

    spawn("docker", "run", ...)  starts a program on a new terminal (COMMAND is in `command`)
    expect("text")               waits until the terminal has shown it, and returns what came
                                 before it; 20 seconds
    send("text")                 types; "\\x04" is Ctrl-D
    resize(rows, columns)        changes the window
    wait()                       until the program ends; the rest of the output is expected away
    shown()                      all that the terminal has shown so far, without \\r
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

SECONDS = 20


class Terminal:
    def __init__(self, rows, columns):
        self.size = (rows, columns)
        self.all = ""
        self.seen = 0
        self.pid = self.fd = None

    def spawn(self, *command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # The window has its size before the program can ask for it.
            self._set(0)
            try:
                os.execvp(command[0], command)
            finally:
                os._exit(127)
        time.sleep(0.05)

    def _set(self, fd):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", *self.size, 0, 0))

    def resize(self, rows, columns):
        self.size = (rows, columns)
        self._set(self.fd)

    def send(self, text):
        os.write(self.fd, text.encode())

    def _read(self, until):
        """One piece of output; False at the end of the program."""
        ready, _, _ = select.select([self.fd], [], [], max(0, until - time.monotonic()))
        if not ready:
            return None
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.all += data.decode(errors="replace").replace("\r", "")
        return bool(data)

    def expect(self, text):
        until = time.monotonic() + SECONDS
        while text not in self.all[self.seen :]:
            more = self._read(until)
            if not more:
                why = "the program ended" if more is False else f"{SECONDS} s passed"
                sys.exit(f"pty: {why} before '{text}' was shown; shown was:\n{self.all}")
        at = self.all.index(text, self.seen)
        before = self.all[self.seen : at]
        self.seen = at + len(text)
        return before

    def wait(self):
        until = time.monotonic() + SECONDS
        while more := self._read(until):
            pass
        if more is None:
            os.kill(self.pid, signal.SIGKILL)
            sys.exit(f"pty: the program did not end in {SECONDS} s; shown was:\n{self.all}")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def shown(self):
        return self.all


def main():
    arguments = sys.argv[1:]
    size = (24, 80)
    if arguments[0] == "-s":
        size = tuple(int(n) for n in arguments[1].split("x"))
        arguments = arguments[2:]
    t = Terminal(*size)
    names = {n: getattr(t, n) for n in ("spawn", "expect", "send", "resize", "shown")}
    names.update(command=arguments[1:], sleep=time.sleep, wait=t.wait)
    exec(arguments[0], names)
    code = t.wait() if "wait()" not in arguments[0] else names.get("code", 0)
    print(t.shown())
    sys.exit(code if code >= 0 else 128 - code)


main()
