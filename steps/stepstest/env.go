package stepstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Env is a runbook.Env in a folder of its own. Programs really run; people are
// scripted; the time stands still.
type Env struct {
	Clock     time.Time
	Door      runbook.People // Nobody unless said
	Request   runbook.Task   // what Task gives
	Variables []string       // "NAME=value", for programs

	Said     bytes.Buffer         // what programs and the step printed
	Programs []runbook.Program    // those that were started
	Kept     map[string][]byte    // evidence by name
	Watch    func(printed []byte) // called when a program prints

	dir     string
	fields  []runbook.Field
	secrets []runbook.Secret
	values  runbook.Values
}

// NewEnv gives an Env whose folder is empty and has an empty folder around it.
func NewEnv(t *testing.T) *Env {
	t.Helper()
	around, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(around, "work")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &Env{
		Clock: time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC), Door: Nobody{},
		Request: runbook.Task{Run: "01J", Step: "step", Title: "A step", Folder: dir},
		Kept:    map[string][]byte{}, dir: dir,
		values: runbook.Values{Inputs: map[string]runbook.Value{}, Secrets: map[string]string{}},
	}
}

// Input gives expressions an input.
func (e *Env) Input(t *testing.T, name string, typ runbook.Type, text string) {
	t.Helper()
	value, err := runbook.ParseValue(typ, text, e.dir)
	if err != nil {
		t.Fatal(err)
	}
	e.fields = append(e.fields, runbook.Field{Name: name, Type: typ})
	e.values.Inputs[name] = value
}

// Secret gives expressions a secret.
func (e *Env) Secret(name, value string) {
	e.secrets = append(e.secrets, runbook.Secret{Name: name})
	e.values.Secrets[name] = value
}

// Write makes a file, in the folder unless the name is absolute, that was
// modified age before the present. It returns its absolute path.
func (e *Env) Write(t *testing.T, name, content string, age time.Duration) string {
	t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(e.dir, filepath.FromSlash(name))
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	at := e.Clock.Add(-age)
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
	return name
}

// Check compiles an action with the inputs and secrets that were given.
func (e *Env) Check(a runbook.Action) document.Problems {
	d := document.NewDecoder()
	a.Check(runbook.NewScope(e.fields, e.secrets), d)
	return d.Problems()
}

// Dir is the folder.
func (e *Env) Dir() string { return e.dir }

// Expand evaluates without secrets.
func (e *Env) Expand(t *runbook.Template) (string, error) { return t.Expand(e.values) }

// Folder splits a path that is taken from Dir.
func (e *Env) Folder(t *runbook.Template) (root, rest string, err error) {
	return t.Folder(e.values, e.dir)
}

// Exec runs a program in Dir, with PATH and Variables for its environment.
func (e *Env) Exec(ctx context.Context, p runbook.Program) (runbook.Exit, error) {
	e.Programs = append(e.Programs, p)
	cmd := exec.CommandContext(ctx, p.Name, p.Args...)
	cmd.Dir = e.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, e.Variables...)
	cmd.Stdout, cmd.Stderr = e.Output(), e.Output()
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return runbook.Exit{}, ctx.Err()
	case errors.As(err, &exit):
		return runbook.Exit{Code: exit.ExitCode(), Words: fmt.Sprintf("exited %d", exit.ExitCode())}, nil
	case err != nil:
		return runbook.Exit{}, err
	}
	return runbook.Exit{Words: "exited 0"}, nil
}

// Output writes to Said.
func (e *Env) Output() io.Writer { return printer{e} }

type printer struct{ env *Env }

func (p printer) Write(text []byte) (int, error) {
	n, err := p.env.Said.Write(text)
	if p.env.Watch != nil {
		p.env.Watch(text)
	}
	return n, err
}

// Attach keeps evidence in Kept.
func (e *Env) Attach(name string, content io.Reader) (runbook.Attachment, error) {
	data, err := io.ReadAll(content)
	if err != nil {
		return runbook.Attachment{}, err
	}
	e.Kept[name] = data
	return runbook.Attachment{Name: name, Digest: runbook.Digest(data), Size: int64(len(data))}, nil
}

// People is Door.
func (e *Env) People() runbook.People { return e.Door }

// Task is Request.
func (e *Env) Task() runbook.Task { return e.Request }

// Now is Clock.
func (e *Env) Now() time.Time { return e.Clock }
