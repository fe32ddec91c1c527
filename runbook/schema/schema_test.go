package schema_test

import (
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/msp-runbook/msp/runbook/document/documenttest"
	"github.com/msp-runbook/msp/runbook/schema"
	"github.com/msp-runbook/msp/runbook/schema/model"
)

// The committed files are what the model says. With -update they become it.
func TestGenerated(t *testing.T) {
	files, err := model.Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		documenttest.Golden(t, name, string(text))
	}
	all, err := schema.All()
	if err != nil || len(all) != len(files) {
		t.Errorf("%d schemas of %d, error %v", len(all), len(files), err)
	}
}

func schemaOf(t testing.TB, kind string) schema.Schema {
	t.Helper()
	all, err := schema.All()
	i := slices.IndexFunc(all, func(s schema.Schema) bool { return s.Kind == kind })
	if err != nil || i < 0 {
		t.Fatalf("no schema of %s, error %v", kind, err)
	}
	return all[i]
}

// compiled is the schema of a kind, ready to judge.
func compiled(t testing.TB, kind string) *jsonschema.Schema {
	t.Helper()
	s := schemaOf(t, kind)
	_, c := read(t, s)
	judge, err := c.Compile(s.File)
	if err != nil {
		t.Fatal(err)
	}
	return judge
}
