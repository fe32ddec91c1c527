package record

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/trust"
)

// Signed is a statement that was read back: its envelope has the digest that
// the log names, its bytes were parsed strictly, and Key signed them.
type Signed[T any] struct {
	Digest   string
	Body     T
	Key      evidence.PublicKey // of the first signer that the statement names
	Keys     []evidence.PublicKey
	Subjects []evidence.Subject
}

// open reads the envelope of a statement strictly and verifies nothing.
func open(store *evidence.Store, digest string, limit int) (*evidence.Envelope, *evidence.Statement, error) {
	data, err := store.Envelope(digest)
	if err != nil {
		return nil, nil, err
	}
	envelope, err := evidence.OpenEnvelope(data, limit)
	if err != nil {
		return nil, nil, err
	}
	statement, err := evidence.DecodeStatement(envelope.Payload)
	return envelope, statement, err
}

// Read reads the statement with this digest and holds its signatures to the
// keys that the statement itself names. Whose keys those are, is for the reader
// to say.
func Read[T Statement](store *evidence.Store, kind, digest string, limit int) (Signed[T], error) {
	var s Signed[T]
	envelope, statement, err := open(store, digest, limit)
	if errors.Is(err, evidence.ErrMissing) || errors.Is(err, evidence.ErrCorrupt) {
		return s, err
	}
	if err != nil {
		return s, fmt.Errorf("the %s statement %s: %w", kind, short(digest), err)
	}
	if statement.PredicateType != PredicateType(kind) {
		return s, fmt.Errorf("the statement %s is a %q, and the log calls it a %s", short(digest), statement.PredicateType, kind)
	}
	if err := evidence.DecodeStrict(statement.Predicate, &s.Body); err != nil {
		return s, fmt.Errorf("the %s statement %s: %w", kind, short(digest), err)
	}
	s.Digest, s.Subjects = digest, statement.Subjects
	keys, err := VerifySigners(envelope, s.Body.Head(), parseKey)
	if err != nil {
		return s, fmt.Errorf("the %s statement %s: %w", kind, short(digest), err)
	}
	s.Key, s.Keys = keys[0], keys
	return s, nil
}

// VerifySigners holds an envelope's signatures to the keys that its statement's head
// names, each of which must have signed, or enough of them. It returns those that
// have, in the statement's order. Parse reads a key, once for each line if it
// remembers.
func VerifySigners(envelope *evidence.Envelope, s Head, parse func(line string) (evidence.PublicKey, error)) ([]evidence.PublicKey, error) {
	var keys []evidence.PublicKey
	for _, named := range s.Signers {
		key, err := parseSigner(named, parse)
		if err != nil {
			return nil, fmt.Errorf("the key of who signed it: %w", err)
		}
		keys = append(keys, key)
	}
	signed, err := envelope.Verify(keys...)
	if err != nil {
		return nil, err
	}
	keys = slices.DeleteFunc(keys, func(key evidence.PublicKey) bool {
		missing := !slices.ContainsFunc(signed, key.Equal)
		if missing && s.Enough == 0 {
			err = fmt.Errorf("%w by %s, whom the statement names", evidence.ErrNoSignature, key.ID())
		}
		return missing
	})
	if err != nil {
		return nil, err
	}
	if len(keys) < max(1, s.Enough) {
		return nil, fmt.Errorf("%w: the statement names nobody who signed it", evidence.ErrNoSignature)
	}
	return keys, nil
}

func parseKey(line string) (evidence.PublicKey, error) { return evidence.ParsePublicKey([]byte(line)) }

func parseSigner(s Signer, parse func(string) (evidence.PublicKey, error)) (evidence.PublicKey, error) {
	key, err := parse(s.Key)
	if err != nil {
		return key, err
	}
	if strings.HasPrefix(s.ID, "SHA256:") && s.ID != key.ID() {
		return key, fmt.Errorf("it names the key %s and gives another, %s", s.ID, key.ID())
	}
	return key, nil
}

func short(digest string) string {
	hex := strings.TrimPrefix(digest, "sha256:")
	return hex[:min(12, len(hex))]
}

// Account is all that a client's logs say about one run.
type Account struct {
	Run      string
	Writer   string // whose log holds the start
	Start    Signed[RunStart]
	Segments []Signed[Segment] // by number
	End      *Signed[RunEnd]

	holds []HoldMade // of its clock, as long as it has no end
}

// Until is until when the run may be open, as far as is known at an instant: the
// holds of its clock move that.
func (a *Account) Until(at time.Time) time.Time { return a.Start.Body.FinishHeld(a.holds, at) }

