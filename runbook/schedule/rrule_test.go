package schedule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"
)

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func TestParseRRuleRefuses(t *testing.T) {
	tests := []struct{ text, says string }{
		{"", "is no part of a recurrence rule"},
		{"every day", `"EVERY DAY" is no part of a recurrence rule`},
		{"FREQ=FORTNIGHTLY", "undefined frequency"},
		{"BYDAY=MO", "FREQ is required"},
		{"FREQ=DAILY;FREQ=DAILY", "says FREQ twice"},
		{"FREQ=DAILY;BYDAY", "is no recurrence rule"},
		{"FREQ=DAILY;COUNT=3", "no COUNT: how long a runbook is asked for stands in the plan"},
		{"FREQ=DAILY;UNTIL=20261231", "no UNTIL"},
		{"FREQ=DAILY;DTSTART=20260101", "where a rule begins is effective_from"},
		{"FREQ=DAILY;BYSECOND=30", "whole minutes"},
		{"FREQ=YEARLY;BYEASTER=0", "no part of RFC 5545"},
		{"FREQ=HOURLY", "done by the hour or the minute is a cron line"},
		{"FREQ=DAILY;INTERVAL=0", "INTERVAL is at least 1"},
		{"FREQ=DAILY;INTERVAL=-1", "interval must be greater than 0"},
		{"FREQ=YEARLY;INTERVAL=11;BYMONTHDAY=1", "INTERVAL is at most 10 with FREQ=YEARLY"},
		{"FREQ=DAILY;INTERVAL=2", "an INTERVAL is counted from effective_from: say it"},
		{"FREQ=MONTHLY", "the rule names no day"},
		{"FREQ=YEARLY;BYMONTH=3", "the rule names no day"},
		{"FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY doesn't go with FREQ=WEEKLY"},
		{"FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY goes with FREQ=YEARLY"},
		{"FREQ=MONTHLY;BYWEEKNO=1;BYDAY=MO", "BYWEEKNO goes with FREQ=YEARLY"},
		{"FREQ=YEARLY;BYWEEKNO=1", "BYWEEKNO needs BYDAY"},
		{"FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "doesn't go with BYWEEKNO"},
		{"FREQ=WEEKLY;BYDAY=2TU", "a number before a weekday goes with FREQ=MONTHLY"},
		{"FREQ=MONTHLY;BYDAY=6TU", "a month has each weekday at most five times"},
		{"FREQ=YEARLY;BYMONTH=12;BYDAY=-20TU", "at most five times"},
		{"FREQ=MONTHLY;BYDAY=99TU", "byday must be between"},
		{"FREQ=MONTHLY;BYDAY=XX", "undefined weekday"},
		{"FREQ=DAILY;BYHOUR=24", "byhour must be between 0 and 23"},
		{"FREQ=DAILY;BYHOUR=-1", "byhour must be between 0 and 23"},
		{"FREQ=DAILY;BYMINUTE=60", "byminute must be between 0 and 59"},
		{"FREQ=DAILY;BYSETPOS=1", "BYSETPOS needs another BY part"},
		{"FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1;BYHOUR=7,9", "it goes with one time of day"},
		{"FREQ=DAILY;BYMONTH=" + strings.Repeat("1,", 600) + "1", "at most 1000 characters"},
	}
	for _, tt := range tests {
		if _, err := ParseRRule(tt.text, time.Time{}); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: %v, want %s", tt.text, err, tt.says)
		}
	}
}

