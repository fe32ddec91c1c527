package schedule

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseCronErrors(t *testing.T) {
	tests := []struct{ text, says string }{
		{"", "cron has five fields (minute, hour, day of month, month, day of week), \"\" has 0"},
		{"0 7 * *", `has 4`},
		{"0 0 7 * * *", `has 6`},
		{"@reboot", `"@reboot" is none of @hourly`},
		{"60 * * * *", `the minute field: "60" is not a value of it; allowed is 0 to 59`},
		{"-1 * * * *", `the minute field: "" is not a value of it`},
		{"0 24 * * *", `the hour field: "24" is not a value of it; allowed is 0 to 23`},
		{"0 0 0 * *", `the day of month field: "0" is not a value of it; allowed is 1 to 31`},
		{"0 0 1 13 *", `the month field: "13" is not a value of it; allowed is 1 to 12 or JAN to DEC`},
		{"0 0 1 JUNE *", `the month field: "JUNE" is not a value of it`},
		{"0 0 * * 8", `the day of week field: "8" is not a value of it; allowed is 0 to 7 or SUN to SAT`},
		{"0 0 MON * *", `the day of month field: "MON" is not a value of it`},
		{"1,,2 * * * *", "the minute field: an item of the list is empty"},
		{"1, * * * *", "the minute field: an item of the list is empty"},
		{"*/0 * * * *", `the minute field: "*/0" has a step that is not a number from 1 to 59`},
		{"*/60 * * * *", `the minute field: "*/60" has a step`},
		{"*/ * * * *", `the minute field: "*/" has a step`},
		{"*/+5 * * * *", `the minute field: "*/+5" has a step`},
		{"1/2/3 * * * *", `the minute field: "1/2/3" has a step`},
		{"0 99999999999999999999 * * *", "the hour field"},
		{"1-2-3 * * * *", `the minute field: "2-3" is not a value of it`},
		{"*-5 * * * *", `the minute field: "*" is not a value of it`},
		{"0 22-2 * * *", `the hour field: "22-2" runs backwards: write it as two ranges, 22-23,0-2`},
		{"0 0 * * FRI-MON", `"FRI-MON" runs backwards: write it as two ranges, FRI-6,0-MON`},
		{"0 0 L * *", `the day of month field: "L": L is another scheduler's; the last day needs an rrule`},
		{"0 0 L-3 * *", `"L-3": L is another scheduler's`},
		{"0 0 * * 5L", `the day of week field: "5L": L is another scheduler's`},
		{"0 0 * * FRIL", `the day of week field: "FRIL": L is another scheduler's`},
		{"0 0 LW * *", `W is another scheduler's; working days need a calendar`},
		{"0 0 15W * *", `W is another scheduler's; working days need a calendar`},
		{"0 0 * * 2#2", `# is another scheduler's; a weekday counted within its month needs an rrule`},
		{"0 0 ? * 1", `? is another scheduler's; write *`},
		{"H 0 * * *", `H is another scheduler's; write the number`},
	}
	for _, tt := range tests {
		_, err := ParseCron(tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: %v\nwant %s", tt.text, err, tt.says)
		}
	}
}

// TestParseCronMeaning holds lines that mean the same against each other.
func TestParseCronMeaning(t *testing.T) {
	tests := []struct{ text, same string }{
		{"@hourly", "0 * * * *"},
		{"@daily", "0 0 * * *"},
		{"@midnight", "0 0 * * *"},
		{"@weekly", "0 0 * * 7"},
		{"@monthly", "0 0 1 * *"},
		{"@yearly", "0 0 1 1 *"},
		{"@Annually", "0 0 1 JAN *"},
		{"  05  07  *  *  * ", "5 7 * * *"},
		{"*/20 * * * *", "0,20,40 * * * *"},
		{"5/15 * * * *", "5,20,35,50 * * * *"},
		{"0 0 1-31/10 * *", "0 0 1,11,21,31 * *"},
		{"0 0 * jul,DEC *", "0 0 * 7,12 *"},
		{"0 0 * * 5-7", "0 0 * * 0,5,6"},
		{"0 0 * * FRI-SUN", "0 0 * * 0,5,6"},
		{"0 0 * * sun-tue", "0 0 * * 0-2"},
		{"0 0 * * 0-7", "0 0 * * 0-6"},
		{"0 0 * * 1/2", "0 0 * * 1,3,5,0"},
		{"0 0 * * Sat", "0 0 * * 6"},
	}
	for _, tt := range tests {
		a, err := ParseCron(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		b, err := ParseCron(tt.same)
		if err != nil {
			t.Fatal(err)
		}
		if a.text, b.text = "", ""; a != b {
			t.Errorf("%q is %+v\n%q is %+v", tt.text, a, tt.same, b)
		}
	}
}

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
		_, err = NewRule(tt.text, "UTC")
		if (err == nil) != (tt.says == "") {
			t.Errorf("NewRule of %q: %v", tt.text, err)
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
		r, err := NewRule(text, "Europe/London")
		if (err == nil) != (c.Fires() == nil) {
			t.Fatalf("%q: NewRule says %v, Fires says %v", text, err, c.Fires())
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
