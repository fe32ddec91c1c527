//go:build linux

package cmd_test

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/record"
)

// TestInterrupted ends msp by each signal while a step runs: the step's whole
// group ends, the run is recorded as aborted.
func TestInterrupted(t *testing.T) {
	for name, test := range map[string]struct {
		signal syscall.Signal
		step   string
	}{
		"interrupt":             {syscall.SIGINT, ""},
		"termination":           {syscall.SIGTERM, ""},
		"hang-up":               {syscall.SIGHUP, ""},
		"continue and should":   {syscall.SIGINT, ", on_failure: continue, priority: should"},
		"between two attempts":  {syscall.SIGINT, ", retry: {max_attempts: 3, delay: 1h}"},
		"a step that is a must": {syscall.SIGINT, ", on_failure: continue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			script := "echo $$ > first; sleep 60 & echo $! > second; setsid sleep 60 & echo $! > third; echo > ready; wait"
			if strings.Contains(test.step, "retry") {
				script = "echo > first; echo > second; echo > third; echo > ready; exit 1"
			}
			d.write("long.yaml", "apiVersion: msp/v1\nkind: Runbook\nid: long\nversion: 1.0.0\ntitle: Long\nsteps:\n"+
				"  - {id: long, title: Long, run: '"+script+"'"+test.step+"}\n  - {id: next, title: Next, run: touch next}\n")
			c := d.command("run", "./long.yaml", "--plain")
			var out bytes.Buffer
			c.Stdout, c.Stderr = &out, &out
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			d.await("ready")
			if err := c.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			c.Wait()
			if code := c.ProcessState.ExitCode(); code != 130 {
				t.Errorf("exit code %d:\n%s", code, out.String())
			}
			for _, file := range []string{"first", "second", "third"} {
				if pid := d.number(file); pid > 0 && syscall.Kill(pid, 0) == nil {
					t.Errorf("the %s process lives on", file)
				}
			}
			if _, err := os.Stat(d.path("next")); err == nil {
				t.Error("the next step was done")
			}
			account := d.history().Accounts[0]
			if !account.Finished() || account.End.Body.Verdict.Outcome != record.RunAborted {
				t.Fatalf("%+v", account.End)
			}
			if s := account.Steps()[0]; s.Outcome != record.Interrupted || s.Cause != record.CauseAbort {
				t.Errorf("%+v", s)
			}
			if got := d.msp("verify"); got.code != 0 {
				t.Errorf("verify: %s", got.stdout)
			}
		})
	}
}

// await waits until a file is there.
func (d *desk) await(name string) {
	d.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(d.path(name)); err == nil {
			return
		}
	}
	d.t.Fatalf("%s never appears", name)
}

func (d *desk) number(name string) int {
	text, err := os.ReadFile(d.path(name))
	if err != nil {
		d.t.Fatal(err)
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}

// TestOpenHow tells a run that is under way from one that was cut off.
func TestOpenHow(t *testing.T) {
	d := newDesk(t)
	d.write("long.yaml", "apiVersion: msp/v1\nkind: Runbook\nid: long\nversion: 1.0.0\ntitle: Long\nsteps:\n"+
		"  - {id: long, title: Long, run: 'echo $$ > first; echo > ready; while [ ! -e go ]; do sleep 0.05; done'}\n")
	c := d.command("run", "./long.yaml", "--plain")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	d.await("ready")
	for _, want := range []string{"running", "cut off"} {
		if got := d.output("log"); !strings.Contains(got, "long 1.0.0  "+want+"\n") {
			t.Errorf("not %q: %s", want, got)
		}
		c.Process.Kill()
		c.Wait()
	}
	d.write("go", "")
	if got := d.output("show", "0"); !strings.Contains(got, "state     cut off, to be finished by") {
		t.Errorf("msp show: %s", got)
	}
}
