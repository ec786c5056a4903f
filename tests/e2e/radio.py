"""A slow link between two network namespaces that are this test's own: this process is on one side, a device on the other. Both
directions are shaped (tc-tbf(8)), the link goes down and up, the device changes its address, and every packet that reaches
the device's side or leaves it is looked at."""

import contextlib
import shutil
import socket
import subprocess
import threading

import namespaces
from packets import Packets
from programs import TIMEOUT, run, run_well

ETH_P_ALL = 3  # linux/if_ether.h
SERVER = "10.77.0.1"
DEVICE = "10.77.0.{}"
QUEUE = 4096  # bytes that wait for the shaped link; what does not fit is dropped


def why_not():
    """Why this machine can make no such link; None where it can."""
    missing = [name for name in ("ip", "tc", "unshare", "nsenter") if not shutil.which(name)]
    if missing:
        return f"no program {', '.join(missing)}"
    made = run("unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root", "tbf", *_shape(64))
    return made.stderr.strip() if made.returncode else None


def enter_own_namespace():
    """This thread and all it starts from now on have a network of their own, with nothing but a loopback."""
    namespaces.enter_own(namespaces.NETWORK)
    run_well("ip", "link", "set", "lo", "up")


def _shape(kilobits):
    return ["rate", f"{kilobits}kbit", "burst", "1600", "limit", str(QUEUE)]


class Radio:
    """The link from the process's namespace to a new one, where `command` puts programs. Call it in a namespace of one's own."""

    def __init__(self, kilobits):
        self.outages = 0
        self._stopped = threading.Event()
        self._up = threading.Event()
        self._address = 2
        self._holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo made; exec sleep infinity"], stdout=subprocess.PIPE)
        self._holder.stdout.readline()
        run_well("ip", "link", "add", "base", "type", "veth", "peer", "name", "modem", "netns", self._holder.pid)
        run_well("ip", "address", "add", f"{SERVER}/24", "dev", "base")
        run_well("ip", "link", "set", "base", "up")
        run_well("tc", "qdisc", "add", "dev", "base", "root", "tbf", *_shape(kilobits))
        run_well(*self.command("tc", "qdisc", "add", "dev", "modem", "root", "tbf", *_shape(kilobits)))
        self._set_address()
        self._set("up")

    def command(self, *words):
        """These words, run on the device's side."""
        return ["nsenter", f"--net=/proc/{self._holder.pid}/ns/net", *words]

    def fail(self, seconds, new_address):
        """No packet passes for so long; the device may have another address afterwards."""
        self._set("down")
        self._stopped.wait(seconds)
        if new_address:
            self._set_address()
        self._set("up")
        self.outages += 1

    def wait_until_up(self):
        self._up.wait(TIMEOUT)

    @contextlib.contextmanager
    def failing(self, up, down):
        """Meanwhile the link is up and down for so many seconds, and each other time the device gets a new address."""

        def fails():
            while not self._stopped.wait(up):
                self.fail(down, new_address=self.outages % 2 == 1)

        self._stopped.clear()
        thread = threading.Thread(target=fails)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()

    def watch(self, port):
        """The packets to and from this port of the server, from now on."""
        return Packets(self._tap(), port)

    def close(self):
        run_well("ip", "link", "delete", "base")
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()

    def _set(self, state):
        self._up.clear()
        run_well(*self.command("ip", "link", "set", "modem", state))
        if state == "up":
            self._up.set()

    def _set_address(self):
        run_well(*self.command("ip", "address", "flush", "dev", "modem"))
        self._address = 2 + (self._address - 1) % 250
        run_well(*self.command("ip", "address", "add", f"{DEVICE.format(self._address)}/24", "dev", "modem"))

    def _tap(self):
        """A socket that sees the packets of the device's end. Only the thread that makes it goes there."""
        made = []

        def make():
            namespaces.enter_that_of(self._holder.pid, namespaces.NETWORK)
            tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            tap.bind(("modem", 0))
            made.append(tap)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]
