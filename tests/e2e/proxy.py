"""A TCP proxy that counts the bytes of every connection at the socket and cuts connections where it is told."""

import selectors
import socket
import threading
import time

from listener import RESET_ON_CLOSE, Listener

CHUNK = 4096


class Proxy:
    """Forwards 127.0.0.1:port to an upstream. Bytes are counted as the device sees them: up is sent, down received."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.up = 0
        self.down = 0
        self.connections = 0
        self.sizes = []  # bytes of each connection, both ways, in the order in which they ended
        self.cuts = 0
        self.bytes_per_second = None  # how fast the link is, both ways; None: as fast as it goes
        self._cut_after = None
        self._marks = []
        self._lock = threading.Lock()
        self._ended = threading.Condition()
        self._listener = Listener(self._serve)
        self.port = self._listener.port

    @property
    def total(self):
        return self.up + self.down

    def cut_after(self, bytes_down):
        """Cuts once, as soon as so many more bytes have gone down; None takes it back."""
        with self._lock:
            self._cut_after = None if bytes_down is None else self.down + bytes_down

    def when_down(self, bytes_down):
        """An event that is set once so many more bytes have gone down."""
        reached = threading.Event()
        with self._lock:
            self._marks.append((self.down + bytes_down, reached))
        return reached

    def wait_for_ended(self, count, timeout):
        """Waits until so many connections have ended; gives their sizes."""
        with self._ended:
            if not self._ended.wait_for(lambda: len(self.sizes) >= count, timeout):
                raise AssertionError(f"only {len(self.sizes)} connections in {timeout} seconds")
            return list(self.sizes)

    def close(self):
        self._listener.close()

    def _serve(self, device):
        self.connections += 1
        try:
            server = socket.create_connection(self.upstream)
        except OSError:
            self._reset(device)
            return
        size = [0]
        with selectors.DefaultSelector() as ready:
            ready.register(device, selectors.EVENT_READ, (server, "up"))
            ready.register(server, selectors.EVENT_READ, (device, "down"))
            try:
                while all(self._forward(size, key.fileobj, *key.data) for key, _ in ready.select()):
                    pass
            except OSError:
                pass
        with self._ended:
            self.sizes.append(size[0])
            self._ended.notify_all()
        self._reset(device)
        self._reset(server)

    def _forward(self, size, source, target, direction):
        """Moves one chunk; False when the connection is at its end, by itself or by a cut."""
        chunk = source.recv(CHUNK)
        if not chunk:
            return False
        with self._lock:
            if direction == "down" and self._cut_after is not None and self.down + len(chunk) >= self._cut_after:
                self._cut_after = None
                self.cuts += 1
                return False
            size[0] += len(chunk)
            setattr(self, direction, getattr(self, direction) + len(chunk))
            for mark, reached in self._marks:
                if self.down >= mark:
                    reached.set()
        target.sendall(chunk)
        if self.bytes_per_second:
            time.sleep(len(chunk) / self.bytes_per_second)
        return True

    @staticmethod
    def _reset(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        connection.close()
