package schedule

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The oracle is a second opinion that shares nothing with the package: it walks
// real minutes, reads the wall clock of each, and applies the fields as a
// person would read them. It knows no transitions and no masks.

// naive is a line as sets of numbers.
type naive struct {
	sets   [5][64]bool
	either bool // a day that fits day of month or day of week fits
	wild   bool // the hour field is * or */n
}

var naiveNames = map[string]int{
	"SUN": 0, "MON": 1, "TUE": 2, "WED": 3, "THU": 4, "FRI": 5, "SAT": 6,
	"JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6, "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12,
}

func readNaive(t testing.TB, text string) *naive {
	t.Helper()
	n := &naive{}
	parts := strings.Fields(text)
	number := func(s string) int {
		if v, ok := naiveNames[strings.ToUpper(s)]; ok {
			return v
		}
		v, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("the oracle can't read %q", text)
		}
		return v
	}
	limits := [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}}
	for i, part := range parts {
		for _, item := range strings.Split(part, ",") {
			from, to, step := limits[i][0], limits[i][1], 1
			body, every, stepped := strings.Cut(item, "/")
			if stepped {
				step = number(every)
			}
			if a, b, ranged := strings.Cut(body, "-"); ranged {
				from, to = number(a), number(b)
			} else if body != "*" {
				from = number(body)
				if !stepped {
					to = from
				}
			}
			for v := from; v <= to; v++ {
				if (v-from)%step == 0 {
					n.sets[i][v] = true
				}
			}
		}
	}
	if n.sets[4][7] {
		n.sets[4][0] = true
	}
	star := func(i int) bool { return strings.HasPrefix(parts[i], "*") }
	n.either, n.wild = !star(2) && !star(4), star(1)
	return n
}

// reading is what a wall clock and a calendar beside it show.
type reading struct{ minute, hour, day, month, weekday int }

func read(wall time.Time) reading {
	return reading{wall.Minute(), wall.Hour(), wall.Day(), int(wall.Month()), int(wall.Weekday())}
}

// names reports whether the line names a wall-clock minute.
func (n *naive) names(r reading) bool {
	if !n.sets[0][r.minute] || !n.sets[1][r.hour] || !n.sets[3][r.month] {
		return false
	}
	byDay, byWeekday := n.sets[2][r.day], n.sets[4][r.weekday]
	if n.either {
		return byDay || byWeekday
	}
	return byDay && byWeekday
}

// named is what the oracle and the package are compared by.
func named(wall, due time.Time, offset int, zone string) string {
	sign := "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	return fmt.Sprintf("%s%s%02d:%02d[%s] due %s", wall.Format("2006-01-02T15:04:05"), sign, offset/3600, offset%3600/60, zone, due.UTC().Format(time.RFC3339))
}

// walk is what lines name in a zone with a <= due < b, by walking the minutes.
func walk(lines []*naive, zone *time.Location, a, b time.Time) [][]string {
	found := make([][]string, len(lines))
	wall := func(t time.Time) (time.Time, int) {
		l := t.In(zone)
		_, offset := l.Zone()
		return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC), offset
	}
	start := a.Add(-72 * time.Hour) // so that what was shown twice is known
	high, before := wall(start)
	for t := start.Add(time.Minute); t.Before(b); t = t.Add(time.Minute) {
		now, offset := wall(t)
		skipped, shows := now.Sub(high) > time.Minute, read(now)
		early, repeated := t.Before(a), !now.After(high)
		for i, line := range lines {
			switch {
			case early:
			case line.wild:
				if line.names(shows) {
					found[i] = append(found[i], named(now, t, offset, zone.String()))
				}
			case repeated: // the clock has shown it
			case !skipped:
				if line.names(shows) {
					found[i] = append(found[i], named(now, t, offset, zone.String()))
				}
			default:
				for w := high.Add(time.Minute); !w.After(now); w = w.Add(time.Minute) {
					if !line.names(read(w)) {
						continue
					}
					its := before
					if w.Equal(now) {
						its = offset
					}
					found[i] = append(found[i], named(w, t, its, zone.String()))
					break
				}
			}
		}
		if now.After(high) {
			high = now
		}
		before = offset
	}
	return found
}

func between(r Rule, a, b time.Time) []string {
	var found []string
	for slot := range r.Between(a, b) {
		found = append(found, slot.Nominal+" due "+slot.Due.Format(time.RFC3339))
	}
	return found
}

var oracleLines = []string{
	"30 1 * * *", "0 2 * * *", "30 2 * * *", "0 3 * * *", "15 0 * * *", "0 0 * * *", "59 23 * * *", "45 1 * * 1-5",
	"* * * * *", "0 * * * *", "15 * * * *", "45 * * * *", "*/10 * * * *", "*/10 1 * * *", "*/7 2 * * *", "0,30 1-3 * * *",
	"0 */2 * * *", "30 */3 * * *", "5/15 */5 * * 0", "0 0-23 * * *", "20 0-23/2 * * *", "0 1,2 * * *", "59 1,2 * * *",
	"0 7 * * 1-5", "0 7 * * 5-7", "0 7 * * MON,wed,Fri", "0 22 * * 6,0", "0 22 * * 7", "0 4 31 * *", "0 4 30 * *", "0 4 29 2 *",
	"0 4 1 * *", "30 2 25-31 3,10 0", "30 2 25-31 3,10 *", "0 2 8-14 * */7", "0 2 1,15 * 3", "0 6 * 3,10 SUN",
	"0 9 1-31/2 * *", "0 9 */2 * *", "0 9 */10 * 1", "0 9 13 * 5", "0 9 * JAN-MAR *", "0 9 * * 1/2", "0 12 30 12 *", "*/15 0-6 * * *", "0 0 1 1 *",
	"0 5 * * */2", "*/20 */4 10-20/5 */3 *",
}

