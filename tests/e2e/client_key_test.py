"""Where a device's key may be: a whole update over mutual TLS with the key in a file, in a PKCS#11 token, in a TPM."""

import unittest

from case import FleetCase
from programs import run, run_well
from softhsm import SoftHsm
from swtpm import SwTpm


class ClientKeyTest(FleetCase):
    def use_key(self, reference, environment=None):
        """The device asks for a certificate of this key, gets it, and forgets the key it had in a file."""
        self.device.configure(key=reference)
        options = {"env": environment} if environment else {}
        request, certificate = self.device.folder / "request.pem", self.device.folder / "second.crt"
        asked = self.device.agent("request", "--serial", "device-1", **options)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        request.write_text(asked.stdout)
        issue = ["ca", "issue", self.fleet.ca, "--serial", "device-1", "--out", certificate]
        run_well(self.fleet.programs.server, *issue, "--request", request)
        self.device.configure(certificate=str(certificate))
        return options

    def check_updates_with(self, options):
        self.assertEqual(self.device.once(**options), self.device.REBOOT, self.device.log())
        self.assertEqual(self.device.boot(), "B")
        self.assertEqual(self.device.once(**options), self.device.OK, self.device.log())
        self.assertEqual([report["outcome"] for report in self.server.reports()], ["committed"])

    def test_a_key_in_a_file(self):
        key = self.device.folder / "new.pem"
        run_well("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        self.check_updates_with(self.use_key(str(key)))

    def test_a_key_in_a_token(self):
        token = SoftHsm(self.device.folder / "hsm", "device")
        uri = token.uri("tls")
        run_well(self.fleet.programs.skiff, "key", "generate", uri, "--type", "p256", env=token.environment)
        options = self.use_key(uri, token.environment)
        (self.device.folder / "device.pem").unlink()
        self.check_updates_with(options)

    def test_a_key_in_a_tpm(self):
        tpm = SwTpm(self.device.folder / "tpm")
        self.addCleanup(tpm.close)
        options = self.use_key(tpm.make_key(), tpm.environment)
        (self.device.folder / "device.pem").unlink()
        self.check_updates_with(options)

    def test_a_key_that_is_not_there_or_not_the_certificates_is_no_contact_and_no_crash(self):
        other = self.device.folder / "other.pem"
        run_well("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", other)
        absent = "pkcs11:object=a?module-path=/nowhere.so"
        for reference in ("/nowhere.pem", absent, "handle:0x81010001", str(other)):
            with self.subTest(key=reference):
                self.device.configure(key=reference)
                self.check_step(self.device.LATER)
                self.check_untouched()

    def test_the_authority_certifies_only_requests_that_their_key_signed(self):
        request, out = self.device.folder / "request.pem", self.device.folder / "out.crt"
        issue = [self.fleet.programs.server, "ca", "issue", self.fleet.ca, "--serial", "x", "--out", out]
        text = self.device.agent_well("request", "--serial", "x")
        der = self.device.folder / "request.der"
        request.write_text(text)
        run_well("openssl", "req", "-in", request, "-outform", "DER", "-out", der)
        content = bytearray(der.read_bytes())
        content[-1] ^= 1
        der.write_bytes(content)
        run_well("openssl", "req", "-in", der, "-inform", "DER", "-out", request)
        done = run(*issue, "--request", request)
        self.assertEqual(done.returncode, 1)
        self.assertIn("signature is not of the key", done.stderr)
        run_well("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", der, "-out", request)
        done = run(*issue, "--request", request)
        self.assertIn("not of the curve P-256", done.stderr)
        self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
