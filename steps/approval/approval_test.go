package approval_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/steps/approval"
	"github.com/msp-runbook/msp/steps/stepstest"
)

const everything = `
roles: [lead, auditor]
min_approvals: 2
timeout: 30m
on_timeout: reject
instructions: |
  Compare the size with the invoice.
`

func TestKind(t *testing.T) {
	stepstest.Run(t, approval.Kind{}, stepstest.Cases{
		Invalid: []stepstest.Invalid{
			{YAML: "timeout: 5m", Problems: []string{"1:1 missing-key"}},
			{YAML: "roles: lead", Problems: []string{"1:8 wrong-type"}},
			{YAML: "roles: []", Problems: []string{"1:8 bad-value"}},
			{YAML: "roles: [agent]", Problems: []string{"1:9 bad-value"}},
			{YAML: "roles: [leed]", Problems: []string{"1:9 bad-value"}, Says: []string{"did you mean lead?"}},
			{YAML: "roles: [lead, lead]", Problems: []string{"1:15 duplicate-id"}},
			{YAML: "roles: [lead]\nmin_approvals: 0", Problems: []string{"2:16 bad-value"}},
			{YAML: "roles: [lead]\nmin_approvals: 21", Problems: []string{"2:16 bad-value"}},
			{YAML: "roles: [lead]\nmin_approvals: two", Problems: []string{"2:16 wrong-type"}},
			{YAML: "roles: [lead]\ntimeout: 30", Problems: []string{"2:10 duration"}},
			{YAML: "roles: [lead]\ntimeout: 0s", Problems: []string{"2:10 bad-value"}},
			{YAML: "roles: [lead]\ntimeout: [5m]", Problems: []string{"2:10 wrong-type"}},
			{YAML: "roles: [lead]\ntimeout: 5m\non_timeout: approve", Problems: []string{"3:13 bad-value"}, Says: []string{"silence is no approval"}},
			{YAML: "roles: [lead]\ntimeout: 5m\non_timeout: maybe", Problems: []string{"3:13 bad-value"}},
			{YAML: "roles: [lead]\non_timeout: reject", Problems: []string{"2:13 bad-value"}},
			{YAML: "roles: [lead]\ninstructions: ' '", Problems: []string{"2:15 bad-value"}},
			{YAML: "roles: [lead]\ninstructions: Look at ${{ inputs.a }}", Problems: []string{"2:23 expression-in-title"}},
			{YAML: "roles: [lead]\nshow: size", Problems: []string{"2:7 wrong-type"}},
			{YAML: "roles: [lead]\nshow: []", Problems: []string{"2:7 bad-value"}},
			{YAML: "roles: [lead]\nshow: [a, a]", Problems: []string{"2:11 duplicate-id"}},
			{YAML: "roles: [lead]\nshow: [nothing]", Problems: []string{"2:8 unknown-reference"}},
			{YAML: "roles: [lead]\napprovers: [bob]", Problems: []string{"2:1 unknown-key"}, Says: []string{`msp says "roles"`}},
		},
		Runs: []stepstest.Case{{Name: "nobody runs it", YAML: everything, Error: runbook.ErrPark.Error()}},
	})
}

func TestTerms(t *testing.T) {
	action, problems := stepstest.Decode(t, approval.Kind{}, everything)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := runbook.Approval{
		Roles: []string{"lead", "auditor"}, Min: 2, Timeout: runbook.Duration{Text: "30m", Span: 30 * time.Minute},
		Instructions: "Compare the size with the invoice.\n",
	}
	if diff := cmp.Diff(want, action.(runbook.AsksApproval).Approval()); diff != "" {
		t.Error(diff)
	}
	if got := action.Describe(); got != "wait for 2 approvals, each by a lead or an auditor" {
		t.Error(got)
	}
}
