// Package parallel does many independent jobs on all cores.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Map does n independent jobs and gives their results in the order of the jobs.
func Map[T any](n int, do func(i int) T) []T {
	results := make([]T, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				results[i] = do(i)
			}
		})
	}
	workers.Wait()
	return results
}

// Both does two jobs side by side.
func Both(one, other func()) {
	var second sync.WaitGroup
	second.Go(other)
	one()
	second.Wait()
}
