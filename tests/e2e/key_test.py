"""Keys from outside: in files of all types and in a PKCS#11 token; what each signs is verified by OpenSSL's own program."""

import base64
import json
import os
import tempfile
import unittest
from pathlib import Path

from programs import programs, run, run_json, run_well
from softhsm import MODULE, PIN, SoftHsm

FAILURE, USAGE = 1, 2
TYPES = ("ed25519", "p256", "rsa")
ROLES = ("root", "targets", "releases", "deltas", "snapshot", "timestamp")


def ed25519_pem(hexadecimal):
    """SubjectPublicKeyInfo of RFC 8410 around the raw key."""
    der = bytes.fromhex("302a300506032b6570032100" + hexadecimal)
    return "-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der).decode() + "\n-----END PUBLIC KEY-----\n"


class KeyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.skiff = programs().skiff

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def check_signature(self, metadata, key_type):
        """OpenSSL accepts the one signature of a metadata file, made over the canonical form of its signed part."""
        file = json.loads(metadata.read_text())
        key = next(iter(file["signed"]["keys"].values())) if "keys" in file["signed"] else None
        self.assertIsNotNone(key)
        # No string in these files needs escaping, so that compact JSON with sorted keys is their canonical form.
        canonical = json.dumps(file["signed"], sort_keys=True, separators=(",", ":")).replace("\\n", "\n")
        public, message, signature = (self.folder / name for name in ("public", "message", "signature"))
        text = key["keyval"]["public"]
        public.write_text(ed25519_pem(text) if key_type == "ed25519" else text)
        message.write_text(canonical)
        signature.write_bytes(bytes.fromhex(file["signatures"][0]["sig"]))
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-sigfile", signature, "-rawin"]
        options = {"ed25519": [], "p256": ["-digest", "sha256"]}.get(key_type)
        if options is None:
            options = ["-digest", "sha256", "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:32"]
        run_well(*command, "-in", message, *options)

    def check_repository(self, reference, key_type, **options):
        """One key signs a whole repository, and OpenSSL finds the root's signature good."""
        repo = self.folder / f"repo-{key_type}"
        words = [word for role in ROLES for word in (f"--{role}-key", reference)]
        run_well(self.skiff, "repo", "init", repo, *words, **options)
        self.check_signature(repo / "metadata" / "1.root.json", key_type)
        image = self.folder / "image"
        image.write_bytes(b"image")
        words = ["--image", image, "--name", "one", "--hardware", "gw1", "--version", "1", "--counter", 1]
        run_well(self.skiff, "repo", "add-release", repo, *words, "--key", reference, **options)
        run_well(self.skiff, "repo", "publish", repo, "--key", reference, **options)

    def test_a_file_of_each_type_signs_a_repository(self):
        passphrase = self.folder / "passphrase"
        passphrase.write_text("correct horse\n")
        for key_type in TYPES:
            for sealed in ([], ["--passphrase-file", passphrase]):
                with self.subTest(type=key_type, sealed=bool(sealed)):
                    key = self.folder / f"{key_type}-{len(sealed)}.key"
                    made = run_json(self.skiff, "key", "generate", key, "--type", key_type, *sealed)
                    self.assertEqual(run_json(self.skiff, "key", "show", key, *sealed), made)
                    self.assertEqual("pkcs8" in key.read_text() or "seed" in key.read_text(), not sealed)
            self.check_repository(self.folder / f"{key_type}-0.key", key_type)

    def test_a_sealed_key_signs_with_its_passphrase_from_a_descriptor_and_not_without(self):
        key, passphrase = self.folder / "a.key", self.folder / "passphrase"
        passphrase.write_text("correct horse\n")
        run_well(self.skiff, "key", "generate", key, "--type", "p256", "--passphrase-file", passphrase)
        self.assertEqual(run(self.skiff, "key", "show", key).returncode, FAILURE)
        with passphrase.open() as file:
            os.set_inheritable(file.fileno(), True)
            descriptor = f"/dev/fd/{file.fileno()}"
            options = {"pass_fds": [file.fileno()]}
            run_well(self.skiff, "key", "show", key, "--passphrase-file", descriptor, **options)

    def test_a_token_makes_lists_exports_and_signs_with_keys_of_each_type(self):
        token = SoftHsm(self.folder / "hsm")
        options = {"env": token.environment}
        made = {}
        for key_type in TYPES:
            text = run_well(self.skiff, "key", "generate", token.uri(key_type), "--type", key_type, **options)
            made[key_type] = json.loads(text)["keyid"]
            again = run(self.skiff, "key", "generate", token.uri(key_type), "--type", key_type, **options)
            self.assertEqual(again.returncode, USAGE, again.stderr)
        listed = [json.loads(line) for line in run_well(self.skiff, "key", "list", token.uri(), **options).splitlines()]
        self.assertEqual({key["keyid"] for key in listed}, set(made.values()))
        for key in listed:
            self.assertEqual(json.loads(run_well(self.skiff, "key", "show", key["uri"], **options))["keyid"], key["keyid"])
        for key_type in ("p256", "rsa"):
            pem = run_well(self.skiff, "key", "show", "--pem", token.uri(key_type), **options)
            self.assertIn("BEGIN PUBLIC KEY", pem)
        for key_type in TYPES:
            with self.subTest(type=key_type):
                self.check_repository(token.uri(key_type), key_type, **options)

    def test_a_token_key_cannot_be_read_out(self):
        token = SoftHsm(self.folder / "hsm")
        run_well(self.skiff, "key", "generate", token.uri("a"), "--type", "p256", env=token.environment)
        tool = ["pkcs11-tool", "--module", MODULE, "--login", "--pin", PIN, "--list-objects", "--type", "privkey"]
        objects = run_well(*tool, env=token.environment)
        self.assertIn("sensitive", objects)
        self.assertIn("never extractable", objects)
        self.assertIn("Usage:      sign", objects)

    def test_pins_come_from_files_alone_and_must_be_right(self):
        token = SoftHsm(self.folder / "hsm")
        options = {"env": token.environment}
        run_well(self.skiff, "key", "generate", token.uri("a"), **options)
        in_the_open = f"pkcs11:token=release;object=a?module-path={MODULE}&pin-value={PIN}"
        wrong = self.folder / "wrong"
        wrong.write_text("0000\n")
        for uri, code, says in (
            (in_the_open, USAGE, "pin-value"),
            (token.uri("a", wrong), FAILURE, "C_Login gave 0xa0"),
            (token.uri("b"), FAILURE, "no such private key"),
            (token.uri("a").replace("release", "other"), FAILURE, "there is none"),
            ("pkcs11:object=a?module-path=/dev/null", FAILURE, "PKCS#11 module"),
        ):
            with self.subTest(uri=uri):
                done = run(self.skiff, "key", "show", uri, **options)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(says, done.stderr)


if __name__ == "__main__":
    unittest.main()
