package evidence

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// ConsistencyProof proves, to somebody who saw the log when it had old entries,
// that it had only grown when it had size (RFC 6962, section 2.1.2). It is empty
// when old is 0 or size.
func (v *LogView) ConsistencyProof(old, size int64) (tlog.TreeProof, error) {
	switch {
	case !v.Whole():
		return nil, ErrNotWhole
	case old < 0 || old > size || size > v.Checkpoint.Size:
		return nil, fmt.Errorf("the log has %d entries, so nothing can be proven from %d to %d", v.Checkpoint.Size, old, size)
	case old == 0 || old == size:
		return nil, nil
	}
	return tlog.ProveTree(size, old, v.reader())
}

// The algorithms of verifier keys of signed notes (https://c2sp.org/signed-note).
const (
	noteEd25519     = 1
	noteCosignature = 4
)

// ParseVerifierString reads a key as VerifierString writes it, or as a witness
// gives its own: the name, the hash of both and the key.
func ParseVerifierString(s string) (name string, key PublicKey, err error) {
	name, rest, _ := strings.Cut(s, "+")
	hash, encoded, found := strings.Cut(rest, "+")
	data, err := base64.StdEncoding.Strict().DecodeString(encoded)
	switch {
	case !found || err != nil || name == "" || strings.ContainsAny(name, " \t\r\n"):
		return "", PublicKey{}, fmt.Errorf("%q is no verifier key: name+hash+key", s)
	case len(data) != 1+ed25519.PublicKeySize || data[0] != noteEd25519 && data[0] != noteCosignature:
		return "", PublicKey{}, fmt.Errorf("the verifier key of %s is of an algorithm that msp doesn't know: it must be Ed25519", name)
	}
	want := noteHash(name, data)
	if hash != want {
		return "", PublicKey{}, fmt.Errorf("the verifier key of %s has the hash %s, and name and key give %s: one of them was changed", name, strconv.Quote(hash), want)
	}
	key, err = newPublicKey(ed25519.PublicKey(data[1:]))
	return name, key, err
}

// CosignerString is the verifier key of a witness; "" for a key that isn't
// Ed25519.
func CosignerString(name string, key PublicKey) string {
	if key.ed == nil {
		return ""
	}
	data := append([]byte{noteCosignature}, key.ed...)
	return name + "+" + noteHash(name, data) + "+" + base64.StdEncoding.EncodeToString(data)
}

// noteHash is the first four bytes of a hash, in hex, that tells keys apart.
func noteHash(name string, key []byte) string {
	return digestOf(append([]byte(name+"\n"), key...))[len(digestPrefix):][:8]
}
