"""A PKCS#11 token of SoftHSM2 in a folder of its own."""

import os
from pathlib import Path

from programs import run_well

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "4711"


class SoftHsm:
    def __init__(self, folder, label="release"):
        self.folder = Path(folder)
        tokens = self.folder / "tokens"
        tokens.mkdir(parents=True)
        conf = self.folder / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.environment = {**os.environ, "SOFTHSM2_CONF": str(conf)}
        self.label = label
        self.pin_file = self.folder / "pin"
        self.pin_file.write_text(PIN + "\n")
        init = ["--init-token", "--free", "--label", label, "--so-pin", "0815", "--pin", PIN]
        run_well("softhsm2-util", *init, env=self.environment)

    def uri(self, name=None, pin_source=None):
        key = f";object={name}" if name else ""
        return f"pkcs11:token={self.label}{key}?module-path={MODULE}&pin-source={pin_source or self.pin_file}"
