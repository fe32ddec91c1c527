//go:build linux

package cmd_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

const crashRunbook = `apiVersion: msp/v1
kind: Runbook
id: effects
version: 1.0.0
title: Every step leaves an effect
steps:
  - id: first
    title: It is done again by itself
    run: head -c 200000 /dev/zero | tr '\0' x; echo done >> first.effect; echo again >&2
    interrupted: rerun
  - id: second
    title: A person is asked
    run: echo done >> second.effect; echo size=12 > "$MSP_OUTPUT"
    outputs: {size: {from: output, type: number}}
  - id: third
    title: It only looks
    file: {path: second.effect, pick: one, min_size: 1}
  - id: fourth
    title: A person does it
    manual: {instructions: Say what you saw., form: {seen: {type: text, required: true}}}
`

const crashAnswers = `steps:
  second: {interrupted: %s, reason: we looked}
  fourth: {values: {seen: nothing unusual}}
`

// crash is one run that is cut off somewhere, and what comes after.
type crash struct {
	*desk
	fault string
}

func newCrash(t *testing.T) *crash {
	t.Helper()
	c := &crash{desk: newDeskIn(t, inMemory(t))}
	c.write("effects.yaml", crashRunbook)
	c.answer("rerun")
	return c
}

func (c *crash) answer(interrupted string) {
	c.write("answers.yaml", fmt.Sprintf(crashAnswers, interrupted))
}

func (c *crash) run(fault string) ran {
	return c.mspWith([]string{envFault + "=" + fault}, "run", "./effects.yaml", "--answers", "answers.yaml")
}

func (c *crash) resume(fault, run string) ran {
	return c.mspWith([]string{envFault + "=" + fault}, "resume", run, "--answers", "answers.yaml")
}

// count is how many durable steps a command takes; without one, a run.
func (c *crash) count(args ...string) int { return len(c.trace(args...)) }

