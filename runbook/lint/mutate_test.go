package lint_test

import (
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// place is a value of a document, and the map or list in which it stands.
type place struct {
	in    *document.Node
	key   string // "" for an item of a list
	value *document.Node
}

// placesOf are the values at a path, such as "steps.*.title", where a star is each
// item and each key. The path "" is the document.
func placesOf(root *document.Node, path string) []place {
	found := []place{{value: root}}
	if path == "" {
		return found
	}
	for key := range strings.SplitSeq(path, ".") {
		var next []place
		for _, p := range found {
			for _, f := range p.value.Fields() {
				if key == "*" || key == f.Key {
					next = append(next, place{p.value, f.Key, f.Value})
				}
			}
			for _, item := range p.value.Items() {
				if key == "*" {
					next = append(next, place{p.value, "", item})
				}
			}
		}
		found = next
	}
	return found
}

// edited is the mutant after an edit.
func (s specimen) edited(edit document.Edit, err error) mutant {
	source, applied := document.Apply(s.Source, []document.Edit{edit})
	if err != nil || applied != nil {
		panic("the mutation can't be made: " + s.Name)
	}
	return mutant{source: source}
}

// over replaces a value by another of one line, whatever it was.
func (s specimen) over(n *document.Node, value string) mutant {
	start, end := n.Span()
	return s.edited(document.Edit{Start: start, End: end, Text: value}, nil)
}

// in has a mutation break documents of a kind only.
func in(kind string, breaks func(specimen) []mutant) func(specimen) []mutant {
	return func(s specimen) []mutant {
		if s.kind != kind {
			return nil
		}
		return breaks(s)
	}
}

// where has a mutation break documents whose text has some words in it.
func where(words string, breaks func(specimen) []mutant) func(specimen) []mutant {
	return func(s specimen) []mutant {
		if !strings.Contains(string(s.Source), words) {
			return nil
		}
		return breaks(s)
	}
}

// without has a mutation break documents only whose text doesn't have some words in it.
func without(words string, breaks func(specimen) []mutant) func(specimen) []mutant {
	return func(s specimen) []mutant {
		if strings.Contains(string(s.Source), words) {
			return nil
		}
		return breaks(s)
	}
}

// remove takes a key away.
func remove(path string) func(specimen) []mutant {
	return func(s specimen) []mutant {
		var all []mutant
		for _, p := range placesOf(s.root, path) {
			all = append(all, s.edited(p.in.Delete(p.key)))
		}
		return all
	}
}

// set gives a key other values.
func set(path string, values ...string) func(specimen) []mutant {
	return func(s specimen) []mutant {
		var all []mutant
		for _, p := range placesOf(s.root, path) {
			for _, value := range values {
				all = append(all, s.over(p.value, value))
			}
		}
		return all
	}
}

// add gives maps one more key, with one of some values.
func add(path, key string, values ...string) func(specimen) []mutant {
	return func(s specimen) []mutant {
		var all []mutant
		for _, p := range placesOf(s.root, path) {
			fields := p.value.Fields()
			for _, value := range values {
				if len(fields) > 0 && p.value.Value(key) == nil {
					all = append(all, s.edited(p.value.InsertAfter(fields[0].Key, key, value)))
				}
			}
		}
		return all
	}
}

// rewrite gives texts other words; none for what isn't to be changed.
func rewrite(path string, words func(string) []string) func(specimen) []mutant {
	return func(s specimen) []mutant {
		var all []mutant
		for _, p := range placesOf(s.root, path) {
			for _, text := range words(p.value.Text()) {
				if p.value.Kind() == document.String && text != p.value.Text() {
					all = append(all, s.edited(p.value.ReplaceText(text)))
				}
			}
		}
		return all
	}
}

// swap puts another part into a text, once in each place where it is found.
func swap(old, replacement string) func(string) []string {
	return func(text string) []string {
		var all []string
		for i := range text {
			if strings.HasPrefix(text[i:], old) {
				all = append(all, text[:i]+replacement+text[i+len(old):])
			}
		}
		return all
	}
}

// prefix puts words in front of a text.
func prefix(words ...string) func(string) []string {
	return func(text string) []string {
		var all []string
		for _, w := range words {
			all = append(all, w+text)
		}
		return all
	}
}

// suffix puts words behind a text.
func suffix(words ...string) func(string) []string {
	return func(text string) []string {
		var all []string
		for _, w := range words {
			all = append(all, strings.TrimRight(text, "\n")+w)
		}
		return all
	}
}

// wholeText changes the text of the whole file.
func wholeText(change func(string) []string) func(specimen) []mutant {
	return func(s specimen) []mutant {
		var all []mutant
		for _, text := range change(string(s.Source)) {
			all = append(all, mutant{source: []byte(text)})
		}
		return all
	}
}

// any of several ways to break a document.
func either(ways ...func(specimen) []mutant) func(specimen) []mutant {
	return func(s specimen) []mutant {
		var all []mutant
		for _, breaks := range ways {
			all = append(all, breaks(s)...)
		}
		return all
	}
}

// beside a document comes a copy of it, changed or not.
func copied(change func(string) string) func(specimen) []mutant {
	return func(s specimen) []mutant {
		f := runbook.File{Name: "copy.yaml", Source: []byte(change(string(s.Source)))}
		return []mutant{{source: s.Source, beside: []runbook.File{f}}}
	}
}

// since has the library compared with what it was.
func since(breaks func(specimen) []mutant) func(specimen) []mutant {
	return in("Runbook", func(s specimen) []mutant {
		all := slices.Clone(breaks(s))
		for i := range all {
			all[i].before = runbook.File{Name: "before.yaml", Source: s.Source}
		}
		return all
	})
}

func parsed(name string, source []byte) *document.Node {
	root, problems := document.Parse(name, source, document.Limits{})
	if len(problems) > 0 {
		panic(problems)
	}
	return root
}
