package lint

import (
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

var escalationAfterBreach = Rule{
	ID: "escalation-after-breach", Severity: Warning,
	Summary: "a ladder of which the first rung comes when the promise is broken",
	Why: `Who is told at 100% of the time can only explain: the promise is broken at that minute.
A ladder is there to keep it, so its first rung leaves time to act. The one for what
nobody has acknowledged comes before the time to acknowledge is over, where that is
promised.`,
	Source: "ISO/IEC 20000-1:2018, 8.6.1",
	Bad:    `escalation: {not_resolved: [{after: 100%, notify: owner}, {after: 4h, notify: lead}]}`,
	Good:   `escalation: {not_resolved: [{after: 75%, notify: owner}, {after: 100%, notify: lead}]}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		for _, m := range p.promises(r) {
			key, within := m.completion()
			if within.IsZero() && m.Clock == runbook.ClockScheduled {
				key, within = "start_within", m.StartWithin
			}
			late := p.lateLadder(m, "not_resolved", r.Escalation.NotResolved, key, within)
			if !m.AcknowledgeWithin.IsZero() {
				key, within = "acknowledge_within", m.AcknowledgeWithin
			}
			if p.lateLadder(m, "not_acknowledged", r.Escalation.NotAcknowledged, key, within) || late {
				return // what holds for one client need not be said for the next
			}
		}
	},
}

// lateLadder reports a ladder of which no rung comes before a promise is broken.
func (p *pass) lateLadder(m promise, name string, ladder []runbook.Rung, key string, within runbook.Duration) bool {
	if len(ladder) == 0 || within.IsZero() {
		return false
	}
	for _, rung := range ladder {
		if !m.behind(rung, within, p.Known.Now) {
			return false
		}
	}
	first := p.node("escalation", name).Items()[0].Value("after")
	why := m.says(key, within)
	if waits, _ := m.startsLate(); waits > 0 {
		why += ", from a start that may be " + exact(waits) + " after due"
	}
	hint := "after: 50%"
	if name == "not_acknowledged" {
		hint = "after: " + exact(m.span(within)/2)
	}
	p.report(first.Position(), hint, "the first rung of %s comes after %s, when it is too late: %s", name, first.Text(), why)
	return true
}

// behind reports whether a rung comes when a promise is broken already, whenever the
// clock begins. Where that isn't known, it doesn't.
func (m promise) behind(rung runbook.Rung, within runbook.Duration, now time.Time) bool {
	if rung.After.IsZero() && within == m.AcknowledgeWithin {
		_, whole := m.completion() // of which the rung's share is one
		clock := agreement.Clock{Start: now, Target: m.span(whole)}
		at, ok := clock.At(rung.Share)
		return ok && whole.Text != "" && at.Sub(now) >= m.span(within)
	}
	if rung.After.IsZero() {
		return rung.Share >= 100
	}
	waits, known := m.startsLate()
	if !known {
		return false
	}
	left := 40 // of the times at which the clock may begin
	for from := range m.instants(now, now.AddDate(1, 0, 0)) {
		start, _ := m.calendar.Add(from, waits)
		deadline, ok := m.calendar.Add(start, m.span(within))
		if at, known := m.comes(rung, from); !ok || !known || at.Before(deadline) {
			return false
		}
		if left--; left == 0 {
			break
		}
	}
	return left < 40
}

// startsLate is how long after due the work may start from which a clock counts; it
// isn't known where the schedule doesn't say.
func (m promise) startsLate() (waits time.Duration, known bool) {
	switch {
	case m.Clock != runbook.ClockStarted || !m.due:
		return 0, true
	case m.times.Terms.Grace == nil:
		return 0, false
	default:
		return *m.times.Terms.Grace, true
	}
}

// comes is the instant at which a rung with a length of time comes: that counts as the
// promise does where it is working time, else around the clock.
func (m promise) comes(rung runbook.Rung, from time.Time) (time.Time, bool) {
	if rung.After.Unit == "" {
		return from.Add(rung.After.Span), true
	}
	span, err := m.calendar.Span(rung.After)
	if err != nil {
		return time.Time{}, false
	}
	return m.calendar.Add(from, span)
}
