package curve

import (
	"sync"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// A sum is a point to which others are added, in extended coordinates: x is X/Z, y is
// Y/Z and xy is T/Z.
type sum struct{ X, Y, Z, T field.Element }

// An addend is a point in the form in which adding it takes the fewest multiplications.
type addend struct{ yPlusX, yMinusX, xy2d field.Element }

func sumOf(p *edwards25519.Point) sum {
	X, Y, Z, T := p.ExtendedCoordinates()
	return sum{*X, *Y, *Z, *T}
}

// add adds p or, where it is asked for the negative, takes p away, whose x has the other
// sign then. These are the formulas and names of "madd-2008-hwcd-3" in
// https://hyperelliptic.org/EFD/g1p/auto-twisted-extended-1.html, which hold for any two
// points of this curve, equal ones too (https://eprint.iacr.org/2008/522, section 3.1).
// The time that it takes may say something of the points: all of them are public.
func (s *sum) add(p *addend, negative bool) {
	var A, B, C, D, E, F, G, H field.Element
	A.Subtract(&s.Y, &s.X)
	B.Add(&s.Y, &s.X)
	C.Multiply(&s.T, &p.xy2d)
	D.Add(&s.Z, &s.Z)
	if negative {
		A.Multiply(&A, &p.yPlusX)
		B.Multiply(&B, &p.yMinusX)
		F.Add(&D, &C)
		G.Subtract(&D, &C)
	} else {
		A.Multiply(&A, &p.yMinusX)
		B.Multiply(&B, &p.yPlusX)
		F.Subtract(&D, &C)
		G.Add(&D, &C)
	}
	E.Subtract(&B, &A)
	H.Add(&B, &A)
	s.X.Multiply(&E, &F)
	s.Y.Multiply(&G, &H)
	s.T.Multiply(&E, &H)
	s.Z.Multiply(&F, &G)
}

// bytes is the encoding of section 5.1.2 of RFC 8032.
func (s *sum) bytes() (b [32]byte) {
	var inverse, x, y field.Element
	inverse.Invert(&s.Z)
	x.Multiply(&s.X, &inverse)
	y.Multiply(&s.Y, &inverse)
	copy(b[:], y.Bytes())
	if x.IsNegative() == 1 {
		b[31] |= 0x80
	}
	return b
}

// toAddends makes addends of points with one inversion for all of them (Montgomery,
// https://doi.org/10.1090/S0025-5718-1987-0866113-7, section 10.3.1): that of the product
// of every Z, from which the others are taken out again. No Z is 0.
func toAddends(addends []addend, points []sum) {
	var inverse field.Element
	inverse.One()
	for i := range points {
		addends[i].xy2d.Set(&inverse) // for a while the product of the Z before
		inverse.Multiply(&inverse, &points[i].Z)
	}
	inverse.Invert(&inverse)
	d2 := twiceD()
	for i := len(points) - 1; i >= 0; i-- {
		p, a := &points[i], &addends[i]
		var own field.Element
		own.Multiply(&inverse, &a.xy2d)
		inverse.Multiply(&inverse, &p.Z)
		a.yPlusX.Multiply(a.yPlusX.Add(&p.Y, &p.X), &own)
		a.yMinusX.Multiply(a.yMinusX.Subtract(&p.Y, &p.X), &own)
		a.xy2d.Multiply(a.xy2d.Multiply(&p.T, d2), &own)
	}
}

// twiceD is 2d, where the curve's d is -121665/121666 (section 5.1 of RFC 8032).
var twiceD = sync.OnceValue(func() *field.Element {
	one := new(field.Element).One()
	d := new(field.Element).Mult32(one, 121666)
	d.Mult32(d.Invert(d), 121665)
	d.Negate(d)
	return d.Add(d, d)
})
