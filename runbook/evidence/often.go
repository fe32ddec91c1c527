package evidence

import (
	"crypto/ed25519"
	"sync/atomic"

	"github.com/msp-runbook/msp/runbook/evidence/curve"
)

// worthExpanding is how many signatures by one key were verified before its table is
// made: a history has thousands, and most commands look at a few.
const worthExpanding = 64

// often is an Ed25519 key as it is used: many signatures are verified with a table of
// the key, in half of the time.
type often struct {
	verified atomic.Int64
	many     atomic.Pointer[curve.Key]
}

func (o *often) verify(key ed25519.PublicKey, message, signature []byte) bool {
	if table := o.many.Load(); table != nil {
		return table.Verify(message, signature)
	}
	if o.verified.Add(1) == worthExpanding {
		if table, err := curve.NewKey(key); err == nil {
			o.many.Store(table)
		}
	}
	return ed25519.Verify(key, message, signature)
}
