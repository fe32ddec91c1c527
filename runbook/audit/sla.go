package audit

import (
	"reflect"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// writtenSLA is what a runbook's own bytes say of its SLA.
type writtenSLA struct {
	agreement, clock, calendar string
	target                     float64
	lengths                    [6]runbook.Duration
}

// The keys of an SLA's lengths of time, in the order of writtenSLA.lengths.
var promiseKeys = [6]string{"start_within", "complete_within", "acknowledge_within", "respond_within", "update_every", "resolve_within"}

// readSLA reads the SLA of a runbook; nil when it has none.
func readSLA(n *document.Node) *writtenSLA {
	if n == nil {
		return nil
	}
	w := &writtenSLA{
		agreement: child(n, "agreement").Text(), clock: child(n, "clock").Text(), calendar: child(n, "calendar").Text(),
		target: tolerance(child(n, "target")).Amount,
	}
	for i, key := range promiseKeys {
		if d, err := runbook.ParseWorkingTime(child(n, key).Text()); err == nil {
			w.lengths[i] = d
		}
	}
	return w
}

// terms are the terms that an SLA without an agreement gives in a calendar, nil
// for 24x7.
func (w *writtenSLA) terms(calendar *schedule.Calendar) agreement.Terms {
	t := agreement.Terms{Clock: w.clock, Calendar: w.calendar, Target: w.target}
	for i, to := range promisesOf(&t) {
		if span, err := calendar.Span(w.lengths[i]); err == nil {
			*to = runbook.Nanoseconds(span)
		}
	}
	return t
}

func promisesOf(t *agreement.Terms) [6]*runbook.Nanoseconds {
	return [6]*runbook.Nanoseconds{&t.StartWithin, &t.CompleteWithin, &t.AcknowledgeWithin, &t.RespondWithin, &t.UpdateEvery, &t.ResolveWithin}
}

// same reports whether pinned terms are those of the SLA in a calendar. What an
// agreement says stands in the agreement, which the terms name by its digest.
func (w *writtenSLA) same(pinned *agreement.Terms, calendar *schedule.Calendar) bool {
	switch {
	case w == nil || pinned == nil:
		return w == nil && pinned == nil
	case w.agreement != "":
		return w.agreement == pinned.Agreement
	case pinned.Hours != nil && pinned.Hours.ID != w.calendar:
		return false
	case pinned.Unresolved != "":
		return w.mayBeUntold() && w.clock == pinned.Clock && w.calendar == pinned.Calendar && pinned.Agreement == ""
	}
	written, got := w.terms(calendar), *pinned
	got.Hours, got.Reported = nil, nil
	if got.AcknowledgeWithin == 0 && got.RespondWithin == 0 && got.UpdateEvery == 0 && got.ResolveWithin == 0 {
		// Records from before reported work was judged don't pin its promises.
		written.AcknowledgeWithin, written.RespondWithin, written.UpdateEvery, written.ResolveWithin = 0, 0, 0, 0
	}
	return written == got
}

// mayBeUntold reports whether the terms hang on a calendar, which may not have
// been there.
func (w *writtenSLA) mayBeUntold() bool {
	for _, length := range w.lengths {
		if length.Unit != "" {
			return true
		}
	}
	return w.calendar != ""
}

// hoursOf is the calendar that terms pin by value.
func hoursOf(t *agreement.Terms) *schedule.Calendar {
	if t == nil || t.Hours.Check() != nil {
		return nil
	}
	return t.Hours
}

// sameTerms compares pinned terms, with instants by what they mean.
func sameTerms(x, y *agreement.Terms) bool {
	if x == nil || y == nil {
		return x == nil && y == nil
	}
	a, b := *x, *y
	if instant(a.Due) != instant(b.Due) {
		return false
	}
	a.Due, b.Due = nil, nil
	a.Reported, b.Reported = nil, nil // which no plan knows
	return reflect.DeepEqual(a, b)
}
