package spill_test

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/msp-runbook/msp/runbook/spill"
)

const benchRows = 1_000_000

// numbered makes a row of 100 bytes, whose order is random, after a beginning that
// is the same in all.
func numbered(row []byte, same string, random *rand.Rand) []byte {
	row = append(row[:0], same...)
	row = binary.BigEndian.AppendUint64(row, random.Uint64())
	return row[:100]
}

// BenchmarkSorter adds a million rows and reads them once in order.
func BenchmarkSorter(b *testing.B) {
	for name, same := range map[string]string{"random": "", "same16": "sixteen bytes,  "} {
		b.Run(name, func(b *testing.B) { benchmarkSorter(b, same) })
	}
}

func benchmarkSorter(b *testing.B, same string) {
	var peak uint64
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	look := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc-min(m.HeapAlloc, before.HeapAlloc))
	}
	for b.Loop() {
		s, n := spill.NewSorter(0), 0
		random := rand.New(rand.NewPCG(1, 2))
		row := make([]byte, 0, 100)
		for i := range benchRows {
			row = numbered(row, same, random)
			if err := s.Add(row); err != nil {
				b.Fatal(err)
			}
			if i%100_000 == 0 {
				look()
			}
		}
		for _, err := range s.Sorted() {
			if err != nil {
				b.Fatal(err)
			}
			if n++; n%100_000 == 0 {
				look()
			}
		}
		if n != benchRows {
			b.Fatal(n)
		}
		s.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
	b.ReportMetric(float64(peak)/(1<<20), "MiB-peak")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFind looks for rows that are there, one at a time, in many runs.
func BenchmarkFind(b *testing.B) {
	s := spill.NewSorter(0)
	defer s.Close()
	random := rand.New(rand.NewPCG(1, 2))
	var row []byte
	for range benchRows {
		row = numbered(append(row[:0], make([]byte, 100)...), "", random)
		if err := s.Add(row); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		n := 0
		for range s.Find(row[:8]) {
			n++
		}
		if n != 1 {
			b.Fatal(n)
		}
	}
}
