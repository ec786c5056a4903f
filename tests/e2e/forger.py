"""A forger: the metadata of a repository and the keys that were stolen; it writes any role anew and signs it as well as it can."""

import copy
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def canonical(value):
    """What is signed; our metadata has no character that is escaped."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Key:
    def __init__(self, secret):
        self._secret = secret
        public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        self.json = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}}
        self.id = hashlib.sha256(canonical(self.json)).hexdigest()

    @classmethod
    def stolen(cls, file):
        return cls(ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(json.loads(file.read_text())["seed"])))

    def sign(self, message):
        return self._secret.sign(message).hex()


def newest(metadata, role):
    """The signed part of a role's newest version."""
    if role == "timestamp":
        return json.loads(metadata["timestamp.json"])["signed"]
    versions = [int(name.split(".")[0]) for name in metadata if name.endswith(f".{role}.json")]
    return json.loads(metadata[f"{max(versions)}.{role}.json"])["signed"]


class Forger:
    """`metadata` is what devices will be served: files by name. `keys` are the stolen ones by role."""

    def __init__(self, metadata, keys):
        self.metadata, self.keys = dict(metadata), dict(keys)
        self.own = Key(ed25519.Ed25519PrivateKey.generate())

    def newest(self, role):
        return copy.deepcopy(newest(self.metadata, role))

    def write(self, role, signed):
        """As the next version of a role where what lists it can be signed too; else in the place of what is listed."""
        lister = {"timestamp": None, "snapshot": "timestamp"}.get(role, "snapshot")
        signed["version"] += lister is None or lister in self.keys
        text = json.dumps({"signatures": self._signatures(role, canonical(signed)), "signed": signed}).encode()
        name = "timestamp.json" if role == "timestamp" else f"{signed['version']}.{role}.json"
        self.metadata[name] = text
        if lister in self.keys:
            meta = self.newest(lister)
            entry = {"version": signed["version"], "length": len(text), "hashes": {"sha256": hashlib.sha256(text).hexdigest()}}
            meta["meta"][f"{role}.json"] = entry
            self.write(lister, meta)

    def add_target(self, role, name, entry):
        signed = self.newest(role)
        signed["targets"][name] = entry
        self.write(role, signed)

    def _signatures(self, role, message):
        """In the name of each key that the role has: by that key where it was stolen, by another otherwise. And in their own
        names by all keys that the thief has."""
        signers = {key.id: key for key in (*self.keys.values(), self.own)}
        any_key = next(iter(signers.values()))
        names = set(signers) | set(self._key_ids(role))
        return [{"keyid": name, "sig": signers.get(name, any_key).sign(message)} for name in sorted(names)]

    def _key_ids(self, role):
        root = self.newest("root")
        if role in root["roles"]:
            return root["roles"][role]["keyids"]
        delegated = self.newest("targets")["delegations"]["roles"]
        return next(entry["keyids"] for entry in delegated if entry["name"] == role)
