package lint

import (
	"fmt"
	"math"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
)

var slaUnrealistic = Rule{
	ID: "sla-unrealistic", Severity: Warning,
	Summary: "a target that allows no failure at all, or as good as none",
	Why: `100% is broken by the first failure, and 99.999% leaves 26 s of a month. Of work with a
schedule it can be counted: 99.9% of 30 runs a month allows none of them to be late.
Who signs such a target pays for it every month, or stops looking at it.`,
	Source: "Site Reliability Engineering (O'Reilly, 2016), chapter 3: 100% is the wrong target",
	Bad:    `sla: {clock: scheduled, start_within: 30m, complete_within: 2h, target: 99.9%}`,
	Good:   `sla: {clock: scheduled, start_within: 30m, complete_within: 2h, target: 95%}`,
	runbook: func(p *pass, r *runbook.Runbook) {
		for _, m := range p.promises(r) {
			share, err := agreement.PercentOf(m.Target)
			if err != nil { // it has more decimals than are counted
				share = agreement.Percent(m.Target * 1000)
			}
			if m.with != nil && share >= nearlyAll {
				continue // which the agreement is told of
			}
			window := agreement.Month
			if m.with != nil {
				target, _ := m.with.Target(r.SLA.Agreement)
				window = target.Window
			}
			if why := m.unrealistic(share, window, p.Known.Now); why != "" {
				if err != nil {
					why = fmt.Sprintf("%v%% is more than %s, and %s", m.Target, share, why)
				}
				p.report(p.place(m, "target"), mostAllowed, "%s", why)
			}
		}
	},
	agreement: func(p *pass, a *agreement.Agreement) {
		for _, t := range a.Targets {
			if why := (promise{}).unrealistic(t.Percent, t.Window, p.Known.Now); why != "" {
				p.report(p.at("targets", t.Name, "target"), mostAllowed, "%s", why)
			}
		}
	},
}

const mostAllowed = "promise what was attained in the last months, such as 95%"

// Only shares above nearlyAll are unrealistic of themselves, and above many those that
// allow none of a month's runs to fail: of few runs every failure breaks any share.
const (
	nearlyAll agreement.Percent = 99_990
	many      agreement.Percent = 99_000
)

// unrealistic says why a share can't be kept; "" where it may be.
func (m promise) unrealistic(share agreement.Percent, window agreement.Window, now time.Time) string {
	days, word := 30, "month"
	if window == agreement.Quarter {
		days, word = 91, "quarter"
	}
	left := agreement.Whole - share
	switch {
	case left == 0:
		return fmt.Sprintf("100%% is broken by the first failure in any %s", word)
	case m.due && share > many:
		if runs := m.most(window, now); runs*int(left) < int(agreement.Whole) {
			return fmt.Sprintf("%s of %d runs a %s allows none of them to fail", share, runs, word)
		}
	case share >= nearlyAll:
		allowed := time.Duration(days) * 24 * time.Hour / time.Duration(agreement.Whole) * time.Duration(left)
		fewest := int(math.Ceil(float64(agreement.Whole) / float64(left)))
		return fmt.Sprintf("%s leaves %s of a %s, and of fewer than %d cases none may fail", share, short(allowed), word, fewest)
	}
	return ""
}

// short is a length of time in whole seconds, to the nearest: "26 s", "4 m 19 s".
func short(length time.Duration) string {
	length = length.Round(time.Second)
	if length < time.Minute {
		return fmt.Sprintf("%d s", int(length.Seconds()))
	}
	return runbook.FormatSpan(length)
}

// most is the largest number of runs that are due in a window of the coming year: as
// many as one failure may be among, or more.
func (m promise) most(window agreement.Window, now time.Time) int {
	months := 1
	if window == agreement.Quarter {
		months = 3
	}
	most := 0
	local := now.In(m.times.Rule.Zone())
	for n := 1; n <= 12; n += months {
		from := time.Date(local.Year(), local.Month()+time.Month(n), 1, 0, 0, 0, 0, local.Location())
		runs := 0
		for range m.times.Rule.Between(from, from.AddDate(0, months, 0)) {
			if runs++; runs > int(agreement.Whole) {
				return runs
			}
		}
		most = max(most, runs)
	}
	return most
}
