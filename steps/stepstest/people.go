package stepstest

import (
	"context"

	"github.com/msp-runbook/msp/runbook"
)

// Nobody can never be asked.
type Nobody struct{}

// Do parks.
func (Nobody) Do(context.Context, runbook.Task) (runbook.Answer, error) {
	return runbook.Answer{}, runbook.ErrPark
}

// Decide parks.
func (Nobody) Decide(context.Context, runbook.Task, string) (runbook.Resolution, error) {
	return runbook.Resolution{}, runbook.ErrPark
}

// Value parks.
func (Nobody) Value(context.Context, runbook.Field) (string, error) { return "", runbook.ErrPark }

// Scripted gives the same answer to every task and remembers the tasks.
type Scripted struct {
	Nobody
	Answer runbook.Answer
	Tasks  []runbook.Task
}

// Do answers.
func (s *Scripted) Do(_ context.Context, t runbook.Task) (runbook.Answer, error) {
	s.Tasks = append(s.Tasks, t)
	return s.Answer, nil
}

// silent is asked and says nothing until the context ends.
type silent struct {
	Nobody
	asked func()
}

func (s silent) Do(ctx context.Context, _ runbook.Task) (runbook.Answer, error) {
	s.asked()
	<-ctx.Done()
	return runbook.Answer{}, ctx.Err()
}
