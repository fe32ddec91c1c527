package lint

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// promisesTo are those to a client now.
func (l *Linter) promisesTo(client string) (shelf.Promises, error) {
	promised := shelf.Promises{Calendars: l.Known.Calendars}
	all, err := l.agreements()
	if err == nil {
		promised.Agreement, err = shelf.InForce(all, client, l.Known.Now)
	}
	return promised, err
}

// promise is an SLA that a runbook is under: its own, or the target that it names in
// an agreement, and what that counts in.
type promise struct {
	*runbook.SLA
	with     *agreement.Agreement // whose target it is; nil for the runbook's own
	calendar *schedule.Calendar   // nil: around the clock
	due      bool                 // the runbook has a schedule
	times    schedule.Recurrence  // by it
}

// promises are the SLAs that a runbook is under. One that can't be counted is not
// among them: unknown-reference tells of it.
func (p *pass) promises(r *runbook.Runbook) []promise {
	if found, ok := p.promised[r]; ok {
		return found
	}
	if p.promised == nil {
		p.promised = map[*runbook.Runbook][]promise{}
	}
	var all []promise
	switch {
	case r.SLA == nil:
	case r.SLA.Agreement == "":
		all = p.addPromise(all, r, r.SLA, nil)
	default:
		agreements, _ := p.agreements()
		today := p.Known.today()
		for _, with := range agreements {
			sla, err := agreement.Lookup{Agreement: with}.SLA(r.SLA)
			if ended := !with.Until.IsZero() && with.Until.Before(today); err == nil && !ended {
				all = p.addPromise(all, r, sla, with)
			}
		}
	}
	p.promised[r] = all
	return all
}

func (p *pass) addPromise(all []promise, r *runbook.Runbook, sla *runbook.SLA, with *agreement.Agreement) []promise {
	m := promise{SLA: sla, with: with, due: r.Schedule != nil}
	var err error
	if sla.Calendar != "" {
		m.calendar, err = p.Known.Calendars.Find(sla.Calendar)
	}
	if err == nil && m.due {
		m.times, err = schedule.OfPinned(r.Schedule, sla, p.Known.Calendars.Find)
	}
	if err != nil {
		return all
	}
	return append(all, m)
}

// completion is the key and the length of time within which the work is to be done;
// zero where that isn't promised.
func (m promise) completion() (key string, within runbook.Duration) {
	if m.Clock == runbook.ClockReported {
		return "resolve_within", m.ResolveWithin
	}
	return "complete_within", m.CompleteWithin
}

// allowance is the key and the length of time for which the work may wait and begin
// in time, while the clock of its completion runs.
func (m promise) allowance() (key string, length runbook.Duration) {
	switch {
	case m.Clock == runbook.ClockReported:
		return "respond_within", m.RespondWithin
	case m.Clock == runbook.ClockStarted:
		return "", runbook.Duration{}
	case m.StartWithin.IsZero() && m.due && m.times.Terms.Grace != nil:
		grace := *m.times.Terms.Grace
		return "grace", runbook.Duration{Text: exact(grace), Span: grace}
	default:
		return "start_within", m.StartWithin
	}
}

// span is a length of time in hours of the promise's calendar; zero for one that
// isn't said or can't be counted.
func (m promise) span(length runbook.Duration) time.Duration {
	span, err := m.calendar.Span(length)
	if err != nil {
		return 0
	}
	return span
}

// says is what a promise says under a key, and where it stands: "complete_within
// promises 2h".
func (m promise) says(key string, length runbook.Duration) string {
	words := length.String()
	if length.Unit == runbook.BusinessDays {
		words += fmt.Sprintf(" (%s)", exact(m.span(length)))
	}
	if m.with != nil {
		return fmt.Sprintf("%s of the agreement %s promises %s", key, m.with.ID, words)
	}
	return key + " promises " + words
}

// place is where a key of the promise stands in the runbook, or the target that it
// names.
func (p *pass) place(m promise, key string) document.Position {
	switch {
	case m.with != nil:
		return p.at("sla", "agreement")
	case key == "grace":
		return p.at("schedule", key)
	default:
		return p.at("sla", key)
	}
}

// instants are those in [a, b) at which the work is due or, of work without a
// schedule, the one and each at which working time begins.
func (m promise) instants(a, b time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		switch {
		case m.due:
			for slot := range m.times.Rule.Between(a, b) {
				if !yield(slot.Due) {
					return
				}
			}
		case m.calendar == nil:
			yield(a)
		default:
			m.calendar.Openings(a, b)(yield)
		}
	}
}

// exact writes a length of time as runbooks do: 1h15m5s.
func exact(length time.Duration) string {
	if length == math.MaxInt64 {
		return "more than 292 years"
	}
	text := length.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
