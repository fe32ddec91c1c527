package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

var (
	errAborted = errors.New("aborted")          // the run was told to end
	errInDoubt = errors.New("nobody to decide") // what became of a step that was cut off
)

// work does the steps that have no outcome yet, and ends or parks the run.
func (r *runner) work(ctx context.Context) (Outcome, error) {
	before := r.job.StartAt != ""
	for _, s := range r.job.Runbook.Steps {
		if ctx.Err() != nil || r.aborted() {
			return r.finish(ctx, true)
		}
		before = before && s.ID != r.job.StartAt
		outcome, done := r.outcomes[s.ID]
		if !done {
			var err error
			outcome, err = r.step(ctx, s, before)
			switch {
			case errors.Is(err, runbook.ErrPark):
				return r.park(ctx, s)
			case errors.Is(err, errInDoubt):
				return r.wait(s), nil // the journal stays: it alone knows of the doubt
			case errors.Is(err, errAborted):
				return r.finish(ctx, true)
			case err != nil:
				return Outcome{Run: r.id}, err
			case outcome == record.PushedBack:
				return r.work(ctx)
			}
		}
		if bad := outcome == record.Failed || outcome == record.Interrupted; bad && s.OnFailure == runbook.Abort {
			break
		}
	}
	return r.finish(ctx, r.aborted())
}

// aborted reports whether a step was interrupted by whoever ended the run.
func (r *runner) aborted() bool {
	return slices.ContainsFunc(r.all, func(s record.Step) bool { return s.Cause == record.CauseAbort })
}

// step gives one step its outcome and writes it down.
func (r *runner) step(ctx context.Context, s *runbook.Step, leftOut bool) (record.Outcome, error) {
	began := r.job.Now()
	result := record.Step{ID: s.ID, Started: began, Round: r.round}
	if leftOut {
		result.Outcome, result.Cause = record.LeftOut, record.CauseStartAt
		return result.Outcome, r.keep(result, nil, nil)
	}
	outcome, cause, failure := r.decide(s)
	if outcome != "" {
		result.Outcome, result.Cause = outcome, cause
		r.emit(runbook.Event{Kind: runbook.StepStarted, Step: s.ID, Title: s.Title})
		return outcome, r.keep(result, failure, nil)
	}
	r.emit(runbook.Event{Kind: runbook.StepStarted, Step: s.ID, Title: s.Title})
	if _, approval := s.Action.(runbook.AsksApproval); approval {
		return r.approval(s, result)
	}
	t := &try{runner: r, step: s, result: result}
	if err := t.settleDoubt(ctx); err != nil {
		return "", err
	}
	if t.result.Outcome == "" {
		if err := t.attempts(ctx); err != nil {
			return "", err
		}
	}
	return t.result.Outcome, r.keep(t.result, t.failure, t)
}

// decide says whether a step is not to be run at all.
func (r *runner) decide(s *runbook.Step) (record.Outcome, record.Cause, error) {
	need, unmet := r.unmetNeed(s)
	if unmet && s.If == nil {
		if r.outcomes[need] == record.NotNeeded {
			return record.NotNeeded, record.CauseNeed, nil
		}
		return record.Skipped, record.CauseNeed, &runbook.Failure{Found: fmt.Sprintf("the step %s, which it needs, did not pass", need)}
	}
	if s.If != nil {
		truth, err := s.If.True(r.values)
		switch {
		case err != nil && r.job.Checklist: // the values are in a person's head: ask them
		case err != nil:
			return record.Failed, record.CauseError, err
		case !truth:
			return record.NotNeeded, record.CauseCondition, nil
		}
	}
	for _, p := range s.Preconditions {
		truth, err := p.True(r.values)
		switch {
		case err != nil && r.job.Checklist:
		case err != nil:
			return record.Failed, record.CauseError, err
		case !truth:
			return record.Failed, record.CausePrecondition, &runbook.Failure{Found: "it does not hold that " + p.Source, Expected: "it to hold before the step"}
		}
	}
	return "", "", nil
}

func (r *runner) unmetNeed(s *runbook.Step) (need string, unmet bool) {
	for _, need := range s.Needs {
		if o := r.outcomes[need]; o != record.Passed && o != record.LeftOut {
			return need, true
		}
	}
	return "", false
}

