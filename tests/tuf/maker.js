// A repository made and signed by @tufjs/models: node maker.js FOLDER TARGET… puts each target in one of 16 hashed bins. Root
// changes its key once; the keys are of all the types that the specification names.
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const { Key, MetaFile, Metadata, Root, Signature, Snapshot, TargetFile, Targets, Timestamp } = require("@tufjs/models");
const { canonicalize } = require("@tufjs/canonical-json");

const EXPIRES = new Date(Date.now() + 86400000).toISOString().replace(/\.\d+Z/, "Z");
const sha256 = (data) => crypto.createHash("sha256").update(data).digest("hex");
const [folder, ...names] = process.argv.slice(2);

const KINDS = {
  ed25519: [["ed25519"], "ed25519", "ed25519"],
  ecdsa: [["ec", { namedCurve: "P-256" }], "ecdsa", "ecdsa-sha2-nistp256"],
  rsa: [["rsa", { modulusLength: 2048 }], "rsa", "rsassa-pss-sha256"],
};

function makeKey(kind) {
  const [parameters, keyType, scheme] = KINDS[kind];
  const pair = crypto.generateKeyPairSync(...parameters);
  const raw = () => Buffer.from(pair.publicKey.export({ format: "jwk" }).x, "base64url").toString("hex");
  const keyVal = { public: kind === "ed25519" ? raw() : pair.publicKey.export({ format: "pem", type: "spki" }) };
  const keyID = sha256(canonicalize({ keytype: keyType, scheme, keyval: keyVal }));
  const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const sign = (message) => new Signature({
    keyID,
    sig: crypto.sign(kind === "ed25519" ? null : "sha256", message,
                     kind === "rsa" ? { key: pair.privateKey, ...pss } : pair.privateKey).toString("hex"),
  });
  return { key: new Key({ keyID, keyType, scheme, keyVal }), sign };
}

function write(file, signed, signers) {
  const metadata = new Metadata(signed);
  for (const signer of signers) metadata.sign(signer.sign);
  fs.writeFileSync(path.join(folder, "metadata", file), JSON.stringify(metadata.toJSON()));
}

function put(target) {
  const data = Buffer.from(target);
  const entry = new TargetFile({ path: target, length: data.length, hashes: { sha256: sha256(data) } });
  const file = path.join(folder, "targets", path.dirname(target), sha256(data) + "." + path.basename(target));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, data);
  return entry;
}

fs.mkdirSync(path.join(folder, "metadata"), { recursive: true });
const [rootKey, newRootKey, targetsKey, snapshotKey, timestampKey, binKey] =
  ["ecdsa", "rsa", "rsa", "ed25519", "ecdsa", "ed25519"].map(makeKey);
const rootOf = (version, key) => {
  const root = new Root({ version, expires: EXPIRES, consistentSnapshot: true });
  root.addKey(key.key, "root");
  root.addKey(targetsKey.key, "targets");
  root.addKey(snapshotKey.key, "snapshot");
  root.addKey(timestampKey.key, "timestamp");
  return root;
};
write("1.root.json", rootOf(1, rootKey), [rootKey]);
write("2.root.json", rootOf(2, newRootKey), [rootKey, newRootKey]);

const meta = { "targets.json": new MetaFile({ version: 1 }) };
for (let bin = 0; bin < 16; ++bin) {
  const role = "bin-" + bin.toString(16);
  const targets = new Targets({ version: 1, expires: EXPIRES });
  names.filter((name) => sha256(name)[0] === bin.toString(16)).forEach((name) => targets.addTarget(put(name)));
  write(`1.${role}.json`, targets, [binKey]);
  meta[role + ".json"] = new MetaFile({ version: 1 });
}
const bins = { keyids: [binKey.key.keyID], threshold: 1, bit_length: 4, name_prefix: "bin" };
write("1.targets.json", Targets.fromJSON({
  _type: "targets", version: 1, spec_version: "1.0.34", expires: EXPIRES, targets: {},
  delegations: { keys: { [binKey.key.keyID]: binKey.key.toJSON() }, succinct_roles: bins },
}), [targetsKey]);
write("1.snapshot.json", new Snapshot({ version: 1, expires: EXPIRES, meta }), [snapshotKey]);
write("timestamp.json", new Timestamp({ version: 1, expires: EXPIRES, snapshotMeta: new MetaFile({ version: 1 }) }), [timestampKey]);
