package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/process"
	"github.com/msp-runbook/msp/runbook/record"
)

// outputPath is what $MSP_OUTPUT says: a pipe that the child has open.
const outputPath = "/dev/fd/3"

// stepEnv is all that a running step may touch.
type stepEnv struct {
	*try
	dir string
	env []string
}

var _ runbook.Env = (*stepEnv)(nil)

func (t *try) newEnv() (*stepEnv, error) {
	root, rest, err := t.step.Dir.Folder(t.values, t.job.Folder)
	if err != nil {
		return nil, err
	}
	dir, err := folderWithin(root, rest)
	if err != nil {
		return nil, err
	}
	e := &stepEnv{try: t, dir: dir}
	e.env = append(t.tools.baseEnvironment(t.job.Environ),
		"MSP_RUN_ID="+t.id, "MSP_STEP="+t.step.ID, "MSP_CLIENT="+t.job.Client)
	if t.wantsOutput() {
		e.env = append(e.env, "MSP_OUTPUT="+outputPath)
	}
	if nonce := t.nonce(); nonce != "" {
		e.env = append(e.env, "MSP_RUN_NONCE="+nonce)
	}
	if t.byPerson() {
		return e, nil // nothing is started, so nothing has to have a value
	}
	for _, v := range t.step.Env {
		value, err := v.Value.ExpandWithSecrets(t.values)
		if err != nil {
			return nil, err
		}
		e.env = append(e.env, v.Name+"="+value)
	}
	return e, nil
}

// folderWithin opens the folder below a root, so that no link leads out of it.
func folderWithin(root, rest string) (string, error) {
	if rest == "." {
		return root, nil
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return "", err
	}
	defer r.Close()
	info, err := r.Stat(filepath.FromSlash(rest))
	if err != nil {
		return "", fmt.Errorf("the step's folder: %w", err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("the step's folder %s is not a folder", rest)
	}
	return filepath.Join(root, filepath.FromSlash(rest)), nil
}

// Dir is the step's folder.
func (e *stepEnv) Dir() string { return e.dir }

// Expand evaluates a template.
func (e *stepEnv) Expand(t *runbook.Template) (string, error) { return t.Expand(e.values) }

// Folder evaluates a path; see runbook.Env.
func (e *stepEnv) Folder(t *runbook.Template) (root, rest string, err error) {
	return t.Folder(e.values, e.dir)
}

// Output is masked and kept with what programs print.
func (e *stepEnv) Output() io.Writer { return e.stdout }

// People is who can be asked.
func (e *stepEnv) People() runbook.People { return e.job.People }

// Now is the present.
func (e *stepEnv) Now() time.Time { return e.job.Now() }

// Task is the step as it is put to a person.
func (e *stepEnv) Task() runbook.Task {
	return runbook.Task{
		Run: e.id, Step: e.step.ID, Title: e.step.Title, Rationale: e.step.Rationale,
		MinDuration: e.step.MinDuration.Span, Folder: e.job.Folder, Last: e.lastAnswer(),
	}
}

// Exec runs a program of the step.
func (e *stepEnv) Exec(ctx context.Context, p runbook.Program) (runbook.Exit, error) {
	tool, err := e.tools.find(p.Name, e.dir)
	if err != nil {
		return runbook.Exit{}, err
	}
	command := process.Command{
		Path: tool.Path, Args: p.Args, Env: e.env, Dir: e.dir,
		Stdout: e.stdout, Stderr: e.stderr, Grace: e.job.Grace, Firmly: e.job.Firmly,
	}
	if e.wantsOutput() {
		command.Output = &e.output
	}
	result, err := process.Run(ctx, command)
	if err != nil {
		return runbook.Exit{}, err
	}
	exit := runbook.Exit{Code: result.ExitCode, Words: result.String()}
	switch result.Ended {
	case process.TimedOut:
		e.exitTimedOut = true
		return exit, &runbook.Failure{Found: exit.Words, Expected: "an end within " + e.step.Timeout.Text}
	case process.Cancelled:
		return exit, ctx.Err()
	default:
		return exit, nil
	}
}

// wantsOutput reports whether a value of the step is read from $MSP_OUTPUT.
// Only such a step gets the pipe.
func (t *try) wantsOutput() bool {
	return slices.ContainsFunc(t.step.Outputs, func(o runbook.Output) bool { return o.From == runbook.FromOutput })
}

// Attach takes a copy of evidence.
func (e *stepEnv) Attach(name string, content io.Reader) (runbook.Attachment, error) {
	blob, err := e.job.Ledger.Store.NewBlob(e.job.BlobLimit)
	if err != nil {
		return runbook.Attachment{}, &keepError{err}
	}
	defer blob.Discard()
	read := &readErrors{from: content}
	if _, err := io.Copy(blob, read); err != nil {
		if read.err != nil {
			return runbook.Attachment{}, fmt.Errorf("reading the evidence %s: %w", name, read.err)
		}
		return runbook.Attachment{}, &keepError{err}
	}
	kept, err := blob.Commit()
	switch {
	case err != nil:
		return runbook.Attachment{}, &keepError{err}
	case kept.Digest == "":
		return runbook.Attachment{}, &runbook.Failure{Found: "the evidence " + name + " is an empty file"}
	case kept.LeftOut > 0:
		return runbook.Attachment{}, &runbook.Failure{
			Found:    fmt.Sprintf("the evidence %s has %d bytes", name, kept.Written),
			Expected: fmt.Sprintf("at most %d, so that it is kept whole", e.job.BlobLimit),
		}
	}
	return runbook.Attachment{Name: name, Digest: kept.Digest, Size: kept.Size}, nil
}

// readErrors remembers that it was the reading that failed.
type readErrors struct {
	from io.Reader
	err  error
}

func (r *readErrors) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// lastAnswer is what was answered to the step in the newest finished run.
func (e *stepEnv) lastAnswer() *runbook.LastAnswer {
	if _, person := e.step.Action.(runbook.AsksPerson); !person {
		return nil
	}
	history, err := e.history()
	if err != nil {
		return nil // msp verify says what is wrong with it
	}
	for i := len(history.Accounts) - 1; i >= 0; i-- {
		account := history.Accounts[i]
		if !account.Finished() || account.Start.Body.Runbook.ID != e.job.Runbook.ID {
			continue
		}
		for _, s := range account.Standing() {
			if s.ID != e.step.ID || s.Facts == "" {
				continue
			}
			var facts record.Facts
			if record.GetJSON(e.job.Ledger.Store, s.Facts, &facts) == nil && facts.Answer != nil && len(facts.Answer.Values) > 0 {
				return &runbook.LastAnswer{At: s.Ended, Values: facts.Answer.Values}
			}
		}
	}
	return nil
}
