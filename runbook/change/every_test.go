package change_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/change"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/document/documenttest"
	"github.com/msp-runbook/msp/steps"
)

// fixed are the keys that have one value only, that of which the version is asked,
// and those that can't change alone: TestWords has them.
var fixed = []string{
	"apiVersion", "kind", "version", "steps.explain.manual.evidence.console.type", "steps.second_look.approval.on_timeout", "steps.size.normal.bytes.baseline",
	"sla.clock", "inputs.level.type", "steps.fresh.id", "steps.size.id", "steps.explain.manual.form.grade.type",
	"inputs.level.enum.1", "steps.explain.manual.form.grade.enum.1", // the default is one of them
}

// defaults are keys of the full runbook that say what would hold without them.
var defaults = []string{"version_args", "on_timeout"}

// standIns are values that a key is tried with, unless a comment beside it says
// "or" and another, until one loads.
var standIns = []string{"7h", "8", "other"}

// mutant is the full runbook with one key changed or taken out.
type mutant struct{ at, what, source string }

// No key can be another or be missing without a change being told. What is told of
// each stands in the golden file, for people to read.
func TestEveryKey(t *testing.T) {
	source := read(t, "full.yaml")
	old := load(t, "a.yaml", source)
	said := map[string]bool{}
	var golden strings.Builder
	for _, m := range mutants(source, old.Root) {
		if said[m.at] {
			continue
		}
		now, problems := runbook.Load("a.yaml", []byte(m.source), steps.Kinds())
		if len(problems) > 0 {
			continue
		}
		said[m.at] = true
		changes := change.Between(old, now)
		if len(changes) == 0 {
			t.Errorf("%s, %s: no change is told", m.at, m.what)
		}
		fmt.Fprintf(&golden, "%s, %s\n", m.at, m.what)
		for _, c := range changes {
			fmt.Fprintf(&golden, "    %s: %s\n", verdict(c), c.Words)
		}
	}
	for _, key := range leaves(old.Root) {
		if !said[key] && !slices.Contains(fixed, key) {
			t.Errorf("%s: none of the values that were tried loads", key)
		}
	}
	documenttest.Golden(t, "testdata/every.golden", golden.String())
}

// mutants are the runbook with each scalar as each stand-in, and without each key.
func mutants(source string, root *document.Node) []mutant {
	var all []mutant
	lines := strings.SplitAfter(source, "\n")
	walk("", root, func(key string, n *document.Node) {
		if n.Kind() != document.List && n.Kind() != document.Mapping && !slices.Contains(fixed, key) {
			all = append(all, changed(key, n, lines)...)
		}
	})
	for i, line := range lines {
		key, _, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok && !strings.HasPrefix(key, "-") && !slices.Contains(defaults, key) {
			without := slices.Concat(lines[:i], lines[i+nested(lines[i:]):])
			all = append(all, mutant{fmt.Sprintf("line %d", i+1), "without " + key, strings.Join(without, "")})
		}
	}
	return all
}

// changed are the runbooks with one scalar as each stand-in.
func changed(key string, n *document.Node, lines []string) []mutant {
	at := n.Position()
	line := lines[at.Line-1]
	before, rest := line[:at.Column-1], line[at.Column-1:]
	if strings.HasPrefix(rest, "|") {
		doubled := slices.Concat(lines[:at.Line], lines[at.Line:at.Line+1], lines[at.Line:])
		return []mutant{{key, "with a line twice", strings.Join(doubled, "")}}
	}
	words := standIns
	if _, word, ok := strings.Cut(strings.TrimSpace(rest), " # or "); ok {
		words = []string{word}
	}
	var all []mutant
	for _, word := range words {
		other := slices.Concat(lines[:at.Line-1], []string{before + word + rest[token(rest):]}, lines[at.Line:])
		all = append(all, mutant{key, "now " + word, strings.Join(other, "")})
	}
	return all
}

// token is how many bytes a scalar has that begins a text.
func token(rest string) int {
	if quote := rest[0]; quote == '"' || quote == '\'' {
		return strings.IndexByte(rest[1:], quote) + 2
	}
	plain, _, _ := strings.Cut(rest, " #")
	return strings.IndexAny(plain+"\n", ",]\n")
}

// nested is how many lines a key has with all that belongs to it.
func nested(lines []string) int {
	indent := func(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
	n := 1
	for n < len(lines) && strings.TrimSpace(lines[n]) != "" && (indent(lines[n]) > indent(lines[0]) || indent(lines[n]) == indent(lines[0]) && strings.HasPrefix(lines[n][indent(lines[n]):], "- ")) {
		n++
	}
	return n
}

func leaves(root *document.Node) []string {
	var all []string
	walk("", root, func(key string, n *document.Node) {
		if n.Kind() != document.List && n.Kind() != document.Mapping {
			all = append(all, key)
		}
	})
	return all
}

func walk(key string, n *document.Node, visit func(string, *document.Node)) {
	visit(key, n)
	for _, f := range n.Fields() {
		walk(strings.TrimPrefix(key+"."+f.Key, "."), f.Value, visit)
	}
	for i, item := range n.Items() {
		name := fmt.Sprint(i)
		for _, f := range item.Fields() {
			if f.Key == "id" || f.Key == "name" {
				name = f.Value.Text()
			}
		}
		walk(key+"."+name, item, visit)
	}
}

// The full runbook sets every field of the model and of each kind of step, or the
// test above would miss a key.
func TestFullIsFull(t *testing.T) {
	r := load(t, "a.yaml", read(t, "full.yaml"))
	set := map[string]bool{}
	note(set, "", reflect.ValueOf(r))
	for name, is := range set {
		if !is && !slices.Contains(elsewhere, name) {
			t.Errorf("testdata/full.yaml sets %s nowhere", name)
		}
	}
	kinds := map[string]bool{}
	for _, s := range r.Steps {
		kinds[s.Kind] = true
	}
	for _, kind := range steps.Kinds() {
		if !kinds[kind.Name()] {
			t.Errorf("testdata/full.yaml has no step of the kind %s", kind.Name())
		}
	}
}

// elsewhere are fields that can't stand beside others, which TestWords has, and
// those of what a key means.
var elsewhere = []string{"Schedule.RRule", "SLA.Agreement", "Duration.Days", "Duration.Unit", "shell.before", "shell.after"}

// note goes through all fields of a value, and says of each whether it is set
// anywhere.
func note(set map[string]bool, name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			note(set, name, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			note(set, name, v.Index(i))
		}
	case reflect.Struct:
		noteFields(set, v)
	}
}

func noteFields(set map[string]bool, v reflect.Value) {
	kind := v.Type()
	if !strings.Contains(kind.PkgPath(), "/runbook") && !strings.Contains(kind.PkgPath(), "/steps/") || strings.HasSuffix(kind.PkgPath(), "/document") {
		return
	}
	for i := range kind.NumField() {
		f := kind.Field(i)
		name := kind.Name() + "." + f.Name
		if kind.Name() == "action" {
			name = kind.PkgPath() + "." + f.Name
		}
		set[name] = set[name] || !v.Field(i).IsZero()
		note(set, name, v.Field(i))
	}
}

// What is known is known of keys that there are.
func TestKeys(t *testing.T) {
	said := change.Said(load(t, "a.yaml", read(t, "full.yaml")))
	for _, key := range change.Keys() {
		if !said[key] && key != "schedule.rrule" && key != "sla.agreement" {
			t.Errorf("nothing in testdata/full.yaml is %s", key)
		}
	}
}
