package cmd

import (
	"errors"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// calendars are those of the workspace, and behind them those that ship with msp.
func (p *place) calendars() shelf.Calendars {
	return shelf.NewCalendars(func() ([]runbook.File, error) { return workspaceFiles(p) }, builtinFiles)
}

// soon is how long before its end a calendar is complained about.
const soon = 60 * 24 * time.Hour

// endingProblems tell of calendars that end while a runbook goes on: behind
// valid_until a holiday is taken for a working day. The end is zero where none
// is known; then a calendar has to reach beyond the next weeks.
func endingProblems(r *runbook.Runbook, at document.Position, end time.Time, known shelf.Promises, now time.Time) document.Problems {
	d := document.NewDecoder()
	for _, id := range known.Named(r) {
		c, err := known.Find(id)
		if err != nil {
			continue // which Of reports
		}
		last, err := time.Parse(time.DateOnly, c.ValidUntil)
		until := end
		if until.IsZero() {
			until = now.Add(soon)
		}
		if err == nil && last.Before(until) {
			d.Report(at, "calendar-ends", "add the days off that follow, and set valid_until later",
				"the calendar %s is valid until %s, and %s goes on", id, c.ValidUntil, r.ID)
		}
	}
	return d.Problems()
}

// withProblems takes the problems out of an error, or makes one of it.
func withProblems(err error, at document.Position, d *document.Decoder) {
	var problems document.Problems
	if errors.As(err, &problems) {
		d.Add(problems)
	} else if err != nil {
		d.Report(at, "schedule", "", "%s", err)
	}
}
