"""What of a submission could end the program of a test, or run before it.

A cmocka test calls functions of a submission in its own process, where exit(0) behind a printed
"PASSED" would be a pass. So the objects are looked at before: a file may have no constructors, no
functions that stand in for those of cmocka or of C's library, and call nothing that ends or replaces
a process, but for what its task needs ("ends" in tasks.json). What is found fails those tests, and
says so (alone in labs/lib/lab.bash); all other tests look from outside, and run. Who writes
machine code by hand still gets by: read the code of who earns all points.
"""

import re
import subprocess
from functools import cache

ENDS = set("""exit _exit _Exit quick_exit pthread_exit atexit on_exit at_quick_exit __cxa_atexit
    err errx verr verrx error error_at_line daemon vfork syscall ptrace process_vm_writev dlopen dlsym
    execl execle execlp execv execve execveat execvp execvpe fexecve setcontext swapcontext
    longjmp _longjmp siglongjmp __longjmp_chk""".split())
BEFORE = re.compile(r"\.(?:(?:pre)?init(?:_array)?|fini(?:_array)?|ctors|dtors)(?:\.\d+)?$")
TRAP = re.compile(r"^\s+[0-9a-f]+:\s+(?:syscall|sysenter|svc|int)\b", re.M)

# Prints of each object file: its name, its symbols, its sections, its system calls by hand.
LIST = """{{ for object in {objects}; do
    echo "of $object"; nm -P $object; objdump -hw $object
    objdump -d --no-show-raw-insn $object | grep -E '^ +[0-9a-f]+:[[:space:]]+(syscall|sysenter|svc|int)'
done >/out/symbols 2>/dev/null; true; }}"""


@cache
def of_libraries():
    """What C's library and cmocka define."""
    found = set()
    for library in ("libc.so.6", "libcmocka.so"):
        path = subprocess.run(["cc", f"-print-file-name={library}"], stdout=subprocess.PIPE,
                              text=True).stdout.strip()
        told = subprocess.run(["nm", "-DP", "--defined-only", path], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout
        found |= {line.split()[0].partition("@")[0] for line in told.splitlines()}
    return found


def found_in(text, allowed):
    """One line for each thing in what LIST has printed; allowed: {object: the calls that it may
    make}."""
    for part in re.split(r"^of ", text, flags=re.M)[1:]:
        name, _, rest = part.partition("\n")
        yield from (f"{name.rpartition('/obj/')[2].partition('/')[2].removesuffix('.o')}.c {what}"
                    for what in _of_object(rest, allowed.get(name, ())))


def _of_object(text, allowed):
    symbols = re.findall(r"^(\S+) ([A-Za-z])(?: |$)", text, re.M)
    for name, kind in symbols:
        if kind == "U" and name in ENDS - set(allowed):
            yield f"calls {name}(), which could end or replace the program of the test"
        if kind in "TWViDBR" and name in of_libraries():
            yield f"has a function {name}() of its own in place of the library's"
        if kind == "i":
            yield f"chooses {name}() before the tests begin"
    if any(BEFORE.match(section) for section in re.findall(r"^ +\d+ (\.\S+)", text, re.M)):
        yield "has something that runs before or behind main(): a constructor, a destructor"
    if "syscall" not in allowed and TRAP.search(text):
        yield "makes a system call by hand"
