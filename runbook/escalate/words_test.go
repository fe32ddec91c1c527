package escalate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/escalate"
)

// TestWords compares the whole of what is said: by the ladders of somebody who
// acknowledged and didn't finish, with and without what people wrote.
func TestWords(t *testing.T) {
	m := missed(t)
	m.Acknowledged = seven.Add(40 * time.Minute)
	bare := m
	m.Impact, m.Tried, m.Next = "Since Friday there may be no copy of the accounts.", "The job was started by hand, and ended with code 3.", "Look at the disk of the backup server."
	var said strings.Builder
	for _, m := range []escalate.Matter{m, bare, {Name: "run-1", Since: seven, Ladders: runbook.Escalation{NotAcknowledged: []runbook.Rung{after(t, "5m", "on-call", "")}}, Clock: seven}} {
		for _, n := range play(t, m, escalate.Reach{Contacts: people(t)}, fine, every(5*time.Minute, seven, seven.Add(2*time.Hour+5*time.Minute))) {
			w := n.Words
			fmt.Fprintf(&said, "to %s, %s\n  %s\n  What: %s\n  Since: %s\n  Impact: %s\n  Tried: %s\n  Next: %s\n\n", n.Contact, w.Severity, w.Title, w.What, w.Since, w.Impact, w.Tried, w.Next)
		}
	}
	checkGolden(t, "words", said.String())
	if strings.Contains(said.String(), "<no value>") || strings.Contains(said.String(), ": \n") {
		t.Error("something is left empty")
	}
}

func TestSeverity(t *testing.T) {
	for name, test := range map[string]struct {
		failed, deadline, at time.Duration
		want                 string
	}{
		"in time":         {0, 2 * time.Hour, time.Hour, escalate.SeverityWarning},
		"at the deadline": {0, time.Hour, time.Hour, escalate.SeverityWarning},
		"over":            {0, time.Hour, time.Hour + 1, escalate.SeverityCritical},
		"failed":          {time.Minute, 2 * time.Hour, time.Hour, escalate.SeverityError},
		"failed and over": {time.Minute, time.Hour, 2 * time.Hour, escalate.SeverityCritical},
		"no deadline":     {0, 0, time.Hour, escalate.SeverityWarning},
	} {
		m := missed(t)
		m.Deadline, m.Ladders = time.Time{}, runbook.Escalation{NotResolved: []runbook.Rung{after(t, "1m", "on-call", "")}}
		if test.deadline > 0 {
			m.Deadline = seven.Add(test.deadline)
		}
		if test.failed > 0 {
			m.Failed = seven.Add(test.failed)
		}
		due := escalate.Due(m, escalate.Reach{Contacts: people(t)}, nil, seven.Add(test.at))
		if len(due) != 1 || due[0].Words.Severity != test.want {
			t.Errorf("%s: %+v", name, due)
		}
	}
}