// keep writes a step's outcome into the journal, and makes it known to the
// steps behind it and to the screen.
func (r *runner) keep(result record.Step, failure error, t *try) error {
	result.Ended = r.job.Now()
	result.Duration = runbook.Nanoseconds(result.Ended.Sub(result.Started))
	facts := record.Facts{}
	if t != nil {
		facts = t.facts
	}
	r.explain(&facts, failure)
	if t != nil {
		pinned := r.pins[result.ID]
		answer := record.Answer{}
		if facts.Answer != nil {
			answer = *facts.Answer
		}
		result.Deviates = append(record.StepDeviations(&pinned, &result, answer), result.Deviates...)
	}
	if !facts.IsZero() {
		digest, err := r.job.Ledger.PutJSON(facts)
		if err != nil {
			return err
		}
		result.Facts = digest
	}
	tools := r.tools.takeFresh()
	entry := record.Entry{At: result.Ended, Kind: record.EntryEnded, Step: result.ID, Result: &result, Tools: tools}
	if err := r.journal.Add(entry); err != nil {
		return err
	}
	r.took(result, facts, tools)
	r.show(result, facts, t)
	return r.sealWhenLarge()
}

// explain puts a failure into words that were masked.
func (r *runner) explain(facts *record.Facts, failure error) {
	var answerNo *runbook.Failure
	switch {
	case failure == nil:
	case errors.As(failure, &answerNo):
		facts.Found, facts.Expected = r.mask.Text(answerNo.Found), r.mask.Text(answerNo.Expected)
	default:
		facts.Found = r.mask.Text(failure.Error())
	}
}

// took makes an outcome known to the steps behind it.
func (r *runner) took(s record.Step, facts record.Facts, tools []record.Tool) {
	r.outcomes[s.ID] = s.Outcome
	r.steps, r.all = append(r.steps, s), append(r.all, s)
	for _, tool := range tools {
		if !slices.Contains(r.used, tool) {
			r.used = append(r.used, tool)
		}
	}
	r.unsigned += stepSize(s)
	r.values.Steps[s.ID] = r.stepValues(s, facts)
	if s.To != "" {
		r.pushedBack(s.To)
	}
}

// stepSize is about how many bytes a step takes in a statement, with its
// subjects.
func stepSize(s record.Step) int {
	size := 0
	for _, part := range []any{s, blobSubjects(s)} {
		encoded, err := evidence.EncodeJSON(part)
		if err != nil {
			return 0 // it was encoded for the journal before
		}
		size += len(encoded) + 1
	}
	return size
}

func (r *runner) stepValues(s record.Step, facts record.Facts) runbook.StepValues {
	v := runbook.StepValues{Outcome: string(s.Outcome), Outputs: map[string]runbook.Value{}}
	for _, d := range s.Deviates {
		v.Deviated = v.Deviated || d == record.DeviatedNormal
	}
	if s.Exit != nil {
		v.ExitCode = *s.Exit
	}
	step := r.book[s.ID]
	if step == nil {
		return v
	}
	for name, t := range step.OutputTypes() {
		text, ok := s.Outputs[name]
		if !ok {
			text, ok = facts.Outputs[name]
		}
		if !ok {
			continue
		}
		if value, err := runbook.ParseValue(t, text, r.job.Folder); err == nil {
			v.Outputs[name] = value
		}
	}
	return v
}

// statementShare is the part of the largest statement that steps may fill:
// the envelope writes them in base64.
const statementShare = 0.6

// sealWhenLarge signs what was done when one more statement would not hold it.
func (r *runner) sealWhenLarge() error {
	if float64(r.unsigned) < statementShare*float64(r.job.Ledger.MaxBytes()) {
		return nil
	}
	if err := r.seal(context.Background(), ""); err != nil {
		return err
	}
	return r.openJournal()
}

// seal signs and logs the steps since the last segment, and ends the journal
// that told them.
func (r *runner) seal(ctx context.Context, waiting string) error {
	segment := record.Segment{
		Run: r.id, Start: r.startRef, Number: len(r.segments) + 1, Writer: r.job.Ledger.Writer, Operator: r.job.Ledger.Signer(),
		Until: r.job.Now(), Waiting: waiting, Steps: r.steps, Tools: r.used,
	}
	if n := len(r.segments); n > 0 {
		segment.Previous = r.segments[n-1]
	}
	digest, _, err := r.job.Ledger.Write(ctx, record.KindSegment, r.id, r.subjects(), segment)
	if err != nil {
		return err
	}
	r.segments, r.waiting, r.waitedSince = append(r.segments, digest), waiting, segment.Until
	r.steps, r.used, r.unsigned = nil, nil, 0
	return r.closeJournal()
}

