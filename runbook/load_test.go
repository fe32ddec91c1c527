package runbook_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/document/documenttest"
	"github.com/msp-runbook/msp/steps"
)

// The kinds of these tests: one that runs, one that looks at a path, one that
// asks a person. What the real ones make of their part is tested with them.
type (
	runKind  struct{}
	lookKind struct{}
	askKind  struct{}
)

func (runKind) Name() string  { return "run" }
func (lookKind) Name() string { return "look" }
func (askKind) Name() string  { return "ask" }

type action struct {
	path *runbook.Template
	form []runbook.Field
}

type asking struct{ action }

func (asking) AsksPerson() runbook.Task { return runbook.Task{} }

func (runKind) Decode(n *document.Node, d *document.Decoder) runbook.Action {
	d.String(n)
	return action{}
}

func (lookKind) Decode(n *document.Node, d *document.Decoder) runbook.Action {
	m := d.Map(n, "a look step")
	a := action{path: runbook.NewTemplate(m.Need("path"), d)}
	m.Done(nil)
	return a
}

func (askKind) Decode(n *document.Node, d *document.Decoder) runbook.Action {
	m := d.Map(n, "an ask step")
	a := asking{action{form: runbook.DecodeFields(m.Take("form"), "a form's field", d)}}
	m.Done(nil)
	return a
}

func (a action) Check(s *runbook.Scope, d *document.Decoder) { a.path.CheckPath(s, d) }

func (a action) Outputs() map[string]runbook.Type {
	outputs := map[string]runbook.Type{}
	if a.path != nil {
		outputs["path"] = runbook.Path
	}
	for _, f := range a.form {
		outputs[f.Name] = f.Type
	}
	return outputs
}

func (action) Repeatable() bool { return true }
func (action) Describe() string { return "do it" }
func (action) Run(context.Context, runbook.Env) (runbook.Result, error) {
	return runbook.Result{}, nil
}

func kinds() []runbook.Kind { return []runbook.Kind{runKind{}, lookKind{}, askKind{}} }

// TestBroken loads every runbook of testdata/broken and compares what is said
// about it.
func TestBroken(t *testing.T) {
	documenttest.Broken(t, "testdata/broken", 30, func(file string, source []byte) (bool, document.Problems) {
		r, problems := runbook.Load(file, source, steps.Kinds())
		return r != nil, problems
	})
}

