package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// PayloadType is the only kind of payload that msp seals.
const PayloadType = "application/vnd.in-toto+json"

// DefaultEnvelopeLimit is the size, in bytes, up to which an envelope is
// read when the caller names no other: a statement of 1 MiB in base64, and
// its signatures.
const DefaultEnvelopeLimit = 3 << 19

// An Envelope is a DSSE envelope as it was read: who signed it is known only
// after Verify.
type Envelope struct {
	Payload    []byte
	Signatures []Signature
	Digest     string // "sha256:" and the hash, in hex, of the envelope's bytes

	signed []byte // the PAE of the payload as it was read, if that is at hand
	head   int    // how much of it stands before the payload
}

// A Signature is over the PAE of the payload.
type Signature struct {
	KeyID string // a hint that nobody signed; may be empty
	Sig   []byte
}

type envelopeJSON struct {
	PayloadType string          `json:"payloadType"`
	Payload     string          `json:"payload"`
	Signatures  []signatureJSON `json:"signatures"`
}

type signatureJSON struct {
	KeyID string `json:"keyid,omitempty"`
	Sig   string `json:"sig"`
}

// PAE is DSSE's pre-authentication encoding, the bytes that are signed.
func PAE(payloadType string, payload []byte) []byte {
	return append(paeHead(nil, payloadType, len(payload)), payload...)
}

// paeHead is what stands before a payload of some length, with room for it, in a buffer
// or in a longer one in its place.
func paeHead(buffer []byte, payloadType string, size int) []byte {
	b := slices.Grow(buffer[:0], 48+len(payloadType)+size)
	b = append(b, "DSSEv1 "...)
	b = strconv.AppendInt(b, int64(len(payloadType)), 10)
	b = append(append(append(b, ' '), payloadType...), ' ')
	return append(strconv.AppendInt(b, int64(size), 10), ' ')
}

// A Signer signs with one key: a PrivateKey, or one that an agent holds.
type Signer interface {
	// Public is the key that verifies the signatures.
	Public() PublicKey
	// Sign signs as PublicKey.Verify checks.
	Sign(message []byte) ([]byte, error)
}

// Seal puts payload into an envelope with one signature for each key.
func Seal(payload []byte, keys ...Signer) ([]byte, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("sealing: %w: no key given", ErrNoSignature)
	}
	e := envelopeJSON{PayloadType: PayloadType, Payload: base64.StdEncoding.EncodeToString(payload)}
	signed := PAE(PayloadType, payload)
	for i, k := range keys {
		for _, before := range keys[:i] {
			if before.Public().Equal(k.Public()) {
				return nil, fmt.Errorf("sealing: the key %s was given twice", k.Public().ID())
			}
		}
		sig, err := k.Sign(signed)
		if err != nil {
			return nil, fmt.Errorf("sealing with %s: %w", k.Public().ID(), err)
		}
		e.Signatures = append(e.Signatures, signatureJSON{k.Public().ID(), base64.StdEncoding.EncodeToString(sig)})
	}
	return EncodeJSON(e)
}

// AddSignature gives the envelope's bytes with one signature more.
func (e *Envelope) AddSignature(key Signer) ([]byte, error) {
	sig, err := key.Sign(PAE(PayloadType, e.Payload))
	if err != nil {
		return nil, fmt.Errorf("sealing with %s: %w", key.Public().ID(), err)
	}
	written := envelopeJSON{PayloadType: PayloadType, Payload: base64.StdEncoding.EncodeToString(e.Payload)}
	for _, s := range append(e.Signatures[:len(e.Signatures):len(e.Signatures)], Signature{key.Public().ID(), sig}) {
		written.Signatures = append(written.Signatures, signatureJSON{s.KeyID, base64.StdEncoding.EncodeToString(s.Sig)})
	}
	return EncodeJSON(written)
}

// OpenEnvelope reads an envelope of at most maxBytes (0: DefaultEnvelopeLimit)
// and is strict about its form. It verifies nothing.
func OpenEnvelope(data []byte, maxBytes int) (*Envelope, error) {
	return openEnvelope(data, "", maxBytes, nil)
}

