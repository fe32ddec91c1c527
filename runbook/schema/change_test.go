package schema_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook/document"
)

// raw is a value as it is written without quotes.
type raw string

// tree is a document that can be changed: map[string]any, []any, string or raw.
func tree(n *document.Node) any {
	switch n.Kind() {
	case document.Mapping:
		fields := map[string]any{}
		for _, f := range n.Fields() {
			fields[f.Key] = tree(f.Value)
		}
		return fields
	case document.List:
		items := []any{}
		for _, item := range n.Items() {
			items = append(items, tree(item))
		}
		return items
	case document.String:
		return n.Text()
	default:
		return raw(n.Text())
	}
}

// written is a tree as YAML in the flow style, in which every map and every key
// has a position of its own.
func written(value any) string {
	switch value := value.(type) {
	case map[string]any:
		var fields []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			fields = append(fields, quoted(key)+": "+written(value[key]))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case []any:
		var items []string
		for _, item := range value {
			items = append(items, written(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case raw:
		return string(value)
	default:
		return quoted(value.(string))
	}
}

// quoted is a text in double quotes, which JSON and YAML escape alike.
func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// sample is a good document and its places.
type sample struct {
	kind, name string
	root       any
	places     [][]string
}

func samples(t testing.TB) []sample {
	t.Helper()
	var all []sample
	for _, kind := range slices.Sorted(maps.Keys(goodDocuments)) {
		found := files(t, goodDocuments[kind]...)
		for _, name := range slices.Sorted(maps.Keys(found)) {
			root, problems := document.Parse(name, found[name], document.DefaultLimits)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			s := sample{kind: kind, name: name, root: tree(root)}
			each(s.root, nil, func(place []string, _ any) { s.places = append(s.places, slices.Clone(place)) })
			all = append(all, s)
		}
	}
	return all
}

// each visits every place of a tree, the document itself first.
func each(value any, place []string, visit func([]string, any)) {
	visit(place, value)
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			each(value[key], append(place, key), visit)
		}
	case []any:
		for i, item := range value {
			each(item, append(place, strconv.Itoa(i)), visit)
		}
	}
}

// change is one change of a document at a place: what it does, and the document
// after it.
type change struct {
	what string
	root any
}

// placed is a tree with another value at a place. Nothing of the tree is changed.
func placed(value any, place []string, put any) any {
	if len(place) == 0 {
		return put
	}
	if items, ok := value.([]any); ok {
		i, err := strconv.Atoi(place[0])
		if err != nil {
			panic(err)
		}
		items = slices.Clone(items)
		items[i] = placed(items[i], place[1:], put)
		return items
	}
	fields := maps.Clone(value.(map[string]any))
	fields[place[0]] = placed(fields[place[0]], place[1:], put)
	return fields
}

func at(value any, place []string) any {
	for _, key := range place {
		if items, ok := value.([]any); ok {
			i, err := strconv.Atoi(key)
			if err != nil {
				panic(err)
			}
			value = items[i]
			continue
		}
		value = value.(map[string]any)[key]
	}
	return value
}

// values are what any value is replaced with: other types, and texts of forms
// that mean something somewhere.
var values = []any{
	raw("~"), raw("true"), raw("false"), raw("0"), raw("-1"), raw("1"), raw("7"), raw("1.0"), raw("1.5"), raw("0x10"), raw("1000000"), raw("99999999999999999999"),
	raw("2026-03-02"), raw("2026-03-02T09:00:00Z"), raw("yes"), "", " ", "x", "two words", "Upper-Case", "under_score", "a\nb", "a\n", "a/b", "/a", "../a", `C:\a`, "a:b",
	"2026-13-01", "2026-02-30", "1999-12-31", "2026-03-02", "2150-01-01", "2026-08-05T9:00", "09:00", "9:00", "24:00", "09:00-17:00", "09:00-09:00", "17:00-24:00",
	"30m", "0m", " 30m ", "1h30m", "30m1h", "1.5s", "30", "99999999999999999999w", "40d", "7d", "1w", "1d", "4 business hours", "0 business days", "1  business hour", "4 business weeks",
	"50%", "101%", "5 %", "1e1%", "99.9999%", "-5%", "${{ run.id }}", "${{ nosuch }}", "a ${{ run.id }}", "${{", "@daily", "@never", "0 7 * * *", "61 7 * * *",
	"1 MiB", "1 mb", "0640", "14 runs", "0 runs", "1001 runs", "^[a-z]+$", "(", "one", "each", "enum", "manual", "12.50 GBP", "12.5 GBP", "12 JPY", "Europe/London", "monday", "[", "a/**",
	map[string]any{},
	map[string]any{"x": "y"},
	[]any{},
	[]any{"x"},
	[]any{"x", "x"},
	[]any{raw("~")},
	[]any{map[string]any{}},
}

// changes are all changes that are made at a place.
func changes(s sample, place []string, known known) []change {
	return slices.Concat(shapes(s, place, known), meanings(s, place, known))
}

// shapes are the changes of what a map or a list holds: a key goes or comes, an
// item goes or stands twice. What other good documents of the kind say at such a
// place is in known.
func shapes(s sample, place []string, known known) []change {
	var all []change
	add := func(what string, put any) { all = append(all, change{what, placed(s.root, place, put)}) }
	switch old := at(s.root, place).(type) {
	case map[string]any:
		more := maps.Clone(known.keys[s.kind+general(place)])
		more["zzz"] = raw("1")
		for _, key := range slices.Sorted(maps.Keys(more)) {
			fields := maps.Clone(old)
			if _, ok := old[key]; ok {
				delete(fields, key)
				add("loses "+key, fields)
			} else {
				fields[key] = more[key]
				add("gets "+key, fields)
			}
		}
	case []any:
		for i := range old {
			add(fmt.Sprint("loses item ", i), slices.Concat(old[:i], old[i+1:]))
			add(fmt.Sprint("doubles item ", i), slices.Concat(old, []any{old[i]}))
		}
		add("gets ~", slices.Concat(old, []any{raw("~")}))
		add("gets x", slices.Concat(old, []any{"x"}))
	}
	return all
}

// meanings are the changes of a value to another, and of a key to another name.
func meanings(s sample, place []string, known known) []change {
	if len(place) == 0 {
		return nil
	}
	all := slices.Concat(values, known.values[s.kind+general(place)])
	if old, ok := at(s.root, place).(string); ok {
		all = append(all, old+"x", "x"+old, old+" ", old+"\n", strings.ToUpper(old), old[:max(len(old)-1, 0)])
	}
	var changes []change
	if fields, ok := at(s.root, place[:len(place)-1]).(map[string]any); ok {
		key := place[len(place)-1]
		for _, name := range []string{key + "s", strings.ToUpper(key[:1]) + key[1:], "Path"} {
			renamed := maps.Clone(fields)
			delete(renamed, key)
			renamed[name] = fields[key]
			changes = append(changes, change{"is called " + name, placed(s.root, place[:len(place)-1], renamed)})
		}
	}
	for _, value := range all {
		changes = append(changes, change{"becomes " + written(value), placed(s.root, place, value)})
	}
	return changes
}

// general is a place without the numbers of items and without the names that a
// document gives itself.
func general(place []string) string {
	var out strings.Builder
	for i, key := range place {
		if _, err := strconv.Atoi(key); err == nil || i > 0 && slices.Contains([]string{"inputs", "form", "outputs", "normal", "targets", "env"}, place[i-1]) {
			key = "*"
		}
		out.WriteString("/" + key)
	}
	return out.String()
}

// known is what good documents say, by kind and general place: the keys of maps,
// and the values.
type known struct {
	keys   map[string]map[string]any
	values map[string][]any
}

func learn(all []sample) known {
	k := known{map[string]map[string]any{}, map[string][]any{}}
	for _, s := range all {
		each(s.root, nil, func(place []string, value any) {
			where := s.kind + general(place)
			if fields, ok := value.(map[string]any); ok {
				if k.keys[where] == nil {
					k.keys[where] = map[string]any{}
				}
				maps.Copy(k.keys[where], fields)
			}
			said := func(v any) bool { return written(v) == written(value) }
			if len(k.values[where]) < 8 && !slices.ContainsFunc(k.values[where], said) {
				k.values[where] = append(k.values[where], value)
			}
		})
	}
	return k
}
