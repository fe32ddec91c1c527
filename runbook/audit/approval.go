package audit

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// approvals are what other people decided, from the statements that can be
// relied on. They are in the order of the logs.
type approvals struct {
	byDigest map[string]*statement
	ofRun    map[string][]*statement
	ofBytes  map[string][]*statement // of a runbook, by its digest
}

func gatherApprovals(said []saidResult) approvals {
	all := approvals{byDigest: map[string]*statement{}, ofRun: map[string][]*statement{}, ofBytes: map[string][]*statement{}}
	for _, r := range said {
		if r.statement == nil {
			continue
		}
		switch body := r.statement.body.(type) {
		case *record.Approval:
			all.byDigest[r.statement.leaf.Envelope] = r.statement
			if body.Runbook != nil {
				all.ofBytes[body.Runbook.Digest] = append(all.ofBytes[body.Runbook.Digest], r.statement)
			} else {
				all.ofRun[body.Run] = append(all.ofRun[body.Run], r.statement)
			}
		}
	}
	return all
}

// errRefused is why an approval doesn't count whose key might not sign: that is
// said where all keys are judged.
var errRefused = errors.New("its key might not sign")

// checkUndecided: nothing that belongs to an approval stands at another step.
func (v *runAudit) checkUndecided(t toldStep) {
	if t.Proof == runbook.Approved || len(t.Approvals) > 0 || t.To != "" || t.Outcome == record.PushedBack || t.Cause == record.CauseRejected {
		v.broken(ruleDecision, t.by.place(), "%s: the step %s is told as decided by somebody else, and it is no approval", t.by.name(), t.ID)
	}
}

// checkApproval computes again what was decided about a run: from the approvals
// that a step names, and from those that stand before it in its log.
func (v *runAudit) checkApproval(start *statement, pinned *record.PinnedStep, t toldStep) {
	timedOut := t.Outcome == record.Failed && t.Cause == record.CauseTimeout
	decided := t.Outcome == record.Passed || t.Outcome == record.PushedBack || t.Cause == record.CauseRejected || timedOut
	switch {
	case v.damaged: // what was shown may be what can't be read
		return
	case (t.Outcome == record.Passed) != (t.Proof == runbook.Approved), !decided && len(t.Approvals) > 0, (t.Outcome == record.PushedBack) != (t.To != ""):
		v.broken(ruleDecision, t.by.place(), "%s: the step %s is %s, known as %s, which no approval gives", t.by.name(), t.ID, t.Outcome, quoted(string(t.Proof)))
		return
	case !decided:
		return
	}
	request := v.request(start, pinned, t)
	if request == nil {
		v.broken(ruleApprovalMissing, t.by.place(), "%s: the step %s was decided, and no segment says that the run waited for that", t.by.name(), t.ID)
		return
	}
	if named, ok := v.namedVotes(*request, t); ok && v.sameDecision(*request, named, t) {
		v.passedOver(*request, named, t)
	}
}

// request is what the run asked for when the step was decided: about all that
// segments told by then. Nil when it didn't, or did something since.
func (v *runAudit) request(start *statement, pinned *record.PinnedStep, t toldStep) *record.Request {
	account := record.Account{Run: v.run, Start: record.Signed[record.RunStart]{Digest: start.leaf.Envelope, Body: *start.start, Key: start.key}}
	for _, s := range v.segments {
		if s == t.by {
			break
		}
		account.Segments = append(account.Segments, record.Signed[record.Segment]{Digest: s.leaf.Envelope, Body: *s.segment, Key: s.key})
	}
	request := account.Request()
	if request == nil || request.Step != pinned.ID || t.by.steps()[0].ID != pinned.ID {
		return nil
	}
	for _, s := range slices.Concat(v.segments, v.ends) {
		request.Operators = append(request.Operators, s.key)
	}
	return request
}

