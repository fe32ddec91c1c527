package record

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/trust"
)

// TestEarlierStatements: what was signed before the fields of time were there
// still reads, and is written as it was.
func TestEarlierStatements(t *testing.T) {
	for kind, text := range map[string]string{
		KindHold:   `{"client":"acme","writer":{"id":"desk","key":"k"},"operator":{"id":"o","key":"k"},"signed":"2026-11-23T07:00:00Z","kind":"clock","occurrence":"acme/x/1","why":"sha256:12"}`,
		KindWaiver: `{"client":"acme","writer":{"id":"desk","key":"k"},"operator":{"id":"o","key":"k"},"signed":"2026-11-23T07:00:00Z","occurrence":"acme/x/","until":"2026-11-24T07:00:00Z","why":"sha256:12"}`,
	} {
		body := New(kind)
		if err := evidence.DecodeStrict([]byte(text), body); err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if again, err := evidence.EncodeJSON(body); err != nil || string(again) != text {
			t.Errorf("%s is written as %s, %v", kind, again, err)
		}
	}
}

// clockAt is an instant of Monday, 2026-07-06, or of the next day with "+".
func clockAt(t *testing.T, text string) time.Time {
	t.Helper()
	date := "2026-07-06T"
	if strings.HasPrefix(text, "+") {
		date, text = "2026-07-07T", text[1:]
	}
	at, err := time.Parse("2006-01-02T15:04", date+text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestPauses(t *testing.T) {
	for _, c := range []struct {
		name  string
		holds string // from, max in hours, released, reason, lead's confirmation of the hold number
		want  string
	}{
		{"none", "", ""},
		{"held and released", "09:00 0 11:00 client -", "09:00-11:00"},
		{"still held", "09:00 0 - client -", "09:00-"},
		{"the union, never the sum", "10:00 0 13:00 client -;12:00 0 14:00 client -", "10:00-14:00"},
		{"one in the other", "10:00 0 14:00 client -;11:00 0 12:00 maintenance -", "10:00-14:00"},
		{"two", "10:00 0 11:00 client -;12:00 0 13:00 client -", "10:00-11:00 12:00-13:00"},
		{"over at its max", "09:00 2 - client -", "09:00-11:00"},
		{"released before its max", "09:00 2 10:00 client -", "09:00-10:00"},
		{"released after its max", "09:00 2 15:00 client -", "09:00-11:00"},
		{"held again after its max", "09:00 2 - client -;12:00 2 - client -", "09:00-11:00"},
		{"held again before its max", "09:00 2 - client -;10:59 2 - client -", "09:00-11:00"},
		{"held again when it was released in time", "09:00 2 10:00 client -;12:00 2 - client -", "09:00-10:00 12:00-14:00"},
		{"for another reason", "09:00 2 - client -;12:00 1 - maintenance -", "09:00-11:00 12:00-13:00"},
		{"confirmed by a lead", "09:00 2 - client -;12:00 2 - client 1", "09:00-11:00 12:00-14:00"},
		{"confirmed in time", "09:00 2 - client -;11:00 2 - client 1", "09:00-13:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var holds []HoldMade
			for i, text := range strings.FieldsFunc(c.holds, func(r rune) bool { return r == ';' }) {
				var from, released, reason, confirms string
				var most int
				if _, err := fmt.Sscan(text, &from, &most, &released, &reason, &confirms); err != nil {
					t.Fatal(err)
				}
				h := HoldMade{Digest: fmt.Sprint(i + 1), Hold: Hold{Signed: clockAt(t, from), Max: runbook.Nanoseconds(time.Duration(most) * time.Hour), Reason: reason}}
				if released != "-" {
					h.Released = clockAt(t, released)
				}
				if confirms != "-" {
					h.Hold.Confirms, h.Leads = confirms, true
				}
				holds = append(holds, h)
			}
			var got []string
			for _, p := range PausesOf(holds) {
				text := p.From.Format("15:04") + "-"
				if !p.To.IsZero() {
					text += p.To.Format("15:04")
				}
				got = append(got, text)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestWaivers: an occurrence is excused while a waiver covers it, and counts
// again on the day on which the waiver ends.
func TestWaivers(t *testing.T) {
	s := newShop(t, "desk")
	desk := s.ledgers[0]
	s.plan(desk, "desk", 6) // from 07:00 on: 12:00, 18:00, 00:00, 06:00, 12:00 …
	due := func(n int) time.Time { return asked.Truncate(24 * time.Hour).Add(time.Duration(12+6*n) * time.Hour) }
	name := func(n int) string { return "acme/every-6/" + due(n).Format("2006-01-02T15:04:05+00:00") + "[UTC]" }
	start := s.start(desk, 6, due(1))
	s.now = due(1).Add(time.Minute)
	s.end(desk, start, Verdict{Outcome: RunFailed})
	exact := s.waive(desk, name(0), due(10))
	group := s.waive(desk, "acme/every-6/", due(4), func(w *Waiver) { w.NotApplicable = true })
	s.waive(desk, "acme/every-6", due(10)) // no beginning of a name
	s.now = due(5).Add(time.Hour)
	all, err := s.history().Expected(asked, due(7), s.now)
	if err != nil {
		t.Fatal(err)
	}
	var got, waivers []string
	for _, e := range all {
		got, waivers = append(got, string(e.State)), append(waivers, e.Waiver)
	}
	if diff := cmp.Diff([]string{"waived", "failed", "not_applicable", "not_applicable", "missed", "due", "upcoming"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{exact, group, group, group, "", "", ""}, waivers); diff != "" {
		t.Error(diff)
	}
	tally := TallyOf(all)
	if diff := cmp.Diff(Tally{Expected: 7, Failed: 1, Missed: 1, Waived: 1, NotApplicable: 2, Open: 2}, tally); diff != "" || tally.Check() != nil {
		t.Errorf("%s %v", diff, tally.Check())
	}
	before, err := s.history().Expected(asked, due(1), due(1).Add(-time.Hour))
	if err != nil || before[0].State != schedule.Due {
		t.Errorf("before anybody waived it: %v, %v", before, err)
	}
}

func TestTallyThatDoesNotFoot(t *testing.T) {
	var tally Tally
	tally.Add(schedule.OnTime)
	tally.Add("forgiven")
	if tally.Check() == nil {
		t.Error("a state that there is not was counted")
	}
}

// TestWaiversOfLeads: where somebody says who may sign, a waiver is a lead's.
func TestWaiversOfLeads(t *testing.T) {
	s := newShop(t, "desk", "laptop")
	desk, laptop := s.ledgers[0], s.ledgers[1]
	root, err := evidence.GenerateKey(evidence.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	principal := func(id string, role trust.Role, l *Ledger) trust.Principal {
		return trust.Principal{ID: id, Roles: []trust.Role{role}, Keys: []trust.Key{{Key: l.Signer().Key}}}
	}
	signer := SignerOf(root.Public())
	s.say(desk, KindTrust, Trust{
		Client: "acme", Writer: desk.Writer, Roots: []Signer{signer}, Signed: s.now, Roster: aDigest,
		Version: trust.Version{
			Number: 1, Threshold: 1, Roots: []trust.Root{{Principal: "root", Key: signer.Key}},
			Principals: []trust.Principal{principal("ana", trust.Lead, desk), principal("ben", trust.Operator, laptop)},
		},
	}, root)
	s.plan(desk, "desk", 6)
	s.waive(laptop, "acme/every-6/", asked.AddDate(0, 0, 9))
	s.now = asked.Add(24 * time.Hour)
	for _, standing := range []*Standing{s.history(), s.standing()} {
		if all, err := standing.Expected(asked, s.now, s.now); err != nil || TallyOf(all).Waived != 0 || TallyOf(all).Missed != 3 {
			t.Errorf("an operator's waiver: %+v, %v", TallyOf(all), err)
		}
	}
	s.waive(desk, "acme/every-6/", asked.AddDate(0, 0, 9))
	for _, standing := range []*Standing{s.history(), s.standing()} {
		if all, err := standing.Expected(asked, s.now, s.now); err != nil || TallyOf(all).Waived != 4 {
			t.Errorf("a lead's waiver: %+v, %v", TallyOf(all), err)
		}
	}
}

// TestItems: what is opened less what is closed is open, and a workaround opens
// again at its end.
func TestItems(t *testing.T) {
	s := newShop(t, "desk")
	desk := s.ledgers[0]
	item := func(id string) string {
		return s.say(desk, KindItem, Item{Client: "acme", Writer: desk.Writer, By: desk.Signer(), Opened: s.now, Item: id, Kind: ItemOther, Owner: "lead", Due: s.now.Add(time.Hour), Answers: aDigest})
	}
	closing := func(id, how string, until *time.Time) {
		s.now = s.now.Add(time.Minute)
		s.say(desk, KindClosing, Closing{Client: "acme", Writer: desk.Writer, Operator: desk.Signer(), Signed: s.now, Item: id, Opening: aDigest, How: how, Until: until, Why: aDigest})
	}
	item("a")
	item("a") // by another machine: the same
	item("b")
	item("c")
	until := asked.Add(time.Hour)
	closing("a", CloseFixed, nil)
	closing("b", CloseWorkaround, &until)
	closing("c", CloseWorkaround, &until)
	closing("c", CloseFixed, nil) // before its end
	closing("nothing", CloseFixed, nil)
	for _, c := range []struct {
		at             time.Time
		opened, closed int
		open           string
	}{
		{asked.Add(-1), 0, 0, ""},
		{asked, 3, 0, "a b c"},
		{asked.Add(10 * time.Minute), 3, 3, ""},
		{until.Add(-1), 3, 3, ""},
		{until, 4, 3, "b"},
	} {
		items := s.standing().ItemsAt(c.at)
		var open []string
		for _, i := range items.Open {
			open = append(open, i.Body.Item)
		}
		if items.Opened != c.opened || items.Closed != c.closed || strings.Join(open, " ") != c.open || items.Check() != nil {
			t.Errorf("%s: %d opened, %d closed, open %v", c.at, items.Opened, items.Closed, open)
		}
	}
	if items := s.standing().ItemsAt(until); items.Open[0].Reopened == nil || !items.Open[0].Reopened.Equal(until) {
		t.Errorf("%+v", items.Open)
	}
	s.now = until
	closing("b", CloseFixed, nil)
	if items := s.standing().ItemsAt(s.now); items.Opened != 4 || items.Closed != 4 || len(items.Open) != 0 {
		t.Errorf("%+v", items)
	}
}

// TestProblems: the third like failure in 30 days.
func TestProblems(t *testing.T) {
	at := func(day int, runbookID, step string) Exception {
		due := asked.AddDate(0, 0, day)
		return Exception{Name: "acme/" + runbookID + "/" + due.Format(time.DateOnly), Due: due, State: schedule.Failed, Step: step}
	}
	for name, c := range map[string]struct {
		all  []Exception
		want []int // the indexes
	}{
		"two":                   {[]Exception{at(0, "a", "x"), at(1, "a", "x")}, nil},
		"three":                 {[]Exception{at(0, "a", "x"), at(1, "a", "x"), at(30, "a", "x")}, []int{2}},
		"three in 31 days":      {[]Exception{at(0, "a", "x"), at(1, "a", "x"), at(31, "a", "x")}, nil},
		"of two steps":          {[]Exception{at(0, "a", "x"), at(1, "a", "y"), at(2, "a", "x")}, nil},
		"of two runbooks":       {[]Exception{at(0, "a", "x"), at(1, "b", "x"), at(2, "a", "x")}, nil},
		"and on":                {[]Exception{at(0, "a", "x"), at(1, "a", "x"), at(2, "a", "x"), at(3, "a", "x"), at(31, "a", "x"), at(32, "a", "x")}, []int{2}},
		"and on after a month":  {[]Exception{at(0, "a", "x"), at(1, "a", "x"), at(2, "a", "x"), at(20, "a", "x"), at(31, "a", "x"), at(33, "a", "x")}, []int{2, 5}},
		"one of them is waived": {[]Exception{at(0, "a", "x"), at(1, "a", "x"), {Name: "acme/a/x", Due: asked.AddDate(0, 0, 2), State: schedule.Failed, Step: "x", Waiver: "w"}}, nil},
	} {
		var want []Exception
		for _, i := range c.want {
			want = append(want, c.all[i])
		}
		if diff := cmp.Diff(want, problemsOf(c.all)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestTick: fifteen misses give fifteen statements, once; not from a machine
// that isn't the ticker, and on from where one was killed.
func TestTick(t *testing.T) {
	s := newShop(t, "desk", "laptop")
	desk, laptop := s.ledgers[0], s.ledgers[1]
	s.plan(desk, "desk", 24)
	s.now = asked.AddDate(0, 0, 16) // 07:00; the first was due the next midnight, the last isn't closed
	if due := s.tick(laptop, s.standing()); !due.Empty() {
		t.Errorf("the laptop isn't the ticker, and signs %+v", due)
	}
	due, err := s.standing().DueStatements(desk.Writer, s.now, time.Hour, func(string) string { return "lead" })
	if err != nil || len(due.Unmet) != 15 || len(due.Items) != 16 || due.Items[15].Item.Kind != ItemProblem {
		t.Fatalf("%d statements and %d items are due, %v", len(due.Unmet), len(due.Items), err)
	}
	killed := DueStatements{Unmet: due.Unmet[:7]}
	if err := desk.SignDue(t.Context(), killed, s.keys["desk"]); err != nil {
		t.Fatal(err)
	}
	if rest := s.tick(desk, s.standing()); len(rest.Unmet) != 8 || len(rest.Items) != 16 {
		t.Errorf("after it was killed %d statements and %d items are due", len(rest.Unmet), len(rest.Items))
	}
	for range 2 {
		if again := s.tick(desk, s.standing()); !again.Empty() {
			t.Errorf("it is all signed, and %+v is due", again)
		}
	}
	var names []string
	for _, u := range s.history().Unmet {
		names = append(names, u.Body.Occurrence.Name)
	}
	if n := len(names); n != 15 || len(slices.Compact(slices.Sorted(slices.Values(names)))) != n {
		t.Errorf("%d statements: %v", n, names)
	}
	if items := s.history().ItemsAt(s.now); items.Opened != 16 || len(items.Open) != 16 || items.Check() != nil {
		t.Errorf("%d items", items.Opened)
	}
	s.now = s.now.Add(24 * time.Hour)
	if next := s.tick(desk, s.standing()); len(next.Unmet) != 1 || len(next.Items) != 1 {
		t.Errorf("a day later %+v", next)
	}
}

// TestTickOfAPlanWithoutATicker signs nothing.
func TestTickOfAPlanWithoutATicker(t *testing.T) {
	s := newShop(t, "desk")
	s.plan(s.ledgers[0], "", 6)
	s.now = asked.AddDate(0, 0, 3)
	if due := s.tick(s.ledgers[0], s.standing()); !due.Empty() {
		t.Errorf("%+v", due)
	}
	if due := s.tick(&Ledger{}, s.standing()); !due.Empty() {
		t.Errorf("a writer without a name signs %+v", due)
	}
}

// TestTickKinds: what failed and what deviates asks for an item, what is waived
// for a statement only.
func TestTickKinds(t *testing.T) {
	s := newShop(t, "desk")
	desk := s.ledgers[0]
	s.plan(desk, "desk", 6)
	for i, v := range []Verdict{{Outcome: RunDone}, {Outcome: RunFailed}, {Outcome: RunDone, Deviations: []Deviation{DeviatedInputs}}} {
		start := s.start(desk, 6, asked.Add(time.Duration(5+6*i)*time.Hour))
		s.now = start.Started.Add(time.Minute)
		s.end(desk, start, v)
	}
	waiver := s.waive(desk, "acme/every-6/", asked.Add(24*time.Hour))
	s.now = asked.Add(30 * time.Hour)
	due := s.tick(desk, s.standing())
	if len(due.Unmet) != 1 || due.Unmet[0].State != "waived" || due.Unmet[0].Waiver != waiver || len(due.Items) != 0 {
		t.Errorf("under a waiver: %+v", due)
	}

	s = newShop(t, "desk")
	desk = s.ledgers[0]
	s.plan(desk, "desk", 6)
	var runs []string
	for i, v := range []Verdict{{Outcome: RunDone}, {Outcome: RunFailed}, {Outcome: RunDone, Deviations: []Deviation{DeviatedInputs}}} {
		start := s.start(desk, 6, asked.Add(time.Duration(5+6*i)*time.Hour))
		s.now = start.Started.Add(time.Minute)
		s.end(desk, start, v)
		runs = append(runs, start.Run)
	}
	due = s.tick(desk, s.standing())
	var got []string
	for _, d := range due.Items {
		got = append(got, d.Item.Kind+" "+d.Item.Run+" "+d.Item.Step+" "+d.Answers.What[:len("acme/every-6/")])
	}
	want := []string{"failed " + runs[1] + " copy acme/every-6/", "deviated " + runs[2] + "  acme/every-6/"}
	if diff := cmp.Diff(want, got); diff != "" || len(due.Unmet) != 0 {
		t.Errorf("%s, %+v", diff, due.Unmet)
	}
}
