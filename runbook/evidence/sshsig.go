package evidence

import (
	"bytes"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/ssh"
)

// SSHSIG, the signatures that ssh-keygen -Y makes and checks, as OpenSSH's
// PROTOCOL.sshsig specifies them.
const (
	sshSigMagic = "SSHSIG"
	sshSigBlock = "SSH SIGNATURE"
	sshSigHash  = "sha512"
)

type sshSigBlob struct {
	Version                       uint32
	PublicKey                     string
	Namespace, Reserved, HashName string
	Signature                     string
}

type sshSigned struct{ Namespace, Reserved, HashName, Hash string }

type sshSignature struct{ Format, Blob string }

// sshSigMessage is what is signed of a message.
func sshSigMessage(namespace string, message []byte) []byte {
	sum := sha512.Sum512(message)
	return append([]byte(sshSigMagic), ssh.Marshal(sshSigned{namespace, "", sshSigHash, string(sum[:])})...)
}

// SignSSH signs a message for a purpose, the namespace, in a form that
// ssh-keygen -Y verify checks.
func SignSSH(key Signer, namespace string, message []byte) ([]byte, error) {
	sig, err := key.Sign(sshSigMessage(namespace, message))
	if err != nil {
		return nil, err
	}
	public := key.Public()
	if public.Type() == ECDSAP256 {
		var rs struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(sig, &rs); err != nil {
			return nil, fmt.Errorf("the key %s gave no ECDSA signature: %w", public.ID(), err)
		}
		sig = ssh.Marshal(rs)
	}
	return encodeSSHSig(sshSigBlob{
		Version: 1, PublicKey: string(public.ssh.Marshal()), Namespace: namespace, HashName: sshSigHash,
		Signature: string(ssh.Marshal(sshSignature{public.ssh.Type(), string(sig)})),
	}), nil
}

func encodeSSHSig(blob sshSigBlob) []byte {
	return encodePEM(append([]byte(sshSigMagic), ssh.Marshal(blob)...))
}

// encodePEM breaks lines after 70 letters, as ssh-keygen does.
func encodePEM(data []byte) []byte {
	var flat []byte
	for line := range bytes.Lines(pem.EncodeToMemory(&pem.Block{Type: sshSigBlock, Bytes: data})) {
		if !bytes.HasPrefix(line, []byte("-----")) {
			flat = append(flat, bytes.TrimSuffix(line, []byte{'\n'})...)
		}
	}
	b := []byte("-----BEGIN " + sshSigBlock + "-----\n")
	for len(flat) > 0 {
		n := min(70, len(flat))
		b, flat = append(append(b, flat[:n]...), '\n'), flat[n:]
	}
	return append(b, "-----END "+sshSigBlock+"-----\n"...)
}

// VerifySSH gives the key that signed a message for a purpose. It takes only
// the spelling of SignSSH.
func VerifySSH(signature []byte, namespace string, message []byte) (PublicKey, error) {
	block, _ := pem.Decode(signature)
	if block == nil || block.Type != sshSigBlock {
		return PublicKey{}, errors.New("no SSH SIGNATURE block")
	}
	data, ok := bytes.CutPrefix(block.Bytes, []byte(sshSigMagic))
	var blob sshSigBlob
	if !ok || ssh.Unmarshal(data, &blob) != nil || !bytes.Equal(encodeSSHSig(blob), signature) {
		return PublicKey{}, errors.New("an SSH signature that isn't spelt as msp does")
	}
	if blob.Version != 1 || blob.Namespace != namespace || blob.Reserved != "" || blob.HashName != sshSigHash {
		return PublicKey{}, fmt.Errorf("an SSH signature for %q with %q, want %q with %s", blob.Namespace, blob.HashName, namespace, sshSigHash)
	}
	wire, err := ssh.ParsePublicKey([]byte(blob.PublicKey))
	if err != nil {
		return PublicKey{}, fmt.Errorf("unreadable public key: %w", err)
	}
	held, ok := wire.(ssh.CryptoPublicKey)
	if !ok {
		return PublicKey{}, fmt.Errorf("a key must be Ed25519 or ECDSA P-256, not %s", wire.Type())
	}
	key, err := newPublicKey(held.CryptoPublicKey())
	if err != nil {
		return PublicKey{}, err
	}
	var sig ssh.Signature
	if err := ssh.Unmarshal([]byte(blob.Signature), &sig); err != nil {
		return PublicKey{}, fmt.Errorf("%w: it can't be read", ErrBadSignature)
	}
	if err := key.ssh.Verify(sshSigMessage(namespace, message), &sig); err != nil {
		return PublicKey{}, fmt.Errorf("%w: not made by %s over these bytes", ErrBadSignature, key.ID())
	}
	return key, nil
}
