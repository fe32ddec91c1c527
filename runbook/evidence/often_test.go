package evidence

import (
	"errors"
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
