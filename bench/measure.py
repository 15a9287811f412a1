"""The measuring part of bench/run, which says in the environment where everything is."""

import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time

RUNS = int(os.environ["RUNS"])
CONTAINERS = 20
RUNTIMES = ("mini-runc", "crun", "runc")
OURS, THEIRS = os.environ["OURS_HOST"], os.environ["THEIRS_HOST"]
BUNDLE = os.environ["BENCH_BUNDLE"]


def environment(host):
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DOCKER_HOST": host}


def seconds(command, host, stamped):
    """Of the whole command. posix_spawn: what starts it costs as little as can be. A command that
    is stamped cleans up before it ends, which a daemon does after its reply: it prints when the
    container had ended. A runtime has cleaned up when it ends."""
    path = shutil.which(command[0])
    null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    errors = os.memfd_create("stderr")
    output = os.memfd_create("stdout")
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, output, 1),
               (os.POSIX_SPAWN_DUP2, errors, 2)]
    began = time.monotonic()
    pid = os.posix_spawn(path, command, environment(host), file_actions=actions)
    _, status = os.waitpid(pid, 0)
    took = time.monotonic() - began
    if status:
        os.lseek(errors, 0, os.SEEK_SET)
        said = os.read(errors, 2000).decode(errors="replace")
        raise RuntimeError(f"{' '.join(command)}: status {status}: {said}")
    if stamped:
        took = int(os.pread(output, 100, 0)) / 1e9 - began
    for fd in (null, output, errors):
        os.close(fd)
    return took


def floor(work):
    return lambda n: [os.environ["BENCH_FLOOR"], f"{BUNDLE}/rootfs", work, f"{BUNDLE}/filter",
                      os.environ["BENCH_GROUP"], "/bin/true"]


def rows():
    run = ["run", "--rm", "--network", "none", "busybox", "true"]
    port = ["run", "--rm", "--publish", "8080:80", "busybox", "true"]
    yield "floor", "the kernel alone (bench/floor.c)", floor(os.environ["BENCH_WORK"]), ""
    yield "mini-docker", "mini-docker run --rm busybox true", lambda n: ["mini-docker", *run], OURS
    if shutil.which("docker"):
        yield "docker-mini", "docker run, with mini-dockerd", lambda n: ["docker", *run], OURS
    if THEIRS:
        yield "docker", "docker run, with Docker's dockerd", lambda n: ["docker", *run], THEIRS
    yield ("mini-docker-port", "mini-docker run -p 8080:80 ...", lambda n: ["mini-docker", *port],
           OURS)
    if THEIRS:
        yield "docker-port", "docker run -p, with Docker's dockerd", lambda n: ["docker", *port], THEIRS
    yield "bundle-floor", "the kernel alone, a bundle", floor("-"), ""
    for runtime in RUNTIMES:
        if shutil.which(runtime):
            yield (runtime, f"{runtime} run, a bundle",
                   lambda n, r=runtime: [r, "run", "--bundle", BUNDLE, f"bench-{n}"], "")


def measure_times():
    table = [(key, what, command, host, []) for key, what, command, host in rows()]
    broken = {}
    for n in range(RUNS + 1):
        # In another order each time, with a pause: what one leaves behind (a daemon's cleaning up,
        # a lock of the kernel's that is still fast) must not always meet the same other.
        for key, what, command, host, times in random.sample(table, len(table)):
            if key in broken:
                continue
            time.sleep(0.05)
            try:
                took = seconds(command(n), host, key == "floor")
            except RuntimeError as e:
                broken[key] = str(e)
                continue
            if n:  # the first of each warms the caches
                times.append(took)
    for key, why in broken.items():
        print(f"bench: {key} did not run: {why}", file=sys.stderr)
    return [{"key": key, "what": what, "milliseconds": 1000 * statistics.median(times),
             "fastest": 1000 * min(times), "runs": len(times)}
            for key, what, _, _, times in table if key not in broken and times]


def resident(group):
    """Proportional set size in kB of the processes of a cgroup, by name."""
    sizes = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cgroup") as groups:
                if f":{group}\n" not in groups.read():
                    continue
            with open(f"/proc/{pid}/comm") as comm:
                name = comm.read().strip()
            with open(f"/proc/{pid}/smaps_rollup") as rollup:
                pss = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
        if name != "sleep":  # the holder of the namespaces is no part of a daemon
            sizes[name] = sizes.get(name, 0) + pss
    return sizes


