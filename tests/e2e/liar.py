"""A link that lies: it ends the device's TLS with the server's own certificate, asks the real server, and answers some requests
with something else. A lie is a function of (connection, answer) that sends what it likes; the connection is closed after it."""

import http.client
import itertools
import socket
import ssl
import threading
from dataclasses import dataclass

from listener import RESET_ON_CLOSE, Listener

PIECE = 4096
ENDLESS = 64 << 20  # bytes after which an endless answer ends all the same


@dataclass
class Answer:
    """What the server answered, and the whole file that the request was for."""

    status: str
    fields: dict
    body: bytes
    whole: bytes

    def head(self):
        return head(self.status, self.fields)


def head(status, fields):
    return (f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n").encode()


class Connection:
    """The device's end of a connection; counts the bytes of bodies that were sent to it."""

    def __init__(self, link, stream):
        self.link = link
        self.stream = stream

    def send_body(self, body):
        for at in range(0, len(body), PIECE):
            piece = body[at : at + PIECE]
            self.stream.sendall(piece)
            self.link.body_bytes += len(piece)

    def send(self, answer):
        self.stream.sendall(answer.head())
        self.send_body(answer.body)

    def reset(self):
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

    def wait_for_end(self):
        """Is silent until the device has had enough."""
        self.stream.recv(1)


class LyingLink:
    """`device` reaches the server of `fleet` through it. lie(prefix, lies) has the next requests whose path begins with
    `prefix` answered by these lies, one each."""

    def __init__(self, fleet, server, device):
        self.device = device
        self.server = server.address
        self.targets = fleet.repo / "targets"
        self.body_bytes = 0
        self._prefix, self._lies = "", iter(())
        self._inner = ssl.create_default_context(cafile=fleet.ca / "server-ca.pem")
        self._inner.load_cert_chain(device.settings["certificate"], device.settings["key"])
        self._outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._outer.load_cert_chain(fleet.ca / "server.pem", fleet.ca / "server.key")
        self._listener = Listener(self._serve)
        self.port = self._listener.port

    def lie(self, prefix, lies):
        self._prefix, self._lies = prefix, iter(lies)

    def close(self):
        self._listener.close()

    def _serve(self, connection):
        try:
            with self._outer.wrap_socket(connection, server_side=True) as stream:
                while self._exchange(Connection(self, stream), stream.makefile("rb")):
                    pass
        except (OSError, ValueError):
            pass  # either side broke it off

    def _exchange(self, connection, requests):
        """One request and its answer; whether the connection goes on."""
        line = requests.readline().decode()
        if not line:
            return False
        method, path, _ = line.split()
        fields = http.client.parse_headers(requests)
        body = requests.read(int(fields.get("Content-Length", 0)))
        answer = self._ask(method, path, fields, body)
        counted = self.body_bytes
        lie = next(self._lies, None) if path.startswith(self._prefix) else None
        if lie:
            lie(connection, answer)
        else:
            connection.send(answer)
        if not path.startswith("/v1/targets/deltas/"):
            self.body_bytes = counted
        return lie is None

    def _ask(self, method, path, fields, body):
        inner = http.client.HTTPSConnection(*("localhost", self.server[1]), context=self._inner)
        inner.request(method, path, body or None, dict(fields))
        reply = inner.getresponse()
        content = reply.read()
        inner.close()
        whole = b""
        if path.startswith("/v1/targets/") and reply.status in (200, 206):
            whole = (self.targets / path.removeprefix("/v1/targets/")).read_bytes()
        shown = {name.lower(): value for name, value in reply.getheaders()}
        return Answer(f"{reply.status} {reply.reason}", shown, content, whole)


def closes(connection, answer):
    """Says nothing."""


def resets(connection, answer):
    connection.reset()


def breaks_head(connection, answer):
    connection.stream.sendall(answer.head()[:20])


def breaks_off(share, by_reset=False):
    def lie(connection, answer):
        connection.stream.sendall(answer.head())
        connection.send_body(answer.body[: int(len(answer.body) * share)])
        if by_reset:
            connection.reset()

    return lie


def falls_silent(share):
    def lie(connection, answer):
        if share is not None:
            breaks_off(share)(connection, answer)
        connection.wait_for_end()

    return lie


def drips(connection, answer):
    """One byte a second, until the device has had enough."""
    connection.stream.sendall(answer.head())
    connection.stream.settimeout(1)
    for at in range(len(answer.body)):
        connection.send_body(answer.body[at : at + 1])
        try:
            connection.stream.recv(1)
        except TimeoutError:
            continue
        return


def answers(status=None, body=None, **fields):
    """The server's answer with some of it changed; a field that is None is left out, one that is a function is given the answer. `whole` as body: all of the file."""

    def lie(connection, answer):
        given = {name: value(answer) if callable(value) else value for name, value in fields.items()}
        changed = answer.fields | {name.replace("_", "-").lower(): value for name, value in given.items()}
        content = answer.body if body is None else answer.whole if body == "whole" else body
        if "Content_Length" not in fields:
            changed["content-length"] = len(content)
        shown = {name: value for name, value in changed.items() if value is not None}
        connection.send(Answer(status or answer.status, shown, content, b""))

    return lie


def changes_body(change):
    def lie(connection, answer):
        connection.send(Answer(answer.status, answer.fields, change(answer.body), b""))

    return lie


def sends(*texts):
    """These bytes and nothing of the answer."""

    def lie(connection, answer):
        for text in texts:
            connection.stream.sendall(text)

    return lie


def never_ends(first, piece, counts=False):
    """The head as `first` makes it of the answer, then the same piece again and again."""

    def lie(connection, answer):
        connection.stream.sendall(first(answer))
        for _ in itertools.repeat(None, ENDLESS // len(piece)):
            if counts:
                connection.send_body(piece)
            else:
                connection.stream.sendall(piece)

    return lie
