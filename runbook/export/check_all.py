# Rebuilds the logs of a client from their entries, without msp: python3 check.py FOLDER
import base64, hashlib, json, pathlib, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

def sha(data): return hashlib.sha256(data).digest()
def unbase(text): return base64.b64decode(text, validate=True)

def root(nodes):  # RFC 9162, 2.1.1
    if len(nodes) == 1: return nodes[0]
    half = 1 << ((len(nodes) - 1).bit_length() - 1)
    return sha(b"\1" + root(nodes[:half]) + root(nodes[half:]))

def entries(log, size):  # c2sp.org/tlog-tiles: 256 a file, each behind its length
    for tile in range((size + 255) // 256):
        width, above, path = min(256, size - tile * 256), tile // 1000, f"{tile % 1000:03d}"
        while above: above, path = above // 1000, f"x{above % 1000:03d}/{path}"
        data = (log / "tile/entries" / (path if width == 256 else f"{path}.p/{width}")).read_bytes()
        while data:
            end = 2 + int.from_bytes(data[:2], "big")
            yield data[2:end]
            data = data[end:]

bundle, count = pathlib.Path(sys.argv[1]), 0
for checkpoint in sorted(bundle.glob("evidence/logs/*/checkpoint")):
    head, _, signatures = checkpoint.read_text().partition("\n\n")
    origin, size, want = head.split("\n")
    name, mark, key = (bundle / "keys" / (checkpoint.parent.name + ".vkey")).read_text().strip().split("+", 2)
    signature = unbase(next(s for s in signatures.split("\n") if s.startswith("\u2014 " + name + " ")).split(" ")[2])
    assert origin == name and signature[:4].hex() == mark, checkpoint
    Ed25519PublicKey.from_public_bytes(unbase(key)[1:]).verify(signature[4:], (head + "\n").encode())
    leaves = list(entries(checkpoint.parent, int(size)))
    assert len(leaves) == int(size) and root([sha(b"\0" + leaf) for leaf in leaves]) == unbase(want), checkpoint
    for digest in [json.loads(leaf)["envelope"].removeprefix("sha256:") for leaf in leaves]:
        envelope = (bundle / "evidence/records" / digest[:2] / (digest + ".dsse.json")).read_bytes()
        assert sha(envelope).hex() == digest, digest
    count += len(leaves)
assert count, "no statement"
print(count, "statements stand in the logs")
