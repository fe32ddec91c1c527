package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/msp-runbook/msp/cmd"
)

// TestMain makes this binary a msp too: where it is called so.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"msp": func() {
		program := cmd.Program{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Disk: faultyDisk(os.Getenv), Now: testClock(os.Getenv(envNow))}
		os.Exit(program.Run(context.Background(), os.Args[1:]))
	}})
}

// envNow sets the clock of the msp that this binary is: it goes on from there.
const envNow = "MSP_TEST_NOW"

func testClock(from string) func() time.Time {
	start, began := time.Now(), time.Now()
	if from != "" {
		var err error
		if start, err = time.Parse(time.RFC3339Nano, from); err != nil {
			panic(err)
		}
	}
	return func() time.Time { return start.Add(time.Since(began)) }
}

// desk is a place of its own in which msp runs as a process.
type desk struct {
	t    *testing.T
	home string
	work string // the current folder
	env  []string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskIn(t, t.TempDir())
}

func newDeskIn(t *testing.T, folder string) *desk {
	t.Helper()
	d := &desk{t: t, home: filepath.Join(folder, "home"), work: filepath.Join(folder, "work")}
	for _, f := range []string{d.home, d.work} {
		if err := os.Mkdir(f, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d.env = []string{"HOME=" + d.home, "PATH=" + os.Getenv("PATH"), "USER=tester", "TZ=UTC", "LANG=C"}
	return d
}

// state is where the evidence of the client local lies.
func (d *desk) state() string { return filepath.Join(d.home, ".local/share/msp") }

func (d *desk) path(elem ...string) string {
	return filepath.Join(append([]string{d.work}, elem...)...)
}

func (d *desk) write(name, text string) {
	d.t.Helper()
	if err := os.MkdirAll(filepath.Dir(d.path(name)), 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(d.path(name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// command is msp as a process that was not started yet.
func (d *desk) command(args ...string) *exec.Cmd {
	d.t.Helper()
	self, err := os.Executable()
	if err != nil {
		d.t.Fatal(err)
	}
	return &exec.Cmd{Path: self, Args: append([]string{"msp"}, args...), Dir: d.work, Env: d.env}
}

// ran is how a process of msp ended.
type ran struct {
	code           int // -1 when a signal ended it
	stdout, stderr string
}

func (d *desk) msp(args ...string) ran { return d.mspWith(nil, args...) }

// mspWith runs msp with more variables.
func (d *desk) mspWith(env []string, args ...string) ran {
	d.t.Helper()
	c := d.command(args...)
	c.Env = append(c.Env, env...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		d.t.Fatal(err)
	}
	return ran{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// inMemory is a folder on which waiting for the disk costs nothing.
func inMemory(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "msp-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}
