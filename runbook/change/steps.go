package change

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/msp-runbook/msp/runbook"
)

// renaming is a name that was given to something else than before.
type renaming struct{ path, old, now string }

// pair is a step of the new version and what it was.
type pair struct {
	now, old *step // old is nil for a step that came
	before   int   // the number of the old step, from 0
	moved    bool
}

// steps compares the steps: those that came, changed or moved in the order of the
// new version, then those that were taken out.
func (c *comparison) steps(before, after *book) {
	pairs := pairSteps(before.steps, after.steps)
	c.follow(pairs, before.steps)
	kept := map[*step]bool{}
	for i, p := range pairs {
		if p.old == nil {
			c.compare(nil, p.now.value, nil)
			continue
		}
		kept[p.old] = true
		if p.old.name != p.now.name {
			c.tellStep(p.now, verdict{Major, false}, p.old.name, p.now.name, "the step {old} is now called {new}")
		}
		if p.moved {
			c.move(pairs, i, before.steps)
		}
		c.step(p)
	}
	for _, old := range before.steps {
		if !kept[old] {
			c.compare(old.value, nil, nil)
		}
	}
}

// pairSteps finds each new step in the old version: by its id, else by what it
// does, if a step that does the same is gone.
func pairSteps(old, now []*step) []pair {
	byName, deeds := map[string]int{}, map[string][]int{}
	for i, s := range old {
		byName[s.name] = i
	}
	pairs := make([]pair, len(now))
	for i, s := range now {
		pairs[i].now = s
		if at, ok := byName[s.name]; ok {
			pairs[i].old, pairs[i].before = old[at], at
			delete(byName, s.name)
		}
	}
	for i, s := range old {
		if _, gone := byName[s.name]; gone {
			deeds[s.deed()] = append(deeds[s.deed()], i)
		}
	}
	for i, p := range pairs {
		if same := deeds[p.now.deed()]; p.old == nil && len(same) > 0 {
			pairs[i].old, pairs[i].before = old[same[0]], same[0]
			deeds[p.now.deed()] = same[1:]
		}
	}
	markMoved(pairs)
	return pairs
}

// deed is what a step does, by which it is known when its id is another.
func (s *step) deed() string { return s.made.Kind + " " + s.part(s.made.Kind).print() }

// markMoved marks the fewest steps that have to be moved to make the old order the
// new one: all but those of a longest rising sequence of old numbers.
func markMoved(pairs []pair) {
	var ends []int // of the rising sequences of each length: the pair with the lowest number
	previous := make([]int, len(pairs))
	for i, p := range pairs {
		if p.old == nil {
			continue
		}
		length, _ := slices.BinarySearchFunc(ends, p.before, func(end, before int) int { return cmp.Compare(pairs[end].before, before) })
		previous[i] = -1
		if length > 0 {
			previous[i] = ends[length-1]
		}
		ends = append(ends[:length], append([]int{i}, ends[min(length+1, len(ends)):]...)...)
		pairs[i].moved = true
	}
	if len(ends) == 0 {
		return
	}
	for i := ends[len(ends)-1]; i >= 0; i = previous[i] {
		pairs[i].moved = false
	}
}

// move tells that a step stands elsewhere. Where somebody has to approve, it may now
// stand before that.
func (c *comparison) move(pairs []pair, i int, old []*step) {
	p := pairs[i]
	now, before := "now comes first", "it was the first"
	if i > 0 {
		now = "now comes after " + pairs[i-1].now.name
	}
	if p.before > 0 {
		before = "it came after " + old[p.before-1].name
	}
	approved := slices.ContainsFunc(pairs, func(p pair) bool { return asksApproval(p.now) })
	c.tellStep(p.now, verdict{Minor, approved}, "", "", "the step {step} "+now+", "+before)
}

func asksApproval(s *step) bool {
	_, asks := s.made.Action.(runbook.AsksApproval)
	return asks
}

// step compares one step with what it was.
func (c *comparison) step(p pair) {
	if p.old.made.Kind == p.now.made.Kind {
		c.compare(p.old.value, p.now.value, nil)
	} else {
		c.kind(p)
	}
	c.handsOn(p)
}

// kind tells that a step is done in another way. What nobody approves any more, or a
// person now only says, is looser.
func (c *comparison) kind(p pair) {
	looser := asksApproval(p.old) || asksPerson(p.now.made) && !asksPerson(p.old.made)
	c.tellStep(p.now, verdict{Major, looser}, p.old.made.Kind, p.now.made.Kind, "the step {step} is now one of the kind {new}, it was {old}")
	c.compare(p.old.without(p.old.made.Kind, p.now.name), p.now.without(p.now.made.Kind, p.now.name), nil)
}

// handsOn tells of the outputs that a step's kind yields by itself and no longer
// does. Those that the step declares, or a person answers, have keys of their own.
func (c *comparison) handsOn(p pair) {
	form := p.old.part("manual").part("form")
	for _, name := range slices.Sorted(maps.Keys(p.old.made.Action.Outputs())) {
		_, still := p.now.made.OutputTypes()[name]
		asked := form != nil && slices.ContainsFunc(form.parts, func(field *value) bool { return field.name == name })
		if !still && (!asked || p.old.made.Kind != p.now.made.Kind) {
			c.tellStep(p.now, breaks, name, "", "the step {step} no longer hands on {old}")
		}
	}
}

// tellStep adds a change of a step as a whole.
func (c *comparison) tellStep(s *step, v verdict, old, now, sentence string) {
	c.changes = append(c.changes, Change{
		Position: s.at, Key: "steps." + s.name, Group: Steps, Old: old, New: now, Demand: v.demand, Loosens: v.loosens,
		Words: fill(sentence, []string{s.name}, shown(old), shown(now)),
	})
}

// without is a step without one of its keys, by a name.
func (v *value) without(key, name string) *value {
	copied := *v
	copied.name, copied.called = name, name
	copied.parts = slices.DeleteFunc(slices.Clone(v.parts), func(part *value) bool { return part.path == v.path+"."+key })
	return &copied
}

// follow has the old version speak of what was renamed by its new name, so that an
// expression that only followed is no change.
func (c *comparison) follow(pairs []pair, old []*step) {
	names := map[string]string{} // "steps.size": "steps.volume"
	for _, r := range c.renamed {
		if r.path == "inputs[]" {
			names["inputs."+r.old] = "inputs." + r.now
		}
	}
	for _, p := range pairs {
		if p.old != nil && p.old.name != p.now.name {
			names["steps."+p.old.name] = "steps." + p.now.name
		}
	}
	if len(names) == 0 {
		return
	}
	for _, s := range old {
		s.value.follow(names)
	}
}

// reference is how an expression names an input or a step.
var reference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(inputs|steps)\.[a-z0-9_]+`) })

// follow speaks by other names in expressions, and in the lists of steps.
func (v *value) follow(names map[string]string) {
	renamed := func(text string) string {
		return reference().ReplaceAllStringFunc(text, func(name string) string { return cmp.Or(names[name], name) })
	}
	v.text = renamed(v.text)
	switch v.path {
	case "steps[].needs[]", "steps[].approval.show[]":
		if now, ok := names["steps."+v.name]; ok {
			v.name = strings.TrimPrefix(now, "steps.")
			v.called, v.text = v.name, v.name
		}
	case "steps[].preconditions[]", "steps[].expect.expressions[]":
		v.name, v.called = renamed(v.name), renamed(v.called)
	}
	for _, part := range v.parts {
		part.follow(names)
	}
}
