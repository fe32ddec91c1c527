package parallel_test

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/msp-runbook/msp/runbook/parallel"
)

// Each job is done once, and its result stands in its place.
func TestMap(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		var done atomic.Int64
		got := parallel.Map(n, func(i int) int { done.Add(1); return i * i })
		want := make([]int, n)
		for i := range want {
			want[i] = i * i
		}
		if !slices.Equal(got, want) || done.Load() != int64(n) {
			t.Errorf("%d jobs: %d done, %v", n, done.Load(), got)
		}
	}
}

// Both jobs are at work at the same time: each waits for the other.
func TestBoth(t *testing.T) {
	here, there := make(chan int), make(chan int)
	sum := 0
	parallel.Both(func() { here <- 1; sum += <-there }, func() { n := <-here; there <- n + 1 })
	if sum != 2 {
		t.Errorf("%d", sum)
	}
}
