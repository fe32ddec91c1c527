package agreement_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

var owner = runbook.Owner{Team: "backup", Role: "backup-technician", Contact: "backup@provider.example"}

// people writes who was found: the contact, its line, and the end of its turn.
func people(who []agreement.Person) string {
	var words []string
	for _, p := range who {
		word := fmt.Sprintf("%s:%d", p.Contact.ID, p.Line.Line)
		if p.Turn != nil {
			word += " until " + p.Turn.Until.Format("01-02T15:04Z")
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func TestWho(t *testing.T) {
	c := contacts(t)
	tests := []struct{ name, at, want string }{
		{"on-call", "2026-03-01T12:00:00Z", ""}, // before the first handover
		{"on-call", "2026-03-02T08:59:59Z", ""},
		{"on-call", "2026-03-02T09:00:00Z", "jo:38 until 03-09T09:00Z, sam:39 until 03-09T09:00Z, ali:38"},
		{"on-call", "2026-03-09T08:59:59Z", "jo:38 until 03-09T09:00Z, sam:39 until 03-09T09:00Z, ali:38"},
		{"on-call", "2026-03-09T09:00:00Z", "sam:38 until 03-16T09:00Z, ali:39 until 03-16T09:00Z, jo:40 until 03-16T09:00Z"},
		// Ali's turn is cut by an override, and goes on behind it.
		{"on-call", "2026-03-18T08:59:59Z", "ali:38 until 03-18T09:00Z, jo:39 until 03-21T00:00Z, sam:38"},
		{"on-call", "2026-03-18T09:00:00Z", "sam:42 until 03-19T09:00Z, jo:39 until 03-21T00:00Z, ali:38"},
		{"on-call", "2026-03-19T09:00:00Z", "ali:38 until 03-23T09:00Z, jo:39 until 03-21T00:00Z, sam:38"},
		{"on-call", "2026-03-21T12:00:00Z", "ali:38 until 03-23T09:00Z, jo:43 until 03-22T00:00Z, sam:38"},
		// The clock goes forward on Sunday, 29 March: Monday's 09:00 is 08:00 UTC.
		{"on-call", "2026-03-30T07:59:59Z", "jo:38 until 03-30T08:00Z, sam:39 until 03-30T08:00Z, ali:38"},
		{"on-call", "2026-03-30T08:00:00Z", "sam:38 until 04-06T08:00Z, ali:39 until 04-06T08:00Z, jo:40 until 04-06T08:00Z"},
		// And back on 25 October.
		{"on-call", "2026-10-26T08:59:59Z", "jo:38 until 10-26T09:00Z, sam:39 until 10-26T09:00Z, ali:38"},
		{"on-call", "2026-10-26T09:00:00Z", "sam:38 until 11-02T09:00Z, ali:39 until 11-02T09:00Z, jo:40 until 11-02T09:00Z"},
		// 02:30 in Berlin doesn't exist on 29 March, and twice on 25 October.
		{"day-duty", "2026-03-29T00:59:59Z", "sam:49 until 03-29T01:00Z, jo:49"},
		{"day-duty", "2026-03-29T01:00:00Z", "jo:49 until 03-30T00:30Z, sam:49"},
		{"day-duty", "2026-10-25T00:29:59Z", "sam:49 until 10-25T00:30Z, jo:49"},
		{"day-duty", "2026-10-25T00:30:00Z", "jo:49 until 10-26T01:30Z, sam:49"},
		{"day-duty", "2026-10-25T01:45:00Z", "jo:49 until 10-26T01:30Z, sam:49"},

		{"sam", "2026-07-01T12:00:00Z", "sam:14"},
		{"backup-technician", "2026-07-01T12:00:00Z", "jo:6, sam:14"},
		{"provider:lead", "2026-07-01T12:00:00Z", "jo:6"},
		{"client:it-director", "2026-07-01T12:00:00Z", "kim:28"},
		{"client:kim", "2026-07-01T12:00:00Z", "kim:28"},
		{"vendor:support", "2026-07-01T12:00:00Z", "isp-desk:33"},
		{"owner", "2026-07-01T12:00:00Z", "jo:6, sam:14, owner:0"},
	}
	for _, test := range tests {
		who, err := c.Who(test.name, owner, instantOf(t, test.at))
		if got := people(who); err != nil || got != test.want {
			t.Errorf("%s at %s: %s, %v\nwant %s", test.name, test.at, got, err, test.want)
		}
	}
}

func TestWhoUnknown(t *testing.T) {
	c := contacts(t)
	for name, hint := range map[string]string{
		"on-cal":           "did you mean on-call?",
		"it-director":      "did you mean client:it-director?", // a plain role is the provider's
		"client:lead":      "did you mean lead?",
		"clint:it-directo": "did you mean client:it-director?",
		"":                 "known are ali, backup-technician, client:it-director, day-duty, isp-desk, jo, kim, lead, on-call, owner, sam, vendor:support",
	} {
		var unknown *agreement.UnknownNameError
		if err := c.Check(name); !errors.As(err, &unknown) || unknown.Hint != hint || unknown.Name != name {
			t.Errorf("%q: %#v", name, err)
		}
	}
	if err := c.Check("owner"); err != nil {
		t.Error(err)
	}
}

func TestOwner(t *testing.T) {
	at := instantOf(t, "2026-07-01T12:00:00Z")
	for _, test := range []struct {
		owner runbook.Owner
		want  string
	}{
		{runbook.Owner{}, ""},
		{runbook.Owner{Team: "backup"}, ""},
		{runbook.Owner{Role: "nobody-has-it", Contact: "x@provider.example"}, "owner:0"},
		{runbook.Owner{Role: "lead", Contact: "jo"}, "jo:6"},
		{runbook.Owner{Contact: "sam@provider.example"}, "sam:14"},
		{runbook.Owner{Role: "on-call"}, "ali:38 until 07-06T08:00Z, jo:39 until 07-06T08:00Z, sam:38"},
	} {
		who, err := contacts(t).Who(agreement.OwnerName, test.owner, at)
		if got := people(who); err != nil || got != test.want {
			t.Errorf("%+v: %s, %v; want %s", test.owner, got, err, test.want)
		}
	}
	var none *agreement.Contacts
	who, err := none.Who(agreement.OwnerName, owner, at)
	if err != nil || len(who) != 1 {
		t.Fatal(who, err)
	}
	want := []agreement.Channel{{Name: "mail", Address: "backup@provider.example"}}
	if diff := cmp.Diff(want, who[0].Contact.Channels); diff != "" || who[0].Contact.Unreachable(at) != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := none.Who("on-call", owner, at); err == nil {
		t.Error("nobody has the name on-call")
	}
}

// TestTurnsJoin holds that turns follow each other without a gap or an overlap,
// whatever the clock does: the turn of an instant begins where the one before
// ends, and each person in the order has theirs.
func TestTurnsJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := runbook.Zone(rapid.SampledFrom([]string{"Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "UTC"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		order := []agreement.Entry{{Contact: "a"}, {Contact: "b"}, {Contact: "c"}}
		r := &agreement.Roster{
			Zone: zone, From: time.Date(2009, 3, 2, 0, 0, 0, 0, time.UTC), Days: rapid.IntRange(1, 15).Draw(t, "days"),
			Handover: time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "minute")) * time.Minute,
			Layers:   []agreement.Layer{{Name: agreement.LayerPrimary, Order: order}},
		}
		at := time.Unix(rapid.Int64Range(1_236_211_200, 2_000_000_000).Draw(t, "at"), 0)
		turn := r.Turns(at)[0]
		if !turn.Holds(at) {
			t.Fatalf("%v is not in %v to %v", at, turn.From, turn.Until)
		}
		next, last := r.Turns(turn.Until)[0], r.Turns(turn.Until.Add(-1))[0]
		if !next.From.Equal(turn.Until) || !last.From.Equal(turn.From) {
			t.Fatalf("%+v, then %+v", turn, next)
		}
		if (turn.Entry.Contact == "c") != (next.Entry.Contact == "a") || turn.Entry.Contact == next.Entry.Contact {
			t.Fatalf("%s, then %s", turn.Entry.Contact, next.Entry.Contact)
		}
		if local := turn.Until.In(zone); time.Duration(local.Hour())*time.Hour+time.Duration(local.Minute())*time.Minute != r.Handover && !skipped(turn.Until.In(zone)) {
			t.Fatalf("the handover is at %v", local)
		}
	})
}

// skipped reports whether the clock jumped to an instant.
func skipped(at time.Time) bool {
	_, offset := at.Zone()
	_, before := at.Add(-1).Zone()
	return offset > before
}