// trace lists the durable steps that a command takes; without one, a run.
func (c *crash) trace(args ...string) []evidence.Op {
	c.t.Helper()
	if len(args) == 0 {
		args = []string{"run", "./effects.yaml", "--answers", "answers.yaml"}
	}
	file := c.path("trace")
	if got := c.mspWith([]string{envTrace + "=" + file}, args...); got.code != 0 {
		c.t.Fatalf("%s %s", got.stdout, got.stderr)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	var steps []evidence.Op
	for line := range strings.Lines(string(data)) {
		op, _, _ := strings.Cut(line, " ")
		steps = append(steps, evidence.Op(op))
	}
	return steps
}

func (c *crash) effects(step string) int {
	data, err := os.ReadFile(c.path(step + ".effect"))
	if err != nil && !os.IsNotExist(err) {
		c.t.Fatal(err)
	}
	return strings.Count(string(data), "done\n")
}

// history reads all that is logged, which must hold at any time.
func (c *crash) history() *record.History {
	c.t.Helper()
	store := evidence.OpenStore(nil, filepath.Join(c.state(), "clients", "local"))
	history, err := record.ReadHistory(store, "local", 0)
	if err != nil || len(history.Problems) > 0 {
		c.t.Fatalf("%s: what was recorded doesn't hold: %v %v", c.fault, err, history.Problems)
	}
	return history
}

// open is the one run that the log holds, or nil.
func (c *crash) open() *record.Account {
	c.t.Helper()
	switch accounts := c.history().Accounts; len(accounts) {
	case 0:
		return nil
	case 1:
		return accounts[0]
	default:
		c.t.Fatalf("%s: %d runs", c.fault, len(accounts))
		return nil
	}
}

// recover does what a technician does after the crash: go on, or start anew
// when nothing was started.
func (c *crash) recover() {
	c.t.Helper()
	account := c.open()
	if account == nil {
		if n := c.effects("first"); n > 0 {
			c.t.Errorf("%s: a step was done and no start is in the log", c.fault)
		}
		if got := c.msp("resume"); got.code != 2 || !strings.Contains(got.stderr, "hint: ") {
			c.t.Errorf("%s: nothing to resume, yet exit code %d: %s", c.fault, got.code, got.stderr)
		}
		if got := c.run(""); got.code != 0 {
			c.t.Fatalf("%s: the run anew: exit code %d: %s%s", c.fault, got.code, got.stdout, got.stderr)
		}
		return
	}
	finished := account.Finished()
	got := c.resume("", record.ShortID(account.Run))
	switch {
	case finished && (got.code != 2 || !strings.Contains(got.stderr, "ended already")):
		c.t.Errorf("%s: resume of a finished run: exit code %d: %s", c.fault, got.code, got.stderr)
	case !finished && got.code != 0:
		c.t.Fatalf("%s: resume: exit code %d: %s%s", c.fault, got.code, got.stdout, got.stderr)
	}
}

// check holds what must be true in the end, wherever the run was cut off.
func (c *crash) check() {
	c.t.Helper()
	account := c.open()
	if account == nil || !account.Finished() {
		c.t.Fatalf("%s: the run has no end", c.fault)
	}
	if v := account.End.Body.Verdict; v.Outcome != record.RunDone {
		c.t.Errorf("%s: the verdict is %+v", c.fault, v)
	}
	c.checkLeaves(account)
	steps := map[string]record.Step{}
	for _, s := range account.Steps() {
		if _, twice := steps[s.ID]; twice {
			c.t.Errorf("%s: the step %s is told twice", c.fault, s.ID)
		}
		steps[s.ID] = s
	}
	for _, id := range []string{"first", "second", "third", "fourth"} {
		s, told := steps[id]
		if !told || s.Outcome != record.Passed {
			c.t.Errorf("%s: the step %s: told %v, %s", c.fault, id, told, s.Outcome)
		}
		most := 1
		if s.CutOff {
			most = max(1, s.Attempts) // none where somebody looked and saw that it was done
		}
		if n := c.effects(id); (id == "first" || id == "second") && (n < 1 || n > most) {
			c.t.Errorf("%s: the step %s was done %d times, cut off: %v", c.fault, id, n, s.CutOff)
		}
	}
	if got := c.msp("verify"); got.code != 0 {
		c.t.Errorf("%s: verify: exit code %d: %s%s", c.fault, got.code, got.stdout, got.stderr)
	}
	c.checkNoStrays()
}

// checkEnded holds that a run with an end isn't gone on with.
func (c *crash) checkEnded() {
	c.t.Helper()
	if got := c.resume("", record.ShortID(c.open().Run)); got.code != 2 || !strings.Contains(got.stderr, "ended already") {
		c.t.Errorf("%s: a second resume: exit code %d: %s", c.fault, got.code, got.stderr)
	}
}

// checkLeaves holds that the start and the end of the run are in the log once.
func (c *crash) checkLeaves(account *record.Account) {
	c.t.Helper()
	store := evidence.OpenStore(nil, filepath.Join(c.state(), "clients", "local"))
	key, err := record.WriterKey(store, account.Writer, record.MaxStatement)
	if err != nil {
		c.t.Fatal(err)
	}
	view, err := store.ReadLog("local", account.Writer, key)
	if err != nil {
		c.t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, leaf := range view.Leaves {
		kinds[leaf.Kind]++
	}
	if kinds[record.KindRunStart] != 1 || kinds[record.KindRun] != 1 {
		c.t.Errorf("%s: the log holds %v", c.fault, kinds)
	}
}

func (c *crash) checkNoStrays() {
	c.t.Helper()
	runs := filepath.Join(c.state(), "clients", "local", "runs")
	err := filepath.WalkDir(runs, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			c.t.Errorf("%s: %s is left over", c.fault, path)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		c.t.Error(err)
	}
}

// everyNth lists the durable steps to hit: each, or a sample in a short test.
func everyNth(steps int) []int {
	var all []int
	for n := 1; n <= steps; n++ {
		if !testing.Short() || n%5 == 1 {
			all = append(all, n)
		}
	}
	return all
}

// inParts spreads cases over a few subtests that run at the same time.
func inParts[T any](t *testing.T, cases []T, do func(t *testing.T, c T)) {
	t.Helper()
	const parts = 4
	for part := range parts {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			for i := part; i < len(cases); i += parts {
				do(t, cases[i])
			}
		})
	}
}

