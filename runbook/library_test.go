package runbook_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/msp-runbook/msp/runbook"
)

// The order of a library's runbooks and problems is that of its files, however many
// are read at once.
func TestLibraryOrder(t *testing.T) {
	var files []runbook.File
	for i := range 100 {
		source := fmt.Sprintf("apiVersion: msp/v1\nkind: Runbook\nid: book-%d\nversion: 1.0.0\ntitle: T\n", i/2)
		files = append(files, runbook.File{Name: fmt.Sprintf("%03d.yaml", i), Source: []byte(source)})
	}
	_, first := runbook.NewLibrary(nil, files).Load()
	if len(first) != 150 || first[1].File != "001.yaml" || first[1].Rule != "missing-key" || first[2].Rule != "duplicate-id" {
		t.Fatalf("%d problems: %v", len(first), first)
	}
	for range 10 {
		if _, again := runbook.NewLibrary(nil, files).Load(); !reflect.DeepEqual(first, again) {
			t.Fatalf("first %v, then %v", first, again)
		}
	}
}

// A document's kind is what its reader finds, however it is written.
func TestIs(t *testing.T) {
	for source, want := range map[string]string{
		"apiVersion: msp/v1\nkind: Plan\nid: Agreement\n":     runbook.KindPlan,
		"# Agreement\n#\nkind: Plan\nid: a\n":                 runbook.KindPlan,
		"kind: Plan\n  Agreement\nid: a\n":                    "",
		"kind: Runbook\nkind: Plan\n":                         runbook.KindRunbook,
		"id: Plan\nkind: \"Agreement\"\n":                     runbook.KindAgreement,
		"apiVersion: \"a\nkind: Plan\nb\"\nkind: Agreement\n": runbook.KindAgreement,
		"kind: Plan\n\n Agreement\nid: a\n":                   "",
		"\nkind:\n  Plan\n":                                   runbook.KindPlan,
		"kind: Plan\nid: [\n":                                 "",
	} {
		for _, kind := range []string{runbook.KindRunbook, runbook.KindPlan, runbook.KindAgreement} {
			if got := (runbook.File{Source: []byte(source)}).Is(kind); got != (kind == want) {
				t.Errorf("%q is a %s: %v", source, kind, got)
			}
		}
	}
}
