package runbook

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Unit is what a length of time is counted in.
type Unit string

// The units of working time, which has a meaning only in a calendar; "" is
// plain time.
const (
	BusinessHours Unit = "business hours"
	BusinessDays  Unit = "business days"
)

// Duration is a length of time as it was written, and what it means.
type Duration struct {
	Text string
	Unit Unit
	Span time.Duration // of plain time, or of business hours
	Days int           // business days
}

// IsZero reports whether nothing was said.
func (d Duration) IsZero() bool { return d.Text == "" }

func (d Duration) String() string { return d.Text }

// The units of a duration. A day is 24 hours and a week seven of them;
// working time has words of its own.
var durationUnits = []struct {
	name string
	span time.Duration
}{
	{"ms", time.Millisecond},
	{"s", time.Second},
	{"m", time.Minute},
	{"h", time.Hour},
	{"d", 24 * time.Hour},
	{"w", 7 * 24 * time.Hour},
}

// ErrBusinessTime is the answer to "4 business hours" where no calendar gives it
// a meaning: it is never read as plain hours.
var ErrBusinessTime = errors.New("business hours and days need a calendar, and there is none for this")

// IsZeroLength reports whether a length was said that leaves no time at all.
func (d Duration) IsZeroLength() bool { return d.Text != "" && d.Span == 0 && d.Days == 0 }

// HasDays reports whether plain time was written in days or weeks, which have 24
// hours and seven days.
func (d Duration) HasDays() bool { return d.Unit == "" && strings.ContainsAny(d.Text, "dw") }

// ParseWorkingTime reads what ParseDuration reads, and whole numbers of working
// time: "4 business hours", "1 business hour", "2 business days".
func ParseWorkingTime(text string) (Duration, error) {
	parts := strings.Fields(text)
	if !strings.Contains(text, "business") {
		return ParseDuration(text)
	}
	if len(parts) != 3 || parts[1] != "business" {
		return Duration{}, fmt.Errorf("%q is not a number of business hours or business days", text)
	}
	count, err := strconv.ParseUint(parts[0], 10, 31)
	if err != nil {
		return Duration{}, fmt.Errorf("%q is not a whole number that can be counted", parts[0])
	}
	d := Duration{Text: strings.Join(parts, " ")}
	switch parts[2] {
	case "hour", "hours":
		if count > uint64(math.MaxInt64/time.Hour) {
			return Duration{}, fmt.Errorf("%q is too long", text)
		}
		d.Unit, d.Span = BusinessHours, time.Duration(count)*time.Hour
	case "day", "days":
		d.Unit, d.Days = BusinessDays, int(count)
	default:
		return Duration{}, fmt.Errorf("%q is not a unit of working time", parts[2])
	}
	return d, nil
}

// ParseDuration reads whole numbers with units, largest first: "30m", "26h",
// "1h30m", "2d", "1w". A number without a unit is an error.
func ParseDuration(text string) (Duration, error) {
	rest := strings.TrimSpace(text)
	if strings.Contains(rest, "business") {
		return Duration{}, ErrBusinessTime
	}
	if rest == "" {
		return Duration{}, errors.New("empty")
	}
	var total time.Duration
	last := time.Duration(math.MaxInt64)
	for rest != "" {
		span, unit, tail, err := cutDurationPart(rest)
		if err != nil {
			return Duration{}, err
		}
		if unit >= last {
			return Duration{}, fmt.Errorf("%q: units go from large to small, each once", text)
		}
		if span > math.MaxInt64-total {
			return Duration{}, fmt.Errorf("%q is too long", text)
		}
		total += span
		last, rest = unit, tail
	}
	return Duration{Text: strings.TrimSpace(text), Span: total}, nil
}

// cutDurationPart takes one number with its unit off the front of text.
func cutDurationPart(text string) (span, unit time.Duration, tail string, err error) {
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	if digits == 0 {
		return 0, 0, "", fmt.Errorf("%q doesn't start with a number", text)
	}
	tail = text[digits:]
	letters := len(tail) - len(strings.TrimLeftFunc(tail, func(r rune) bool { return r < '0' || r > '9' }))
	name := tail[:letters]
	switch {
	case name == "":
		return 0, 0, "", fmt.Errorf("%q has no unit", text)
	case strings.ContainsAny(name, ".,"):
		return 0, 0, "", fmt.Errorf("%q is not in whole numbers", text)
	case strings.TrimSpace(name) != name:
		return 0, 0, "", fmt.Errorf("%q has a space in it", text)
	}
	count, err := strconv.ParseInt(text[:digits], 10, 64)
	if err != nil {
		return 0, 0, "", fmt.Errorf("%q is too large", text[:digits])
	}
	for _, u := range durationUnits {
		if u.name != name {
			continue
		}
		if count > math.MaxInt64/int64(u.span) {
			return 0, 0, "", fmt.Errorf("%q is too long", text)
		}
		return time.Duration(count) * u.span, u.span, tail[letters:], nil
	}
	return 0, 0, "", fmt.Errorf("%q is not a unit of time", name)
}

// wordUnits are the letters for units, by them and by their words.
var wordUnits = map[string]string{
	"s": "s", "m": "m", "h": "h", "d": "d", "w": "w",
	"sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
	"hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d", "week": "w", "weeks": "w",
}

var wordDuration = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]+) *([A-Za-z]+)$`) })

// durationHint says how a length of time is written that was written in words:
// "10 minutes" is 10m. It is form for all others.
func durationHint(text, form string) string {
	if match := wordDuration().FindStringSubmatch(strings.TrimSpace(text)); match != nil {
		unit := match[2]
		if len(unit) > 1 { // of one letter, M could be a month
			unit = strings.ToLower(unit)
		}
		if letter, ok := wordUnits[unit]; ok && match[1]+letter != text {
			return "write " + match[1] + letter
		}
	}
	return form
}

// FormatSpan writes a length of time for people: "1 h 43 m", "2.1 s".
func FormatSpan(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%s%.1f s", sign, d.Seconds())
	case d < time.Hour:
		return sign + twoUnits(int(d/time.Minute), "m", int(d%time.Minute/time.Second), "s")
	case d < 48*time.Hour:
		return sign + twoUnits(int(d/time.Hour), "h", int(d%time.Hour/time.Minute), "m")
	default:
		return sign + twoUnits(int(d/(24*time.Hour)), "d", int(d%(24*time.Hour)/time.Hour), "h")
	}
}

func twoUnits(large int, largeUnit string, small int, smallUnit string) string {
	if small == 0 {
		return fmt.Sprintf("%d %s", large, largeUnit)
	}
	return fmt.Sprintf("%d %s %d %s", large, largeUnit, small, smallUnit)
}

// Nanoseconds is a length of time as records state it: a whole number.
type Nanoseconds int64

// Span is the length of time.
func (n Nanoseconds) Span() time.Duration { return time.Duration(n) }
