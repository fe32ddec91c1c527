package evidence

import (
	"crypto/ed25519"
	"runtime"
	"sync/atomic"

	"github.com/msp-runbook/msp/runbook/evidence/curve"
)

// worthExpanding is how many signatures by one key were verified before its table is
// made: a history has thousands, and most commands look at a few.
const worthExpanding = 64

// maxTables is how many keys have a table at a time: evidence can name as many keys as
// somebody likes, and all tables together take 18 MiB at most.
const maxTables = 64

// tables is how many there are.
var tables atomic.Int64

// often is an Ed25519 key as it is used: many signatures are verified with a table of
// the key, in less than half of the time.
type often struct {
	verified atomic.Int64
	many     atomic.Pointer[curve.Key]
}

func (o *often) verify(key ed25519.PublicKey, message, signature []byte) bool {
	if table := o.many.Load(); table != nil {
		return table.Verify(message, signature)
	}
	if o.verified.Add(1) == worthExpanding {
		o.expand(key)
	}
	return ed25519.Verify(key, message, signature)
}

// expand makes the key's table, unless there are enough. Its place is given back when
// nobody has the table any more.
func (o *often) expand(key ed25519.PublicKey) {
	if tables.Add(1) > maxTables {
		tables.Add(-1)
		return
	}
	table, err := curve.NewKey(key)
	if err != nil {
		tables.Add(-1)
		return
	}
	runtime.AddCleanup(table, func(int64) { tables.Add(-1) }, 0)
	o.many.Store(table)
}
