package agreement_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document/documenttest"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// lived is what happened to one occurrence of the simulated month: all that the
// script in testdata is told. Times are in seconds.
type lived struct {
	Name    string             `json:"name"`
	Target  string             `json:"target"`
	Due     int64              `json:"due"`
	Fate    string             `json:"fate"` // done | failed | missed | waived | not_applicable | running
	Started int64              `json:"started"`
	Ended   int64              `json:"ended"`
	Holds   []livedHold        `json:"holds"`
	LeftOut *agreement.LeftOut `json:"left_out"`
}

type livedHold struct {
	Reason agreement.Reason `json:"reason"`
	From   int64            `json:"from"`
	To     int64            `json:"to"` // 0: not released
}

// simulated is the July of a client with 30 daily, 4 weekly and one monthly
// runbook.
func simulated(t *testing.T, from, to time.Time) []lived {
	t.Helper()
	var month []lived
	population := func(target, cron string, runbooks int) {
		recurrence, err := schedule.Of(&runbook.Schedule{Cron: cron, Timezone: london}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range runbooks {
			planned := recurrence.Planned("northwind", schedule.Item{Runbook: fmt.Sprintf("%s-%02d", target, i+1)}, from)
			for o := range planned.Between(from, to) {
				month = append(month, live(len(month), target, o))
			}
		}
	}
	population("daily", "0 7 * * *", 30)
	population("weekly", "30 6 * * 1", 4)
	population("monthly", "0 23 31 * *", 1)
	return month
}

// live decides what happens to the n-th occurrence.
func live(n int, target string, o schedule.Occurrence) lived {
	minutes := func(m int64) int64 { return o.Due.Unix() + 60*m }
	e := lived{Name: o.Name, Target: target, Due: o.Due.Unix(), Fate: "done", Started: minutes(5), Ended: minutes(40)}
	held := func(reason agreement.Reason, from, to int64) {
		e.Holds = append(e.Holds, livedHold{Reason: reason, From: minutes(from), To: minutes(to)})
	}
	switch {
	case target == "monthly":
		e.Fate = "running" // since eleven on the last evening: past nothing yet
	case n%17 == 3, target == "weekly" && n%5 == 1:
		e.Ended = minutes(121)
	case n%19 == 4:
		e.Ended = minutes(120) // exactly the target
	case n%23 == 6:
		e.Started = minutes(31)
	case n%29 == 5: // held twice at once, two hours and a half of it
		e.Ended = minutes(270)
		held(agreement.WaitingClient, 30, 120)
		held(agreement.Maintenance, 60, 180)
	case n%61 == 9:
		e.Ended = minutes(180)
		held(agreement.WaitingVendor, 30, 150)
	case n%131 == 8: // for longer than a hold counts
		e.Ended = minutes(26 * 60)
		held(agreement.ForceMajeure, 10, 26*60-1)
	case n%41 == 7:
		e.Fate = "failed"
	case n%53 == 11:
		e.Fate = "missed"
	case n%97 == 13:
		e.Fate, e.LeftOut = "waived", &agreement.LeftOut{Why: agreement.Waived, Approver: "lead"}
	case n%71 == 1:
		e.Fate = "not_applicable"
	case n%31 == 30: // the last day: it hangs
		e.Fate = "running"
	}
	if e.Fate == "failed" && n%2 == 0 {
		e.LeftOut = &agreement.LeftOut{Why: "freeze", Approver: "it-director"}
	}
	return e
}

// event judges what happened by the terms that its run-start would pin.
func (e lived) event(a *agreement.Agreement, at time.Time) agreement.Event {
	instant := func(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
	terms := agreement.TermsOf(&runbook.SLA{Agreement: e.Target}, agreement.Lookup{Agreement: a}).For(schedule.Occurrence{Due: instant(e.Due)})
	var holds []record.HoldMade
	for i, h := range e.Holds {
		made := record.HoldMade{Digest: fmt.Sprint(i), Hold: record.Hold{Kind: record.HoldClock, Reason: string(h.Reason), Signed: instant(h.From)}}
		if h.To != 0 {
			made.Released = instant(h.To)
		}
		holds = append(holds, made)
	}
	pauses := record.PausesUnder(terms, holds, at)
	event := agreement.Event{Name: e.Name, Target: e.Target, Due: instant(e.Due), State: schedule.State(e.Fate), LeftOut: e.LeftOut}
	if clock, ok := terms.Completion(instant(e.Due), pauses...); ok {
		if last, known := clock.LastMet(); known {
			event.LastMet = &last
		}
	}
	if e.Fate == "done" {
		event.Met = terms.Judge(instant(e.Started), instant(e.Ended), pauses...).Met
		event.State = schedule.Late
		if *event.Met {
			event.State = schedule.OnTime
		}
	}
	return event
}

func simulatedAgreement(t *testing.T) *agreement.Agreement {
	t.Helper()
	source, err := os.ReadFile("testdata/simulated.yaml")
	if err != nil {
		t.Fatal(err)
	}
	a, problems := agreement.LoadAgreement("simulated.yaml", source)
	if a == nil {
		t.Fatal(problems)
	}
	return a
}

// TestSimulatedMonth computes a month with all that can happen in one, and holds
// it to a golden file and to a script that computes it in its own way.
func TestSimulatedMonth(t *testing.T) {
	a := simulatedAgreement(t)
	from, to := wall(t, "2026-07-01 00:00", london), wall(t, "2026-08-01 00:00", london)
	month := simulated(t, from, to)
	if len(month) != 30*31+4*4+1 {
		t.Fatalf("%d occurrences", len(month))
	}
	earlier := []string{"2026-03", "2026-05"}
	var events []agreement.Event
	for _, e := range month {
		events = append(events, e.event(a, to))
	}
	s, err := a.Statement("2026-07", agreement.Known{At: to, Events: events, Months: earlier})
	if err != nil {
		t.Fatal(err)
	}
	for _, totals := range []agreement.Totals{s.Totals, s.Lines[0].Totals, s.Lines[1].Totals, s.Lines[2].Totals} {
		if !totals.Foots() || totals.Expected == 0 {
			t.Errorf("it doesn't foot: %+v", totals)
		}
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	documenttest.Golden(t, "testdata/month.golden", string(text)+"\n")
	compareWithScript(t, a, s, month, to, earlier)
}

func compareWithScript(t *testing.T, a *agreement.Agreement, s *agreement.Statement, month []lived, end time.Time, earlier []string) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") != "" && runtime.GOOS == "linux" {
			t.Fatal(err)
		}
		t.Skip("there is no python3")
	}
	type tier map[string]string
	type target struct {
		Name    string `json:"name"`
		Percent string `json:"percent"`
		Tiers   []tier `json:"tiers"`
	}
	number := func(p agreement.Percent) string { text := p.String(); return text[:len(text)-1] }
	var targets []target
	for _, own := range a.Targets {
		about := target{Name: own.Name, Percent: number(own.Percent)}
		for _, step := range own.Tiers {
			about.Tiers = append(about.Tiers, tier{"below": number(step.Below), "credit": number(step.Credit)})
		}
		targets = append(targets, about)
	}
	input, err := json.Marshal(map[string]any{
		"fee": a.Credits.MonthlyFee.Minor, "cap": number(a.Credits.Cap), "targets": targets, "events": month, "end": end.Unix(), "earlier": earlier,
	})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "testdata/month.py")
	command.Stdin = bytes.NewReader(input)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, got figures
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got = figures{Totals: s.Totals, Sum: s.Credit.Sum.Minor, Due: s.Credit.Due.Minor, LeftOut: len(s.Left), Chronic: s.Chronic.Raised}
	for _, l := range s.Lines {
		got.Lines = append(got.Lines, figuresLine{Target: l.Target, Totals: l.Totals, Gross: l.Gross, Net: l.Net, Met: l.Met, Credit: l.Credit.Minor, Behind: len(l.Behind)})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-script +statement:\n%s", diff)
	}
}

// figures is what the script answers.
type figures struct {
	Totals  agreement.Totals `json:"totals"`
	Lines   []figuresLine    `json:"lines"`
	Sum     int64            `json:"sum"`
	Due     int64            `json:"due"`
	LeftOut int              `json:"left_out"`
	Chronic bool             `json:"chronic"`
}

type figuresLine struct {
	Target string             `json:"target"`
	Totals agreement.Totals   `json:"totals"`
	Gross  agreement.Attained `json:"gross"`
	Net    agreement.Attained `json:"net"`
	Met    *bool              `json:"met"`
	Credit int64              `json:"credit"`
	Behind int                `json:"behind"`
}
