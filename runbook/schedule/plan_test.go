package schedule

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/document/documenttest"
)

const plan = `apiVersion: msp/v1
kind: Plan
client: northwind
ticker: laptop-jo
level: signed
runbooks:
  - runbook: backup-verify
    inputs: {max_age: 26h, hosts: [db1, db2], count: 3}
    from: 2026-03-01
    until: 2026-08-31
  - runbook: backup-verify
    from: 2026-09-01
  - {runbook: patch-windows, inputs: {}}
`

func TestLoadPlan(t *testing.T) {
	got, problems := LoadPlan("plan.yaml", []byte(plan))
	if got == nil {
		t.Fatal(problems)
	}
	at := func(line, column int) document.Position {
		return document.Position{File: "plan.yaml", Line: line, Column: column}
	}
	day := func(month time.Month, of int) time.Time { return time.Date(2026, month, of, 0, 0, 0, 0, time.UTC) }
	want := &Plan{
		Position: at(1, 1), Document: got.Document,
		Client: "northwind", Ticker: "laptop-jo", Level: "signed",
		Items: []Item{
			{Position: at(7, 5), Runbook: "backup-verify", Inputs: map[string]string{"max_age": "26h", "hosts": "db1,db2", "count": "3"}, From: day(3, 1), Until: day(8, 31)},
			{Position: at(11, 5), Runbook: "backup-verify", From: day(9, 1)},
			{Position: at(13, 5), Runbook: "patch-windows", Inputs: map[string]string{}},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(document.Node{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if string(got.Source) != plan || got.Digest != runbook.Digest([]byte(plan)) {
		t.Errorf("%q, %s", got.Source, got.Digest)
	}
}

func TestLoadPlanDefaults(t *testing.T) {
	got, problems := LoadPlan("plan.yaml", []byte("apiVersion: msp/v1\nkind: Plan\nclient: a\nrunbooks: []\n"))
	if got == nil {
		t.Fatal(problems)
	}
	if got.Level != "logged" || got.Ticker != "" || got.Items != nil {
		t.Errorf("%+v", got)
	}
}

// TestBrokenPlans reads every plan in testdata/plans and compares what is said
// about it.
func TestBrokenPlans(t *testing.T) {
	documenttest.Broken(t, "testdata/plans", 10, func(file string, source []byte) (bool, document.Problems) {
		p, problems := LoadPlan(file, source)
		return p != nil, problems
	})
}

// FuzzLoadPlan: no bytes panic; there is a plan or a problem with a place, and
// a plan asks for no day twice.
func FuzzLoadPlan(f *testing.F) {
	f.Add([]byte(plan))
	documenttest.Seeds(f, "testdata/plans")
	f.Fuzz(func(t *testing.T, source []byte) {
		p, problems := LoadPlan("plan.yaml", source)
		if (p == nil) == (len(problems) == 0) {
			t.Fatalf("plan %v, problems %v", p, problems)
		}
		for _, problem := range problems {
			if problem.Line < 1 || problem.Rule == "" || problem.Message == "" {
				t.Fatalf("%#v", problem)
			}
		}
		if p == nil {
			return
		}
		if !runbook.ValidID(p.Client) || p.Digest != runbook.Digest(source) {
			t.Fatalf("%+v", p)
		}
		for i, a := range p.Items {
			for _, b := range p.Items[:i] {
				apart := !a.Until.IsZero() && a.Until.Before(b.From) || !b.Until.IsZero() && b.Until.Before(a.From)
				if !runbook.ValidID(a.Runbook) || a.Runbook == b.Runbook && !apart {
					t.Fatalf("%+v and %+v", a, b)
				}
			}
		}
	})
}
