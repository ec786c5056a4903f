"""What a device does when others lie, err or are out of date: it keeps what it has, and never boots what was not signed."""

import json
import os
import shutil
import tempfile
import unittest
from pathlib import Path

from case import FleetCase
from fleet import Fleet
from programs import run, run_well


def flip_byte(path, offset):
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 0x20]))


def valid_for_long(signed):
    signed["expires"] = "2999-01-01T00:00:00Z"


class HostileTest(FleetCase):
    def check_refused(self, **options):
        """One step of the agent ends without an update, and the device stays on release one."""
        self.assertNotIn(self.device.once(**options), (self.device.OK, self.device.REBOOT), self.device.log())
        self.check_untouched()

    def metadata(self, pattern):
        return sorted((self.fleet.repo / "metadata").glob(pattern))[-1]

    def rewrite(self, path, change):
        """Changes signed metadata as a liar would: the text is other, the signatures are the old ones."""
        document = json.loads(path.read_text())
        change(document["signed"])
        path.chmod(0o644)
        path.write_text(json.dumps(document))

    def test_a_delta_with_one_changed_byte_is_not_installed(self):
        flip_byte(self.delta, -5000)
        self.check_given_up("F14")

    def test_a_delta_with_a_changed_head_is_not_decoded(self):
        flip_byte(self.delta, 100)
        self.check_given_up("head")

    def test_a_delta_is_installed_once_it_is_whole_again(self):
        whole = self.delta.read_bytes()
        flip_byte(self.delta, -5000)
        self.check_given_up("F14")
        self.delta.write_bytes(whole)
        self.check_updates()

    def test_changed_metadata_is_refused_whichever_file_it_is(self):
        for pattern in ("*.snapshot.json", "*.targets.json", "*.releases.json", "*.deltas.json"):
            with self.subTest(file=pattern):
                path = self.metadata(pattern)
                kept = path.read_bytes()
                self.rewrite(path, valid_for_long)
                self.check_refused()
                path.write_bytes(kept)
        self.check_updates()

    def test_a_changed_timestamp_is_not_passed_on_by_the_server(self):
        self.rewrite(self.metadata("timestamp.json"), valid_for_long)
        self.check_updates()
        self.assertIn("catalogue-stale", self.server.log.read_text())

    def test_metadata_that_is_past_its_date_installs_nothing(self):
        command = ["faketime", "-f", "+3d", *[str(word) for word in self.device.command("once")]]
        done = run(*command)
        self.assertNotIn(done.returncode, (self.device.OK, self.device.REBOOT), done.stderr)
        self.check_untouched()
        self.assertIn("expire", done.stderr.lower())

    def test_metadata_older_than_what_the_device_has_seen_is_refused(self):
        old = {path.name: path.read_bytes() for path in (self.fleet.repo / "metadata").iterdir()}
        three = self.fleet.write_image("three.img", self.two.read_bytes()[:400_000])
        self.fleet.release(three)
        self.fleet.add_delta(self.one, three)
        flip_byte(self.delta, -5000)
        shutil.copytree(self.fleet.repo, self.fleet.folder / "newer")
        self.check_step(self.device.REBOOT)
        self.assertEqual(self.device.boot(), "B")
        self.check_step(self.device.OK)
        for name, content in old.items():
            (self.fleet.repo / "metadata" / name).write_bytes(content)
        self.assertNotEqual(self.device.once(), self.device.REBOOT)
        self.assertTrue(self.device.holds("B", three))

    def test_a_base_that_has_decayed_is_noticed_before_anything_is_armed(self):
        for at in range(5_000, self.one.stat().st_size, 40_000):  # more than can be mended block by block
            flip_byte(self.device.slots["A"], at)
        self.check_step(self.device.OK)
        self.assertEqual(self.device.boot(), "A")
        self.assertEqual(self.device.status()["boot"]["B"], "bad")
        self.assertIn("F27", self.server.reports()[-1]["reason"])

    def test_a_device_with_an_image_nobody_knows_is_offered_no_delta(self):
        stranger = self.fleet.write_image("stranger.img", b"no release at all" * 1000)
        device = self.fleet.device("device-2", stranger, self.proxy.port)
        self.assertNotEqual(device.once(), device.REBOOT)
        self.assertEqual(device.boot(), "A")

    def test_a_server_with_another_authority_is_not_talked_to(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        run_well(self.fleet.programs.server, "ca", "init", folder / "ca")
        self.device.configure(ca=str(folder / "ca" / "server-ca.pem"))
        self.check_refused()
        self.device.configure(ca=str(self.fleet.ca / "server-ca.pem"))
        self.check_updates()

    def test_without_the_right_authority_no_server_is_believed(self):
        garbage, empty = self.fleet.folder / "garbage.pem", self.fleet.folder / "empty.pem"
        garbage.write_text("-----BEGIN CERTIFICATE-----\nno certificate\n-----END CERTIFICATE-----\n")
        empty.touch()
        wrong = {
            "the authority of devices": self.fleet.ca / "device-ca.pem",
            "the device's own certificate": self.device.settings["certificate"],
            "garbage": garbage,
            "an empty file": empty,
            "no file": self.fleet.folder / "none.pem",
        }
        for name, path in wrong.items():
            with self.subTest(ca=name):
                self.device.configure(ca=str(path))
                self.check_refused()
        self.assertNotIn("check-in", self.server.log.read_text())
        self.device.configure(ca=str(self.fleet.ca / "server-ca.pem"))
        self.check_updates()

    def test_a_server_under_another_name_than_its_certificates_is_not_talked_to(self):
        self.device.configure(server=f"https://127.0.0.2:{self.proxy.port}")
        self.check_refused()
        self.assertNotIn("check-in", self.server.log.read_text())

    def test_a_device_with_a_foreign_certificate_gets_nothing(self):
        other = Fleet(self.fleet.programs, self.enterContext(tempfile.TemporaryDirectory()))
        certificate, key = other.folder / "device.crt", other.folder / "device.pem"
        words = ["--serial", "device-1", "--out", certificate, "--key", key]
        run_well(self.fleet.programs.server, "ca", "issue", other.ca, *words)
        self.device.configure(certificate=str(certificate), key=str(key))
        self.check_refused()

    def test_a_rejected_device_gets_nothing_until_it_is_accepted_again(self):
        state = self.fleet.folder / "server-state"
        flip_byte(self.delta, -5000)
        self.check_given_up("F14")
        flip_byte(self.delta, -5000)
        run_well(self.fleet.programs.server, "device", "reject", "device-1", "--state", state)
        self.check_refused()
        run_well(self.fleet.programs.server, "device", "accept", "device-1", "--state", state)
        self.check_updates()


if __name__ == "__main__":
    unittest.main()
