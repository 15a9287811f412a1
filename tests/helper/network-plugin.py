#!/usr/bin/env python3
"""network-plugin.py SOCKET LOG: a plugin for networks and for addresses

It answers as NetworkDriver with a veth pair for each endpoint, the one end in the bridge `plugged`,
and as IpamDriver with addresses of 10.77.0.0/24. Each request is a line of LOG: METHOD JSON. A file
LOG.METHOD has what is answered in place of that; an answer that is no JSON is one of an HTTP error,
"404" alone is what a plugin says that knows no such method.
"""
import http.server
import json
import os
import socketserver
import subprocess
import sys

path, log = sys.argv[1:3]
taken = set()


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def create_endpoint(request):
    name = request["EndpointID"][:8]
    ip("link", "add", "p" + name, "type", "veth", "peer", "name", "c" + name)
    ip("link", "set", "p" + name, "master", "plugged", "up")
    given = request["Interface"].get("MacAddress")
    return {"Interface": {} if given else {"MacAddress": "02:00:00:00:77:%02x" % (1 + len(taken))}}


def delete_endpoint(request):
    subprocess.run(["ip", "link", "delete", "p" + request["EndpointID"][:8]],
                   stderr=subprocess.DEVNULL)
    return {}


def join(request):
    return {"InterfaceName": {"SrcName": "c" + request["EndpointID"][:8], "DstPrefix": "plug"},
            "Gateway": "10.77.0.1",
            "StaticRoutes": [{"Destination": "10.78.0.0/16", "RouteType": 0, "NextHop": "10.77.0.9"},
                             {"Destination": "10.79.0.0/16", "RouteType": 1}]}


def request_address(request):
    last = 1
    wish = request.get("Address")
    while not wish and last in taken:
        last += 1
    if wish:
        last = int(wish.rsplit(".", 1)[1])
    if last in taken:
        return {"Err": "%s is another's" % wish}
    taken.add(last)
    return {"Address": "10.77.0.%d/24" % last, "Data": {}}


def release_address(request):
    taken.discard(int(request["Address"].rsplit(".", 1)[1]))
    return {}


answers = {
    "Plugin.Activate": lambda r: {"Implements": ["NetworkDriver", "IpamDriver"]},
    "NetworkDriver.GetCapabilities": lambda r: {"Scope": "local", "ConnectivityScope": "local"},
    "NetworkDriver.CreateNetwork": lambda r: {},
    "NetworkDriver.DeleteNetwork": lambda r: {},
    "NetworkDriver.CreateEndpoint": create_endpoint,
    "NetworkDriver.ProgramExternalConnectivity": lambda r: {},
    "NetworkDriver.RevokeExternalConnectivity": lambda r: {},
    "NetworkDriver.EndpointOperInfo": lambda r: {"Value": {}},
    "NetworkDriver.DeleteEndpoint": delete_endpoint,
    "NetworkDriver.Join": join,
    "NetworkDriver.Leave": lambda r: {},
    "IpamDriver.GetCapabilities": lambda r: {},
    "IpamDriver.GetDefaultAddressSpaces": lambda r: {"LocalDefaultAddressSpace": "here",
                                                     "GlobalDefaultAddressSpace": "everywhere"},
    "IpamDriver.RequestPool": lambda r: {"PoolID": "pool-77", "Pool": r["Pool"] or "10.77.0.0/24",
                                         "Data": {}},
    "IpamDriver.ReleasePool": lambda r: {},
    "IpamDriver.RequestAddress": request_address,
    "IpamDriver.ReleaseAddress": release_address,
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        method = self.path[1:]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        with open(log, "a") as file:
            file.write("%s %s\n" % (method, body.strip()))
        status, text = self.answer(method, body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    @staticmethod
    def answer(method, body):
        instead = "%s.%s" % (log, method)
        if os.path.exists(instead):
            text = open(instead).read().strip()
            return (200, text) if text.startswith("{") else (404 if text == "404" else 500, text)
        if method not in answers:
            return 404, "404 page not found"
        return 200, json.dumps(answers[method](json.loads(body or "{}")))

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


Server(path, Handler).serve_forever()
