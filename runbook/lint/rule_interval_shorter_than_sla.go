package lint

import (
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/schedule"
)

var intervalShorterThanSLA = Rule{
	ID: "interval-shorter-than-sla", Severity: Warning,
	Summary: "work is due again before the time to do it is over",
	Why: `A run that takes the time that it was promised is still at work when the next one is
due: two are at it at once, or the next one begins late, though both keep their
promise.`,
	Bad:  `schedule: {cron: "*/15 * * * *", timezone: Europe/London}`,
	Good: `schedule: {cron: "0 */4 * * *", timezone: Europe/London}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		if r.Schedule == nil {
			return
		}
		for _, m := range p.promises(r) {
			if m.CompleteWithin.IsZero() || m.Clock == runbook.ClockReported || m.calendar == nil && m.CompleteWithin.Span <= shortDay && onceADay(r.Schedule) {
				continue
			}
			first, next, gap := m.closest(p.Known.Now)
			if gap > 0 {
				p.report(p.place(m, "complete_within"), "let it be due less often, or promise it sooner",
					"%s: what is due %s is due again at %s, %s later", m.says("complete_within", m.CompleteWithin), minute(first.Due, m), minute(next.Due, m), exact(gap))
			}
		}
	},
}

// shortDay is less than any day between two equal times on a clock.
const shortDay = 20 * time.Hour

// onceADay reports whether a schedule names one time of the day, as most do.
func onceADay(s *runbook.Schedule) bool {
	if s.RRule != "" {
		for part := range strings.SplitSeq(strings.ToUpper(s.RRule), ";") {
			key, value, _ := strings.Cut(part, "=")
			if strings.TrimSpace(key) != "BYDAY" && strings.HasPrefix(strings.TrimSpace(key), "BY") && strings.Contains(value, ",") {
				return false
			}
		}
		return true
	}
	fields := strings.Fields(s.Cron)
	return len(fields) == 5 && !strings.ContainsAny(fields[0]+fields[1], "*,-/")
}

func minute(at time.Time, m promise) string {
	return at.In(m.times.Rule.Zone()).Format("Mon 2006-01-02 15:04 MST")
}

// closest are the two occurrences of the coming year that lie closest together among
// those of which the second is due before the first one's time is over; gap is 0 where
// there are none.
func (m promise) closest(now time.Time) (first, next schedule.Slot, gap time.Duration) {
	within := m.span(m.CompleteWithin)
	for _, days := range m.telling(now) {
		var before schedule.Slot
		ok := false
		for slot := range m.times.Rule.Between(days[0], days[1]) {
			apart := slot.Due.Sub(before.Due)
			if ok && (gap == 0 || apart < gap) && m.early(slot, before.Due, within) {
				first, next, gap = before, slot, apart
			}
			before, ok = slot, true
		}
	}
	return first, next, gap
}

// early reports whether a slot is due before the time of what was due before is over:
// working time takes as long as plain time, or longer.
func (m promise) early(slot schedule.Slot, before time.Time, within time.Duration) bool {
	if slot.Due.Before(before.Add(within)) {
		return true
	}
	over, ok := m.calendar.Add(before, within)
	return ok && slot.Due.Before(over)
}

// telling are stretches of the coming year that show all the distances between
// occurrences: the whole year where they are few, else some weeks and the days about
// each change of the clock.
func (m promise) telling(now time.Time) [][2]time.Time {
	const few = 1500
	year := now.AddDate(1, 0, 0)
	n := 0
	for slot := range m.times.Rule.Between(now, year) {
		if n++; n < few {
			continue
		}
		stretches := [][2]time.Time{{now, slot.Due}}
		_, change := now.In(m.times.Rule.Zone()).ZoneBounds()
		for !change.IsZero() && change.Before(year) {
			stretches = append(stretches, [2]time.Time{change.Add(-3 * time.Hour), change.Add(6 * time.Hour)})
			_, change = change.ZoneBounds()
		}
		return stretches
	}
	return [][2]time.Time{{now, year}}
}
