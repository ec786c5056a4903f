"""What TCP carried over a link, seen from outside: packets are put together again to the bytes that each end was given."""

import contextlib
import select
import socket
import struct
import threading

ETHERNET, IPV4, TCP = 14, 0x0800, 6
SYN = 2
MAX_PACKET = 1 << 17
WINDOW = 1 << 32
RECORD_HEAD, RECORD_EXTRA = 5, 17  # bytes of a TLS 1.3 record that are not content (RFC 8446, 5.2)


class Flow:
    """One direction of a connection, as its receiver's TCP sees it."""

    def __init__(self, first):
        self.first = first  # sequence number of its first byte
        self.stream = bytearray()
        self._early = {}

    def take(self, number, content):
        self._early[(number - self.first) % WINDOW] = content
        while ready := [at for at in self._early if at <= len(self.stream)]:
            content = self._early.pop(ready[0])
            self.stream += content[len(self.stream) - ready[0] :]

    def records(self):
        """(bytes of content, bytes around it, bytes of a record that never ended)."""
        content = around = at = 0
        while at + RECORD_HEAD <= len(self.stream):
            length = int.from_bytes(self.stream[at + 3 : at + 5])
            if at + RECORD_HEAD + length > len(self.stream):
                break
            content += max(0, length - RECORD_EXTRA)
            around += RECORD_HEAD + min(length, RECORD_EXTRA)
            at += RECORD_HEAD + length
        return content, around, len(self.stream) - at


class Packets:
    """Takes every packet that `tap`, a packet(7) socket, sees; `port` is the server's."""

    def __init__(self, tap, port):
        self.raw = 0  # bytes of all packets with their Ethernet heads, both ways
        self._port = port
        self._flows = {}
        self._tap = tap
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def down(self):
        """The flows from the server."""
        return [flow for key, flow in self._flows.items() if key[1] == self._port]

    def up(self):
        return [flow for key, flow in self._flows.items() if key[1] != self._port]

    def close(self):
        self._closing.set()
        self._reader.join()
        self._tap.close()

    def _read(self):
        """Ends only when nothing is left to read."""
        while select.select([self._tap], [], [], 0.1)[0] or not self._closing.is_set():
            with contextlib.suppress(OSError):  # nothing there, or ENETDOWN: said once when the link goes down
                self._take(self._tap.recv(MAX_PACKET, socket.MSG_DONTWAIT))

    def _take(self, packet):
        self.raw += len(packet)
        if int.from_bytes(packet[12:ETHERNET]) != IPV4 or packet[ETHERNET + 9] != TCP:
            return
        ip = packet[ETHERNET:]
        segment = ip[4 * (ip[0] & 15) : int.from_bytes(ip[2:4])]
        source, target, number = struct.unpack_from("!HHI", segment)
        key = (ip[12:16], source, ip[16:20], target)
        if segment[13] & SYN:
            self._flows.setdefault(key, Flow((number + 1) % WINDOW))
        elif key in self._flows:
            self._flows[key].take(number, segment[4 * (segment[12] >> 4) :])
