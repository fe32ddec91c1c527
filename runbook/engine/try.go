package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// try is one step while it is being done.
type try struct {
	*runner
	step    *runbook.Step
	result  record.Step
	facts   record.Facts
	failure error

	stdout, stderr *stream
	output         capped // what came through $MSP_OUTPUT, masked
	exitTimedOut   bool
	lines          []string // of the screen: what is normal
	last           []string // of its output, when it failed
}

// keepError marks that what a step said could not be kept: the run stops.
type keepError struct{ err error }

func (e *keepError) Error() string { return e.err.Error() }
func (e *keepError) Unwrap() error { return e.err }

// attempts runs the step until it passes or has no attempt left.
func (t *try) attempts(ctx context.Context) error {
	if err := t.openStreams(); err != nil {
		return err
	}
	defer t.discardStreams()
	most := t.step.Retry.MaxAttempts
	for n := 1; ; n++ {
		t.result.Attempts = t.doubt[t.step.ID] + n
		entry := record.Entry{At: t.job.Now(), Kind: record.EntryBegan, Step: t.step.ID, Attempt: t.result.Attempts}
		if err := t.journal.Add(entry); err != nil {
			return err
		}
		if n > 1 {
			if err := errors.Join(t.stdout.again(n), t.stderr.again(n)); err != nil {
				return err
			}
		}
		err := t.once(ctx)
		var unkept *keepError
		switch {
		case err == nil, errors.Is(err, runbook.ErrPark), errors.As(err, &unkept):
			return t.settle(err)
		case ctx.Err() != nil:
			t.result.Outcome, t.result.Cause = record.Interrupted, record.CauseAbort
			return t.settle(nil)
		case n >= most:
			t.failure = err
			t.result.Outcome = record.Failed
			return t.settle(nil)
		}
		pause := t.step.Retry.Pause(n + 1)
		t.emit(runbook.Event{Kind: runbook.StepRetry, Step: t.step.ID, Attempt: t.result.Attempts, Pause: pause, Message: err.Error()})
		if err := t.job.Sleep(ctx, pause); err != nil {
			t.result.Outcome, t.result.Cause = record.Interrupted, record.CauseAbort
			return t.settle(nil)
		}
	}
}

// once is one attempt. Its error is why the step did not pass.
func (t *try) once(ctx context.Context) error {
	if _, person := t.step.Action.(runbook.AsksPerson); !person && !t.job.Checklist {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.step.Timeout.Span)
		defer cancel()
	}
	t.exitTimedOut, t.result.Cause, t.result.Exit, t.output = false, "", nil, capped{}
	t.result.Normal, t.lines = nil, nil
	env, err := t.newEnv()
	if err != nil {
		t.result.Cause = record.CauseError
		return err
	}
	result, err := t.run(ctx, env)
	if flush := errors.Join(t.stdout.flush(), t.stderr.flush()); flush != nil {
		return flush
	}
	t.take(result)
	if err == nil && result.Answer != nil && result.Answer.Skipped {
		t.result.Outcome, t.result.Cause, t.result.Proof = record.Skipped, record.CausePerson, ""
		return nil
	}
	if err == nil {
		err = t.examine(result)
	}
	if err == nil {
		t.result.Outcome = record.Passed
		return nil
	}
	return t.blame(ctx, err)
}

func (t *try) run(ctx context.Context, env *stepEnv) (runbook.Result, error) {
	if t.byPerson() {
		return t.byHand(ctx, env)
	}
	if _, person := t.step.Action.(runbook.AsksPerson); !person {
		defer t.sayEnding(ctx)()
	}
	return t.step.Action.Run(ctx, env)
}

// sayEnding says it as soon as the run is told to end: what the step started
// may take its time. What it returns waits until that was said.
func (t *try) sayEnding(ctx context.Context) (wait func()) {
	said := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(said)
		if errors.Is(ctx.Err(), context.Canceled) {
			t.emit(runbook.Event{Kind: runbook.Notice, Step: t.step.ID, Message: "ending the step " + t.step.ID, Hint: "ctrl-C again ends it at once"})
		}
	})
	return func() {
		if !stop() {
			<-said
		}
	}
}

// byPerson reports whether a person does the step in place of automation.
func (t *try) byPerson() bool {
	_, person := t.step.Action.(runbook.AsksPerson)
	return t.job.Checklist && !person
}

// byHand puts an automated step to a person.
func (t *try) byHand(ctx context.Context, env *stepEnv) (runbook.Result, error) {
	task := env.Task()
	task.Instructions = "Do by hand what the runbook says:\n\n```\n" + t.written() + "```\n"
	for _, f := range t.job.Runbook.Inputs {
		if v, ok := t.job.Inputs[f.Name]; ok {
			task.Instructions += "\n- inputs." + f.Name + " is `" + t.mask.Text(v.Text) + "`"
		}
	}
	for _, o := range t.step.Outputs {
		task.Form = append(task.Form, runbook.Field{Name: o.Name, Type: o.Type, Description: o.Unit})
	}
	answer, err := t.job.People.Do(ctx, task)
	if err != nil {
		return runbook.Result{}, err
	}
	result := runbook.Result{Answer: &answer, Proof: runbook.Attested, Outputs: answer.Values}
	if len(answer.Values) > 0 {
		result.Proof = runbook.Stated
	}
	return result, nil
}

