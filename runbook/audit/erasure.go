package audit

import (
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// An erasure is a statement that blobs were erased. Counts says that it was
// signed by whom the version in force asks for.
type erasure struct {
	*statement
	body   *record.Erasure
	counts bool
}

// ErasedLine is one erasure.
type ErasedLine struct {
	Statement string    `json:"statement"`
	Signed    time.Time `json:"signed"`    // claimed
	By        string    `json:"by"`        // fingerprint of the operator's key
	Principal string    `json:"principal"` // whose it is, where who may sign says so
	Ground    string    `json:"ground"`
	Why       string    `json:"why"` // empty when that was erased too
	Listed    int       `json:"listed"`
	Gone      int       `json:"gone"`   // blobs that statements name, and that are missing for it
	Counts    bool      `json:"counts"` // whether it excuses them
}

// readErasures finds which blobs may be missing, before any is looked for.
func (a *audit) readErasures(said []saidResult) {
	a.readReleases(said)
	a.erased = map[string]*erasure{}
	for _, r := range said {
		if r.statement == nil {
			continue
		}
		if body, ok := r.statement.body.(*record.Erasure); ok {
			a.erasures = append(a.erasures, a.judgeErasure(r.statement, body))
		}
	}
	slices.SortStableFunc(a.erasures, func(x, y *erasure) int { return x.body.Signed.Compare(y.body.Signed) })
	for _, e := range a.erasures {
		for _, digest := range e.body.Erased {
			if e.counts && a.erased[digest] == nil {
				a.erased[digest] = e
			}
		}
	}
}

// judgeErasure holds an erasure to who might sign it. Of the operator that is
// told where all keys are judged.
func (a *audit) judgeErasure(s *statement, body *record.Erasure) *erasure {
	when := a.when(s, 0)
	signed := a.signedByRoots(s, when)
	if !signed {
		a.broken(ruleErasureSigners, s.place(), "%s is not signed by whom it takes: the roots of who may sign, as many as their threshold", s.name())
	}
	operator := a.trusted.chain.May(s.key, when, mayState)
	return &erasure{s, body, signed && a.accepts(s.key) && operator.Standing != trust.Refused}
}

// signedByRoots reports whether enough roots of the version in force signed,
// with keys that might.
func (a *audit) signedByRoots(s *statement, when trust.When) bool {
	version := a.trusted.chain.At(when)
	if version == nil {
		return true
	}
	return version.SignedBy(slices.DeleteFunc(slices.Clone(s.keys), func(key evidence.PublicKey) bool {
		return a.trusted.chain.May(key, when, trust.Right{Root: true}).Standing == trust.Refused
	})...)
}

// earlier reports whether a statement was made before another: by their order
// where they stand in one log, else by what tokens show, else by what they claim.
func (a *audit) earlier(s, other *statement) bool {
	x, y := a.around(s), a.around(other)
	switch {
	case s.log == other.log:
		return s.before(other.ref)
	case x.endsBefore(y), y.endsBefore(x):
		return x.endsBefore(y)
	default:
		return !s.until().After(other.until())
	}
}

// excused reports whether a blob is missing because it was erased. What was to
// be computed from it is said not to be.
func (v *reader) excused(b namedBlob) bool {
	e := v.erased[b.Digest]
	if e == nil {
		return false
	}
	v.gone = append(v.gone, b.Digest)
	if restsOn(b.Name) {
		at := b.by.place()
		at.cause = "erased " + e.leaf.Envelope
		v.note(ruleNotCompared, at, "%s, which %s names, was erased: what rests on it was not compared", b.Name, b.by.name())
	}
	return true
}

// restsOn says whether anything is computed from a blob of this name.
func restsOn(name string) bool {
	return slices.Contains([]string{"inputs", "runbook source", "plan source"}, name) ||
		strings.HasPrefix(name, "the facts of the step ") || strings.HasPrefix(name, "the source of the runbook ")
}

// checkErasures holds the erasures to what there was to erase, and to the holds
// that forbade it.
func (a *audit) checkErasures(said []saidResult) {
	holds := a.legalHolds(said)
	for _, e := range a.erasures {
		for _, digest := range e.body.Erased {
			a.checkErased(e, digest, a.tally.naming[digest], holds, a.gaps || a.tally.untold)
		}
	}
}

func (a *audit) checkErased(e *erasure, digest string, runs []string, holds []legalHold, unread bool) {
	at := e.place()
	at.cause = e.leaf.Envelope
	if len(runs) == 0 && !unread {
		a.note(ruleErasureUnnamed, at, "%s erases the blob %s, which no statement names", e.name(), short(digest))
	}
	for _, h := range holds {
		covers := slices.ContainsFunc(append(runs, ""), h.body.Covers)
		if covers && a.earlier(h.statement, e.statement) && (h.released == nil || !a.earlier(h.released, e.statement)) {
			at.cause += h.leaf.Envelope
			a.broken(ruleErasureHeld, at, "%s erases the blob %s under %s, which was not released", e.name(), short(digest), h.name())
			return
		}
	}
}

// A legalHold is a hold and the statement that ended it, if any.
type legalHold struct {
	*statement
	body     *record.Hold
	released *statement
}

func (a *audit) legalHolds(said []saidResult) []legalHold {
	var holds []legalHold
	for _, s := range said {
		if s.statement == nil {
			continue
		}
		if hold, ok := s.statement.body.(*record.Hold); ok && hold.Kind == record.HoldLegal {
			holds = append(holds, legalHold{s.statement, hold, a.released[s.statement.leaf.Envelope]})
		}
	}
	return holds
}

// checkHolds tells of holds that may have been thought of later: one that is shown
// to outsiders when it is made is soon under a token. Where there are none, that
// is said of everything.
func (a *audit) checkHolds(said []saidResult) {
	for _, result := range said {
		s := result.statement
		if s == nil || s.leaf.Kind != record.KindHold || len(a.times.byDigest) == 0 {
			continue
		}
		claimed, by := s.until(), a.existed(s.ref)
		switch {
		case by.IsZero():
			a.note(ruleHoldClaimed, s.place(), "%s says that it is of %s, and no token shows that it was there", s.name(), moment(claimed))
		case by.After(claimed.Add(clockSlack)):
			a.note(ruleHoldClaimed, s.place(), "%s says that it is of %s, and is shown to have been there by %s", s.name(), moment(claimed), moment(by))
		}
	}
}

// erasedLines tells each erasure, and how many blobs are gone for it.
func (a *audit) erasedLines() []ErasedLine {
	var lines []ErasedLine
	for _, e := range a.erasures {
		line := ErasedLine{
			Statement: e.leaf.Envelope, Signed: e.body.Signed, By: e.key.ID(), Principal: a.principal(e.statement),
			Ground: e.body.Ground, Why: a.wordsOf(e.body.Why), Listed: len(e.body.Erased), Gone: len(a.tally.gone[e]), Counts: e.counts,
		}
		lines = append(lines, line)
	}
	return lines
}

// principal is who the newest version of who may sign says that signed.
func (a *audit) principal(s *statement) string {
	newest := a.trusted.chain.Newest()
	if newest == nil {
		return ""
	}
	return newest.Owner(s.key)
}

// wordsOf reads what a person said; "" when it can't be read, which is told
// elsewhere.
func (a *audit) wordsOf(digest string) string {
	var words record.Words
	if err := record.GetJSON(a.store, digest, &words); err != nil {
		return ""
	}
	return words.Text
}

// checkGround refuses an erasure that doesn't say on which ground.
func checkGround(ground string) bool {
	return ground == record.GroundRequest || ground == record.GroundRetention
}
