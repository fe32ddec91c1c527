package audit

import (
	"fmt"
	"slices"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// runKinds are the statements that a run consists of.
var runKinds = []string{record.KindRunStart, record.KindSegment, record.KindRun}

// isSaid says whether a statement is neither a part of a run nor a plan: who may
// sign, what somebody outside saw, and later words on earlier statements.
func isSaid(kind string) bool {
	return record.Known(kind) && kind != record.KindPlan && !slices.Contains(runKinds, kind)
}

// A saidResult is what remains of such a statement.
type saidResult struct {
	traces
	found     []found
	ofTrust   bool       // it is about who may sign
	statement *statement // nil when it can't be relied on
	err       error
}

func (a *audit) auditSaid(r ref) saidResult {
	v := &reader{audit: a}
	s, err := v.checkSaid(r)
	return saidResult{v.traces, v.found, r.leaf.Kind == record.KindTrust, s, err}
}

// auditSaidBlobs reads what such a statement names, once it is known what was
// erased.
func (a *audit) auditSaidBlobs(r saidResult) saidResult {
	if r.statement == nil {
		return r
	}
	v := &reader{audit: a, finder: finder{found: r.found}, traces: r.traces}
	var all []namedBlob
	for _, b := range r.statement.blobs() {
		all = append(all, namedBlob{NamedBlob: b, by: r.statement, read: func() error { return v.readWhole(b.Digest) }})
	}
	r.err = v.readBlobs(all)
	r.found, r.traces = v.found, v.traces
	return r
}

// checkSaid reads such a statement and holds it to where it stands. What it
// means for others is looked at when all are read.
func (v *reader) checkSaid(r ref) (*statement, error) {
	s, err := v.readStatement(r)
	if s == nil || err != nil {
		return nil, err
	}
	if client := s.head.Client; client != v.client {
		v.broken(ruleClient, s.place(), "%s is of the client %q, this is the evidence of %s", s.name(), client, v.client)
		return nil, nil
	}
	v.checkWriter(s)
	if what := s.subjectsDiffer(s.head.Documents...); what != "" {
		v.broken(ruleSubjects, s.place(), "%s: %s", s.name(), what)
	}
	return s, nil
}

// readWhole reads a blob to its end, and so holds it to its digest.
func (v *reader) readWhole(digest string) error {
	_, err := v.store.CheckBlob(digest)
	return err
}

// checkSaidWords refuses words that mean nothing, and what is needed and isn't
// there.
func checkSaidWords(body record.Statement) error {
	if body.Head().Made.IsZero() {
		return fmt.Errorf("it doesn't say when it was made")
	}
	switch s := body.(type) {
	case *record.Approval:
		return checkApprovalWords(s)
	case *record.Anchor:
		if s.Kind != record.AnchorTSA && s.Kind != record.AnchorWitness || s.By == "" || s.Size <= 0 {
			return fmt.Errorf("it doesn't say who saw which checkpoint")
		}
	case *record.Hold:
		return checkHoldWords(s)
	case *record.Waiver:
		if s.Occurrence == "" || s.Until.IsZero() {
			return fmt.Errorf("it doesn't say what need not happen, and until when")
		}
	case *record.Correction:
		return checkCorrectionWords(s)
	case *record.Unmet, *record.Notice, *record.Item, *record.Closing:
		return checkTimeWords(body)
	case *record.Erasure:
		if !checkGround(s.Ground) {
			return fmt.Errorf("%q is no ground of an erasure", s.Ground)
		}
		if len(s.Erased) == 0 {
			return fmt.Errorf("it names no blob")
		}
		for _, digest := range s.Erased {
			if !evidence.ValidDigest(digest) {
				return fmt.Errorf("erased: %q is no digest", digest)
			}
		}
	}
	return nil
}

func checkApprovalWords(a *record.Approval) error {
	known := []string{record.Approve, record.Reject, record.PushBack}
	switch {
	case !slices.Contains(known, a.Decision):
		return fmt.Errorf("%q is no decision", a.Decision)
	case (a.Decision == record.PushBack) != (a.To != ""):
		return fmt.Errorf("a push back names the step that it goes to, and nothing else does")
	case (a.Runbook == nil) == (a.Run == ""):
		return fmt.Errorf("it is about a run or about a runbook")
	case a.Run != "" && (a.Step == "" || a.Shown == ""):
		return fmt.Errorf("it doesn't say which step, and what was shown")
	}
	return nil
}
