package terminal

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
)

func answered(task runbook.Task, given map[string]TaskAnswer) (runbook.Answer, error) {
	people := NewAnswers(task.Folder, given, nil)
	people.(*answers).now = func() time.Time { return morning }
	return people.Do(context.Background(), task)
}

func TestAnswers(t *testing.T) {
	task := fullTask(t)
	got, err := answered(task, map[string]TaskAnswer{"explain": {
		CheckedAll: true, Flag: "old text", Differently: "by phone",
		Values:   map[string]string{"cause": "exports", "kind": "growth"},
		Evidence: map[string]string{"console": "shot.png"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := runbook.Answer{
		Checked: []string{"console opened"}, Flag: "old text", Differently: "by phone",
		Values: map[string]runbook.Value{
			"cause": {Type: runbook.Text, Text: "exports", Data: "exports"},
			"share": {Type: runbook.Integer, Text: "40", Data: 40},
			"kind":  {Type: runbook.Enum, Text: "growth", Data: "growth"},
		},
		Files: map[string]string{"console": filepath.Join(task.Folder, "shot.png")},
		Door:  "answers", Started: morning, Ended: morning,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got, err = answered(task, map[string]TaskAnswer{"explain": {Skip: true, Reason: "no access"}})
	if err != nil || !got.Skipped || got.Reason != "no access" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnswersThatDontFit(t *testing.T) {
	task := fullTask(t)
	good := func() TaskAnswer {
		return TaskAnswer{
			Values:   map[string]string{"cause": "exports", "kind": "growth"},
			Evidence: map[string]string{"console": "shot.png"},
		}
	}
	for want, change := range map[string]func(*TaskAnswer){
		"a skipped step needs a reason":                       func(a *TaskAnswer) { a.Skip = true },
		`"tea made" is not on the checklist`:                  func(a *TaskAnswer) { a.Checked = []string{"tea made"} },
		`"couse" is not a field of the form: cause,`:          func(a *TaskAnswer) { a.Values["couse"] = "x" },
		`the field "kind": "no" is not one of`:                func(a *TaskAnswer) { a.Values["kind"] = "no" },
		`the field "cause" is required`:                       func(a *TaskAnswer) { delete(a.Values, "cause") },
		`"shot" is not a piece of evidence that is asked for`: func(a *TaskAnswer) { a.Evidence["shot"] = "x" },
		`the evidence "console" is required`:                  func(a *TaskAnswer) { a.Evidence = nil },
		`the evidence "console": there is no file`:            func(a *TaskAnswer) { a.Evidence["console"] = "nothing.png" },
		`the evidence "console": ` + task.Folder + " is":      func(a *TaskAnswer) { a.Evidence["console"] = "." },
	} {
		given := good()
		change(&given)
		_, err := answered(task, map[string]TaskAnswer{"explain": given})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), `the answers for step "explain": `) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	_, err := answered(runbook.Task{Step: "bare"}, map[string]TaskAnswer{"bare": {Values: map[string]string{"x": "y"}}})
	if err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Errorf("%v", err)
	}
}

func TestAnswersPark(t *testing.T) {
	for _, given := range []map[string]TaskAnswer{nil, {"other": {}}, {"explain": {Wait: true}}} {
		if _, err := answered(fullTask(t), given); !errors.Is(err, runbook.ErrPark) {
			t.Errorf("%v: %v", given, err)
		}
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	people := NewAnswers("", map[string]TaskAnswer{"x": {}}, nil)
	if _, err := people.Do(canceled, runbook.Task{Step: "x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestAnswersDecide(t *testing.T) {
	people := NewAnswers("", map[string]TaskAnswer{
		"again": {Interrupted: "rerun"}, "seen": {Interrupted: "done", Reason: "in the console"},
		"blind": {Interrupted: "done"}, "odd": {Interrupted: "maybe"}, "silent": {},
	}, nil)
	for step, want := range map[string]struct {
		resolution runbook.Resolution
		err        string
	}{
		"again":  {runbook.Resolution{Choice: runbook.RunAgain}, ""},
		"seen":   {runbook.Resolution{Choice: runbook.WasDone, Reason: "in the console"}, ""},
		"blind":  {err: "needs a reason"},
		"odd":    {err: `"maybe", not one of rerun, done, fail`},
		"silent": {err: runbook.ErrPark.Error()},
		"other":  {err: runbook.ErrPark.Error()},
	} {
		got, err := people.Decide(context.Background(), runbook.Task{Step: step}, "doubt")
		if got != want.resolution || (err == nil) != (want.err == "") || (err != nil && !strings.Contains(err.Error(), want.err)) {
			t.Errorf("%s: %v, %v", step, got, err)
		}
	}
}

func TestAnswersValue(t *testing.T) {
	folder := t.TempDir()
	people := NewAnswers(folder, nil, map[string]string{"dir": "x", "age": "5"})
	for _, test := range []struct {
		field     runbook.Field
		want, err string
	}{
		{runbook.Field{Name: "dir", Type: runbook.Path}, filepath.Join(folder, "x"), ""},
		{runbook.Field{Name: "age", Type: runbook.Span}, "", `the answer for input "age": "5" has no unit`},
		{runbook.Field{Name: "size", Type: runbook.Integer, Default: pointer("3")}, "3", ""},
		{runbook.Field{Name: "size", Type: runbook.Integer}, "", runbook.ErrPark.Error()},
	} {
		got, err := people.Value(context.Background(), test.field)
		if got != test.want || (err == nil) != (test.err == "") || (err != nil && err.Error() != test.err) {
			t.Errorf("%s: %q, %v", test.field.Name, got, err)
		}
	}
}

func TestNobody(t *testing.T) {
	var people runbook.People = Nobody{}
	_, one := people.Do(context.Background(), runbook.Task{})
	_, two := people.Decide(context.Background(), runbook.Task{}, "")
	_, three := people.Value(context.Background(), runbook.Field{})
	for _, err := range []error{one, two, three} {
		if !errors.Is(err, runbook.ErrPark) {
			t.Errorf("%v", err)
		}
	}
}
