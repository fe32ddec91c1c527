package curve

import "filippo.io/edwards25519"

// Multiple is a number, little-endian and below the order, times the base point.
func Multiple(number []byte) []byte {
	n, err := new(edwards25519.Scalar).SetCanonicalBytes(number)
	if err != nil {
		panic(err)
	}
	p := edwards25519.NewIdentityPoint()
	generator().addMultiple(p, n)
	return p.Bytes()
}
