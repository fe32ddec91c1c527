package schedule

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFires(t *testing.T) {
	tests := []struct{ text, says string }{
		{"0 0 30 2 *", `"0 0 30 2 *" never fires: no month that it names has a day 30`},
		{"0 0 31 2,4,6,9,11 *", "no month that it names has a day 31"},
		{"0 0 30,31 2 */2", "no month that it names has a day 30"},
		{"0 0 30 2 1", ""}, // Mondays in February
		{"0 0 29 2 *", ""},
		{"0 0 29 2 */7", ""}, // 29 February on a Sunday
		{"0 0 31 4,5 *", ""},
	}
	for _, tt := range tests {
		c, err := ParseCron(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		switch err := c.Fires(); {
		case tt.says == "" && err != nil:
			t.Errorf("%q: %v", tt.text, err)
		case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%q: %v, want %s", tt.text, err, tt.says)
		}
		_, err = cronRule(tt.text, "UTC")
		if (err == nil) != (tt.says == "") {
			t.Errorf("rule of %q: %v", tt.text, err)
		}
	}
}

// TestFiresIsComplete: a line that fires names a day of the 400 years after
// which the calendar repeats, and one that doesn't names none.
func TestFiresIsComplete(t *testing.T) {
	from, to := dayNumber(2000, time.January), dayNumber(2400, time.January)-1
	rapid.Check(t, func(t *rapid.T) {
		c, err := ParseCron("0 0 " + drawDays(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, found := c.firstDay(from, to); found != (c.Fires() == nil) {
			t.Fatalf("%s: found %v, Fires says %v", c, found, c.Fires())
		}
	})
}

// drawDays is a day of month, a month and a day of week.
func drawDays(t *rapid.T) string {
	return rapid.SampledFrom([]string{"*", "*/2", "*/29", "*/30", "1", "28-31", "29", "30", "31", "30,31", "13"}).Draw(t, "day") + " " +
		rapid.SampledFrom([]string{"*", "2", "FEB", "2,4", "4/2", "2-3", "1-12/3"}).Draw(t, "month") + " " +
		rapid.SampledFrom([]string{"*", "*/2", "*/7", "0", "7", "1-5", "FRI"}).Draw(t, "weekday")
}

// FuzzParseCron: no text panics; a line that is read fires where it says so,
// and reads again from its own text.
func FuzzParseCron(f *testing.F) {
	for _, line := range oracleLines {
		f.Add(line)
	}
	f.Add("0 0 L * 5#2")
	f.Add("@reboot")
	f.Add("0 0 30 2 *")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCron(text)
		if err != nil {
			return
		}
		again, err := ParseCron(c.String())
		if err != nil || again != c {
			t.Fatalf("%q reads as %+v, its text %q as %+v, %v", text, c, c.String(), again, err)
		}
		r, err := cronRule(text, "Europe/London")
		if (err == nil) != (c.Fires() == nil) {
			t.Fatalf("%q: the rule says %v, Fires says %v", text, err, c.Fires())
		}
		if err != nil {
			return
		}
		at := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
		next, ok := r.Next(at)
		back, too := r.Previous(next.Due.Add(1))
		if !ok || !too || !next.Due.After(at) || back != next {
			t.Fatalf("%q: next %v, %v; back %v, %v", text, next, ok, back, too)
		}
	})
}
