#!/usr/bin/env python3
"""Many containers at once, and beside many that are stopped.

    bench/scale.py start COUNT CLIENTS    so many containers are started by so many clients side by
                                          side, then removed in the same way; fails when any failed
    bench/scale.py stopped COUNT [RUNS]   `mini-docker run --rm` with none and with so many stopped
                                          containers beside it
    bench/scale.py ratios                 the same against Docker's dockerd: make bench

Against the daemon of DOCKER_HOST, a unix socket, which has busybox; `ratios` takes the sockets of
both from OURS_HOST and THEIRS_HOST ("": there is none). Prints one JSON object, or a table."""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time

SLEEP = {"Image": "busybox", "Cmd": ["sleep", "1000"], "HostConfig": {"NetworkMode": "none"}}
RUN = ["mini-docker", "run", "--rm", "--network", "none", "busybox", "true"]


class Daemon(http.client.HTTPConnection):
    def __init__(self, host):
        super().__init__("daemon", timeout=120)
        self.path = host.removeprefix("unix://")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def call(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        self.request(method, "/v1.41" + path, text, {"Content-Type": "application/json"})
        response = self.getresponse()
        data = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {data.decode()}")
        return json.loads(data) if data[:1] in (b"{", b"[") else None


def start_one(daemon, _):
    made = daemon.call("POST", "/containers/create", SLEEP)["Id"]
    daemon.call("POST", f"/containers/{made}/start")
    return made


def remove_one(daemon, made):
    daemon.call("DELETE", f"/containers/{made}?force=1")


def side_by_side(host, clients, work, items):
    """work(daemon, item) for each item, by so many threads: results, errors, seconds."""
    results, errors, left, lock = [], [], iter(items), threading.Lock()

    def client():
        daemon = Daemon(host)
        while True:
            with lock:
                item = next(left, None)
            if item is None:
                return
            try:
                results.append(work(daemon, item))
            except (OSError, RuntimeError, http.client.HTTPException) as e:
                errors.append(str(e))
                daemon = Daemon(host)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results, errors, time.monotonic() - began


def start_many(host, count, clients):
    made, errors, start = side_by_side(host, clients, start_one, range(count))
    running = Daemon(host).call("GET", "/info")["ContainersRunning"]
    _, more, remove = side_by_side(host, clients, remove_one, made)
    return {"running": running, "errors": errors + more, "start": start, "remove": remove}


def median_run(host, runs):
    times = []
    for _ in range(runs):
        began = time.monotonic()
        subprocess.run(RUN, check=True, env={**os.environ, "DOCKER_HOST": host})
        times.append(time.monotonic() - began)
    return statistics.median(times)


def beside_stopped(host, count, runs=11):
    median_run(host, 2)  # warms the caches
    alone = median_run(host, runs)
    body = {"Image": "busybox", "Cmd": ["true"], "HostConfig": {"NetworkMode": "none"}}

    def create(daemon, _):
        return daemon.call("POST", "/containers/create", body)["Id"]

    made, errors, _ = side_by_side(host, 4, create, range(count))
    beside = median_run(host, runs)
    _, more, _ = side_by_side(host, 4, remove_one, made)
    return {"alone": alone, "beside": beside, "errors": errors + more}


def ratios():
    ours, theirs = os.environ["OURS_HOST"], os.environ.get("THEIRS_HOST", "")
    many = start_many(ours, 200, 16)
    print(f"\n200 containers started from 16 clients: {many['start']:.2f} s, "
          f"{len(many['errors'])} errors; removed in {many['remove']:.2f} s")
    if theirs:
        other = start_many(theirs, 200, 16)
        print(f"  mini-dockerd / dockerd: {many['start'] / other['start']:.3f} "
              f"({len(other['errors'])} errors of dockerd)")
    stopped = beside_stopped(ours, 5000, 21)
    print(f"run --rm beside 5000 stopped containers / alone: {stopped['beside'] / stopped['alone']:.2f}")
    return many["errors"] + stopped["errors"]


def main():
    what, numbers = sys.argv[1], [int(word) for word in sys.argv[2:]]
    if what == "ratios":
        return ratios()
    host = os.environ["DOCKER_HOST"]
    found = start_many(host, *numbers) if what == "start" else beside_stopped(host, *numbers)
    print(json.dumps(found))
    return found["errors"]


sys.exit(1 if main() else 0)
