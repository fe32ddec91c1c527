package audit

import (
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// TestSameSLA holds pinned terms to the SLA in the runbook's own bytes.
func TestSameSLA(t *testing.T) {
	office := &schedule.Calendar{ID: "uk-office", Timezone: "Europe/London", BusinessDay: runbook.Nanoseconds(8 * time.Hour), ValidUntil: "2027-12-31"}
	office.Hours[time.Monday] = []schedule.Hours{{From: 540, To: 1020}}
	other := *office
	other.ID = "us-office"
	hours := func(n int) runbook.Nanoseconds { return runbook.Nanoseconds(n) * runbook.Nanoseconds(time.Hour) }
	const (
		plain    = "sla: {clock: started, complete_within: 2h, target: 95%}"
		working  = "sla: {clock: started, calendar: uk-office, complete_within: 2 business days}"
		reported = "sla: {clock: reported, respond_within: 1h}"
		named    = "sla: {agreement: backup-daily}"
	)
	for name, test := range map[string]struct {
		text   string
		pinned *agreement.Terms
		want   bool
	}{
		"none":                              {"id: x", nil, true},
		"one that isn't there":              {"id: x", &agreement.Terms{}, false},
		"left out":                          {plain, nil, false},
		"plain time":                        {plain, &agreement.Terms{Clock: "started", CompleteWithin: hours(2), Target: 95}, true},
		"longer":                            {plain, &agreement.Terms{Clock: "started", CompleteWithin: hours(3), Target: 95}, false},
		"with holds that nobody wrote":      {plain, &agreement.Terms{Clock: "started", CompleteWithin: hours(2), Target: 95, Holds: &agreement.HoldRules{}}, false},
		"with a calendar that nobody wrote": {plain, &agreement.Terms{Clock: "started", CompleteWithin: hours(2), Target: 95, Hours: office}, false},
		"told to be untold":                 {plain, &agreement.Terms{Clock: "started", Unresolved: "there is no calendar"}, false},
		"told to be an agreement's":         {plain, &agreement.Terms{Agreement: "x", Digest: "sha256:0", Clock: "started", CompleteWithin: hours(2), Target: 95}, false},
		"working time":                      {working, &agreement.Terms{Clock: "started", Calendar: "uk-office", Hours: office, CompleteWithin: hours(16)}, true},
		"working time, longer":              {working, &agreement.Terms{Clock: "started", Calendar: "uk-office", Hours: office, CompleteWithin: hours(17)}, false},
		"in another calendar":               {working, &agreement.Terms{Clock: "started", Calendar: "uk-office", Hours: &other, CompleteWithin: hours(16)}, false},
		"without its calendar":              {working, &agreement.Terms{Clock: "started", Calendar: "uk-office", Unresolved: "there is no calendar uk-office"}, true},
		"without its calendar, renamed":     {working, &agreement.Terms{Clock: "started", Calendar: "us-office", Unresolved: "there is no calendar us-office"}, false},
		"reported":                          {reported, &agreement.Terms{Clock: "reported", RespondWithin: hours(1), Reported: &agreement.Reported{Source: "ticket:1"}}, true},
		"reported, longer":                  {reported, &agreement.Terms{Clock: "reported", RespondWithin: hours(2)}, false},
		"reported, of an old record":        {reported, &agreement.Terms{Clock: "reported"}, true},
		"an agreement's":                    {named, &agreement.Terms{Agreement: "backup-daily", Digest: "sha256:0", Clock: "started", CompleteWithin: hours(2)}, true},
		"another of the agreement's":        {named, &agreement.Terms{Agreement: "backup-weekly", Digest: "sha256:0"}, false},
		"an agreement's, of an old record":  {named, &agreement.Terms{Agreement: "backup-daily"}, true},
	} {
		root, problems := document.Parse("book.yaml", []byte(test.text+"\n"), document.DefaultLimits)
		if root == nil {
			t.Fatal(problems)
		}
		if got := readSLA(child(root, "sla")).same(test.pinned, hoursOf(test.pinned)); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestSameTerms compares all that terms pin, with instants by what they mean.
func TestSameTerms(t *testing.T) {
	due := time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC)
	local := due.In(time.FixedZone("elsewhere", 3600))
	terms := func(due time.Time, hours *schedule.Calendar, holds *agreement.HoldRules) *agreement.Terms {
		return &agreement.Terms{Clock: "scheduled", Due: &due, Hours: hours, Holds: holds}
	}
	base := terms(due, &schedule.Calendar{ID: "a"}, &agreement.HoldRules{Max: 1})
	for name, test := range map[string]struct {
		other *agreement.Terms
		want  bool
	}{
		"the same":                 {terms(local, &schedule.Calendar{ID: "a"}, &agreement.HoldRules{Max: 1}), true},
		"due later":                {terms(due.Add(1), &schedule.Calendar{ID: "a"}, &agreement.HoldRules{Max: 1}), false},
		"with another calendar":    {terms(due, &schedule.Calendar{ID: "a", Timezone: "UTC"}, &agreement.HoldRules{Max: 1}), false},
		"without a calendar":       {terms(due, nil, &agreement.HoldRules{Max: 1}), false},
		"with other rules of hold": {terms(due, &schedule.Calendar{ID: "a"}, &agreement.HoldRules{Max: 2}), false},
		"none":                     {nil, false},
	} {
		if got := sameTerms(base, test.other); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
