package change_test

import (
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/change"
	"github.com/msp-runbook/msp/steps"
)

// Whatever two runbooks say: nothing changed between a runbook and itself, and what
// is no change in one direction is none in the other.
func FuzzBetween(f *testing.F) {
	for _, name := range []string{"verify.yaml", "full.yaml"} {
		f.Add([]byte(read(f, name)), []byte(read(f, "verify.yaml")))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		old, _ := runbook.Load("old.yaml", a, steps.Kinds())
		now, _ := runbook.Load("new.yaml", b, steps.Kinds())
		if old == nil || now == nil {
			return
		}
		if same := change.Between(now, now); len(same) > 0 {
			t.Errorf("between a runbook and itself: %s", same[0].Words)
		}
		there, back := change.Between(old, now), change.Between(now, old)
		if (len(there) == 0) != (len(back) == 0) {
			t.Errorf("%q one way, %q the other", told(there), told(back))
		}
		for _, c := range there {
			if c.Words == "" || c.Line == 0 || c.Demand < change.Patch {
				t.Errorf("%+v", c)
			}
		}
		change.Check(old, now, there, "main")
	})
}
