// Package shelf finds the documents of a workspace by what names them: calendars,
// the agreement with a client, the people around one.
//
// Documents are read when the first is asked for. What a workspace says itself goes
// before what ships with msp.
package shelf

import (
	"fmt"
	"sync"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// Reader gives the files of one place: a workspace, or what ships with msp.
type Reader func() ([]runbook.File, error)

// Calendars finds calendars by id, in one place after the other.
type Calendars struct {
	open func() ([]calendarLayer, error)
}

// calendarLayer is the calendars of one place by id.
type calendarLayer struct {
	byID   map[string]*schedule.CalendarDocument
	broken document.Problems // of the files that are no calendars
}

// NewCalendars finds calendars in some places, the first of which goes before the
// others.
func NewCalendars(places ...Reader) Calendars {
	return Calendars{open: sync.OnceValues(func() ([]calendarLayer, error) {
		var layers []calendarLayer
		for _, read := range places {
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

// Document is the calendar with an id. A file with problems may be the one that
// is meant, or another of the same id: then none is taken.
func (c Calendars) Document(id string) (*schedule.CalendarDocument, error) {
	layers, err := c.open()
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		if len(l.broken) > 0 {
			return nil, &Error{fmt.Errorf("the calendar %q can't be taken: a calendar has problems, the first at %s", id, l.broken[0].Position), lintShows}
		}
		if found, ok := l.byID[id]; ok {
			return found, nil
		}
	}
	return nil, &Error{fmt.Errorf("there is no calendar %q", id), "a calendar is a document of kind Calendar beside the runbooks"}
}

// Find is the calendar with an id by value: a schedule.Lookup.
func (c Calendars) Find(id string) (*schedule.Calendar, error) {
	found, err := c.Document(id)
	if err != nil {
		return nil, err
	}
	return &found.Calendar, nil
}
