package audit_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// BenchmarkMemory verifies 10,000 and 100,000 records of one log, and tells how
// much memory was held at most, which is to be the same, and by the report. Blobs are
// the same for all runs, so that what grows are records alone. Ratio is as in
// BenchmarkVerify.
func BenchmarkMemory(b *testing.B) {
	for _, records := range []int{10_000, 100_000} {
		b.Run(strconv.Itoa(records), func(b *testing.B) {
			if testing.Short() && records > 10_000 {
				b.Skip("it writes 100,000 records")
			}
			bench := newBench(b)
			bench.past = []record.PastValue{}
			bench.pin()
			bench.tellMany(records / 2)
			var bare, whole time.Duration
			for b.Loop() {
				bare += bench.bare(records)
				peak, stop := peakHeap()
				start := time.Now()
				r := bench.verify()
				whole += time.Since(start)
				stop()
				if !r.OK() || r.Runs.Len() != records/2 {
					b.Fatalf("%d runs, %d findings", r.Runs.Len(), len(r.Findings))
				}
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				runtime.KeepAlive(r)
				b.ReportMetric(float64(peak.Load())/(1<<20), "peak-MiB")
				b.ReportMetric(float64(peak.Load())/float64(records), "peak-B/record")
				b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "report-MiB")
			}
			b.ReportMetric(float64(whole)/float64(bare), "ratio")
			b.ReportMetric(bare.Seconds()/float64(b.N), "limit-s")
			b.ReportMetric(whole.Seconds()/float64(b.N), "msp-s")
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(1.43, "wanted")
		})
	}
}

// peakHeap watches how much memory the heap takes until it is stopped.
func peakHeap() (peak *atomic.Int64, stop func()) {
	peak = &atomic.Int64{}
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), int64(m.HeapInuse)))
			}
		}
	})
	return peak, func() { close(done); watch.Wait() }
}

// tellMany writes honest runs without waiting for the disk, and logs all of them
// at once. They share their blobs.
func (b *bench) tellMany(runs int) {
	b.t.Helper()
	first := b.begin()
	first.startRef = b.put(record.KindRunStart, startSubjects(&first.start), first.start)
	first.work(1000)
	var leaves []evidence.Leaf
	for i := range runs {
		s := *first
		s.start.Run = fmt.Sprintf("01936000-0000-7000-8000-%012d", i)
		shift := time.Duration(i) * time.Minute
		s.start.Started = first.start.Started.Add(shift)
		deadline := first.start.Deadline.Add(shift)
		s.start.Deadline, s.start.FinishBy = &deadline, deadline
		s.startRef = b.put(record.KindRunStart, startSubjects(&s.start), s.start)
		s.steps = slices.Clone(first.steps)
		for k := range s.steps {
			s.steps[k].Started, s.steps[k].Ended = s.steps[k].Started.Add(shift), s.steps[k].Ended.Add(shift)
		}
		s.judgeSize(&s.steps[0], 1000)
		b.now = s.steps[len(s.steps)-1].Ended
		s.finish()
		s.endRef = b.put(record.KindRun, subjects(s.start.Runbook.Digest, s.end.Steps), s.end)
		b.past = append(b.past[max(0, len(b.past)-3):], record.PastValue{Record: s.endRef, Value: 1000})
		leaves = append(leaves, evidence.Leaf{Kind: record.KindRunStart, Run: s.start.Run, Envelope: s.startRef},
			evidence.Leaf{Kind: record.KindRun, Run: s.start.Run, Envelope: s.endRef})
	}
	if _, _, err := b.laptop.Log.Append(b.t.Context(), leaves...); err != nil {
		b.t.Fatal(err)
	}
}

// put signs and writes a record, and syncs nothing.
func (b *bench) put(kind string, subjects []evidence.Subject, body any) string {
	b.t.Helper()
	envelope := must(evidence.Seal(must(evidence.EncodeStatement(record.PredicateType(kind), subjects, body)), b.operator))
	digest := evidence.Digest(envelope)
	path := b.path(filepath.FromSlash(recordFile(digest)))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, envelope, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return digest
}

// bare is how long the standard library's verification of so many Ed25519 signatures
// of 4 KiB takes on all cores.
func (b *bench) bare(count int) time.Duration {
	message := bytes.Repeat([]byte("x"), 4096)
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	signature, public := ed25519.Sign(key, message), key.Public().(ed25519.PublicKey)
	start := time.Now()
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for range count / runtime.GOMAXPROCS(0) {
				if !ed25519.Verify(public, message, signature) {
					b.t.Error("a right signature is refused")
				}
			}
		})
	}
	all.Wait()
	return time.Since(start)
}

// floor is how long it takes on all cores to read every record of the log, to
// hash and decode it strictly, and to verify its signature: what no verification
// can do without.
func (b *bench) floor(leaves []evidence.Leaf) time.Duration {
	key := b.operator.Public()
	start := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(leaves); i = next.Add(1) - 1 {
				envelope, err := b.store.OpenEnvelope(leaves[i].Envelope, record.MaxStatement)
				if err == nil {
					_, err = evidence.DecodeStatementOf(envelope.Payload, record.PredicateType(leaves[i].Kind), record.New(leaves[i].Kind))
				}
				if err == nil {
					_, err = envelope.Verify(key)
				}
				if err != nil {
					b.t.Error(err)
				}
			}
		})
	}
	all.Wait()
	return time.Since(start)
}

// BenchmarkVerify verifies a history with all its signatures and with blobs of its
// own, and in the same run as many bare Ed25519 signatures of 4 KiB on all cores. The
// ratio is that of the times; 1.43 is 0.7 of the bare rate. The floor, which reads and
// decodes the records, verifies their signatures and does nothing else, has a ratio
// too. What is done once, such as the tables of the keys, is a part of so short a
// history: BenchmarkMemory has longer ones. It asserts nothing.
func BenchmarkVerify(b *testing.B) {
	bench := newBench(b)
	bench.past = []record.PastValue{}
	runs := 200
	if testing.Short() {
		runs = 50
	}
	for range runs {
		bench.begin().tell(1000)
		bench.pass(time.Minute)
	}
	bench.pin()
	leaves := bench.leaves()
	count := len(leaves)
	var bare, floor, whole time.Duration
	for b.Loop() {
		bare += bench.bare(count)
		floor += bench.floor(leaves)
		start := time.Now()
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
	b.ReportMetric(float64(floor)/float64(bare), "floor-ratio")
	b.ReportMetric(1.43, "wanted")
}
