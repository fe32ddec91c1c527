package schema_test

import (
	"testing"

	"github.com/msp-runbook/msp/runbook/document"
)

// Every document that ships, and every good one of the tests, is what its schema
// says, and the loader reads it.
func TestGood(t *testing.T) {
	for kind, patterns := range goodDocuments {
		judge := compiled(t, kind)
		for name, source := range files(t, patterns...) {
			if problems := load(kind, source); len(problems) > 0 {
				t.Errorf("%s: the loader says: %v", name, problems)
			}
			root, problems := document.Parse(name, source, document.DefaultLimits)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if err := judge.Validate(instance(root)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
