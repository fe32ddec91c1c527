package runbooktest

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// AgainstBare times a job that reads files against decoding the same bytes and doing
// nothing with them, the two in turn and both on all cores. Ratio is the job by bare
// decoding, beside the ratio that is wanted. It asserts nothing: a shared machine's
// speed is no test.
func AgainstBare(b *testing.B, files []runbook.File, wanted float64, decode func([]byte) error, job func()) {
	b.Helper()
	var bare, whole []time.Duration
	for b.Loop() {
		bare = append(bare, timed(func() { decodeAll(b, files, decode) }))
		whole = append(whole, timed(job))
	}
	slices.Sort(bare)
	slices.Sort(whole)
	limit, ours := bare[len(bare)/2], whole[len(whole)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(limit.Microseconds())/1000, "limit-ms")
	b.ReportMetric(float64(ours.Microseconds())/1000, "msp-ms")
	b.ReportMetric(float64(ours)/float64(limit), "ratio")
	b.ReportMetric(wanted, "wanted")
}

// timed begins with a clean heap, so that neither job sweeps up after the other.
func timed(job func()) time.Duration {
	runtime.GC()
	start := time.Now()
	job()
	return time.Since(start)
}

func decodeAll(b *testing.B, files []runbook.File, decode func([]byte) error) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(files)); i = next.Add(1) - 1 {
				if err := decode(files[i].Source); err != nil {
					b.Error(err)
				}
			}
		})
	}
	workers.Wait()
}