// namedVotes are the approvals that a step names; false when one of them can't
// be counted, which is said.
func (v *runAudit) namedVotes(r record.Request, t toldStep) (votes []record.Vote, ok bool) {
	ok = true
	for _, digest := range t.Approvals {
		s := v.approvals.byDigest[digest]
		other, logged := ref{}, true
		if s == nil {
			other, logged = v.find(digest)
		}
		switch {
		case s == nil && !logged && !v.gaps:
			v.broken(ruleApprovalMissing, t.by.place(), "%s: the step %s names the approval %s, which no log holds", t.by.name(), t.ID, short(digest))
		case s == nil && logged && other.leaf.Kind != record.KindApproval:
			v.broken(ruleApprovalMissing, t.by.place(), "%s: the step %s names as an approval a %s statement", t.by.name(), t.ID, other.leaf.Kind)
		case s == nil:
			v.note(ruleNotCompared, t.by.place(), "%s: the approval %s of the step %s can't be read", t.by.name(), short(digest), t.ID)
		case t.by.before(s.ref):
			v.broken(ruleOrder, s.place(), "%s lies behind what it decides, %s", s.name(), t.by.name())
		default:
			vote, err := v.vote(r, s)
			if err == nil {
				v.tellRoles(r, s)
				votes = append(votes, vote)
				continue
			}
			v.tellUncounted(s, t, err)
		}
		ok = false
	}
	return votes, ok
}

// tellRoles says what an approval shows less where nobody says who is who.
func (v *runAudit) tellRoles(r record.Request, s *statement) {
	if v.trustFor(s) == nil {
		at := s.place()
		at.cause = "roles"
		v.note(ruleNoRoles, at, "%s is counted, and no trust statement says who is %s", s.name(), strings.Join(r.Terms.Roles, " or "))
	}
}

// vote says whose an approval is, or why it doesn't count.
func (v *runAudit) vote(r record.Request, s *statement) (record.Vote, error) {
	body, ok := s.body.(*record.Approval)
	if !ok {
		return record.Vote{}, record.ErrAnotherRequest
	}
	vote := record.Vote{Signed: record.Signed[record.Approval]{Digest: s.leaf.Envelope, Body: *body, Key: s.key}}
	judged := *body
	judged.Signed = v.madeAt(s)
	if err := r.Holds(judged); err != nil {
		return vote, err
	}
	var shown record.Shown
	if err := record.GetJSON(v.store, body.Shown, &shown); err != nil {
		return vote, err
	}
	if err := r.Saw(shown); err != nil {
		return vote, err
	}
	if v.trusted.chain.May(s.key, v.when(s, 0), mayDecide).Standing == trust.Refused {
		return vote, errRefused
	}
	who, err := r.MayDecide(s.key, v.trustFor(s), judged.Signed)
	vote.By = who
	return vote, err
}

func (v *runAudit) tellUncounted(s *statement, t toldStep, err error) {
	var file *evidence.FileError
	switch {
	case errors.Is(err, evidence.ErrMissing), errors.As(err, &file):
		v.note(ruleNotCompared, s.place(), "%s: what was shown to whom decided the step %s can't be read", s.name(), t.ID)
	case errors.Is(err, errRefused):
	case errors.Is(err, record.ErrOwnRun):
		v.broken(ruleFourEyes, s.place(), "%s decides the step %s: %v", s.name(), t.ID, err)
	case errors.Is(err, record.ErrNotEntitled):
		v.broken(ruleApprover, s.place(), "%s decides the step %s: %v", s.name(), t.ID, err)
	default:
		v.broken(ruleApprovalOther, s.place(), "%s, which the step %s names, doesn't decide it: %v", s.name(), t.ID, err)
	}
}

// sameDecision holds a step to what its approvals come to.
func (v *runAudit) sameDecision(r record.Request, named []record.Vote, t toldStep) bool {
	d := r.Decide(named, t.Ended)
	fits := toldDecision(t) == d.Decision && t.To == d.To && (t.Cause == record.CauseTimeout) == d.TimedOut
	agree := !slices.ContainsFunc(named, func(v record.Vote) bool { return v.Body.Decision != record.Approve })
	switch {
	case fits:
	case t.Outcome == record.Passed && agree:
		v.broken(ruleApprovalMissing, t.by.place(), "%s: the step %s passed with the approvals of %d of the %d people that it takes", t.by.name(), t.ID, people(named), r.Terms.Min)
	default:
		v.broken(ruleDecision, t.by.place(), "%s: the step %s is %s, and what was decided is %s", t.by.name(), t.ID, t.Outcome, quoted(d.Decision))
	}
	return fits
}