// Steps are the steps that are signed so far, in order.
func (a *Account) Steps() []Step {
	var steps []Step
	for _, s := range a.Segments {
		steps = append(steps, s.Body.Steps...)
	}
	if a.End != nil {
		steps = append(steps, a.End.Body.Steps...)
	}
	return steps
}

// Finished reports whether the run has an end.
func (a *Account) Finished() bool { return a.End != nil }

// State is where the run stands at an instant: "done", "failed", "aborted",
// "open", or "failed: never finished".
func (a *Account) State(at time.Time) string {
	switch {
	case a.End != nil:
		return string(a.End.Body.Verdict.Outcome)
	case at.After(a.Until(at)):
		return "failed: never finished"
	default:
		return "open"
	}
}

// WriterOf is the writer that a statement says it was made for. It verifies
// nothing: it is how a reader without pins finds the key to read a log with.
func WriterOf(store *evidence.Store, digest string, limit int) (Signer, error) {
	_, statement, err := open(store, digest, limit)
	if err != nil {
		return Signer{}, err
	}
	kind := strings.TrimSuffix(strings.TrimPrefix(statement.PredicateType, predicateBase), predicateVersion)
	body := New(kind)
	if body == nil || PredicateType(kind) != statement.PredicateType {
		return Signer{}, fmt.Errorf("the statement %s is a %q, which this msp can't read", short(digest), statement.PredicateType)
	}
	err = evidence.DecodeStrict(statement.Predicate, body)
	return body.Head().Writer, err
}

// WriterKey is the key that a writer's log names for itself, in the statement
// of its first leaf. It says nothing about whose key that is.
func WriterKey(store *evidence.Store, writer string, limit int) (evidence.PublicKey, error) {
	leaf, err := store.FirstLeaf(writer)
	if err != nil {
		return evidence.PublicKey{}, err
	}
	named, err := WriterOf(store, leaf.Envelope, limit)
	if err != nil {
		return evidence.PublicKey{}, err
	}
	if named.ID != writer {
		return evidence.PublicKey{}, fmt.Errorf("the log of %s begins with a statement for the log of %s", writer, named.ID)
	}
	return evidence.ParsePublicKey([]byte(named.Key))
}

// History is what all logs of a client say, run by run. What can't be read is
// left out and named in Problems: one damaged file doesn't stop the work on a
// client.
type History struct {
	Accounts []*Account      // by the start that they state, oldest first
	Plans    []Signed[Plan]  // by when they were signed
	Trusts   []Signed[Trust] // by the number of their version; Chain is what can be relied on
	Problems []error
	chain    trust.Chain
	forked   error // why a trust statement doesn't follow on the others
	said     []any // Signed[T] of the other statements, as the logs hold them
	byRun    map[string]*Account
	limit    int             // bytes of an envelope
	damaged  map[string]bool // runs of which a statement can't be read
	unread   bool            // a whole log can't be read
}

// Run gives the account of a run, or nil.
func (h *History) Run(id string) *Account { return h.byRun[id] }

// Damaged reports whether a statement of the run, or a log that may hold one,
// can't be read, so that nobody can tell how far it is.
func (h *History) Damaged(run string) bool { return h.unread || h.damaged[run] }

func newHistory(l *Logs) *History {
	return &History{
		byRun: map[string]*Account{}, damaged: map[string]bool{}, limit: l.limit,
		Problems: slices.Clone(l.problems), unread: len(l.problems) > 0,
	}
}

// take reads the statement of a leaf; one that can't be read is a problem.
func (h *History) take(store *evidence.Store, leaf writtenLeaf) {
	if err := h.add(store, leaf.writer, leaf.Leaf, h.limit); err != nil {
		h.Problems = append(h.Problems, err)
		if leaf.Run != "" {
			h.damaged[leaf.Run] = true
		}
	}
}

func (h *History) account(run string) *Account {
	a := h.byRun[run]
	if a == nil {
		a = &Account{Run: run}
		h.byRun[run] = a
	}
	return a
}

func (h *History) add(store *evidence.Store, writer string, leaf evidence.Leaf, limit int) error {
	switch leaf.Kind {
	case KindRunStart:
		start, err := Read[RunStart](store, leaf.Kind, leaf.Envelope, limit)
		if err != nil {
			return err
		}
		a := h.account(leaf.Run)
		a.Start, a.Writer = start, writer
	case KindSegment:
		segment, err := Read[Segment](store, leaf.Kind, leaf.Envelope, limit)
		if err != nil {
			return err
		}
		a := h.account(leaf.Run)
		a.Segments = append(a.Segments, segment)
	case KindRun:
		end, err := Read[RunEnd](store, leaf.Kind, leaf.Envelope, limit)
		if err != nil {
			return err
		}
		if a := h.account(leaf.Run); a.End == nil {
			a.End = &end
		}
	case KindPlan:
		plan, err := Read[Plan](store, leaf.Kind, leaf.Envelope, limit)
		if err != nil {
			return err
		}
		h.Plans = append(h.Plans, plan)
	case KindTrust:
		version, err := Read[Trust](store, leaf.Kind, leaf.Envelope, limit)
		if err != nil {
			return err
		}
		h.Trusts = append(h.Trusts, version)
	default:
		if listen := listeners[leaf.Kind]; listen != nil {
			return listen(h, store, leaf)
		}
	}
	return nil
}

