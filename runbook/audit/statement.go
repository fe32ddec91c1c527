package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// A statement is one that was read from its envelope and is signed by whom it
// names. Of start, segment, end and plan the one that body is is set.
type statement struct {
	ref
	key      evidence.PublicKey   // of the first who signed
	keys     []evidence.PublicKey // of all who signed
	subjects []evidence.Subject
	body     record.Statement
	head     record.Head // of the body

	start   *record.RunStart
	segment *record.Segment
	end     *record.RunEnd
	plan    *record.Plan
}

// file is the path of an envelope below the client's folder.
func (r ref) file() string {
	hex := strings.TrimPrefix(r.leaf.Envelope, "sha256:")
	return "records/" + hex[:2] + "/" + hex + ".dsse.json"
}

func (r ref) place() place {
	return place{file: r.file(), run: r.leaf.Run, statement: r.leaf.Envelope}
}

// name is how messages call a leaf.
func (r ref) name() string {
	if r.index == notLookedFor {
		return fmt.Sprintf("the %s statement (taken to be in the log of %s, before the checkpoint)", r.leaf.Kind, r.log.writer)
	}
	return fmt.Sprintf("the %s statement (entry %d of the log of %s)", r.leaf.Kind, r.index, r.log.writer)
}

// run is whose run it is a part of; "" when it is part of none.
func (s *statement) run() string { return s.head.Run }

// startRef is the digest of the run-start that a segment or an end names.
func (s *statement) startRef() string {
	if s.segment != nil {
		return s.segment.Start
	}
	return s.end.Start
}

// until is when a statement claims to have been made.
func (s *statement) until() time.Time { return s.head.Made }

// writer is the log that a statement was made for.
func (s *statement) writer() record.Signer { return s.head.Writer }

func (s *statement) steps() []record.Step {
	switch {
	case s.segment != nil:
		return s.segment.Steps
	case s.end != nil:
		return s.end.Steps
	default:
		return nil
	}
}

// readStatement reads the statement of a leaf. Nil means that it can't be
// relied on, and a finding says why; the error is of reading the file.
func (v *reader) readStatement(r ref) (*statement, error) {
	if !record.Known(r.leaf.Kind) {
		at := r.place()
		at.cause = r.leaf.Kind
		v.broken(ruleKindUnknown, at, "entry %d of the log of %s is a %q statement, which this msp can't read", r.index, r.log.writer, r.leaf.Kind)
		return nil, nil
	}
	s := &statement{ref: r}
	err := v.store.UseEnvelope(r.leaf.Envelope, v.limit, func(envelope *evidence.Envelope) error {
		if err := s.decode(envelope); err != nil {
			return err
		}
		return v.verifySigners(s, envelope)
	})
	var at *evidence.FileError
	var path *fs.PathError
	switch {
	case err == nil:
	case errors.Is(err, evidence.ErrMissing):
		v.broken(ruleFileMissing, r.place(), "%s is missing", r.name())
		return nil, nil
	case errors.As(err, &at):
		v.broken(ruleRecordChanged, r.place(), "%s was changed: %s", r.name(), at.What)
		return nil, nil
	case errors.As(err, &path):
		return nil, err
	default:
		v.broken(statementRule(err), r.place(), "%s: %v", r.name(), err)
		return nil, nil
	}
	v.checkSigner(s)
	if s.run() != r.leaf.Run {
		v.broken(ruleSpliced, r.place(), "%s is of the run %s, and the log calls it a part of the run %s", r.name(), quoted(s.run()), quoted(r.leaf.Run))
		return nil, nil
	}
	v.newest = append(v.newest, newest{r, s.until()})
	return s, nil
}

// errKind says that a statement is of another kind than its leaf.
var errKind = errors.New("another kind")

func statementRule(err error) string {
	switch {
	case errors.Is(err, evidence.ErrNoSignature):
		return ruleSignatureMissing
	case errors.Is(err, evidence.ErrWeakKey):
		return ruleWeakKey
	case errors.Is(err, evidence.ErrBadSignature), errors.Is(err, evidence.ErrUnknownSigner):
		return ruleSignatureWrong
	case errors.Is(err, errKind):
		return ruleKindDiffers
	default:
		return ruleMalformed
	}
}

