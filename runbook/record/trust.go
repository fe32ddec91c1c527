package record

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/trust"
)

// Roster gives a version's bytes, as they are shown to whoever signs it, and
// their digest.
func Roster(v trust.Version) (content []byte, digest string, err error) {
	content, err = evidence.EncodeJSON(v)
	return content, runbook.Digest(content), err
}

// LinkOf is a trust statement as a link of the chain.
func LinkOf(s Signed[Trust]) trust.Link {
	return trust.Link{Digest: s.Digest, Signed: s.Body.Signed, Signers: s.Keys, Version: s.Body.Version}
}

// ErrTrust says that the trust statements don't follow on each other.
var ErrTrust = errors.New("the trust statements can't be relied on")

// chainOf is the versions of some trust statements, as far as they follow on each
// other. The error, ErrTrust, says why one doesn't.
func chainOf(all []Signed[Trust]) (trust.Chain, error) {
	var chain trust.Chain
	for _, s := range all {
		if chain.Find(s.Digest) > 0 {
			continue // in two logs, or twice in one
		}
		link := LinkOf(s)
		if problems := chain.Problems(&link); len(problems) > 0 {
			return chain, fmt.Errorf("%w: version %d (%s): %s", ErrTrust, link.Version.Number, short(link.Digest), strings.Join(problems, "; "))
		}
		chain = append(chain, link)
	}
	return chain, nil
}

// Trust is the newest trust statement that can be relied on; nil when there is
// none.
func (h *History) Trust() *Signed[Trust] {
	if len(h.chain) == 0 {
		return nil
	}
	newest := h.chain[len(h.chain)-1].Digest
	return &h.Trusts[slices.IndexFunc(h.Trusts, func(s Signed[Trust]) bool { return s.Digest == newest })]
}

// TrustPath is where the copy of a version lies.
func TrustPath(store *evidence.Store, number int) string {
	return store.Path("trust", fmt.Sprintf("%d.dsse.json", number))
}

// Trusted is who may sign for a client, as the logs at hand say it.
type Trusted struct {
	Chain  trust.Chain
	Newest *Signed[Trust] // nil when there is none
}

// ReadTrust reads the trust statements of a client's logs, and nothing else of
// them.
func ReadTrust(store *evidence.Store, client string, limit int) (Trusted, error) {
	logs, err := ReadLogs(store, client, limit)
	if err != nil {
		return Trusted{}, err
	}
	return logs.Trusted()
}

// Trusted is who may sign. A trust statement that a log names and that isn't there
// is an error, ErrTrust: without it somebody might do what it takes from them.
func (l *Logs) Trusted() (Trusted, error) {
	h := l.Kinds(KindTrust)
	if problems := h.Problems[len(l.problems):]; len(problems) > 0 && !errors.Is(problems[0], ErrTrust) {
		return Trusted{}, fmt.Errorf("%w: %w", ErrTrust, problems[0])
	}
	if h.forked != nil {
		return Trusted{}, h.forked
	}
	next := len(h.chain) + 1
	if _, err := os.Stat(TrustPath(l.store, next)); err == nil {
		return Trusted{}, fmt.Errorf("%w: there is a copy of version %d, and no log that can be read holds it", ErrTrust, next)
	}
	return Trusted{h.chain, h.Trust()}, nil
}

// OpenTrust reads a trust statement from the bytes of its envelope, and holds its
// signatures to the keys that it names. Whether they are enough is for the reader
// to say.
func OpenTrust(data []byte, limit int) (*evidence.Envelope, Signed[Trust], error) {
	s := Signed[Trust]{}
	envelope, err := evidence.OpenEnvelope(data, limit)
	if err != nil {
		return nil, s, err
	}
	statement, err := evidence.DecodeStatement(envelope.Payload)
	if err != nil {
		return nil, s, err
	}
	if statement.PredicateType != PredicateType(KindTrust) {
		return nil, s, fmt.Errorf("it is a %q, and no trust statement", statement.PredicateType)
	}
	if err := evidence.DecodeStrict(statement.Predicate, &s.Body); err != nil {
		return nil, s, err
	}
	if s.Keys, err = VerifySigners(envelope, s.Body.Head(), parseKey); err != nil {
		return nil, s, err
	}
	s.Digest, s.Key, s.Subjects = envelope.Digest, s.Keys[0], statement.Subjects
	return envelope, s, nil
}
