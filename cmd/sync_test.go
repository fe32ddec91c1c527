//go:build linux

package cmd_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// machines are several that have worked offline, each with a run of its own
// that is done and one that is parked.
func machines(t *testing.T, n int) []*desk {
	t.Helper()
	var all []*desk
	for range n {
		d := newDeskIn(t, inMemory(t))
		d.write("yes.yaml", yesRunbook)
		d.write("asks.yaml", asksRunbook)
		d.output("run", "yes.yaml")
		if got := d.msp("run", "asks.yaml", "--no-input"); got.code != 3 {
			t.Fatalf("%d %s", got.code, got.stderr)
		}
		all = append(all, d)
	}
	return all
}

const asksRunbook = `apiVersion: msp/v1
kind: Runbook
id: asks
version: 1.0.0
title: It asks
steps:
  - {id: before, title: Before, run: [echo, before]}
  - {id: look, title: Look, manual: {instructions: Look., form: {seen: {type: string, required: true}}}}
`

// clone is a machine in the same state.
func (d *desk) clone(t *testing.T) *desk {
	t.Helper()
	c := newDeskIn(t, inMemory(t))
	for from, to := range map[string]string{d.home: c.home, d.work: c.work} {
		if out, err := exec.Command("cp", "-a", from+"/.", to).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	// Where a log was begun is where this machine keeps its evidence.
	places, _ := filepath.Glob(filepath.Join(c.home, ".config/msp/writers/*/heads/*.place"))
	for _, place := range places {
		if err := os.WriteFile(place, []byte(filepath.Join(c.state(), "clients/local")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// partial names the versions of a tile that isn't full. Which of them are kept
// beside the newest depends on who appended when.
var partial = regexp.MustCompile(`^(logs/[^/]+/tile/.*\.p)/[0-9]+$`)

// digests are the files of a client's evidence that machines share.
func digests(t *testing.T, state string) map[string]string {
	t.Helper()
	files, sizes := map[string]string{}, map[string]int{}
	root := filepath.Join(state, "clients/local")
	for _, folder := range []string{"records", "blobs", "logs", "heads"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				if os.IsNotExist(err) {
					return nil
				}
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, _ := filepath.Rel(root, path)
			if m := partial.FindStringSubmatch(filepath.ToSlash(name)); m != nil {
				if name = m[1]; len(data) < sizes[name] {
					return nil
				}
				sizes[name] = len(data)
			}
			if !strings.HasPrefix(e.Name(), ".") {
				files[name] = fmt.Sprintf("%x", sha256.Sum256(data))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// wantOne holds that all machines have the same, that it verifies, and that no
// run is missing.
func wantOne(t *testing.T, all []*desk) {
	t.Helper()
	want := digests(t, all[0].state())
	for _, d := range all {
		if diff := cmp.Diff(want, digests(t, d.state())); diff != "" {
			t.Errorf("the machines differ: %s", diff)
		}
		verified := d.output("verify")
		for _, words := range []string{
			fmt.Sprintf("%d leaves in %d logs", 4*len(all), len(all)), fmt.Sprintf("%d started, %d finished, %d open", 2*len(all), len(all), len(all)),
		} {
			if !strings.Contains(verified, words) {
				t.Errorf("msp verify doesn't say %q:\n%s", words, verified)
			}
		}
	}
}

// TestSyncInEveryOrder: three machines that worked offline exchange what they
// have, pair by pair in every order, until nothing is left to exchange.
func TestSyncInEveryOrder(t *testing.T) {
	base := machines(t, 3)
	pairs := [][2]int{{0, 1}, {1, 2}, {2, 0}}
	for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			all := []*desk{base[0].clone(t), base[1].clone(t), base[2].clone(t)}
			for round := 1; ; round++ {
				moved := false
				for _, i := range order {
					out := all[pairs[i][0]].output("sync", all[pairs[i][1]].state())
					moved = moved || !strings.Contains(out, "nothing to take, nothing to give")
				}
				if !moved {
					break
				}
				if round == 4 {
					t.Fatal("there is always something left to exchange")
				}
			}
			wantOne(t, all)
		})
	}
}

// TestSyncKilledAtEachStep kills a sync before each of its durable steps. Both
// sides stay readable, and the next sync goes on.
func TestSyncKilledAtEachStep(t *testing.T) {
	base := machines(t, 2)
	counted := &crash{desk: base[0].clone(t)}
	steps := counted.count("sync", base[1].clone(t).state())
	if steps < 60 {
		t.Fatalf("only %d durable steps: the faults don't arrive", steps)
	}
	t.Logf("%d durable steps", steps)
	inParts(t, everyNth(steps), func(t *testing.T, n int) {
		for _, what := range []string{faultKill, faultFull, faultTorn} {
			if what != faultKill && n%7 != 1 {
				continue
			}
			one, two := base[0].clone(t), base[1].clone(t)
			fault := fmt.Sprintf("%s:%d", what, n)
			if got := one.mspWith([]string{envFault + "=" + fault}, "sync", two.state()); got.code == 0 && what == faultKill && n < steps {
				t.Errorf("%s: exit code %d: %s", fault, got.code, got.stderr)
			}
			for _, d := range []*desk{one, two} {
				store := evidence.OpenStore(nil, filepath.Join(d.state(), "clients/local"))
				history, err := record.ReadHistory(store, "local", 0)
				if err != nil || len(history.Problems) > 0 {
					t.Errorf("%s: what is there doesn't hold: %v %v", fault, err, history.Problems)
				}
				d.output("verify")
			}
			one.output("sync", two.state())
			wantOne(t, []*desk{one, two})
		}
	})
}

// TestSyncForked: two copies of one log that each went on. Both are left alone,
// and verify on either side says that there are two histories.
func TestSyncForked(t *testing.T) {
	one := machines(t, 1)[0]
	two := one.clone(t)
	one.output("run", "yes.yaml")
	two.output("run", "yes.yaml")
	for range 2 {
		got := one.msp("sync", two.state())
		for _, want := range []string{"✗ the log of writer-", "different histories", "here      6 of its entries · root ", "there     6 of its entries · root "} {
			if got.code != 1 || !strings.Contains(got.stdout, want) {
				t.Fatalf("exit code %d, and %q is not said:\n%s%s", got.code, want, got.stdout, got.stderr)
			}
		}
	}
	for _, d := range []*desk{one, two} {
		if got := d.msp("verify"); got.code != 1 || !strings.Contains(got.stdout, "log-rewritten") || !strings.Contains(got.stdout, "heads/writer-") {
			t.Errorf("exit code %d, and the fork is not named:\n%s", got.code, got.stdout)
		}
	}
}

// TestSyncRestored: a machine whose evidence was put back to an older copy gets
// its own log back, and goes on with it; not so when what comes back is older
// than what it has signed.
func TestSyncRestored(t *testing.T) {
	d := machines(t, 1)[0]
	older, stick := d.clone(t), t.TempDir()
	d.output("run", "yes.yaml")
	d.output("sync", stick)
	half := d.clone(t)
	d.output("run", "yes.yaml")
	restore := func(from *desk) {
		if err := os.RemoveAll(d.state()); err != nil {
			t.Fatal(err)
		}
		copyState(t, from, d)
	}
	restore(older)
	got := d.msp("sync", stick)
	if got.code != 1 || !strings.Contains(got.stdout, "a checkpoint of 8 entries was seen") {
		t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	restored := half.clone(t)
	if err := os.RemoveAll(restored.state()); err != nil {
		t.Fatal(err)
	}
	copyState(t, older, restored)
	restored.output("sync", stick)
	if got := restored.msp("run", "yes.yaml"); got.code != 0 || strings.Contains(got.stderr, "writes a new log") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	if verified := restored.output("verify"); !strings.Contains(verified, "8 leaves") {
		t.Error(verified)
	}
}

// TestSyncTwoWorkspaces: two folders of one machine and one client. Neither goes
// on with the log of the other, of which it got a copy.
func TestSyncTwoWorkspaces(t *testing.T) {
	d := newDesk(t)
	d.write("yes.yaml", yesRunbook)
	one, two := d.path("one"), d.path("two")
	d.output("run", "yes.yaml", "--state", one)
	d.write("two/empty", "")
	d.output("sync", two, "--state", one)
	if got := d.msp("run", "yes.yaml", "--state", two); got.code != 0 || !strings.Contains(got.stderr, "writes a new log") {
		t.Errorf("exit code %d, and the copy is gone on with: %s", got.code, got.stderr)
	}
	if got := d.msp("run", "yes.yaml", "--state", one); got.code != 0 || strings.Contains(got.stderr, "writes a new log") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	d.output("sync", one, "--state", two)
	for _, state := range []string{one, two} {
		if verified := d.output("verify", "--state", state); !strings.Contains(verified, "6 leaves in 2 logs") {
			t.Error(verified)
		}
	}
}

// TestOneStateTwoMachines: a state on a share, in which two machines work at
// once, each with a writer of its own: no file has two writers.
func TestOneStateTwoMachines(t *testing.T) {
	share := t.TempDir()
	var running sync.WaitGroup
	const each = 8
	for range 2 {
		d := newDesk(t)
		d.write("yes.yaml", yesRunbook)
		running.Go(func() {
			for range each {
				if got := d.msp("run", "yes.yaml", "--state", share); got.code != 0 {
					t.Errorf("exit code %d: %s", got.code, got.stderr)
				}
			}
		})
	}
	running.Wait()
	reader := newDesk(t)
	verified := reader.output("verify", "--state", share)
	for _, want := range []string{fmt.Sprintf("%d leaves in 2 logs", 4*each), fmt.Sprintf("%d started, %d finished", 2*each, 2*each)} {
		if !strings.Contains(verified, want) {
			t.Errorf("msp verify doesn't say %q:\n%s", want, verified)
		}
	}
}

// TestSyncBesideWriters: machines synchronise with one share while all of them
// work.
func TestSyncBesideWriters(t *testing.T) {
	share := t.TempDir()
	var all []*desk
	var running sync.WaitGroup
	for range 3 {
		d := newDesk(t)
		d.write("yes.yaml", yesRunbook)
		all = append(all, d)
		for _, args := range [][]string{{"run", "yes.yaml"}, {"sync", share}} {
			running.Go(func() {
				for range 4 {
					if got := d.msp(args...); got.code != 0 && !strings.Contains(got.stderr, "there is no evidence") {
						t.Errorf("msp %s: exit code %d: %s%s", args, got.code, got.stdout, got.stderr)
					}
				}
			})
		}
	}
	running.Wait()
	for range 2 {
		for _, d := range all {
			d.output("sync", share)
		}
	}
	var sizes []int
	for _, d := range all {
		d.output("verify")
		sizes = append(sizes, len(d.runsOf()))
	}
	if !bytes.Equal(fmt.Append(nil, sizes), []byte("[12 12 12]")) {
		t.Errorf("%v runs", sizes)
	}
}
