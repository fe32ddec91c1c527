package cmd

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// door is who can be asked during a run.
type door struct {
	answers string // a file
	noInput bool
}

// people opens the door. A prompter's close has to be called at the end.
func (d door) people(s terminal.Screen, in io.Reader, printer terminal.Printer) (people runbook.People, closing func(), err error) {
	var behind runbook.People = terminal.Nobody{}
	closing = func() {}
	if !d.noInput {
		prompter := terminal.NewPrompter(s, in, printer)
		behind, closing = prompter, prompter.Close
	}
	if d.answers == "" {
		return behind, closing, nil
	}
	answered, err := readAnswers(d.answers)
	if err != nil {
		return nil, closing, err
	}
	return inTurn{answered, behind}, closing, nil
}

// inTurn asks the second where the first leaves the answer to a person.
type inTurn struct{ first, second runbook.People }

func (p inTurn) Do(ctx context.Context, t runbook.Task) (runbook.Answer, error) {
	answer, err := p.first.Do(ctx, t)
	if err == runbook.ErrPark { //nolint:errorlint // it is handed on as it is
		return p.second.Do(ctx, t)
	}
	return answer, err
}

func (p inTurn) Decide(ctx context.Context, t runbook.Task, doubt string) (runbook.Resolution, error) {
	resolution, err := p.first.Decide(ctx, t, doubt)
	if err == runbook.ErrPark { //nolint:errorlint // as above
		return p.second.Decide(ctx, t, doubt)
	}
	return resolution, err
}

func (p inTurn) Value(ctx context.Context, f runbook.Field) (string, error) {
	text, err := p.first.Value(ctx, f)
	if err == runbook.ErrPark { //nolint:errorlint // as above
		return p.second.Value(ctx, f)
	}
	return text, err
}

// readAnswers reads a file of answers:
//
//	inputs: {max_age: 30h}
//	steps:
//	  explain:
//	    values: {cause: month-end exports, ticket: OPS-1412}
//	    checked: all                     # or a list of the items
//	    evidence: {console: shot.png}    # relative to the file
//	    flag: …                          # what is wrong with the step itself
//	    differently: …                   # what was done instead
//	  other: {skip: why}
//	  later: {wait: true}                # leave it to a person
//	  cut: {interrupted: rerun}          # rerun | done | fail, with reason: …
func readAnswers(path string) (runbook.People, error) {
	root, d, err := readDocument(path)
	if err != nil {
		return nil, err
	}
	m := d.Map(root, "a file of answers")
	inputs := texts(m.Take("inputs"), d)
	tasks := map[string]terminal.TaskAnswer{}
	if list := m.Take("steps"); list != nil {
		d.Map(list, "the answers to steps")
		for _, f := range list.Fields() {
			tasks[f.Key] = readAnswer(f.Value, d)
		}
	}
	m.Done(nil)
	if err := d.Problems().Err(); err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	return terminal.NewAnswers(folder, tasks, inputs), err
}

func readAnswer(n *document.Node, d *document.Decoder) terminal.TaskAnswer {
	m := d.Map(n, "an answer")
	a := terminal.TaskAnswer{
		Values: texts(m.Take("values"), d), Evidence: texts(m.Take("evidence"), d),
		Flag: d.String(m.Take("flag")), Differently: d.String(m.Take("differently")),
		Reason: d.String(m.Take("reason")), Wait: d.Bool(m.Take("wait")),
	}
	if skip := m.Take("skip"); skip != nil {
		a.Skip, a.Reason = true, d.String(skip)
	}
	if checked := m.Take("checked"); checked != nil {
		if checked.Kind() == document.List {
			a.Checked = d.Strings(checked)
		} else {
			a.CheckedAll = d.Enum(checked, "all") == "all"
		}
	}
	if interrupted := m.Take("interrupted"); interrupted != nil {
		a.Interrupted = d.Enum(interrupted, "rerun", "done", "fail")
	}
	m.Done(nil)
	return a
}

func texts(n *document.Node, d *document.Decoder) map[string]string {
	if n == nil {
		return nil
	}
	d.Map(n, "a map of texts")
	values := map[string]string{}
	for _, f := range n.Fields() {
		values[f.Key] = runbook.FieldText(f.Value, d)
	}
	return values
}

// where says who runs msp, and through which door.
func where(in io.Reader) (host, login, origin string) {
	host, _ = os.Hostname()
	for _, name := range []string{"USER", "LOGNAME", "USERNAME"} {
		if login == "" {
			login = os.Getenv(name)
		}
	}
	origin = "pipe"
	if terminal.IsTerminal(in) {
		origin = "terminal"
	}
	if from := os.Getenv("SSH_CONNECTION"); from != "" {
		origin = "ssh " + firstWord(from)
	}
	return host, login, origin
}

func firstWord(text string) string {
	for i, r := range text {
		if r == ' ' {
			return text[:i]
		}
	}
	return text
}
