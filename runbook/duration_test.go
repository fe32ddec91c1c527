package runbook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

func TestParseWorkingTime(t *testing.T) {
	tests := []struct {
		text, says string
		want       runbook.Duration
	}{
		{"4 business hours", "", runbook.Duration{Text: "4 business hours", Unit: runbook.BusinessHours, Span: 4 * time.Hour}},
		{" 1  business hour ", "", runbook.Duration{Text: "1 business hour", Unit: runbook.BusinessHours, Span: time.Hour}},
		{"2 business days", "", runbook.Duration{Text: "2 business days", Unit: runbook.BusinessDays, Days: 2}},
		{"1 business day", "", runbook.Duration{Text: "1 business day", Unit: runbook.BusinessDays, Days: 1}},
		{"30m", "", runbook.Duration{Text: "30m", Span: 30 * time.Minute}},
		{"4business hours", "is not a number of business hours or business days", runbook.Duration{}},
		{"business days", "is not a number of business hours", runbook.Duration{}},
		{"1.5 business days", "is not a whole number", runbook.Duration{}},
		{"-1 business days", "is not a whole number", runbook.Duration{}},
		{"2 business weeks", `"weeks" is not a unit of working time`, runbook.Duration{}},
		{"99999999999 business hours", "is not a whole number that can be counted", runbook.Duration{}},
		{"2147483647 business hours", "too long", runbook.Duration{}},
		{"4", "has no unit", runbook.Duration{}},
	}
	for _, tt := range tests {
		got, err := runbook.ParseWorkingTime(tt.text)
		if got != tt.want || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: %+v, %v; want %+v %q", tt.text, got, err, tt.want, tt.says)
		}
	}
}

// FuzzParseWorkingTime: no text panics, and what is read is the same when it is
// read again.
func FuzzParseWorkingTime(f *testing.F) {
	for _, text := range []string{"4 business hours", "2 business days", "1 business day", "1h30m", "4 business", "99999999999 business days", " business "} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := runbook.ParseWorkingTime(text)
		if err != nil {
			return
		}
		if again, err := runbook.ParseWorkingTime(d.Text); err != nil || again != d || d.Span < 0 || d.Days < 0 {
			t.Fatalf("%q is %+v, and again %+v, %v", text, d, again, err)
		}
	})
}

// TestHintsOfLengths: what was written in words is hinted at as msp writes it.
func TestHintsOfLengths(t *testing.T) {
	const form = "a duration has a unit: 30m, 26h, 2d, 1w, 4 business hours, 2 business days"
	for text, want := range map[string]string{
		"10 minutes": "write 10m", "10min": "write 10m", "1 Week": "write 1w", "5 h": "write 5h",
		"5M": form, "1h30": form, "PT5S": form, "-5m": form, "12:30": form, "999999w": form, "": form, "3 fortnights": form,
	} {
		root, _ := document.Parse("f.yaml", []byte(document.Scalar(text)), document.DefaultLimits)
		d := document.NewDecoder()
		runbook.DecodeDuration(root, d)
		if problems := d.Problems(); len(problems) != 1 || problems[0].Hint != want {
			t.Errorf("%q: %v, want %s", text, problems, want)
		}
	}
	for text, want := range map[string]string{
		"95": "write 95%", "95 %": "write 95%", "0.95": "write 95%", "99.99999%": "write it like 95%", "high": "write it like 95%", "-1": "write it like 95%", "": "write it like 95%",
	} {
		if got := runbook.PercentHint(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
