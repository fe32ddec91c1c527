package agreement_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

// hour is an instant of one Monday.
func hour(h int) time.Time { return time.Date(2026, 7, 6, h, 0, 0, 0, time.UTC) }

func TestHoldsThatPause(t *testing.T) {
	hold := func(reason agreement.Reason) agreement.Hold {
		return agreement.Hold{Reason: reason, From: hour(9), To: hour(12)}
	}
	whole := []agreement.Pause{{From: hour(9), To: hour(12)}}
	open := hold(agreement.WaitingClient)
	open.To = time.Time{}
	short := open
	short.Max = 2 * time.Hour
	confirmed := short
	confirmed.Confirmed = []time.Time{hour(13)}
	before := short
	before.Confirmed = []time.Time{hour(8)}
	for name, test := range map[string]struct {
		rules agreement.HoldRules
		hold  agreement.Hold
		at    int
		want  []agreement.Pause
	}{
		"the client is waited for":           {agreement.HoldRules{}, hold(agreement.WaitingClient), 20, whole},
		"maintenance":                        {agreement.HoldRules{}, hold(agreement.Maintenance), 20, whole},
		"force majeure":                      {agreement.HoldRules{}, hold(agreement.ForceMajeure), 20, whole},
		"a vendor is waited for":             {agreement.HoldRules{}, hold(agreement.WaitingVendor), 20, nil},
		"a vendor, and the agreement agrees": {agreement.HoldRules{PausesFor: agreement.Reasons()}, hold(agreement.WaitingVendor), 20, whole},
		"an agreement that pauses nothing":   {agreement.HoldRules{PausesFor: []agreement.Reason{}}, hold(agreement.WaitingClient), 20, nil},
		"a reason of no list":                {agreement.HoldRules{}, hold("busy"), 20, nil},
		"before it began":                    {agreement.HoldRules{}, hold(agreement.WaitingClient), 8, nil},
		"before it was released":             {agreement.HoldRules{}, hold(agreement.WaitingClient), 11, []agreement.Pause{{From: hour(9)}}},
		"it goes on":                         {agreement.HoldRules{}, open, 20, []agreement.Pause{{From: hour(9)}}},
		"it went on for a day":               {agreement.HoldRules{}, open, 34, []agreement.Pause{{From: hour(9), To: hour(33)}}},
		"its longest time":                   {agreement.HoldRules{}, short, 12, []agreement.Pause{{From: hour(9), To: hour(11)}}},
		"the agreement's longest time":       {agreement.HoldRules{Max: runbook.Nanoseconds(time.Hour)}, short, 12, []agreement.Pause{{From: hour(9), To: hour(10)}}},
		"its own is shorter":                 {agreement.HoldRules{Max: runbook.Nanoseconds(5 * time.Hour)}, short, 12, []agreement.Pause{{From: hour(9), To: hour(11)}}},
		"confirmed before it began":          {agreement.HoldRules{}, before, 20, []agreement.Pause{{From: hour(9), To: hour(11)}}},
		"a lead confirmed it":                {agreement.HoldRules{}, confirmed, 14, []agreement.Pause{{From: hour(9), To: hour(11)}, {From: hour(13)}}},
		"confirmed, and over":                {agreement.HoldRules{}, confirmed, 16, []agreement.Pause{{From: hour(9), To: hour(11)}, {From: hour(13), To: hour(15)}}},
	} {
		if diff := cmp.Diff(test.want, test.rules.Pauses([]agreement.Hold{test.hold}, hour(test.at))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
