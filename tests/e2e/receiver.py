"""A receiver of webhooks on the loopback, which does as it is told and remembers what it got."""

import base64
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time

from programs import TIMEOUT

HANG = "hang"


class Event:
    """A request as it came."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body
        self.id = headers["webhook-id"]
        content = json.loads(body)
        self.type, self.data = content["type"], content["data"]

    def is_signed_by(self, secret):
        message = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
        is_now = abs(int(self.headers["webhook-timestamp"]) - time.time()) < TIMEOUT
        return self.headers["webhook-signature"] == f"v1,{digest}" and is_now


class Receiver:
    """`certificate` and `key` make it speak TLS. It answers 200 unless `answers` has something else: a status, one and what its
    Retry-After says, or HANG."""

    def __init__(self, certificate=None, key=None):
        self.events = []
        self.answers = []
        self._changed = threading.Condition()
        self._closed = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = receiver._take(Event(self.path, dict(self.headers), body))
                if answer == HANG:
                    receiver._closed.wait(TIMEOUT)
                    self.close_connection = True
                    return
                status, retry_after = answer if isinstance(answer, tuple) else (answer, None)
                self.send_response(status)
                if retry_after:
                    self.send_header("retry-after", retry_after)
                if status == 302:
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://localhost:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, event):
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def wait_for(self, count):
        """The events, as soon as there are so many."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.events) >= count, TIMEOUT):
                raise AssertionError(f"{len(self.events)} of {count} events came")
            return list(self.events)
