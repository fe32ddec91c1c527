// Package witness asks witnesses to cosign a checkpoint, and is one.
//
// A witness remembers of each log the newest checkpoint that it has seen, and
// nothing else. It cosigns a checkpoint that provably continues that one, so a log
// can't show one history to it and another to somebody else. It need not trust
// whoever writes the log, and learns nothing of what is in it.
//
// The protocol is https://c2sp.org/tlog-witness, what a witness gives is a
// cosignature/v1 of https://c2sp.org/tlog-cosignature: any witness of that
// kind will do for msp, and msp is one for any such log.
package witness

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// A Verifier is a witness as others know it: a name and a key.
type Verifier struct {
	name string
	note note.Verifier
}

// ParseVerifier reads a witness's verifier key, "name+hash+key". A key of low
// order or of another algorithm than Ed25519 is refused.
func ParseVerifier(text string) (Verifier, error) {
	name, key, err := evidence.ParseVerifierString(strings.TrimSpace(text))
	if err != nil {
		return Verifier{}, err
	}
	v, err := formats.NewVerifierForCosignatureV1(evidence.CosignerString(name, key))
	if err != nil {
		return Verifier{}, fmt.Errorf("the verifier key of %s: %w", name, err)
	}
	return Verifier{name, v}, nil
}

// Name is the witness's own name for itself.
func (v Verifier) Name() string { return v.name }

// Check finds this witness's cosignature among the signature lines of lines, and
// holds it to a checkpoint. Lines of others are passed over. At is when the witness
// says that it saw the checkpoint, to the second.
func (v Verifier) Check(checkpoint, lines []byte) (line []byte, at time.Time, err error) {
	text, _, found := strings.Cut(string(checkpoint), "\n\n")
	if !found {
		return nil, at, errors.New("no checkpoint: it has no signatures")
	}
	n, err := note.Open([]byte(text+"\n\n"+string(lines)), note.VerifierList(v.note))
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified):
		return nil, at, fmt.Errorf("%w: no cosignature by the witness %s", evidence.ErrNoSignature, v.name)
	case errors.As(err, &invalid):
		return nil, at, fmt.Errorf("%w: the witness %s did not cosign this checkpoint", evidence.ErrBadSignature, v.name)
	case err != nil:
		return nil, at, fmt.Errorf("the cosignature can't be read: %w", err)
	}
	at, err = formats.CoSigV1Timestamp(n.Sigs[0])
	return []byte("— " + n.Sigs[0].Name + " " + n.Sigs[0].Base64 + "\n"), at, err
}

// cosign makes a witness's signature line for a checkpoint.
func cosign(name string, key evidence.Signer, text string, at time.Time) (string, error) {
	seconds := at.Unix()
	if seconds < 0 {
		return "", fmt.Errorf("the clock says %s: a cosignature can't state a time before 1970", at.UTC().Format(time.RFC3339))
	}
	signature, err := key.Sign(fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", seconds, text))
	if err != nil {
		return "", err
	}
	vkey := evidence.CosignerString(name, key.Public())
	if vkey == "" {
		return "", errors.New("a witness needs an Ed25519 key")
	}
	id, err := hex.DecodeString(strings.Split(vkey, "+")[1])
	if err != nil {
		return "", err
	}
	data := binary.BigEndian.AppendUint64(id, uint64(seconds))
	return "— " + name + " " + base64.StdEncoding.EncodeToString(append(data, signature...)) + "\n", nil
}
