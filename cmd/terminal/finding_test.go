package terminal

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFindingPrinter shows the line of a finding so that the caret stands under its
// place, on whatever screen: neither is broken at its end.
func TestFindingPrinter(t *testing.T) {
	long := "run: " + strings.Repeat("x", 40) + " HERE " + strings.Repeat("y", 200)
	for name, test := range map[string]struct {
		screen Screen
		source string
		column int
		want   string
	}{
		"plain":   {Screen{}, "run: HERE it is", 6, "    7 | run: HERE it is\n      |      ^\n"},
		"narrow":  {Screen{Width: 40, Live: true}, long, 47, "    7 | xxxxxxxxxxxxxx HERE yyyyyyyyyyyy\n      |                ^\n"},
		"short":   {Screen{Width: 40, Live: true}, "run: HERE " + strings.Repeat("y", 99), 6, "    7 | run: HERE yyyyyyyyyyyyyyyyyyyyyy\n      |      ^\n"},
		"wide":    {Screen{Width: 40, Live: true}, "title: 検証検証検証検証検証検証検証検証検証検証検証検証", 20, "    7 | 証検証検証検証検証検証検証検証検\n      |               ^\n"},
		"pipe":    {Screen{Width: 40}, long, 47, "    7 | " + long[:100] + "\n      | " + strings.Repeat(" ", 46) + "^\n"},
		"spoken":  {Screen{Accessible: true}, "run: HERE it is", 6, ""},
		"no line": {Screen{}, "", 1, ""},
		"escapes": {Screen{}, "a\x1b[31mb: HERE", 10, "    7 | a\\x1b[31mb: HERE\n      |             ^\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			test.screen.Out = &out
			FindingPrinter(test.screen)(Finding{Where: "a.yaml:7:1", Severity: "warning", Rule: "no-owner", Message: "m", Hint: "h", Line: 7, Column: test.column, Source: test.source})
			if diff := cmp.Diff("a.yaml:7:1: warning: no-owner: m\n"+test.want+"     hint: h\n", out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
