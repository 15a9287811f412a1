#!/usr/bin/python3 -B
"""A client that sends a whole body of 5 MB before it looks for an answer, which came long before.

    early-answer.py COUNT STATUS METHOD PATH unix:SOCKET | tcp:HOST:PORT | tls:HOST:PORT:KEYS

COUNT times it must get the whole answer, a JSON object, with that status; bodies have a length and
chunks in turn. The connection must serve on, or the answer have said that it does not.
"""
import http.client
import json
import socket
import ssl
import sys

BODY = bytes(5 << 20)


def connect(where):
    kind, rest = where.split(":", 1)
    if kind == "unix":
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(30)
        s.connect(rest)
        return s
    host, port, *keys = rest.split(":")
    s = socket.create_connection((host, int(port)), timeout=30)
    if kind == "tcp":
        return s
    context = ssl.create_default_context(cafile=keys[0] + "/ca.pem")
    context.load_cert_chain(keys[0] + "/cert.pem", keys[0] + "/key.pem")
    return context.wrap_socket(s, server_hostname=host)


def send(s, method, path, headers, chunked):
    head = f"{method} {path} HTTP/1.1\r\nHost: d\r\n{headers}"
    if chunked:
        s.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n{len(BODY):x}\r\n".encode())
        s.sendall(BODY)
        s.sendall(b"\r\n0\r\n\r\n")
    else:
        s.sendall(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode())
        s.sendall(BODY)


def answer(s, method, status):
    response = http.client.HTTPResponse(s, method=method)
    response.begin()
    body = response.read()
    assert response.status == status, (response.status, body)
    assert isinstance(json.loads(body), dict), body
    return not response.will_close


def main():
    count, status, method, path, where = sys.argv[1:]
    s, served = None, 0
    for i in range(int(count)):
        s = s or connect(where)
        last = i % 5 == 4
        send(s, method, path, "Connection: close\r\n" if last else "", i % 2)
        goes_on = answer(s, method, int(status))
        served += goes_on
        if last or not goes_on:
            s.close()
            s = None
    assert served, "no connection served on"


main()
