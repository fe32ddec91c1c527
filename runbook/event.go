package runbook

import "time"

// Event is one thing that happened in a run, for whoever shows it. The stream
// of events is the only thing that printers see; msp run --json prints it, one
// object a line, and a field is never given another meaning under the same V.
type Event struct {
	V    int       `json:"v"`
	Kind EventKind `json:"event"`
	At   time.Time `json:"at"`
	Run  string    `json:"run,omitempty"`

	// run_started, run_resumed
	Runbook  string     `json:"runbook,omitempty"`
	Version  string     `json:"version,omitempty"`
	Title    string     `json:"title,omitempty"`
	Client   string     `json:"client,omitempty"`
	Reason   string     `json:"rationale,omitempty"`
	Deadline *time.Time `json:"deadline,omitempty"`
	SLA      string     `json:"sla,omitempty"` // in words
	Steps    []StepHead `json:"steps,omitempty"`

	// step_*
	Step     string        `json:"step,omitempty"`
	Attempt  int           `json:"attempt,omitempty"`
	Line     string        `json:"line,omitempty"`
	Outcome  string        `json:"outcome,omitempty"`
	Detail   []string      `json:"detail,omitempty"`
	Failure  *StepFailure  `json:"failure,omitempty"`
	Duration time.Duration `json:"duration_ns,omitempty"`
	Pause    time.Duration `json:"pause_ns,omitempty"`

	// notice, parked, finished
	Message    string   `json:"message,omitempty"`
	Hint       string   `json:"hint,omitempty"`
	Verdict    string   `json:"verdict,omitempty"`
	Record     string   `json:"record,omitempty"`
	Level      string   `json:"level,omitempty"`
	Deviations []string `json:"deviations,omitempty"`
}

// StepHead announces a step.
type StepHead struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// StepFailure is what a technician needs when a step failed.
type StepFailure struct {
	Found    string   `json:"found"`
	Expected string   `json:"expected,omitempty"`
	LastLine []string `json:"last_lines,omitempty"` // of its output, 20 at most
	Call     string   `json:"call,omitempty"`       // whom
	GoOn     string   `json:"go_on,omitempty"`      // the command
}

// EventVersion is the V of every event.
const EventVersion = 1

// EventKind names what happened.
type EventKind string

// The events.
const (
	RunStarted   EventKind = "run_started"
	RunResumed   EventKind = "run_resumed"
	StepStarted  EventKind = "step_started"
	StepOutput   EventKind = "step_output" // one line, masked; for the screen only
	StepRetry    EventKind = "step_retry"
	StepFinished EventKind = "step_finished"
	Notice       EventKind = "notice"
	RunParked    EventKind = "run_parked"
	RunFinished  EventKind = "run_finished"
)
