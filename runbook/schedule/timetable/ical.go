package timetable

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// MaxEvents is how many occurrences one calendar may have: programs choke on
// more.
const MaxEvents = 10_000

// TooManyError says that a calendar would have more than MaxEvents.
type TooManyError struct{}

func (*TooManyError) Error() string {
	return fmt.Sprintf("there are more than %d occurrences, more than a calendar should hold", MaxEvents)
}

// ICal writes the occurrences due in [from, to) as an iCalendar stream (RFC
// 5545), in order, and gives their number. Now is when it is made.
func ICal(w io.Writer, entries []Entry, from, to, now time.Time) (int, error) {
	events, err := collect(entries, from, to)
	if err != nil {
		return 0, err
	}
	c := ics.NewCalendar()
	c.SetProductId("-//msp//schedule export//EN")
	c.SetCalscale("GREGORIAN")
	for _, e := range events {
		e.add(c, now)
	}
	// The library writes some lines without looking whether that worked.
	_, err = io.WriteString(w, c.Serialize(ics.WithLineLength(75), ics.WithNewLine("\r\n")))
	return len(events), err
}

// event is one occurrence of an entry.
type event struct {
	Entry
	at schedule.Occurrence
}

func collect(entries []Entry, from, to time.Time) ([]event, error) {
	var all []event
	for _, e := range entries {
		for o := range e.Planned.Between(from, to) {
			if len(all) == MaxEvents {
				return nil, &TooManyError{}
			}
			all = append(all, event{e, o})
		}
	}
	slices.SortStableFunc(all, func(a, b event) int {
		return cmp.Or(a.at.Due.Compare(b.at.Due), cmp.Compare(a.at.Name, b.at.Name))
	})
	return all, nil
}

func (e event) add(c *ics.Calendar, now time.Time) {
	v := c.AddEvent(UID(e.at.Name))
	v.SetDtStampTime(now)
	v.SetStartAt(e.at.Due)
	if e.at.CompleteBy != nil && e.at.CompleteBy.After(e.at.Due) {
		v.SetEndAt(*e.at.CompleteBy)
	}
	v.SetSummary(oneLine(e.Title))
	v.SetDescription(e.description())
	v.SetTimeTransparency(ics.TransparencyTransparent) // nobody is busy because of it
}

// UID is the lasting id of an occurrence's event, a UUID of its name (RFC 7986,
// section 5.3; RFC 9562, version 5): a calendar that is exported again replaces
// what it has.
func UID(name string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("urn:msp:occurrence:"+name)).String()
}

// description says why, by when, and what to type.
func (e event) description() string {
	zone := e.Planned.Recurrence.Rule.Zone()
	moment := func(t time.Time) string { return t.In(zone).Format("Mon 2006-01-02 15:04 MST") }
	var lines []string
	if why := paragraphs(e.Rationale); why != "" {
		lines = append(lines, why, "")
	}
	lines = append(lines, "due "+moment(e.at.Due))
	if e.at.StartBy != nil {
		lines = append(lines, "start by "+moment(*e.at.StartBy))
	}
	if e.at.CompleteBy != nil {
		lines = append(lines, "complete by "+moment(*e.at.CompleteBy))
	}
	if e.at.CompleteWithin > 0 {
		lines = append(lines, "complete within "+runbook.FormatSpan(e.at.CompleteWithin)+" of its start")
	}
	lines = append(lines, "", "msp run "+shellWord(oneLine(e.Start))+" --client "+e.at.Client, e.at.Name)
	return strings.Join(lines, "\n")
}

// paragraphs is a text of several lines without other control characters.
func paragraphs(text string) string {
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	for i := range lines {
		lines[i] = oneLine(lines[i])
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
