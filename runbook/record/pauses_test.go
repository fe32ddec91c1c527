package record

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

// hour is an instant of one Monday.
func hour(h int) time.Time { return time.Date(2026, 7, 6, h, 0, 0, 0, time.UTC) }

// TestPausesUnder: which holds pause a clock under which rules, for how long, as it
// was known at an instant.
func TestPausesUnder(t *testing.T) {
	hold := func(reason agreement.Reason) []HoldMade {
		return []HoldMade{{Digest: "1", Hold: Hold{Reason: string(reason), Signed: hour(9)}, Released: hour(12)}}
	}
	pauses := func(hours ...int) (all []agreement.Pause) {
		for i := 0; i < len(hours); i += 2 {
			all = append(all, agreement.Pause{From: hour(hours[i]), To: hour(hours[i+1])})
		}
		return all
	}
	open := hold(agreement.WaitingClient)
	open[0].Released = time.Time{}
	short := []HoldMade{open[0]}
	short[0].Hold.Max = runbook.Nanoseconds(2 * time.Hour)
	confirmedAt := func(h int) []HoldMade {
		by := short[0]
		by.Digest, by.Leads, by.Hold.Confirms, by.Hold.Signed = "2", true, "1", hour(h)
		return []HoldMade{short[0], by}
	}
	for name, test := range map[string]struct {
		rules agreement.HoldRules
		holds []HoldMade
		at    int
		want  []agreement.Pause
	}{
		"the client is waited for":           {agreement.HoldRules{}, hold(agreement.WaitingClient), 20, pauses(9, 12)},
		"maintenance":                        {agreement.HoldRules{}, hold(agreement.Maintenance), 20, pauses(9, 12)},
		"force majeure":                      {agreement.HoldRules{}, hold(agreement.ForceMajeure), 20, pauses(9, 12)},
		"a vendor is waited for":             {agreement.HoldRules{}, hold(agreement.WaitingVendor), 20, nil},
		"a vendor, and the agreement agrees": {agreement.HoldRules{PausesFor: agreement.Reasons()}, hold(agreement.WaitingVendor), 20, pauses(9, 12)},
		"an agreement that pauses nothing":   {agreement.HoldRules{PausesFor: []agreement.Reason{}}, hold(agreement.WaitingClient), 20, nil},
		"a reason of no list":                {agreement.HoldRules{}, hold("busy"), 20, nil},
		"before it began":                    {agreement.HoldRules{}, hold(agreement.WaitingClient), 8, nil},
		"before it was released":             {agreement.HoldRules{}, hold(agreement.WaitingClient), 11, pauses(9, 11)},
		"it goes on":                         {agreement.HoldRules{}, open, 20, pauses(9, 20)},
		"it went on for a day":               {agreement.HoldRules{}, open, 34, pauses(9, 33)},
		"its longest time":                   {agreement.HoldRules{}, short, 12, pauses(9, 11)},
		"the agreement's longest time":       {agreement.HoldRules{Max: runbook.Nanoseconds(time.Hour)}, short, 12, pauses(9, 10)},
		"its own is shorter":                 {agreement.HoldRules{Max: runbook.Nanoseconds(5 * time.Hour)}, short, 12, pauses(9, 11)},
		"held again after a lead's hold":     {agreement.HoldRules{}, confirmedAt(8), 20, pauses(8, 10)},
		"a lead confirmed it":                {agreement.HoldRules{}, confirmedAt(13), 14, pauses(9, 11, 13, 14)},
		"confirmed, and over":                {agreement.HoldRules{}, confirmedAt(13), 16, pauses(9, 11, 13, 15)},
	} {
		terms := &agreement.Terms{Holds: &test.rules}
		if diff := cmp.Diff(test.want, PausesUnder(terms, test.holds, hour(test.at))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
