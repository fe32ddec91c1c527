package record

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// oldPlan is the body of a plan from before there were calendars.
const oldPlan = `{"client":"acme","writer":{"id":"laptop","key":"k"},"operator":{"id":"jo","key":"k"},` +
	`"signed":"2026-03-01T00:00:00Z","digest":"sha256:aa","source":"sha256:bb","level":"logged","runbooks":[{"runbook":` +
	`{"id":"daily","version":"1.0.0","digest":"sha256:cc","source":"sha256:dd"},"schedule":{"cron":"0 7 * * *","timezone":"Europe/London",` +
	`"early_ns":600000000000,"on_missed":"record"},"sla":{"clock":"scheduled","start_within_ns":1800000000000}}]}`

// TestOldPlan: a plan that was signed before it could say more means what it
// meant.
func TestOldPlan(t *testing.T) {
	var p Plan
	if err := evidence.DecodeStrict([]byte(oldPlan), &p); err != nil {
		t.Fatal(err)
	}
	population, err := p.Population(p.Runbooks[0], time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	o, ok := population.At(time.Date(2026, 3, 30, 6, 10, 0, 0, time.UTC))
	if !ok || o.Name != "acme/daily/2026-03-30T07:00:00+01:00[Europe/London]" || o.StartBy == nil || o.StartBy.Sub(o.Due) != 30*time.Minute {
		t.Errorf("%+v", o)
	}
	again, err := evidence.EncodeJSON(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"calendar", "rrule", "shift", "on_holiday"} {
		if strings.Contains(string(again), member) {
			t.Errorf("it says %s now: %s", member, again)
		}
	}
}

const office = `apiVersion: msp/v1
kind: Calendar
id: office
timezone: Europe/London
hours: {monday-friday: 09:00-17:00, saturday: 22:00-02:00}
business_day: 8h
holidays: {country: GB}
valid_until: 2027-12-31
`

const patch = `apiVersion: msp/v1
kind: Runbook
id: patch
version: 1.0.0
title: Patch
schedule:
  {rrule: "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=16", shift: 2 business days, timezone: Europe/London, calendar: office,
   on_holiday: next_working_day, early: 1h, effective_from: 2026-01-01, grace: 2 business hours}
sla: {clock: scheduled, calendar: office, start_within: 2h, complete_within: 1 business day}
steps: [{id: a, title: A, fake: x}]
`

type fakeKind struct{}

func (fakeKind) Name() string                                            { return "fake" }
func (fakeKind) Decode(*document.Node, *document.Decoder) runbook.Action { return nil }

// TestPinnedPlan: what a plan pins gives the occurrences that the documents
// give, when it has been written, read back, and the documents are gone.
func TestPinnedPlan(t *testing.T) {
	book, problems := runbook.Load("patch.yaml", []byte(patch), []runbook.Kind{fakeKind{}})
	if book == nil {
		t.Fatal(problems)
	}
	doc, problems := schedule.LoadCalendar("office.yaml", []byte(office))
	if doc == nil {
		t.Fatal(problems)
	}
	lookup := func(string) (*schedule.Calendar, error) { return &doc.Calendar, nil }
	pinned := PlannedRunbook{Runbook: Runbook{ID: "patch"}}
	var err error
	if pinned.Schedule, pinned.SLA, err = PinRunbook(book, agreement.Lookup{Calendar: lookup}); err != nil {
		t.Fatal(err)
	}
	signed := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := Plan{
		Client: "acme", Signed: signed, Runbooks: []PlannedRunbook{pinned},
		Calendars: []PinnedCalendar{{Digest: doc.Digest, Source: doc.Digest, Calendar: doc.Calendar}},
	}
	written, err := evidence.EncodeJSON(p)
	if err != nil {
		t.Fatal(err)
	}
	var back Plan
	if err := evidence.DecodeStrict(written, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got, err := back.Population(back.Runbooks[0], time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	recurrence, err := schedule.Of(book.Schedule, book.SLA, lookup)
	if err != nil {
		t.Fatal(err)
	}
	want := recurrence.Planned("acme", schedule.Item{Runbook: "patch"}, signed)
	end := signed.AddDate(2, 0, 0)
	all := slices.Collect(got.Between(signed, end))
	if diff := cmp.Diff(slices.Collect(want.Between(signed, end)), all); diff != "" || len(all) < 20 {
		t.Errorf("%d occurrences: -want +got:\n%s", len(all), diff)
	}
	// New Year's Day is off, the Friday and the Saturday are the two working days.
	if o := all[0]; o.Nominal != "2026-01-03T16:00:00+00:00[Europe/London]" || !o.StartBy.Equal(time.Date(2026, 1, 4, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the first is %+v, to be started by %s", o, o.StartBy)
	}
	back.Calendars = nil
	if _, err := back.Population(back.Runbooks[0], time.Time{}); err == nil || !strings.Contains(err.Error(), `the plan pins no calendar "office"`) {
		t.Errorf("without its calendar: %v", err)
	}
}

// TestPinNoGrace: what a plan can't say is refused, and not taken for nothing said.
func TestPinNoGrace(t *testing.T) {
	book := &runbook.Runbook{Schedule: &runbook.Schedule{Cron: "0 7 * * *", Timezone: "UTC", Grace: runbook.Duration{Text: "0s"}}}
	if _, _, err := PinRunbook(book, agreement.Lookup{}); err == nil || !strings.Contains(err.Error(), "grace: 0s leaves no time to start") {
		t.Errorf("%v", err)
	}
}
