package evidence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// appendMany is what each of several goroutines or processes does. It returns
// the indices that it got.
func appendMany(s *Store, key *PrivateKey, heads string, n int) ([]int64, error) {
	var got []int64
	l := s.OpenLog("acme", "laptop", key, heads)
	for i := range n {
		first, _, err := l.Append(context.Background(), leaf(i))
		if err != nil {
			return nil, err
		}
		got = append(got, first)
	}
	return got, nil
}

func TestConcurrentAppends(t *testing.T) {
	const writers, each = 8, 12
	b := newBench(t)
	heads := filepath.Join(b.dir, "heads")
	keyFile, err := b.key.Marshal("")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "key"), keyFile, 0o600); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := make(map[int64]bool)
	note := func(indices []int64, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			t.Error(err)
		}
		for _, i := range indices {
			if seen[i] {
				t.Errorf("index %d was given out twice", i)
			}
			seen[i] = true
		}
	}
	stop := make(chan struct{})
	reading := make(chan struct{})
	go func() { // a reader that takes no lock
		defer close(reading)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := b.store.ReadLog("acme", "laptop", b.key.Public()); err != nil && !errors.Is(err, ErrEmptyLog) {
				t.Errorf("reading meanwhile: %v", err)
			}
			if _, err := b.store.FirstLeaf("laptop"); err != nil && !errors.Is(err, ErrEmptyLog) {
				t.Errorf("reading the first leaf meanwhile: %v", err)
			}
		}
	}()
	for i := range writers {
		wg.Go(func() {
			if i%2 == 0 {
				note(appendMany(b.store, b.key, heads, each))
				return
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestAppendingProcess$")
			cmd.Env = append(os.Environ(), "EVIDENCE_TEST_DIR="+b.dir, fmt.Sprintf("EVIDENCE_TEST_APPENDS=%d", each))
			out, err := cmd.Output()
			var got []int64
			for _, line := range strings.Split(string(out), "\n") {
				var i int64
				if n, _ := fmt.Sscanf(line, "index %d", &i); n == 1 {
					got = append(got, i)
				}
			}
			note(got, err)
		})
	}
	wg.Wait()
	close(stop)
	<-reading
	if v := b.read(); v.Checkpoint.Size != writers*each || len(seen) != writers*each {
		t.Errorf("the log has %d leaves, %d indices were given out, want %d", v.Checkpoint.Size, len(seen), writers*each)
	}
}

// TestAppendingProcess is the other process of TestConcurrentAppends.
func TestAppendingProcess(t *testing.T) {
	dir := os.Getenv("EVIDENCE_TEST_DIR")
	if dir == "" {
		t.Skip("runs in a process of its own only")
	}
	data, err := os.ReadFile(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePrivateKey(data)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if _, err := fmt.Sscan(os.Getenv("EVIDENCE_TEST_APPENDS"), &n); err != nil {
		t.Fatal(err)
	}
	got, err := appendMany(OpenStore(nil, filepath.Join(dir, "clients", "acme")), key, filepath.Join(dir, "heads"), n)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range got {
		fmt.Println("index", i)
	}
}
