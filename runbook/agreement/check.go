package agreement

import (
	"errors"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// check holds the parts of an agreement to each other.
func (d draft) check(a *Agreement) {
	for _, t := range a.Targets {
		d.checkTiers(t, a.Credits)
	}
	for _, s := range a.Supports {
		if t, ok := a.Target(s.Target); ok {
			d.checkTighter(s, t)
		}
	}
	exclusions, reports := map[string]document.Position{}, map[string]document.Position{}
	for _, e := range a.Exclusions {
		d.once(exclusions, e.ID, e.Position, "the exclusion")
	}
	for _, r := range a.Reports {
		d.once(reports, r.ID, r.Position, "the report")
		d.checkSchedule(r)
	}
	for _, k := range a.KPIs {
		if !k.By.IsZero() && k.By.Before(a.From) {
			d.Report(k.Position, "bad-value", "", "by, %s, lies before the agreement begins", k.By.Format(time.DateOnly))
		}
	}
}

// checkSchedule holds that a report is due at times that can be computed.
func (d draft) checkSchedule(r Report) {
	if r.Schedule == nil || r.Schedule.Calendar != "" || len(d.Problems()) > 0 {
		return // what is wrong has been said, or can be told only where the calendars are
	}
	var problems document.Problems
	if _, err := r.recurrence(nil); errors.As(err, &problems) {
		d.Add(problems)
	} else if err != nil {
		d.Report(r.Schedule.Position, "schedule", "", "the report %s: %s", document.Quote(r.ID), err)
	}
}

// checkTiers holds that a credit is for a target that was missed, and that less
// attained never costs less.
func (d draft) checkTiers(t Target, credits *Credits) {
	if len(t.Tiers) > 0 && credits == nil {
		d.Report(t.Position, "credits", "credits: {monthly_fee: 2500.00 GBP, cap: 20%}", "the target %s gives credits, and the agreement doesn't say of which fee", t.Name)
	}
	above := Tier{Below: t.Percent}
	for i, tier := range t.Tiers {
		switch {
		case t.Percent == 0: // which has been reported
		case i == 0 && tier.Below > above.Below:
			d.Report(tier.Position, "credits", "a credit is for a target that was missed", "the target %s gives a credit below %s and is met at %s", t.Name, tier.Below, t.Percent)
		case i > 0 && tier.Below >= above.Below:
			d.Report(tier.Position, "credits", "the highest stands first", "the tiers of %s are not in order: %s stands behind %s", t.Name, tier.Below, above.Below)
		case i > 0 && tier.Credit < above.Credit:
			d.Report(tier.Position, "credits", "less attained costs as much or more", "the target %s costs less below %s than below %s", t.Name, tier.Below, above.Below)
		}
		above = tier
	}
}

// checkTighter holds that what supports a target leaves time to keep it.
func (d draft) checkTighter(s Support, t Target) {
	common, silent := false, true
	mine, theirs := promisesOf(s.Promises), promisesOf(t.Promises)
	for i, promise := range theirs {
		own := mine[i]
		silent = silent && own.length.IsZero()
		if own.length.IsZero() || promise.length.IsZero() {
			continue
		}
		common = true
		if !tighter(own.length, s.Promises.Calendar, promise.length, t.Promises.Calendar) {
			d.Report(s.Position, "ola-exceeds-sla", "what supports a target is tighter, in the same hours or around the clock",
				"%s promises %s: %s, and the target %s itself promises %s", document.Quote(s.Name), own.name, in(own.length, s.Promises.Calendar), t.Name, in(promise.length, t.Promises.Calendar))
		}
	}
	if !common && !silent { // what promises nothing at all has been reported
		d.Report(s.Position, "ola-exceeds-sla", "let it promise a length of time that the target has too", "%s promises nothing of what the target %s promises", document.Quote(s.Name), t.Name)
	}
	if s.Percent != 0 && s.Percent < t.Percent {
		d.Report(s.Position, "ola-exceeds-sla", "what supports a target is kept as often, or more often", "%s promises %s, and the target %s itself promises %s", document.Quote(s.Name), s.Percent, t.Name, t.Percent)
	}
}

// tighter reports that one length of time is sure to be shorter than another. A
// calendar's hours last at least as long as hours around the clock; of two
// calendars nothing is sure, nor of a business day and hours.
func tighter(own runbook.Duration, ownCalendar string, other runbook.Duration, otherCalendar string) bool {
	switch {
	case ownCalendar != "" && ownCalendar != otherCalendar:
		return false
	case own.Unit == runbook.BusinessDays && other.Unit == runbook.BusinessDays:
		return own.Days < other.Days
	case own.Unit == runbook.BusinessDays || other.Unit == runbook.BusinessDays:
		return false
	default:
		return own.Span < other.Span
	}
}

func in(length runbook.Duration, calendar string) string {
	if calendar == "" {
		return length.String()
	}
	return length.String() + " in " + calendar
}

// promise is one length of time of an SLA, by its key.
type promise struct {
	name   string
	length runbook.Duration
}

// promisesOf are the promises of an SLA in a fixed order, also those that were
// not made.
func promisesOf(s runbook.SLA) []promise {
	return []promise{
		{"start_within", s.StartWithin},
		{"complete_within", s.CompleteWithin},
		{"acknowledge_within", s.AcknowledgeWithin},
		{"respond_within", s.RespondWithin},
		{"update_every", s.UpdateEvery},
		{"resolve_within", s.ResolveWithin},
	}
}

func (r Report) recurrence(calendars schedule.Lookup) (schedule.Recurrence, error) {
	return schedule.Of(r.Schedule, nil, calendars)
}

// DueReports are the populations of the reports: each time at which one is due
// is an occurrence, named <client>/<report>/<slot>. A runbook with the report's id
// stands behind it: where a plan asks for it at the same times, the occurrences
// are the same, and its runs satisfy them. Nothing else does. Known is the instant from
// which the agreement is proven to be in force: nothing due earlier was asked
// for.
func (a *Agreement) DueReports(known time.Time, calendars schedule.Lookup) ([]schedule.Planned, error) {
	var planned []schedule.Planned
	for _, r := range a.Reports {
		recurrence, err := r.recurrence(calendars)
		if err != nil {
			return nil, err
		}
		planned = append(planned, recurrence.Planned(a.Client, schedule.Item{Runbook: r.ID, From: a.From, Until: a.Until}, known))
	}
	return planned, nil
}
