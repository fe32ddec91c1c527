package runbook_test

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/runbooktest"
	"github.com/msp-runbook/msp/steps"
)

// BenchmarkLibrary loads 1,000 runbooks, and decodes the same bytes with the YAML
// library and nothing else, in turn and both on all cores. Ratio is loading by
// bare decoding, beside the ratio that is wanted. It asserts nothing: a shared
// machine's speed is no test.
func BenchmarkLibrary(b *testing.B) {
	files := runbooktest.Many(1000)
	var bare, whole []time.Duration
	for b.Loop() {
		bare = append(bare, timed(func() { decodeBare(b, files) }))
		whole = append(whole, timed(func() {
			books, problems := runbook.NewLibrary(steps.Kinds(), files).Load()
			if len(books) != len(files) {
				b.Fatal(problems)
			}
		}))
	}
	slices.Sort(bare)
	slices.Sort(whole)
	limit, ours := bare[len(bare)/2], whole[len(whole)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(limit.Microseconds())/1000, "limit-ms")
	b.ReportMetric(float64(ours.Microseconds())/1000, "msp-ms")
	b.ReportMetric(float64(ours)/float64(limit), "ratio")
	b.ReportMetric(2, "wanted")
}

func timed(job func()) time.Duration {
	start := time.Now()
	job()
	return time.Since(start)
}

// decodeBare reads every file into the library's own tree.
func decodeBare(b *testing.B, files []runbook.File) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(files)); i = next.Add(1) - 1 {
				if err := yaml.Unmarshal(files[i].Source, new(yaml.Node)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	workers.Wait()
}
