package audit

import (
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// runID is the form of a UUIDv7.
var runID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
})

var outcomes = []record.Outcome{
	record.Passed, record.Failed, record.Skipped, record.NotNeeded, record.LeftOut, record.Interrupted, record.PushedBack,
}

var proofs = []runbook.Proof{"", runbook.Observed, runbook.Measured, runbook.Attached, runbook.Stated, runbook.Attested, runbook.Approved}

// checkWords refuses what the decoder takes and msp never writes: words that
// mean nothing, and what is needed and isn't there. A reader that passed over
// a priority "Must" would judge another run.
func (s *statement) checkWords() error {
	for _, named := range [][]record.NamedBlob{s.head.Documents, s.blobs()} {
		for _, b := range named {
			if !evidence.ValidDigest(b.Digest) {
				return fmt.Errorf("%s: %q is no digest", b.Name, b.Digest)
			}
		}
	}
	switch {
	case s.start != nil:
		return checkStartWords(s.start)
	case s.plan != nil:
		return checkPlanWords(s.plan)
	case s.segment == nil && s.end == nil:
		return checkSaidWords(s.body)
	}
	if !evidence.ValidDigest(s.startRef()) {
		return fmt.Errorf("start: %q is no digest", s.startRef())
	}
	if s.end != nil && s.end.Ended.IsZero() || s.segment != nil && s.segment.Until.IsZero() {
		return fmt.Errorf("it doesn't say when it ended")
	}
	for _, step := range s.steps() {
		switch {
		case !slices.Contains(outcomes, step.Outcome):
			return fmt.Errorf("the step %s: %q is no outcome", step.ID, step.Outcome)
		case !slices.Contains(proofs, step.Proof):
			return fmt.Errorf("the step %s: %q is no kind of proof", step.ID, step.Proof)
		}
	}
	return nil
}

func checkStartWords(start *record.RunStart) error {
	if salt, err := hex.DecodeString(start.Salt); err != nil || len(salt) != 16 {
		return fmt.Errorf("salt: want 16 bytes in hex")
	}
	if !evidence.ValidDigest(start.Runbook.Digest) {
		return fmt.Errorf("runbook: %q is no digest", start.Runbook.Digest)
	}
	if start.Started.IsZero() || start.FinishBy.IsZero() {
		return fmt.Errorf("it doesn't say when it started and until when it must finish")
	}
	if start.Change != "" && !record.ValidReference(start.Change) {
		return fmt.Errorf("%q is no reference of a change", start.Change)
	}
	if t := start.SLA; t != nil && t.Reported != nil && (t.Reported.At.IsZero() || !record.ValidReference(t.Reported.Source)) {
		return fmt.Errorf("it doesn't say when it was reported, and by what: %q is no reference", t.Reported.Source)
	}
	if err := checkOccurrenceWords(start.Occurrence); err != nil {
		return err
	}
	if start.CatchesUp != "" && start.Occurrence != nil {
		return fmt.Errorf("it is for an occurrence, and makes another good")
	}
	seen := map[string]bool{}
	for _, p := range start.Steps {
		switch {
		case p.ID == "" || seen[p.ID]:
			return fmt.Errorf("the pinned step %q stands there twice, or has no name", p.ID)
		case p.Priority != runbook.Must && p.Priority != runbook.Should:
			return fmt.Errorf("the pinned step %s: %q is no priority", p.ID, p.Priority)
		case p.Approval != nil && (p.Approval.Min < 1 || p.Approval.Timeout < 0 || len(p.Approval.Roles) == 0):
			return fmt.Errorf("the pinned step %s doesn't say how many people decide it, and who", p.ID)
		}
		seen[p.ID] = true
	}
	return nil
}

func checkOccurrenceWords(o *record.Occurrence) error {
	switch {
	case o == nil:
		return nil
	case !evidence.ValidDigest(o.Plan):
		return fmt.Errorf("plan: %q is no digest", o.Plan)
	case o.Name == "" || o.Due.IsZero() || o.Opens.IsZero() || o.Closes.IsZero():
		return fmt.Errorf("it doesn't say for which occurrence it is, and when that was due")
	default:
		return nil
	}
}

func checkPlanWords(p *record.Plan) error {
	if p.Signed.IsZero() {
		return fmt.Errorf("it doesn't say when it was signed")
	}
	if !evidence.ValidDigest(p.Digest) {
		return fmt.Errorf("plan: %q is no digest", p.Digest)
	}
	for _, planned := range p.Runbooks {
		if !evidence.ValidDigest(planned.Runbook.Digest) {
			return fmt.Errorf("the runbook %s: %q is no digest", planned.Runbook.ID, planned.Runbook.Digest)
		}
		if planned.SLA != nil && planned.SLA.Reported != nil {
			return fmt.Errorf("the runbook %s: a plan can't know what is going to be reported", planned.Runbook.ID)
		}
	}
	return nil
}
