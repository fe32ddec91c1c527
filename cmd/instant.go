package cmd

import (
	"fmt"
	"time"
)

// clockTimes are the ways to say when something is, to the minute or the second.
var clockTimes = []string{time.RFC3339, "2006-01-02 15:04", time.DateTime}

// readTime reads a time that is written in one of some ways. Where it says no
// offset it is on the clock of a zone.
func readTime(text string, zone *time.Location, layouts []string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// readInstant reads a time, or a day, which begins at midnight in a zone.
func readInstant(text string, zone *time.Location) (time.Time, bool) {
	return readTime(text, zone, append([]string{time.DateOnly}, clockTimes...))
}

// instant is what --at says, or now. A day is its first instant.
func (a *app) instant(at string) (time.Time, error) {
	if at == "" {
		return a.Now(), nil
	}
	t, ok := readInstant(at, time.Local)
	if !ok {
		return t, usageError(fmt.Errorf("--at %q is no day and no instant", at), "such as 2026-03-28, '2026-03-28 14:30', or 2026-03-28T14:30:00Z")
	}
	return t, nil
}

// mostYears is how far ahead is computed what would be due, in years.
const mostYears = 2

// instantAhead is an instant up to which what is due is counted one by one: never
// very far ahead.
func (a *app) instantAhead(at string) (time.Time, error) {
	t, err := a.instant(at)
	if err == nil && t.After(a.Now().AddDate(mostYears, 0, 0)) {
		err = usageError(fmt.Errorf("--at %s lies more than %d years ahead", at, mostYears), "say an earlier day; msp schedule next RUNBOOK --at shows when a runbook is due then")
	}
	return t, err
}