// TestGood loads runbooks without a word: the example of the documentation,
// those that ship with msp, and those in testdata/good.
func TestGood(t *testing.T) {
	var files []string
	for _, pattern := range []string{"testdata/good/*.yaml", "../runbooks/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) < 2 {
			t.Fatalf("%s: %d runbooks, error %v", pattern, len(found), err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if r, problems := runbook.Load(file, source, steps.Kinds()); r == nil || len(problems) > 0 {
			t.Errorf("%v", problems)
		}
	}
}

const whole = `apiVersion: msp/v1
kind: Runbook
id: whole
version: 1.2.3
title: Everything that can be said
class: ad_hoc
lint:
  - {waive: no-rationale, because: nobody remembers, until: 2027-06-30}
  - {waive: vague-verb, step: first, because: the client's word, until: 2027-06-30}
rationale: Because.
references: [{authority: "ISO/IEC 27001:2022", clause: A.8.13}]
decisions: [{date: 2026-03-02, by: ops-lead, decided: this, because: that}]
owner: {team: backup, role: technician, contact: a@b.example}
review_by: 2027-03-01
scripts: {owner: client, licence: MIT}
schedule: {cron: "0 7 * * *", timezone: Europe/London, calendar: uk, on_holiday: run, early: 1h, grace: 5m, close_after: 2d, shift: 10m, on_missed: run_once, effective_from: 2026-01-01}
sla: {clock: reported, calendar: uk, acknowledge_within: 5m, respond_within: 15m, update_every: 30m, resolve_within: 4h, target: 99.5%}
escalation:
  not_acknowledged: [{after: 15m, notify: on-call, repeat: 5m}]
  not_resolved: [{after: 50%, notify: owner}]
requires: [bash, {tool: jq, version: ">= 1.6", version_args: [-V]}]
inputs:
  dir: {type: path, required: true, description: Where}
  level: {type: enum, enum: [low, high], default: low}
  n: {type: number, minimum: 1, maximum: 9.5}
  tags: {type: list, default: [a, b]}
secrets: [{name: TOKEN, from: {env: TOKEN}}, {name: DB, from: {file: db}}, {name: V, from: {command: vault}}]
defaults: {timeout: 3m, retry: {max_attempts: 2, delay: 1s}, env: {A: "1", B: "2"}, on_failure: continue, priority: should}
steps:
  - id: first
    title: First
    rationale: Why not
    run: "true"
    if: inputs.level == "high"
    preconditions: ["inputs.n > 1", '${{ run.client != "" }}']
    timeout: 30s
    retry: {max_attempts: 4, delay: 1s, backoff: 2, max_delay: 3s}
    env: {B: "${{ secrets.TOKEN }}", C: "x${{ inputs.n }}y"}
    dir: "${{ inputs.dir }}/sub"
    requires: [df]
    outputs: {used: {from: stdout, json: a.0, type: number, unit: B}, err: {from: stderr, pattern: "(x)"}, line: {from: output}}
    expect: {exit_code: [0, 3], stdout: {equals: "", contains: x, pattern: y}, expressions: [outputs.used < 3]}
    normal: {used: {baseline: median, over: 14 runs, within: 40%, fail_beyond: 90}}
    on_failure: abort
    interrupted: rerun
    priority: must
    by: technician
    min_duration: 5s
  - {id: second, title: Second, needs: [first], ask: {form: {cause: {type: text}}}}
  - {id: third, title: Third, if: steps.second.outputs.cause != "" and steps.first.outputs.used > 3 and steps.first.deviated, run: "true"}
`

// TestWhole reads a runbook that says everything.
func TestWhole(t *testing.T) {
	r, problems := runbook.Load("whole.yaml", []byte(whole), kinds())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if r.Digest != runbook.Digest([]byte(whole)) || string(r.Source) != whole || r.File != "whole.yaml" {
		t.Error("the bytes are others")
	}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	dur := func(text string, span time.Duration) runbook.Duration {
		return runbook.Duration{Text: text, Span: span}
	}
	low, tags, one, most, empty := "low", "a,b", 1.0, 9.5, ""
	want := &runbook.Runbook{
		ID: "whole", Version: "1.2.3", Title: "Everything that can be said", Class: runbook.AdHoc, Rationale: "Because.",
		References: []runbook.Reference{{Authority: "ISO/IEC 27001:2022", Clause: "A.8.13"}},
		Decisions:  []runbook.Decision{{Date: day(2026, 3, 2), By: "ops-lead", Decided: "this", Because: "that"}},
		Owner:      runbook.Owner{Team: "backup", Role: "technician", Contact: "a@b.example"}, ReviewBy: day(2027, 3, 1),
		Scripts: runbook.Scripts{Owner: "client", Licence: "MIT"},
		Schedule: &runbook.Schedule{
			Cron: "0 7 * * *", Timezone: "Europe/London", Calendar: "uk", OnHoliday: "run", Early: dur("1h", time.Hour), Grace: dur("5m", 5*time.Minute),
			CloseAfter: dur("2d", 48*time.Hour), Shift: dur("10m", 10*time.Minute), OnMissed: "run_once", EffectiveFrom: day(2026, 1, 1),
		},
		SLA: &runbook.SLA{
			Clock: runbook.ClockReported, Calendar: "uk", AcknowledgeWithin: dur("5m", 5*time.Minute), RespondWithin: dur("15m", 15*time.Minute),
			UpdateEvery: dur("30m", 30*time.Minute), ResolveWithin: dur("4h", 4*time.Hour), Target: 99.5,
		},
		Escalation: runbook.Escalation{
			NotAcknowledged: []runbook.Rung{{After: dur("15m", 15*time.Minute), Notify: "on-call", Repeat: dur("5m", 5*time.Minute)}},
			NotResolved:     []runbook.Rung{{Share: 50, Notify: "owner"}},
		},
		Requires: []runbook.Requirement{{Tool: "bash", Args: []string{"--version"}}, {Tool: "jq", Version: ">= 1.6", Args: []string{"-V"}}},
		Inputs: []runbook.Field{
			{Name: "dir", Type: runbook.Path, Required: true, Description: "Where"},
			{Name: "level", Type: runbook.Enum, Enum: []string{"low", "high"}, Default: &low},
			{Name: "n", Type: runbook.Number, Minimum: &one, Maximum: &most},
			{Name: "tags", Type: runbook.List, Default: &tags},
		},
		Secrets: []runbook.Secret{{Name: "TOKEN", Env: "TOKEN"}, {Name: "DB", File: "db"}, {Name: "V", Command: "vault"}},
		Document: runbook.Document{Waivers: []runbook.Waiver{
			{Rule: "no-rationale", Because: "nobody remembers", Until: day(2027, 6, 30)},
			{Rule: "vague-verb", Step: "first", Because: "the client's word", Until: day(2027, 6, 30)},
		}},
	}
	ignored := cmp.Options{cmpopts.IgnoreTypes(document.Position{}), cmpopts.IgnoreFields(runbook.Runbook{}, "File", "Document.Source", "Document.Digest", "Document.Root", "Steps")}
	if diff := cmp.Diff(want, r, ignored); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	first, second := r.Steps[0], r.Steps[1]
	if first.Timeout.Span != 30*time.Second || first.Retry.MaxAttempts != 4 || first.OnFailure != runbook.Abort || first.Priority != runbook.Must ||
		first.Interrupted != runbook.Rerun || first.By != "technician" || first.MinDuration.Span != 5*time.Second || first.Kind != "run" || first.Rationale != "Why not" {
		t.Errorf("%+v", first)
	}
	if second.Timeout.Span != 3*time.Minute || second.Retry.MaxAttempts != 2 || second.OnFailure != runbook.Continue || second.Priority != runbook.Should || second.Interrupted != runbook.AskPerson {
		t.Errorf("%+v", second)
	}
	var env []string
	for _, v := range first.Env {
		env = append(env, v.Name+"="+v.Value.Source)
	}
	if diff := cmp.Diff([]string{"A=1", "B=${{ secrets.TOKEN }}", "C=x${{ inputs.n }}y"}, env); diff != "" {
		t.Errorf("env (-want +got):\n%s", diff)
	}
	if e := first.Expect; !slices.Equal(e.ExitCodes, []int{0, 3}) || *e.Equals != empty || e.Contains != "x" || e.Pattern.String() != "y" || len(e.Expressions) != 1 {
		t.Errorf("%+v", e)
	}
	if n := first.Normal[0]; n.Output != "used" || n.Over != 14 || n.Within != (runbook.Tolerance{Amount: 40, Percent: true}) || *n.FailBeyond != (runbook.Tolerance{Amount: 90}) {
		t.Errorf("%+v", n)
	}
	if r.Step("third") != r.Steps[2] || r.Step("fourth") != nil {
		t.Error("Step finds the wrong step")
	}
}

func TestLibrary(t *testing.T) {
	small := func(id string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("apiVersion: msp/v1\nkind: Runbook\nid: " + id + "\nversion: 1.0.0\ntitle: T\nsteps: [{id: a, title: A, run: x}]\n")}
	}
	files, err := runbook.ReadFiles(fstest.MapFS{
		"books/a.yaml": small("a"), "books/b.yml": small("b"), "books/deep/c.yaml": small("c"), "books/notes.txt": small("d"),
		"books/twice1.yaml": small("twice"), "books/twice2.yaml": small("twice"),
		"books/plan.yaml":   {Data: []byte("apiVersion: msp/v1\nkind: Plan\nid: a\n")},
		"books/broken.yaml": {Data: []byte("apiVersion: msp/v1\nkind: Runbook\nid: broken\n")},
	}, "books", "label")
	if err != nil {
		t.Fatal(err)
	}
	l := runbook.NewLibrary(kinds(), files)
	if diff := cmp.Diff([]string{"a", "b", "broken", "twice"}, l.IDs()); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if r, err := l.Find("b"); err != nil || r.File != "label/b.yml" {
		t.Errorf("%+v, error %v", r, err)
	}
	for id, want := range map[string]string{"c": "no such runbook", "twice": "stands twice, first at label/twice1.yaml:3:5", "broken": "label/broken.yaml"} {
		if _, err := l.Find(id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	books, problems := l.Load()
	if len(books) != 4 || !strings.Contains(problems.Error(), "duplicate-id") {
		t.Errorf("%d runbooks: %v", len(books), problems)
	}
	if files, err := runbook.ReadFiles(fstest.MapFS{}, "none", ""); err != nil || len(files) > 0 {
		t.Errorf("%v, error %v", files, err)
	}
	for word, want := range map[string]bool{"a": false, "./a": true, "a.yaml": true, "b/a": true, "a.yml": true, `b\a`: true, "a.b": false} {
		if runbook.IsPath(word) != want {
			t.Errorf("%s is a path: %v", word, !want)
		}
	}
}

// TestLibraryOfBroken holds that a file which can't be read hides no other one,
// and that asking for it gives its mistake and not "no such runbook".
func TestLibraryOfBroken(t *testing.T) {
	const good = "apiVersion: msp/v1\nkind: Runbook\nid: good\nversion: 1.0.0\ntitle: T\nsteps: [{id: a, title: A, run: x}]\n"
	files := []runbook.File{
		{Name: "good.yaml", Source: []byte(good)},
		{Name: "syntax.yaml", Source: []byte("id: [\n")},
		{Name: "other.yaml", Source: []byte("apiVersion: msp/v1\nkind: Runbook\nid: key-twice\nid: key-twice\n")},
		{Name: "plan.yml", Source: []byte("kind: Plan\nkind: Plan\nid: good\n")},
		{Name: "big.yaml", Source: []byte(good + "#" + strings.Repeat("x", document.DefaultLimits.Bytes))},
	}
	l := runbook.NewLibrary(steps.Kinds(), files)
	if r, err := l.Find("good"); err != nil || r.ID != "good" {
		t.Errorf("%+v, error %v", r, err)
	}
	for id, want := range map[string]string{"syntax": "syntax.yaml:1:5: syntax: ", "key-twice": "duplicate-key", "big": "too-large", "plan": "no such runbook", "other": "no such runbook"} {
		if _, err := l.Find(id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	books, problems := l.Load()
	if len(books) != 1 || !slices.ContainsFunc(problems, func(p document.Problem) bool { return p.Rule == "too-large" }) {
		t.Errorf("%d runbooks: %v", len(books), problems)
	}
	read, err := runbook.ReadFiles(fstest.MapFS{"big.yaml": {Data: files[4].Source}}, ".", "")
	if err != nil || len(read) != 1 || len(read[0].Source) != document.DefaultLimits.Bytes+1 {
		t.Errorf("%d files, error %v", len(read), err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(whole))
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		r, problems := runbook.Load("fuzz.yaml", source, steps.Kinds())
		if (r == nil) != (len(problems) > 0) {
			t.Fatalf("runbook %v, problems %v", r, problems)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Fatalf("%+v", p)
			}
		}
	})
}

// BenchmarkLoad reads a runbook of many steps, each of which names the one
// before it.
func BenchmarkLoad(b *testing.B) {
	for _, steps := range []int{10, 100, 1000} {
		var source strings.Builder
		source.WriteString("apiVersion: msp/v1\nkind: Runbook\nid: long\nversion: 1.0.0\ntitle: Long\nsteps:\n  - {id: s0, title: First, run: x, outputs: {v: {from: stdout}}}\n")
		for i := 1; i < steps; i++ {
			fmt.Fprintf(&source, "  - {id: s%d, title: Next, run: x, if: steps.s%d.passed, env: {A: \"${{ steps.s%d.outputs.v }}\"}, outputs: {v: {from: stdout}}}\n", i, i-1, i-1)
		}
		b.Run(fmt.Sprintf("%d steps", steps), func(b *testing.B) {
			for b.Loop() {
				if _, problems := runbook.Load("long.yaml", []byte(source.String()), kinds()); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
		})
	}
}