def measure_memory(client, host, group):
    idle = resident(group)
    run = [shutil.which(client), "run", "-d", "--network", "none", "busybox", "sleep", "1000"]
    ids = [subprocess.run(run, env=environment(host), check=True, capture_output=True, text=True)
           .stdout.strip() for _ in range(CONTAINERS)]
    time.sleep(1)
    busy = resident(group)
    subprocess.run([shutil.which(client), "rm", "-f", *ids], env=environment(host), check=True,
                   capture_output=True)
    return {"idle_kb": sum(idle.values()), "with_containers_kb": sum(busy.values()),
            "containers": CONTAINERS, "idle": idle, "with_containers": busy}


LOG_BYTES = 8 * 32 * 1024 * 1024
LOG_SCRIPT = ("yes the quick brown fox jumps over the lazy dog and runs away from it 0123456789 |"
              " head -c 33554432 >/t; cat /proc/uptime >&2; cat /t /t /t /t /t /t /t /t;"
              " cat /proc/uptime >&2")


def measure_logs(client, host):
    """Megabytes a second from a container that prints lines into its log, and of a client that
    reads that log. The container itself says when it began and ended: starting it does not count."""
    def call(*arguments, **more):
        return subprocess.run([shutil.which(client), *arguments], env=environment(host),
                              check=True, text=True, **more)
    found = {"write": [], "read": []}
    for _ in range(3):
        made = call("run", "-d", "--network", "none", "busybox", "sh", "-c", LOG_SCRIPT,
                    stdout=subprocess.PIPE).stdout.strip()
        call("wait", made, stdout=subprocess.DEVNULL)
        began = time.monotonic()
        said = call("logs", made, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).stderr
        found["read"].append(LOG_BYTES / 1e6 / (time.monotonic() - began))
        first, last = (float(line.split()[0]) for line in said.splitlines())
        found["write"].append(LOG_BYTES / 1e6 / max(last - first, 0.01))
        call("rm", made, stdout=subprocess.DEVNULL)
    return {what: statistics.median(values) for what, values in found.items()}


def running(pid):
    """Whether a runtime has done all its work: something below it has become `sleep`."""
    names = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # runc has many, and any may be the parent
            with open(f"/proc/{pid}/task/{thread}/children") as children:
                below = children.read().split()
            for child in below:
                with open(f"/proc/{child}/comm") as comm:
                    names.append(comm.read().strip())
    except OSError:
        return False
    return "sleep" in names