// openEnvelope reads an envelope with the digest given; "" is computed. The payload may
// lie in the buffer.
func openEnvelope(data []byte, digest string, maxBytes int, buffer []byte) (*Envelope, error) {
	if maxBytes == 0 {
		maxBytes = DefaultEnvelopeLimit
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("envelope of %d bytes: more than %d are refused", len(data), maxBytes)
	}
	open := openCanonical(data, buffer)
	if open == nil {
		var err error
		if open, err = openJSON(data); err != nil {
			return nil, fmt.Errorf("envelope: %w", err)
		}
	}
	if open.Digest = digest; digest == "" {
		open.Digest = digestOf(data)
	}
	return open, nil
}

// openJSON reads an envelope however it is written.
func openJSON(data []byte) (*Envelope, error) {
	var e envelopeJSON
	if err := DecodeStrict(data, &e); err != nil {
		return nil, err
	}
	if e.PayloadType != PayloadType {
		return nil, fmt.Errorf("payload type %q is not %q", e.PayloadType, PayloadType)
	}
	if len(e.Signatures) == 0 {
		return nil, ErrNoSignature
	}
	payload, err := decodeBase64(e.Payload)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	open := &Envelope{Payload: payload}
	for i, s := range e.Signatures {
		sig, err := decodeBase64(s.Sig)
		if err != nil {
			return nil, fmt.Errorf("signature %d: %w", i+1, err)
		}
		if len(sig) == 0 {
			return nil, fmt.Errorf("signature %d: %w", i+1, ErrNoSignature)
		}
		open.Signatures = append(open.Signatures, Signature{s.KeyID, sig})
	}
	return open, nil
}

// decodeBase64 takes the one canonical form: padded, no line breaks, no
// stray bits, so that nobody can reword an envelope.
func decodeBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("not base64: %w", err)
	}
	if base64.StdEncoding.EncodedLen(len(b)) != len(s) {
		return nil, errors.New("not base64: line breaks")
	}
	return b, nil
}

// Verify returns the keys that signed the envelope, each once. It fails when
// any of the signatures is wrong or is by none of keys: a wrong signature is
// never passed over because of a right one beside it.
func (e *Envelope) Verify(keys ...PublicKey) ([]PublicKey, error) {
	if len(e.Signatures) == 0 {
		return nil, ErrNoSignature
	}
	var signers []PublicKey
	message := e.message()
	for _, s := range e.Signatures {
		k, err := s.signer(message, keys)
		if err != nil {
			return nil, err
		}
		if !holds(signers, k) {
			signers = append(signers, k)
		}
	}
	return signers, nil
}

// message is what was signed: the PAE at hand, as long as it is still that of the payload.
func (e *Envelope) message() []byte {
	if e.signed != nil && bytes.Equal(e.signed[e.head:], e.Payload) {
		return e.signed
	}
	return PAE(PayloadType, e.Payload)
}

// signer finds the key that made the signature. The key id saves work and
// gives a better error; it decides nothing.
func (s Signature) signer(message []byte, keys []PublicKey) (PublicKey, error) {
	for _, k := range keys {
		if s.KeyID != k.ID() {
			continue
		}
		if err := k.Verify(message, s.Sig); err != nil {
			return PublicKey{}, err
		}
		return k, nil
	}
	for _, k := range keys {
		if k.Verify(message, s.Sig) != nil {
			continue
		}
		if s.KeyID != "" {
			return PublicKey{}, fmt.Errorf("%w: it names the key %s and was made by %s", ErrBadSignature, s.KeyID, k.ID())
		}
		return k, nil
	}
	if s.KeyID == "" {
		return PublicKey{}, fmt.Errorf("%w: a signature by none of the keys expected", ErrUnknownSigner)
	}
	return PublicKey{}, fmt.Errorf("%w: signed by %s, which is none of the keys expected", ErrUnknownSigner, strconv.Quote(s.KeyID))
}

func holds(keys []PublicKey, k PublicKey) bool {
	for _, have := range keys {
		if have.Equal(k) {
			return true
		}
	}
	return false
}
