package schedule

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What a look at a cron line says of its slots is true of each of them.
func TestPlainlyApart(t *testing.T) {
	apart := 0
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{
			"0 7 * * *", "30 2 * * *", "0 0 * * *", "0 1,13 * * *", "0,30 9 * * 1-5", "59 23 * * *", "0 0,23 * * *", "0 */6 1 * *",
			"15 1-4 * * 0", "* 3 * * *", "*/20 * * * *", "0 2 29 2 *",
		}).Draw(t, "line")
		name := rapid.SampledFrom([]string{
			"UTC", "Europe/London", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca", "Pacific/Apia", "America/New_York",
		}).Draw(t, "zone")
		early := time.Duration(rapid.IntRange(0, 27*60).Draw(t, "early")) * time.Minute
		from := time.Date(rapid.IntRange(2009, 2026).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC) // Apia left out a day in 2011
		to := from.AddDate(1, 0, 0)
		r, err := cronRule(line, name)
		if err != nil {
			t.Fatal(err)
		}
		if !r.plainlyApart(early, from, to) {
			return
		}
		apart++
		var last Slot
		for slot := range r.Between(from, to) {
			if last.Nominal != "" && slot.Due.Sub(last.Due) <= early {
				t.Fatalf("%s and %s are %s apart", last.Nominal, slot.Nominal, slot.Due.Sub(last.Due))
			}
			last = slot
		}
	})
	if apart < 2 { // of at least twenty
		t.Errorf("only %d were apart", apart)
	}
}

// An hour and more of warning before a nightly run is seen to fit; one that reaches
// back into the run before is looked at.
func TestPlainlyApartNightly(t *testing.T) {
	r := rule(t, "0 7 * * *", "Europe/London")
	for early, want := range map[time.Duration]bool{time.Hour: true, 22 * time.Hour: true, 23 * time.Hour: false, 24 * time.Hour: false} {
		if got := r.plainlyApart(early, sample, sample.AddDate(2, 0, 0)); got != want {
			t.Errorf("%s: %v", early, got)
		}
	}
}
