package timetable

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/msp-runbook/msp/runbook/schedule"
)

// Entry is one runbook of a client, when it is due and how it is started.
type Entry struct {
	Title     string
	Rationale string
	Start     string // what msp run is told: the runbook's id, or its file
	Planned   schedule.Planned
	Command   Command
}

// Command starts a runbook.
type Command struct {
	Program string   // an absolute path
	Args    []string // words of letters, digits, hyphens and what a path may hold
	Folder  string   // in which it is started, absolute
}

// cycle is how long dates and weekdays take to come round, in years.
const cycle = 28

// line is the crontab line that an entry's times are, as every program reads it
// from an instant on. The error names what makes it more than that, in a
// sentence that goes on after the runbook's name.
func (e Entry) line(at time.Time) (schedule.Cron, error) {
	rule := e.Planned.Recurrence.Rule
	cron, err := rule.Cron()
	switch {
	case err != nil:
		return cron, fmt.Errorf("%w, which neither a timer nor a crontab can say", err)
	case e.Planned.From.After(at):
		return cron, fmt.Errorf("it begins on %s, and a timer or a crontab begins at once", e.Planned.From.Format(time.DateOnly))
	case !e.Planned.Until.IsZero():
		return cron, fmt.Errorf("it ends before %s, and a timer or a crontab has no end", e.Planned.Until.Format(time.RFC3339))
	}
	if clash, ok := rule.Clash(at, at.AddDate(cycle, 0, 0)); ok {
		shows := clash.Wall.Format("never shows 15:04")
		if clash.Twice {
			shows = clash.Wall.Format("shows 15:04 twice")
		}
		return cron, fmt.Errorf("on %s the clock of %s %s, and what a timer or a crontab does then is not what the schedule says",
			clash.Wall.Format(time.DateOnly), e.zone(), shows)
	}
	return cron, e.Command.check()
}

// zone is the name of the entry's time zone.
func (e Entry) zone() string { return e.Planned.Recurrence.Rule.Zone().String() }

// check refuses paths that would not stay what they are in a line: one with a
// control character, or a folder with white space or a backslash at its end.
func (c Command) check() error {
	for _, word := range append([]string{c.Program, c.Folder}, c.Args...) {
		if strings.ContainsFunc(word, unicode.IsControl) || word != strings.TrimSpace(word) || strings.HasSuffix(word, `\`) {
			return fmt.Errorf("the path %q can't stand in a unit or a crontab", word)
		}
	}
	return nil
}

// oneLine makes one line of a text, without control characters.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " "))
}

// isPlain reports whether a word means itself to a shell and to systemd.
func isPlain(word string) bool {
	return word != "" && strings.IndexFunc(word, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("/-._=", r)
	}) < 0
}

// values are the numbers of a set, from low on, as two digits between commas; *
// for all up to high.
func values(set uint64, low, high int) string {
	all := uint64(1)<<(high+1) - uint64(1)<<low
	if set&all == all {
		return "*"
	}
	var each []string
	for n := low; n <= high; n++ {
		if set&(1<<n) != 0 {
			each = append(each, fmt.Sprintf("%02d", n))
		}
	}
	return strings.Join(each, ",")
}
