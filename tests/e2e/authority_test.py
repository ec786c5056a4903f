"""Rotation of the authorities of the server and of the devices under a running fleet: docs/runbooks in walked steps."""

import shutil
import unittest

from case import FleetCase
from programs import run_well


class AuthorityTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.old, self.new = self.fleet.ca, self.fleet.folder / "new-ca"
        run_well(self.fleet.programs.server, "ca", "init", self.new)

    def trust(self, *authorities):
        """The authorities that the device takes a server's certificate from."""
        bundle = self.device.folder / "trusted.pem"
        bundle.write_text("".join((folder / "server-ca.pem").read_text() for folder in authorities))
        self.device.configure(ca=str(bundle))

    def serve(self, leaf, *authorities):
        """The server goes on with the certificate of `leaf`, and takes devices from these authorities."""
        self.server.stop()
        folder = self.fleet.folder / "serving"
        folder.mkdir(exist_ok=True)
        for name in ("server.pem", "server.key"):
            shutil.copy(leaf / name, folder / name)
        devices = "".join((authority / "device-ca.pem").read_text() for authority in authorities)
        (folder / "device-ca.pem").write_text(devices)
        self.fleet.ca = folder
        self.server = self.fleet.start_server("--workers", "0")
        self.proxy.upstream = self.server.address

    def certify(self, authority, name):
        """The device has a new key, and a certificate for it from this authority."""
        certificate, key = self.device.folder / f"{name}.crt", self.device.folder / f"{name}.pem"
        words = ["--serial", "device-1", "--out", certificate, "--key", key]
        run_well(self.fleet.programs.server, "ca", "issue", authority, *words)
        self.device.configure(certificate=str(certificate), key=str(key))

    def accept_claim(self):
        """An operator takes the one key that waits to be let in."""
        state = self.fleet.folder / "server-state"
        row = run_well(self.fleet.programs.server, "device", "claims", "--state", state).splitlines()[1]
        run_well(self.fleet.programs.server, "device", "accept", "device-1", "--key", row.split("\t")[-1], "--state", state)

    def test_the_servers_authority_changes_and_no_device_is_locked_out(self):
        self.trust(self.old, self.new)
        self.check_updates()
        self.serve(self.new, self.old)
        self.check_step(self.device.OK)
        self.trust(self.new)
        self.check_step(self.device.OK)
        self.serve(self.old, self.old)  # as whoever stole the old authority's key might
        self.check_step(self.device.LATER)
        self.assertIn("certificate", self.device.log())

    def test_a_devices_certificate_changes_with_its_authority_and_the_old_one_opens_nothing(self):
        before = {name: self.device.settings[name] for name in ("certificate", "key")}
        self.serve(self.old, self.old, self.new)
        self.check_updates()
        self.certify(self.new, "second")
        self.check_step(self.device.LATER)  # another key in the name of a device that is known
        self.server.wait_for("event=alarm", "device-1")
        self.accept_claim()
        self.check_step(self.device.OK)
        self.serve(self.old, self.new)
        self.check_step(self.device.OK)
        self.device.configure(**before)
        self.check_step(self.device.LATER)


if __name__ == "__main__":
    unittest.main()
