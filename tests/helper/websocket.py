"""A WebSocket as a browser has it, for tests: python3 websocket.py SOCKET PATH [STEP...]

Asks for PATH over the unix socket and then goes through the steps; what comes goes to stdout. At the
end, "kinds: ..." on stderr lists the opcodes of the frames that came, each once.

    text:XYZ   sends it in a frame        split:XYZ  in a frame for each byte
    ping:XYZ   sends it and waits for the pong
    wait:XYZ   until it has come          close      says so, and waits for the answer
    end        until the daemon closes
"""

import base64
import hashlib
import os
import socket
import struct
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class WebSocket:
    def __init__(self, path, target):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(20)
        self.s.connect(path)
        key = base64.b64encode(os.urandom(16))
        self.s.sendall(
            b"GET " + target.encode() + b" HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n")
        self.file = self.s.makefile("rb")
        status = self.file.readline().decode().strip()
        headers = {}
        while line := self.file.readline().strip():
            name, value = line.split(b": ", 1)
            headers[name.lower()] = value
        if " 101 " not in status + " ":
            sys.exit(status + " " + self.file.read(int(headers[b"content-length"])).decode())
        want = base64.b64encode(hashlib.sha1(key + GUID).digest())
        assert headers[b"sec-websocket-accept"] == want, headers
        assert headers[b"upgrade"].lower() == b"websocket", headers
        self.came, self.kinds, self.pongs = b"", set(), []

    def send(self, opcode, data, fin=True):
        mask = os.urandom(4)
        head = bytes([(0x80 if fin else 0) | opcode])
        head += bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
        self.s.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        """One frame; False at the end."""
        head = self.file.read(2)
        if len(head) < 2:
            return False
        opcode, length = head[0] & 15, head[1] & 127
        if length > 125:
            length = struct.unpack(*((">H", self.file.read(2)) if length == 126 else (">Q", self.file.read(8))))[0]
        data = self.file.read(length)
        self.kinds.add(opcode)
        if opcode == 8:
            return False
        if opcode == 10:
            self.pongs.append(data)
        if opcode < 8:
            self.came += data
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
        return True

    def until(self, done):
        while not done():
            if not self.receive():
                sys.exit("the daemon closed too early")


ws = WebSocket(sys.argv[1], sys.argv[2])
for step in sys.argv[3:]:
    kind, _, text = step.partition(":")
    data = text.encode().decode("unicode_escape").encode()
    if kind == "text":
        ws.send(1, data)
    elif kind == "split":
        for i, byte in enumerate(data):
            ws.send(0 if i else 1, bytes([byte]), i == len(data) - 1)
    elif kind == "ping":
        ws.send(9, data)
        ws.until(lambda: data in ws.pongs)
    elif kind == "wait":
        ws.until(lambda: data in ws.came)
    else:
        if kind == "close":
            ws.send(8, b"\x03\xe8")
        while ws.receive():
            pass
print("kinds:", *sorted(ws.kinds), file=sys.stderr)
