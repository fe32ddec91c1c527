package change_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/change"
	"github.com/msp-runbook/msp/runbook/document"
)

func TestCheck(t *testing.T) {
	const reason = "  - {date: 2026-04-01, by: lead, decided: as it is now, because: it was asked for}\n"
	for name, c := range map[string]struct {
		edits []string
		want  []string
	}{
		"nothing":      {nil, nil},
		"only raised":  {[]string{"1.4.0", "3.0.0"}, nil},
		"words":        {[]string{"A lead agrees", "A lead looks", "1.4.0", "1.4.1"}, nil},
		"not raised":   {[]string{"60m", "20m"}, []string{"new.yaml:4:10: version-not-bumped: the step size may now take 20m, it was 60m: this demands a minor version, 1.4.0 → at least 1.5.0, and it is 1.4.0"}},
		"not enough":   {[]string{"60m", "20m", "A lead agrees", "A lead looks", "1.4.0", "1.4.1"}, []string{"new.yaml:4:10: version-not-bumped: the step size may now take 20m, it was 60m: this demands a minor version, 1.4.0 → at least 1.5.0, and it is 1.4.1"}},
		"enough":       {[]string{"60m", "20m", "1.4.0", "1.5.0"}, nil},
		"lowered":      {[]string{"1.4.0", "1.3.0"}, []string{"new.yaml:4:10: version-lowered: the version is 1.3.0, and at main it was 1.4.0 already"}},
		"loosened":     {[]string{"within: 40%", "within: 60%", "1.4.0", "1.5.0"}, []string{"new.yaml:25:55: change-without-reason: bytes of the step size may now vary by 60%, it was 40%: this loosens control, and no decision or rationale came with it"}},
		"major":        {[]string{"0 7 * * *", "0 9 * * *", "1.4.0", "2.0.0"}, []string{`new.yaml:10:12: change-without-reason: the time at which it is due is now "0 9 * * *", it was "0 7 * * *": this makes others act, and no decision or rationale came with it`}},
		"taken out":    {[]string{"sla: {clock: scheduled, complete_within: 2h, target: 95%}\n", "", "1.4.0", "2.0.0"}, []string{"new.yaml:3:5: change-without-reason: the SLA was taken out: this loosens control, and others have to act for it, and no decision or rationale came with it"}},
		"a decision":   {[]string{"within: 40%", "within: 60%", "1.4.0", "1.5.0", "inputs:\n", "inputs:\n", "decisions:\n", "decisions:\n" + reason}, nil},
		"a rationale":  {[]string{"within: 40%", "within: 60%", "1.4.0", "1.5.0", "asked to look", "asked, and months differ"}, nil},
		"of the step":  {[]string{"within: 40%", "within: 60%", "1.4.0", "1.5.0", "    timeout: 60m", "    rationale: Months differ.\n    timeout: 60m"}, nil},
		"only removed": {[]string{"rationale: Nobody had been asked to look.\n", "", "within: 40%", "within: 60%", "1.4.0", "1.5.0"}, []string{"new.yaml:24:55: change-without-reason: bytes of the step size may now vary by 60%, it was 40%: this loosens control, and no decision or rationale came with it"}},
	} {
		t.Run(name, func(t *testing.T) {
			old, now := edited(t, c.edits...)
			var got []string
			for _, p := range change.Check(old, now, change.Between(old, now), "main") {
				got = append(got, document.Problem{Position: p.Position, Rule: p.Rule, Message: p.Message}.Error())
				if p.Hint == "" {
					t.Errorf("%s has no hint", p.Rule)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
