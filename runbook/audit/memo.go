package audit

import "sync"

// mostMemories is how many values a memo keeps.
const mostMemories = 512

// A memo keeps what is read once and asked for often, by many at once. The oldest value
// gives way to a new one.
type memo[V any] struct {
	mutex sync.RWMutex
	kept  map[string]V
	order []string // a ring
	next  int      // place in it
}

func (m *memo[V]) get(key string, read func() (V, error)) (V, error) {
	m.mutex.RLock()
	v, known := m.kept[key]
	m.mutex.RUnlock()
	if known {
		return v, nil
	}
	v, err := read()
	if err == nil {
		m.put(key, v)
	}
	return v, err
}

func (m *memo[V]) put(key string, v V) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if _, known := m.kept[key]; known {
		return // another was faster
	}
	if m.kept == nil {
		m.kept = map[string]V{}
	}
	if len(m.order) < mostMemories {
		m.order = append(m.order, key)
	} else {
		delete(m.kept, m.order[m.next])
		m.order[m.next], m.next = key, (m.next+1)%mostMemories
	}
	m.kept[key] = v
}