// TestRRuleDays are days that a person finds in a calendar on the wall.
func TestRRuleDays(t *testing.T) {
	tests := []struct {
		text     string
		anchor   time.Time
		from, to time.Time
		want     string
	}{
		{"FREQ=MONTHLY;BYDAY=2TU", time.Time{}, date(2026, 6, 1), date(2026, 9, 1), "06-09 07-14 08-11"},
		{"FREQ=MONTHLY;BYDAY=-1FR", time.Time{}, date(2026, 6, 1), date(2026, 9, 1), "06-26 07-31 08-28"},
		{"FREQ=MONTHLY;BYMONTHDAY=-1", time.Time{}, date(2028, 1, 1), date(2028, 5, 1), "01-31 02-29 03-31 04-30"},
		{"FREQ=MONTHLY;BYMONTHDAY=31", time.Time{}, date(2026, 1, 1), date(2026, 8, 1), "01-31 03-31 05-31 07-31"},
		{"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", time.Time{}, date(2026, 1, 1), date(2026, 6, 1), "01-30 02-27 03-31 04-30 05-29"},
		{"freq=monthly;byday=fr;bymonthday=13", time.Time{}, date(2026, 1, 1), date(2027, 1, 1), "02-13 03-13 11-13"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", date(2026, 1, 5), date(2026, 1, 1), date(2026, 2, 20), "01-05 01-19 02-02 02-16"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", date(2026, 1, 12), date(2026, 1, 1), date(2026, 2, 20), "01-12 01-26 02-09"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO", date(2026, 1, 6), date(2026, 1, 6), date(2026, 2, 6), "01-06 01-11 01-20 01-25 02-03"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", date(2026, 1, 6), date(2026, 1, 6), date(2026, 2, 6), "01-06 01-18 01-20 02-01 02-03"},
		{"FREQ=WEEKLY", date(2026, 1, 7), date(2026, 1, 1), date(2026, 2, 1), "01-07 01-14 01-21 01-28"},
		{"FREQ=DAILY;INTERVAL=10", date(2025, 12, 30), date(2026, 1, 1), date(2026, 2, 10), "01-09 01-19 01-29 02-08"},
		{"FREQ=MONTHLY;INTERVAL=3", date(2025, 11, 15), date(2026, 1, 1), date(2027, 1, 1), "02-15 05-15 08-15 11-15"},
		{"FREQ=YEARLY", date(2024, 2, 29), date(2024, 1, 1), date(2029, 1, 1), "02-29 02-29"},
		{"FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", time.Time{}, date(2026, 1, 1), date(2028, 1, 5), "01-04 01-03"},
		{"FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", time.Time{}, date(2025, 12, 1), date(2026, 2, 1), "12-29"},
		{"FREQ=YEARLY;BYYEARDAY=-1", time.Time{}, date(2026, 1, 1), date(2028, 1, 1), "12-31 12-31"},
	}
	for _, tt := range tests {
		r, err := ParseRRule(tt.text, tt.anchor)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, day := range daysOf(r, tt.from, tt.to) {
			got = append(got, day.Format("01-02"))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s from %s: %s, want %s", tt.text, tt.anchor.Format(time.DateOnly), got, tt.want)
		}
	}
}

// daysOf are the days that a rule names in [from, to).
func daysOf(r RRule, from, to time.Time) (found []time.Time) {
	day, ok := r.firstDay(from.Unix()/daySeconds, to.Unix()/daySeconds-1)
	for ok {
		found = append(found, time.Unix(day*daySeconds, 0).UTC())
		day, ok = r.firstDay(day+1, to.Unix()/daySeconds-1)
	}
	return found
}

// drawRRule is a rule that needs an anchor or doesn't.
func drawRRule(t *rapid.T) string {
	freq := rapid.SampledFrom([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}).Draw(t, "freq")
	text := "FREQ=" + freq
	if n := rapid.IntRange(1, 10).Draw(t, "interval"); n > 1 {
		text += fmt.Sprintf(";INTERVAL=%d", n)
	}
	text += rapid.SampledFrom([]string{"", "", ";WKST=SU", ";WKST=TH"}).Draw(t, "wkst")
	month := rapid.SampledFrom([]string{"", "", ";BYMONTH=3,10", ";BYMONTH=2", ";BYMONTH=1,12"}).Draw(t, "month")
	which := map[string][]string{
		"DAILY":   {"", ";BYDAY=MO,FR", ";BYMONTHDAY=1,-1", ";BYMONTHDAY=29,30,31"},
		"WEEKLY":  {"", ";BYDAY=MO", ";BYDAY=SA,SU", ";BYDAY=MO,WE,SU;BYSETPOS=-1", ";BYDAY=TU,TH,SU;BYSETPOS=1,2"},
		"MONTHLY": {"", ";BYDAY=2TU", ";BYDAY=-1SU,1MO", ";BYMONTHDAY=-1,15", ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ";BYDAY=FR;BYMONTHDAY=13", ";BYDAY=5WE"},
		"YEARLY":  {"", ";BYDAY=20MO", ";BYDAY=-1SU", ";BYMONTHDAY=29", ";BYYEARDAY=1,100,-1", ";BYWEEKNO=1,20,51;BYDAY=MO,SU", ";BYDAY=TU;BYSETPOS=2,-2"},
	}
	days := rapid.SampledFrom(which[freq]).Draw(t, "days")
	if strings.Contains(days, "20MO") {
		month = "" // a month has no twentieth Monday
	}
	return text + month + days
}

