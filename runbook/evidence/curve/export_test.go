package curve

import "filippo.io/edwards25519"

// Multiple is a number, little-endian and below the order, times the base point.
func Multiple(number []byte) []byte {
	n, err := new(edwards25519.Scalar).SetCanonicalBytes(number)
	if err != nil {
		panic(err)
	}
	p := sumOf(edwards25519.NewIdentityPoint())
	generator().addMultiple(&p, n)
	b := p.bytes()
	return b[:]
}

// Entries calls use with each number of the base point's table and what is there for it:
// the digit times 2 to the power of the shift.
func Entries(use func(digit, shift int, point []byte)) {
	t := generator()
	for i := range t {
		for j := range t[i] {
			p := sumOf(edwards25519.NewIdentityPoint())
			p.add(&t[i][j], false)
			b := p.bytes()
			use(j+1, i*width, b[:])
		}
	}
}

// Adding gives what adds one of some points to another, or takes it away, and gives the
// sum and its encoding. The error is of coordinates that are no point of the curve.
func Adding(points []*edwards25519.Point) func(to *edwards25519.Point, i int, negative bool) (*edwards25519.Point, [32]byte, error) {
	sums, addends := make([]sum, len(points)), make([]addend, len(points))
	for i, p := range points {
		sums[i] = sumOf(p)
	}
	toAddends(addends, sums)
	return func(to *edwards25519.Point, i int, negative bool) (*edwards25519.Point, [32]byte, error) {
		s := sumOf(to)
		s.add(&addends[i], negative)
		p, err := new(edwards25519.Point).SetExtendedCoordinates(&s.X, &s.Y, &s.Z, &s.T)
		return p, s.bytes(), err
	}
}
