package record

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/schedule"
)

const (
	benchClients  = 500
	benchRunbooks = 40
	benchDays     = 90
)

// quarter is a client with 40 daily runbooks that has worked for 90 days. The
// plan is in a real log; the runs are put into the standing as reading their
// statements would have, since to sign 3,600 runs takes minutes and nothing of
// what is measured.
func quarter(b *testing.B) (s *shop, at time.Time) {
	b.Helper()
	s = newShop(b, "desk")
	desk := s.ledgers[0]
	p := Plan{Client: "acme", Writer: desk.Writer, Operator: desk.Signer(), Signed: s.now, Digest: aDigest, Source: aDigest, Ticker: "desk", Level: "logged"}
	zones := []string{"Europe/London", "America/New_York", "Australia/Lord_Howe", "UTC"}
	for i := range benchRunbooks {
		p.Runbooks = append(p.Runbooks, PlannedRunbook{
			Runbook:  Runbook{ID: fmt.Sprintf("runbook-%d", i), Version: "1.0.0", Digest: aDigest, Source: aDigest},
			Schedule: Schedule{Cron: fmt.Sprintf("%d %d * * *", i, i%24), Timezone: zones[i%len(zones)], Grace: runbook.Nanoseconds(time.Hour)},
		})
	}
	s.say(desk, KindPlan, p)
	standing := s.standing()
	at = s.now.AddDate(0, 0, benchDays)
	n := 0
	err := standing.each(func(string) time.Time { return s.now }, at, func(_ *Fact[Plan], o schedule.Occurrence) bool {
		if n++; n%50 == 0 {
			return true // nobody did it
		}
		started, ended := o.Due.Add(time.Minute), o.Due.Add(time.Duration(n%80)*time.Minute+time.Minute)
		a := standing.run(uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)).String())
		*a = Attempt{
			Run: a.Run, Runbook: o.Runbook, Start: aDigest, Occurrence: o.Name, Started: started, FinishBy: ended.Add(time.Hour), Ended: &ended, Outcome: RunDone,
		}
		return true
	})
	if err != nil {
		b.Fatal(err)
	}
	standing.Keep(s.file())
	return s, at
}

// settle keeps the standing settled, as each tick does.
func (s *shop) settle(at time.Time) {
	standing := s.standing()
	if err := standing.Settle(at); err != nil {
		s.t.Fatal(err)
	}
	standing.Keep(s.file())
}

// BenchmarkStanding is what due, overdue and tick read of one client at their
// start: before anything is settled, and when a tick has settled it.
func BenchmarkStanding(b *testing.B) {
	s, at := quarter(b)
	for _, name := range []string{"all computed", "settled"} {
		if name == "settled" {
			s.settle(at)
		}
		b.Run(name, func(b *testing.B) {
			expected := 0
			for b.Loop() {
				standing := s.standing()
				_, tally, err := standing.Exceptions(at)
				if err != nil || tally.Check() != nil {
					b.Fatal(err, tally.Check())
				}
				if _, err := standing.Expected(at.Add(-time.Hour), at.AddDate(0, 0, 1), at); err != nil {
					b.Fatal(err)
				}
				expected = tally.Expected
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms")
			b.ReportMetric(50, "limit-ms")
			b.ReportMetric(float64(expected), "occurrences")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkListing lists 1.8 million occurrences: 500 clients, one after another
// on each core. All clients have one content, which is read and decoded for each.
// Settled, those that are not on time are named and the others counted; else each
// is computed and named. Peak is of the heap.
func BenchmarkListing(b *testing.B) {
	if testing.Short() {
		b.Skip("it lists 1.8 million occurrences")
	}
	s, at := quarter(b)
	b.Run("all computed", func(b *testing.B) {
		s.list(b, func(standing *Standing) (Tally, error) {
			all, err := standing.Expected(asked, at, at)
			return TallyOf(all), err
		})
	})
	s.settle(at)
	b.Run("settled", func(b *testing.B) {
		s.list(b, func(standing *Standing) (Tally, error) {
			_, tally, err := standing.Exceptions(at)
			return tally, err
		})
	})
}

// list goes through all clients on all cores.
func (s *shop) list(b *testing.B, one func(*Standing) (Tally, error)) {
	var listed, peak atomic.Int64
	for b.Loop() {
		var next atomic.Int32
		var all sync.WaitGroup
		listed.Store(0)
		for range runtime.GOMAXPROCS(0) {
			all.Go(func() {
				for next.Add(1) <= benchClients {
					tally, err := one(s.standing())
					if err != nil || tally.Check() != nil {
						b.Error(err, tally.Check())
					}
					listed.Add(int64(tally.Expected))
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak.Store(max(peak.Load(), int64(m.HeapInuse)))
				}
			})
		}
		all.Wait()
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
	b.ReportMetric(5, "limit-s")
	b.ReportMetric(float64(listed.Load()), "occurrences")
	b.ReportMetric(float64(peak.Load())/(1<<20), "peak-MiB")
	b.ReportMetric(0, "ns/op")
}
