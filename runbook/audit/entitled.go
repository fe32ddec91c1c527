package audit

import (
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// Who may sign what. A lead is an operator, an approver and an author too.
var (
	mayRun     = trust.Right{Roles: []trust.Role{trust.Operator, trust.Agent}}
	mayState   = trust.Right{Roles: []trust.Role{trust.Operator}}
	mayDecide  = trust.Right{Roles: trust.Roles()} // the step says which of them it takes
	mayAuthor  = trust.Right{Roles: []trust.Role{trust.Author}}
	mayLead    = trust.Right{Roles: []trust.Role{trust.Lead}}
	mayWaive   = trust.Right{Roles: []trust.Role{trust.Approver, trust.Lead}}
	mayRespond = trust.Right{Roles: []trust.Role{trust.Operator, trust.Auditor}}
	mayPlan    = trust.Right{Roles: []trust.Role{trust.Lead}, Root: true}
)

// when is what is known about when a statement was signed. A statement that was
// made after a trust statement, because it or its run's start names it, says so.
func (a *audit) when(s *statement, since int) trust.When {
	at := a.around(s)
	w := trust.When{After: at.after, Before: at.before, Claimed: s.until(), Since: since}
	for i, version := range a.trusted.signed {
		n, then := i+1, a.around(version)
		switch {
		case version.before(s.ref), then.endsBefore(at):
			w.Since = max(w.Since, n)
		case w.Until == 0 && (version.after(s.ref) || at.endsBefore(then)):
			w.Until = n
		}
	}
	return w
}

// trustFor is the version of who may sign that was in force for a statement; nil
// when none was.
func (a *audit) trustFor(s *statement) *trust.Version { return a.trusted.chain.At(a.when(s, 0)) }

// entitled judges a key of a statement, and tells of it under a rule when it
// might not sign.
func (v *reader) entitled(rule string, s *statement, key evidence.PublicKey, since int, right trust.Right) trust.Judgement {
	j := v.trusted.chain.May(key, v.when(s, since), right)
	at := s.place()
	at.cause = key.ID()
	switch {
	case len(v.trusted.chain) == 0:
	case j.Standing == trust.Refused:
		v.broken(rule, at, "%s was signed by %s: %s", s.name(), key.ID(), j.Why)
	case j.Standing == trust.Claimed:
		v.note(ruleClaimedTime, at, "%s was signed by %s: %s", s.name(), key.ID(), j.Why)
	case j.Standing == trust.Earlier:
		at.cause = string(trust.Earlier)
		v.note(ruleBeforeTrust, at, "%s: %s", s.name(), j.Why)
	}
	return j
}

// checkSaidBy holds what was said beside runs and plans to who may say it. An
// anchor is its writer's, which is checked with the log.
func (v *reader) checkSaidBy(s *statement) {
	var right trust.Right
	switch body := s.body.(type) {
	case *record.Approval:
		if right = mayDecide; body.Runbook != nil {
			right = mayAuthor
		}
	case *record.Hold:
		if right = mayState; body.Confirms != "" {
			right = mayLead
		}
	case *record.Release, *record.Ack, *record.Correction, *record.Erasure, *record.Handoff: // an erasure's roots are judged with it
		right = mayState
	case *record.Closing:
		if right = mayState; body.How == record.CloseWaived {
			right = mayLead
		}
	case *record.Unmet, *record.Notice:
		v.writerStands(s)
		return
	case *record.Item:
		if s.byWriter() {
			v.writerStands(s)
			return
		}
		right = mayState
	case *record.Response:
		right = mayRespond
	case *record.Waiver:
		right = mayWaive
	default:
		return
	}
	v.entitled(ruleNotEntitled, s, s.key, 0, right)
	v.writerStands(s)
}

// writerStands holds a statement to the writer in whose log it stands: of one
// that was revoked what came before counts, and of a stolen key only what is
// proven to have been there before.
func (v *reader) writerStands(s *statement) bool {
	w := v.revokedWriter(s)
	if w == nil {
		return true
	}
	at := w.Revoked.At
	where := s.place()
	where.cause = s.log.writer
	v.broken(ruleWriterRevoked, where, "%s stands in the log of %s, which was revoked (%s) as of %s", s.name(), s.log.writer, w.Revoked.Why, moment(at))
	return false
}

// revokedWriter is the writer in whose log a statement stands, when it was revoked
// and the statement doesn't count for that; else nil.
func (a *audit) revokedWriter(s *statement) *trust.Writer {
	newest := a.trusted.chain.Newest()
	if newest == nil {
		return nil
	}
	w := newest.Writer(s.log.writer)
	if w == nil || w.Revoked == nil {
		return nil
	}
	shown, at := a.around(s), w.Revoked.At
	proven := !shown.before.IsZero() && !shown.before.After(at)
	claimed := !w.Revoked.Compromised && !shown.after.After(at) && !s.until().After(at)
	if proven || claimed {
		return nil
	}
	return w
}

// mayPlan holds a plan to who may sign one.
func (v *reader) mayPlan(s *statement) bool {
	entitled := v.entitled(ruleNotEntitled, s, s.key, 0, mayPlan).Standing != trust.Refused
	return v.writerStands(s) && entitled
}

// checkEntitled holds the run's statements to who might sign them. A run that
// somebody signed who might not is not done; a failure stays one.
func (v *runAudit) checkEntitled(start *statement) {
	since := v.trusted.chain.Find(start.start.Trust)
	if digest := start.start.Trust; digest != "" && since == 0 {
		tell := v.broken
		if v.gaps {
			tell = v.note
		}
		tell(ruleTrust, start.place(), "%s names a trust statement, %s, that no log holds or that can't be relied on", start.name(), short(digest))
	}
	if len(v.trusted.chain) == 0 {
		return
	}
	j := v.signedBy(ruleNotEntitled, start, since, mayRun)
	if version := v.trusted.chain.Numbered(j.Version); version != nil {
		v.result.demand(version.Policy.Level, "the policy", start.place())
	}
	for _, s := range slices.Concat(v.segments, v.ends) {
		rule, right := ruleNotEntitled, mayRun
		if tellsOfPerson(s) {
			right = mayState
			if v.trusted.chain.May(s.key, v.when(s, since), mayRun).Standing != trust.Refused {
				rule = ruleAgent
			}
		}
		v.signedBy(rule, s, since, right)
	}
}

func (v *runAudit) signedBy(rule string, s *statement, since int, right trust.Right) trust.Judgement {
	j := v.entitled(rule, s, s.key, since, right)
	v.refused = !v.writerStands(s) || v.refused || j.Standing == trust.Refused
	return j
}

// tellsOfPerson says whether a statement holds what only a person can know.
func tellsOfPerson(s *statement) bool {
	persons := []runbook.Proof{runbook.Stated, runbook.Attested, runbook.Attached}
	return slices.ContainsFunc(s.steps(), func(step record.Step) bool {
		return step.Cause == record.CausePerson || step.Outcome == record.Passed && slices.Contains(persons, step.Proof)
	})
}
