package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const checkpointLimit = 64 << 10

// Origin names the log of a client's writer.
func Origin(client, writer string) string {
	return "msp-runbook.github.io/log/" + client + "/" + writer
}

// A Checkpoint is the signed head of a log: all of its first Size entries.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   [32]byte
	Text   []byte // the signed note, to the byte
}

// VerifierString is the key in the form that other tools for signed notes
// take, "origin+hash+base64". Only an Ed25519 key has one; for others it is "".
func VerifierString(origin string, key PublicKey) string {
	s, err := note.NewEd25519VerifierKey(origin, key.ed)
	if err != nil {
		return ""
	}
	return s
}

// A noteKey signs and verifies notes, holding keys to our own rules.
type noteKey struct {
	origin  string
	hash    uint32
	public  PublicKey
	private *PrivateKey // nil to verify only
}

func newNoteKey(origin string, key PublicKey) (*noteKey, error) {
	if key.Type() != Ed25519 {
		return nil, fmt.Errorf("the key of a log must be Ed25519, not %q", key.Type())
	}
	v, err := note.NewVerifier(VerifierString(origin, key))
	if err != nil {
		return nil, fmt.Errorf("the log %q: %w", origin, err)
	}
	return &noteKey{origin: origin, hash: v.KeyHash(), public: key}, nil
}

func (k *noteKey) Name() string                    { return k.origin }
func (k *noteKey) KeyHash() uint32                 { return k.hash }
func (k *noteKey) Verify(msg, sig []byte) bool     { return k.public.Verify(msg, sig) == nil }
func (k *noteKey) Sign(msg []byte) ([]byte, error) { return k.private.Sign(msg) }

func signCheckpoint(origin string, size int64, root tlog.Hash, key *PrivateKey) (Checkpoint, error) {
	signer, err := newNoteKey(origin, key.Public())
	if err != nil {
		return Checkpoint{}, err
	}
	signer.private = key
	text, err := note.Sign(&note.Note{Text: checkpointText(origin, size, root)}, signer)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("signing a checkpoint of %s: %w", origin, err)
	}
	return Checkpoint{origin, size, root, text}, nil
}

func checkpointText(origin string, size int64, root tlog.Hash) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, size, base64.StdEncoding.EncodeToString(root[:]))
}

// ParseCheckpoint reads a signed note as the checkpoint of the log origin,
// signed by key. Signatures of others beside it, of witnesses, are let be.
func ParseCheckpoint(data []byte, key PublicKey, origin string) (Checkpoint, error) {
	if len(data) > checkpointLimit {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: longer than %d bytes", ErrCorrupt, checkpointLimit)
	}
	verifier, err := newNoteKey(origin, key)
	if err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, explainNote(data, err, origin, key)
	}
	for _, sig := range slices.Concat(n.Sigs, n.UnverifiedSigs) {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return Checkpoint{}, fmt.Errorf("%w checkpoint: a signature isn't spelt in canonical base64", ErrCorrupt)
		}
	}
	cp, err := parseCheckpointText(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if cp.Origin != origin {
		return Checkpoint{}, fmt.Errorf("%w: the checkpoint is of %q, not of %q", ErrWrongOrigin, cp.Origin, origin)
	}
	cp.Text = bytes.Clone(data)
	return cp, nil
}

// explainNote says why the checkpoint isn't signed as it should be.
func explainNote(data []byte, err error, origin string, key PublicKey) error {
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified):
		n := unverified.Note
		if of, _, _ := strings.Cut(n.Text, "\n"); of != origin {
			return fmt.Errorf("%w: the checkpoint is of %q, not of %q", ErrWrongOrigin, of, origin)
		}
		for _, s := range n.UnverifiedSigs {
			if s.Name == origin {
				return fmt.Errorf("%w: the checkpoint was signed by another key (note key %08x) than %s", ErrWrongKey, s.Hash, key.ID())
			}
		}
		return fmt.Errorf("checkpoint: %w by the log itself", ErrNoSignature)
	case errors.As(err, &invalid):
		return fmt.Errorf("%w: the checkpoint, or the signature of %s on it, was changed", ErrBadSignature, key.ID())
	case !bytes.Contains(data, []byte("\n\n— ")):
		return fmt.Errorf("checkpoint: %w", ErrNoSignature)
	}
	return fmt.Errorf("%w checkpoint: %w", ErrCorrupt, err)
}

// parseCheckpointText reads the three lines of which there is one spelling.
func parseCheckpointText(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: it must have the lines origin, size, root and no more", ErrCorrupt)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: %q is no size", ErrCorrupt, lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: %q is no root hash", ErrCorrupt, lines[2])
	}
	cp := Checkpoint{Origin: lines[0], Size: size, Root: [32]byte(root)}
	if checkpointText(cp.Origin, cp.Size, cp.Root) != text {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: size and root aren't spelt as msp does", ErrCorrupt)
	}
	return cp, nil
}
