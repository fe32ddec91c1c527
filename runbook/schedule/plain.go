package schedule

import (
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Plain is a schedule and its SLA, which may be nil, with every length of
// working time in hours of the SLA's calendar: what a statement pins. A shift in
// business days stays one, since it counts days and not hours. The error is a
// document.Problems, as that of Of.
func Plain(s *runbook.Schedule, sla *runbook.SLA, calendars Lookup) (*runbook.Schedule, *runbook.SLA, error) {
	plain, calendar, err := PlainSLA(sla, calendars)
	if err != nil {
		return nil, nil, err
	}
	d := document.NewDecoder()
	copied := *s
	makePlain(&copied.Grace, "grace", calendar, s.Position, d)
	return &copied, plain, d.Problems().Err()
}

// PlainSLA is an SLA, which may be nil, with every length of working time in
// hours of its calendar, and that calendar: nil for 24x7. The error is a
// document.Problems with all that is wrong.
func PlainSLA(sla *runbook.SLA, calendars Lookup) (*runbook.SLA, *Calendar, error) {
	if sla == nil {
		return nil, nil, nil
	}
	d := document.NewDecoder()
	calendar := calendars.find(sla.Calendar, sla.Position, d)
	if err := d.Problems().Err(); err != nil {
		return nil, nil, err
	}
	copied := *sla
	for _, promise := range []struct {
		key    string
		length *runbook.Duration
	}{
		{"start_within", &copied.StartWithin},
		{"complete_within", &copied.CompleteWithin},
		{"acknowledge_within", &copied.AcknowledgeWithin},
		{"respond_within", &copied.RespondWithin},
		{"update_every", &copied.UpdateEvery},
		{"resolve_within", &copied.ResolveWithin},
	} {
		makePlain(promise.length, promise.key, calendar, sla.Position, d)
	}
	return &copied, calendar, d.Problems().Err()
}

// makePlain tells a length of working time in hours of its calendar.
func makePlain(length *runbook.Duration, key string, calendar *Calendar, at document.Position, d *document.Decoder) {
	span, err := calendar.Span(*length)
	switch {
	case err != nil:
		reportSpan(key, err, at, d)
	case length.Unit != "":
		*length = runbook.Duration{Text: span.String(), Span: span}
	}
}

func reportSpan(key string, err error, at document.Position, d *document.Decoder) {
	d.Report(at, "sla", "sla: {calendar: …} names the calendar in which it counts", "%s: %s", key, err)
}