// decode reads exactly the bytes that were signed, strictly.
func (s *statement) decode(envelope *evidence.Envelope) error {
	s.body = record.New(s.leaf.Kind)
	told, err := evidence.DecodeStatementOf(envelope.Payload, record.PredicateType(s.leaf.Kind), s.body)
	if told != nil && told.PredicateType != record.PredicateType(s.leaf.Kind) {
		return fmt.Errorf("%w: it says %q, the log says %s", errKind, told.PredicateType, s.leaf.Kind)
	}
	if err != nil {
		return err
	}
	s.subjects, s.head = told.Subjects, s.body.Head()
	s.start, _ = s.body.(*record.RunStart)
	s.segment, _ = s.body.(*record.Segment)
	s.end, _ = s.body.(*record.RunEnd)
	s.plan, _ = s.body.(*record.Plan)
	return s.checkWords()
}

// verifySigners holds the signatures to the keys that the statement names.
func (a *audit) verifySigners(s *statement, envelope *evidence.Envelope) (err error) {
	if s.keys, err = record.VerifySigners(envelope, s.head, a.key); err != nil {
		return err
	}
	s.key = s.keys[0]
	return nil
}

// key reads a public key. Few keys stand in many statements, and to find that
// one isn't weak takes a third of the time of a signature.
func (a *audit) key(line string) (evidence.PublicKey, error) {
	return a.keys.get(line, func() (evidence.PublicKey, error) { return evidence.ParsePublicKey([]byte(line)) })
}

func (a *audit) accepts(key evidence.PublicKey) bool {
	return len(a.pins.Signers) == 0 || slices.ContainsFunc(a.pins.Signers, key.Equal)
}

// byWriter: what a writer states by itself is signed with the key of its log.
func (s *statement) byWriter() bool {
	switch s.body.(type) {
	case *record.Anchor, *record.Unmet, *record.Notice, *record.Item:
		return s.key.Equal(s.log.key)
	default:
		return false
	}
}

func (v *reader) checkSigner(s *statement) {
	if s.byWriter() {
		return
	}
	v.signers = append(v.signers, s.key.ID())
	if v.accepts(s.key) || s.leaf.Kind == record.KindTrust { // whose signers are held to the chain
		return
	}
	at := s.place()
	at.cause = s.key.ID()
	v.broken(ruleSignerUnknown, at, "%s was signed by %s, who is none of the %d accepted signers", s.name(), s.key.ID(), len(v.pins.Signers))
}

// subjectsDiffer says how the subjects are not what the statement speaks of:
// the documents and each blob, and nothing else.
func (s *statement) subjectsDiffer(documents ...record.NamedBlob) string {
	if s.subjectsInOrder(documents) {
		return ""
	}
	want := map[string]string{}
	for _, b := range slices.Concat(documents, s.blobs()) {
		want[strings.TrimPrefix(b.Digest, "sha256:")] = b.Name
	}
	have := map[string]bool{}
	for _, sub := range s.subjects {
		if _, ok := want[sub.SHA256]; !ok {
			return fmt.Sprintf("the subject %q is nothing that the statement names", sub.Name)
		}
		have[sub.SHA256] = true
	}
	for _, hex := range sortedKeys(want) {
		if !have[hex] {
			return fmt.Sprintf("no subject is %s, which the statement names", want[hex])
		}
	}
	return ""
}

// subjectsInOrder reports whether the subjects stand as msp writes them.
func (s *statement) subjectsInOrder(documents []record.NamedBlob) bool {
	rest := s.subjects
	for _, named := range [][]record.NamedBlob{documents, s.blobs()} {
		for _, b := range named {
			if len(rest) == 0 || strings.TrimPrefix(b.Digest, "sha256:") != rest[0].SHA256 {
				return false
			}
			rest = rest[1:]
		}
	}
	return len(rest) == 0
}

// blobs are the blobs that a statement names.
func (s *statement) blobs() []record.NamedBlob { return s.head.Blobs }
