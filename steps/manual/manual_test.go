package manual_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/steps/manual"
	"github.com/msp-runbook/msp/steps/stepstest"
)

const everything = `
instructions: |
  Look at ${{ inputs.console }}.
  What changed?
checklist: [The job is green, Nobody else is logged in]
form:
  cause: {type: text, required: true}
  ticket: {type: string, pattern: '^[A-Z]+-\d+$'}
  copies: {type: integer, minimum: 1, default: 2}
evidence:
  - {name: console, type: file, required: true, description: A screenshot}
  - {name: log, type: file}
estimate: 5m
`

func TestKind(t *testing.T) {
	stepstest.Run(t, manual.Kind{}, stepstest.Cases{Invalid: invalid(), Runs: append(good(), bad()...)})
}

func invalid() []stepstest.Invalid {
	secret := func(_ *testing.T, env *stepstest.Env) { env.Secret("TOKEN", "hunter2hunter2") }
	return []stepstest.Invalid{
		{YAML: "estimate: 5m", Problems: []string{"1:1 missing-key"}},
		{YAML: "instructions: ' '", Problems: []string{"1:15 bad-value"}},
		{YAML: "instructions: [a]", Problems: []string{"1:15 wrong-type"}},
		{YAML: "instructions: Look at ${{ inputs.nothing }}", Problems: []string{"1:27 expression"}},
		{YAML: "instructions: Use ${{ secrets.TOKEN }}", Prepare: secret, Problems: []string{"1:23 expression"}},
		{YAML: "instructions: Look\nchecklist: Look", Problems: []string{"2:12 wrong-type"}},
		{YAML: "instructions: Look\nchecklist: []", Problems: []string{"2:12 bad-value"}},
		{YAML: "instructions: Look\nchecklist: [a, '', a, 1]", Problems: []string{"2:16 bad-value", "2:20 duplicate-id", "2:23 wrong-type"}},
		{YAML: "instructions: Look\nchecklist: [\"a\\nb\", \"see ${{ run.id }}\"]", Problems: []string{"2:13 bad-value", "2:26 expression-in-title"}},
		{YAML: "instructions: Look\nform: [a]", Problems: []string{"2:7 wrong-type"}},
		{YAML: "instructions: Look\nform: {}", Problems: []string{"2:7 bad-value"}},
		{YAML: "instructions: Look\nform: {Cause: {type: text}}", Problems: []string{"2:8 bad-value"}},
		{YAML: "instructions: Look\nform: {cause: {type: words}}", Problems: []string{"2:22 bad-value"}},
		{YAML: "instructions: Look\nevidence: console", Problems: []string{"2:11 wrong-type"}},
		{YAML: "instructions: Look\nevidence: []", Problems: []string{"2:11 bad-value"}},
		{YAML: "instructions: Look\nevidence: [console]", Problems: []string{"2:12 wrong-type"}},
		{YAML: "instructions: Look\nevidence: [{name: Con Sole}]", Problems: []string{"2:12 missing-key", "2:19 bad-value"}},
		{YAML: "instructions: Look\nevidence: [{name: a, type: photo}]", Problems: []string{"2:28 bad-value"}},
		{YAML: "instructions: Look\nevidence: [{name: a, type: file}, {name: a, type: file}]", Problems: []string{"2:42 duplicate-id"}},
		{YAML: "instructions: Look\nevidence: [{name: a, type: file, optional: true}]", Problems: []string{"2:34 unknown-key"}, Says: []string{`msp says "required"`}},
		{YAML: "instructions: Look\nevidence: [{name: a, type: file, description: ''}]", Problems: []string{"2:47 bad-value"}},
		{YAML: "instructions: Look\nestimate: 5", Problems: []string{"2:11 duration"}},
		{YAML: "instructions: Look\nestimate: [5m]", Problems: []string{"2:11 wrong-type"}},
		{YAML: "instructions: Look\nfields: {}", Problems: []string{"2:1 unknown-key"}, Says: []string{`msp says "form"`}},
	}
}

// full is an answer to everything.
func full(t *testing.T, env *stepstest.Env) *runbook.Answer {
	env.Input(t, "console", runbook.String, "the console")
	door := &stepstest.Scripted{Answer: runbook.Answer{
		Checked: []string{"Nobody else is logged in", "The job is green"},
		Values:  map[string]runbook.Value{"cause": {Text: "month end\nclosing"}, "ticket": {Text: ""}},
		Files:   map[string]string{"console": env.Write(t, "console.png", "pixels", 0)},
	}}
	env.Door = door
	return &door.Answer
}

