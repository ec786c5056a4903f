"""A listener on the loopback for what stands between device and server: each connection is served on a thread of its own."""

import socket
import struct
import threading

SEND_BUFFER = 16384  # small, so that what was counted has nearly reached the device
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time left: close() sends a reset


class Listener:
    """Calls `serve(connection)` for each connection to 127.0.0.1:port until close()."""

    def __init__(self, serve):
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def close(self):
        # Woken and waited for first: a thread left in accept() would take the connections of whoever gets its descriptor.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._socket.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
