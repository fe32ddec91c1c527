package cmd_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const yesRunbook = `apiVersion: msp/v1
kind: Runbook
id: yes
version: 1.0.0
title: Yes
steps: [{id: a, title: A, run: ["true"]}]
`

// runsOf are the ids of the runs that msp log shows.
func (d *desk) runsOf() map[string]bool {
	d.t.Helper()
	var log struct {
		Runs []struct{ Run, State string }
	}
	if err := json.Unmarshal([]byte(d.output("log", "--json")), &log); err != nil {
		d.t.Fatal(err)
	}
	runs := map[string]bool{}
	for _, r := range log.Runs {
		if r.State != "done" {
			d.t.Errorf("the run %s is %s", r.Run, r.State)
		}
		runs[r.Run] = true
	}
	return runs
}

// TestManyAtOnce starts fifty processes for one client at once: no key is made
// twice, no leaf is lost or doubled, and the log verifies.
func TestManyAtOnce(t *testing.T) {
	const many = 50
	d := newDesk(t)
	d.write("yes.yaml", yesRunbook)
	ends := make([]ran, many)
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() { ends[i] = d.msp("run", "yes.yaml") })
	}
	all.Wait()
	for _, end := range ends {
		if end.code != 0 {
			t.Fatalf("exit %d\n%s%s", end.code, end.stdout, end.stderr)
		}
	}
	if runs := d.runsOf(); len(runs) != many {
		t.Errorf("%d runs are in the log", len(runs))
	}
	verified := d.output("verify")
	for _, want := range []string{"100 leaves", "50 started, 50 finished", "nothing broken · 50 logged"} {
		if !strings.Contains(verified, want) {
			t.Errorf("msp verify doesn't say %q:\n%s", want, verified)
		}
	}
	if logs, _ := filepath.Glob(filepath.Join(d.state(), "clients/local/logs/*")); len(logs) != 1 {
		t.Errorf("the logs %v, want one", logs)
	}
}

// TestCopiedState uses a copy of the evidence on a second machine, and puts
// both together again: neither forks the log of the other.
func TestCopiedState(t *testing.T) {
	first, second := newDesk(t), newDesk(t)
	for _, d := range []*desk{first, second} {
		d.write("yes.yaml", yesRunbook)
	}
	first.output("run", "yes.yaml")
	copyState(t, first, second)
	got := second.msp("run", "yes.yaml")
	if got.code != 0 || !strings.Contains(got.stderr, "writes a new log") {
		t.Fatalf("exit %d, and nothing says that a new log begins:\n%s", got.code, got.stderr)
	}
	first.output("run", "yes.yaml")
	copyState(t, second, first)
	copyState(t, first, second)
	for _, d := range []*desk{first, second} {
		if runs := d.runsOf(); len(runs) != 3 {
			t.Errorf("%d runs", len(runs))
		}
		d.output("verify")
		d.output("run", "yes.yaml") // each goes on with its own log
		d.output("verify")
	}
}

// TestRestoredState goes on after the evidence was put back to an older copy:
// with a new log, saying so, and what was cut off is a finding.
func TestRestoredState(t *testing.T) {
	d, backup := newDesk(t), newDesk(t)
	d.write("yes.yaml", yesRunbook)
	d.output("run", "yes.yaml")
	copyState(t, d, backup)
	d.output("run", "yes.yaml")
	if err := os.RemoveAll(d.state()); err != nil {
		t.Fatal(err)
	}
	copyState(t, backup, d)
	got := d.msp("run", "yes.yaml")
	if got.code != 0 || !strings.Contains(got.stderr, "restored from an older copy") || !strings.Contains(got.stderr, "writes a new log") {
		t.Fatalf("exit %d\n%s", got.code, got.stderr)
	}
	if got := d.msp("verify"); got.code != 1 || !strings.Contains(got.stdout, "log-cut") {
		t.Errorf("exit %d, and the cut is not found:\n%s", got.code, got.stdout)
	}
}

// copyState adds the evidence of one desk to that of another, as a file server
// would: what is there already stays, but for a log that grew.
func copyState(t *testing.T, from, to *desk) {
	t.Helper()
	if err := os.MkdirAll(to.state(), 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("cp", "-r", "--update", from.state()+"/.", to.state()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