// written is the step as it stands in the runbook, word for word.
func (t *try) written() string {
	from, to := t.step.Line, 0
	for _, s := range t.job.Runbook.Steps {
		if s.Line > from && (to == 0 || s.Line < to) {
			to = s.Line
		}
	}
	var text strings.Builder
	line := 0
	for l := range strings.Lines(string(t.job.Runbook.Source)) {
		if line++; line >= from && (to == 0 || line < to) {
			text.WriteString(strings.TrimRight(l, "\r\n") + "\n")
		}
	}
	return text.String()
}

// take notes what an attempt yielded.
func (t *try) take(result runbook.Result) {
	t.result.Proof = result.Proof
	if t.result.Proof == "" {
		t.result.Proof = runbook.Observed
	}
	t.facts = record.Facts{Detail: t.mask.Text(result.Detail)}
	if result.Exit != nil {
		code := result.Exit.Code
		t.result.Exit = &code
	}
	t.result.Evidence = nil
	for _, e := range result.Evidence {
		t.result.Evidence = append(t.result.Evidence, record.Evidence{Name: e.Name, Digest: e.Digest, Size: e.Size})
	}
	t.result.Outputs = nil
	for name, v := range result.Outputs {
		t.hand(name, v)
	}
	if a := result.Answer; a != nil {
		t.result.Flagged = a.Flag != ""
		t.facts.Answer = t.answer(*a)
	}
}

// hand notes an output: by value, or in the blob when it may be personal.
func (t *try) hand(name string, v runbook.Value) {
	text := t.mask.Text(v.Text)
	if v.Type.Personal() {
		if t.facts.Outputs == nil {
			t.facts.Outputs = map[string]string{}
		}
		t.facts.Outputs[name] = text
		return
	}
	if t.result.Outputs == nil {
		t.result.Outputs = record.Numbers{}
	}
	t.result.Outputs[name] = text
}

func (t *try) answer(a runbook.Answer) *record.Answer {
	kept := &record.Answer{
		Door: a.Door, Reason: t.mask.Text(a.Reason), Flag: t.mask.Text(a.Flag), Differently: t.mask.Text(a.Differently),
	}
	for _, item := range a.Checked {
		kept.Checked = append(kept.Checked, t.mask.Text(item))
	}
	for name, v := range a.Values {
		if kept.Values == nil {
			kept.Values = map[string]string{}
		}
		kept.Values[name] = t.mask.Text(v.Text)
	}
	return kept
}

// examine holds a result to what the step expects of it.
func (t *try) examine(result runbook.Result) error {
	if result.Exit != nil {
		if err := t.step.Expect.CheckExit(*result.Exit); err != nil {
			t.result.Cause = record.CauseExit
			return err
		}
	}
	outputs, err := t.readOutputs(result)
	if err != nil {
		return err
	}
	if t.job.Checklist && result.Exit == nil && result.Answer != nil {
		return t.compare(outputs) // what a person did has no stdout
	}
	values := t.values
	values.Self = &runbook.SelfValues{Stdout: string(t.stdout.capture), Outputs: outputs}
	if result.Exit != nil {
		values.Self.ExitCode = result.Exit.Code
	}
	if t.step.Expect.UsesStdout() && t.stdout.over {
		return fmt.Errorf("it printed more than %d bytes, which is too much to compare", captureLimit)
	}
	if err := t.step.Expect.Check(values.Self.Stdout, values); err != nil {
		return err
	}
	return t.compare(outputs)
}

func (t *try) readOutputs(result runbook.Result) (map[string]runbook.Value, error) {
	outputs := map[string]runbook.Value{}
	for name, v := range result.Outputs {
		outputs[name] = v
	}
	if result.Answer != nil && result.Exit == nil {
		return outputs, nil
	}
	if t.stdout.over || t.stderr.over || t.output.over {
		return nil, fmt.Errorf("it printed more than %d bytes, which is too much to read outputs from", captureLimit)
	}
	lines, err := runbook.ParseOutputLines(t.mask.Text(t.output.data.String()), t.step.Outputs)
	if err != nil {
		return nil, err
	}
	streams := runbook.Streams{Stdout: string(t.stdout.capture), Stderr: string(t.stderr.capture), Output: lines}
	for _, o := range t.step.Outputs {
		v, err := o.Read(streams)
		if err != nil {
			return nil, err
		}
		outputs[o.Name] = v
		t.hand(o.Name, v)
	}
	return outputs, nil
}