def runtime_memory(runtime):
    """Of the runtime's own process while its container runs: the most that it ever had resident,
    and its proportional size now."""
    folder = f"{BUNDLE}-sleep"
    os.makedirs(folder, exist_ok=True)
    with open(f"{BUNDLE}/config.json") as file:
        config = json.load(file)
    config["process"]["args"] = ["sleep", "1000"]
    config["root"]["path"] = f"{BUNDLE}/rootfs"
    with open(f"{folder}/config.json", "w") as file:
        json.dump(config, file)
    found = {}
    child = subprocess.Popen([runtime, "run", "--bundle", folder, "bench-sleep"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + 20
        while not running(child.pid):
            if child.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"{runtime}: no container to look at")
            time.sleep(0.02)
        for member, file, name in (("peak_kb", "status", "VmHWM:"),
                                   ("pss_kb", "smaps_rollup", "Pss:")):
            with open(f"/proc/{child.pid}/{file}") as lines:
                found[member] = next(int(l.split()[1]) for l in lines if l.startswith(name))
    finally:
        subprocess.run([runtime, "kill", "bench-sleep", "KILL"], capture_output=True, check=False)
        child.wait()
    return found


def version(command):
    try:
        done = subprocess.run([command, "--version"], capture_output=True, text=True)
        return done.stdout.splitlines()[0]
    except (OSError, IndexError):
        return None


def floor_of(key):
    return "bundle-floor" if key in RUNTIMES or key == "bundle-floor" else "floor"


def show(result):
    times = {row["key"]: row["milliseconds"] for row in result["times"]}
    ours = times.get("mini-docker")
    print(f"\nOne container that runs `true` and is removed, median of {RUNS}:\n")
    print(f"  {'':36} {'ms':>8} {'x floor':>9} {'x mini-docker':>14}")
    for row in result["times"]:
        took = row["milliseconds"]
        least = times[floor_of(row["key"])]
        ratio = f"{took / ours:.2f}" if ours else "-"
        print(f"  {row['what']:36} {took:8.1f} {took / least:9.2f} {ratio:>14}")
    print(f"\nMemory of the daemon's processes (PSS): started, with {CONTAINERS} containers, and after all\n"
          "that was run above:\n")
    print(f"  {'':36} {'kB idle':>8} {'kB busy':>9} {'kB a container':>14} {'kB after':>9}")
    for name, memory in result["memory"].items():
        each = (memory["with_containers_kb"] - memory["idle_kb"]) / CONTAINERS
        print(f"  {name:36} {memory['idle_kb']:8} {memory['with_containers_kb']:9} {each:14.0f}"
              f" {memory['after_kb']:9}")
    print("\nA container's log, lines of 80 bytes, in MB/s:\n")
    print(f"  {'':36} {'written':>8} {'read':>9}")
    for name, speed in result["logs"].items():
        print(f"  {name:36} {speed['write']:8.0f} {speed['read']:9.0f}")
    print("\nMemory of a runtime while it waits for its container:\n")
    print(f"  {'':36} {'kB peak':>8} {'kB (PSS)':>9}")
    for name, memory in result["runtime_memory"].items():
        print(f"  {name:36} {memory['peak_kb']:8} {memory['pss_kb']:9}")
    print()
    for name, value in result["ratios"].items():
        print(f"  {name}: {value:.2f}")


def ratios(result):
    times = {row["key"]: row["milliseconds"] for row in result["times"]}
    memory = result["memory"]
    ours = times.get("mini-docker")
    found = {}
    for other in ("docker", "crun", "runc", "floor"):
        if ours and other in times:
            name = "mini-docker run / floor" if other == "floor" else f"{other} run / mini-docker run"
            found[name] = ours / times[other] if other == "floor" else times[other] / ours
    ports = times.get("mini-docker-port")
    if ours and ports:
        found["mini-docker run -p / mini-docker run"] = ports / ours
    if ports and "docker-port" in times:
        found["docker run -p / mini-docker run -p"] = times["docker-port"] / ports
    for other in ("crun", "runc", "bundle-floor"):
        if "mini-runc" in times and other in times:
            found[f"mini-runc run / {other.removeprefix('bundle-')}"] = times["mini-runc"] / times[other]
    if "dockerd" in memory:
        for when in ("idle_kb", "with_containers_kb"):
            found[f"dockerd memory / mini-dockerd memory, {when[:-3]}"] = (
                memory["dockerd"][when] / memory["mini-dockerd"][when])
    if "dockerd" in result["logs"]:
        for what in ("write", "read"):
            found[f"mini-dockerd logs {what} / dockerd logs {what}"] = (
                result["logs"]["mini-dockerd"][what] / result["logs"]["dockerd"][what])
    return found


def main():
    daemons = {"mini-dockerd": ("mini-docker", OURS, os.environ["OURS_GROUP"])}
    if THEIRS:
        daemons["dockerd"] = "docker", THEIRS, os.environ["THEIRS_GROUP"]
    result = {"machine": {"kernel": platform.release(), "processors": os.cpu_count()},
              "versions": {p: version(p) for p in ("docker", "dockerd", "runc", "crun")},
              "memory": {name: measure_memory(*daemon) for name, daemon in daemons.items()},
              "times": measure_times()}
    for name, (_, _, group) in daemons.items():
        result["memory"][name]["after_kb"] = sum(resident(group).values())
    result["logs"] = {name: measure_logs(client, host)
                      for name, (client, host, _) in daemons.items()}
    result["runtime_memory"] = {r: runtime_memory(r) for r in RUNTIMES
                                if shutil.which(r)}
    result["ratios"] = ratios(result)
    show(result)
    with open(os.environ["BENCH_JSON"], "w") as file:
        json.dump(result, file, indent=2)
        file.write("\n")
    print(f"\nThe numbers: {os.environ['BENCH_JSON']}")


main()
