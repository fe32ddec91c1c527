package curve_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"filippo.io/edwards25519"

	"github.com/msp-runbook/msp/runbook/evidence/curve"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// order is that of the base point.
var order, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

// same fails unless both say the same of a signature, and gives what they say.
func same(t *testing.T, public, message, signature []byte) bool {
	t.Helper()
	key, err := curve.NewKey(public)
	return sameBy(t, key, err, public, message, signature)
}

func sameBy(t *testing.T, key *curve.Key, err error, public, message, signature []byte) bool {
	t.Helper()
	if err != nil {
		if ed25519.Verify(public, message, signature) {
			t.Fatalf("%x is refused, and crypto/ed25519 takes it", public)
		}
		return false
	}
	got, want := key.Verify(message, signature), ed25519.Verify(public, message, signature)
	if got != want {
		t.Fatalf("key %x, message %x, signature %x: %v, and crypto/ed25519 says %v", public, message, signature, got, want)
	}
	return got
}

func TestSigned(t *testing.T) {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	public := private.Public().(ed25519.PublicKey)
	key, err := curve.NewKey(public)
	sizes := 130 // beyond a block of SHA-512
	if testing.Short() {
		sizes = 20
	}
	for size := range sizes {
		message := bytes.Repeat([]byte{byte(size)}, size)
		signature := ed25519.Sign(private, message)
		if !sameBy(t, key, err, public, message, signature) {
			t.Fatalf("a right signature over %d bytes is refused", size)
		}
		for i := size % 8; i < len(signature)*8; i += 8 {
			wrong := bytes.Clone(signature)
			wrong[i/8] ^= 1 << (i % 8)
			if sameBy(t, key, err, public, message, wrong) {
				t.Fatalf("a wrong signature over %d bytes is taken, bit %d", size, i)
			}
		}
	}
}

// smallOrder are the eight points whose order divides the cofactor.
func smallOrder(t *testing.T) []*edwards25519.Point {
	t.Helper()
	eighth := must(new(edwards25519.Point).SetBytes(must(hex.DecodeString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))))
	points := []*edwards25519.Point{edwards25519.NewIdentityPoint()}
	for len(points) < 8 {
		points = append(points, new(edwards25519.Point).Add(points[len(points)-1], eighth))
	}
	if new(edwards25519.Point).Add(points[7], eighth).Equal(points[0]) != 1 || points[4].Equal(points[0]) == 1 {
		t.Fatal("the point isn't of order eight")
	}
	return points
}

// encodings are the ways to write a point: y as it is and, where that fits, y+p; both
// with either sign where x is 0.
func encodings(p *edwards25519.Point) [][]byte {
	all := [][]byte{p.Bytes()}
	prime := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	little := p.Bytes()
	sign := little[31] & 0x80
	little[31] &= 0x7f
	slices.Reverse(little)
	if y := new(big.Int).Add(new(big.Int).SetBytes(little), prime); y.BitLen() <= 255 {
		high := y.FillBytes(make([]byte, 32))
		slices.Reverse(high)
		high[31] |= sign
		all = append(all, high)
	}
	if x, _, _, _ := p.ExtendedCoordinates(); len(bytes.Trim(x.Bytes(), "\x00")) == 0 {
		for _, e := range slices.Clone(all) {
			other := bytes.Clone(e)
			other[31] ^= 0x80
			all = append(all, other)
		}
	}
	return all
}

// TestOdd holds signatures that their signer made odd to what crypto/ed25519 says of
// them: with points of small order added to the key and to R, in each encoding of
// either, and with S as it is or with the order added.
func TestOdd(t *testing.T) {
	type made struct {
		key *curve.Key
		err error
	}
	keys := map[string]made{}
	secret := must(new(edwards25519.Scalar).SetUniformBytes(bytes.Repeat([]byte("secret__"), 8)))
	nonce := must(new(edwards25519.Scalar).SetUniformBytes(bytes.Repeat([]byte("nonce___"), 8)))
	zero := edwards25519.NewScalar()
	small := smallOrder(t)
	taken, refused := 0, 0
	for _, a := range []*edwards25519.Scalar{secret, zero} {
		for _, r := range []*edwards25519.Scalar{nonce, zero} {
			for _, odd := range small {
				for _, other := range small {
					A := new(edwards25519.Point).Add(new(edwards25519.Point).ScalarBaseMult(a), odd)
					R := new(edwards25519.Point).Add(new(edwards25519.Point).ScalarBaseMult(r), other)
					for _, key := range encodings(A) {
						have, known := keys[string(key)]
						if !known {
							have.key, have.err = curve.NewKey(key)
							keys[string(key)] = have
						}
						for _, first := range encodings(R) {
							message := []byte{byte(taken), byte(taken >> 8)}
							sum := sha512.Sum512(slices.Concat(first, key, message))
							k := must(new(edwards25519.Scalar).SetUniformBytes(sum[:]))
							s := new(edwards25519.Scalar).MultiplyAdd(k, a, r)
							for _, last := range [][]byte{s.Bytes(), plusOrder(s)} {
								if sameBy(t, have.key, have.err, key, message, slices.Concat(first, last)) {
									taken++
								} else {
									refused++
								}
							}
						}
					}
				}
			}
		}
	}
	if taken < 40 || refused < 500 {
		t.Errorf("%d were taken and %d refused", taken, refused)
	}
}

