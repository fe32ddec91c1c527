package schema_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/steps"
)

// Where a schema lists words its loader takes those and no others, and says so of one
// that is none of them. TestAgree changes documents by chance, and would miss a word
// that stands in no good one.
func TestEnums(t *testing.T) {
	asked := map[string]bool{}
	for _, s := range samples(t) {
		says, _ := read(t, schemaOf(t, s.kind))
		for _, place := range s.places {
			for pointer, words := range enumsAt(says, place, "#") {
				asked[s.kind+pointer] = true
				wanted := "must be one of " + strings.Join(words, ", ") + ", but it is"
				if len(words) == 1 {
					wanted = "must be " + words[0] + ", but it is"
				}
				said := load(s.kind, []byte(written(placed(s.root, place, "qqqqqqqq"))))
				if !slices.ContainsFunc(said, func(p document.Problem) bool { return strings.Contains(p.Message, wanted) }) {
					t.Errorf("%s at /%s: the schema has %q, and the loader says: %v", s.name, strings.Join(place, "/"), words, said)
				}
			}
		}
	}
	for kind := range goodDocuments {
		says, _ := read(t, schemaOf(t, kind))
		for _, p := range parts(says, "#") {
			if p.says["enum"] != nil && !asked[kind+p.pointer] {
				t.Errorf("%s: no good document says %s", kind, p.pointer)
			}
		}
	}
}

// enumsAt are the lists of words that a schema has for a place, by their pointers.
func enumsAt(says map[string]any, place []string, pointer string) map[string][]string {
	found := map[string][]string{}
	below := func(says any, rest []string, where string) {
		if inner, ok := says.(map[string]any); ok {
			for at, words := range enumsAt(inner, rest, pointer+where) {
				found[at] = words
			}
		}
	}
	forms, _ := says["anyOf"].([]any)
	for i, form := range forms {
		below(form, place, "/anyOf/"+strconv.Itoa(i))
	}
	if len(place) == 0 {
		words, _ := says["enum"].([]any)
		for _, word := range words {
			found[pointer] = append(found[pointer], fmt.Sprint(word))
		}
		return found
	}
	keys, _ := says["properties"].(map[string]any)
	if known, ok := keys[place[0]]; ok {
		below(known, place[1:], "/properties/"+place[0])
	} else if _, err := strconv.Atoi(place[0]); err == nil {
		below(says["items"], place[1:], "/items")
	} else {
		below(says["additionalProperties"], place[1:], "/additionalProperties")
	}
	return found
}

// msp fmt has a place for every key of a document and of a step.
func TestLayout(t *testing.T) {
	for kind := range goodDocuments {
		order := runbook.Layout(runbook.File{Name: "document.yaml", Source: []byte("apiVersion: msp/v1\nkind: " + kind + "\n")}, steps.Kinds())
		says, _ := read(t, schemaOf(t, kind))
		for _, p := range parts(says, "#") {
			key, top := strings.CutPrefix(p.pointer, "#/properties/")
			in := order(nil)
			if step, ok := strings.CutPrefix(p.pointer, "#/properties/steps/items/properties/"); ok {
				key, top, in = step, true, order([]string{"steps"})
			}
			if top && !strings.Contains(key, "/") && !slices.Contains(in, key) {
				t.Errorf("%s: msp fmt has no place for %s", kind, p.pointer)
			}
		}
	}
}
