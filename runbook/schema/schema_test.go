package schema_test

import (
	"bytes"
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

// compiled is the schema of a kind, ready to judge.
func compiled(t testing.TB, kind string) *jsonschema.Schema {
	t.Helper()
	all, err := schema.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Kind != kind {
			continue
		}
		text, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.Text))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(s.File, text); err != nil {
			t.Fatal(err)
		}
		judge, err := c.Compile(s.File)
		if err != nil {
			t.Fatal(err)
		}
		return judge
	}
	t.Fatalf("no schema of %s", kind)
	return nil
}
