package agreement_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// happened are so many events of a target on the days of a month, from a
// morning on, in one state.
func happened(t testing.TB, target, month string, state schedule.State, count int) []agreement.Event {
	t.Helper()
	var events []agreement.Event
	for i := range count {
		events = append(events, agreement.Event{
			Name: fmt.Sprintf("northwind/%s/%s/%s/%d", target, month, state, i), Target: target, State: state,
			Due: wall(t, month+"-02 07:00", london).Add(time.Duration(i) * time.Hour),
		})
	}
	return events
}

func statement(t testing.TB, a *agreement.Agreement, month string, known agreement.Known) *agreement.Statement {
	t.Helper()
	if known.At.IsZero() {
		known.At = wall(t, "2027-12-31 00:00", london)
	}
	s, err := a.Statement(month, known)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func line(t testing.TB, s *agreement.Statement, target string) agreement.Line {
	t.Helper()
	for _, l := range s.Lines {
		if l.Target == target {
			return l
		}
	}
	t.Fatalf("there is no line of %s", target)
	return agreement.Line{}
}

// TestEmptyMonth: of nothing there is no verdict and no credit.
func TestEmptyMonth(t *testing.T) {
	s := statement(t, northwind(t), "2026-07", agreement.Known{})
	l := line(t, s, "backup-daily")
	if l.Met != nil || l.Net.Percent(l.At) != "n/a" || s.Credit.Due.Minor != 0 || !s.Totals.Foots() || s.Chronic.Raised || !s.Final {
		t.Errorf("%+v", s)
	}
}

// TestGrossAndNet: net leaves out what was waived and excluded; both are there.
func TestGrossAndNet(t *testing.T) {
	events := append(happened(t, "backup-daily", "2026-07", schedule.OnTime, 38), happened(t, "backup-daily", "2026-07", schedule.Failed, 3)...)
	events = append(events, happened(t, "backup-daily", "2026-07", schedule.Waived, 1)...)
	events = append(events, happened(t, "backup-daily", "2026-07", schedule.NotApplicable, 1)...)
	events[40].LeftOut = &agreement.LeftOut{Why: "client-change-freeze", Approver: "it-director"}
	events[41].LeftOut = &agreement.LeftOut{Why: agreement.Waived, Approver: "lead"}
	s := statement(t, northwind(t), "2026-07", agreement.Known{Events: events})
	l := line(t, s, "backup-daily")
	if l.Gross != (agreement.Attained{Met: 38, Total: 42}) || l.Net != (agreement.Attained{Met: 38, Total: 40}) || l.Met == nil || !*l.Met || s.Credit.Due.Minor != 0 {
		t.Errorf("%+v", l)
	}
	want := []agreement.LeftOne{
		{Name: events[40].Name, Target: "backup-daily", LeftOut: *events[40].LeftOut},
		{Name: events[41].Name, Target: "backup-daily", LeftOut: *events[41].LeftOut},
	}
	if diff := cmp.Diff(want, s.Left); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if s.Totals != (agreement.Totals{Expected: 43, OnTime: 38, Failed: 3, Waived: 1, NotApplicable: 1, Breached: 4, Excluded: 1}) || !s.Totals.Foots() {
		t.Errorf("%+v", s.Totals)
	}
}

// TestCredits: tiers, the cap, the claim window and the events behind a line.
func TestCredits(t *testing.T) {
	for _, test := range []struct {
		met, missed int
		credit      int64
		below       string
	}{
		{38, 2, 0, ""}, {37, 2, 12_500, "95%"}, {36, 4, 12_500, "95%"}, {35, 4, 25_000, "90%"}, {32, 8, 25_000, "90%"}, {31, 9, 50_000, "80%"},
	} {
		events := append(happened(t, "backup-daily", "2026-07", schedule.OnTime, test.met), happened(t, "backup-daily", "2026-07", schedule.Missed, test.missed)...)
		s := statement(t, northwind(t), "2026-07", agreement.Known{Events: events})
		l := line(t, s, "backup-daily")
		below := ""
		if l.Below != nil {
			below = l.Below.String()
		}
		if s.Credit.Due.Minor != test.credit || below != test.below || test.credit > 0 && len(l.Behind) != test.missed {
			t.Errorf("%d of %d: %s below %q for %d events", test.met, test.met+test.missed, s.Credit.Due, below, len(l.Behind))
		}
		if claim := wall(t, "2026-08-31 00:00", london); test.credit > 0 && (s.Credit.ClaimBy == nil || !s.Credit.ClaimBy.Equal(claim)) {
			t.Errorf("claimed by %v", s.Credit.ClaimBy)
		}
		if test.missed == 9 && (l.Credit.Minor != 62_500 || s.Credit.Cap.Minor != 50_000) {
			t.Errorf("the cap of %s doesn't hold %s", s.Credit.Cap, l.Credit)
		}
	}
}

// TestOneEventOneCredit: an event behind the dearer line counts for no other.
func TestOneEventOneCredit(t *testing.T) {
	a := northwind(t)
	a.Targets[1].Window, a.Targets[1].Tiers = agreement.Month, []agreement.Tier{{Below: 99_000, Credit: 5_000}}
	events := append(happened(t, "backup-daily", "2026-07", schedule.OnTime, 8), happened(t, "backup-daily", "2026-07", schedule.Missed, 2)...)
	for _, e := range events { // the same occurrences are under a second target
		e.Target = "patch-weekly"
		events = append(events, e)
	}
	s := statement(t, a, "2026-07", agreement.Known{Events: events})
	if first, second := line(t, s, "backup-daily"), line(t, s, "patch-weekly"); first.Credit.Minor != 25_000 || second.Credit.Minor != 0 || second.Behind != nil || *second.Met {
		t.Errorf("%+v\n%+v", first, second)
	}
	if s.Totals.Expected != 10 || s.Credit.Due.Minor != 25_000 {
		t.Errorf("%+v, %s", s.Totals, s.Credit.Due)
	}
	late := happened(t, "patch-weekly", "2026-07", schedule.Late, 1)
	if s := statement(t, a, "2026-07", agreement.Known{Events: append(events, late...)}); line(t, s, "patch-weekly").Credit.Minor != 12_500 {
		t.Errorf("an event of its own: %+v", line(t, s, "patch-weekly"))
	}
}

// TestQuarter: a quarter is measured over its months, and credited in the last.
func TestQuarter(t *testing.T) {
	a := northwind(t)
	var events []agreement.Event
	for _, month := range []string{"2026-03", "2026-04", "2026-05", "2026-06"} {
		events = append(events, happened(t, "patch-weekly", month, schedule.OnTime, 4)...)
	}
	events = append(events, happened(t, "patch-weekly", "2026-04", schedule.Missed, 1)...)
	for month, want := range map[string]struct {
		net    agreement.Attained
		whole  bool
		credit int64
	}{
		"2026-04": {agreement.Attained{Met: 4, Total: 5}, false, 0},
		"2026-05": {agreement.Attained{Met: 8, Total: 9}, false, 0},
		"2026-06": {agreement.Attained{Met: 12, Total: 13}, true, 12_500},
	} {
		s := statement(t, a, month, agreement.Known{Events: events})
		if l := line(t, s, "patch-weekly"); l.Net != want.net || l.Whole != want.whole || s.Credit.Due.Minor != want.credit || s.Totals.Expected > 5 {
			t.Errorf("%s: %+v, %+v", month, l, s.Totals)
		}
	}
}

// placed is an event near the end of July, and where it counts.
type placed struct {
	event agreement.Event
	known string // when the statement is computed; "" is long after
	july  agreement.Attained
	next  agreement.Attained // August
	open  int                // in July
}

func placedEvents(at func(string) *time.Time) map[string]placed {
	yes, no := true, false
	return map[string]placed{
		"scheduled in July, done in August": {
			agreement.Event{State: schedule.OnTime, Due: *at("2026-07-31 23:50"), Closed: at("2026-08-01 00:30"), Met: &yes},
			"",
			agreement.Attained{Met: 1, Total: 1},
			agreement.Attained{},
			0,
		},
		"due in July on the client's clock, and in August in UTC": {
			agreement.Event{State: schedule.OnTime, Due: *at("2026-08-01 00:00")},
			"",
			agreement.Attained{},
			agreement.Attained{Met: 1, Total: 1},
			0,
		},
		"scheduled, open and past its target": {
			agreement.Event{State: schedule.Running, Due: *at("2026-07-31 20:00"), LastMet: at("2026-07-31 22:00")},
			"2026-08-01 00:00",
			agreement.Attained{Total: 1},
			agreement.Attained{},
			1,
		},
		"scheduled, open and not past it": {
			agreement.Event{State: schedule.Running, Due: *at("2026-07-31 23:00"), LastMet: at("2026-08-01 01:00")},
			"2026-08-01 00:00",
			agreement.Attained{},
			agreement.Attained{},
			1,
		},
		"reported in July, closed in August, met": {
			agreement.Event{State: schedule.OnTime, Reported: true, Due: *at("2026-07-31 10:00"), Closed: at("2026-08-03 10:00"), LastMet: at("2026-08-04 10:00"), Met: &yes},
			"",
			agreement.Attained{},
			agreement.Attained{Met: 1, Total: 1},
			0,
		},
		"reported in July, late in July, closed in August": {
			agreement.Event{State: schedule.Late, Reported: true, Due: *at("2026-07-29 10:00"), Closed: at("2026-08-03 10:00"), LastMet: at("2026-07-30 10:00"), Met: &no},
			"",
			agreement.Attained{Total: 1},
			agreement.Attained{},
			0,
		},
		"the same, while it is open": {
			agreement.Event{State: schedule.Running, Reported: true, Due: *at("2026-07-29 10:00"), LastMet: at("2026-07-30 10:00")},
			"2026-08-01 00:00",
			agreement.Attained{Total: 1},
			agreement.Attained{},
			1,
		},
		"reported, open and not past it": {
			agreement.Event{State: schedule.Running, Reported: true, Due: *at("2026-07-29 10:00"), LastMet: at("2026-08-30 10:00")},
			"2026-08-01 00:00",
			agreement.Attained{},
			agreement.Attained{},
			1,
		},
		"reported and held, so nobody knows until when": {
			agreement.Event{State: schedule.Waiting, Reported: true, Due: *at("2026-07-29 10:00")},
			"2026-08-01 00:00",
			agreement.Attained{},
			agreement.Attained{},
			1,
		},
		"past its target exactly at the month's end": {
			agreement.Event{State: schedule.Running, Reported: true, Due: *at("2026-07-29 10:00"), LastMet: at("2026-08-01 00:00")},
			"2026-08-01 00:00",
			agreement.Attained{},
			agreement.Attained{},
			1,
		},
		"reported, and open in a later month": {
			agreement.Event{State: schedule.Running, Reported: true, Due: *at("2026-07-29 10:00"), LastMet: at("2026-08-30 10:00")},
			"2026-08-15 00:00",
			agreement.Attained{},
			agreement.Attained{},
			0,
		},
		"unknown, whatever is said of its verdict": {
			agreement.Event{State: schedule.Unknown, Due: *at("2026-07-29 10:00"), Met: &yes},
			"",
			agreement.Attained{Total: 1},
			agreement.Attained{},
			1,
		},
		"unknown": {
			agreement.Event{State: schedule.Unknown, Due: *at("2026-07-29 10:00")},
			"",
			agreement.Attained{Total: 1},
			agreement.Attained{},
			1,
		},
	}
}

// TestWhichMonth: scheduled work by its due time, reported work by its closure,
// and what is open and past its target is breached now.
func TestWhichMonth(t *testing.T) {
	at := func(text string) *time.Time { instant := wall(t, text, london); return &instant }
	for name, test := range placedEvents(at) {
		test.event.Name, test.event.Target = "northwind/backup-verify/x", "backup-daily"
		known := agreement.Known{Events: []agreement.Event{test.event}}
		if test.known != "" {
			known.At = *at(test.known)
		}
		july := statement(t, northwind(t), "2026-07", known)
		if l := line(t, july, "backup-daily"); l.Net != test.july || l.Totals.Open != test.open || !july.Totals.Foots() {
			t.Errorf("%s, in July: %+v", name, l)
		}
		if test.known != "" {
			continue
		}
		if l := line(t, statement(t, northwind(t), "2026-08", known), "backup-daily"); l.Net != test.next {
			t.Errorf("%s, in August: %+v", name, l)
		}
	}
}

// TestChronic: a credit in so many of the last months, this one among them.
func TestChronic(t *testing.T) {
	bad := append(happened(t, "backup-daily", "2026-07", schedule.OnTime, 1), happened(t, "backup-daily", "2026-07", schedule.Missed, 1)...)
	for name, test := range map[string]struct {
		events  []agreement.Event
		months  []string
		chronic agreement.Chronic
		want    []string
		raised  bool
	}{
		"the third of six":            {bad, []string{"2026-02", "2026-05"}, agreement.Chronic{Months: 3, Of: 6}, []string{"2026-02", "2026-05", "2026-07"}, true},
		"one lies too long ago":       {bad, []string{"2026-01", "2026-05"}, agreement.Chronic{Months: 3, Of: 6}, []string{"2026-05", "2026-07"}, false},
		"a good month doesn't clear":  {nil, []string{"2026-02", "2026-03", "2026-05"}, agreement.Chronic{Months: 3, Of: 6}, []string{"2026-02", "2026-03", "2026-05"}, true},
		"one month told twice":        {bad, []string{"2026-05", "2026-05"}, agreement.Chronic{Months: 3, Of: 6}, []string{"2026-05", "2026-07"}, false},
		"a later month":               {bad, []string{"2026-08", "2026-05"}, agreement.Chronic{Months: 3, Of: 6}, []string{"2026-05", "2026-07"}, false},
		"set otherwise":               {bad, nil, agreement.Chronic{Months: 1, Of: 1}, []string{"2026-07"}, true},
		"set otherwise, of one month": {bad, []string{"2026-06"}, agreement.Chronic{Months: 1, Of: 1}, []string{"2026-07"}, true},
	} {
		a := northwind(t)
		a.Credits.Chronic = test.chronic
		s := statement(t, a, "2026-07", agreement.Known{Events: test.events, Months: test.months})
		if diff := cmp.Diff(agreement.Repeated{Months: test.want, Of: test.chronic.Of, Raised: test.raised}, s.Chronic); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestTrial: in a trial without credits the figures are there, and no credit.
func TestTrial(t *testing.T) {
	for month, credit := range map[string]int64{"2026-03": 0, "2026-04": 50_000} {
		s := statement(t, northwind(t), month, agreement.Known{Events: happened(t, "backup-daily", month, schedule.Missed, 3)})
		if s.Credit.Due.Minor != credit || s.Credit.Trial != (credit == 0) || *line(t, s, "backup-daily").Met {
			t.Errorf("%s: %+v", month, s.Credit)
		}
	}
}

// TestRefusedEvents: what contradicts itself or the agreement is named.
func TestRefusedEvents(t *testing.T) {
	good := happened(t, "backup-daily", "2026-07", schedule.OnTime, 1)[0]
	for want, change := range map[string]func(e *agreement.Event){
		"has no target \"daily\"":     func(e *agreement.Event) { e.Target = "daily" },
		"it has no state":             func(e *agreement.Event) { e.State = "" },
		"nothing else, has the state": func(e *agreement.Event) { e.State = schedule.Waived },
		"nobody approved":             func(e *agreement.Event) { e.LeftOut = &agreement.LeftOut{Why: "client-change-freeze"} },
		"has no exclusion \"rain\"":   func(e *agreement.Event) { e.LeftOut = &agreement.LeftOut{Why: "rain", Approver: "lead"} },
		"has the state waived":        func(e *agreement.Event) { e.LeftOut = &agreement.LeftOut{Why: agreement.Waived, Approver: "lead"} },
	} {
		e := good
		change(&e)
		if s, err := northwind(t).Statement("2026-07", agreement.Known{Events: []agreement.Event{e}}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), good.Name) {
			t.Errorf("%s: %v, %+v", want, err, s)
		}
	}
	for want, known := range map[string]agreement.Known{
		"is there twice":   {Events: []agreement.Event{good, good}},
		"\"May\" is not a": {Months: []string{"May"}},
	} {
		if _, err := northwind(t).Statement("2026-07", known); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for month, want := range map[string]string{"July": "is not a month", "2025-12": "isn't in force", "2028-01": "isn't in force"} {
		if _, err := northwind(t).Statement(month, agreement.Known{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", month, err)
		}
	}
}
