# Holds a run's statements and blobs to the log, without msp: python3 check.py FOLDER
import base64, hashlib, json, pathlib, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

def sha(data): return hashlib.sha256(data).digest()
def unbase(text): return base64.b64decode(text, validate=True)

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
leaves, named = sorted(bundle.glob("evidence/logs/*/*.leaf")), set()
assert leaves, "no statement"
for leaf in leaves:
    proof, _, checkpoint = leaf.with_suffix(".tlog-proof").read_text().partition("\n\n")
    head, _, signatures = checkpoint.partition("\n\n")
    (_, index, *path), (origin, size, want) = proof.split("\n"), head.split("\n")
    name, mark, key = (bundle / "keys" / (leaf.parent.name + ".vkey")).read_text().strip().split("+", 2)
    signature = unbase(next(s for s in signatures.split("\n") if s.startswith("\u2014 " + name + " ")).split(" ")[2])
    assert origin == name and signature[:4].hex() == mark, checkpoint
    Ed25519PublicKey.from_public_bytes(unbase(key)[1:]).verify(signature[4:], (head + "\n").encode())
    assert root(leaf.read_bytes(), int(index.removeprefix("index ")), int(size), map(unbase, path)) == unbase(want), leaf
    digest = json.loads(leaf.read_bytes())["envelope"].removeprefix("sha256:")
    envelope = (bundle / "evidence/records" / digest[:2] / (digest + ".dsse.json")).read_bytes()
    assert sha(envelope).hex() == digest, digest
    statement = json.loads(unbase(json.loads(envelope)["payload"]))
    named |= {subject["digest"]["sha256"] for subject in statement["subject"]}
for blob in bundle.glob("evidence/blobs/*/*"):
    assert sha(blob.read_bytes()).hex() == blob.name and blob.name in named, blob
print(len(leaves), "statements stand in the log")