// blame says what kind of failure an error is.
func (t *try) blame(ctx context.Context, err error) error {
	var unkept *keepError
	var answerNo *runbook.Failure
	switch {
	case errors.As(err, &unkept), errors.Is(err, runbook.ErrPark):
		return err
	case t.exitTimedOut || errors.Is(ctx.Err(), context.DeadlineExceeded):
		t.result.Cause = record.CauseTimeout
		if !t.exitTimedOut {
			err = &runbook.Failure{Found: "timed out", Expected: "an end within " + t.step.Timeout.Text}
		}
	case t.result.Cause != "":
	case errors.As(err, &answerNo):
		t.result.Cause = record.CauseExpectation
	default:
		t.result.Cause = record.CauseError
	}
	t.last = t.lastLines()
	return err
}

func (t *try) lastLines() []string {
	if lines := lastLines(t.stderr.tail, tailLines); len(lines) > 0 {
		return lines
	}
	return lastLines(t.stdout.tail, tailLines)
}

func (t *try) openStreams() error {
	outputs, stderr := len(t.step.Outputs) > 0, false
	for _, o := range t.step.Outputs {
		stderr = stderr || o.From == runbook.FromStderr
	}
	show := func(line string) {
		t.emit(runbook.Event{Kind: runbook.StepOutput, Step: t.step.ID, Line: line})
	}
	var err error
	store, limit := t.job.Ledger.Store, t.job.BlobLimit
	if t.stdout, err = newStream(t.mask, store, limit, outputs || t.step.Expect.UsesStdout(), show); err != nil {
		return err
	}
	t.stderr, err = newStream(t.mask, store, limit, stderr, show)
	return err
}

func (t *try) discardStreams() {
	t.stdout.discard()
	t.stderr.discard()
}

// settle ends the step's streams.
func (t *try) settle(err error) error {
	if err != nil {
		return err
	}
	if t.result.Stdout, err = t.stdout.close(); err != nil {
		return err
	}
	t.result.Stderr, err = t.stderr.close()
	return err
}

// settleDoubt decides about a step that a crash cut off.
func (t *try) settleDoubt(ctx context.Context) error {
	attempts, cutOff := t.doubt[t.step.ID]
	if !cutOff {
		return nil
	}
	t.result.CutOff = true
	if t.step.Interrupted == runbook.Rerun || t.step.Interrupted == runbook.AskPerson && t.step.Action.Repeatable() {
		return nil
	}
	if t.step.Interrupted == runbook.Fail {
		t.giveUp("it was cut off, and the runbook says that it then counts as failed")
		return nil
	}
	env := stepEnv{try: t} // of which its folder may be gone
	doubt := fmt.Sprintf("msp was cut off during this step (attempt %d). Its work may be done, half done or not begun.", attempts)
	resolution, err := t.job.People.Decide(ctx, env.Task(), doubt)
	switch {
	case errors.Is(err, runbook.ErrPark):
		return errInDoubt
	case ctx.Err() != nil:
		return errAborted
	case err != nil:
		return err
	}
	t.resolve(resolution)
	return nil
}

func (t *try) resolve(resolution runbook.Resolution) {
	reason := t.mask.Text(resolution.Reason)
	switch resolution.Choice {
	case runbook.RunAgain:
	case runbook.WasDone:
		t.result.Outcome, t.result.Proof = record.Passed, runbook.Attested
		t.result.Deviates = []record.Deviation{record.DeviatedCutOff}
		t.facts.Answer = &record.Answer{Door: "decision", Reason: reason}
	default:
		t.giveUp(strings.TrimSpace("it was cut off and given up. " + reason))
	}
}

func (t *try) giveUp(why string) {
	t.result.Outcome, t.result.Cause = record.Interrupted, record.CauseCutOff
	t.failure = &runbook.Failure{Found: why}
}

// show tells the screen how a step ended.
func (r *runner) show(s record.Step, facts record.Facts, t *try) {
	e := runbook.Event{
		Kind: runbook.StepFinished, Step: s.ID, Outcome: string(s.Outcome), Duration: s.Duration.Span(), Attempt: s.Attempts,
	}
	if facts.Detail != "" {
		e.Detail = append(e.Detail, facts.Detail)
	}
	for _, d := range s.Deviates {
		e.Deviations = append(e.Deviations, string(d))
	}
	if t != nil {
		e.Title = t.step.Title
		e.Detail = append(e.Detail, t.lines...)
	}
	if s.Outcome == record.Passed && len(s.Deviates) > 0 {
		e.Outcome = "deviated"
	}
	if facts.Found != "" {
		e.Failure = &runbook.StepFailure{Found: facts.Found, Expected: facts.Expected, Call: contact(r.job.Runbook.Owner), GoOn: "msp show " + record.ShortID(r.id) + ", and when it is mended msp run " + r.job.Named}
		if t != nil {
			e.Failure.LastLine = t.last
		}
	}
	r.emit(e)
}

func contact(o runbook.Owner) string {
	who := o.Role
	if o.Team != "" {
		who = strings.TrimPrefix(who+", team "+o.Team, ", ")
	}
	switch {
	case who == "":
		return o.Contact
	case o.Contact == "":
		return who
	default:
		return who + ", " + o.Contact
	}
}

// Sleep waits in real time, or until ctx is done.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
