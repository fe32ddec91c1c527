package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// TestRunLines: the runs of a report are given back as they were, by their start and id, and
// read as JSON as if they were a slice.
func TestRunLines(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	proven := monday.Add(time.Nanosecond)
	var want []audit.RunLine
	for i := range 400 {
		line := audit.RunLine{
			Run: fmt.Sprintf("run-%04d", i), Runbook: "backup-verify", State: "done", Level: audit.Logged,
			Started: monday.Add(time.Duration(i/3) * time.Second), FinishBy: monday.Add(time.Hour).In(zone),
			Late: i%5 == 0,
		}
		switch i % 4 {
		case 1:
			line.Deviations, line.NotBefore = []record.Deviation{}, &proven
		case 2:
			line.Deviations, line.ExistedBy = []record.Deviation{record.DeviatedRunbook, "with a \x00 in it"}, &proven
		case 3:
			line.Runbook, line.FinishBy = "", time.Time{}
		}
		want = append(want, line)
	}
	mixed := slices.Clone(want)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	for _, memory := range []int{0, 1000} {
		l := must(audit.NewRunLines(memory, mixed...))
		if diff := cmp.Diff(want, runLines(&audit.Report{Runs: l})); diff != "" || l.Len() != len(want) {
			t.Error(diff)
		}
		if diff := cmp.Diff(asJSON(want), asJSON(l)); diff != "" {
			t.Error(diff)
		}
		var b bytes.Buffer
		if err := evidence.WriteJSON(&b, l); err != nil {
			t.Fatal(err)
		}
		indented := must(json.MarshalIndent(want, "", "  "))
		if diff := cmp.Diff(string(indented)+"\n", b.String()); diff != "" {
			t.Error(diff)
		}
		if err := (&audit.Report{Runs: l}).Close(); err != nil {
			t.Error(err)
		}
		if _, err := json.Marshal(l); err == nil || !strings.Contains(err.Error(), "given up") {
			t.Errorf("runs are read after they were given up: %v", err)
		}
	}
	if text := asJSON(audit.RunLines{}); text != "null" {
		t.Errorf("no runs are %s", text)
	}
}

func asJSON(v any) string { return string(must(json.Marshal(v))) }
