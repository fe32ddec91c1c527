package schema_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/steps"
)

// goodDocuments are those that ship and those that the loaders' own tests read
// without a word. The folder whole holds documents that say everything.
var goodDocuments = map[string][]string{
	runbook.KindRunbook:   {"testdata/whole/runbook*.yaml", "../../runbooks/*.yaml", "../testdata/good/*.yaml"},
	runbook.KindPlan:      {"testdata/whole/plan.yaml"},
	runbook.KindAgreement: {"testdata/whole/agreement.yaml", "../agreement/testdata/northwind.yaml", "../agreement/testdata/simulated.yaml", "../agreement/testdata/small.yaml"},
	runbook.KindCalendar:  {"testdata/whole/calendar.yaml", "../../runbooks/calendars/*.yaml"},
	runbook.KindContacts:  {"testdata/whole/contacts.yaml", "../agreement/testdata/contacts.yaml", "../escalate/testdata/contacts.yaml"},
}

// brokenDocuments are those about which the loaders' own tests want to hear.
var brokenDocuments = map[string]string{
	runbook.KindRunbook:   "../testdata/broken/*.yaml",
	runbook.KindPlan:      "../schedule/testdata/plans/*.yaml",
	runbook.KindAgreement: "../agreement/testdata/agreements/*.yaml",
	runbook.KindCalendar:  "../schedule/testdata/calendars/*.yaml",
	runbook.KindContacts:  "../agreement/testdata/contacts/*.yaml",
}

// load gives what the loader of a kind says about a document.
func load(kind string, source []byte) (problems document.Problems) {
	const file = "document.yaml"
	switch kind {
	case runbook.KindRunbook:
		_, problems = runbook.Load(file, source, steps.Kinds())
	case runbook.KindPlan:
		_, problems = schedule.LoadPlan(file, source)
	case runbook.KindAgreement:
		_, problems = agreement.LoadAgreement(file, source)
	case runbook.KindCalendar:
		_, problems = schedule.LoadCalendar(file, source)
	case runbook.KindContacts:
		_, problems = agreement.LoadContacts(file, source)
	}
	return problems
}

// files are the documents that patterns name, by their paths.
func files(t testing.TB, patterns ...string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, error %v", pattern, len(names), err)
		}
		for _, name := range names {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = source
		}
	}
	return found
}

// instance is a document as a validator of JSON sees it: what YAML 1.2 makes of
// it, in which a date is text.
func instance(n *document.Node) any {
	switch n.Kind() {
	case document.Mapping:
		fields := map[string]any{}
		for _, f := range n.Fields() {
			fields[f.Key] = instance(f.Value)
		}
		return fields
	case document.List:
		items := []any{}
		for _, item := range n.Items() {
			items = append(items, instance(item))
		}
		return items
	case document.Bool:
		return strings.EqualFold(n.Text(), "true")
	case document.Int, document.Float:
		if json.Valid([]byte(n.Text())) {
			return json.Number(n.Text())
		}
		if i, err := strconv.ParseInt(n.Text(), 0, 64); err == nil {
			return json.Number(strconv.FormatInt(i, 10))
		}
		return n.Text()
	case document.Null:
		return nil
	default:
		return n.Text()
	}
}

// spot is a place of a document, such as steps/0/run: where it begins, and what
// stands there.
type spot struct {
	at    document.Position
	place string
	value *document.Node
}

// spots are the places of a document in the order of the file, each key before
// its value.
func spots(root *document.Node) []spot {
	var all []spot
	var walk func(n *document.Node, place string)
	walk = func(n *document.Node, place string) {
		all = append(all, spot{n.Position(), place, n})
		for _, f := range n.Fields() {
			below := strings.TrimPrefix(place+"/"+f.Key, "/")
			all = append(all, spot{f.KeyPosition, below, f.Value})
			walk(f.Value, below)
		}
		for i, item := range n.Items() {
			walk(item, fmt.Sprintf("%s/%d", place, i))
		}
	}
	walk(root, "")
	return all
}

// around are the spots that a position can mean: those that begin there, or else
// the last before it. A map in the block style begins where its first key does.
func around(all []spot, at document.Position) []spot {
	var found []spot
	for _, s := range all {
		if s.at.Compare(at) > 0 {
			break
		}
		if len(found) > 0 && found[0].at != s.at {
			found = nil
		}
		found = append(found, s)
	}
	return found
}
