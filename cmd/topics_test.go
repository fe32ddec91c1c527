package cmd

import (
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// TestTopicDocuments: the documents that the help shows are without a problem.
func TestTopicDocuments(t *testing.T) {
	load := map[string]func(string, []byte) document.Problems{
		"Calendar":  func(f string, s []byte) document.Problems { _, p := schedule.LoadCalendar(f, s); return p },
		"Plan":      func(f string, s []byte) document.Problems { _, p := schedule.LoadPlan(f, s); return p },
		"Agreement": func(f string, s []byte) document.Problems { _, p := agreement.LoadAgreement(f, s); return p },
		"Contacts":  func(f string, s []byte) document.Problems { _, p := agreement.LoadContacts(f, s); return p },
	}
	shown := 0
	for _, topic := range []string{schedulesTopic, agreementsTopic, contactsTopic} {
		for _, block := range strings.Split(topic, "\n\n") {
			source := strings.ReplaceAll("\n"+block, "\n  ", "\n")
			_, after, isDocument := strings.Cut(source, "\nkind: ")
			if !isDocument {
				continue
			}
			kind, _, _ := strings.Cut(after, "\n")
			shown++
			if problems := load[kind](kind+".yaml", []byte(source)); len(problems) > 0 {
				t.Errorf("%s: %v\n%s", kind, problems, source)
			}
		}
	}
	if shown != len(load) {
		t.Errorf("the help shows %d documents of %d kinds", shown, len(load))
	}
}
