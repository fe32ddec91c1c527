package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/msp-runbook/msp/runbook"
)

// RRule is a recurrence rule of RFC 5545, section 3.3.10, that names days, with
// the minutes of BYHOUR and BYMINUTE, each 0 where it isn't said. An occurrence
// in a gap or an overlap of the clock is treated as a fixed hour of cron is.
//
// The anchor is what DTSTART is in a calendar file: it says where an INTERVAL is
// counted from, and gives the day to a rule that names none (FREQ=MONTHLY).
type RRule struct {
	text   string
	times  Cron // of which only hours and minutes are set
	option rrule.ROption
	anchor int64 // a day counted from 1970-01-01
}

// ParseRRule reads a rule. The anchor is a day at midnight UTC, zero where there
// is none; a rule that needs one is an error then.
//
// What would say a thing twice is refused: COUNT and UNTIL, since a plan says
// until when a runbook is asked for, and DTSTART, which is the anchor. So are
// the rules of a clock (FREQ=HOURLY and shorter), which cron says, BYEASTER,
// which is no part of RFC 5545, and what the RFC itself forbids.
func ParseRRule(text string, anchor time.Time) (RRule, error) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if err := checkParts(text); err != nil {
		return RRule{}, err
	}
	option, err := rrule.StrToROption(text)
	if err != nil {
		return RRule{}, fmt.Errorf("%s is no recurrence rule: %w", strconv.Quote(text), err)
	}
	option.Dtstart = time.Unix(0, 0).UTC() // lest it be now
	if _, err := rrule.NewRRule(*option); err != nil {
		return RRule{}, fmt.Errorf("%s: %w", strconv.Quote(text), err)
	}
	if err := checkOption(option); err != nil {
		return RRule{}, fmt.Errorf("%s: %w", strconv.Quote(text), err)
	}
	if err := takeFromAnchor(option, anchor); err != nil {
		return RRule{}, fmt.Errorf("%s: %w", strconv.Quote(text), err)
	}
	r := RRule{text: text, option: *option, times: timesOf(option)}
	if !anchor.IsZero() {
		r.anchor = floorDiv(anchor.Unix(), daySeconds)
	}
	return r, nil
}

