#!/usr/bin/python3 -B
# An authorization plugin for tests.
#
#	authorizer.py SOCKET FOLDER
#
# Each line of FOLDER/rules, read again for each question, is
#
#	PHASE PATTERN WHAT [WORDS]
#
# PHASE is req or res, PATTERN a regular expression for "METHOD URI". The first line that fits counts,
# and without one the answer is yes. WHAT is deny, err, status (WORDS: its number), text (WORDS is the
# body of the answer, whatever it is), or hang: no answer ever comes. Questions are lines of
# FOLDER/asked, JSON, with bodies decoded.
import base64
import http.server
import json
import os
import re
import socketserver
import sys
import threading

path, folder = sys.argv[1:3]
lock = threading.Lock()


def rule_for(phase, target):
    try:
        lines = open(f"{folder}/rules").read().splitlines()
    except FileNotFoundError:
        return "allow", ""
    for line in lines:
        words = line.split(" ", 3) + [""]
        if words[0] == phase and re.search(words[1].replace("_", " "), target):
            return words[2], words[3]
    return "allow", ""


class Answerer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/Plugin.Activate":
            return self.reply(200, b'{"Implements": ["authz"]}')
        phase = "req" if self.path == "/AuthZPlugin.AuthZReq" else "res"
        question = json.loads(asked)
        for name in "RequestBody", "ResponseBody":
            if name in question:
                question[name] = base64.b64decode(question[name]).decode("utf-8", "replace")
        with lock, open(f"{folder}/asked", "a") as log:
            log.write(json.dumps({"phase": phase, **question}) + "\n")
        what, words = rule_for(phase, f"{question['RequestMethod']} {question['RequestUri']}")
        if what == "hang":
            threading.Event().wait()
        if what == "text":
            return self.reply(200, words.encode())
        if what == "status":
            return self.reply(int(words), b"the authorizer is out of order\n")
        answer = {"Allow": what == "allow", "Msg": words if what == "deny" else ""}
        if what == "err":
            answer["Err"] = words
        self.reply(200, json.dumps(answer).encode())


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


if os.path.exists(path):
    os.unlink(path)
Server(path, Answerer).serve_forever()
