package agreement_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/document/documenttest"
	"github.com/msp-runbook/msp/runbook/schedule"
)

func contacts(t testing.TB) *agreement.Contacts {
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

// bound are the contacts with the calendar that Sam names: Mon-Fri 09:00-17:00.
func bound(t testing.TB) *agreement.Contacts {
	t.Helper()
	office := &schedule.Calendar{ID: "office", Timezone: "Europe/London", ValidUntil: "2030-12-31"}
	for day := time.Monday; day <= time.Friday; day++ {
		office.Hours[day] = []schedule.Hours{{From: 9 * 60, To: 17 * 60}}
	}
	c := contacts(t)
	if problems := c.Bind(map[string]*schedule.Calendar{"office": office}); len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

func instantOf(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestLoadContacts(t *testing.T) {
	c := contacts(t)
	if c.ID != "northwind-people" || c.Client != "northwind" || len(c.People) != 5 || len(c.Rosters) != 2 || c.Digest != runbook.Digest(c.Source) {
		t.Errorf("%+v", c)
	}
	london, err := runbook.Zone("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	at := func(line, column int) document.Position {
		return document.Position{File: "contacts.yaml", Line: line, Column: column}
	}
	want := &agreement.Contact{
		Position: at(6, 5), ID: "jo", Name: "Jo Turner", Side: agreement.SideProvider, Roles: []string{"backup-technician", "lead"}, Zone: london,
		Channels: []agreement.Channel{{Name: "mail", Address: "jo@provider.example"}, {Name: "slack"}},
		Away: []agreement.Period{
			{Position: at(12, 9), From: instantOf(t, "2026-08-02T23:00:00Z"), Until: instantOf(t, "2026-08-14T23:00:00Z")},
			{Position: at(13, 9), From: instantOf(t, "2026-09-01T11:00:00Z"), Until: instantOf(t, "2026-09-01T12:30:00Z")},
		},
	}
	if diff := cmp.Diff(want, c.People[0], cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	fridays := c.People[2].Hours.Hours[time.Friday]
	if diff := cmp.Diff([]schedule.Hours{{From: 8 * 60, To: 12 * 60}, {From: 13 * 60, To: 17 * 60}}, fridays); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestUnreachable(t *testing.T) {
	c := bound(t)
	for _, test := range []struct {
		contact int
		at      string
		want    string
	}{
		{0, "2026-08-02T22:59:59Z", ""},
		{0, "2026-08-02T23:00:00Z", agreement.Away},
		{0, "2026-08-14T22:59:59Z", agreement.Away}, // the last day counts
		{0, "2026-08-14T23:00:00Z", ""},
		{0, "2026-09-01T12:29:59Z", agreement.Away},
		{0, "2026-09-01T12:30:00Z", ""},
		{1, "2026-07-06T07:59:59Z", agreement.OffHours},
		{1, "2026-07-06T08:00:00Z", ""},
		{1, "2026-01-05T08:00:00Z", agreement.OffHours}, // 09:00 is an hour later in winter
		{2, "2026-07-06T05:59:59Z", agreement.OffHours},
		{2, "2026-07-06T06:00:00Z", ""}, // on the clock of Cairo
		{2, "2026-07-07T06:00:00Z", agreement.OffHours},
		{3, "2026-07-05T03:00:00Z", ""},
		{4, "2026-07-06T12:00:00Z", agreement.NoChannel},
	} {
		if got := c.People[test.contact].Unreachable(instantOf(t, test.at)); got != test.want {
			t.Errorf("%s at %s: %q, want %q", c.People[test.contact].ID, test.at, got, test.want)
		}
	}
}

func TestBindUnknownCalendar(t *testing.T) {
	problems := contacts(t).Bind(map[string]*schedule.Calendar{"offices": nil})
	want := "contacts.yaml:14:5: unknown-reference: there is no calendar \"office\", in which sam works\n     hint: did you mean offices?"
	if diff := cmp.Diff(want, problems.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestBrokenContacts reads every document in testdata/contacts and compares what
// is said about it.
func TestBrokenContacts(t *testing.T) {
	documenttest.Broken(t, "testdata/contacts", 10, func(file string, source []byte) (bool, document.Problems) {
		c, problems := agreement.LoadContacts(file, source)
		return c != nil, problems
	})
}

func TestJoin(t *testing.T) {
	shared := "apiVersion: msp/v1\nkind: Contacts\ntimezone: UTC\ncontacts: [{id: %s, name: Pat, side: provider, roles: [manager]}]\n"
	load := func(id string) *agreement.Contacts {
		c, problems := agreement.LoadContacts("shared.yaml", fmt.Appendf(nil, shared, id))
		if c == nil {
			t.Fatal(problems)
		}
		return c
	}
	joined, problems := agreement.Join(load("pat"), contacts(t))
	if joined == nil || joined.Client != "northwind" || len(joined.People) != 6 || joined.Check("manager") != nil || joined.Check("on-call") != nil {
		t.Errorf("%+v, %v", joined, problems)
	}
	joined, problems = agreement.Join(contacts(t), load("jo"))
	want := "shared.yaml:4:12: duplicate-id: the name \"jo\" is already given at contacts.yaml:6:5\n     hint: give each a name of its own"
	if diff := cmp.Diff(want, problems.Error()); joined != nil || diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzLoadContacts: no bytes panic; there are contacts or a problem with a
// place, and whoever is read can be asked for.
func FuzzLoadContacts(f *testing.F) {
	files, err := filepath.Glob("testdata/contacts*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "testdata/contacts.yaml") {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	at := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, source []byte) {
		c, problems := agreement.LoadContacts("contacts.yaml", source)
		if (c == nil) == (len(problems) == 0) {
			t.Fatalf("contacts %v, problems %v", c, problems)
		}
		for _, problem := range problems {
			if problem.Line < 1 || problem.Rule == "" || problem.Message == "" {
				t.Fatalf("%#v", problem)
			}
		}
		if c == nil {
			return
		}
		for _, p := range c.People {
			if who, err := c.Who(p.ID, runbook.Owner{}, at); err != nil || len(who) != 1 {
				t.Fatalf("%s is %v, %v", p.ID, who, err)
			}
		}
		for _, r := range c.Rosters {
			for _, turn := range r.Turns(at) {
				if !turn.Holds(at) || turn.Entry.Contact == "" {
					t.Fatalf("%s: %+v", r.ID, turn)
				}
			}
		}
	})
}
