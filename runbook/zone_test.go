package runbook_test

import (
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

func TestZone(t *testing.T) {
	t.Setenv("ZONEINFO", "/nowhere") // the system's zones say nothing
	london, err := runbook.Zone("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	if got := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC).In(london).Format("15:04 MST"); got != "02:00 BST" {
		t.Errorf("after the clock went forward it is %s", got)
	}
	for _, name := range []string{"", "Local", "Europe", "Europe/", "../etc", "/etc/localtime", "Europe/Nowhere", "europe/london"} {
		if _, err := runbook.Zone(name); err == nil {
			t.Errorf("%q is a zone", name)
		}
	}
	if utc, err := runbook.Zone("UTC"); err != nil || utc != time.UTC {
		t.Errorf("UTC: %v, %v", utc, err)
	}
}

// TestZoneHint: a name that is none gets the one that was most likely meant.
func TestZoneHint(t *testing.T) {
	for name, want := range map[string]string{
		"Europe/Londn": "did you mean Europe/London?", "europe/london": "did you mean Europe/London?",
		"New York": "did you mean America/New_York?", "berlin": "did you mean Europe/Berlin?",
		"GMT+2": "an IANA name, such as Europe/London", "local": "an IANA name, such as Europe/London", "": "an IANA name, such as Europe/London",
	} {
		if got := runbook.ZoneHint(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
