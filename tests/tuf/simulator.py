"""A TUF repository in memory, made to be bent: every role can be changed, signed by whom one likes, and published."""

import copy
import hashlib
import json
import time
from urllib.parse import unquote

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

TOP_LEVEL = ("root", "timestamp", "snapshot", "targets")
DAY = 86400
PEM = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def canonical(value):
    """OLPC canonical JSON: what is signed. Sorted keys, no spaces, only `"` and `\\` escaped."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value)


def date(days):
    """So many days from now, as metadata writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * DAY))


class Key:
    """A key pair and how metadata writes its public half; `extra` are fields beyond the specification's."""

    def __init__(self, keytype="ed25519", scheme="ed25519", extra=None):
        if scheme == "ed25519":
            self._secret = ed25519.Ed25519PrivateKey.generate()
            public = self._secret.public_key().public_bytes(*RAW).hex()
        elif scheme == "ecdsa-sha2-nistp256":
            self._secret = ec.generate_private_key(ec.SECP256R1())
            public = self._secret.public_key().public_bytes(*PEM).decode()
        else:
            self._secret = rsa.generate_private_key(65537, 2048)
            public = self._secret.public_key().public_bytes(*PEM).decode()
        self.json = {"keytype": keytype, "scheme": scheme, "keyval": {"public": public}, **(extra or {})}
        self.id = hashlib.sha256(canonical(self.json).encode()).hexdigest()

    def sign(self, message):
        if isinstance(self._secret, ed25519.Ed25519PrivateKey):
            return self._secret.sign(message).hex()
        if isinstance(self._secret, ec.EllipticCurvePrivateKey):
            return self._secret.sign(message, ec.ECDSA(hashes.SHA256())).hex()
        salted = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        return self._secret.sign(message, salted, hashes.SHA256()).hex()


class Repository:
    """`signed` is what the next publish() signs, `published` what clients get: the n-th entry is version n."""

    def __init__(self):
        self.signed = {}
        self.signers = {}
        self.published = {}
        self.artifacts = {}
        self.with_hashes = False
        self.requests = []  # metadata as (role as quoted, version or None)
        self.downloads = []  # (path, hash or None)
        self.signed["root"] = self._body("root", consistent_snapshot=True, keys={}, roles={})
        self.signed["timestamp"] = self._body("timestamp", meta={"snapshot.json": {"version": 1}})
        self.signed["snapshot"] = self._body("snapshot", meta={"targets.json": {"version": 1}})
        self.signed["targets"] = self.new_targets()
        for role in TOP_LEVEL:
            self.root["roles"][role] = {"keyids": [], "threshold": 1}
            self.add_key(role)
        self.publish("targets", "snapshot", "timestamp", "root")

    @staticmethod
    def _body(kind, **fields):
        return {"_type": kind, "spec_version": "1.0.34", "version": 0, "expires": date(30), **fields}

    def new_targets(self):
        return self._body("targets", targets={})

    @property
    def root(self):
        return self.signed["root"]

    @property
    def targets(self):
        return self.signed["targets"]

    def _role_and_keys(self, role, delegator):
        """Where the keys of a role are named, and where they are written down."""
        if delegator == "root":
            return self.root["roles"][role], self.root["keys"]
        delegations = self.signed[delegator]["delegations"]
        return next(entry for entry in delegations["roles"] if entry["name"] == role), delegations["keys"]

    def add_key(self, role, key=None, delegator="root"):
        key = key or Key()
        entry, keys = self._role_and_keys(role, delegator)
        entry["keyids"].append(key.id)
        keys[key.id] = key.json
        self.signers.setdefault(role, []).append(key)
        return key

    def set_keys(self, role, keys, signers, threshold):
        """Replaces the keys of a top-level role and those that sign for it, which need not be the same."""
        self.root["roles"][role] = {"keyids": [], "threshold": threshold}
        for key in keys:
            self.add_key(role, key)
        self.signers[role] = list(signers)

    def rotate(self, role):
        key = Key()
        self.set_keys(role, [key], [key], 1)

    def envelope(self, role):
        message = canonical(self.signed[role]).encode()
        signatures = [{"keyid": key.id, "sig": key.sign(message)} for key in self.signers[role]]
        return {"signatures": signatures, "signed": self.signed[role]}

    def publish(self, *roles):
        """Signs each as its next version and lists it in what lists such a role."""
        for role in roles:
            self.signed[role]["version"] += 1
            text = json.dumps(self.envelope(role), indent=1).encode()
            self.published.setdefault(role, []).append(text)
            entry = {"version": self.signed[role]["version"]}
            if self.with_hashes:
                entry |= {"length": len(text), "hashes": {"sha256": hashlib.sha256(text).hexdigest()}}
            if role == "snapshot":
                self.signed["timestamp"]["meta"]["snapshot.json"] = entry
            elif role not in TOP_LEVEL or role == "targets":
                self.signed["snapshot"]["meta"][role + ".json"] = entry

    def publish_all(self, *delegated):
        self.publish(*delegated, "targets", "snapshot", "timestamp")

    def rewrite(self, role, change):
        """Changes the last published file of a role after it was signed."""
        file = json.loads(self.published[role][-1])
        change(file)
        self.published[role][-1] = json.dumps(file).encode()

    def delegate(self, delegator, name, paths=("*",), terminating=False, **instead):
        """Delegates to a role, which is made if it is not there, with a key of its own for this delegation."""
        entry = {"name": name, "keyids": [], "threshold": 1, "terminating": terminating}
        entry |= instead or {"paths": list(paths)}
        delegations = self.signed[delegator].setdefault("delegations", {"keys": {}, "roles": []})
        delegations["roles"].append(entry)
        self.signed.setdefault(name, self.new_targets())
        return self.add_key(name, delegator=delegator)

    def add_artifact(self, role, name, data, algorithms=("sha256",)):
        digests = {algorithm: hashlib.new(algorithm, data).hexdigest() for algorithm in algorithms}
        self.signed[role]["targets"][name] = {"length": len(data), "hashes": digests}
        self.artifacts[name] = data
        return self.signed[role]["targets"][name]

    def copy_of(self, role):
        return copy.deepcopy(self.signed[role])

    def serve(self, path):
        """The bytes at "metadata/…" or "targets/…", None if there are none."""
        kind, _, rest = path.partition("/")
        return self._metadata(rest) if kind == "metadata" else self._artifact(rest)

    def _metadata(self, name):
        stem = name.removesuffix(".json")
        first, _, role = stem.partition(".")
        version = None
        if first.isdigit() and (role == "root" or self.root["consistent_snapshot"]):
            version = int(first)
        else:
            role = stem
        self.requests.append((role, version))
        versions = self.published.get(unquote(role), [])
        if version is None:
            return versions[-1] if versions else None
        return versions[version - 1] if 1 <= version <= len(versions) else None

    def _artifact(self, path):
        folder, slash, file = path.rpartition("/")
        digest = None
        if self.root["consistent_snapshot"]:
            digest, _, file = file.partition(".")
        self.downloads.append((folder + slash + file, digest))
        return self.artifacts.get(unquote(folder + slash + file))