// with is a full answer that was changed.
func with(change func(*testing.T, *stepstest.Env, *runbook.Answer)) func(*testing.T, *stepstest.Env) {
	return func(t *testing.T, env *stepstest.Env) { change(t, env, full(t, env)) }
}

func values(v map[string]runbook.Value) func(*testing.T, *stepstest.Env) {
	return func(_ *testing.T, env *stepstest.Env) {
		env.Door = &stepstest.Scripted{Answer: runbook.Answer{Values: v}}
	}
}

func good() []stepstest.Case {
	return []stepstest.Case{
		{
			Name: "everything", YAML: everything, Prepare: func(t *testing.T, env *stepstest.Env) { full(t, env) },
			Outputs: map[string]string{"cause": "month end\nclosing", "copies": "2"},
			Proof:   runbook.Attached, Detail: "2 of 2 ticked · 2 values · 1 file", Verify: verifyEverything,
		},
		{
			Name: "evidence is a link", YAML: everything, Proof: runbook.Attached,
			Prepare: with(func(t *testing.T, env *stepstest.Env, a *runbook.Answer) {
				outside := env.Write(t, filepath.Join(env.Dir(), "..", "photo.png"), "pixels", 0)
				link := filepath.Join(env.Dir(), "link")
				if err := os.Symlink(outside, link); err != nil {
					t.Fatal(err)
				}
				a.Files["log"] = link
			}),
		},
		{
			Name: "skipped", YAML: everything,
			Prepare: with(func(_ *testing.T, _ *stepstest.Env, a *runbook.Answer) {
				*a = runbook.Answer{Skipped: true, Reason: "no console"}
			}),
			Verify: func(t *testing.T, env *stepstest.Env, r runbook.Result) {
				if r.Answer == nil || !r.Answer.Skipped || len(r.Outputs) > 0 || len(env.Kept) > 0 {
					t.Errorf("got %+v", r)
				}
			},
		},
		{Name: "only done", YAML: "instructions: Look", Prepare: values(nil), Proof: runbook.Attested},
		{
			Name: "a value", YAML: "instructions: Look\nform: {weight: {type: number}}", Proof: runbook.Stated, Detail: "1 value",
			Prepare: values(map[string]runbook.Value{"weight": {Text: "1.5"}}), Outputs: map[string]string{"weight": "1.5"},
		},
		{
			Name: "no value", YAML: "instructions: Look\nform: {weight: {type: number}}", Proof: runbook.Attested,
			Prepare: values(map[string]runbook.Value{"weight": {Type: runbook.Number, Text: " "}}),
		},
		{
			Name: "the door's types are not trusted", YAML: "instructions: Look\nform: {weight: {type: number}}", Proof: runbook.Stated,
			Prepare: values(map[string]runbook.Value{"weight": {Type: runbook.String, Text: "2", Data: "two"}}),
		},
		{
			Name: "a path", YAML: "instructions: Look\nform: {where: {type: path}}", Proof: runbook.Stated,
			Prepare: values(map[string]runbook.Value{"where": {Text: "/var/log"}}), Outputs: map[string]string{"where": "/var/log"},
		},
	}
}

func verifyEverything(t *testing.T, env *stepstest.Env, r runbook.Result) {
	task := env.Door.(*stepstest.Scripted).Tasks[0]
	want := runbook.Task{
		Run: "01J", Step: "step", Title: "A step", Folder: env.Dir(), Estimate: 5 * time.Minute,
		Instructions: "Look at the console.\nWhat changed?\n",
		Checklist:    []string{"The job is green", "Nobody else is logged in"},
		Evidence:     []runbook.EvidenceRequest{{Name: "console", Description: "A screenshot", Required: true}, {Name: "log"}},
	}
	if diff := cmp.Diff(want, task, cmpopts.IgnoreFields(runbook.Task{}, "Form")); diff != "" {
		t.Errorf("the task:\n%s", diff)
	}
	if len(task.Form) != 3 || task.Form[0].Name != "cause" {
		t.Errorf("the form is %+v", task.Form)
	}
	if _, ok := r.Outputs["ticket"]; ok {
		t.Error("an empty value became an output")
	}
	if got := string(env.Kept["console"]); got != "pixels" {
		t.Errorf("kept %q", got)
	}
	attached := []runbook.Attachment{{Name: "console", Digest: runbook.Digest([]byte("pixels")), Size: 6}}
	if diff := cmp.Diff(attached, r.Evidence); diff != "" {
		t.Errorf("the evidence:\n%s", diff)
	}
	if diff := cmp.Diff(r.Outputs, r.Answer.Values); diff != "" {
		t.Errorf("the answer's values are not those that were parsed:\n%s", diff)
	}
}

