package evidence

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/msp-runbook/msp/runbook/evidence/curve"
)

// The algorithms of keys.
const (
	Ed25519   = "ed25519"
	ECDSAP256 = "ecdsa-p256"
)

// A PublicKey is an Ed25519 key or an ECDSA key on P-256. None can be had that
// is weak: all ways to make one check it. The zero value verifies nothing.
type PublicKey struct {
	ed    ed25519.PublicKey
	ec    *ecdsa.PublicKey
	ssh   ssh.PublicKey
	id    string
	often *often // of an Ed25519 key
}

func newPublicKey(key crypto.PublicKey) (PublicKey, error) {
	var k PublicKey
	switch key := key.(type) {
	case ed25519.PublicKey:
		if err := checkEd25519(key); err != nil {
			return PublicKey{}, err
		}
		k.ed, k.often = key, &often{}
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return PublicKey{}, errors.New("an ECDSA key must be on the curve P-256")
		}
		k.ec = key
	default:
		return PublicKey{}, fmt.Errorf("a key must be Ed25519 or ECDSA P-256, not %T", key)
	}
	wire, err := ssh.NewPublicKey(key)
	if err != nil {
		return PublicKey{}, err
	}
	k.ssh, k.id = wire, ssh.FingerprintSHA256(wire)
	return k, nil
}

// checkEd25519 refuses weak keys, which crypto/ed25519 would take.
func checkEd25519(key ed25519.PublicKey) error {
	if err := curve.Weakness(key); err != nil {
		return fmt.Errorf("%w: %w", ErrWeakKey, err)
	}
	return nil
}

// ParsePublicKey reads one line as OpenSSH writes it into a .pub file:
// "ssh-ed25519 AAAA… comment".
func ParsePublicKey(authorizedKeyLine []byte) (PublicKey, error) {
	line := strings.TrimSpace(string(authorizedKeyLine))
	if strings.ContainsAny(line, "\r\n") {
		return PublicKey{}, errors.New("a public key is one line")
	}
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return PublicKey{}, errors.New(`a public key reads "ssh-ed25519 AAAA… comment"`)
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(fields[1])
	if err != nil {
		return PublicKey{}, fmt.Errorf(`a public key reads "ssh-ed25519 AAAA… comment": %w`, err)
	}
	wire, err := ssh.ParsePublicKey(blob)
	if err != nil {
		return PublicKey{}, fmt.Errorf("unreadable public key: %w", err)
	}
	if wire.Type() != fields[0] {
		return PublicKey{}, fmt.Errorf("the line says %s, the key in it is %s", fields[0], wire.Type())
	}
	key, ok := wire.(ssh.CryptoPublicKey)
	if !ok {
		return PublicKey{}, fmt.Errorf("a key must be Ed25519 or ECDSA P-256, not %s", wire.Type())
	}
	return newPublicKey(key.CryptoPublicKey())
}

// ParsePublicKeyPEM reads a "PUBLIC KEY" block, as openssl writes it.
func ParsePublicKeyPEM(data []byte) (PublicKey, error) {
	block, rest := pem.Decode(data)
	if block == nil || block.Type != "PUBLIC KEY" {
		return PublicKey{}, errors.New("no PUBLIC KEY block of PEM")
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return PublicKey{}, errors.New("data after the PUBLIC KEY block")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return PublicKey{}, fmt.Errorf("unreadable public key: %w", err)
	}
	return newPublicKey(key)
}

// ID is OpenSSH's fingerprint, "SHA256:" and unpadded base64.
func (k PublicKey) ID() string { return k.id }

// Type is the key's algorithm.
func (k PublicKey) Type() string {
	switch {
	case k.ed != nil:
		return Ed25519
	case k.ec != nil:
		return ECDSAP256
	}
	return ""
}

// AuthorizedKey is the line that ParsePublicKey reads, without a comment.
func (k PublicKey) AuthorizedKey() string {
	if k.ssh == nil {
		return ""
	}
	return strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(k.ssh)), "\n")
}

