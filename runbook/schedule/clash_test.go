package schedule

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestClash(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		cron, zone, wall string
		twice            bool
	}{
		{"30 1 * * *", "Europe/London", "2026-03-29 01:30", false},
		{"30 1 * 4-12 *", "Europe/London", "2026-10-25 01:30", true},
		{"0 7 * * *", "Europe/London", "", false},
		{"0 * * * *", "Europe/London", "2026-03-29 01:00", false},
		{"0 * * * 1", "Europe/London", "", false},
		{"0 * * * *", "UTC", "", false},
		{"0 * * * *", "Asia/Tokyo", "", false},
		{"45 1 * * *", "Australia/Lord_Howe", "2026-04-05 01:45", true},
		{"0 1 29 3 *", "Europe/London", "2026-03-29 01:00", false},
		{"0 1 28 3 *", "Europe/London", "2027-03-28 01:00", false},
		{"0 1 24 3 *", "Europe/London", "", false}, // never the last Sunday of March
	} {
		rule, err := cronRule(c.cron, c.zone)
		if err != nil {
			t.Fatal(err)
		}
		clash, ok := rule.Clash(from, from.AddDate(28, 0, 0))
		wall := ""
		if ok {
			wall = clash.Wall.Format("2006-01-02 15:04")
		}
		if wall != c.wall || clash.Twice != c.twice {
			t.Errorf("%s %s: %q twice %v, want %q twice %v", c.cron, c.zone, wall, clash.Twice, c.wall, c.twice)
		}
	}
	if _, ok := (Rule{}).Clash(from, from.AddDate(1, 0, 0)); ok {
		t.Error("a rule of nothing clashes")
	}
}

// Without a clash every slot is the one instant at which the clock shows its
// time; with one, some minute of a named day is not shown exactly once.
func TestClashProperty(t *testing.T) {
	zones := []string{"UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "Pacific/Chatham"}
	lines := []string{"30 1 * * *", "0 2 * * 0", "*/20 * * * 0", "45 2 1-7 * *", "0 0 * * *", "15 3 * 4,9 *", "5 */3 * * *", "0 12 * * *"}
	rapid.Check(t, func(t *rapid.T) {
		line, zone := rapid.SampledFrom(lines).Draw(t, "line"), rapid.SampledFrom(zones).Draw(t, "zone")
		from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, 3*365*24).Draw(t, "hours")) * time.Hour)
		to := from.AddDate(0, 0, rapid.IntRange(1, 200).Draw(t, "days"))
		rule, err := cronRule(line, zone)
		if err != nil {
			t.Fatal(err)
		}
		clash, clashes := rule.Clash(from, to)
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if clashes {
			if n := shownTimes(clash.Wall, location); n == 1 || clash.Twice != (n == 2) {
				t.Fatalf("%s is shown %d times, twice %v", clash.Wall, n, clash.Twice)
			}
			return
		}
		// A day's distance keeps the clocks' changes inside the stretch.
		for slot := range rule.Between(from.AddDate(0, 0, 1), to.AddDate(0, 0, -1)) {
			local := slot.Due.In(location)
			wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
			if n := shownTimes(wall, location); n != 1 {
				t.Fatalf("no clash, and %s is shown %d times", slot.Nominal, n)
			}
		}
	})
}

// shownTimes counts the instants at which a zone's clock shows a time. The
// offsets of all zones here are quarters of an hour.
func shownTimes(wall time.Time, zone *time.Location) int {
	count := 0
	for quarters := -14 * 4; quarters <= 14*4; quarters++ {
		at := wall.Add(time.Duration(quarters) * 15 * time.Minute)
		if _, offset := at.In(zone).Zone(); at.Unix()+int64(offset) == wall.Unix() {
			count++
		}
	}
	return count
}
