"""An agent that is nobody, and a warden that opens its slots: real processes, with accounts that only root can take on."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import unittest
from case import FleetCase
from programs import Programs, run

USER = "nobody"

# What an agent that was taken over can do: it has its slot opened, writes another image, and asks for it to be booted.
TAKEN_OVER = """
import socket, struct, sys

def ask(number, slot, payload=b""):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    connection.sendall(struct.pack("<3Q", number, slot, len(payload)) + payload)
    head = connection.recv(24, socket.MSG_WAITALL)
    return connection, connection.recv(struct.unpack("<3Q", head)[2])

ARM, OPEN_INACTIVE = 2, 5
connection, _ = ask(OPEN_INACTIVE, 0)
_, (slot,), _, _ = socket.recv_fds(connection, 1, 1)
with open(slot, "wb") as file:
    file.write(b"evil")
print(ask(ARM, 1, struct.pack("<Q", 3))[1][16:].decode())
"""


@unittest.skipIf(os.geteuid(), "not root: only root can be somebody else")
class WardenTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.fleet.folder.chmod(0o755)  # nobody has to come to what is nobody's
        self.programs = self.fleet.folder / "bin"
        self.programs.mkdir()
        for name in ("skiff-agent", "skiff-decode", "skiff-warden"):
            shutil.copy(self.fleet.programs.agent.parent / name, self.programs)
        programs = self.fleet.programs
        self.fleet.programs = Programs(programs.skiff, programs.server, self.programs / "skiff-agent")
        self.socket = self.fleet.folder / "warden" / "socket"
        self.socket.parent.mkdir()
        self.reboots = self.fleet.folder / "reboots"  # who asked for one
        os.mkfifo(self.reboots)
        boot = self.device.folder / "boot"
        shutil.move(self.device.folder / "state" / "boot", boot)
        self.device.configure(
            warden={
                "socket": str(self.socket),
                "user": USER,
                "root": str(self.device.root),
                "state": str(self.fleet.folder / "warden" / "state"),
            },
            boot={"kind": "file", "state": str(boot)},
            reboot_command=["/bin/sh", "-c", f"id -un >{self.reboots}"],
            ca=str(shutil.copy(self.fleet.ca / "server-ca.pem", self.device.folder)),
        )
        for path in (self.device.folder / "state", *(self.device.folder / "state").rglob("*")):
            shutil.chown(path, USER)
        for name in ("device.pem", "device.crt", "server-ca.pem"):
            shutil.chown(self.device.folder / name, USER)
        for slot in self.device.slots.values():
            slot.chmod(0o600)

    def start_warden(self, slot):
        command = [self.programs / "skiff-warden", "--config", self.device.config, "--slot", slot]
        warden = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.stop, warden)
        self.assertIn("event=started", warden.stderr.readline())
        return warden

    def stop(self, warden):
        """Ends it; gives what it logged."""
        warden.terminate()
        with warden:
            return warden.stderr.read() if not warden.stderr.closed else ""

    def test_an_update_is_committed_by_an_agent_that_may_open_no_slot(self):
        warden = self.start_warden("A")
        self.check_step(self.device.REBOOT)
        self.assertTrue(self.device.holds("B", self.two))
        self.assertEqual(self.device.status()["boot"]["B"], "armed")
        self.stop(warden)
        self.assertEqual(self.device.boot(), "B")
        warden = self.start_warden("B")
        self.device.add_check("10-who", f"test $(id -un) = {USER} && ! cat {self.device.slots['B']}")
        self.check_step(self.device.OK)
        self.assertEqual(self.device.boot(), "B")
        self.stop(warden)
        owners = {path.owner() for path in (self.device.folder / "state").rglob("*")}
        self.assertEqual(owners, {USER})

    def test_an_agent_that_was_taken_over_boots_nothing_that_was_not_signed(self):
        warden = self.start_warden("A")
        self.check_step(self.device.REBOOT)
        self.stop(warden)
        self.assertEqual([self.device.boot() for _ in range(4)], ["B", "B", "B", "A"])
        warden = self.start_warden("A")
        self.check_step(self.device.OK)
        self.assertEqual(self.device.status()["boot"]["B"], "bad")
        command = [sys.executable, "-c", TAKEN_OVER, str(self.socket)]
        done = subprocess.run(command, user=USER, capture_output=True, text=True)
        self.assertIn("does not read back as the signed image", done.stdout, done.stderr)
        self.assertEqual(self.device.slots["B"].read_bytes()[:4], b"evil")
        self.assertEqual(self.device.boot(), "A")

    def test_an_agent_on_its_own_has_no_way_to_its_slots(self):
        self.check_step(self.device.FAILURE)
        self.assertIn(f"no warden at {self.socket}", self.device.log())
        self.check_untouched()

    def test_root_is_not_the_agent(self):
        warden = self.start_warden("A")
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(self.socket))
            self.assertEqual(asking.recv(1), b"")
        self.assertIn("event=refused uid=0", self.stop(warden))

    def test_a_warden_that_is_killed_in_a_download_costs_nothing_that_was_finished(self):
        self.proxy.bytes_per_second = 2_000_000
        warden = self.start_warden("A")
        code = self.testbed.kill_in_download(self.delta.stat().st_size // 2)
        self.assertEqual(code, -signal.SIGKILL)
        warden.kill()
        warden.wait()
        self.check_step(self.device.FAILURE)
        self.assertTrue(stat.S_ISSOCK(self.socket.stat().st_mode), "a socket that nobody listens at was left")
        self.start_warden("A")
        self.assertGreater(self.device.status()["update"]["segments_done"], 0)
        self.check_step(self.device.REBOOT)
        self.assertTrue(self.device.holds("B", self.two))

    def test_the_daemon_asks_the_warden_for_its_reboot(self):
        self.start_warden("A")
        with self.device.start("run") as agent:
            self.assertEqual(self.reboots.read_text(), "root\n")
            agent.terminate()

    def test_a_configuration_that_the_agent_could_change_is_refused(self):
        self.device.configure(boot={"kind": "file"})
        done = run(self.programs / "skiff-warden", "--config", self.device.config, "--slot", "A")
        self.assertEqual(done.returncode, 1)
        self.assertIn("boot.state is absent", done.stderr)
        self.assertEqual(run(self.programs / "skiff-warden", "--slot", "C").returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)  # names what was skipped, and why