// TestRRuleAgainstLibrary compares with the library, where it can be relied on:
// it takes a first week cut short by the anchor for a whole one.
func TestRRuleAgainstLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawRRule(t)
		anchor := date(2024, 1, 1).AddDate(0, 0, rapid.IntRange(0, 1500).Draw(t, "anchor"))
		r, err := ParseRRule(text, anchor)
		if err != nil {
			t.Fatal(text, err)
		}
		option, err := rrule.StrToROption(text)
		if err != nil {
			t.Fatal(err)
		}
		from, end := anchor.AddDate(0, 0, 7), anchor.AddDate(6, 0, 0)
		option.Dtstart = anchor
		whole, err := rrule.NewRRule(*option)
		if err != nil {
			t.Fatal(err)
		}
		want, got := whole.Between(from, end.Add(-1), true), daysOf(r, from, end)
		if !slices.EqualFunc(want, got, time.Time.Equal) {
			at := 0
			for at < min(len(want), len(got)) && want[at].Equal(got[at]) {
				at++
			}
			t.Fatalf("%s from %s: %d days, by the library %d, differing from number %d on", text, anchor, len(got), len(want), at)
		}
		day, ok := r.lastDay(end.Unix()/daySeconds-1, from.Unix()/daySeconds)
		for _, want := range slices.Backward(got) {
			if !ok || day*daySeconds != want.Unix() {
				t.Fatalf("%s: back at %s: %d, %v", text, want, day, ok)
			}
			day, ok = r.lastDay(day-1, from.Unix()/daySeconds)
		}
		if ok {
			t.Fatalf("%s: one before the first: %d", text, day)
		}
	})
}

// TestWeekNumbers compares BYWEEKNO with Go's own ISO weeks, the
// last and the first of each year too.
func TestWeekNumbers(t *testing.T) {
	for n := -53; n <= 53; n++ {
		if n == 0 {
			continue
		}
		r, err := ParseRRule(fmt.Sprintf("FREQ=YEARLY;BYWEEKNO=%d;BYDAY=MO,TU,WE,TH,FR,SA,SU", n), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		named := map[time.Time]bool{}
		for _, day := range daysOf(r, date(2000, 1, 1), date(2030, 1, 1)) {
			named[day] = true
		}
		for day := date(2000, 1, 1); day.Before(date(2030, 1, 1)); day = day.AddDate(0, 0, 1) {
			year, week := day.ISOWeek()
			_, last := date(year, 12, 28).ISOWeek()
			if want := week == n || week == last+1+n; named[day] != want {
				t.Fatalf("BYWEEKNO=%d on %s, in week %d of %d: %v", n, day.Format(time.DateOnly), week, last, named[day])
			}
		}
	}
}

// FuzzParseRRule: no text panics, and what is read goes forth and back.
func FuzzParseRRule(f *testing.F) {
	for _, text := range []string{
		"FREQ=MONTHLY;BYDAY=2TU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU;BYHOUR=7,19;BYMINUTE=30", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU",
		"FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2", "FREQ=DAILY;BYSETPOS=0;BYDAY=MO", "FREQ=YEARLY;BYYEARDAY=366", "FREQ=MONTHLY;BYDAY=0MO", "RRULE:FREQ=DAILY",
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	z, err := loadZone("Europe/London")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, anchored bool) {
		var anchor time.Time
		if anchored {
			anchor = date(2026, 3, 28)
		}
		p, err := ParseRRule(text, anchor)
		if err != nil {
			return
		}
		r := Rule{pattern: p, zone: z}
		next, ok := r.Next(date(2026, 3, 28))
		if !ok {
			return
		}
		if back, too := r.Previous(next.Due.Add(1)); !too || back != next {
			t.Fatalf("%q: next %v, back %v, %v", text, next, back, too)
		}
	})
}
