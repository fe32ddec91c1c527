package cmd

import (
	"fmt"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// reported are the runs about what was reported. Each is judged again by the terms
// that it pins.
func (l lived) reported() []agreement.Event {
	var events []agreement.Event
	for _, account := range l.Accounts {
		start := account.Start.Body
		if start.SLA == nil || start.SLA.Reported == nil {
			continue
		}
		event := agreement.Event{
			Name:     fmt.Sprintf("%s/%s/%s (run %s)", start.Client, start.Runbook.ID, start.SLA.Reported.Source, record.ShortID(account.Run)),
			Reported: true, Due: start.SLA.Reported.At, State: l.stateOf(account),
		}
		if _, promised := l.with.Target(start.SLA.Agreement); promised {
			event.Target = start.SLA.Agreement
		}
		if last, ok := start.SLA.LastMet(start.Started); ok {
			event.LastMet = &last
		}
		if account.Finished() {
			ended := account.End.Body.Ended.Round(0)
			event.Closed = &ended
		}
		events = append(events, event)
	}
	return events
}

// stateOf is where a run about a report stands. Done, and not judged, is unknown:
// it is never taken for in time.
func (l lived) stateOf(account *record.Account) schedule.State {
	start := account.Start.Body
	switch state := account.State(l.at); {
	case state == "open" && len(account.Segments) > 0:
		return schedule.Waiting
	case state == "open":
		return schedule.Running
	case state != string(record.RunDone):
		return schedule.Failed
	}
	switch facts := start.SLA.Judge(start.Started, account.End.Body.Ended); {
	case facts.Met == nil:
		return schedule.Unknown
	case *facts.Met:
		return schedule.OnTime
	default:
		return schedule.Late
	}
}
