package agreement_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/document/documenttest"
	"github.com/msp-runbook/msp/runbook/schedule"
)

func TestLoadAgreement(t *testing.T) {
	a := northwind(t)
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if a.Digest != runbook.Digest(a.Source) || a.ID != "northwind-managed-services" || a.Client != "northwind" || a.Timezone != london || !a.From.Equal(day("2026-01-01")) || !a.Until.Equal(day("2027-12-31")) {
		t.Errorf("%+v", a)
	}
	if !a.Covers("backup-verify") || !a.Covers("service-report") || a.Covers("disk-capacity") || a.Covers("unheard-of") {
		t.Errorf("in scope: %v", a.InScope)
	}
	got, ok := a.Target("backup-daily")
	want := agreement.Target{
		Name: "backup-daily", Percent: 95_000, Window: agreement.Month, Owner: "backup-technician",
		Promises: runbook.SLA{Clock: runbook.ClockScheduled, StartWithin: length(t, "30m"), CompleteWithin: length(t, "2h")},
		Tiers:    []agreement.Tier{{Below: 95_000, Credit: 5_000}, {Below: 90_000, Credit: 10_000}, {Below: 80_000, Credit: 25_000}},
	}
	want.Position, want.Promises.Position = got.Position, got.Promises.Position
	for i, tier := range got.Tiers {
		if want.Tiers[i].Position = tier.Position; tier.Line != 26+i {
			t.Errorf("a tier at %s", tier.Position)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok || got.Line != 18 || got.Column != 3 {
		t.Errorf("%v, at %s (-want +got):\n%s", ok, got.Position, diff)
	}
	if _, ok := a.Target("backup"); ok {
		t.Error("a target that the agreement doesn't have")
	}
	if diff := cmp.Diff(&agreement.Credits{
		MonthlyFee: agreement.Money{Minor: 250_000, Currency: "GBP"}, Cap: 20_000, ClaimWithin: length(t, "30d"), Chronic: agreement.Chronic{Months: 3, Of: 6},
	}, a.Credits); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRevisions: what a KPI was on a day doesn't change with its revisions.
func TestRevisions(t *testing.T) {
	kpi := northwind(t).KPIs[0]
	for _, test := range []struct{ day, target, by string }{{"2026-05-31", "95", "2026-12-31"}, {"2026-06-01", "97.5", "2027-03-31"}} {
		day, err := time.Parse(time.DateOnly, test.day)
		if err != nil {
			t.Fatal(err)
		}
		if k := kpi.At(day); k.Target != test.target || k.By.Format(time.DateOnly) != test.by || k.Baseline != "82" || k.Owner != "backup-lead" {
			t.Errorf("on %s: %+v", test.day, k)
		}
	}
}

// TestDueReports: each report that is due is an occurrence.
func TestDueReports(t *testing.T) {
	a := northwind(t)
	planned, err := a.DueReports(a.From, nil)
	if err != nil || len(planned) != 1 {
		t.Fatalf("%v, %v", planned, err)
	}
	var names []string
	for o := range planned[0].Between(a.From, a.From.AddDate(0, 4, 0)) {
		names = append(names, o.Name)
	}
	want := []string{
		"northwind/service-report/2026-01-03T09:00:00+00:00[Europe/London]", "northwind/service-report/2026-02-03T09:00:00+00:00[Europe/London]",
		"northwind/service-report/2026-03-03T09:00:00+00:00[Europe/London]", "northwind/service-report/2026-04-03T09:00:00+01:00[Europe/London]",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestBrokenAgreements reads every agreement in testdata/agreements and compares
// what is said about it.
func TestBrokenAgreements(t *testing.T) {
	documenttest.Broken(t, "testdata/agreements", 25, func(file string, source []byte) (bool, document.Problems) {
		a, problems := agreement.LoadAgreement(file, source)
		return a != nil, problems
	})
}

// FuzzLoadAgreement: no bytes panic; there is an agreement or a problem with a
// place, and an agreement can be shown and has reports that are due.
func FuzzLoadAgreement(f *testing.F) {
	files, err := filepath.Glob("testdata/agreements/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "testdata/northwind.yaml") {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		a, problems := agreement.LoadAgreement("agreement.yaml", source)
		if (a == nil) == (len(problems) == 0) {
			t.Fatalf("agreement %v, problems %v", a, problems)
		}
		for _, problem := range problems {
			if problem.Line < 1 || problem.Rule == "" || problem.Message == "" {
				t.Fatalf("%#v", problem)
			}
		}
		if a == nil {
			return
		}
		anyDay := func(id string) (*schedule.Calendar, error) { return office(), nil }
		if _, err := a.DueReports(a.From, anyDay); err != nil && !strings.Contains(err.Error(), "schedule") || !runbook.ValidID(a.Client) || a.Digest != runbook.Digest(source) || !strings.Contains(a.Page(), a.Digest) {
			t.Fatalf("%v, %+v", err, a)
		}
		for _, target := range a.Targets {
			if target.Percent > agreement.Whole || target.Owner == "" {
				t.Fatalf("%+v", target)
			}
		}
	})
}

// TestPage holds the page that both parties sign.
func TestPage(t *testing.T) {
	documenttest.Golden(t, "testdata/northwind.page.md", northwind(t).Page())
	source, err := os.ReadFile("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	small, problems := agreement.LoadAgreement("small.yaml", source)
	if small == nil {
		t.Fatal(problems)
	}
	documenttest.Golden(t, "testdata/small.page.md", small.Page())
}
