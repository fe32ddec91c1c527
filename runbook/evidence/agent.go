package evidence

import (
	"errors"
	"fmt"
	"io"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// ErrNotInAgent says that an agent doesn't hold a key.
var ErrNotInAgent = errors.New("the agent doesn't hold the key")

// An AgentKey signs with a key that an ssh-agent holds and never gives away.
type AgentKey struct {
	agent  agent.Agent
	public PublicKey
}

// AgentKeys are the keys that an ssh-agent holds.
type AgentKeys []*AgentKey

// OpenAgent asks an ssh-agent for its keys; the connection is its from then on.
// Keys of an algorithm that can't sign here are passed over.
func OpenAgent(conn io.ReadWriter) (AgentKeys, error) {
	client := agent.NewClient(conn)
	held, err := client.List()
	if err != nil {
		return nil, fmt.Errorf("asking the agent for its keys: %w", err)
	}
	var keys AgentKeys
	for _, k := range held {
		if public, err := ParsePublicKey([]byte(k.String())); err == nil {
			keys = append(keys, &AgentKey{client, public})
		}
	}
	return keys, nil
}

// Key finds the key with a fingerprint. The error is ErrNotInAgent when the agent
// has none.
func (k AgentKeys) Key(id string) (*AgentKey, error) {
	for _, key := range k {
		if key.public.ID() == id {
			return key, nil
		}
	}
	return nil, fmt.Errorf("%w %s", ErrNotInAgent, id)
}

// Public is the key that verifies the signatures.
func (k *AgentKey) Public() PublicKey { return k.public }

// Sign has the agent sign, and gives the signature as PublicKey.Verify checks
// it, which it does: what an agent gives is never passed on unseen.
func (k *AgentKey) Sign(message []byte) ([]byte, error) {
	wrapped, err := k.agent.Sign(k.public.ssh, message)
	if err != nil {
		return nil, fmt.Errorf("the agent doesn't sign with %s: %w", k.public.ID(), err)
	}
	signature, err := unwrapSignature(wrapped)
	if err != nil {
		return nil, fmt.Errorf("the agent's signature with %s: %w", k.public.ID(), err)
	}
	return signature, k.public.Verify(message, signature)
}

// unwrapSignature takes a signature out of SSH's form: for Ed25519 it is the
// bytes themselves (RFC 8709, section 6), for ECDSA two numbers (RFC 5656,
// section 3.1.2), which the rest of the world writes as ASN.1.
func unwrapSignature(s *ssh.Signature) ([]byte, error) {
	switch s.Format {
	case ssh.KeyAlgoED25519:
		return s.Blob, nil
	case ssh.KeyAlgoECDSA256:
		var pair struct{ R, S *big.Int }
		if err := ssh.Unmarshal(s.Blob, &pair); err != nil {
			return nil, err
		}
		var b cryptobyte.Builder
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(pair.R)
			b.AddASN1BigInt(pair.S)
		})
		return b.Bytes()
	default:
		return nil, fmt.Errorf("it is of the kind %q", s.Format)
	}
}