func plusOrder(s *edwards25519.Scalar) []byte {
	little := s.Bytes()
	slices.Reverse(little)
	sum := new(big.Int).Add(new(big.Int).SetBytes(little), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return sum
}

// TestDigits takes numbers whose digits carry or are 0, by signatures whose S is one:
// any R that fits makes it a right one.
func TestDigits(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := private.Public().(ed25519.PublicKey)
	key := must(curve.NewKey(public))
	most := new(big.Int).Sub(order, big.NewInt(1))
	for _, n := range []*big.Int{
		big.NewInt(0), big.NewInt(1), big.NewInt(63), big.NewInt(64), big.NewInt(65), big.NewInt(0x3fc0), big.NewInt(0x40c1), big.NewInt(127), big.NewInt(128), big.NewInt(129), big.NewInt(255), big.NewInt(256), big.NewInt(0x80ff), most,
		new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 252), big.NewInt(1)), new(big.Int).Lsh(big.NewInt(0x80), 240), new(big.Int).Lsh(big.NewInt(0x81), 240),
		new(big.Int).Lsh(big.NewInt(0x40), 245), new(big.Int).Lsh(big.NewInt(0x41), 245),
	} {
		s := n.FillBytes(make([]byte, 32))
		slices.Reverse(s)
		base := new(edwards25519.Point).ScalarBaseMult(must(new(edwards25519.Scalar).SetCanonicalBytes(s)))
		if got := curve.Multiple(s); !bytes.Equal(got, base.Bytes()) {
			t.Errorf("%d times the base point is %x, want %x", n, got, base.Bytes())
		}
	}
	if key.Verify(nil, nil) || key.Verify(nil, make([]byte, 63)) || key.Verify(nil, make([]byte, 65)) {
		t.Error("a signature of another length is taken")
	}
}

// TestEntries holds each point of the base point's table to what it is for.
func TestEntries(t *testing.T) {
	entries, short := 0, testing.Short()
	curve.Entries(func(digit, shift int, point []byte) {
		entries++
		n := new(big.Int).Lsh(big.NewInt(int64(digit)), uint(shift))
		if short && digit%16 != 0 {
			return
		}
		s := n.Mod(n, order).FillBytes(make([]byte, 32))
		slices.Reverse(s)
		want := new(edwards25519.Point).ScalarBaseMult(must(new(edwards25519.Scalar).SetCanonicalBytes(s)))
		if !bytes.Equal(point, want.Bytes()) {
			t.Fatalf("%d times 2 to the %d is %x, want %x", digit, shift, point, want.Bytes())
		}
	})
	if entries == 0 {
		t.Error("the table is empty")
	}
}

// TestAdditions holds sums and differences to those of edwards25519, for any two of some
// points: the identity, those of small order, random ones, both added, and the negatives
// of all of them, each once with Z 1 and once with another.
func TestAdditions(t *testing.T) {
	points := smallOrder(t)
	seeds := rand.NewChaCha8([32]byte{})
	for range 4 {
		seed := make([]byte, 64)
		seeds.Read(seed)
		random := new(edwards25519.Point).ScalarBaseMult(must(new(edwards25519.Scalar).SetUniformBytes(seed)))
		points = append(points, random, new(edwards25519.Point).Add(random, points[1+len(points)%7]))
	}
	for _, p := range slices.Clone(points) {
		points = append(points, new(edwards25519.Point).Negate(p))
	}
	for _, p := range slices.Clone(points) {
		points = append(points, must(new(edwards25519.Point).SetBytes(p.Bytes())))
	}
	add := curve.Adding(points)
	for i, p := range points {
		for j, q := range points {
			want := new(edwards25519.Point).Add(p, q)
			if got, encoded, err := add(p, j, false); err != nil || got.Equal(want) != 1 || encoded != [32]byte(want.Bytes()) {
				t.Fatalf("%d and %d: %x and %v, want %x", i, j, encoded, err, want.Bytes())
			}
			want.Subtract(p, q)
			if got, encoded, err := add(p, j, true); err != nil || got.Equal(want) != 1 || encoded != [32]byte(want.Bytes()) {
				t.Fatalf("%d without %d: %x and %v, want %x", i, j, encoded, err, want.Bytes())
			}
		}
	}
}

func TestNewKey(t *testing.T) {
	for _, public := range [][]byte{nil, make([]byte, 31), make([]byte, 33), bytes.Repeat([]byte{2}, 32)} {
		if _, err := curve.NewKey(public); err == nil {
			t.Errorf("%x is taken for a key", public)
		}
	}
}

func FuzzVerify(f *testing.F) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	f.Add([]byte(private.Public().(ed25519.PublicKey)), []byte("message"), ed25519.Sign(private, []byte("message")))
	f.Fuzz(func(t *testing.T, public, message, signature []byte) {
		if len(public) == ed25519.PublicKeySize { // crypto/ed25519 panics at other keys
			same(t, public, message, signature)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := private.Public().(ed25519.PublicKey)
	message := make([]byte, 4096)
	signature := ed25519.Sign(private, message)
	key := must(curve.NewKey(public))
	for name, verify := range map[string]func() bool{
		"Key":            func() bool { return key.Verify(message, signature) },
		"crypto_ed25519": func() bool { return ed25519.Verify(public, message, signature) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if !verify() {
					b.Fatal("a right signature is refused")
				}
			}
		})
	}
	b.Run("NewKey", func(b *testing.B) {
		for b.Loop() {
			must(curve.NewKey(public))
		}
	})
}
