"""The measuring part of bench/images: images.py RUNS FOLDER JSON"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time

RUNS, WORK, RESULT = int(sys.argv[1]), sys.argv[2], sys.argv[3]
SIZES = (20, 200)


def layers(size):
    """The packed layers of the image, lowest first."""
    layout = f"{WORK}/{size}/layout"

    def blob(descriptor):
        return f"{layout}/blobs/" + descriptor["digest"].replace(":", "/")
    with open(f"{layout}/index.json") as file:
        manifest = json.load(file)["manifests"][0]
    with open(blob(manifest)) as file:
        return [blob(layer) for layer in json.load(file)["layers"]]


def each_layer(command):
    return ["bash", "-euc", "set -o pipefail; for layer in " + " ".join(layers(200)) +
            "; do " + command + "; done"]


def store(run):
    """A store that has the image and nothing unpacked."""
    shutil.copytree(f"{WORK}/200/layout", f"{run}/store/image")


def rows():
    """key, what, before (not timed), command, after (not timed)"""
    hashed = "igzip -dc $layer | openssl dgst -sha256"
    untar = ("folder=$(mktemp -d -p {run}); "
             "tar -C $folder --numeric-owner --xattrs --xattrs-include='*' -I igzip -xpf $layer")
    image = ["mini-image", "--root", "{run}/store"]
    yield ("floor", "the floor: igzip | sha256, one core", None,
           ["taskset", "-c", "0", *each_layer(hashed)], None)
    yield ("hash", "sha256 of what is unpacked", None, each_layer(hashed), None)
    yield "tar", "tar -I igzip -x", None, each_layer(untar), None
    yield ("layers", "mini-image mount (unpacks the layers)", store,
           [*image, "mount", "made:up", "{run}/mnt"], ["umount", "{run}/mnt"])
    yield ("unpack", "mini-image unpack", store, [*image, "unpack", "made:up", "{run}/flat"], None)
    if shutil.which("umoci"):
        yield ("umoci", "umoci unpack", None,
               ["umoci", "unpack", "--image", f"{WORK}/200/layout:made:up", "{run}/bundle"], None)
    yield "load", "mini-image load", None, [*image, "load", "-i", f"{WORK}/200/archive.tar"], None
    if os.environ.get("DOCKER"):
        yield ("docker", "docker load, with Docker's dockerd", None,
               ["docker", "load", "-i", f"{WORK}/200/archive.tar"], ["docker", "rmi", "made:up"])


def run_once(before, command, after):
    run = f"{WORK}/run"
    os.makedirs(f"{run}/mnt")
    if before:
        before(run)
    os.sync()
    command = [word.replace("{run}", run) for word in command]
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    took = time.monotonic() - began
    if after:
        subprocess.run([word.replace("{run}", run) for word in after], check=True,
                       stdout=subprocess.DEVNULL)
    shutil.rmtree(run)
    return took


def measure_times():
    table = [(*row, []) for row in rows()]
    for _ in range(RUNS):
        for _, _, before, command, after, times in table:
            times.append(run_once(before, command, after))
    return {key: {"what": what, "milliseconds": 1000 * statistics.median(times),
                  "fastest": 1000 * min(times)} for key, what, _, _, _, times in table}


def peak(command):
    """The most memory that a command ever had resident, in kB: VmHWM while it lives. What wait4(2)
    says would have this program's own in it."""
    found = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            try:
                with open(f"/proc/{child.pid}/status") as status:
                    found = max([found, *(int(line.split()[1]) for line in status
                                          if line.startswith("VmHWM:"))])
            except OSError:
                pass
            time.sleep(0.002)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)}: status {child.returncode}")
    return found


def measure_memory():
    found = {}
    for verb in ("load", "unpack", "save"):
        found[verb] = []
        for size in SIZES:
            image = ["mini-image", "--root", f"{WORK}/memory-{size}"]
            rest = {"load": ["-i", f"{WORK}/{size}/archive.tar"],
                    "unpack": ["made:up", f"{WORK}/memory-{size}/flat"],
                    "save": ["-o", "/dev/null", "made:up"]}[verb]
            found[verb].append(peak([*image, verb, *rest]))
    return found


def ratios(times):
    took = {key: row["milliseconds"] for key, row in times.items()}
    found = {"mini-image's layers / (tar + sha256)": took["layers"] / (took["tar"] + took["hash"]),
             "mini-image's layers / floor": took["layers"] / took["floor"]}
    if "umoci" in took:
        found["umoci unpack / mini-image unpack"] = took["umoci"] / took["unpack"]
    if "docker" in took:
        found["docker load / mini-image load"] = took["docker"] / took["load"]
    return found


def show(result):
    print(f"\nAn image of 200 MB in five layers, median of {RUNS}:\n")
    print(f"  {'':40} {'ms':>8} {'fastest':>9}")
    for row in result["times"].values():
        print(f"  {row['what']:40} {row['milliseconds']:8.0f} {row['fastest']:9.0f}")
    print("\nThe most memory that mini-image has resident, kB:\n")
    print(f"  {'':40} " + " ".join(f"{size:5} MB" for size in SIZES))
    for verb, sizes in result["memory"].items():
        print(f"  {verb:40} " + " ".join(f"{kb:8}" for kb in sizes))
    print()
    for name, value in result["ratios"].items():
        print(f"  {name}: {value:.2f}")
    print(f"\nThe numbers: {RESULT}")


def main():
    result = {"times": measure_times(), "memory": measure_memory()}
    result["ratios"] = ratios(result["times"])
    show(result)
    with open(RESULT, "w") as file:
        json.dump(result, file, indent=2)
        file.write("\n")


main()
