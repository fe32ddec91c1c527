package cmd

import (
	"path/filepath"
	"strings"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/engine"
)

// readAnswers reads a file of answers, and holds each to what the job asks:
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
func readAnswers(path string, job engine.Job) (runbook.People, error) {
	root, d, err := readDocument(path)
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	r := answerReader{d, folder}
	m := d.Map(root, "a file of answers")
	inputs := r.values(m.Take("inputs"), "the map of inputs", job.Runbook.Inputs)
	tasks := map[string]terminal.TaskAnswer{}
	if list := m.Take("steps"); list != nil {
		steps := d.Map(list, "the map of steps")
		for _, s := range job.Runbook.Steps {
			if answer := steps.Take(s.ID); answer != nil {
				tasks[s.ID] = r.answer(answer, asks(s, job.Checklist))
			}
		}
		steps.Done(nil)
	}
	m.Done(nil)
	if err := d.Problems().Err(); err != nil {
		return nil, hint(err, "nothing was started; msp help inputs shows a file of answers")
	}
	return terminal.NewAnswers(folder, tasks, inputs), nil
}

// asks is what a step asks a person for. Automation asks for nothing, unless a
// person does it by hand.
func asks(s *runbook.Step, byHand bool) runbook.Task {
	if person, ok := s.Action.(runbook.AsksPerson); ok {
		return person.AsksPerson()
	}
	var t runbook.Task
	if byHand {
		for _, o := range s.Outputs {
			t.Form = append(t.Form, runbook.Field{Name: o.Name, Type: o.Type})
		}
	}
	return t
}

// answerReader reads answers whose relative paths start from folder.
type answerReader struct {
	*document.Decoder
	folder string
}

func (r answerReader) answer(n *document.Node, t runbook.Task) terminal.TaskAnswer {
	m := r.Map(n, "an answer")
	a := terminal.TaskAnswer{
		Values: r.values(m.Take("values"), "the map of values", t.Form), Evidence: r.evidence(m.Take("evidence"), t.Evidence),
		Flag: r.String(m.Take("flag")), Differently: r.String(m.Take("differently")),
		Reason: r.String(m.Take("reason")), Wait: r.Bool(m.Take("wait")),
	}
	if skip := m.Take("skip"); skip != nil {
		a.Skip, a.Reason = true, r.String(skip)
	}
	if checked := m.Take("checked"); checked != nil {
		if checked.Kind() == document.List {
			a.Checked = r.checked(checked, t.Checklist)
		} else {
			a.CheckedAll = r.Enum(checked, "all") == "all"
		}
	}
	if interrupted := m.Take("interrupted"); interrupted != nil {
		a.Interrupted = r.Enum(interrupted, "rerun", "done", "fail")
	}
	m.Done(nil)
	return a
}

// values reads what was said to each of the fields. An empty text says nothing.
func (r answerReader) values(n *document.Node, what string, fields []runbook.Field) map[string]string {
	if n == nil {
		return nil
	}
	m := r.Map(n, what)
	values := map[string]string{}
	for _, f := range fields {
		value := m.Take(f.Name)
		if value == nil {
			continue
		}
		text := runbook.FieldText(value, r.Decoder)
		values[f.Name] = text
		if strings.TrimSpace(text) == "" {
			continue
		}
		if _, err := f.Parse(text, r.folder); err != nil {
			r.Report(value.Position(), "bad-value", "", "%s: %s", f.Name, err)
		}
	}
	m.Done(nil)
	return values
}

func (r answerReader) evidence(n *document.Node, requests []runbook.EvidenceRequest) map[string]string {
	if n == nil {
		return nil
	}
	m := r.Map(n, "the map of evidence")
	files := map[string]string{}
	for _, request := range requests {
		if file := m.Take(request.Name); file != nil {
			files[request.Name] = r.String(file)
		}
	}
	m.Done(nil)
	return files
}

// checked reads the items that were ticked.
func (r answerReader) checked(n *document.Node, checklist []string) []string {
	var ticked []string
	for _, item := range n.Items() {
		ticked = append(ticked, r.Enum(item, checklist...))
	}
	return ticked
}
