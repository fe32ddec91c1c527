package schedule

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkPopulation is a quarter of a client's work: 40 runbooks, 90 days.
func BenchmarkPopulation(b *testing.B) {
	lines := []string{"0 7 * * *", "30 1 * * 1-5", "0 */6 * * *", "0 9 1 * *"}
	zones := []string{"Europe/London", "America/New_York", "Australia/Lord_Howe"}
	var all []Planned
	for i := range 40 {
		r := Recurrence{Rule: rule(b, lines[i%len(lines)], zones[i%len(zones)])}
		all = append(all, r.Planned("northwind", Item{Runbook: fmt.Sprintf("runbook-%d", i)}, time.Time{}))
	}
	from := instant(b, "2026-01-15T00:00:00Z")
	count := 0
	for b.Loop() {
		count = 0
		for _, p := range all {
			for range p.Between(from, from.AddDate(0, 0, 90)) {
				count++
			}
		}
	}
	b.ReportMetric(float64(count), "occurrences")
}

func BenchmarkNext(b *testing.B) {
	for _, line := range []string{"0 7 * * *", "* * * * *", "0 0 29 2 *", "0 */6 29 2 */7"} {
		b.Run(line, func(b *testing.B) {
			r := rule(b, line, "Europe/London")
			at := instant(b, "2072-01-01T00:00:00Z")
			for b.Loop() {
				r.Next(at)
			}
		})
	}
}
