package audit_test

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
	"time"
)

// BenchmarkVerify verifies a history with all its signatures and blobs, and in
// the same run as many bare Ed25519 signatures of 4 KiB on all cores. The ratio
// is that of the times; 1.43 is 0.7 of the bare rate. It asserts nothing.
func BenchmarkVerify(b *testing.B) {
	bench := newBench(b)
	runs := 200
	if testing.Short() {
		runs = 50
	}
	for range runs {
		bench.begin().tell(1000)
		bench.pass(time.Minute)
	}
	bench.pin()
	message := bytes.Repeat([]byte("x"), 4096)
	signature := must(bench.operator.Sign(message))
	key := bench.operator.Public()
	count := len(bench.leaves())
	var bare, whole time.Duration
	for b.Loop() {
		start := time.Now()
		var all sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			all.Go(func() {
				for range count / runtime.GOMAXPROCS(0) {
					if err := key.Verify(message, signature); err != nil {
						b.Error(err)
					}
				}
			})
		}
		all.Wait()
		bare += time.Since(start)
		start = time.Now()
		if !bench.verify().OK() {
			b.Fatal("an honest history is broken")
		}
		whole += time.Since(start)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(count), "statements")
	b.ReportMetric(float64(bare.Microseconds())/1000/float64(b.N), "limit-ms")
	b.ReportMetric(float64(whole.Microseconds())/1000/float64(b.N), "msp-ms")
	b.ReportMetric(float64(whole)/float64(bare), "ratio")
	b.ReportMetric(1.43, "wanted")
}
