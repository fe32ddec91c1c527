package runbook

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/msp-runbook/msp/runbook/document"
)

// Kind is one kind of step, such as "run" or "file". Its name is the key under
// which a step of the kind stands in YAML.
type Kind interface {
	Name() string
	// Decode reads the value under the kind's key. Problems go to d; the
	// action that comes back is only run when there were none.
	Decode(n *document.Node, d *document.Decoder) Action
}

// Action is one decoded step of some kind.
type Action interface {
	// Check compiles the action's templates and expressions in the scope of
	// its step and reports what is wrong with them.
	Check(s *Scope, d *document.Decoder)
	// Outputs names what the action yields by itself.
	Outputs() map[string]Type
	// Repeatable reports whether running it twice does no harm, so that a
	// step cut off by a crash may be run again without asking.
	Repeatable() bool
	// Describe says in one line what would be done, for a dry run and for
	// the person who does it by hand. It evaluates nothing.
	Describe() string
	// Run does it. A *Failure says that the step was done and the answer is
	// no; ErrPark that it waits for a person; any other error that it could
	// not be done.
	Run(ctx context.Context, env Env) (Result, error)
}

// Env is all that a running step may touch.
type Env interface {
	// Dir is the absolute folder in which the step works.
	Dir() string
	// Expand evaluates a template to text.
	Expand(t *Template) (string, error)
	// Folder evaluates a template that names a file or a pattern of files.
	// It gives the folder that the step may not leave and the rest, a local
	// slash-separated path inside it.
	Folder(t *Template) (root, rest string, err error)
	// Exec runs a program to its end. Its output is masked and kept; a
	// non-zero exit is not an error.
	Exec(ctx context.Context, p Program) (Exit, error)
	// Output takes what the step has to say; it is masked and kept.
	Output() io.Writer
	// Attach takes a copy of evidence.
	Attach(name string, content io.Reader) (Attachment, error)
	// People asks whoever is there.
	People() People
	// Task is the step as it is put to a person: ids, title, reason.
	Task() Task
	// Now is the present.
	Now() time.Time
}

// AsksPerson is implemented by the actions that a person does. Automation never
// satisfies such a step, and no timeout cuts its person off unless the step
// says one. What the person is asked for is known before the step is run.
type AsksPerson interface{ AsksPerson() Task }

// Program is what a step asks to be run: a name that is looked up in PATH, and
// its arguments.
type Program struct {
	Name string
	Args []string
}

// Exit is how a program ended.
type Exit struct {
	Code  int    // -1 when a signal ended it
	Words string // "exited 1", "ended by SIGSEGV", "timed out after 10m"
}

// Attachment is a piece of evidence as it was kept.
type Attachment struct {
	Name   string
	Digest string // of the blob
	Size   int64  // of the content, in bytes
}

// Proof is how the outcome of a step is known.
type Proof string

// The proof kinds, from what a program saw to what a person said.
const (
	Observed Proof = "observed" // the tool ran it and saw the result
	Measured Proof = "measured" // a value against what is normal
	Attached Proof = "attached" // a person gave a file
	Stated   Proof = "stated"   // a person gave a value
	Attested Proof = "attested" // a person ticked
	Approved Proof = "approved" // a second principal signed
)

// Result is what an action yielded.
type Result struct {
	Outputs  map[string]Value
	Exit     *Exit  // when it was one program
	Detail   string // one line for the screen
	Proof    Proof  // Observed unless said
	Answer   *Answer
	Evidence []Attachment
}

// Failure says that a step was done and the answer is no.
type Failure struct {
	Found    string // what is
	Expected string // what should have been; may be empty
}

func (f *Failure) Error() string {
	if f.Expected == "" {
		return f.Found
	}
	return f.Found + "; expected " + f.Expected
}

// ErrPark says that a step waits for a person who isn't there.
var ErrPark = errors.New("waiting for a person")

// People is whoever a step can ask: someone at a terminal, a file of answers,
// nobody.
type People interface {
	// Do puts a task to a person. ErrPark when nobody can be asked now.
	Do(ctx context.Context, t Task) (Answer, error)
	// Decide asks what became of a step that was cut off. ErrPark as above.
	Decide(ctx context.Context, t Task, doubt string) (Resolution, error)
	// Value asks for an input. ErrPark as above.
	Value(ctx context.Context, f Field) (string, error)
}

// Task is what a person is asked to do.
type Task struct {
	Run, Step    string
	Title        string
	Rationale    string
	Instructions string // Markdown
	Checklist    []string
	Form         []Field
	Evidence     []EvidenceRequest
	Estimate     time.Duration
	MinDuration  time.Duration
	Last         *LastAnswer
	Folder       string // that relative paths are taken from
}

// LastAnswer is what was answered the last time.
type LastAnswer struct {
	At     time.Time
	Values map[string]string
}

// EvidenceRequest is a file that a person is asked for.
type EvidenceRequest struct {
	Name        string
	Description string
	Required    bool
}

// Answer is what a person said to a task.
type Answer struct {
	Skipped     bool
	Reason      string // why it was skipped
	Flag        string // what is wrong with the step itself, for its author
	Differently string // what was done instead of what the step says
	Checked     []string
	Values      map[string]Value
	Files       map[string]string // evidence by name: absolute paths
	Door        string            // "terminal", "plain" or "answers"
	Started     time.Time
	Ended       time.Time
}

// Resolution is what becomes of a step that was cut off.
type Resolution struct {
	Choice Interruption
	Reason string
}

// Interruption is one way on from a step that was cut off.
type Interruption string

// The ways on.
const (
	RunAgain Interruption = "rerun" // do it again
	WasDone  Interruption = "done"  // a person attests that it was done
	GiveUp   Interruption = "fail"  // it counts as failed
)
