# Checks the bundle of a run without msp: python3 check.py FOLDER
import base64, hashlib, json, pathlib, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

def sha(data): return hashlib.sha256(data).digest()
def unbase(text): return base64.b64decode(text, validate=True)

def verify(key, signature, message):
    extra = () if isinstance(key, ed25519.Ed25519PublicKey) else (ec.ECDSA(hashes.SHA256()),)
    key.verify(signature, message, *extra)

def root(leaf, index, size, path):  # RFC 9162, 2.1.3.2
    first, last, node = index, size - 1, sha(b"\0" + leaf)
    for other in path:
        assert last > 0, "proof too long"
        left = first & 1 or first == last
        node = sha(b"\1" + other + node) if left else sha(b"\1" + node + other)
        while left and not first & 1 and first: first, last = first >> 1, last >> 1
        first, last = first >> 1, last >> 1
    assert last == 0, "proof too short"
    return node

bundle = pathlib.Path(sys.argv[1])
manifest = (bundle / "manifest.json").read_bytes()
assert (bundle / "manifest.sha256").read_text() == sha(manifest).hex() + "  manifest.json\n", "manifest.json"
for file in json.loads(manifest)["files"]:
    assert sha((bundle / file["name"]).read_bytes()).hex() == file["sha256"], file["name"]
leaves, named = sorted(bundle.glob("evidence/logs/*/*.leaf")), set()
for leaf in leaves:
    head, _, checkpoint = leaf.with_suffix(".tlog-proof").read_text().partition("\n\n")
    text, _, signatures = checkpoint.partition("\n\n")
    (origin, size, want), (_, index, *path) = text.split("\n"), head.split("\n")
    name, mark, key = (bundle / "keys" / (leaf.parent.name + ".vkey")).read_text().strip().split("+", 2)
    signature = unbase(next(s for s in signatures.split("\n") if s.startswith("\u2014 " + name + " ")).split(" ")[2])
    assert signature[:4].hex() == mark, checkpoint
    verify(ed25519.Ed25519PublicKey.from_public_bytes(unbase(key)[1:]), signature[4:], (text + "\n").encode())
    number = int(index.removeprefix("index "))
    assert origin == name and root(leaf.read_bytes(), number, int(size), map(unbase, path)) == unbase(want), leaf
    digest = json.loads(leaf.read_bytes())["envelope"].removeprefix("sha256:")
    data = (bundle / "evidence/records" / digest[:2] / (digest + ".dsse.json")).read_bytes()
    assert sha(data).hex() == digest, digest
    envelope = json.loads(data)
    payload, kind = unbase(envelope["payload"]), envelope["payloadType"]
    named |= {subject["digest"]["sha256"] for subject in json.loads(payload)["subject"]}
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    for s in envelope["signatures"]:
        pem = "keys/" + s["keyid"].translate(str.maketrans(":+/", "--_")) + ".pem"
        verify(serialization.load_pem_public_key((bundle / pem).read_bytes()), unbase(s["sig"]), message)
assert leaves, "no statement"
for blob in bundle.glob("evidence/blobs/*/*"):
    assert sha(blob.read_bytes()).hex() == blob.name and blob.name in named, blob
print(len(leaves), "statements are signed and logged")
