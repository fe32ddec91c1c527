package cmd

import (
	"fmt"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// reported are the runs about what was reported. Each is judged again by the terms
// that it pins, and by the holds of its clock.
func (l lived) reported() []agreement.Event {
	var events []agreement.Event
	for _, account := range l.Accounts {
		if terms := account.Start.Body.SLA; terms != nil && terms.Reported != nil {
			events = append(events, l.reportedEvent(account))
		}
	}
	return events
}

func (l lived) reportedEvent(account *record.Account) agreement.Event {
	start := account.Start.Body
	pauses := l.pauses(account)
	event := agreement.Event{
		Name:     fmt.Sprintf("%s/%s/%s (run %s)", start.Client, start.Runbook.ID, start.SLA.Reported.Source, record.ShortID(account.Run)),
		Reported: true, Due: start.SLA.Reported.At, State: l.stateOf(account, pauses),
	}
	if _, promised := l.with.Target(start.SLA.Agreement); promised {
		event.Target = start.SLA.Agreement
	}
	if last, ok := start.SLA.LastMet(start.Started, pauses...); ok {
		event.LastMet = &last
	}
	if account.Finished() {
		ended := account.End.Body.Ended.Round(0)
		event.Closed = &ended
	}
	return event
}

// pauses are when the clock of a run stood still, until its end or now.
func (l lived) pauses(account *record.Account) []agreement.Pause {
	if len(record.Said[record.Hold](l.History)) == 0 {
		return nil
	}
	start, until, occurrence := account.Start.Body, l.at, ""
	if account.Finished() {
		until = account.End.Body.Ended
	}
	if start.Occurrence != nil {
		occurrence = start.Occurrence.Name
	}
	return record.PausesUnder(start.SLA, l.Standing().HoldsOf(account.Run, occurrence, until, nil), until)
}

// stateOf is where a run about a report stands. Done, and not judged, is unknown:
// it is never taken for in time.
func (l lived) stateOf(account *record.Account, pauses []agreement.Pause) schedule.State {
	start := account.Start.Body
	switch state := account.State(l.at); {
	case state == "open" && len(account.Segments) > 0:
		return schedule.Waiting
	case state == "open":
		return schedule.Running
	case state != string(record.RunDone):
		return schedule.Failed
	}
	switch facts := start.SLA.Judge(start.Started, account.End.Body.Ended, pauses...); {
	case facts.Met == nil:
		return schedule.Unknown
	case *facts.Met:
		return schedule.OnTime
	default:
		return schedule.Late
	}
}
