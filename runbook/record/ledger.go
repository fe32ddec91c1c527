package record

import (
	"context"
	"fmt"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// MaxStatement is the most bytes of a statement's envelope unless a user's
// settings say otherwise.
const MaxStatement = 1 << 20

// A Ledger is where one installation writes the statements about one client:
// the client's evidence, the writer's log in it, and the operator's key.
type Ledger struct {
	Disk     *evidence.Disk
	Store    *evidence.Store
	Log      *evidence.Log
	Client   string
	Writer   Signer // the id of the writer and its public key
	Operator evidence.Signer
	Limit    int // bytes of an envelope; 0 is MaxStatement
}

// Signer is the operator's public key.
func (l *Ledger) Signer() Signer { return SignerOf(l.Operator.Public()) }

// SignerOf names a key as statements do.
func SignerOf(key evidence.PublicKey) Signer { return Signer{ID: key.ID(), Key: key.AuthorizedKey()} }

// MaxBytes is the most bytes of an envelope.
func (l *Ledger) MaxBytes() int {
	if l.Limit > 0 {
		return l.Limit
	}
	return MaxStatement
}

// Write signs a statement, stores it and puts it into the log. When it returns
// without an error the statement is durable and in the log. The digest is that
// of the envelope; index is its place in the log.
func (l *Ledger) Write(ctx context.Context, kind, run string, subjects []evidence.Subject, predicate any) (digest string, index int64, err error) {
	return l.write(ctx, kind, run, subjects, predicate, l.Operator)
}

// Say signs and logs a statement with these keys, or with the operator's when
// none is given. Its subjects are its documents and its blobs.
func (l *Ledger) Say(ctx context.Context, kind string, s Statement, keys ...evidence.Signer) (digest string, index int64, err error) {
	if len(keys) == 0 {
		keys = []evidence.Signer{l.Operator}
	}
	return l.write(ctx, kind, s.Head().Run, subjectsOf(s), s, keys...)
}

func subjectsOf(s Statement) []evidence.Subject {
	var subjects []evidence.Subject
	head := s.Head()
	for _, b := range append(head.Documents, head.Blobs...) {
		subjects = append(subjects, BlobSubject(b.Name, b.Digest))
	}
	return subjects
}

// Seal signs a statement and neither stores nor logs it.
func (l *Ledger) Seal(kind string, s Statement, keys ...evidence.Signer) ([]byte, error) {
	payload, err := evidence.EncodeStatement(PredicateType(kind), subjectsOf(s), s)
	if err != nil {
		return nil, err
	}
	return evidence.Seal(payload, keys...)
}

func (l *Ledger) write(ctx context.Context, kind, run string, subjects []evidence.Subject, predicate any, keys ...evidence.Signer) (digest string, index int64, err error) {
	payload, err := evidence.EncodeStatement(PredicateType(kind), subjects, predicate)
	if err != nil {
		return "", 0, err
	}
	envelope, err := evidence.Seal(payload, keys...)
	if err != nil {
		return "", 0, fmt.Errorf("signing the %s statement: %w", kind, err)
	}
	if len(envelope) > l.MaxBytes() {
		return "", 0, fmt.Errorf("the %s statement has %d bytes, the most is %d", kind, len(envelope), l.MaxBytes())
	}
	return l.Adopt(ctx, kind, run, envelope)
}

// Adopt stores and logs an envelope that was signed before.
func (l *Ledger) Adopt(ctx context.Context, kind, run string, envelope []byte) (digest string, index int64, err error) {
	digest, err = l.Store.PutEnvelope(envelope)
	if err != nil {
		return "", 0, fmt.Errorf("storing the %s statement: %w", kind, err)
	}
	index, _, err = l.Log.Append(ctx, evidence.Leaf{Kind: kind, Run: run, Envelope: digest})
	if err != nil {
		return "", 0, fmt.Errorf("logging the %s statement: %w", kind, err)
	}
	return digest, index, nil
}

// PutJSON keeps a value as a blob.
func (l *Ledger) PutJSON(v any) (digest string, err error) {
	content, err := evidence.EncodeJSON(v)
	if err != nil {
		return "", err
	}
	blob, err := l.Store.PutBlob(content)
	if err != nil {
		return "", err
	}
	return blob.Digest, nil
}

// GetJSON reads such a blob back, strictly.
func GetJSON(store *evidence.Store, digest string, into any) error {
	return store.UseBlob(digest, maxBlobRead, func(content []byte) error {
		if err := evidence.DecodeStrict(content, into); err != nil {
			return fmt.Errorf("the blob %s: %w", digest, err)
		}
		return nil
	})
}

// maxBlobRead bounds what is read of a blob into memory.
const maxBlobRead = 8 << 20

// GetBlob reads a small blob whole.
func GetBlob(store *evidence.Store, digest string) ([]byte, error) {
	return store.ReadBlob(digest, maxBlobRead)
}

// BlobSubject is how a statement names a blob for other people's tools.
func BlobSubject(name, digest string) evidence.Subject {
	return evidence.Subject{Name: name, SHA256: strings.TrimPrefix(digest, "sha256:")}
}