// listeners read the statements that are neither a part of a run, nor a plan, nor
// about trust, by their kind.
var listeners = map[string]func(*History, *evidence.Store, evidence.Leaf) error{
	KindApproval: hear[Approval], KindAnchor: hear[Anchor], KindHold: hear[Hold], KindRelease: hear[Release], KindAck: hear[Ack],
	KindWaiver: hear[Waiver], KindCorrection: hear[Correction], KindResponse: hear[Response], KindErasure: hear[Erasure],
	KindOccurrence: hear[Unmet], KindNotice: hear[Notice], KindItem: hear[Item], KindClosing: hear[Closing], KindHandoff: hear[Handoff],
}

func hear[T Statement](h *History, store *evidence.Store, leaf evidence.Leaf) error {
	said, err := Read[T](store, leaf.Kind, leaf.Envelope, h.limit)
	if err == nil {
		h.said = append(h.said, said)
	}
	return err
}

// Said gives the statements of one kind, such as Approval, by when they claim to
// have been made.
func Said[T Statement](h *History) []Signed[T] {
	var all []Signed[T]
	for _, said := range h.said {
		if s, ok := said.(Signed[T]); ok {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(x, y Signed[T]) int { return x.Body.Head().Made.Compare(y.Body.Head().Made) })
	return all
}

// sort orders the accounts and their segments, and has the trust statements
// follow on each other. A run whose start no log holds is no account.
func (h *History) sort() {
	for run, a := range h.byRun {
		if a.Start.Digest == "" {
			if !h.damaged[run] {
				h.Problems = append(h.Problems, fmt.Errorf("no log holds the start of the run %s", run))
			}
			delete(h.byRun, run)
			continue
		}
		slices.SortFunc(a.Segments, func(x, y Signed[Segment]) int { return x.Body.Number - y.Body.Number })
		h.Accounts = append(h.Accounts, a)
	}
	slices.SortStableFunc(h.Plans, func(x, y Signed[Plan]) int { return x.Body.Signed.Compare(y.Body.Signed) })
	slices.SortStableFunc(h.Trusts, func(x, y Signed[Trust]) int { return x.Body.Version.Number - y.Body.Version.Number })
	if h.chain, h.forked = chainOf(h.Trusts); h.forked != nil {
		h.Problems = append(h.Problems, h.forked)
	}
	slices.SortFunc(h.Accounts, func(x, y *Account) int {
		if order := x.Start.Body.Started.Compare(y.Start.Body.Started); order != 0 {
			return order
		}
		return strings.Compare(x.Run, y.Run)
	})
	h.holdAccounts()
}

// Find gives the runs whose id contains part: people use the random tail.
func (h *History) Find(part string) []*Account {
	var found []*Account
	for _, a := range h.Accounts {
		switch {
		case a.Run == part:
			return []*Account{a}
		case part != "" && strings.Contains(a.Run, part):
			found = append(found, a)
		}
	}
	return found
}

// ShortID is the random tail of a run's id, as people read it aloud.
func ShortID(run string) string { return run[max(0, len(run)-6):] }

// PastValue is an output's value in an earlier run.
type PastValue struct {
	Record string // digest of the run statement
	Value  float64
}

// Past gives the values that an output had in the newest finished runs of a
// runbook, newest first, without the run that asks.
func (h *History) Past(runbookID, step, output, without string, most int) []PastValue {
	var past []PastValue
	for _, a := range slices.Backward(h.Accounts) {
		if len(past) == most {
			break
		}
		if a.Run == without || !a.Finished() || a.Start.Body.Runbook.ID != runbookID {
			continue
		}
		if value, ok := valueOf(a.Standing(), step, output); ok {
			past = append(past, PastValue{a.End.Digest, value})
		}
	}
	return past
}

// valueOf finds a number that a step yielded and that it did not fail with.
func valueOf(steps []Step, step, output string) (float64, bool) {
	for _, s := range steps {
		if s.ID != step || s.Outcome != Passed {
			continue
		}
		value, err := strconv.ParseFloat(s.Outputs[output], 64)
		return value, err == nil
	}
	return 0, false
}
