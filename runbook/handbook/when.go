package handbook

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// due says when a runbook is due.
func due(s *runbook.Schedule) []Line {
	if s == nil {
		return []Line{say("on request: it has no schedule")}
	}
	when := say(ruleWords(s), " (", s.Timezone, ")")
	if !s.Shift.IsZero() {
		when = say(when, ", and then ", s.Shift.Text, " later")
	}
	if !s.EffectiveFrom.IsZero() {
		when = say(when, ", from ", day(s.EffectiveFrom), " on")
	}
	lines := []Line{when}
	if s.Calendar != "" {
		lines = append(lines, say("what falls on a day off of the calendar ", code(s.Calendar), map[string]string{
			"": " is left out", "next_working_day": " moves to the next working day", "run": " is due all the same",
		}[s.OnHoliday]))
	}
	if !s.Early.IsZero() {
		lines = append(lines, say("a run may begin ", s.Early.Text, " before"))
	}
	if !s.Grace.IsZero() {
		lines = append(lines, say("it starts on time within ", s.Grace.Text))
	}
	if !s.CloseAfter.IsZero() {
		lines = append(lines, say("a run that begins more than ", s.CloseAfter.Text, " after doesn't count for it"))
	}
	if s.OnMissed == "run_once" {
		return append(lines, say("when one is missed, that is recorded, and it is run once afterwards"))
	}
	return append(lines, say("when one is missed, that is recorded"))
}

// ruleWords say a schedule in words, or give its rule where it is one of many
// dates.
func ruleWords(s *runbook.Schedule) Line {
	if s.RRule != "" {
		if words, ok := rruleWords(s.RRule); ok {
			return say(words)
		}
		return say("by the rule ", code(s.RRule))
	}
	if c, err := runbook.ParseCron(s.Cron); err == nil {
		if words, ok := cronWords(c); ok {
			return say(words)
		}
	}
	return say("by the cron line ", code(s.Cron))
}

// mostNamed is how many times of day, days or months are still read as words.
const mostNamed = 6

// cronWords say a crontab line: "every day at 07:00". Not ok: it names too much.
func cronWords(c runbook.Cron) (words string, ok bool) {
	days, ok := cronDays(c)
	if !ok {
		return "", false
	}
	if c.Months != mask(1, 12) {
		months, ok := named(c.Months, func(n int) string { return months[n] })
		if !ok {
			return "", false
		}
		days += " in " + months
	}
	times, ok := cronTimes(c)
	return days + times, ok
}

// cronTimes are the times of day: " at 07:00", ", every 15 minutes".
func cronTimes(c runbook.Cron) (string, bool) {
	if c.Hours == mask(0, 23) {
		for every := 1; every <= 60; every++ {
			if 60%every == 0 && c.Minutes == every60(every) {
				return ", " + map[int]string{1: "every minute", 60: "every hour"}[every] + everyMinutes(every), true
			}
		}
		if bits.OnesCount64(c.Minutes) == 1 {
			return fmt.Sprintf(", every hour, %d minutes past", bits.TrailingZeros64(c.Minutes)), true
		}
		return "", false
	}
	if bits.OnesCount64(c.Hours)*bits.OnesCount64(c.Minutes) > mostNamed {
		return "", false
	}
	var times []string
	for _, hour := range members(c.Hours) {
		for _, minute := range members(c.Minutes) {
			times = append(times, fmt.Sprintf("%02d:%02d", hour, minute))
		}
	}
	return " at " + listed(times), true
}

func everyMinutes(n int) string {
	if n == 1 || n == 60 {
		return ""
	}
	return fmt.Sprintf("every %d minutes", n)
}

// every60 is the minutes of an hour, from 0 on in even steps.
func every60(step int) (set uint64) {
	for minute := 0; minute < 60; minute += step {
		set |= 1 << minute
	}
	return set
}

// cronDays are the days that a line names. As in crontab, a day of the month and a
// weekday are either enough, unless one of the fields begins with a star.
func cronDays(c runbook.Cron) (string, bool) {
	allDays, allWeekdays := c.Days == mask(1, 31), c.Weekdays == mask(0, 6)
	both := c.AnyDay || c.AnyWeekday
	switch {
	case allDays && allWeekdays, !both && (allDays || allWeekdays):
		return "every day", true
	case allDays:
		return weekdayWords(c.Weekdays), true
	case allWeekdays:
		days, ok := named(c.Days, ordinal)
		return "on the " + days + " of the month", ok
	case both:
		return "", false
	default:
		days, ok := named(c.Days, ordinal)
		return "on the " + days + " of the month and " + weekdayWords(c.Weekdays), ok
	}
}

