package timetable

import (
	"fmt"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/schedule"
)

// A File is a file of units or lines.
type File struct {
	Name string // without a folder
	Text string
}

// Units are the service that runs an entry's runbook and the timer that starts
// it, as systemd.service(5) and systemd.timer(5) have them. The error says why a
// timer can't say when the runbook is due.
func Units(e Entry, at time.Time) ([]File, error) {
	cron, err := e.line(at)
	if err != nil {
		return nil, err
	}
	name := UnitName(e.Planned.Client, e.Planned.Runbook)
	what := fmt.Sprintf("%s (%s of %s)", unitText(oneLine(e.Title)), e.Planned.Runbook, e.Planned.Client)
	var service, timer strings.Builder
	fmt.Fprintf(&service, "[Unit]\nDescription=%s\n\n[Service]\nType=oneshot\nWorkingDirectory=%s\nExecStart=%s\n",
		what, unitText(e.Command.Folder), e.Command.unitLine())
	fmt.Fprintf(&timer, "[Unit]\nDescription=When to do: %s\n\n[Timer]\n", what)
	for _, on := range OnCalendar(cron, e.zone()) {
		fmt.Fprintf(&timer, "OnCalendar=%s\n", on)
	}
	timer.WriteString("AccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n")
	return []File{{name + ".service", service.String()}, {name + ".timer", timer.String()}}, nil
}

// UnitName is what the units of a client's runbook are called, without what
// stands behind the last dot. No id holds a dot, so no two have one name.
func UnitName(client, runbook string) string { return "msp-" + client + "." + runbook }

// OnCalendar are the calendar events of systemd.time(7) that together name what
// a crontab line names. There are two where the line restricts both the days of
// the month and the weekdays: either is enough for crontab, while an event wants
// both.
func OnCalendar(c schedule.Cron, zone string) []string {
	clock := values(c.Hours, 0, 23) + ":" + values(c.Minutes, 0, 59) + ":00 " + zone
	event := func(weekdays uint64, days uint64) string {
		date := "*-" + values(c.Months, 1, 12) + "-" + values(days, 1, 31)
		return unitWeekdays(weekdays) + date + " " + clock
	}
	if c.AnyDay || c.AnyWeekday {
		return []string{event(c.Weekdays, c.Days)}
	}
	const every = ^uint64(0)
	return []string{event(every, c.Days), event(c.Weekdays, every)}
}

// unitWeekdays are the names of weekdays with a space behind them; nothing for
// all of them.
func unitWeekdays(set uint64) string {
	var names []string
	for day := time.Sunday; day <= time.Saturday; day++ {
		if set&(1<<day) != 0 {
			names = append(names, day.String()[:3])
		}
	}
	if len(names) == 7 {
		return ""
	}
	return strings.Join(names, ",") + " "
}

// unitLine is the command as ExecStart reads it.
func (c Command) unitLine() string {
	words := []string{unitWord(c.Program)} // in which systemd expands no variable
	for _, arg := range c.Args {
		words = append(words, strings.ReplaceAll(unitWord(arg), "$", "$$"))
	}
	return strings.Join(words, " ")
}

// unitWord is a word, in quotes where it needs them.
func unitWord(word string) string {
	if isPlain(word) {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%").Replace(word) + `"`
}

// unitText is a text in which systemd expands nothing.
func unitText(text string) string { return strings.ReplaceAll(text, "%", "%%") }
