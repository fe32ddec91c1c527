package change

import (
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

// row is what is known of one key: how two of its values are compared, what it is
// called, and what follows from a change. A key without a row is compared by its
// text, called by its name, and demands a minor version.
type row struct {
	as     reading // exact unless said
	unless string  // what holds where nothing is said
	judge  judge   // always(grows) unless said

	// The words, in which {step} and {name} are what the key belongs to, {old} and
	// {new} the values. What is a noun, from which the rest is made where it isn't
	// said: "what is now {new}, it was {old}".
	what, now, come, gone string

	// An item is called by its name in a list or a map of items; a list without is
	// one value. Renamed says that an item has another name and is otherwise the
	// same.
	item    naming
	renamed string

	// What a scalar and a list are short for, where a map may stand as well.
	short, listed string
}

// naming finds what an item of a list is known by, and what it is called.
type naming func(item *document.Node) (name, called string)

// itself is known by all that it says.
func itself(item *document.Node) (name, called string) { return flat(item), flat(item) }

// by is known by one of its keys, or is that alone.
func by(key string) naming {
	return func(item *document.Node) (name, called string) {
		if n := field(item, key); n != nil {
			return flat(n), n.Text()
		}
		return itself(item)
	}
}

// keys is known by some of its keys.
func keys(keys ...string) naming {
	return func(item *document.Node) (name, called string) {
		var texts []string
		for _, key := range keys {
			if n := field(item, key); n != nil {
				texts = append(texts, n.Text())
			}
		}
		name = strings.Join(texts, " ")
		return name, name
	}
}

// whole is known by all that it says, and called by some of its keys.
func whole(some ...string) naming {
	return func(item *document.Node) (name, called string) {
		_, called = keys(some...)(item)
		return flat(item), called
	}
}

// filled is a row with all that it didn't say: the judge, the reading, and a noun
// made of the key.
func (r row) filled(path string) row {
	if r.judge == nil {
		r.judge = always(grows)
	}
	if r.as == nil {
		r.as = exact
	}
	if r.what == "" {
		r.what = noun(path)
	}
	return r
}

func noun(path string) string {
	key := strings.ReplaceAll(strings.TrimPrefix(path, "steps[]."), "[]", " {name}")
	switch {
	case path == "steps[]":
		return "the step {step}"
	case strings.HasPrefix(path, "steps[]."):
		return key + " of the step {step}"
	default:
		return key
	}
}

// groupOf is the part of a runbook in which a key stands.
func groupOf(path string) Group {
	first, _, _ := strings.Cut(path, ".")
	switch strings.TrimSuffix(first, "[]") {
	case "schedule":
		return When
	case "sla", "escalation":
		return Promises
	case "inputs", "secrets", "requires":
		return Inputs
	case "steps":
		return Steps
	default:
		return Who
	}
}
