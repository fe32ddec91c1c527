package schema_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schema"
)

// part is one value of a schema as a person meets it, with its JSON pointer. What
// conditions say of it isn't among the parts.
type part struct {
	pointer string
	says    map[string]any
	key     bool // it is the value of a key
}

// parts are the schema itself and what stands in it.
func parts(says map[string]any, pointer string) []part {
	all := []part{{pointer: pointer, says: says}}
	down := func(value any, where string, key bool) {
		if inner, ok := value.(map[string]any); ok {
			found := parts(inner, pointer+where)
			found[0].key = key
			all = append(all, found...)
		}
	}
	keys, _ := says["properties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		down(keys[key], "/properties/"+key, true)
	}
	down(says["items"], "/items", false)
	down(says["additionalProperties"], "/additionalProperties", false)
	forms, _ := says["anyOf"].([]any)
	for i, form := range forms {
		down(form, fmt.Sprint("/anyOf/", i), false)
	}
	return all
}

// read is a schema with a compiler that knows it.
func read(t testing.TB, s schema.Schema) (map[string]any, *jsonschema.Compiler) {
	t.Helper()
	text, err := jsonschema.UnmarshalJSON(strings.NewReader(string(s.Text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(s.File, text); err != nil {
		t.Fatal(err)
	}
	return text.(map[string]any), c
}

// The schemas are what the standard calls schemas, and use only words that the
// model has.
func TestStandard(t *testing.T) {
	all, err := schema.All()
	if err != nil {
		t.Fatal(err)
	}
	standard, err := jsonschema.NewCompiler().Compile("https://json-schema.org/draft/2020-12/schema")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		says, _ := read(t, s)
		if err := standard.Validate(says); err != nil {
			t.Errorf("%s: %v", s.Kind, err)
		}
		if says["title"] != s.Kind || !strings.HasSuffix(fmt.Sprint(says["$id"]), "/"+s.File) || s.About == "" {
			t.Errorf("%s calls itself %v, %v: %s", s.Kind, says["title"], says["$id"], s.About)
		}
	}
}

// Each key says in a sentence what it is, and gives an example of its value or
// says all that it may be. What stands as an example and as a default is valid.
func TestWords(t *testing.T) {
	all, err := schema.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		says, c := read(t, s)
		for _, p := range parts(says, "#") {
			where := s.Kind + " " + p.pointer
			if text, _ := p.says["description"].(string); p.key && !strings.HasSuffix(text, ".") {
				t.Errorf("%s is described as %q, which is no sentence", where, text)
			}
			examples, _ := p.says["examples"].([]any)
			if p.key && len(examples) == 0 && needsExample(p.says) {
				t.Errorf("%s has no example", where)
			}
			if usual, ok := p.says["default"]; ok {
				examples = append(examples, usual)
			}
			judge, err := c.Compile(s.File + p.pointer)
			if err != nil {
				t.Fatal(err)
			}
			for _, example := range examples {
				if err := judge.Validate(example); err != nil {
					t.Errorf("%s: %v", where, err)
				}
			}
		}
	}
}

// needsExample reports whether a value is text or a number of which the schema
// doesn't say all.
func needsExample(says map[string]any) bool {
	for _, word := range []string{"enum", "const", "anyOf", "properties", "items", "additionalProperties"} {
		if _, ok := says[word]; ok {
			return false
		}
	}
	return says["type"] != "boolean"
}

// Every key of every kind stands in a good document, so that TestAgree changes it.
func TestWhole(t *testing.T) {
	all, err := schema.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		says, _ := read(t, s)
		used := map[string]bool{}
		for name, source := range files(t, goodDocuments[s.Kind]...) {
			root, problems := document.Parse(name, source, document.DefaultLimits)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			walk(says, instance(root), "#", used)
		}
		for _, p := range parts(says, "#") {
			if p.key && !used[p.pointer] {
				t.Errorf("%s: no good document says %s", s.Kind, p.pointer)
			}
		}
	}
}

// walk notes the keys of a schema that a value has.
func walk(says map[string]any, value any, pointer string, used map[string]bool) {
	used[pointer] = true
	below := func(says any, value any, where string) {
		if inner, ok := says.(map[string]any); ok {
			walk(inner, value, pointer+where, used)
		}
	}
	forms, _ := says["anyOf"].([]any)
	for i, form := range forms {
		below(form, value, "/anyOf/"+strconv.Itoa(i))
	}
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			below(says["items"], item, "/items")
		}
	case map[string]any:
		keys, _ := says["properties"].(map[string]any)
		for key, inner := range value {
			if known, ok := keys[key]; ok {
				below(known, inner, "/properties/"+key)
			} else {
				below(says["additionalProperties"], inner, "/additionalProperties")
			}
		}
	}
}
