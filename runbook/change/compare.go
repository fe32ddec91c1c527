package change

import (
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

// comparison collects what changed.
type comparison struct {
	changes []Change
	renamed []renaming
}

// parts compares the parts of two values. Names are what they belong to.
func (c *comparison) parts(old, now *value, names []string) {
	before, after := old.index(), now.index()
	gone := map[*value]bool{}
	lost := map[string][]*value{} // of those that went, by all but their names
	for _, o := range old.parts {
		gone[o] = after[o.mark()] == nil
		if gone[o] && rows()[o.path].renamed != "" {
			lost[o.print()] = append(lost[o.print()], o)
		}
	}
	for _, n := range now.parts {
		o := before[n.mark()]
		if o == nil && len(lost) > 0 {
			if alike := lost[n.print()]; len(alike) > 0 {
				gone[alike[0]], lost[n.print()] = false, alike[1:]
				c.rename(alike[0], n, names)
				continue
			}
		}
		if o == nil {
			o = n.absent(n.at)
		}
		c.compare(o, n, names)
	}
	for _, o := range old.parts {
		if gone[o] {
			c.compare(o, o.absent(now.at), names)
		}
	}
}

// compare tells what became of a value; one of the two may be nil.
func (c *comparison) compare(old, now *value, names []string) {
	either := now
	if either == nil {
		either = old
	}
	if either.name != "" {
		names = append(names[:len(names):len(names)], either.called)
	}
	switch {
	case old != nil && now != nil && (old.leaf || now.leaf):
		c.leaves(old, now, names)
	case old != nil && now != nil:
		c.parts(old, now, names)
	case !either.leaf && either.name == "" && rows()[either.path].come == "": // a map whose keys say it better
		c.parts(either.emptied(old), either.emptied(now), names)
	case old == nil:
		c.tell(came, nil, now, names)
	default:
		c.tell(went, old, nil, names)
	}
}

// emptied is one side of a map that stands on the other side only.
func (v *value) emptied(side *value) *value {
	if side != nil {
		return side
	}
	return &value{path: v.path, at: v.at}
}

func (c *comparison) leaves(old, now *value, names []string) {
	if old.leaf != now.leaf {
		c.tell(turned, old, now, names)
		return
	}
	as := rowOf(now.path).as
	before, after := as(old.text), as(now.text)
	switch {
	case before.word == after.word:
	case before.unit == "" || before.unit != after.unit || before.amount == after.amount:
		c.tell(turned, old, now, names)
	case before.amount < after.amount:
		c.tell(up, old, now, names)
	default:
		c.tell(down, old, now, names)
	}
}

// tell adds a change.
func (c *comparison) tell(e event, old, now *value, names []string) {
	either := now
	if either == nil {
		either = old
	}
	r := rowOf(either.path)
	v := r.judge(e, old, now)
	change := Change{
		Position: either.at, Key: keyOf(either.path, names), Group: groupOf(either.path),
		Old: old.whole(), New: now.whole(), Demand: v.demand, Loosens: v.loosens,
	}
	change.Words = fill(r.sentence(e, change), names, shown(change.Old), shown(change.New))
	c.changes = append(c.changes, change)
}

// rename tells that an item has another name.
func (c *comparison) rename(old, now *value, names []string) {
	c.renamed = append(c.renamed, renaming{now.path, old.name, now.name})
	names = append(names[:len(names):len(names)], now.called)
	c.changes = append(c.changes, Change{
		Position: now.at, Key: keyOf(now.path, names), Group: groupOf(now.path), Old: old.name, New: now.name,
		Words: fill(rows()[now.path].renamed, names, old.called, now.called), Demand: Major,
	})
}

// whole is a value's text; "" for none, and for what has parts.
func (v *value) whole() string {
	if v == nil || !v.leaf {
		return ""
	}
	return v.text
}

// sentence is the words of a change, with places for names and values.
func (r row) sentence(e event, c Change) string {
	isFlag := r.now == "" && r.unless == "false"
	switch {
	case (e == came || isFlag && e == up) && r.come != "":
		return r.come
	case (e == went || isFlag && e == down) && r.gone != "":
		return r.gone
	case e == came && c.Long():
		return r.what + " was added"
	case e == came:
		return r.what + " is now {new}, and was not said before"
	case e == went && c.Long():
		return r.what + " was taken out"
	case e == went:
		return r.what + " was taken out, it was {old}"
	case r.now != "":
		return r.now
	case c.Long():
		return r.what + " has other words"
	default:
		return r.what + " is now {new}, it was {old}"
	}
}

// longest is how many bytes a value has that is told in a sentence.
const longest = 60

// Long reports whether a value is too long to stand in the words, which then don't
// say how it changed.
func (c Change) Long() bool {
	long := func(text string) bool {
		return len(text) > longest || strings.Contains(strings.TrimRight(text, "\n"), "\n")
	}
	return long(c.Old) || long(c.New)
}

// fill puts names and values into a sentence, each once: what they hold themselves
// is not looked at.
func fill(sentence string, names []string, old, now string) string {
	name := func(fromEnd int) string {
		if i := len(names) - fromEnd; i >= 0 && i < len(names) {
			return shown(names[i])
		}
		return ""
	}
	return strings.NewReplacer("{step}", name(len(names)), "{field}", name(2), "{name}", name(1), "{old}", old, "{new}", now).Replace(sentence)
}

// shown is a value as a sentence has it: in quotes unless it is one plain word, a
// length of time or a list.
func shown(text string) string {
	trimmed := strings.TrimSpace(text)
	plainWord := trimmed != "" && len(trimmed) <= longest && !strings.ContainsAny(trimmed, " \"\t\r\n")
	if plainWord || span(trimmed).unit != "" || strings.HasPrefix(trimmed, "[") && len(trimmed) <= longest {
		return trimmed
	}
	return document.Quote(trimmed)
}

// keyOf is where a change stands: the path with names in it.
func keyOf(path string, names []string) string {
	for _, name := range names {
		path = strings.Replace(path, "[]", "."+name, 1)
	}
	return path
}