var weekdays = [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

var months = [13]string{
	"", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
}

// weekdayWords name weekdays, of which bit 0 is Sunday.
func weekdayWords(set uint64) string {
	switch set {
	case mask(0, 6):
		return "every day"
	case mask(1, 5):
		return "Monday to Friday"
	}
	var names []string
	for _, n := range []int{1, 2, 3, 4, 5, 6, 0} {
		if set&(1<<n) != 0 {
			names = append(names, weekdays[n])
		}
	}
	return "every " + listed(names)
}

// named lists the members of a set, when they are few.
func named(set uint64, name func(int) string) (string, bool) {
	var names []string
	for _, n := range members(set) {
		names = append(names, name(n))
	}
	return listed(names), len(names) <= mostNamed
}

func members(set uint64) []int {
	var all []int
	for ; set != 0; set &= set - 1 {
		all = append(all, bits.TrailingZeros64(set))
	}
	return all
}

// mask is the set of the numbers from low to high.
func mask(low, high int) uint64 { return 1<<(high+1) - 1<<low }

func ordinal(n int) string {
	switch {
	case n%100/10 == 1:
	case n%10 == 1:
		return strconv.Itoa(n) + "st"
	case n%10 == 2:
		return strconv.Itoa(n) + "nd"
	case n%10 == 3:
		return strconv.Itoa(n) + "rd"
	}
	return strconv.Itoa(n) + "th"
}

// rruleWords say the usual rules of RFC 5545: every day, some weekdays, one day of
// each month. Not ok: any other.
func rruleWords(rule string) (string, bool) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(strings.ToUpper(rule), "RRULE:"), ";") {
		key, value, _ := strings.Cut(part, "=")
		parts[key] = value
	}
	times, ok := rruleTimes(parts["BYHOUR"], parts["BYMINUTE"])
	freq, byDay, byMonthDay := parts["FREQ"], parts["BYDAY"], parts["BYMONTHDAY"]
	for _, key := range []string{"FREQ", "BYDAY", "BYMONTHDAY", "BYHOUR", "BYMINUTE"} {
		delete(parts, key)
	}
	if !ok || len(parts) > 0 {
		return "", false
	}
	days, ok := "", false
	switch {
	case freq == "DAILY" && byDay == "" && byMonthDay == "":
		days, ok = "every day", true
	case freq == "WEEKLY" && byMonthDay == "":
		days, ok = rruleWeekdays(byDay)
	case freq == "MONTHLY" && byMonthDay == "":
		days, ok = nthWeekday(byDay)
	case freq == "MONTHLY" && byDay == "":
		days, ok = monthDay(byMonthDay)
	}
	return days + " at " + times, ok
}

// rruleTimes are the times of day of one hour and one minute.
func rruleTimes(hour, minute string) (string, bool) {
	var clock [2]int
	for i, text := range []string{hour, minute} {
		n, err := strconv.Atoi(text)
		if text != "" && err != nil {
			return "", false
		}
		clock[i] = n
	}
	return fmt.Sprintf("%02d:%02d", clock[0], clock[1]), true
}

var rruleDays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

func rruleWeekdays(list string) (string, bool) {
	var set uint64
	for name := range strings.SplitSeq(list, ",") {
		i := slices.Index(rruleDays, name)
		if i < 0 {
			return "", false
		}
		set |= 1 << i
	}
	return weekdayWords(set), true
}

var nths = map[string]string{"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last", "-2": "second last"}

// nthWeekday is one weekday of each month: 2TU, -1FR.
func nthWeekday(text string) (string, bool) {
	if len(text) < 3 {
		return "", false
	}
	number, name := strings.TrimPrefix(text[:len(text)-2], "+"), text[len(text)-2:]
	i, nth := slices.Index(rruleDays, name), nths[number]
	if i < 0 || nth == "" {
		return "", false
	}
	return "on the " + nth + " " + weekdays[i] + " of the month", true
}

// monthDay is one day of each month: 1, 15, -1.
func monthDay(text string) (string, bool) {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return "", false
	case n == -1:
		return "on the last day of the month", true
	default:
		return "on the " + ordinal(n) + " of the month", n > 0
	}
}
