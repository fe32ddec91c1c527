package cmd

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// calendars are the documents of kind Calendar of the workspace, and behind them
// those that ship with msp. They are read when the first is asked for.
type calendars struct {
	open func() ([]calendarLayer, error)
}

// calendarLayer is the calendars of one place by id.
type calendarLayer struct {
	byID   map[string]*schedule.CalendarDocument
	broken document.Problems // of the files that are no calendars
}

func (p *place) calendars() calendars {
	return calendars{open: sync.OnceValues(func() ([]calendarLayer, error) {
		var layers []calendarLayer
		for _, read := range []func() ([]runbook.File, error){
			func() ([]runbook.File, error) { return workspaceFiles(p) }, builtinFiles,
		} {
			files, err := read()
			if err != nil {
				return nil, err
			}
			layers = append(layers, layerOf(files))
		}
		return layers, nil
	})}
}

func layerOf(files []runbook.File) calendarLayer {
	l := calendarLayer{byID: map[string]*schedule.CalendarDocument{}}
	for _, f := range files {
		if !f.Is(runbook.KindCalendar) {
			continue
		}
		c, problems := schedule.LoadCalendar(f.Name, f.Source)
		l.broken = append(l.broken, problems...)
		if c == nil {
			continue
		}
		if first, twice := l.byID[c.Calendar.ID]; twice {
			l.broken = append(l.broken, document.Problem{
				Position: c.Position, Rule: "duplicate-id", Hint: "give one of them another id",
				Message: fmt.Sprintf("the calendar %q stands twice, first at %s", c.Calendar.ID, first.Position),
			})
			continue
		}
		l.byID[c.Calendar.ID] = c
	}
	return l
}

// document is the calendar with an id. A file with problems may be the one that
// is meant, or another of the same id: then none is taken.
func (c calendars) document(id string) (*schedule.CalendarDocument, error) {
	layers, err := c.open()
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		if len(l.broken) > 0 {
			return nil, hint(fmt.Errorf("the calendar %q can't be taken: a calendar has problems, the first at %s", id, l.broken[0].Position), "msp lint shows them")
		}
		if found, ok := l.byID[id]; ok {
			return found, nil
		}
	}
	return nil, fmt.Errorf("there is no calendar %q", id)
}

// find is the calendar with an id by value: a schedule.Lookup.
func (c calendars) find(id string) (*schedule.Calendar, error) {
	found, err := c.document(id)
	if err != nil {
		return nil, err
	}
	return &found.Calendar, nil
}

// named are the ids of the calendars that a runbook names, or its target in the
// agreement.
func (k promises) named(r *runbook.Runbook) []string {
	var ids []string
	if r.Schedule != nil && r.Schedule.Calendar != "" {
		ids = append(ids, r.Schedule.Calendar)
	}
	if sla, err := k.lookup().SLA(r.SLA); err == nil && sla != nil && sla.Calendar != "" {
		ids = append(ids, sla.Calendar)
	}
	return ids
}

// soon is how long before its end a calendar is complained about.
const soon = 60 * 24 * time.Hour

// endingProblems tell of calendars that end while a runbook goes on: behind
// valid_until a holiday is taken for a working day. The end is zero where none
// is known; then a calendar has to reach beyond the next weeks.
func endingProblems(r *runbook.Runbook, at document.Position, end time.Time, known promises, now time.Time) document.Problems {
	d := document.NewDecoder()
	for _, id := range known.named(r) {
		c, err := known.find(id)
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

// calendarProblems are those of the documents of kind Calendar among files.
func calendarProblems(files []runbook.File) document.Problems { return layerOf(files).broken }

// withProblems takes the problems out of an error, or makes one of it.
func withProblems(err error, at document.Position, d *document.Decoder) {
	var problems document.Problems
	if errors.As(err, &problems) {
		d.Add(problems)
	} else if err != nil {
		d.Report(at, "schedule", "", "%s", err)
	}
}
