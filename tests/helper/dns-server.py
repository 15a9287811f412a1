"""A DNS server of the world outside, for tests: python3 dns-server.py ADDRESS LOG [ANSWER]

Listens on port 53 of ADDRESS, UDP and TCP, and writes into LOG "udp NAME" or "tcp NAME" for each
question, the first line being "ready" and its process. Every name below example.org has the address ANSWER
(192.0.2.1), "large.example.org" has 60 of them, which by UDP are cut off; no other name exists.
ANSWER "refuse" refuses every question, "silent" answers none.
"""

import os
import socket
import struct
import sys
import threading

address, log, answer = (sys.argv[1:] + ["192.0.2.1"])[:3]
log = open(log, "a", buffering=1)


def name_of(question):
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(labels), at + 5


def reply(question, transport):
    name, end = name_of(question)
    print(transport, name, file=log)
    if answer == "silent":
        return None
    known = name == "example.org" or name.endswith(".example.org")
    count = 0 if answer == "refuse" or not known else 60 if name.startswith("large.") else 1
    flags = 0x8180 | (5 if answer == "refuse" else 0 if known else 3)
    if transport == "udp" and count > 1:
        flags, count = flags | 0x0200, 0
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04"
    records = b"".join(
        record + socket.inet_aton(answer if count == 1 else "192.0.2.%d" % i) for i in range(count)
    )
    return question[:2] + struct.pack(">5H", flags, 1, count, 0, 0) + question[12:end] + records


def serve_stream(connection):
    with connection, connection.makefile("rb") as stream:
        while size := stream.read(2):
            said = reply(stream.read(*struct.unpack(">H", size)), "tcp")
            if said:
                connection.sendall(struct.pack(">H", len(said)) + said)


def serve_streams():
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve_stream, args=(connection,), daemon=True).start()


listener = socket.create_server((address, 53))
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind((address, 53))
print("ready", os.getpid(), file=log)
threading.Thread(target=serve_streams, daemon=True).start()
while True:
    question, sender = datagrams.recvfrom(4096)
    said = reply(question, "udp")
    if said:
        datagrams.sendto(said, sender)