func people(votes []record.Vote) int {
	who := map[string]bool{}
	for _, v := range votes {
		who[v.By] = true
	}
	return len(who)
}

// toldDecision is the decision that a step's outcome stands for.
func toldDecision(t toldStep) string {
	switch t.Outcome {
	case record.Passed:
		return record.Approve
	case record.PushedBack:
		return record.PushBack
	default:
		return record.Reject
	}
}

// passedOver looks for a decision that was there first: whoever told the step
// had it in the same log, and chose another. What other logs hold, they may not
// have known.
func (v *runAudit) passedOver(r record.Request, named []record.Vote, t toldStep) {
	known := named
	for _, s := range v.approvals.ofRun[v.run] {
		if !s.before(t.by.ref) || slices.ContainsFunc(named, func(n record.Vote) bool { return n.Digest == s.leaf.Envelope }) {
			continue
		}
		vote, err := v.vote(r, s)
		_, later := r.MayDecide(s.key, v.trustFor(t.by), v.madeAt(s))
		if err == nil && later == nil {
			known = append(known, vote)
		}
	}
	slices.SortStableFunc(known, func(x, y record.Vote) int {
		return cmp.Compare(v.approvals.byDigest[x.Digest].index, v.approvals.byDigest[y.Digest].index) // within one log; between logs the times decide
	})
	d := r.Decide(known, t.Ended)
	if len(d.Votes) > 0 && (d.Decision != toldDecision(t) || d.To != t.To) {
		v.broken(ruleDecision, t.by.place(), "%s: the step %s is %s, and %s, which was there before it, decided first: %s",
			t.by.name(), t.ID, t.Outcome, v.approvals.byDigest[d.Votes[0].Digest].name(), quoted(d.Decision))
	}
}

// checkRunbookApproved: where the policy asks for it, an author approved the
// bytes before they were run.
func (v *runAudit) checkRunbookApproved(start *statement) {
	version := v.trustFor(start)
	if version == nil || !version.Policy.ApprovedRunbooks {
		return
	}
	approved := slices.ContainsFunc(v.approvals.ofBytes[start.start.Runbook.Digest], func(s *statement) bool {
		body, ok := s.body.(*record.Approval)
		made := v.madeAt(s)
		return ok && body.Decision == record.Approve && !start.before(s.ref) && !made.After(v.madeAt(start).Add(clockSlack)) &&
			record.MayApproveRunbook(s.key, v.trustFor(s), made) == nil
	})
	switch {
	case approved:
	case v.gaps:
		v.note(ruleNotCompared, start.place(), "no log that can be read holds an approval of the runbook %s", start.start.Runbook.ID)
	default:
		v.broken(ruleUnapproved, start.place(), "%s: nobody approved these bytes of %s (%s) before the run, and version %d of who is trusted asks for that", start.name(), start.start.Runbook.ID, short(start.start.Runbook.Digest), version.Number)
	}
}

// writtenApproval is who decides a step, as a runbook's own bytes say it.
func writtenApproval(n *document.Node) *record.PinnedApproval {
	if n == nil {
		return nil
	}
	p := &record.PinnedApproval{Roles: []string{}, Min: 1, Timeout: span(child(n, "timeout"))}
	for _, role := range child(n, "roles").Items() {
		p.Roles = append(p.Roles, role.Text())
	}
	if least := child(n, "min_approvals"); least != nil {
		p.Min = int(number(least.Text()))
	}
	return p
}

func sameApproval(x, y *record.PinnedApproval) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.Min == y.Min && x.Timeout == y.Timeout && slices.Equal(x.Roles, y.Roles)
}
