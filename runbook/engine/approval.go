package engine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// ErrOwnDecision says that who decided about a run can't go on with it.
var ErrOwnDecision = errors.New("who decided about a run doesn't do a part of it")

// approval gives a step that somebody else decides its outcome, from what the
// logs hold by now. ErrPark when they hold no decision.
func (r *runner) approval(s *runbook.Step, result record.Step) (record.Outcome, error) {
	history, err := record.ReadHistory(r.job.Ledger.Store, r.job.Client, r.job.Ledger.MaxBytes())
	if err != nil {
		return "", err
	}
	request := r.request(history, s)
	if request == nil {
		return "", runbook.ErrPark // which asks
	}
	decision := history.Decide(r.job.Ledger.Store, *request, r.job.Now())
	if decision.Decision == "" {
		r.tellVotes(request, decision)
		return "", runbook.ErrPark
	}
	result.Started, result.Approvals = request.Asked, decision.Digests()
	t := &try{runner: r, step: s, result: result}
	t.decided(*request, decision)
	return t.result.Outcome, r.keep(t.result, t.failure, t)
}

// request is what the run waits for; nil when it was not asked for yet.
func (r *runner) request(history *record.History, s *runbook.Step) *record.Request {
	account := history.Run(r.id)
	if r.waiting != s.ID || len(r.steps) > 0 || account == nil {
		return nil
	}
	return account.Request()
}

// tellVotes says what there is of approvals, where there are too few.
func (r *runner) tellVotes(request *record.Request, d record.Decision) {
	if len(d.Votes) > 0 {
		r.emit(runbook.Event{Kind: runbook.Notice, Message: fmt.Sprintf("%d of %d approvals: %s", len(d.Votes), request.Terms.Min, voters(d))})
	}
	for _, why := range d.Ignored {
		r.emit(runbook.Event{Kind: runbook.Notice, Message: "an approval doesn't count: " + why.Why, Hint: why.Hint})
	}
}

func voters(d record.Decision) string {
	var who []string
	for _, v := range d.Votes {
		who = append(who, v.By)
	}
	return strings.Join(who, ", ")
}

// decided turns a decision into the step's outcome.
func (t *try) decided(request record.Request, d record.Decision) {
	switch {
	case d.TimedOut:
		t.result.Outcome, t.result.Cause = record.Failed, record.CauseTimeout
		asked := runbook.Approval{Roles: request.Terms.Roles, Min: request.Terms.Min}
		t.failure = &runbook.Failure{Found: "nobody decided in time", Expected: asked.Words()}
	case d.Decision == record.Approve:
		t.result.Outcome, t.result.Proof = record.Passed, runbook.Approved
		t.facts.Detail = "approved by " + voters(d)
	case d.Decision == record.Reject:
		t.result.Outcome, t.result.Cause = record.Failed, record.CauseRejected
		t.failure = &runbook.Failure{Found: "rejected by " + t.reasoned(d)}
	default:
		t.result.Outcome, t.result.Cause, t.result.To = record.PushedBack, record.CausePushedBack, d.To
		t.facts.Detail = "pushed back to " + d.To + " by " + t.reasoned(d)
	}
}

// reasoned is who decided, and why as far as it can be read.
func (t *try) reasoned(d record.Decision) string {
	var words record.Words
	if d.Why == "" || record.GetJSON(t.job.Ledger.Store, d.Why, &words) != nil {
		return voters(d)
	}
	return voters(d) + ": " + words.Text
}

// waitsForApproval says that the run goes on when somebody else has decided.
func (r *runner) waitsForApproval(s *runbook.Step, terms runbook.Approval) Outcome {
	message := "waiting for " + terms.Words()
	if terms.Timeout.Span > 0 {
		message += ", until " + r.waitedSince.Add(terms.Timeout.Span).Local().Format("2006-01-02 15:04")
	}
	r.emit(runbook.Event{
		Kind: runbook.RunParked, Step: s.ID, Title: s.Title, Message: message,
		Hint: "they run: msp approve " + record.ShortID(r.id), Level: "logged", Deadline: r.start.Deadline,
	})
	return Outcome{Run: r.id, Parked: s.ID}
}

// pushedBack makes the tellings of the step that a run goes back to, and of all
// behind it, count for nothing.
func (r *runner) pushedBack(to string) {
	r.round++
	behind := false
	for _, s := range r.job.Runbook.Steps {
		if behind = behind || s.ID == to; behind {
			delete(r.outcomes, s.ID)
			delete(r.values.Steps, s.ID)
		}
	}
}
