package curve

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"sync"

	"filippo.io/edwards25519"
)

// A Key is a public key with a table of its multiples, which takes 640 KiB and a
// millisecond to make. It can be used by many goroutines.
//
// It computes what crypto/ed25519 computes, by the same equation and with the same
// comparison of encodings, so that both give the same answer for every key, message
// and signature, also for those that only their signer could have made odd. Signatures
// are not checked in batches: a batch takes some that are wrong when looked at alone.
type Key struct {
	public ed25519.PublicKey
	minus  *table // of the key's negative
}

// NewKey makes the table of a key. The error is of bytes that are no point of the curve.
func NewKey(public ed25519.PublicKey) (*Key, error) {
	point, err := new(edwards25519.Point).SetBytes(public)
	if err != nil {
		return nil, err
	}
	return &Key{bytes.Clone(public), newTable(point.Negate(point))}, nil
}

// Verify is ed25519.Verify, section 5.1.7 of RFC 8032 without the cofactor:
// R is [S]B - [k]A.
func (k *Key) Verify(message, signature []byte) bool {
	if len(signature) != ed25519.SignatureSize {
		return false
	}
	s, err := new(edwards25519.Scalar).SetCanonicalBytes(signature[32:])
	if err != nil {
		return false
	}
	hash := sha512.New()
	hash.Write(signature[:32])
	hash.Write(k.public)
	hash.Write(message)
	challenge, err := new(edwards25519.Scalar).SetUniformBytes(hash.Sum(nil))
	if err != nil {
		return false
	}
	r := edwards25519.NewIdentityPoint()
	generator().addMultiple(r, s)
	k.minus.addMultiple(r, challenge)
	return bytes.Equal(r.Bytes(), signature[:32])
}

// generator is the table of the curve's base point.
var generator = sync.OnceValue(func() *table { return newTable(edwards25519.NewGeneratorPoint()) })

// A table holds 1 to 128 times a point, those times 256, and so on: a number is a sum
// of 32 digits from -127 to 128, each times a power of 256.
type table [32][128]edwards25519.Point

func newTable(p *edwards25519.Point) *table {
	t := &table{}
	power := new(edwards25519.Point).Set(p)
	for i := range t {
		multiple := edwards25519.NewIdentityPoint()
		for j := range t[i] {
			t[i][j].Set(multiple.Add(multiple, power))
		}
		power.Add(multiple, multiple)
	}
	return t
}

// addMultiple adds n times the table's point to sum, in a time that depends on n. A
// canonical scalar is below 2²⁵³, so that its highest digit carries nothing.
func (t *table) addMultiple(sum *edwards25519.Point, n *edwards25519.Scalar) {
	carry := 0
	for i, b := range n.Bytes() {
		digit := int(b) + carry
		carry = 0
		if digit > 128 {
			digit, carry = digit-256, 1
		}
		switch {
		case digit > 0:
			sum.Add(sum, &t[i][digit-1])
		case digit < 0:
			sum.Subtract(sum, &t[i][-digit-1])
		}
	}
}
