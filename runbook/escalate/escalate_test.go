package escalate_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/escalate"
	"github.com/msp-runbook/msp/runbook/schedule"
)

var update = flag.Bool("update", false, "rewrite the wanted output in testdata")

// seven is 07:00 in London, on a Monday, when the backup is to be verified.
var seven = time.Date(2026, 7, 6, 6, 0, 0, 0, time.UTC)

func people(t testing.TB) *agreement.Contacts {
	t.Helper()
	source, err := os.ReadFile("testdata/contacts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, problems := agreement.LoadContacts("contacts.yaml", source)
	if c == nil {
		t.Fatal(problems)
	}
	return c
}

func length(t testing.TB, text string) runbook.Duration {
	t.Helper()
	if text == "" {
		return runbook.Duration{}
	}
	d, err := runbook.ParseWorkingTime(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// after is a rung that is told some time after the clock began.
func after(t testing.TB, wait, notify, repeat string) runbook.Rung {
	t.Helper()
	return runbook.Rung{After: length(t, wait), Notify: notify, Repeat: length(t, repeat)}
}

// share is a rung at a share of the SLA.
func share(percent float64, notify string) runbook.Rung {
	return runbook.Rung{Share: percent, Notify: notify}
}

// missed is a verification that nobody has started, due at seven with two hours
// to do it, and the ladders of the design's example.
func missed(t testing.TB) escalate.Matter {
	t.Helper()
	london, err := runbook.Zone("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return escalate.Matter{
		Name: "northwind/backup-verify/2026-07-06T07:00:00+01:00[Europe/London]", Client: "northwind", Title: "Verify last night's backups",
		Owner: runbook.Owner{Role: "backup-technician", Contact: "backup@provider.example"},
		Ladders: runbook.Escalation{
			NotAcknowledged: []runbook.Rung{after(t, "15m", "on-call", "")},
			NotResolved:     []runbook.Rung{share(50, "owner"), share(100, "client:it-director")},
		},
		Clock: seven, Since: seven, Deadline: seven.Add(2 * time.Hour), Share: sharesOf(seven, 2*time.Hour),
		What: "No run of backup-verify has started.", Zone: london,
	}
}

func sharesOf(start time.Time, target time.Duration) func(float64) (time.Time, bool) {
	return func(percent float64) (time.Time, bool) {
		return start.Add(time.Duration(float64(target) * percent / 100)), true
	}
}

// play ticks at instants, and writes down what each tick makes. Send says why a
// notice doesn't get through, or "".
func play(t *testing.T, m escalate.Matter, reach escalate.Reach, send func(escalate.Notice) string, ticks []time.Time) []escalate.Notice {
	t.Helper()
	var made []escalate.Notice
	for _, at := range ticks {
		for _, n := range escalate.Due(m, reach, made, at) {
			if n.Outcome == "" {
				n.Outcome = escalate.Sent
				if n.Reason = send(n); n.Reason != "" {
					n.Outcome = escalate.Failed
				}
			}
			made = append(made, n)
		}
		if again := escalate.Due(m, reach, made, at); len(again) > 0 {
			t.Fatalf("a second tick at %v makes %+v", at, again)
		}
	}
	return made
}

func line(n escalate.Notice, zone *time.Location) string {
	text := fmt.Sprintf("%s  %-16s rung %d", n.At.In(zone).Format("Mon 15:04"), n.Ladder, n.Rung)
	if n.Repeat > 0 {
		text += fmt.Sprintf(", repeat %d", n.Repeat)
	}
	text += "  " + n.Notify
	if n.Contact != "" {
		text += " > " + n.Contact
	}
	if n.Line.Line > 0 {
		text += fmt.Sprintf(" (line %d)", n.Line.Line)
	}
	if n.Channel.Name != "" {
		text += " by " + n.Channel.Name
	}
	if n.Attempt > 1 {
		text += fmt.Sprintf(", attempt %d", n.Attempt)
	}
	text += ": " + string(n.Outcome)
	if n.Reason != "" {
		text += ": " + n.Reason
	}
	return text + "\n"
}

func every(step time.Duration, from, to time.Time) []time.Time {
	var ticks []time.Time
	for at := from; !at.After(to); at = at.Add(step) {
		ticks = append(ticks, at)
	}
	return ticks
}

func fine(escalate.Notice) string { return "" }

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// scene is a course of events, of which the golden file holds every notice.
type scene struct {
	change func(*escalate.Matter)
	send   func(escalate.Notice) string
	ticks  []time.Time
}

// TestSequences plays each scene, and compares all that is told with the golden
// file of its name.
func TestSequences(t *testing.T) {
	minutely := every(5*time.Minute, seven, seven.Add(4*time.Hour))
	ladder := func(not ...runbook.Rung) func(*escalate.Matter) {
		return func(m *escalate.Matter) { m.Ladders = runbook.Escalation{NotResolved: not} }
	}
	down := func(from, to time.Duration, channels string) func(escalate.Notice) string {
		return func(n escalate.Notice) string {
			if at := n.At.Sub(seven); strings.Contains(channels, n.Channel.Name) && at >= from && at < to {
				return "connection refused"
			}
			return ""
		}
	}
	scenes := map[string]scene{
		"nobody_acknowledges": {ticks: minutely},
		"acknowledged_not_resolved": {
			func(m *escalate.Matter) { m.Acknowledged = seven.Add(20 * time.Minute) }, fine, minutely,
		},
		"acknowledged_before_the_first_rung": {
			func(m *escalate.Matter) { m.Acknowledged = seven.Add(15 * time.Minute) }, fine, minutely,
		},
		"contact_away": {
			ladder(after(t, "30m", "absent", ""), after(t, "1h", "client:it-director", ""), after(t, "90m", "vendor:desk", "")), fine,
			append(minutely, seven.Add(17*time.Hour)),
		},
		"second_away_is_not_asked": {ladder(after(t, "10m", "duty", "")), down(0, 35*time.Minute, "mail slack"), minutely},
		"outside_hours":            {ladder(after(t, "0m", "client:it-director", "")), fine, every(30*time.Minute, seven, seven.Add(2*time.Hour))},
		"channel_down_then_back": {
			nil, down(0, 25*time.Minute, "mail"), minutely,
		},
		"channel_down_for_long": {
			ladder(after(t, "10m", "on-call", "")), down(0, 50*time.Minute, "mail slack"), minutely,
		},
		"all_channels_down": {
			ladder(after(t, "10m", "manager", ""), after(t, "2d", "on-call", "")), down(0, 40*time.Hour, "pagerduty"),
			every(30*time.Minute, seven, seven.Add(50*time.Hour)),
		},
		"asleep_for_two_days": {
			func(m *escalate.Matter) {
				m.Ladders.NotAcknowledged = append(m.Ladders.NotAcknowledged, after(t, "30m", "manager", "30m"), after(t, "40m", "jo", ""))
				m.Ladders.NotResolved = append(m.Ladders.NotResolved, share(110, "owner"), share(120, "on-call"))
			}, fine, []time.Time{seven, seven.Add(50 * time.Hour), seven.Add(50*time.Hour + 5*time.Minute), seven.Add(50*time.Hour + 35*time.Minute)},
		},
		"business_time": {
			func(m *escalate.Matter) {
				m.Ladders = runbook.Escalation{NotResolved: []runbook.Rung{after(t, "2 business hours", "on-call", "4 business hours"), after(t, "1 business day", "manager", "")}}
				m.Calendar = &schedule.Calendar{ID: "office", Timezone: "Europe/London", ValidUntil: "2030-12-31", BusinessDay: runbook.Nanoseconds(8 * time.Hour)}
				m.Calendar.Hours[time.Monday] = []schedule.Hours{{From: 9 * 60, To: 17 * 60}}
				m.Calendar.Hours[time.Tuesday] = []schedule.Hours{{From: 9 * 60, To: 17 * 60}}
			}, fine, every(30*time.Minute, seven, seven.Add(30*time.Hour)),
		},
		"business_time_without_a_calendar": {ladder(after(t, "2 business hours", "on-call", "")), fine, minutely},
		"done_before_the_first_rung":       {func(m *escalate.Matter) { m.Resolved = seven.Add(15 * time.Minute) }, fine, minutely},
		"done_between_the_rungs":           {func(m *escalate.Matter) { m.Resolved = seven.Add(90 * time.Minute) }, fine, minutely},
		"repeats":                          {ladder(after(t, "15m", "on-call", "30m"), after(t, "1h", "manager", "1h")), fine, minutely},
		"no_ladder":                        {ladder(), fine, minutely},
		"no_ladder_failed": {func(m *escalate.Matter) {
			m.Ladders, m.Failed = runbook.Escalation{}, seven.Add(10*time.Minute)
		}, fine, minutely},
		"unknown_name":     {ladder(after(t, "15m", "on-cal", "")), fine, minutely},
		"share_of_nothing": {func(m *escalate.Matter) { m.Share = nil }, fine, minutely},
		"held": {func(m *escalate.Matter) {
			m.Share = func(percent float64) (time.Time, bool) { return seven.Add(time.Hour), percent <= 50 }
		}, fine, minutely},
	}
	for name, s := range scenes {
		t.Run(name, func(t *testing.T) {
			m := missed(t)
			if s.change != nil {
				s.change(&m)
			}
			if s.send == nil {
				s.send = fine
			}
			var told strings.Builder
			for _, n := range play(t, m, escalate.Reach{Contacts: people(t)}, s.send, s.ticks) {
				told.WriteString(line(n, m.Zone))
			}
			checkGolden(t, name, told.String())
		})
	}
}

// TestNobodyAtAll holds that what nobody can be told is still written down, once.
func TestNobodyAtAll(t *testing.T) {
	m := missed(t)
	m.Owner, m.Ladders = runbook.Owner{}, runbook.Escalation{}
	var entries strings.Builder
	for _, n := range play(t, m, escalate.Reach{}, fine, every(time.Hour, seven, seven.Add(9*time.Hour))) {
		entries.WriteString(line(n, m.Zone))
	}
	if want := "Mon 09:00  not_resolved     rung 1  owner > owner: skipped: nobody\n"; entries.String() != want {
		t.Errorf("%s\nwant %s", entries.String(), want)
	}
	m.Owner.Contact = "backup@provider.example"
	made := play(t, m, escalate.Reach{}, fine, []time.Time{seven.Add(3 * time.Hour)})
	if len(made) != 1 || made[0].Channel.Address != m.Owner.Contact || made[0].Outcome != escalate.Sent {
		t.Errorf("%+v", made)
	}
}

// TestOtherMatters holds that what was told about one matter doesn't count for
// another.
func TestOtherMatters(t *testing.T) {
	m, reach := missed(t), escalate.Reach{Contacts: people(t)}
	made := play(t, m, reach, fine, []time.Time{seven.Add(3 * time.Hour)})
	m.Name = "northwind/backup-verify/2026-07-07T07:00:00+01:00[Europe/London]"
	other := escalate.Due(m, reach, made, seven.Add(3*time.Hour))
	if len(made) != 3 || len(other) != 3 || strings.Contains(other[0].Words.Tried, "Told so far") {
		t.Errorf("%d, then %d: %+v", len(made), len(other), other)
	}
}