var oracleZones = []string{
	"UTC", "Europe/London", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "America/St_Johns", "America/Havana",
	"America/Santiago", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Chatham", "Pacific/Apia", "Africa/Casablanca", "Africa/Cairo",
	"Asia/Beirut", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Gaza", "Antarctica/Troll", "Pacific/Kiritimati",
}

// stretches cuts the years into what is walked: the days around each change of
// the clock and a few others, or, with MSP_ORACLE=full, all of it.
func stretches(zone *time.Location, a, b time.Time) [][2]time.Time {
	if os.Getenv("MSP_ORACLE") == "full" {
		var years [][2]time.Time
		for ; a.Before(b); a = a.AddDate(1, 0, 0) {
			years = append(years, [2]time.Time{a, a.AddDate(1, 0, 0)})
		}
		return years
	}
	days := []time.Time{a, b.AddDate(0, 0, -1)}
	for t := a; t.Before(b); t = t.Add(time.Hour) {
		_, was := t.Add(-time.Hour).In(zone).Zone()
		if _, is := t.In(zone).Zone(); is != was {
			days = append(days, t)
		}
	}
	random := rand.New(rand.NewPCG(2026, 3))
	for range 8 {
		days = append(days, a.Add(time.Duration(random.Int64N(int64(b.Sub(a))))).Truncate(time.Minute))
	}
	var cuts [][2]time.Time
	for _, day := range days {
		cuts = append(cuts, [2]time.Time{day.Add(-30 * time.Hour), day.Add(30 * time.Hour)})
	}
	return cuts
}

// firstDifference is short where a whole diff of a million lines isn't.
func firstDifference(want, got []string) string {
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	return fmt.Sprintf("%d wanted, %d got; from number %d on\n-want +got:\n%s",
		len(want), len(got), at, cmp.Diff(want[at:min(at+3, len(want))], got[at:min(at+3, len(got))]))
}

func compareWithOracle(t *testing.T, zoneName string, a, b time.Time) {
	t.Helper()
	zone, err := loadZone(zoneName)
	if err != nil {
		t.Fatal(err)
	}
	var lines []*naive
	var rules []Rule
	for _, text := range oracleLines {
		rule, err := cronRule(text, zoneName)
		if err != nil {
			t.Fatal(err)
		}
		lines, rules = append(lines, readNaive(t, text)), append(rules, rule)
	}
	for _, cut := range stretches(zone.Location, a, b) {
		for i, want := range walk(lines, zone.Location, cut[0], cut[1]) {
			if got := between(rules[i], cut[0], cut[1]); !slices.Equal(got, want) {
				t.Errorf("%s from %s: %s", rules[i], cut[0].Format(time.RFC3339), firstDifference(want, got))
			}
		}
	}
}

func TestAgainstOracle(t *testing.T) {
	a, b := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, zone := range oracleZones {
		if testing.Short() && i%3 != 0 {
			continue
		}
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			compareWithOracle(t, zone, a, b)
		})
	}
}

// TestAgainstOracleInHistory covers what the present doesn't show: a whole day
// skipped or repeated, changes at midnight, and the years behind the tables.
func TestAgainstOracleInHistory(t *testing.T) {
	tests := []struct {
		zone string
		from int
		to   int
	}{
		{"Pacific/Apia", 2009, 2013},      // skipped 2011-12-30
		{"Pacific/Kwajalein", 1993, 1994}, // skipped 1993-08-21
		{"Pacific/Enderbury", 1994, 1996}, // skipped a day at the turn of the year
		{"America/Sao_Paulo", 2014, 2020}, // at midnight
		{"Africa/Casablanca", 2011, 2020}, // four changes a year
		{"Asia/Pyongyang", 2015, 2019},    // half an hour, once each way
		{"America/Caracas", 2007, 2017},   // half an hour
		{"Europe/Lisbon", 1992, 1997},     // changed its standard time
		{"Antarctica/Casey", 2009, 2024},  // three hours and more
		{"Europe/London", 2036, 2040},     // behind the tables
		{"Australia/Lord_Howe", 2036, 2040},
		{"Africa/Casablanca", 2085, 2089},
	}
	for _, tt := range tests {
		t.Run(tt.zone+strconv.Itoa(tt.from), func(t *testing.T) {
			t.Parallel()
			a, b := time.Date(tt.from, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(tt.to, 1, 1, 0, 0, 0, 0, time.UTC)
			compareWithOracle(t, tt.zone, a, b)
		})
	}
}
