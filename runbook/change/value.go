package change

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// value is one thing that a runbook says: a scalar or a list that is compared as
// one (a leaf), or what has parts. Name and called are those of an item.
type value struct {
	path         string // "steps[].outputs[].type"
	name, called string
	at           document.Position
	leaf         bool
	text         string // of a leaf
	parts        []*value
}

// book is a runbook as it is compared.
type book struct {
	top   *value // without the steps
	steps []*step
}

type step struct {
	*value
	made *runbook.Step
}

func readRunbook(r *runbook.Runbook) *book {
	b := &book{top: &value{at: r.Root.Position()}}
	for _, f := range r.Root.Fields() {
		switch f.Key {
		case "apiVersion", "kind", "version", "defaults": // the first two can't change, the third is what is asked about
		case "steps":
			for i, item := range f.Value.Items() {
				b.steps = append(b.steps, readStep(r.Steps[i], item, field(r.Root, "defaults")))
			}
		default:
			b.top.take(f.Key, f)
		}
	}
	return b
}

// readStep reads a step with what the runbook's defaults say of it.
func readStep(made *runbook.Step, n, defaults *document.Node) *step {
	v := &value{path: "steps[]", name: made.ID, called: made.ID, at: made.Position}
	for _, f := range n.Fields() {
		if f.Key != "id" {
			v.take("steps[]."+f.Key, f)
		}
	}
	for _, f := range defaults.Fields() {
		path := "steps[]." + f.Key
		own := v.part(f.Key)
		switch {
		case f.Key == "env" && own != nil:
			own.merge(read(path, f.Value))
		case own == nil && (f.Key != "timeout" && f.Key != "retry" || !asksPerson(made)):
			v.take(path, f)
		}
	}
	if v.part("timeout") == nil && !asksPerson(made) {
		v.parts = append(v.parts, &value{path: "steps[].timeout", at: v.at, leaf: true, text: made.Timeout.Text})
	}
	return &step{v, made}
}

func asksPerson(s *runbook.Step) bool {
	_, asks := s.Action.(runbook.AsksPerson)
	return asks
}

// take adds a key to the parts.
func (v *value) take(path string, f document.Field) {
	part := read(path, f.Value)
	part.at = f.KeyPosition
	v.parts = append(v.parts, part)
}

// merge adds the items that the value hasn't.
func (v *value) merge(other *value) {
	own := v.index()
	for _, item := range other.parts {
		if own[item.mark()] == nil {
			v.parts = append(v.parts, item)
		}
	}
}

func read(path string, n *document.Node) *value {
	v := &value{path: path, at: n.Position()}
	r := rows()[path]
	switch {
	case r.item != nil:
		v.items(n, r.item)
	case n.Kind() == document.Mapping:
		for _, f := range n.Fields() {
			v.take(path+"."+f.Key, f)
		}
	case n.Kind() == document.List && r.listed != "":
		v.parts = []*value{read(path+"."+r.listed, n)}
	case n.Kind() != document.List && r.short != "":
		v.parts = []*value{read(path+"."+r.short, n)}
	default:
		v.leaf, v.text = true, flat(n)
	}
	return v
}

// items reads a list of items, a map whose keys name them, or a single one. The
// second of a name has a number.
func (v *value) items(n *document.Node, known naming) {
	if n.Kind() == document.Mapping {
		for _, f := range n.Fields() {
			item := read(v.path+"[]", f.Value)
			item.name, item.called, item.at = f.Key, f.Key, f.KeyPosition
			v.parts = append(v.parts, item)
		}
		return
	}
	nodes := n.Items()
	if n.Kind() != document.List {
		nodes = []*document.Node{n}
	}
	count := map[string]int{}
	for _, node := range nodes {
		item := read(v.path+"[]", node)
		item.name, item.called = known(node)
		if count[item.name]++; count[item.name] > 1 {
			item.name = fmt.Sprintf("%s#%d", item.name, count[item.name])
		}
		v.parts = append(v.parts, item)
	}
}

// part is the value of a key; nil for none.
func (v *value) part(key string) *value {
	if v == nil {
		return nil
	}
	for _, part := range v.parts {
		if part.path == v.path+"."+key {
			return part
		}
	}
	return nil
}

// says reports whether a leaf is a text.
func (v *value) says(text string) bool { return v != nil && v.leaf && v.text == text }

// mark is what a value is found by in another version of what it is part of.
func (v *value) mark() string { return v.path + "\x00" + v.name }

// index finds the parts by their marks.
func (v *value) index() map[string]*value {
	index := make(map[string]*value, len(v.parts))
	for _, part := range v.parts {
		index[part.mark()] = part
	}
	return index
}

// print is all that a value means but its own name.
func (v *value) print() string {
	if v == nil {
		return ""
	}
	if v.leaf {
		return v.path + "=" + strconv.Quote(rowOf(v.path).as(v.text).word)
	}
	var parts []string
	for _, part := range v.parts {
		parts = append(parts, strconv.Quote(part.name)+part.print())
	}
	slices.Sort(parts)
	return v.path + "{" + strings.Join(parts, " ") + "}"
}

// absent is what holds where a value is not said: its default, or nil.
func (v *value) absent(at document.Position) *value {
	r := rows()[v.path]
	switch {
	case r.unless == "":
		return nil
	case r.item != nil:
		item := &value{path: v.path + "[]", name: r.unless, called: r.unless, at: at, leaf: true, text: r.unless}
		return &value{path: v.path, at: at, parts: []*value{item}}
	default:
		return &value{path: v.path, at: at, leaf: true, text: r.unless}
	}
}

func field(n *document.Node, key string) *document.Node {
	for _, f := range n.Fields() {
		if f.Key == key {
			return f.Value
		}
	}
	return nil
}

// flat is all that a node says as one text, the keys of its maps in order.
func flat(n *document.Node) string {
	var parts []string
	switch n.Kind() {
	case document.List:
		for _, item := range n.Items() {
			parts = append(parts, quoted(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case document.Mapping:
		fields := slices.Clone(n.Fields())
		slices.SortFunc(fields, func(a, b document.Field) int { return cmp.Compare(a.Key, b.Key) })
		for _, f := range fields {
			parts = append(parts, f.Key+": "+quoted(f.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return n.Text()
	}
}

// quoted is what stands in a list or a map: in quotes where it could be mistaken.
func quoted(n *document.Node) string {
	text := flat(n)
	if n.Kind() != document.List && n.Kind() != document.Mapping && (text == "" || strings.ContainsAny(text, " ,:[]{}\"\n\t\r")) {
		return strconv.Quote(text)
	}
	return text
}
