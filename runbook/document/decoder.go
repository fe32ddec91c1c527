package document

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Decoder reads values from nodes and collects the problems of one file.
//
// Its readers take a nil node, and one that Parse refused, as absent: the zero
// value and no problem. A wrong type is a problem and the zero value.
type Decoder struct {
	problems Problems
	spare    []string // a list of keys that a Map is done with
}

// NewDecoder is a Decoder without problems.
func NewDecoder() *Decoder { return &Decoder{} }

// Report adds a problem; the hint may be empty. Control characters in it are
// escaped. Use Quote for text of the file.
func (d *Decoder) Report(at Position, rule, hint, format string, args ...any) {
	d.problems = append(d.problems, Problem{
		Position: at,
		Rule:     rule,
		Message:  printable(fmt.Sprintf(format, args...)),
		Hint:     printable(hint),
	})
}

// Add takes over problems found elsewhere, such as those of Parse.
func (d *Decoder) Add(problems Problems) { d.problems = append(d.problems, problems...) }

// Problems are the problems so far, sorted by position, each once.
func (d *Decoder) Problems() Problems {
	problems := d.problems.unique()
	problems.Sort()
	return problems
}

// wrongType reports that a node isn't what was wanted.
func (d *Decoder) wrongType(n *Node, wanted, hint string) {
	d.Report(n.at, "wrong-type", hint, "%s must be %s, but %s", n.name(), wanted, n.describe())
}

// badValue reports that a scalar has the right type but not a right value.
func (d *Decoder) badValue(n *Node, wanted, hint string) {
	d.Report(n.at, "bad-value", hint, "%s must be %s, but it is %s", n.name(), wanted, Quote(n.text))
}

// absent says whether there is nothing to read and nothing to say about it.
func (n *Node) absent() bool { return n == nil || n.refused }

// Map is a map of which every key must be asked for.
type Map struct {
	decoder *Decoder
	node    *Node
	what    string
	silent  bool // the node is no map, which has been said
	index   keyIndex
	known   []string           // the keys that were asked for
	missing map[string]Problem // by key
}

// Map is n as a map. What names it in messages: "a runbook", "a step". If n is
// something else, that is reported and the Map is empty and reports no more.
func (d *Decoder) Map(n *Node, what string) *Map {
	return d.MapLike(n, what, "write it as key: value")
}

// MapLike is Map with an example for whoever wrote something else.
func (d *Decoder) MapLike(n *Node, what, example string) *Map {
	m := &Map{decoder: d, node: n, what: what, known: d.spare[:0]}
	d.spare = nil
	switch {
	case n.absent():
		m.silent = true
	case n.kind != Mapping:
		m.silent = true
		d.Report(n.at, "wrong-type", example, "%s must be a map, but %s", what, n.describe())
	}
	return m
}

// Position is where the map's first key stands.
func (m *Map) Position() Position { return m.node.Position() }

// Has says whether the file gives the key, without making it known.
func (m *Map) Has(key string) bool {
	return !m.silent && m.index.find(m.node.fields, key) >= 0
}

// Keys are the keys in the order of the file.
func (m *Map) Keys() []string {
	if m.silent {
		return nil
	}
	keys := make([]string, 0, len(m.node.fields))
	for _, field := range m.node.fields {
		keys = append(keys, field.Key)
	}
	return keys
}

// Take is the value of a key that may be absent: nil then.
func (m *Map) Take(key string) *Node {
	m.known = append(m.known, key)
	if m.silent {
		return nil
	}
	i := m.index.find(m.node.fields, key)
	if i < 0 {
		return nil
	}
	return m.node.fields[i].Value
}

// Need is the value of a key that must be there: nil and a missing-key problem
// otherwise.
func (m *Map) Need(key string) *Node { return m.NeedBy(key, "missing-key", "") }

// NeedBy is Need for a key that a rule of its own asks for, with a hint.
func (m *Map) NeedBy(key, rule, hint string) *Node {
	n := m.Take(key)
	if n == nil && !m.silent && !m.node.partial {
		m.miss(key, rule, cmp.Or(hint, "add "+key+": …"))
	}
	return n
}

func (m *Map) miss(key, rule, hint string) {
	m.decoder.Report(m.node.at, rule, hint, "%s needs the key %s", m.what, Quote(key))
	if m.missing == nil {
		m.missing = make(map[string]Problem)
	}
	m.missing[key] = m.decoder.problems[len(m.decoder.problems)-1]
}

// found takes back that a key is missing: it stands there by another name, which
// is said.
func (m *Map) found(key string) {
	if problem, ok := m.missing[key]; ok {
		m.decoder.problems = slices.DeleteFunc(m.decoder.problems, func(p Problem) bool { return p == problem })
	}
}

// Unknown are the keys that were not asked for so far, in the order of the file.
func (m *Map) Unknown() []string {
	return slices.DeleteFunc(m.Keys(), func(key string) bool { return slices.Contains(m.known, key) })
}

// Done reports every key that was never asked for. Foreign holds hints for
// words that other tools use: "depends": `msp says "needs"`. A key that is needed
// and stands there misspelt, or in such a word, is not missing as well.
func (m *Map) Done(foreign map[string]string) {
	if !m.silent {
		m.reportUnknown(foreign)
	}
	m.decoder.spare, m.known = m.known, nil
}

func (m *Map) reportUnknown(foreign map[string]string) {
	for _, field := range m.node.fields {
		if slices.Contains(m.known, field.Key) {
			continue
		}
		hint := m.hint(field.Key, foreign)
		m.decoder.Report(field.KeyPosition, "unknown-key", hint, "%s is not a key of %s", Quote(field.Key), m.what)
		for key := range m.missing {
			if strings.Contains(hint, Quote(key)) {
				m.found(key)
			}
		}
	}
}

// hint says what the author of an unknown key may have meant.
func (m *Map) hint(key string, foreign map[string]string) string {
	if hint, ok := foreign[key]; ok {
		return hint
	}
	if name, _, tight := strings.Cut(key, ":"); tight && slices.Contains(m.known, name) {
		return "put a space behind the colon of " + Quote(name)
	}
	known := slices.Compact(slices.Sorted(slices.Values(m.known)))
	if near := Nearest(key, known); near != "" {
		return "did you mean " + Quote(near) + "?"
	}
	for _, word := range slices.Sorted(maps.Keys(foreign)) {
		if fold(word) == fold(key) {
			return foreign[word]
		}
	}
	if len(known) == 0 {
		return m.what + " has no keys"
	}
	return "known keys: " + strings.Join(known, ", ")
}
