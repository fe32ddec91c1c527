package schedule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// field is one of the five fields of a line: its name and what it allows.
type field struct {
	name      string
	low, high int
	names     []string // of the values from low on
}

var fields = [5]field{
	{name: "minute", low: 0, high: 59},
	{name: "hour", low: 0, high: 23},
	{name: "day of month", low: 1, high: 31},
	{name: "month", low: 1, high: 12, names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{name: "day of week", low: 0, high: 7, names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
}

// allowed is the field's range in words.
func (f field) allowed() string {
	text := fmt.Sprintf("%d to %d", f.low, f.high)
	if f.names != nil {
		text += fmt.Sprintf(" or %s to %s", f.names[0], f.names[len(f.names)-1])
	}
	return text
}

// wrong is an error that names the field and what it allows.
func (f field) wrong(format string, args ...any) error {
	return fmt.Errorf("the %s field: %s; allowed is %s", f.name, fmt.Sprintf(format, args...), f.allowed())
}

// parse is the set of values that a field's text names.
func (f field) parse(text string) (uint64, error) {
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
func (f field) part(text string) (uint64, error) {
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
func (f field) span(text string, stepped bool) (first, last int, err error) {
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
func (f field) end() int {
	if f.names != nil && f.low == 0 {
		return 6
	}
	return f.high
}

// value is a number or a name.
func (f field) value(text string) (int, error) {
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
func (f field) number(text string) (int, error) {
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
func (f field) foreign(text string) error {
	switch {
	case strings.Contains(text, "?"):
		return f.wrong(`%q: ? is another scheduler's; write *`, text)
	case strings.Contains(text, "#"):
		return f.wrong(`%q: # is another scheduler's; a weekday counted within its month needs an rrule, which this version doesn't read yet`, text)
	case nearestDay().MatchString(text):
		return f.wrong(`%q: W is another scheduler's; working days need a calendar, which this version doesn't read yet`, text)
	case lastDay().MatchString(text) && slices.Index(f.names, strings.ToUpper(text)) < 0:
		return f.wrong(`%q: L is another scheduler's; the last day needs an rrule, which this version doesn't read yet`, text)
	case hashed().MatchString(text):
		return f.wrong(`%q: H is another scheduler's; write the number`, text)
	}
	return nil
}