func bad() []stepstest.Case {
	file := func(path func(t *testing.T, env *stepstest.Env) string) func(*testing.T, *stepstest.Env) {
		return with(func(t *testing.T, env *stepstest.Env, a *runbook.Answer) { a.Files["console"] = path(t, env) })
	}
	form := "instructions: Look\nform: {at: {type: file, required: true}, n: {type: integer, maximum: 3, default: 3}}"
	return []stepstest.Case{
		{
			Name: "nothing answered", YAML: everything,
			Prepare: with(func(_ *testing.T, _ *stepstest.Env, a *runbook.Answer) { *a = runbook.Answer{} }),
			Found:   `the answer lacks the value cause, the tick at "The job is green", the tick at "Nobody else is logged in", the file console`,
			Verify: func(t *testing.T, _ *stepstest.Env, r runbook.Result) {
				if r.Answer == nil {
					t.Error("the answer is lost")
				}
			},
		},
		{
			Name: "wrong values", YAML: form, Prepare: values(map[string]runbook.Value{"at": {Text: "nowhere"}, "n": {Text: "4"}}),
			Found: "at: there is no such file; n: 4 is over the maximum of 3",
		},
		{Name: "value is a folder", YAML: form, Prepare: values(map[string]runbook.Value{"at": {Text: "."}}), Found: "at: it is a folder"},
		{
			Name: "not asked for", YAML: "instructions: Look",
			Prepare: func(_ *testing.T, env *stepstest.Env) {
				env.Door = &stepstest.Scripted{Answer: runbook.Answer{
					Checked: []string{"x\n"}, Files: map[string]string{"f": "/f"}, Values: map[string]runbook.Value{"v": {Text: "1"}},
				}}
			},
			Found: `no field is called "v"; no evidence is called "f"; the checklist has no "x\n"`,
		},
		{
			Name: "a control character", YAML: everything, Found: "cause: it holds the control character",
			Prepare: with(func(_ *testing.T, _ *stepstest.Env, a *runbook.Answer) {
				a.Values["cause"] = runbook.Value{Text: "\x1b[2J"}
			}),
		},
		{Name: "no such file", YAML: everything, Found: "the evidence console can't be taken", Prepare: file(func(_ *testing.T, env *stepstest.Env) string {
			return filepath.Join(env.Dir(), "nothing")
		})},
		{Name: "a folder", YAML: everything, Found: "it is a folder", Prepare: file(func(_ *testing.T, env *stepstest.Env) string { return env.Dir() })},
		{Name: "a device", YAML: everything, Found: "not a regular file", Prepare: file(func(*testing.T, *stepstest.Env) string { return os.DevNull })},
		{Name: "a relative path", YAML: everything, Error: "not an absolute path", Prepare: file(func(*testing.T, *stepstest.Env) string { return "console.png" })},
	}
}

// A large file is not copied to its end when the run is cancelled.
func TestCancelWhileAttaching(t *testing.T) {
	action, _ := stepstest.Decode(t, manual.Kind{}, "instructions: Look\nevidence: [{name: big, type: file}]")
	env := stepstest.NewEnv(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	env.Door = leaving{&stepstest.Scripted{Answer: runbook.Answer{Files: map[string]string{"big": env.Write(t, "big", "x", 0)}}}, cancel}
	if _, err := action.Run(ctx, env); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// leaving answers and cancels the run.
type leaving struct {
	*stepstest.Scripted
	cancel func()
}

func (l leaving) Do(ctx context.Context, task runbook.Task) (runbook.Answer, error) {
	defer l.cancel()
	return l.Scripted.Do(ctx, task)
}

func TestOutputs(t *testing.T) {
	action, _ := stepstest.Decode(t, manual.Kind{}, everything)
	want := map[string]runbook.Type{"cause": runbook.Text, "ticket": runbook.String, "copies": runbook.Integer}
	if diff := cmp.Diff(want, action.Outputs()); diff != "" {
		t.Error(diff)
	}
}

func TestDescribe(t *testing.T) {
	for yaml, want := range map[string]string{
		everything:                "ask a person: Look at ${{ inputs.console }}. …",
		`instructions: "a\e[2Jb"`: `ask a person: "a\x1b[2Jb"`,
	} {
		action, _ := stepstest.Decode(t, manual.Kind{}, yaml)
		if got := action.Describe(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
