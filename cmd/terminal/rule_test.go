package terminal

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var someRules = []Rule{
	{ID: "no-owner", Severity: "warning", Summary: "a runbook names nobody who answers for it"},
	{ID: "destructive-without-confirmation", Severity: "error", Summary: "a step destroys something, and nobody has agreed"},
	{ID: "unused-output", Severity: "info", Summary: "an output that nothing reads, on a line of its own"},
}

// TestPrintRules lists rules on a wide and a narrow screen, to a screen reader, and to
// what is no terminal.
func TestPrintRules(t *testing.T) {
	for name, test := range map[string]struct {
		screen Screen
		want   string
	}{
		"wide": {Screen{Width: 70, Live: true}, `what is found
no-owner                     warning  a runbook names nobody who
                                      answers for it
destructive-without-confirmation  error
                                      a step destroys something, and
                                      nobody has agreed
unused-output                info     an output that nothing reads, on
                                      a line of its own
`},
		"narrow": {Screen{Width: 40, Live: true}, `what is found
no-owner  warning
    a runbook names nobody who answers
    for it
destructive-without-confirmation  error
    a step destroys something, and
    nobody has agreed
unused-output  info
    an output that nothing reads, on a
    line of its own
`},
		"spoken": {Screen{Width: 60, Accessible: true}, `what is found
no-owner, warning: a runbook names nobody who answers for it
destructive-without-confirmation, error: a step destroys
  something, and nobody has agreed
unused-output, info: an output that nothing reads, on a line
  of its own
`},
		"plain": {Screen{Width: 40}, `what is found
no-owner                     warning  a runbook names nobody who answers for it
destructive-without-confirmation  error    a step destroys something, and nobody has agreed
unused-output                info     an output that nothing reads, on a line of its own
`},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			test.screen.Out = &out
			PrintRules(test.screen, "what is found", someRules)
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPrintRule wraps what a rule says of itself, and leaves its examples as they are.
func TestPrintRule(t *testing.T) {
	r := Rule{
		ID: "bad-utf8", Severity: "error", Summary: "bytes that are not UTF-8",
		Why:    "Such a file reads differently\nin each editor.",
		Source: "YAML 1.2.2, 5.2",
		Bad:    "title: Die Warteschlange am Montag pr\xfcfen\nid: a", Good: "title: Die Warteschlange am Montag prüfen",
	}
	const examples = `
Bad:

    title: Die Warteschlange am Montag pr�fen
    id: a

Good:

    title: Die Warteschlange am Montag prüfen
`
	for name, test := range map[string]struct {
		screen Screen
		want   string
	}{
		"narrow": {Screen{Width: 36, Live: true}, `bad-utf8 (error): bytes that are not
  UTF-8

Such a file reads differently in
each editor.

From: YAML 1.2.2, 5.2
` + examples},
		"plain": {Screen{Width: 36}, `bad-utf8 (error): bytes that are not UTF-8

Such a file reads differently
in each editor.

From: YAML 1.2.2, 5.2
` + examples},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			test.screen.Out = &out
			PrintRule(test.screen, r)
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
