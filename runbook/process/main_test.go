//go:build unix

package process_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/msp-runbook/msp/runbook/process"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if out, _ := exec.Command("ps", "-o", "pid=,stat=,args=", "--ppid", strconv.Itoa(os.Getpid())).Output(); code == 0 {
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "ps -o pid=") {
				fmt.Print("a child remains: ", line)
				code = 1
			}
		}
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}

// program is a file of the system, found by the system's own rules.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s here", name)
	}
	if path, err = filepath.Abs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// script is a bash that runs the text with a usual PATH.
func script(t testing.TB, text string) process.Command {
	t.Helper()
	return process.Command{
		Path:  program(t, "bash"),
		Args:  []string{"-c", text},
		Env:   []string{"PATH=/usr/local/bin:/usr/bin:/bin"},
		Grace: 200 * time.Millisecond,
	}
}

func run(t *testing.T, c process.Command) process.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := process.Run(ctx, c)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	return r
}

// output runs the command and returns its standard output, trimmed.
func output(t *testing.T, c process.Command) string {
	t.Helper()
	var out bytes.Buffer
	c.Stdout = &out
	if r := run(t, c); !r.OK() {
		t.Fatalf("%v, after %q", r, out.String())
	}
	return strings.TrimSpace(out.String())
}

// until polls for a condition that another process brings about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// lines returns a writer that calls f with each line.
func lines(f func(string)) io.Writer {
	return &lineWriter{f: f}
}

type lineWriter struct {
	rest []byte
	f    func(string)
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		line, rest, ok := bytes.Cut(w.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		w.rest = rest
		w.f(string(line))
	}
}

// alive tells whether a process lives; a zombie doesn't.
func alive(pid string) bool {
	out, _ := exec.Command("ps", "-o", "stat=", "-p", pid).Output()
	state := strings.TrimSpace(string(out))
	return state != "" && state[0] != 'Z'
}

func wantGone(t *testing.T, pids []string) {
	t.Helper()
	if len(pids) == 0 {
		t.Fatal("the program named no process")
	}
	for _, pid := range pids {
		if _, err := strconv.Atoi(pid); err != nil {
			t.Fatalf("%q is no process number", pid)
		}
		if alive(pid) {
			t.Errorf("process %s lives on", pid)
			exec.Command("kill", "-9", pid).Run()
		}
	}
}

func wantResult(t *testing.T, got, want process.Result) {
	t.Helper()
	ignore := cmpopts.IgnoreFields(process.Result{}, "Duration", "CPU")
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

var errBroken = errors.New("disk full")

type broken struct{}

func (broken) Read([]byte) (int, error)  { return 0, errBroken }
func (broken) Write([]byte) (int, error) { return 0, errBroken }

type short struct{}

func (short) Write(p []byte) (int, error) { return len(p) - 1, nil }

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// answer is a standard input that says nothing until it is given.
type answer struct {
	once  sync.Once
	given chan struct{}
	text  io.Reader
}

func newAnswer() *answer {
	return &answer{given: make(chan struct{})}
}

func (a *answer) give(text string) {
	a.once.Do(func() {
		a.text = strings.NewReader(text)
		close(a.given)
	})
}

func (a *answer) Read(p []byte) (int, error) {
	<-a.given
	return a.text.Read(p)
}
