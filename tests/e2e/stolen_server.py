"""A server in a thief's hands: it has the name and the certificate that devices trust, and answers what the thief likes. No
database says more to a device than such answers do."""

import contextlib
import hashlib
import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        content = self.server.thief.content(self.path.removeprefix("/v1/"))
        if content is None:
            self._answer(404, b'{"error": "not-found", "message": ""}')
            return
        named = re.search(r"/([0-9a-f]{64})\.", self.path)  # of a target: what its name promises
        fields = {"ETag": f'"{named[1] if named else hashlib.sha256(content).hexdigest()}"'}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not wanted:
            self._answer(200, content, fields)
            return
        first, last = int(wanted[1]), min(int(wanted[2]), len(content) - 1)
        fields["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self._answer(206, content[first : last + 1], fields)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/check-in":
            self._answer(200, json.dumps(self.server.thief.plan).encode())
        else:
            self.send_response(204)
            self.end_headers()

    def _answer(self, status, body, fields=()):
        self.send_response(status)
        for name, value in dict(fields).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # the device has had enough
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class StolenServer:
    """`metadata` and `targets` are what it serves, by file name and by wire path."""

    def __init__(self, authority):
        self.metadata, self.targets, self.plan = {}, {}, None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority / "server.pem", authority / "server.key")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.thief = self
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def suggest(self, release, delta):
        """From now on every device is told to install this."""
        self.plan = {"v": 1, "plan": "delta", "release": release, "delta": delta, "poll_after": 60}

    def content(self, path):
        kind, _, name = path.partition("/")
        return {"metadata": self.metadata, "targets": self.targets}.get(kind, {}).get(name)

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
