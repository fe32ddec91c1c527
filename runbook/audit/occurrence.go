package audit

import (
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/record"
)

// checkOccurrence finds out which occurrence the run is for, and holds what
// the start says of it to that.
func (v *runAudit) checkOccurrence(s *statement) {
	if s.start.Occurrence != nil {
		v.occurrence = s.start.Occurrence.Name
	}
	switch {
	case v.beforeItsPlan(s):
	case s.start.Occurrence == nil:
		v.checkUnscheduled(s)
	default:
		if p := v.planOf(s); p != nil && v.inForce(s, p) {
			v.compareOccurrence(s, p)
		}
	}
}

// beforeItsPlan: a start that lies behind a plan in its log can't claim to be
// from before it. It would be judged by an earlier plan, or by none.
func (v *runAudit) beforeItsPlan(s *statement) bool {
	for _, p := range slices.Backward(v.plans) {
		signed := p.plan.Signed
		back := signed.Sub(s.start.Started)
		if back <= 0 {
			return false
		}
		if back > clockSlack && p.before(s.ref) {
			at := s.place()
			at.cause = p.leaf.Envelope
			v.broken(ruleTimes, at, "%s claims the start %s, and lies behind %s, which was signed %s", s.name(), instant(&s.start.Started), p.name(), instant(&signed))
			return true
		}
	}
	return false
}

// planOf is the plan that a start names; nil when there is none to be held to,
// which is said.
func (v *runAudit) planOf(s *statement) *plan {
	digest := s.start.Occurrence.Plan
	i := slices.IndexFunc(v.plans, func(p *plan) bool { return p.leaf.Envelope == digest })
	if i >= 0 {
		return v.plans[i]
	}
	other, logged := v.find(digest)
	switch {
	case logged && other.leaf.Kind != record.KindPlan:
		v.broken(rulePlanMismatch, s.place(), "%s names as its plan a %s statement", s.name(), other.leaf.Kind)
	case logged:
		v.note(ruleNotCompared, s.place(), "%s: the plan that it names can't be relied on", s.name())
	case v.gaps:
		v.note(ruleNotCompared, s.place(), "%s: no log that can be read holds the plan %s, which it names", s.name(), short(digest))
	default:
		v.broken(rulePlanMismatch, s.place(), "%s names a plan, %s, that no log holds", s.name(), short(digest))
	}
	return nil
}

// inForce holds the plan that a start names to the one that was in force then.
// A plan in another log may not have been known.
func (v *runAudit) inForce(s *statement, p *plan) bool {
	started, signed := s.start.Started, p.plan.Signed
	switch {
	case p.after(s.ref):
		v.broken(rulePlanMismatch, s.place(), "%s names a plan that was logged after it, entry %d", s.name(), p.index)
		return false
	case signed.After(started):
		v.broken(rulePlanMismatch, s.place(), "%s began %s by a plan that was signed %s", s.name(), instant(&started), instant(&signed))
		return false
	}
	for _, q := range v.plans[slices.Index(v.plans, p)+1:] {
		if q.plan.Signed.After(started) || q.after(s.ref) || q.leaf.Envelope == p.leaf.Envelope {
			continue
		}
		if q.before(s.ref) {
			v.broken(rulePlanMismatch, s.place(), "%s names the plan %s, whose place %s had taken", s.name(), short(p.leaf.Envelope), q.name())
			return false
		}
		at := s.place()
		at.cause = q.leaf.Envelope
		v.note(rulePlanUnknown, at, "%s names the plan %s, and %s was newer", s.name(), short(p.leaf.Envelope), q.name())
	}
	return true
}

