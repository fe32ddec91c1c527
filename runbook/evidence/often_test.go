package evidence

import (
	"errors"
	"runtime"
	"sync"
	"testing"
)

// A key that verifies many signatures, from many goroutines, says of the last what it
// said of the first.
func TestManySignatures(t *testing.T) {
	private := newKey(t, Ed25519)
	public := private.Public()
	message := []byte("a message")
	right := must(private.Sign(message))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range worthExpanding {
				if err := public.Verify(message, right); err != nil {
					t.Errorf("signature %d: %v", i, err)
				}
				wrong := append([]byte{right[0] ^ 1}, right[1:]...)
				if err := public.Verify(message, wrong); !errors.Is(err, ErrBadSignature) {
					t.Errorf("wrong signature %d: %v", i, err)
				}
			}
		})
	}
	all.Wait()
	if public.often.many.Load() == nil {
		t.Error("no table was made")
	}
}

// However many keys there are, few tables are made, and what a table took is given back.
func TestManyKeys(t *testing.T) {
	before := tables.Load()
	if made := manyTables(t); made > maxTables {
		t.Errorf("%d tables were made", made)
	}
	for range 1000 {
		if runtime.GC(); tables.Load() <= before {
			return
		}
		runtime.Gosched() // lets the cleanups run
	}
	t.Errorf("%d tables are still counted, and there were %d before", tables.Load(), before)
}

// manyTables verifies many signatures by each of many keys.
func manyTables(t *testing.T) (made int) {
	t.Helper()
	var keys []PublicKey
	for range maxTables + 6 {
		keys = append(keys, newKey(t, Ed25519).Public())
	}
	for _, key := range keys {
		for range worthExpanding {
			if err := key.Verify(nil, make([]byte, 64)); !errors.Is(err, ErrBadSignature) {
				t.Fatal(err)
			}
		}
		if key.often.many.Load() != nil {
			made++
		}
	}
	return made
}
