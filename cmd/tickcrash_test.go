//go:build linux

package cmd_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook/record"
)

// TestTickKilled kills a tick before every few of its durable steps. The next one
// goes on: each miss is signed once, each item opened once, and each notice logged
// once.
func TestTickKilled(t *testing.T) {
	const when = "2026-07-02T06:20:00Z"
	d := newTickDesk(t, inMemory(t), "channels: {night: {type: exec, command: [sh, -c, 'echo told >> told']}, mail: {type: exec, command: ['true']}}\n")
	folder := filepath.Dir(d.home)
	saved := filepath.Join(folder, "saved")
	copyOver := func(from, to string) {
		t.Helper()
		if out, err := exec.Command("sh", "-c", fmt.Sprintf("rm -rf %[2]s/home %[2]s/work; mkdir -p %[2]s; cp -a %[1]s/home %[1]s/work %[2]s", from, to)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	copyOver(folder, saved)
	killed := 0
	for n := 1; ; n += 5 {
		copyOver(saved, folder)
		got := d.mspWith([]string{envNow + "=" + when, fmt.Sprintf("%s=%s:%d", envFault, faultKill, n)}, "tick")
		if got.code == 0 {
			break
		}
		if got.code != -1 {
			t.Fatalf("killed at %d: exit code %d: %s", n, got.code, got.stderr)
		}
		killed++
		d.at(0, "2026-07-02T06:20:10Z", "tick")
		d.checkTicked(fmt.Sprintf("killed at %d", n))
	}
	if killed < 10 {
		t.Errorf("only %d ticks were killed", killed)
	}
	d.at(0, "2026-07-02T06:20:20Z", "verify")
}

// checkTicked holds that all was said once.
func (d *tickDesk) checkTicked(when string) {
	d.t.Helper()
	history, err := record.ReadHistory(d.store(), "acme", 0)
	if err != nil || len(history.Problems) > 0 {
		d.t.Fatal(when, err, history.Problems)
	}
	times := map[string]int{}
	for _, u := range record.Said[record.Unmet](history) {
		times[u.Body.Occurrence.Name]++
	}
	for _, i := range record.Said[record.Item](history) {
		times[i.Body.Item]++
	}
	sent := 0
	for _, n := range record.Said[record.Notice](history) {
		times[n.Body.Key]++
		if n.Body.Outcome == record.NoticeSent {
			sent++
		}
	}
	for what, n := range times {
		if n != 1 {
			d.t.Errorf("%s: %s was said %d times", when, what, n)
		}
	}
	if len(times) != 2+2+5 || sent != 2 { // two misses, their items, and the rungs of three occurrences
		d.t.Errorf("%s: %d things were said, and %d notices sent: %v", when, len(times), sent, times)
	}
	told, err := os.ReadFile(d.path("told"))
	if n := strings.Count(string(told), "told"); err != nil || n < 1 || n > 2 { // what was not logged yet is sent again
		d.t.Errorf("%s: told %d times, %v", when, n, err)
	}
}
