package agreement

import (
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// Report says in words when something was reported, and by what; "" where nothing
// was. Times are on the calendar's clock, or on that of whoever said when it was.
func (t *Terms) Report() string {
	if t == nil || t.Reported == nil {
		return ""
	}
	return t.reportedAt().Format("2006-01-02 15:04 -07:00") + " (" + t.Reported.Source + ")"
}

func (t *Terms) reportedAt() time.Time {
	if t.Hours != nil {
		if zone, err := runbook.Zone(t.Hours.Timezone); err == nil {
			return t.Reported.At.In(zone)
		}
	}
	return t.Reported.At
}

// ReportDue says in words until when what was promised of a report is to be done,
// as long as nothing pauses the clock; "" where nothing is judged.
func (t *Terms) ReportDue() string {
	if t == nil || t.Reported == nil || t.NotJudged() != "" {
		return ""
	}
	at := t.reportedAt()
	var words []string
	for _, p := range []struct {
		words  string
		within runbook.Nanoseconds
	}{
		{"acknowledge by ", t.AcknowledgeWithin},
		{"respond by ", t.RespondWithin},
		{"resolve by ", t.ResolveWithin},
	} {
		if by := deadlineOf(t.clock(at, p.within, nil)); p.within != 0 && by != nil {
			words = append(words, p.words+clockOn(by.In(at.Location()), at))
		}
	}
	if t.UpdateEvery != 0 {
		words = append(words, "update every "+runbook.FormatSpan(t.UpdateEvery.Span()))
	}
	return strings.Join(words, ", ")
}

// clockOn is a time of day, with its date where that is another than from's.
func clockOn(t, from time.Time) string {
	if t.Format(time.DateOnly) == from.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format("15:04 on Mon 2006-01-02")
}

// LastMet is the last instant at which a run about a report, that started then,
// can end and have kept all that was promised; where it started too late, the last
// at which it could have started. ok is false where none can be told.
func (t *Terms) LastMet(started time.Time, pauses ...Pause) (last time.Time, ok bool) {
	if t == nil || t.Reported == nil || t.NotJudged() != "" {
		return time.Time{}, false
	}
	for _, c := range []struct {
		from   time.Time
		within runbook.Nanoseconds
		kept   bool // with the start, when that was in time
	}{
		{t.Reported.At, t.AcknowledgeWithin, true},
		{t.Reported.At, t.RespondWithin, true},
		{t.Reported.At, t.UpdateEvery, true},
		{t.Reported.At, t.ResolveWithin, false},
		{started, t.UpdateEvery, false},
	} {
		clock := t.clock(c.from, c.within, pauses)
		if c.within == 0 || c.kept && clock.Met(started.Round(0)) {
			continue
		}
		if at, known := clock.LastMet(); known && (!ok || at.Before(last)) {
			last, ok = at, true
		}
	}
	return last, ok
}
