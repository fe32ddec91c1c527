package schema_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/msp-runbook/msp/runbook/document"
)

var every = flag.Int("every", 0, "try every change, and not a sample, at the first `N` places that are alike (0: a sample)")

// judge holds a schema and its loader to each other.
type judge struct {
	kind   string
	schema *jsonschema.Schema
}

func judges(t testing.TB) map[string]judge {
	t.Helper()
	all := map[string]judge{}
	for kind := range goodDocuments {
		all[kind] = judge{kind, compiled(t, kind)}
	}
	return all
}

// finding is something that only one of them refuses: the loader, by a rule, or
// the schema, which has none.
type finding struct{ rule, place, value string }

// differ says what only one of them refuses in a document, each in all ways in
// which it can be named. Where both refuse the document they agree.
func (j judge) differ(source []byte) [][]finding {
	root, _ := document.Parse("document.yaml", source, document.DefaultLimits)
	problems, refused := load(j.kind, source), j.schema.Validate(instance(root))
	if (len(problems) > 0) == (refused != nil) {
		return nil
	}
	var all [][]finding
	var invalid *jsonschema.ValidationError
	if errors.As(refused, &invalid) {
		for _, cause := range invalid.Causes {
			var ways []finding
			for _, place := range bottoms(cause) {
				ways = append(ways, finding{"", strings.Join(place, "/"), written(at(tree(root), place))})
			}
			all = append(all, ways)
		}
		return all
	}
	there := spots(root)
	for _, p := range problems {
		var ways []finding
		for _, s := range around(there, p.Position) {
			ways = append(ways, finding{p.Rule, s.place, written(tree(s.value))})
		}
		all = append(all, ways)
	}
	return all
}

// bottoms are the places at which a schema refuses something.
func bottoms(err *jsonschema.ValidationError) [][]string {
	if len(err.Causes) == 0 {
		return [][]string{err.InstanceLocation}
	}
	var all [][]string
	for _, cause := range err.Causes {
		all = append(all, bottoms(cause)...)
	}
	return all
}

// unlisted are the findings that are no difference of the list, each in the first
// way of naming it. Used counts the differences that are some.
func (j judge) unlisted(source []byte, used map[int]int) []finding {
	var all []finding
	for _, ways := range j.differ(source) {
		known := false
		for i, d := range differences {
			if slices.ContainsFunc(ways, func(f finding) bool { return d.explains(j.kind, f) }) {
				used[i]++
				known = true
			}
		}
		if !known {
			all = append(all, ways[0])
		}
	}
	return all
}

func (f finding) String() string {
	return fmt.Sprintf("%q at %s: %.200s", f.rule, f.place, f.value)
}

// What the schema of a kind refuses its loader refuses, and the other way round,
// whatever is changed in a good document; or the difference is listed.
func TestAgree(t *testing.T) {
	all, judges := samples(t), judges(t)
	known := learn(all)
	rapid.Check(t, func(t *rapid.T) {
		s := all[rapid.IntRange(0, len(all)-1).Draw(t, "document")]
		place := s.places[rapid.IntRange(0, len(s.places)-1).Draw(t, "place")]
		changed := changes(s, place, known)
		for range 5 {
			c := changed[rapid.IntRange(0, len(changed)-1).Draw(t, "change")]
			for _, f := range judges[s.kind].unlisted([]byte(written(c.root)), map[int]int{}) {
				t.Fatalf("%s: /%s %s: %s", s.name, strings.Join(place, "/"), c.what, f)
			}
		}
	})
}

// The same of each key that comes or goes, at each place that is like no other. With -every, of all changes; then each difference of the
// list is shown by one, or by a broken document of the loaders' tests.
func TestAgreeOnShape(t *testing.T) {
	all, judges := samples(t), judges(t)
	known, seen, used := learn(all), map[string]int{}, map[int]int{}
	made, found := 0, map[string][]string{}
	for _, s := range all {
		for _, place := range s.places {
			where := s.kind + general(place)
			if seen[where]++; seen[where] > max(*every, 1) {
				continue
			}
			changed := shapes(s, place, known)
			if *every > 0 {
				changed = changes(s, place, known)
			}
			made += len(changed)
			for _, c := range changed {
				for _, f := range judges[s.kind].unlisted([]byte(written(c.root)), used) {
					name := fmt.Sprintf("%s %q at %s", s.kind, f.rule, general(strings.Split(f.place, "/")))
					found[name] = append(found[name], fmt.Sprintf("%s /%s %.150s", s.name, strings.Join(place, "/"), c.what))
				}
			}
		}
	}
	t.Logf("%d changes", made)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		t.Errorf("%s: %d times, such as\n   %s", name, len(found[name]), strings.Join(found[name][:min(4, len(found[name]))], "\n   "))
	}
	if *every > 0 {
		eachBroken(t, func(kind, _ string, source []byte) { judges[kind].unlisted(source, used) })
		for i, d := range differences {
			if used[i] == 0 {
				t.Errorf("no change shows the difference %+v", d)
			}
		}
	}
}

// What the loaders' own tests call broken its schema refuses as well.
func TestBroken(t *testing.T) {
	judges := judges(t)
	eachBroken(t, func(kind, name string, source []byte) {
		for _, f := range judges[kind].unlisted(source, map[int]int{}) {
			t.Errorf("%s: %s", name, f)
		}
	})
}

// eachBroken visits the broken documents that are YAML, and so are something that
// a schema could judge.
func eachBroken(t *testing.T, visit func(kind, name string, source []byte)) {
	t.Helper()
	for kind, pattern := range brokenDocuments {
		for name, source := range files(t, pattern) {
			if root, problems := document.Parse(name, source, document.DefaultLimits); root != nil && len(problems) == 0 {
				visit(kind, name, source)
			}
		}
	}
}
