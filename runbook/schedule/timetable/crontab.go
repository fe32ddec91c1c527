package timetable

import (
	"fmt"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/schedule"
)

// Crontab is the line of a crontab(5) that does an entry's runbook, with a
// comment and its zone above it. CRON_TZ is cronie's; a cron that doesn't know
// it takes the line for local time. The error says why a crontab can't say when
// the runbook is due.
func Crontab(e Entry, at time.Time) (string, error) {
	cron, err := e.line(at)
	if err != nil {
		return "", err
	}
	words := []string{"cd", shellWord(e.Command.Folder), "&&", shellWord(e.Command.Program)}
	for _, arg := range e.Command.Args {
		words = append(words, shellWord(arg))
	}
	// An unescaped % ends the command of a line.
	command := strings.ReplaceAll(strings.Join(words, " "), "%", `\%`)
	return fmt.Sprintf("# %s (%s of %s)\nCRON_TZ=%s\n%s %s\n",
		oneLine(e.Title), e.Planned.Runbook, e.Planned.Client, e.zone(), fields(cron), command), nil
}

// fields are the five of a line, written so that every cron reads them alike:
// numbers between commas. One that begins with * keeps it, since a day and a
// weekday are held together by it.
func fields(c schedule.Cron) string {
	all := []string{
		values(c.Minutes, 0, 59), values(c.Hours, 0, 23), values(c.Days, 1, 31), values(c.Months, 1, 12), values(c.Weekdays, 0, 6),
	}
	written := strings.Fields(c.Text)
	for i := range all {
		all[i] = plainNumbers(all[i])
		if len(written) == len(all) && strings.HasPrefix(written[i], "*") {
			all[i] = written[i]
		}
	}
	restricted := func(i int, anyOf bool) {
		if !anyOf && all[i] == "*" { // 1-31 is a restriction, and * is none
			all[i] = []string{2: "1-31", 4: "0-6"}[i]
		}
	}
	restricted(2, c.AnyDay)
	restricted(4, c.AnyWeekday)
	return strings.Join(all, " ")
}

// plainNumbers takes the leading zeros away.
func plainNumbers(list string) string {
	numbers := strings.Split(list, ",")
	for i, n := range numbers {
		if len(n) == 2 {
			numbers[i] = strings.TrimPrefix(n, "0")
		}
	}
	return strings.Join(numbers, ",")
}

// shellWord is a word that a shell takes as it is.
func shellWord(word string) string {
	if isPlain(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