// TestKilledAtEachStep kills msp before each of the durable steps of a run.
func TestKilledAtEachStep(t *testing.T) {
	counted := newCrash(t)
	steps := counted.count()
	counted.check()
	if steps < 50 {
		t.Fatalf("only %d durable steps: the faults don't arrive", steps)
	}
	t.Logf("%d durable steps", steps)
	inParts(t, everyNth(steps), func(t *testing.T, n int) {
		c := newCrash(t)
		c.fault = fmt.Sprintf("%s:%d", faultKill, n)
		if got := c.run(c.fault); got.code != -1 && (got.code != 0 || n < steps-20) { // how output is cut into writes varies
			t.Fatalf("%s: not killed but exit code %d: %s", c.fault, got.code, got.stderr)
		}
		if n%2 == 0 && c.effects("second") > 0 {
			c.answer("done")
		}
		c.recover()
		c.check()
		c.checkEnded()
	})
}

// TestKilledTwice kills the resume, too.
func TestKilledTwice(t *testing.T) {
	steps := newCrash(t).count()
	var firsts []int
	for n := 41; n <= steps; n += 17 {
		firsts = append(firsts, n)
	}
	seconds := []int{1, 2, 4, 7, 11, 16, 22, 29, 37, 46, 60, 80}
	if testing.Short() {
		firsts, seconds = firsts[:min(3, len(firsts))], seconds[4:7]
	}
	inParts(t, firsts, func(t *testing.T, n int) {
		for _, m := range seconds {
			c := newCrash(t)
			c.fault = fmt.Sprintf("%s:%d, then %d", faultKill, n, m)
			c.run(fmt.Sprintf("%s:%d", faultKill, n))
			account := c.open()
			if account == nil {
				return
			}
			c.resume(fmt.Sprintf("%s:%d", faultKill, m), record.ShortID(account.Run))
			c.recover()
			c.check()
			c.checkEnded()
		}
	})
}

// diskFaults lists what can go wrong in a run, at each of its durable steps.
func diskFaults(steps []evidence.Op) []string {
	var all []string
	locks := 0
	for _, n := range everyNth(len(steps)) {
		for _, what := range []string{faultFull, faultReadOnly, faultDenied, faultBroken} {
			all = append(all, fmt.Sprintf("%s:%d", what, n))
		}
		if steps[n-1] == evidence.OpWrite {
			all = append(all, fmt.Sprintf("%s:%d", faultTorn, n))
		}
	}
	for _, op := range steps {
		if op == evidence.OpLock {
			locks++
			all = append(all, fmt.Sprintf("%s:%d", faultLocked, locks))
		}
	}
	return all
}

// TestDiskFailsAtEachStep has each durable step of a run fail. The run stops
// with what happened and what to do, what was recorded holds, and when the
// disk is mended the run goes on.
func TestDiskFailsAtEachStep(t *testing.T) {
	inParts(t, diskFaults(newCrash(t).trace()), func(t *testing.T, fault string) {
		c := newCrash(t)
		c.env = append(c.env, envPatience+"=5ms")
		c.fault = fault
		got := c.run(fault)
		account := c.open()
		if got.code != 0 || strings.HasPrefix(fault, faultLocked) { // a clean-up may fail in silence
			c.checkComplaint(got, account != nil)
		}
		if account != nil {
			c.checkVerifies()
		}
		c.recover()
		c.check()
	})
}

// mends is what to do about each fault.
var mends = map[string]string{
	faultFull:     "make room on the disk",
	faultReadOnly: "mount the disk for writing again",
	faultDenied:   "look whose the file and its folder are, and at their rights",
	faultBroken:   "look after the disk: it fails",
	faultTorn:     "look after the disk: it fails",
	faultLocked:   "another msp is at work there: wait until it ends",
}

func (c *crash) checkComplaint(got ran, started bool) {
	c.t.Helper()
	what, _, _ := strings.Cut(c.fault, ":")
	lines := strings.Split(strings.TrimSpace(got.stderr), "\n")
	said := slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, "msp: ") })
	hinted := slices.ContainsFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "     hint: "+mends[what]) && strings.Contains(line, "msp resume ") == started
	})
	if got.code != 2 || !said || !hinted {
		c.t.Errorf("%s: exit code %d, started %v: %s", c.fault, got.code, started, got.stderr)
	}
}

// checkVerifies holds that what was recorded before the fault is whole.
func (c *crash) checkVerifies() {
	c.t.Helper()
	if got := c.msp("verify"); got.code != 0 {
		c.t.Errorf("%s: verify after the fault: exit code %d: %s%s", c.fault, got.code, got.stdout, got.stderr)
	}
}