// compareOccurrence computes again what the start says of its occurrence.
func (v *runAudit) compareOccurrence(s *statement, p *plan) {
	start, stated := s.start, s.start.Occurrence
	item, found, ok := p.at(start.Runbook.ID, start.Started)
	if slices.ContainsFunc(p.items, func(i plannedItem) bool { return i.unreadable && i.Runbook.ID == start.Runbook.ID }) {
		v.note(ruleNotCompared, s.place(), "%s: when its runbook is due can't be computed from its plan", s.name())
		return
	}
	v.occurrence = found.Name
	differs := func(what, stated, computed string) {
		v.misplaced = true
		v.broken(ruleOccurrence, s.place(), "%s: its occurrence %s %s, its plan gives %s", s.name(), what, stated, computed)
	}
	switch {
	case item == nil:
		v.misplaced = true
		v.broken(ruleOccurrence, s.place(), "%s is for %s, and its plan doesn't ask for the runbook %s", s.name(), quoted(stated.Name), start.Runbook.ID)
		return
	case !ok:
		v.misplaced, v.occurrence = true, ""
		v.broken(ruleOccurrence, s.place(), "%s is for %s, and it began %s, in the window of no occurrence", s.name(), quoted(stated.Name), instant(&start.Started))
	case stated.Name != found.Name:
		differs("is", quoted(stated.Name), quoted(found.Name))
	case !stated.Due.Equal(found.Due):
		differs("is due", instant(&stated.Due), instant(&found.Due))
	case !stated.Opens.Equal(found.Opens):
		differs("opens", instant(&stated.Opens), instant(&found.Opens))
	case !stated.Closes.Equal(found.Closes):
		differs("closes", instant(&stated.Closes), instant(&found.Closes))
	case !sameTerms(item.SLA.For(found), start.SLA):
		v.broken(ruleSLA, s.place(), "%s: the SLA that it pins is not the one that its plan gives the occurrence", s.name())
	}
	v.plan, v.item = p, item
}

// checkUnscheduled: a run that a plan asks for can't be kept out of its
// occurrence, so that a better one may be found.
func (v *runAudit) checkUnscheduled(s *statement) {
	var p *plan
	for _, q := range v.plans {
		if !q.plan.Signed.After(s.start.Started) && !q.after(s.ref) {
			p = q
		}
	}
	if p == nil {
		return
	}
	_, o, ok := p.at(s.start.Runbook.ID, s.start.Started)
	unsure := v.gaps || slices.ContainsFunc(v.lostPlans, func(lost ref) bool { return !lost.after(s.ref) && !lost.before(p.ref) })
	switch {
	case !ok, v.catchesUp(s):
	case p.before(s.ref) && !unsure:
		v.hidden = true
		v.broken(ruleUnscheduled, s.place(), "%s is for no occurrence, and it began %s, in the window of %s", s.name(), instant(&s.start.Started), quoted(o.Name))
	default:
		at := s.place()
		at.cause = p.leaf.Envelope
		v.note(rulePlanUnknown, at, "%s is for no occurrence, and %s asked for %s", s.name(), p.name(), quoted(o.Name))
	}
}

// mostBehind is how long ago a miss may be that a run makes good.
const mostBehind = 366 * 24 * time.Hour

// catchesUp reports whether the run is the one that a schedule asks for when an
// occurrence was missed: it names one of its runbook whose window had closed.
func (v *runAudit) catchesUp(s *statement) bool {
	for _, p := range v.plans {
		for _, item := range p.items {
			if s.start.CatchesUp == "" || item.unreadable || item.Runbook.ID != s.start.Runbook.ID || item.Schedule.OnMissed != "run_once" {
				continue
			}
			for o := range item.population.Between(s.start.Started.Add(-mostBehind), s.start.Started) {
				if o.Name == s.start.CatchesUp {
					return !o.Closes.After(s.start.Started)
				}
			}
		}
	}
	return false
}

// unlikePlan are the ways in which the run is not the one that was planned,
// and those that can't be told.
func (v *runAudit) unlikePlan(start *record.RunStart) (asked, untold []record.Deviation) {
	if start.Occurrence == nil {
		return nil, nil
	}
	if v.item == nil {
		return nil, []record.Deviation{record.DeviatedInputs, record.DeviatedRunbook}
	}
	if start.Runbook.Digest != v.item.Runbook.Digest {
		asked = append(asked, record.DeviatedRunbook)
	}
	switch other, known := v.otherInputs(); {
	case !known:
		untold = append(untold, record.DeviatedInputs)
	case other:
		asked = append(asked, record.DeviatedInputs)
	}
	return asked, untold
}

// masked begins what stands in the place of a secret.
const masked = "[masked "

// otherInputs says whether the run had other inputs than the plan asks for;
// known is false when that can't be told.
func (v *runAudit) otherInputs() (other, known bool) {
	planned, ok := v.plan.inputs(v.item)
	if !ok || v.inputs == nil || v.outline == nil {
		return false, false
	}
	known = true
	for _, f := range v.fields {
		text, asked := planned[f.Name]
		if !asked && f.Default != nil {
			text, asked = *f.Default, true
		}
		given, have := v.inputs.Values[f.Name]
		value, err := f.Parse(text, v.inputs.Folder)
		switch {
		case asked == have && (!asked || err == nil && value.Text == given):
		case strings.Contains(given, masked):
			known = false
		default:
			return true, true
		}
	}
	return false, known
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
