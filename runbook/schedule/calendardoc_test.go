package schedule

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/document/documenttest"
)

const calendarSource = `apiVersion: msp/v1
kind: Calendar
id: shop
timezone: Europe/Berlin
hours:
  monday-thursday: ["13:00-17:30", "08:00-12:00"]
  friday: 20:00-04:00
  saturday-sunday: []
business_day: 8h30m
holidays:
  country: DE
  region: BY
  own:
    - {date: 2026-12-24, name: Stock-taking}
  worked: [2026-01-06]
valid_until: 2026-12-31
`

func TestLoadCalendar(t *testing.T) {
	got, problems := LoadCalendar("shop.yaml", []byte(calendarSource))
	if got == nil {
		t.Fatal(problems)
	}
	day := []Hours{{8 * 60, 12 * 60}, {13 * 60, 17*60 + 30}}
	want := Calendar{
		ID: "shop", Timezone: "Europe/Berlin", BusinessDay: runbook.Nanoseconds(8*time.Hour + 30*time.Minute), ValidUntil: "2026-12-31",
		Hours: [7][]Hours{{}, day, day, day, day, {{20 * 60, 28 * 60}}, {}},
	}
	off := got.Calendar.DaysOff
	got.Calendar.DaysOff = nil
	if diff := cmp.Diff(want, got.Calendar); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got.Country != "DE" || got.Digest != runbook.Digest([]byte(calendarSource)) || got.Position != (document.Position{File: "shop.yaml", Line: 1, Column: 1}) {
		t.Errorf("%+v", got)
	}
	var in2026 []string
	for _, o := range off {
		if strings.HasPrefix(o.Date, "2026") {
			in2026 = append(in2026, o.Date[5:])
		}
	}
	// Bavaria without Epiphany, which is worked, and with the company's own day.
	const bavaria = "01-01 04-03 04-06 05-01 05-14 05-25 06-04 10-03 11-01 12-24 12-25 12-26"
	if strings.Join(in2026, " ") != bavaria {
		t.Errorf("days off in 2026: %s", in2026)
	}
	if err := got.Calendar.Check(); err != nil {
		t.Error(err)
	}
}

