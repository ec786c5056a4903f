"""Changing the keys of TUF roles as docs/rotation.md says, for the tests of planned changes and of thefts."""

import shutil

from case import FleetCase
from programs import run_json, run_well

OFFLINE = ("root", "targets", "releases")
ONLINE = ("deltas", "snapshot", "timestamp")


class KeysCase(FleetCase):
    def setUp(self):
        super().setUp()
        self.skiff, self.repo, self.keys = self.fleet.programs.skiff, self.fleet.repo, self.fleet.keys
        self.request = self.fleet.folder / "request"

    def newest_root(self):
        return max((self.repo / "metadata").glob("*.root.json"), key=lambda path: int(path.name.split(".")[0]))

    def sign(self, what, *words, keys):
        """Export, approve, import: what docs/rotation.md has people do on two machines."""
        run_well(self.skiff, "sign", "export", what, self.repo, "-o", self.request, *words)
        signers = [word for key in keys for word in ("--key", key)]
        run_well(self.skiff, "sign", "approve", self.request, "--root", self.newest_root(), "--yes", *signers)
        run_well(self.skiff, "sign", "import", self.repo, self.request)

    def delegator_keys(self, role):
        """Between its two steps a role signs with both keys, so that what it signs outlives the old one."""
        delegator = "targets" if role in ("releases", "deltas") else "root"
        return [key for key in (self.keys / f"{delegator}.key", self.keys / f"{delegator}-new.key") if key.exists()]

    def add_key(self, role):
        """Step one: the role has a new key beside the old one, and what it signs is signed by the new one too."""
        new = self.keys / f"{role}-new.key"
        run_well(self.skiff, "key", "generate", new)
        self.sign("keys", "--role", role, "--add", new, keys=self.delegator_keys(role))
        if role in ("targets", "releases"):
            self.sign("renewal", "--role", role, keys=[self.keys / f"{role}.key", new])
        self.fleet.publish()

    def remove_key(self, role):
        """Step two: the old key goes; it is kept aside, as a thief might have it."""
        old, new = self.keys / f"{role}.key", self.keys / f"{role}-new.key"
        key_id = run_json(self.skiff, "key", "show", old)["keyid"]
        signers = [new] if role == "root" else self.delegator_keys(role)
        self.sign("keys", "--role", role, "--remove", key_id, keys=signers)
        stolen = self.fleet.folder / "stolen"
        stolen.mkdir(exist_ok=True)
        shutil.move(old, stolen / f"{role}.key")
        shutil.move(new, old)
        self.fleet.publish()

    def restart_server(self):
        """The server gets the online keys that hold now."""
        self.server.stop()
        for role in ONLINE:
            shutil.copy(self.keys / f"{role}.key", self.fleet.online_keys / f"{role}.key")
        self.server = self.fleet.start_server("--workers", "0")
        self.proxy.upstream = self.server.address
