#!/usr/bin/env python3
"""plugin.py SOCKET|PORT FOLDER [CA CERTIFICATE KEY] - a volume plugin that behaves as it is told

FOLDER/mode says how it answers what is not in its list of good manners (see MODES), and is read
again for each call; FOLDER/calls gets a line for each: "METHOD NAME ID". FOLDER/listens is there
once it listens. With certificates it speaks TLS and wants one of its client.
"""
import http.server
import json
import os
import socketserver
import ssl
import sys
import time

where, folder = sys.argv[1:3]
volumes = {}


def mode():
    try:
        with open(f"{folder}/mode", encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return "good"


def good(method, request):
    name = request.get("Name")
    path = f"{folder}/data/{name}"
    if method == "Plugin.Activate":
        return {"Implements": ["VolumeDriver"]}
    if method == "VolumeDriver.Capabilities":
        return {"Capabilities": {"Scope": "global"}}
    if method == "VolumeDriver.Create":
        volumes[name] = request.get("Opts")
        os.makedirs(path, exist_ok=True)
    if method == "VolumeDriver.List":
        return {"Volumes": [{"Name": name} for name in volumes]}
    if method != "VolumeDriver.Create" and name not in volumes:
        return {"Err": "there is no such volume here"}
    if method == "VolumeDriver.Get":
        return {"Volume": {"Name": name, "Status": {"options": volumes[name]}}}
    if method == "VolumeDriver.Remove":
        del volumes[name]
    if method == "VolumeDriver.Mount":
        return {"Mountpoint": path}
    return {"Err": ""}


def slow(method, request):
    time.sleep(1)
    return good(method, request)


def deaf(method, request):
    time.sleep(300)


# Of these only what is to be done goes wrong, so that all else can be seen.
MODES = {
    "good": good,
    "slow": slow,
    "deaf": deaf,
    "err": lambda *_: {"Err": "no way"},
    "array": lambda *_: [],
    "much": lambda *_: {"Err": "", "Much": "x" * (5 << 20)},
    "broken": lambda *_: (500, b'{"Err": "it is broken"}'),
    "words": lambda *_: (503, b"in plain words\n"),
    "junk": lambda *_: (200, b"\xff\x00 no JSON"),
    "nothing": lambda *_: (200, b""),
    "cut": lambda *_: (200, None),
    "relative": lambda *_: {"Mountpoint": "data"},
    "out": lambda *_: {"Mountpoint": "/srv/../../etc"},
    "nowhere": lambda *_: {"Mountpoint": "/nowhere/at/all"},
}
MANNERS = ("Plugin.Activate", "VolumeDriver.Capabilities", "VolumeDriver.Get",
           "VolumeDriver.List", "VolumeDriver.Unmount", "VolumeDriver.Remove")


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def address_string(self):
        return "daemon"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = json.loads(body or "{}")
        method = self.path[1:]
        with open(f"{folder}/calls", "a", encoding="utf-8") as calls:
            print(method, request.get("Name", "-"), request.get("ID", "-"), file=calls)
        how = mode()
        if how not in ("slow", "deaf") and method in MANNERS:
            how = "good"
        answer = MODES[how](method, request)
        status, answer = answer if isinstance(answer, tuple) else (200, json.dumps(answer).encode())
        self.send_response(status)
        self.send_header("Content-Length", str(100 if answer is None else len(answer)))
        self.end_headers()
        self.wfile.write(answer or b"{")


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class TcpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = allow_reuse_address = True


if where.isdigit():
    server = TcpServer(("127.0.0.1", int(where)), Handler)
else:
    if os.path.exists(where):
        os.unlink(where)
    server = UnixServer(where, Handler)
if len(sys.argv) > 3:
    rules = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=sys.argv[3])
    rules.verify_mode = ssl.CERT_REQUIRED
    rules.load_cert_chain(sys.argv[4], sys.argv[5])
    server.socket = rules.wrap_socket(server.socket, server_side=True)
with open(f"{folder}/listens", "w", encoding="utf-8"):
    pass
server.serve_forever()
