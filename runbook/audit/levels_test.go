package audit_test

import (
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/record"
)

// TestDemandedLevel: what the reader demands is held to each finished run, and an
// open one reaches what it will.
func TestDemandedLevel(t *testing.T) {
	b, tsa := newStamped(t)
	b.begin().bracket(tsa, tsa)
	b.begin().bracket(nil, tsa)
	b.begin().bracket(nil, nil)
	b.begin().signStart()
	for _, c := range []struct{ level, phrase string }{
		{"", ""},
		{"logged", ""},
		{"anchored", "less than anchored, the level demanded, is shown of 1 of 3 finished runs: 1 logged"},
		{"bracketed", "less than bracketed, the level demanded, is shown of 2 of 3 finished runs: 1 logged, 1 anchored"},
		{"witnessed", "less than witnessed, the level demanded, is shown of 3 of 3 finished runs: 1 logged, 1 anchored, 1 bracketed"},
	} {
		b.pins.Level = audit.Level(c.level)
		r := b.verify()
		if c.phrase == "" {
			wantOK(t, r)
			continue
		}
		wantOnly(t, r, "level-demanded", c.phrase)
	}
}

// TestPlannedLevel: a run for an occurrence reaches what its plan demands, and
// one for none isn't held to it.
func TestPlannedLevel(t *testing.T) {
	b, tsa := newStamped(t)
	p := b.plan()
	p.document = strings.Replace(p.document, "client: acme", "client: acme\nlevel: anchored", 1)
	p.edit = func(plan *record.Plan) { plan.Level = "anchored" }
	p.sign()
	b.begin().bracket(nil, nil)
	wantOK(t, b.verify())
	b.planned(day(2, 7, 10)).tell(1000)
	wantOnly(t, b.verify(), "level-below", "is logged, and its plan demands anchored")
	b.anchor(tsa)
	wantOK(t, b.verify())
}