// The parts that a rule may have, and those that it may not, with why.
var (
	ruleParts    = []string{"FREQ", "INTERVAL", "WKST", "BYSETPOS", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYHOUR", "BYMINUTE"}
	refusedParts = map[string]string{
		"COUNT":    "how long a runbook is asked for stands in the plan",
		"UNTIL":    "how long a runbook is asked for stands in the plan",
		"DTSTART":  "where a rule begins is effective_from",
		"BYSECOND": "a schedule names whole minutes",
		"BYEASTER": "it is no part of RFC 5545",
	}
)

func checkParts(text string) error {
	if len(text) > 1000 {
		return errors.New("a recurrence rule has at most 1000 characters")
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		if why := refusedParts[name]; why != "" {
			return fmt.Errorf("an rrule here has no %s: %s", name, why)
		}
		if !slices.Contains(ruleParts, name) {
			return fmt.Errorf("%q is no part of a recurrence rule; write it as in FREQ=MONTHLY;BYDAY=2TU", part)
		}
		if seen[name] {
			return fmt.Errorf("the rule says %s twice", name)
		}
		if name == "INTERVAL" && strings.Trim(value, "0") == "" {
			return errors.New("INTERVAL is at least 1")
		}
		seen[name] = true
	}
	return nil
}

// longestInterval is ten years and a few days for each frequency: what is rarer
// than that is no schedule.
var longestInterval = map[rrule.Frequency]int{rrule.YEARLY: 10, rrule.MONTHLY: 120, rrule.WEEKLY: 530, rrule.DAILY: 3700}

// checkOption holds a rule to the table of RFC 5545, section 3.3.10, and to what
// can be a schedule.
func checkOption(o *rrule.ROption) error {
	numbered := slices.ContainsFunc(o.Byweekday, func(w rrule.Weekday) bool { return w.N() != 0 })
	filters := len(o.Bymonth) + len(o.Bymonthday) + len(o.Byyearday) + len(o.Byweekno) + len(o.Byweekday)
	switch longest, ok := longestInterval[o.Freq]; {
	case !ok:
		return errors.New("an rrule names days: what is done by the hour or the minute is a cron line")
	case o.Interval > longest:
		return fmt.Errorf("INTERVAL is at most %d with FREQ=%s", longest, o.Freq)
	case o.Freq == rrule.WEEKLY && len(o.Bymonthday) > 0:
		return errors.New("BYMONTHDAY doesn't go with FREQ=WEEKLY")
	case o.Freq != rrule.YEARLY && len(o.Byyearday) > 0:
		return errors.New("BYYEARDAY goes with FREQ=YEARLY")
	case o.Freq != rrule.YEARLY && len(o.Byweekno) > 0:
		return errors.New("BYWEEKNO goes with FREQ=YEARLY")
	case numbered && (o.Freq == rrule.WEEKLY || o.Freq == rrule.DAILY):
		return errors.New("a number before a weekday goes with FREQ=MONTHLY and FREQ=YEARLY")
	case mostWeeks(o) > weeksOfMonth && (o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0):
		return errors.New("a month has each weekday at most five times")
	case numbered && len(o.Byweekno) > 0:
		return errors.New("a number before a weekday doesn't go with BYWEEKNO")
	case len(o.Byweekno) > 0 && len(o.Byweekday) == 0:
		return errors.New("BYWEEKNO needs BYDAY: which day of the week")
	case len(o.Bysetpos) > 0 && filters == 0:
		return errors.New("BYSETPOS needs another BY part to choose from")
	case len(o.Bysetpos) > 0 && max(len(o.Byhour), 1)*max(len(o.Byminute), 1) > 1:
		return errors.New("BYSETPOS chooses among days: it goes with one time of day")
	default:
		return nil
	}
}

const weeksOfMonth = 5

// mostWeeks is the largest number before a weekday, counted from either end.
func mostWeeks(o *rrule.ROption) (most int) {
	for _, w := range o.Byweekday {
		most = max(most, w.N(), -w.N())
	}
	return most
}

// takeFromAnchor fills in what a rule takes from the day on which it begins, as
// RFC 5545 has it, and says what it needs that day for.
func takeFromAnchor(o *rrule.ROption, anchor time.Time) error {
	if anchor.IsZero() && o.Interval > 1 {
		return errors.New("an INTERVAL is counted from effective_from: say it")
	}
	if len(o.Bymonthday)+len(o.Byyearday)+len(o.Byweekno)+len(o.Byweekday) > 0 || o.Freq == rrule.DAILY {
		return nil
	}
	if anchor.IsZero() {
		return errors.New("the rule names no day: add BYDAY or BYMONTHDAY, or say effective_from")
	}
	switch {
	case o.Freq == rrule.WEEKLY:
		o.Byweekday = []rrule.Weekday{weekdays[anchor.Weekday()]}
	case o.Freq == rrule.YEARLY && len(o.Bymonth) == 0:
		o.Bymonth, o.Bymonthday = []int{int(anchor.Month())}, []int{anchor.Day()}
	default:
		o.Bymonthday = []int{anchor.Day()}
	}
	return nil
}

var weekdays = [7]rrule.Weekday{rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA}

// timesOf are the minutes of the day that a rule names.
func timesOf(o *rrule.ROption) Cron {
	set := func(values []int) (mask uint64) {
		for _, v := range values {
			mask |= 1 << v
		}
		return max(mask, 1) // 0 where none is said
	}
	return Cron{runbook.Cron{Hours: set(o.Byhour), Minutes: set(o.Byminute)}}
}

// String is the rule in capital letters.
func (r RRule) String() string { return r.text }

// FixedHour reports that each minute is done once however the clock is set.
func (r RRule) FixedHour() bool { return true }

func (r RRule) first(from, to int64) (int64, bool) { return firstOf(r, r.times, from, to) }

func (r RRule) last(from, to int64) (int64, bool) { return lastOf(r, r.times, from, to) }
