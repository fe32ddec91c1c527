package runbook

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Cron is a parsed crontab line: which minutes of a wall clock it names.
type Cron struct {
	Text     string // as it was written, with single spaces
	Minutes  uint64 // bit n: minute n of the hour
	Hours    uint64 // bit n: hour n of the day
	Days     uint64 // bit n: day n of the month, from 1
	Months   uint64 // bit n: month n, from 1
	Weekdays uint64 // bit n: weekday n, Sunday 0

	// Whether a field begins with *, which crontab takes for "not restricted".
	AnyHour, AnyDay, AnyWeekday bool
}

// cronWords are the names that stand for a whole line.
var cronWords = map[string]string{
	"@hourly":   "0 * * * *",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@weekly":   "0 0 * * 0",
	"@monthly":  "0 0 1 * *",
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
}

// ParseCron reads five fields (minute, hour, day of month, month, day of week)
// of lists, ranges, steps and names, or one of @hourly, @daily, @midnight,
// @weekly, @monthly, @yearly and @annually. 0 and 7 are Sunday; 5/15 goes from
// 5 to the field's end. An error names the field and what it allows.
func ParseCron(text string) (Cron, error) {
	parts := strings.Fields(text)
	if len(parts) == 1 && strings.HasPrefix(parts[0], "@") {
		line, ok := cronWords[strings.ToLower(parts[0])]
		if !ok {
			return Cron{}, fmt.Errorf("%q is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually", parts[0])
		}
		parts = strings.Fields(line)
	}
	if len(parts) != len(cronFields) {
		return Cron{}, fmt.Errorf("cron has five fields (minute, hour, day of month, month, day of week), %q has %d", text, len(parts))
	}
	c := Cron{
		Text:       strings.Join(strings.Fields(text), " "),
		AnyHour:    parts[1][0] == '*',
		AnyDay:     parts[2][0] == '*',
		AnyWeekday: parts[4][0] == '*',
	}
	for i, to := range []*uint64{&c.Minutes, &c.Hours, &c.Days, &c.Months, &c.Weekdays} {
		set, err := cronFields[i].parse(parts[i])
		if err != nil {
			return Cron{}, err
		}
		*to = set
	}
	const sunday, alsoSunday = 1 << 0, 1 << 7
	if c.Weekdays&alsoSunday != 0 {
		c.Weekdays = c.Weekdays&^alsoSunday | sunday
	}
	return c, nil
}

// cronField is one of the five fields of a line: its name and what it allows.
type cronField struct {
	name      string
	low, high int
	names     []string // of the values from low on
}

var cronFields = [5]cronField{
	{name: "minute", low: 0, high: 59},
	{name: "hour", low: 0, high: 23},
	{name: "day of month", low: 1, high: 31},
	{name: "month", low: 1, high: 12, names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{name: "day of week", low: 0, high: 7, names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
}

// allowed is the field's range in words.
func (f cronField) allowed() string {
	text := fmt.Sprintf("%d to %d", f.low, f.high)
	if f.names != nil {
		text += fmt.Sprintf(" or %s to %s", f.names[0], f.names[len(f.names)-1])
	}
	return text
}

// wrong is an error that names the field and what it allows.
func (f cronField) wrong(format string, args ...any) error {
	return fmt.Errorf("the %s field: %s; allowed is %s", f.name, fmt.Sprintf(format, args...), f.allowed())
}

// parse is the set of values that a field's text names.
func (f cronField) parse(text string) (uint64, error) {
	var set uint64
	for part := range strings.SplitSeq(text, ",") {
		values, err := f.part(part)
		if err != nil {
			return 0, err
		}
		set |= values
	}
	return set, nil
}

// part reads one item of a list: *, 5, 1-5, and each with a step.
func (f cronField) part(text string) (uint64, error) {
	if text == "" {
		return 0, f.wrong("an item of the list is empty")
	}
	if err := f.foreign(text); err != nil {
		return 0, err
	}
	body, stepText, stepped := strings.Cut(text, "/")
	first, last, err := f.span(body, stepped)
	if err != nil {
		return 0, err
	}
	step := 1
	if stepped {
		if step, err = f.number(stepText); err != nil || step < 1 || step > f.high {
			return 0, f.wrong("%q has a step that is not a number from 1 to %d", text, f.high)
		}
	}
	var set uint64
	for value := first; value <= last; value += step {
		set |= 1 << value
	}
	return set, nil
}

// span reads *, one value or two; one value with a step goes to the end.
func (f cronField) span(text string, stepped bool) (first, last int, err error) {
	if text == "*" {
		return f.low, f.high, nil
	}
	from, to, ranged := strings.Cut(text, "-")
	if first, err = f.value(from); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		if last, err = f.value(to); err != nil {
			return 0, 0, err
		}
	case stepped:
		return first, f.high, nil
	default:
		return first, first, nil
	}
	if strings.EqualFold(to, "SUN") && first > last {
		last = 7 // a week may end on Sunday
	}
	if first > last {
		return 0, 0, f.wrong("%q runs backwards: write it as two ranges, %s-%d,%d-%s", text, from, f.end(), f.low, to)
	}
	return first, last, nil
}

// end is the last value that a range up to the field's end needs.
func (f cronField) end() int {
	if f.names != nil && f.low == 0 {
		return 6
	}
	return f.high
}

// value is a number or a name.
func (f cronField) value(text string) (int, error) {
	if at := slices.Index(f.names, strings.ToUpper(text)); at >= 0 {
		return f.low + at, nil
	}
	value, err := f.number(text)
	if err != nil || value < f.low || value > f.high {
		return 0, f.wrong("%q is not a value of it", text)
	}
	return value, nil
}

// number is digits only: no sign, no more than a field can mean.
func (f cronField) number(text string) (int, error) {
	if strings.Trim(text, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.Atoi(text)
}

// The words of other schedulers, which crontab doesn't know.
var (
	lastDay    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(\d+|[a-z]{3})?L(-\d+)?$`) })
	nearestDay = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(L|\d+)W$`) })
	hashed     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^H(\(|/|$)`) })
)

// foreign refuses what other schedulers read into a field, and says what to
// write instead.
func (f cronField) foreign(text string) error {
	switch {
	case strings.Contains(text, "?"):
		return f.wrong(`%q: ? is another scheduler's; write *`, text)
	case strings.Contains(text, "#"):
		return f.wrong(`%q: # is another scheduler's; a weekday counted within its month is an rrule: FREQ=MONTHLY;BYDAY=2TU`, text)
	case nearestDay().MatchString(text):
		return f.wrong(`%q: W is another scheduler's; a working day is a calendar with on_holiday: next_working_day`, text)
	case lastDay().MatchString(text) && slices.Index(f.names, strings.ToUpper(text)) < 0:
		return f.wrong(`%q: L is another scheduler's; the last day is an rrule: FREQ=MONTHLY;BYMONTHDAY=-1`, text)
	case hashed().MatchString(text):
		return f.wrong(`%q: H is another scheduler's; write the number`, text)
	}
	return nil
}