// PEM is what ParsePublicKeyPEM and openssl read.
func (k PublicKey) PEM() []byte {
	var der []byte
	var err error
	switch {
	case k.ed != nil:
		der, err = x509.MarshalPKIXPublicKey(k.ed)
	case k.ec != nil:
		der, err = x509.MarshalPKIXPublicKey(k.ec)
	}
	if err != nil || der == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// Equal says whether both are one key.
func (k PublicKey) Equal(other PublicKey) bool {
	switch {
	case k.ed != nil && other.ed != nil:
		return k.ed.Equal(other.ed)
	case k.ec != nil && other.ec != nil:
		return k.ec.Equal(other.ec)
	}
	return k.Type() == "" && other.Type() == ""
}

// Verify checks a signature: 64 bytes for Ed25519; ASN.1 over the message's
// SHA-256 for ECDSA. The error is ErrBadSignature, or ErrWeakKey for no key.
func (k PublicKey) Verify(message, signature []byte) error {
	switch {
	case k.ed != nil:
		if k.often.verify(k.ed, message, signature) {
			return nil
		}
	case k.ec != nil:
		sum := sha256.Sum256(message)
		if ecdsa.VerifyASN1(k.ec, sum[:], signature) {
			return nil
		}
	default:
		return fmt.Errorf("%w: no key", ErrWeakKey)
	}
	return fmt.Errorf("%w: not made by %s over these bytes", ErrBadSignature, k.id)
}

// A PrivateKey signs.
type PrivateKey struct {
	ed     ed25519.PrivateKey
	ec     *ecdsa.PrivateKey
	public PublicKey
}

func newPrivateKey(key any) (*PrivateKey, error) {
	switch key := key.(type) {
	case *ed25519.PrivateKey:
		return newPrivateKey(*key)
	case ed25519.PrivateKey:
		// A public half that doesn't belong to the seed would make each
		// signature leak the key.
		if len(key) != ed25519.PrivateKeySize || !bytes.Equal(key, ed25519.NewKeyFromSeed(key.Seed())) {
			return nil, errors.New("the two halves of the private key don't belong together")
		}
		public, err := newPublicKey(key.Public())
		return &PrivateKey{ed: key, public: public}, err
	case *ecdsa.PrivateKey:
		public, err := newPublicKey(&key.PublicKey)
		return &PrivateKey{ec: key, public: public}, err
	}
	return nil, fmt.Errorf("a key must be Ed25519 or ECDSA P-256, not %T", key)
}

// GenerateKey makes a key of the algorithm named, Ed25519 or ECDSAP256.
func GenerateKey(algorithm string) (*PrivateKey, error) {
	switch algorithm {
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		return newPrivateKey(key)
	case ECDSAP256:
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		return newPrivateKey(key)
	}
	return nil, fmt.Errorf("unknown key algorithm %q: want %s or %s", algorithm, Ed25519, ECDSAP256)
}

// ParsePrivateKey reads a private key file of OpenSSH. For an encrypted one
// the error is ErrPassphrase.
func ParsePrivateKey(data []byte) (*PrivateKey, error) {
	return parsePrivateKey(data, ssh.ParseRawPrivateKey)
}

// ParsePrivateKeyWithPassphrase reads an encrypted private key file of OpenSSH.
func ParsePrivateKeyWithPassphrase(data, passphrase []byte) (*PrivateKey, error) {
	return parsePrivateKey(data, func(data []byte) (any, error) {
		return ssh.ParseRawPrivateKeyWithPassphrase(data, passphrase)
	})
}

func parsePrivateKey(data []byte, parse func([]byte) (any, error)) (*PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "OPENSSH PRIVATE KEY" {
		return nil, errors.New("not a private key file of OpenSSH")
	}
	key, err := parse(data)
	var encrypted *ssh.PassphraseMissingError
	if errors.As(err, &encrypted) {
		return nil, ErrPassphrase
	}
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, ErrWrongPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("unreadable private key: %w", err)
	}
	return newPrivateKey(key)
}

// Marshal writes the private key as OpenSSH does, without a passphrase.
func (k *PrivateKey) Marshal(comment string) ([]byte, error) {
	block, err := ssh.MarshalPrivateKey(k.private(), comment)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}

// MarshalWithPassphrase writes the private key as OpenSSH does, encrypted.
func (k *PrivateKey) MarshalWithPassphrase(comment string, passphrase []byte) ([]byte, error) {
	if len(passphrase) == 0 {
		return nil, errors.New("an empty passphrase protects nothing")
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(k.private(), comment, passphrase)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}

func (k *PrivateKey) private() crypto.PrivateKey {
	if k.ec != nil {
		return k.ec
	}
	return k.ed
}

// Public is the key that verifies what this one signs.
func (k *PrivateKey) Public() PublicKey { return k.public }

// Sign signs as PublicKey.Verify checks.
func (k *PrivateKey) Sign(message []byte) ([]byte, error) {
	if k.ec != nil {
		sum := sha256.Sum256(message)
		return ecdsa.SignASN1(rand.Reader, k.ec, sum[:])
	}
	return ed25519.Sign(k.ed, message), nil
}
