package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/steps"
)

// TestLongestWay holds the sum that sla-infeasible gives to a walk over a runbook's
// steps with everything that may become of each.
func TestLongestWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawSteps(t)
		header := "apiVersion: msp/v1\nkind: Runbook\nid: r\nversion: 1.0.0\ntitle: R\nclass: ad_hoc\n" +
			"inputs: {first: {type: boolean, default: true}, second: {type: boolean, default: true}}\n"
		r, problems := runbook.Load("r.yaml", []byte(header+text), steps.Kinds())
		if r == nil {
			t.Fatalf("%v\n%s", problems, header+text)
		}
		longest := longestWalk(r)
		if longest == 0 {
			t.Skip("nothing takes time")
		}
		sumOf := func(promised time.Duration) string {
			sla := fmt.Sprintf("sla: {clock: started, complete_within: %dms, target: 90%%}\n", promised.Milliseconds())
			for _, f := range linter(nil, lint.Settings{}).Lint([]runbook.File{{Name: "r.yaml", Source: []byte(header + sla + text)}}).Findings {
				if f.Rule == "sla-infeasible" {
					return f.Message
				}
			}
			return ""
		}
		if found := sumOf(longest); found != "" {
			t.Fatalf("%s takes %s\n%s", text, longest, found)
		}
		found := sumOf(longest - time.Millisecond)
		_, sum, _ := strings.Cut(found, " = ")
		sum, _, _ = strings.Cut(sum, ", ")
		if told, err := time.ParseDuration(sum); err != nil || told != longest {
			t.Fatalf("%s takes %s\n%s", text, longest, found)
		}
	})
}

func drawSteps(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("steps:\n")
	inputs := []string{"inputs.first", "inputs.second"} // each is asked once
	for i := range rapid.IntRange(1, 4).Draw(t, "steps") {
		fmt.Fprintf(&b, "  - {id: s%d, title: S, on_failure: %s", i, rapid.SampledFrom([]string{"abort", "continue"}).Draw(t, "on_failure"))
		minutes := rapid.IntRange(1, 90).Draw(t, "minutes")
		switch rapid.SampledFrom([]string{"run", "run", "manual", "approval"}).Draw(t, "kind") {
		case "run":
			fmt.Fprintf(&b, `, run: "true", timeout: %dm, retry: {max_attempts: %d, delay: %ds, backoff: %d, max_delay: 1m}`, minutes,
				rapid.IntRange(1, 5).Draw(t, "attempts"), rapid.IntRange(0, 40).Draw(t, "delay"), rapid.IntRange(1, 3).Draw(t, "backoff"))
		case "manual":
			fmt.Fprintf(&b, ", manual: {instructions: Look, estimate: %dm}, min_duration: %dm", minutes, rapid.IntRange(1, 90).Draw(t, "least"))
		case "approval":
			fmt.Fprintf(&b, ", approval: {roles: [lead], timeout: %dm}", minutes)
		}
		if i > 0 && rapid.Bool().Draw(t, "needs") {
			fmt.Fprintf(&b, ", needs: [s%d]", rapid.IntRange(0, i-1).Draw(t, "need"))
		}
		if i > 0 && rapid.Bool().Draw(t, "condition") {
			fmt.Fprintf(&b, ", if: %s", drawCondition(t, i, &inputs))
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func drawCondition(t *rapid.T, before int, inputs *[]string) string {
	var parts []string
	for range rapid.IntRange(1, 3).Draw(t, "parts") {
		part := fmt.Sprintf("steps.s%d.%s", rapid.IntRange(0, before-1).Draw(t, "of"), rapid.SampledFrom([]string{"passed", "failed", "skipped", "deviated"}).Draw(t, "word"))
		if len(*inputs) > 0 && rapid.IntRange(0, 3).Draw(t, "open") == 0 {
			part, *inputs = (*inputs)[0], (*inputs)[1:]
		}
		parts = append(parts, rapid.SampledFrom([]string{"", "not "}).Draw(t, "not")+part, rapid.SampledFrom([]string{"and", "or"}).Draw(t, "joined"))
	}
	return strings.Join(parts[:len(parts)-1], " ")
}

// longestWalk is the longest of all walks over the steps, in the way in which a run
// goes: an abort ends it, and conditions are asked of real values.
func longestWalk(r *runbook.Runbook) time.Duration {
	var longest time.Duration
	for inputs := range 4 {
		v := runbook.Values{Steps: map[string]runbook.StepValues{}, Inputs: map[string]runbook.Value{
			"first":  {Type: runbook.Boolean, Data: inputs&1 > 0},
			"second": {Type: runbook.Boolean, Data: inputs&2 > 0},
		}}
		longest = max(longest, walkFrom(r.Steps, v))
	}
	return longest
}

func walkFrom(left []*runbook.Step, v runbook.Values) time.Duration {
	if len(left) == 0 {
		return 0
	}
	s := left[0]
	done := true
	if s.If != nil {
		done, _ = s.If.True(v)
	} else {
		for _, need := range s.Needs {
			done = done && v.Steps[need].Outcome == "passed"
		}
	}
	if !done {
		v.Steps[s.ID] = runbook.StepValues{Outcome: "not_needed"}
		return walkFrom(left[1:], v)
	}
	var behind time.Duration
	for _, outcome := range []string{"passed", "failed", "skipped"} {
		_, person := s.Action.(runbook.AsksPerson)
		_, approval := s.Action.(runbook.AsksApproval)
		if outcome == "failed" && s.OnFailure == runbook.Abort || outcome == "skipped" && (!person || approval) {
			continue
		}
		for _, deviated := range []bool{false, true} {
			v.Steps[s.ID] = runbook.StepValues{Outcome: outcome, Deviated: deviated}
			behind = max(behind, walkFrom(left[1:], v))
		}
	}
	return lengthOf(s) + behind
}

// lengthOf is how long a step takes that fails in all attempts but the last.
func lengthOf(s *runbook.Step) time.Duration {
	if asks, ok := s.Action.(runbook.AsksApproval); ok {
		return asks.Approval().Timeout.Span
	}
	if asks, ok := s.Action.(runbook.AsksPerson); ok {
		return max(asks.AsksPerson().Estimate, s.MinDuration.Span)
	}
	length := s.Timeout.Span
	for n := 2; n <= s.Retry.MaxAttempts; n++ {
		length += s.Retry.Pause(n) + s.Timeout.Span
	}
	return length
}
