"""DNS servers of the world outside, for tests: python3 dns-server.py LOG ADDRESS=ANSWER...

Each listens on port 53 of its ADDRESS, UDP and TCP. LOG gets "ready" and the number of this process,
then "udp NAME ADDRESS" or "tcp NAME ADDRESS" for each question. Every name below example.org has the
address ANSWER; "large.example.org" has 60 of them, which by UDP are cut off; no other name exists.
ANSWER "refuse" refuses every question, "silent" answers none.
"""

import os
import socket
import struct
import sys
import threading

log = open(sys.argv[1], "a", buffering=1)


def name_of(question):
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(labels), at + 5


def reply(question, transport, address, answer):
    name, end = name_of(question)
    print(transport, name, address, file=log)
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


def serve_stream(connection, *server):
    with connection, connection.makefile("rb") as stream:
        while size := stream.read(2):
            said = reply(stream.read(*struct.unpack(">H", size)), "tcp", *server)
            if said:
                connection.sendall(struct.pack(">H", len(said)) + said)


def serve_streams(listener, *server):
    while True:
        start(serve_stream, listener.accept()[0], *server)


def serve_datagrams(datagrams, *server):
    while True:
        question, sender = datagrams.recvfrom(4096)
        said = reply(question, "udp", *server)
        if said:
            datagrams.sendto(said, sender)


def start(run, *arguments):
    threading.Thread(target=run, args=arguments, daemon=True).start()


for server in sys.argv[2:]:
    address, answer = server.split("=")
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind((address, 53))
    start(serve_streams, socket.create_server((address, 53)), address, answer)
    start(serve_datagrams, datagrams, address, answer)
print("ready", os.getpid(), file=log)
threading.Event().wait()