// TestStatutoryDays are those of gov.uk and opm.gov.
func TestStatutoryDays(t *testing.T) {
	tests := []struct{ country, year, want string }{
		{"GB", "2026", "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28"},
		{"GB", "2027", "01-01 03-26 03-29 05-03 05-31 08-30 12-25 12-26 12-27 12-28"},
		{"GB", "2028", "01-01 01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26"},
		{"US", "2026", "01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25"},
	}
	for _, tt := range tests {
		days, err := statutoryDays(tt.country, "", date(2030, 12, 31))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for day := range days {
			if year, rest, _ := strings.Cut(day, "-"); year == tt.year {
				got = append(got, rest)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s in %s: %s, want %s", tt.country, tt.year, got, tt.want)
		}
	}
	for code, c := range countries() {
		for region := range c.regions {
			if days, err := statutoryDays(code, region, date(2030, 12, 31)); err != nil || len(days) < 50 {
				t.Errorf("%s %s: %d days, %v", code, region, len(days), err)
			}
		}
		if days, err := statutoryDays(code, "", date(2030, 12, 31)); c.all != nil && (err != nil || len(days) < 50) {
			t.Errorf("%s: %d days, %v", code, len(days), err)
		}
	}
}

// TestCalendarByValue: a pinned calendar is the same again when it is read back.
func TestCalendarByValue(t *testing.T) {
	doc, problems := LoadCalendar("shop.yaml", []byte(calendarSource))
	if doc == nil {
		t.Fatal(problems)
	}
	written, err := json.Marshal(doc.Calendar)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(written), `"hours":[[],["08:00-12:00","13:00-17:30"]`) || !strings.Contains(string(written), `["20:00-04:00"]`) {
		t.Errorf("%s", written)
	}
	var back Calendar
	if err := json.Unmarshal(written, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc.Calendar, back); diff != "" || back.Differs(&doc.Calendar) != "" || !back.SameDaysOff(&doc.Calendar) {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestCalendarCheck: what was read back from a statement can't be computed with
// unless it is sound.
func TestCalendarCheck(t *testing.T) {
	tests := []struct {
		says   string
		change func(*Calendar)
	}{
		{`"" is no id of a calendar`, func(c *Calendar) { c.ID = "" }},
		{`"Moon" is not a time zone`, func(c *Calendar) { c.Timezone = "Moon" }},
		{"no day has working hours", func(c *Calendar) { c.Hours = [7][]Hours{} }},
		{"Monday holds no stretch of hours", func(c *Calendar) { c.Hours[1] = []Hours{{60, 60}} }},
		{"Monday holds no stretch of hours", func(c *Calendar) { c.Hours[1] = []Hours{{-1, 60}} }},
		{"the hours of Monday are not in order", func(c *Calendar) { c.Hours[1] = []Hours{{600, 660}, {60, 120}} }},
		{"the hours of Monday run into those behind them", func(c *Calendar) { c.Hours[1] = []Hours{{60, 660}, {600, 700}} }},
		{"a business day has up to 24 hours", func(c *Calendar) { c.BusinessDay = -1 }},
		{`"" is not the day until which it is valid`, func(c *Calendar) { c.ValidUntil = "" }},
		{`"Christmas" is not a day`, func(c *Calendar) { c.DaysOff = []DayOff{{Date: "Christmas"}} }},
		{"its days off are not in order at 2026-12-25", func(c *Calendar) { c.DaysOff = []DayOff{{Date: "2026-12-25"}, {Date: "2026-12-25"}} }},
	}
	for _, tt := range tests {
		c := office()
		tt.change(c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%v, want %s", err, tt.says)
		}
	}
	for _, c := range []*Calendar{nil, office("2026-12-25")} {
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
}

// TestBrokenCalendars reads every calendar in testdata/calendars and compares
// what is said about it.
func TestBrokenCalendars(t *testing.T) {
	documenttest.Broken(t, "testdata/calendars", 15, func(file string, source []byte) (bool, document.Problems) {
		c, problems := LoadCalendar(file, source)
		return c != nil, problems
	})
}

// FuzzLoadCalendar: no bytes panic; there is a calendar or a problem with a
// place, and a calendar can be computed with.
func FuzzLoadCalendar(f *testing.F) {
	f.Add([]byte(calendarSource))
	documenttest.Seeds(f, "testdata/calendars")
	f.Fuzz(func(t *testing.T, source []byte) {
		c, problems := LoadCalendar("calendar.yaml", source)
		if (c == nil) == (len(problems) == 0) {
			t.Fatalf("calendar %v, problems %v", c, problems)
		}
		for _, problem := range problems {
			if problem.Line < 1 || problem.Rule == "" || problem.Message == "" {
				t.Fatalf("%#v", problem)
			}
		}
		if c == nil {
			return
		}
		if err := c.Calendar.Check(); err != nil {
			t.Fatal(err)
		}
		at := date(2026, 3, 28)
		if end, ok := c.Calendar.Add(at, time.Hour); !ok || c.Calendar.Between(at, end) != time.Hour {
			t.Fatalf("an hour after %s: %s, %v", at, end, ok)
		}
	})
}

// FuzzParseHours: no text panics, and what is read is written in the same way.
func FuzzParseHours(f *testing.F) {
	for _, text := range []string{"09:00-17:00", "22:00-06:00", "00:00-24:00", "12:00-12:00", "24:00-25:00", "-1:00-02:00", "09:00-17:00x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ParseHours(text)
		if err == nil && (h.String() != text || !h.sound()) {
			t.Fatalf("%q is read as %+v, %s", text, h, h)
		}
	})
}
