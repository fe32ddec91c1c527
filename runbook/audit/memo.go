package audit

import (
	"sync"
	"sync/atomic"
)

// mostMemories is how many values a memo keeps.
const mostMemories = 512

// A memo keeps what is read once and asked for often, by many at once. There are few such
// values in honest evidence; of more than it keeps, the others are read each time.
type memo[V any] struct {
	kept   sync.Map
	length atomic.Int64
}

func (m *memo[V]) get(key string, read func() (V, error)) (V, error) {
	if v, known := m.kept.Load(key); known {
		return v.(V), nil //nolint:errcheck // nothing else is stored
	}
	v, err := read()
	if err == nil && m.length.Add(1) <= mostMemories {
		m.kept.Store(key, v)
	}
	return v, err
}
