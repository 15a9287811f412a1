#!/usr/bin/python3
"""A registry that means harm, or is broken: hostile-registry.py PORT FOLDER

FOLDER has an image: `layer` (a gzip'd tar) and `config.json`. The repository's name says what is
wrong with it: /v2/NAME/... A line for each request goes to standard output: method, path, Range,
and who asks (Authorization). On PORT + 1 listens another host, to which redirects lead.
"""
import gzip
import hashlib
import json
import sys
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
LAYER = (FOLDER / "layer").read_bytes()
CONFIG = (FOLDER / "config.json").read_bytes()
OTHER = f"http://127.0.0.1:{PORT + 1}"
# A few bytes that say they are a file of 70 GiB.
huge = tarfile.TarInfo("huge")
huge.size = 70 << 30
BOMB = gzip.compress(huge.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20))
broken = {}  # how often a connection was broken, by path
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def manifest(name):
    data = BOMB if name == "bomb" else LAYER
    size = len(data) + (7 if name == "small" else -7 if name == "large" else 0)
    layer = digest(data if name != "digest" else LAYER + b"x")
    return json.dumps({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                   "digest": digest(CONFIG), "size": len(CONFIG)},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                    "digest": layer, "size": size}],
    }).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        print(self.command, self.server.server_port, self.path, self.headers.get("Range", "-"),
              self.headers.get("Authorization", "nobody"), flush=True)
        path = self.path.split("?")[0]
        if path == "/v2/":
            return self.answer(200)
        if path == "/v1/search":
            return self.answer(200, json.dumps({"results": [
                {"name": "team/box", "description": "a box\nof things " + "x" * 60, "star_count": 12, "is_official": True},
                {"name": "team/other", "star_count": 1}]}).encode())
        if path.startswith("/token"):
            return self.token(path)
        name, kind, what = path.split("/")[2:5]
        if name in ("secret", "bigtoken", "elsewhere") and not self.headers.get("Authorization") \
                and self.server.server_port == PORT:
            return self.answer(401, headers=[(
                "WWW-Authenticate", f'Bearer realm="http://127.0.0.1:{PORT}/token/{name}",service="x"')])
        return self.manifests(name, what) if kind == "manifests" else self.blobs(name, what)

    def token(self, path):
        size = 3 << 20 if path.endswith("bigtoken") else 3
        self.answer(200, json.dumps({"token": "t" * size}).encode())

    def manifests(self, name, what):
        if name == "limited":
            return self.answer(429, b'{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}', [("Retry-After", "30")])
        if name == "giant":
            return self.answer(200, b" " * (5 << 20), [("Content-Type", MANIFEST)])
        if name == "stalled":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            return time.sleep(20)
        if name == "circle":
            return self.answer(302, headers=[("Location", self.path)])
        body = manifest(name)
        told = digest(body)
        if name == "liar":
            body += b" "
        if name == "cyclic":
            body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
                {"mediaType": INDEX, "digest": "sha256:" + "7" * 64, "size": 100}]}).encode()
            told = digest(body)
        kind = json.loads(body)["mediaType"]
        self.answer(200, body, [("Content-Type", kind), ("Docker-Content-Digest", told)])

    def blobs(self, name, what):
        if what == digest(CONFIG):
            return self.answer(200, CONFIG)
        if name == "bomb":
            return self.answer(200, BOMB)
        if name == "elsewhere" and self.server.server_port == PORT:
            return self.answer(307, headers=[("Location", OTHER + self.path)])
        if name == "length":
            return self.answer(200, LAYER, length=len(LAYER) + 99)
        if name == "broken":
            return self.break_off(LAYER)
        if name == "restart" and self.headers.get("Range"):
            return self.answer(200, LAYER)  # knows no ranges
        if name == "restart":
            return self.break_off(LAYER)
        if name == "wrongpart" and self.headers.get("Range"):
            return self.answer(206, LAYER[5:], [("Content-Range", f"bytes 5-{len(LAYER) - 1}/{len(LAYER)}")])
        if name == "wrongpart":
            return self.break_off(LAYER)
        self.answer(200, LAYER)

    def break_off(self, data):
        """A third of it each time, then the connection is gone."""
        start = int(self.headers.get("Range", "bytes=0-").split("=")[1].rstrip("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start:start + len(data) // 3 + 1])
        self.wfile.flush()
        self.close_connection = True


for port in (PORT + 1, PORT):
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
thread.join()
