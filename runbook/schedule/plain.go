package schedule

import (
	"fmt"

	"github.com/msp-runbook/msp/runbook"
)

// Plain is a schedule and its SLA, which may be nil, with every length of
// working time in hours of the SLA's calendar: what a statement pins. A shift in
// business days stays one, since it counts days and not hours.
func Plain(s *runbook.Schedule, sla *runbook.SLA, calendars Lookup) (*runbook.Schedule, *runbook.SLA, error) {
	var c *Calendar
	if sla != nil && sla.Calendar != "" {
		found, err := calendars(sla.Calendar)
		if err != nil {
			return nil, nil, err
		}
		c = found
	}
	plainSchedule := *s
	lengths := []*runbook.Duration{&plainSchedule.Grace}
	var plainSLA *runbook.SLA
	if sla != nil {
		copied := *sla
		plainSLA = &copied
		lengths = append(lengths, &copied.StartWithin, &copied.CompleteWithin, &copied.AcknowledgeWithin,
			&copied.RespondWithin, &copied.UpdateEvery, &copied.ResolveWithin)
	}
	for _, length := range lengths {
		if length.Unit == "" {
			continue
		}
		span, err := c.Span(*length)
		if err != nil {
			return nil, nil, fmt.Errorf("the sla: %w", err)
		}
		*length = runbook.Duration{Text: span.String(), Span: span}
	}
	return &plainSchedule, plainSLA, nil
}
