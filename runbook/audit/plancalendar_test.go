package audit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// office is a calendar that has Tuesday, 2026-11-17, off.
const office = `apiVersion: msp/v1
kind: Calendar
id: office
timezone: UTC
hours: {monday-friday: 09:00-17:00}
holidays: {own: [{date: 2026-11-17, name: Founder's day}]}
valid_until: 2027-12-31
`

// withCalendar makes the runbook's schedule one by a calendar, which the plan
// pins as edit leaves it.
func (p *planStory) withCalendar(source string, edit func(*record.PinnedCalendar)) *planStory {
	p.b.t.Helper()
	doc, problems := schedule.LoadCalendar("office.yaml", []byte(source))
	if doc == nil {
		p.b.t.Fatal(problems)
	}
	pinned := record.PinnedCalendar{Digest: doc.Digest, Source: must(p.b.store.PutBlob(doc.Source)).Digest, Calendar: doc.Calendar}
	edit(&pinned)
	p.book = strings.Replace(p.book, "early: 1h", "early: 1h, calendar: office", 1)
	p.plan.Runbooks[0].Schedule.Calendar = "office"
	p.plan.Calendars = []record.PinnedCalendar{pinned}
	p.subjects = func(s []evidence.Subject) []evidence.Subject {
		return append(s, record.BlobSubject("calendar office", pinned.Digest), record.BlobSubject("calendar office source", pinned.Source))
	}
	return p
}

func asItIs(*record.PinnedCalendar) {}

// TestPlanWithCalendar: a day off is no miss, and the population is computed
// from what the plan pins.
func TestPlanWithCalendar(t *testing.T) {
	b := newBench(t)
	b.pin()
	b.plan().withCalendar(office, asItIs).sign()
	b.wait(day(3, 0, 0))
	r := b.verify()
	line := planLine(r)
	if r.Counts.Expected != 2 || r.Counts.ExpectedMissed != 2 {
		t.Errorf("Monday and Wednesday are expected, not %d, of which %d missed: %+v", r.Counts.Expected, r.Counts.ExpectedMissed, line)
	}
	if slices.ContainsFunc(r.Findings, func(f audit.Finding) bool { return f.Rule == "plan-differs" }) {
		t.Errorf("%+v", r.Findings)
	}
}

// TestAttacksOnCalendars: by who signs plans, or can write files.
func TestAttacksOnCalendars(t *testing.T) {
	pins := func(edit func(*record.PinnedCalendar)) func(*bench) {
		return func(b *bench) { b.plan().withCalendar(office, edit).sign() }
	}
	try(t, []attack{
		{"a day off more, which undoes a miss", pins(func(c *record.PinnedCalendar) {
			c.Calendar.DaysOff = append(c.Calendar.DaysOff, schedule.DayOff{Date: "2026-11-18", Name: "Rest"})
		}), "plan-differs", "other days off than stand there"},
		{"other hours", pins(func(c *record.PinnedCalendar) { c.Calendar.Hours[1] = nil }), "plan-differs", "differs in its hours"},
		{"another zone", pins(func(c *record.PinnedCalendar) { c.Calendar.Timezone = "Asia/Tokyo" }), "plan-differs", "differs in its time zone"},
		{"a later end", pins(func(c *record.PinnedCalendar) { c.Calendar.ValidUntil = "2029-12-31" }), "plan-differs", "differs in its valid_until"},
		{"another document", pins(func(c *record.PinnedCalendar) { c.Digest = runbook.Digest([]byte("x")) }), "plan-differs", "the kept calendar office has the digest"},
		{"a subject less", func(b *bench) {
			p := b.plan().withCalendar(office, asItIs)
			all := p.subjects
			p.subjects = func(s []evidence.Subject) []evidence.Subject { return slices.Delete(all(s), 4, 5) }
			p.sign()
		}, "subjects-differ", "calendar office"},
		{"byte of a calendar", func(b *bench) {
			p := b.plan().withCalendar(office, asItIs).sign()
			b.edit(blobFile(p.plan.Calendars[0].Source), flipAt(35))
		}, "blob-changed", "the source of the calendar office"},
	})
}
