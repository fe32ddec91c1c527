package change_test

import (
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook/change"
)

func TestVersions(t *testing.T) {
	long := strings.Repeat("9", 40)
	for _, c := range []struct {
		old, now string
		raised   change.Demand
		enough   change.Demand // the most that it is enough for
	}{
		{"1.4.0", "1.4.0", change.None, change.None},
		{"1.4.0", "1.4.1", change.Patch, change.Patch},
		{"1.4.9", "1.4.10", change.Patch, change.Patch},
		{"1.4.0", "1.5.0", change.Minor, change.Minor},
		{"1.4.7", "1.7.3", change.Minor, change.Minor},
		{"1.4.0", "2.0.0", change.Major, change.Major},
		{"1.4.0", "2.0.0", change.Major, change.Major},
		{"1.4.0", "1.3.9", change.Lowered, change.Lowered},
		{"2.0.0", "1.9.9", change.Lowered, change.Lowered},
		{"1.4.1", "1.4.0", change.Lowered, change.Lowered},
		{"0.4.0", "0.5.0", change.Minor, change.Major},
		{"0.4.0", "0.4.1", change.Patch, change.Patch},
		{"0.4.0", "1.0.0", change.Major, change.Major},
		{"1." + long + ".0", "1.1" + long + ".0", change.Minor, change.Minor},
	} {
		if got := change.Raised(c.old, c.now); got != c.raised {
			t.Errorf("%s to %s: %s, want %s", c.old, c.now, got, c.raised)
		}
		for demand := change.None; demand <= change.Major; demand++ {
			if got := change.Enough(c.old, c.now, demand); got != (demand <= c.enough) {
				t.Errorf("%s to %s is enough for %s: %t", c.old, c.now, demand, got)
			}
		}
	}
}

func TestLeast(t *testing.T) {
	for _, c := range []struct {
		old, want string
		demand    change.Demand
	}{
		{"1.4.2", "1.4.2", change.None},
		{"1.4.2", "1.4.3", change.Patch},
		{"1.4.2", "1.5.0", change.Minor},
		{"1.4.2", "2.0.0", change.Major},
		{"0.4.2", "0.5.0", change.Major},
		{"0.4.2", "0.4.3", change.Patch},
		{"1.99999999999999999999.2", "1.100000000000000000000.0", change.Minor},
	} {
		got := change.Least(c.old, c.demand)
		if got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.old, c.demand, got, c.want)
		}
		if !change.Enough(c.old, got, c.demand) {
			t.Errorf("%s is not enough after %s", got, c.old)
		}
	}
}
