package evidence

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"golang.org/x/crypto/ssh"
)

func TestKeysRoundTrip(t *testing.T) {
	for _, algorithm := range []string{Ed25519, ECDSAP256} {
		t.Run(algorithm, func(t *testing.T) {
			k := newKey(t, algorithm)
			file, err := k.Marshal("me@here")
			if err != nil {
				t.Fatal(err)
			}
			again, err := ParsePrivateKey(file)
			if err != nil {
				t.Fatal(err)
			}
			public, err := ParsePublicKey([]byte(k.Public().AuthorizedKey() + " a comment\n"))
			if err != nil {
				t.Fatal(err)
			}
			fromPEM, err := ParsePublicKeyPEM(k.Public().PEM())
			if err != nil {
				t.Fatal(err)
			}
			if !public.Equal(k.Public()) || !fromPEM.Equal(k.Public()) || !again.Public().Equal(public) {
				t.Error("the key isn't equal to itself")
			}
			if public.ID() != k.Public().ID() || !strings.HasPrefix(public.ID(), "SHA256:") || public.Type() != algorithm {
				t.Errorf("id %q, type %q", public.ID(), public.Type())
			}
			sig, err := again.Sign([]byte("message"))
			if err != nil {
				t.Fatal(err)
			}
			if err := public.Verify([]byte("message"), sig); err != nil {
				t.Error(err)
			}
			other := newKey(t, algorithm).Public()
			if other.Equal(public) {
				t.Error("two keys are equal")
			}
			sig2 := bytes.Clone(sig)
			sig2[len(sig2)-1] ^= 1
			for _, err := range []error{
				public.Verify([]byte("massage"), sig), public.Verify([]byte("message"), sig2),
				public.Verify([]byte("message"), nil), other.Verify([]byte("message"), sig),
			} {
				if !errors.Is(err, ErrBadSignature) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

func TestZeroKeyVerifiesNothing(t *testing.T) {
	var k PublicKey
	if err := k.Verify(nil, make([]byte, 64)); !errors.Is(err, ErrWeakKey) {
		t.Errorf("got %v", err)
	}
	if k.AuthorizedKey() != "" || k.PEM() != nil || k.ID() != "" || k.Type() != "" {
		t.Error("no key has a name")
	}
	if k.Equal(newKey(t, Ed25519).Public()) || !k.Equal(PublicKey{}) {
		t.Error("no key equals a key")
	}
}

// lowOrder computes the eight points of low order: multiples of one that is
// what is left of a point after multiplying by the order of the main group.
func lowOrder(t *testing.T) [][]byte {
	t.Helper()
	// The group's order l, minus one, as a scalar; l*P = (l-1)*P + P.
	minusOne := edwards25519.NewScalar().Negate(scalarOne(t))
	points := make(map[string]bool)
	for i := byte(0); len(points) < 8; i++ {
		p, err := new(edwards25519.Point).SetBytes(append([]byte{i}, make([]byte, 31)...))
		if err != nil {
			continue
		}
		torsion := new(edwards25519.Point).Add(new(edwards25519.Point).ScalarMult(minusOne, p), p)
		sum := edwards25519.NewIdentityPoint()
		for range 8 {
			points[string(sum.Bytes())] = true
			sum.Add(sum, torsion)
		}
	}
	var all [][]byte
	for p := range points {
		all = append(all, []byte(p))
	}
	return all
}

func scalarOne(t *testing.T) *edwards25519.Scalar {
	t.Helper()
	one, err := edwards25519.NewScalar().SetCanonicalBytes(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func authorizedLine(t *testing.T, key []byte) []byte {
	t.Helper()
	wire, err := ssh.NewPublicKey(ed25519.PublicKey(key))
	if err != nil {
		t.Fatal(err)
	}
	return ssh.MarshalAuthorizedKey(wire)
}

func pkix(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestLowOrderKeysAreRefused(t *testing.T) {
	for _, key := range lowOrder(t) {
		_, err := ParsePublicKey(authorizedLine(t, key))
		_, errPEM := ParsePublicKeyPEM(pkix(t, ed25519.PublicKey(key)))
		for _, err := range []error{err, errPEM} {
			if !errors.Is(err, ErrWeakKey) || !strings.Contains(err.Error(), "low-order key") {
				t.Errorf("%x: %v", key, err)
			}
		}
	}
}

func TestNonCanonicalKeysAreRefused(t *testing.T) {
	for _, key := range []string{
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p+1, low order
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p, low order
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p+3: 3 in another spelling
		"0100000000000000000000000000000000000000000000000000000000000080", // x = -0
		"0200000000000000000000000000000000000000000000000000000000000000", // no point
	} {
		b, err := hex.DecodeString(key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePublicKey(authorizedLine(t, b)); !errors.Is(err, ErrWeakKey) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	line := newKey(t, Ed25519).Public().AuthorizedKey()
	kind, blob, _ := strings.Cut(line, " ")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaWire, err := ssh.NewPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ line, want string }{
		"empty":      {"", "a public key reads"},
		"one word":   {kind, "a public key reads"},
		"two lines":  {line + "\n" + line, "one line"},
		"options":    {`command="true" ` + line, "illegal base64"},
		"base64":     {kind + " !!!!", "illegal base64"},
		"truncated":  {kind + " " + blob[:40], "unreadable"},
		"wrong type": {"ecdsa-sha2-nistp256 " + blob, "the key in it is ssh-ed25519"},
		"rsa":        {string(ssh.MarshalAuthorizedKey(rsaWire)), "must be Ed25519 or ECDSA P-256"},
	} {
		if _, err := ParsePublicKey([]byte(c.line)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, data := range map[string][]byte{
		"empty": nil, "private": []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
		"garbage": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}),
		"twice":   append(pkix(t, &p384.PublicKey), pkix(t, &p384.PublicKey)...),
		"P-384":   pkix(t, &p384.PublicKey), "RSA": pkix(t, &rsaKey.PublicKey),
	} {
		if k, err := ParsePublicKeyPEM(data); err == nil {
			t.Errorf("%s: read as %s", name, k.ID())
		}
	}
}

func TestParsePrivateKeyRefuses(t *testing.T) {
	_, seed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := ssh.MarshalPrivateKeyWithPassphrase(seed, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	file := pem.EncodeToMemory(encrypted)
	if _, err := ParsePrivateKey(file); !errors.Is(err, ErrPassphrase) {
		t.Errorf("encrypted: %v", err)
	}
	if _, err := ParsePrivateKeyWithPassphrase(file, []byte("guess")); err == nil || err.Error() != "wrong passphrase" {
		t.Errorf("wrong passphrase: %v", err)
	}
	if k, err := ParsePrivateKeyWithPassphrase(file, []byte("secret")); err != nil || !bytes.Equal(k.ed, seed) {
		t.Errorf("right passphrase: %v", err)
	}

	mixed := bytes.Clone(seed)
	copy(mixed[32:], newKey(t, Ed25519).ed[32:])
	block, err := ssh.MarshalPrivateKey(ed25519.PrivateKey(mixed), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParsePrivateKey(pem.EncodeToMemory(block)); err == nil || !strings.Contains(err.Error(), "don't belong together") {
		t.Errorf("two halves of two keys: %v", err)
	}
	for _, data := range []string{"", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"} {
		if _, err := ParsePrivateKey([]byte(data)); err == nil {
			t.Errorf("%q was read", data)
		}
	}
	if _, err := GenerateKey("rsa"); err == nil {
		t.Error("an RSA key was made")
	}
}
