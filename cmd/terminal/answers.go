package terminal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// TaskAnswer is what a file of answers says to one step.
type TaskAnswer struct {
	Skip        bool
	Reason      string // why it is skipped, or how one knows that it was done
	Flag        string // what is wrong with the step itself
	Differently string // what was done instead
	Checked     []string
	CheckedAll  bool
	Values      map[string]string // the form, by field
	Evidence    map[string]string // paths, by name
	Interrupted string            // "rerun", "done" or "fail", when the step was cut off
	Wait        bool              // leave it to a person
}

// answers are People who said everything beforehand.
type answers struct {
	folder string
	tasks  map[string]TaskAnswer
	inputs map[string]string
	now    func() time.Time
}

// NewAnswers returns the People who answer from a file: tasks by the id of the
// step, inputs by name. Relative paths are taken from folder, where the file
// lies. What isn't answered waits for a person; what doesn't fit the question
// is an error.
func NewAnswers(folder string, tasks map[string]TaskAnswer, inputs map[string]string) runbook.People {
	return &answers{folder: folder, tasks: tasks, inputs: inputs, now: time.Now}
}

func (a *answers) Do(ctx context.Context, t runbook.Task) (runbook.Answer, error) {
	if err := ctx.Err(); err != nil {
		return runbook.Answer{}, err
	}
	given, found := a.tasks[t.Step]
	if !found || given.Wait {
		return runbook.Answer{}, runbook.ErrPark
	}
	answer := runbook.Answer{Door: doorAnswers, Flag: given.Flag, Differently: given.Differently, Started: a.now()}
	err := a.fill(&answer, t, given)
	if err != nil {
		return runbook.Answer{}, fmt.Errorf("the answers for step %q: %w", t.Step, err)
	}
	answer.Ended = a.now()
	return answer, nil
}

func (a *answers) fill(answer *runbook.Answer, t runbook.Task, given TaskAnswer) error {
	if given.Skip {
		if strings.TrimSpace(given.Reason) == "" {
			return fmt.Errorf("a skipped step needs a reason")
		}
		answer.Skipped, answer.Reason = true, given.Reason
		return nil
	}
	for _, item := range given.Checked {
		if !slices.Contains(t.Checklist, item) {
			return fmt.Errorf("%q is not on the checklist", item)
		}
	}
	answer.Checked = slices.Clone(given.Checked)
	if given.CheckedAll {
		answer.Checked = slices.Clone(t.Checklist)
	}
	if err := a.values(answer, t, given.Values); err != nil {
		return err
	}
	return a.files(answer, t, given.Evidence)
}

func (a *answers) values(answer *runbook.Answer, t runbook.Task, given map[string]string) error {
	var names []string
	for _, f := range t.Form {
		names = append(names, f.Name)
	}
	if err := noneBeside(given, names, "field of the form"); err != nil {
		return err
	}
	answer.Values = map[string]runbook.Value{}
	for _, f := range t.Form {
		text, found := given[f.Name]
		if !found && f.Default != nil {
			text, found = *f.Default, true
		}
		if !found {
			if f.Required {
				return fmt.Errorf("the field %q is required", f.Name)
			}
			continue
		}
		value, err := parse(f, text, a.base(t))
		if err != nil {
			return fmt.Errorf("the field %q: %w", f.Name, err)
		}
		answer.Values[f.Name] = value
	}
	return nil
}

func (a *answers) files(answer *runbook.Answer, t runbook.Task, given map[string]string) error {
	var names []string
	for _, request := range t.Evidence {
		names = append(names, request.Name)
	}
	if err := noneBeside(given, names, "piece of evidence that is asked for"); err != nil {
		return err
	}
	answer.Files = map[string]string{}
	for _, request := range t.Evidence {
		text, found := given[request.Name]
		if !found {
			if request.Required {
				return fmt.Errorf("the evidence %q is required", request.Name)
			}
			continue
		}
		path, _, err := evidenceFile(text, a.base(t))
		if err != nil {
			return fmt.Errorf("the evidence %q: %w", request.Name, err)
		}
		answer.Files[request.Name] = path
	}
	return nil
}

func (a *answers) base(t runbook.Task) string {
	if a.folder != "" {
		return a.folder
	}
	return t.Folder
}

// noneBeside refuses answers to what was never asked.
func noneBeside(given map[string]string, asked []string, what string) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if slices.Contains(asked, name) {
			continue
		}
		if len(asked) == 0 {
			return fmt.Errorf("%q is not a %s: there is none", name, what)
		}
		return fmt.Errorf("%q is not a %s: %s", name, what, strings.Join(asked, ", "))
	}
	return nil
}

func (a *answers) Decide(ctx context.Context, t runbook.Task, _ string) (runbook.Resolution, error) {
	if err := ctx.Err(); err != nil {
		return runbook.Resolution{}, err
	}
	given := a.tasks[t.Step]
	switch choice := runbook.Interruption(given.Interrupted); choice {
	case "":
		return runbook.Resolution{}, runbook.ErrPark
	case runbook.RunAgain, runbook.GiveUp:
		return runbook.Resolution{Choice: choice, Reason: given.Reason}, nil
	case runbook.WasDone:
		if strings.TrimSpace(given.Reason) == "" {
			return runbook.Resolution{}, fmt.Errorf("the answers for step %q: interrupted: done needs a reason: how is it known", t.Step)
		}
		return runbook.Resolution{Choice: choice, Reason: given.Reason}, nil
	default:
		return runbook.Resolution{}, fmt.Errorf("the answers for step %q: interrupted is %q, not one of rerun, done, fail", t.Step, choice)
	}
}

func (a *answers) Value(ctx context.Context, f runbook.Field) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	text, found := a.inputs[f.Name]
	if !found && f.Default != nil {
		text, found = *f.Default, true
	}
	if !found {
		return "", runbook.ErrPark
	}
	value, err := parse(f, text, a.folder)
	if err != nil {
		return "", fmt.Errorf("the answer for input %q: %w", f.Name, err)
	}
	return value.Text, nil
}

// Nobody is the People of a run that may not ask: everything waits.
type Nobody struct{}

// Do says that nobody is there.
func (Nobody) Do(context.Context, runbook.Task) (runbook.Answer, error) {
	return runbook.Answer{}, runbook.ErrPark
}

// Decide says that nobody is there.
func (Nobody) Decide(context.Context, runbook.Task, string) (runbook.Resolution, error) {
	return runbook.Resolution{}, runbook.ErrPark
}

// Value says that nobody is there.
func (Nobody) Value(context.Context, runbook.Field) (string, error) {
	return "", runbook.ErrPark
}