// subjects are the runbook and every blob that the unsigned steps name.
func (r *runner) subjects() []evidence.Subject {
	subjects := []evidence.Subject{record.BlobSubject("runbook", r.start.Runbook.Digest)}
	for _, s := range r.steps {
		subjects = append(subjects, blobSubjects(s)...)
	}
	return subjects
}

func blobSubjects(s record.Step) []evidence.Subject {
	var subjects []evidence.Subject
	for _, blob := range record.BlobsOf(&s) {
		subjects = append(subjects, record.BlobSubject(s.ID+" "+blob.Name, blob.Digest))
	}
	return subjects
}

// park seals what was done and leaves the rest to a person. Who is to approve is
// shown segments, so there is one also where nothing was done since the last.
func (r *runner) park(ctx context.Context, s *runbook.Step) (Outcome, error) {
	ctx = context.WithoutCancel(ctx)
	asks, approval := s.Action.(runbook.AsksApproval)
	var err error
	if len(r.steps) > 0 || approval && r.waiting != s.ID {
		err = r.seal(ctx, s.ID)
	} else {
		err = r.closeJournal()
	}
	if err != nil {
		return Outcome{Run: r.id}, err
	}
	if _, err := r.anchor(ctx); err != nil {
		return Outcome{Run: r.id}, err
	}
	if approval {
		return r.waitsForApproval(s, asks.Approval()), nil
	}
	return r.wait(s), nil
}

// wait says that the run goes on when a person is there.
func (r *runner) wait(s *runbook.Step) Outcome {
	r.emit(runbook.Event{
		Kind: runbook.RunParked, Step: s.ID, Title: s.Title, Message: "waiting for a person: " + s.Title,
		Hint: "they run: msp resume " + record.ShortID(r.id), Level: levelLogged, Deadline: r.start.Deadline,
	})
	return Outcome{Run: r.id, Parked: s.ID}
}

// holds are those of the run's clock up to its end. Where nothing is judged none
// counts, and no log is read for them.
func (r *runner) holds(ended time.Time) ([]record.HoldMade, error) {
	if r.start.SLA.NotJudged() != "" {
		return nil, nil
	}
	logs, err := record.ReadLogs(r.job.Ledger.Store, r.job.Client, r.job.Ledger.MaxBytes())
	if err != nil {
		return nil, err
	}
	return logs.Held(r.start, ended), nil
}

// finish signs and logs the end of the run.
func (r *runner) finish(ctx context.Context, aborted bool) (Outcome, error) {
	ctx = context.WithoutCancel(ctx)
	notBefore, err := r.notBefore()
	if err != nil {
		return Outcome{Run: r.id}, err
	}
	ended := r.job.Now()
	holds, err := r.holds(ended)
	if err != nil {
		return Outcome{Run: r.id}, err
	}
	pauses := record.PausesUnder(r.start.SLA, holds, ended)
	verdict := record.Judge(r.start, r.all, aborted, ended, pauses...)
	end := record.RunEnd{
		Run: r.id, Start: r.startRef, Segments: r.segments, Writer: r.job.Ledger.Writer, Operator: r.job.Ledger.Signer(),
		Ended: ended, Aborted: aborted, Steps: r.steps, Tools: r.used,
		SLA: r.start.SLA.Judge(r.start.Started, ended, pauses...), Holds: record.NamedHolds(r.start.SLA, holds, ended), ClockSync: "unknown", NotBefore: notBefore, Verdict: verdict,
	}
	digest, _, err := r.job.Ledger.Write(ctx, record.KindRun, r.id, r.subjects(), end)
	if err != nil {
		return Outcome{Run: r.id}, err
	}
	r.done = true
	if err := r.closeJournal(); err != nil {
		return Outcome{Run: r.id}, err
	}
	words, err := r.anchor(ctx)
	if err != nil {
		return Outcome{Run: r.id}, err
	}
	e := runbook.Event{
		Kind: runbook.RunFinished, Verdict: string(verdict.Outcome), Record: digest, Level: r.level(words),
		Duration: ended.Sub(r.start.Started), Deadline: cmp.Or(end.SLA.Deadline, r.start.Deadline), SLA: end.SLA.NotJudged,
	}
	for _, d := range verdict.Deviations {
		e.Deviations = append(e.Deviations, string(d))
	}
	if verdict.Late {
		e.Message = "outside its SLA"
	}
	r.emit(e)
	return Outcome{Run: r.id, Record: digest, Verdict: verdict}, nil
}
