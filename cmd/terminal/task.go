package terminal

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// errSkipped ends a task that the person skipped.
var errSkipped = errors.New("skipped")

const taskHelp = "Answer and press enter. At any question: !skip (not done, with a reason), !diff (done in another way), " +
	"!flag (something is wrong with this step itself), !park (stop here, somebody goes on later)."

// task is one task as it is done.
type task struct {
	runbook.Task
	*conversation
	answer runbook.Answer
}

func (t *task) run() error {
	t.introduce()
	if err := t.checklist(t.Checklist); err != nil {
		return err
	}
	if err := t.form(); err != nil {
		return err
	}
	if err := t.evidence(); err != nil {
		return err
	}
	return t.finish()
}

// begun reports whether the person has said anything yet.
func (t *task) begun() bool {
	a := t.answer
	return len(a.Checked)+len(a.Values)+len(a.Files) > 0 || a.Flag != "" || a.Differently != ""
}

func (t *task) introduce() {
	t.heading(symbolNow, "to do", t.Task)
	t.aside(labelled("why: ", flatten(t.Rationale)))
	for _, line := range markdown(t.Instructions, t.screen.LayoutWidth()-t.column) {
		if line.heading {
			t.print(pad(t.column) + t.palette.strong.Render(line.text) + "\n")
		} else {
			t.print(strings.TrimRight(pad(t.column)+line.text, " ") + "\n")
		}
	}
	t.aside(t.lastTime())
	var times []string
	if t.Estimate > 0 {
		times = append(times, "takes about "+runbook.FormatSpan(t.Estimate))
	}
	if t.MinDuration > 0 {
		times = append(times, "not less than "+runbook.FormatSpan(t.MinDuration))
	}
	t.aside(joined(times...))
	if t.screen.Accessible {
		t.aside("type ? for help")
	}
}

// lastTime is what was answered before: "last time (2026-10-31): cause = …".
func (t *task) lastTime() string {
	if t.Last == nil || len(t.Last.Values) == 0 {
		return ""
	}
	var values []string
	for _, name := range slices.Sorted(maps.Keys(t.Last.Values)) {
		values = append(values, flatten(name)+" = "+clip(flatten(t.Last.Values[name]), 200))
	}
	return fmt.Sprintf("last time (%s): %s", t.Last.At.In(t.screen.Local).Format("2006-01-02"), joined(values...))
}

// command acts on !skip, !diff and !flag, with or without the words behind it.
func (t *task) command(line string) (known bool, err error) {
	word, words, _ := strings.Cut(line, " ")
	words = strings.TrimSpace(words)
	switch word {
	case "!skip":
		return true, t.skip(words)
	case "!diff":
		return true, t.note(&t.answer.Differently, "What did you do instead?", words)
	case "!flag":
		return true, t.note(&t.answer.Flag, "What is wrong with this step?", words)
	case "!back":
		return true, nil // there is nothing to go back from
	}
	return false, nil
}

// skip ends the task once there is a reason.
func (t *task) skip(reason string) error {
	if err := t.note(&t.answer.Reason, "Why is this step skipped?", reason); err != nil {
		return err
	}
	if t.answer.Reason == "" {
		return nil
	}
	t.answer.Skipped = true
	return errSkipped
}

// note keeps what the person said, unless they went back.
func (t *task) note(kept *string, question, words string) error {
	if words == "" {
		said, err := t.reason(question)
		if err != nil {
			return err
		}
		words = said
	}
	if words != "" {
		*kept = words
		t.aside("noted: " + Sanitize(words, false))
	}
	return nil
}

// checklist asks about each of the items and keeps those that were done.
func (t *task) checklist(items []string) error {
	for _, item := range items {
		question := "[ ] " + flatten(item) + " — done?"
		if t.screen.Accessible {
			question = flatten(item) + ", done?"
		}
		done, err := t.confirm(question, taskHelp, true, t.command)
		if err != nil {
			return err
		}
		if done {
			t.answer.Checked = append(t.answer.Checked, item)
		}
	}
	return nil
}

func (t *task) form() error {
	for _, f := range t.Form {
		value, err := t.field(f, t.Folder, taskHelp, t.command)
		if err != nil {
			return err
		}
		if value == nil {
			continue
		}
		if t.answer.Values == nil {
			t.answer.Values = map[string]runbook.Value{}
		}
		t.answer.Values[f.Name] = *value
	}
	return nil
}

func (t *task) evidence() error {
	for _, request := range t.Evidence {
		if err := t.file(request); err != nil {
			return err
		}
	}
	return nil
}

// file asks for one file of evidence.
func (t *task) file(request runbook.EvidenceRequest) error {
	name := flatten(request.Name)
	t.say(flatten(request.Description))
	need := "enter gives none"
	if request.Required {
		need = "required"
	}
	t.aside(joined("file", need))
	for {
		text, err := t.ask(name+": ", taskHelp, t.command)
		if err != nil {
			return err
		}
		if text == "" {
			if !request.Required {
				return nil
			}
			t.refuse("a file is required (!skip skips the step)")
			continue
		}
		path, size, err := evidenceFile(text, t.Folder)
		if err != nil {
			t.refuse(err.Error())
			continue
		}
		if t.answer.Files == nil {
			t.answer.Files = map[string]string{}
		}
		t.answer.Files[request.Name] = path
		t.say(joined(name+"  "+Sanitize(text, false), formatSize(size), "taken in"))
		return nil
	}
}

// evidenceFile finds the file that a person named.
func evidenceFile(text, folder string) (path string, size int64, err error) {
	path = unquote(text)
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", 0, err
	}
	size, err = regularFile(path)
	return path, size, err
}

// finish asks how the task ended.
func (t *task) finish() error {
	for {
		text, err := t.choose(taskHelp, t.command,
			"[enter] done", "[s]kip with reason", "[d]o differently", "[f]lag this step", "[p]ark")
		if err != nil {
			return err
		}
		switch strings.ToLower(text) {
		case "", "done":
			done, err := t.done()
			if err != nil || done {
				return err
			}
		case "s", "skip":
			err = t.skip("")
		case "d", "diff":
			err = t.note(&t.answer.Differently, "What did you do instead?", "")
		case "f", "flag":
			err = t.note(&t.answer.Flag, "What is wrong with this step?", "")
		case "p", "park":
			err = runbook.ErrPark
		default:
			t.refuse("please press enter or type s, d, f or p")
		}
		if err != nil {
			return err
		}
	}
}

// done makes sure that the task is: every item ticked, and not faster than it
// can be. The person may insist; the record then says what happened.
func (t *task) done() (bool, error) {
	if open := t.unticked(); len(open) > 0 {
		again, err := t.confirm(fmt.Sprintf("%d of %d items not ticked. Tick them now?", len(open), len(t.Checklist)), taskHelp, false, t.command)
		if err != nil {
			return false, err
		}
		if again {
			return false, t.checklist(open)
		}
	}
	remains := t.MinDuration - t.screen.Now().Sub(t.answer.Started)
	if remains <= 0 {
		return true, nil
	}
	t.say(fmt.Sprintf("This step was agreed to take at least %s; %s remain.",
		runbook.FormatSpan(t.MinDuration), runbook.FormatSpan(remains)))
	return t.confirm("Is it really done?", taskHelp, false, t.command)
}

func (t *task) unticked() []string {
	var open []string
	for _, item := range t.Checklist {
		if !slices.Contains(t.answer.Checked, item) {
			open = append(open, item)
		}
	}
	return open
}
