//go:build linux

package cmd_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTrustCrash kills the commands that change who may sign before each of their
// durable steps. What is left verifies, and the command can be repeated.
func TestTrustCrash(t *testing.T) {
	for _, c := range []struct {
		name    string
		before  [][]string
		command []string
		version string
	}{
		{"init", nil, []string{"trust", "init", "ana", "--name", "Ana", "--yes"}, "version 1"},
		{"revoke", [][]string{
			{"trust", "init", "ana", "--yes"}, {"trust", "add", "ben", "--key", "ben.pub", "--role", "operator", "--yes"},
		}, []string{"trust", "revoke", "ben", "--why", "left", "--yes"}, "version 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			prepared := newTrustDesk(t, c.before)
			for n := 1; ; n++ {
				d := prepared.copied()
				fault := fmt.Sprintf("%s:%d", faultKill, n)
				got := d.mspWith([]string{envFault + "=" + fault}, c.command...)
				if got.code == 0 {
					if n < 10 {
						t.Errorf("the command takes only %d durable steps", n-1)
					}
					return
				}
				if got.code != -1 {
					t.Fatalf("%s: exit code %d: %s", fault, got.code, got.stderr)
				}
				d.mustVerify(fault)
				if got := d.msp(c.command...); got.code != 0 {
					t.Fatalf("%s: repeated: exit code %d: %s", fault, got.code, got.stderr)
				}
				d.mustVerify(fault + ", repeated")
				if got := d.msp("trust", "show"); !strings.Contains(got.stdout, c.version+" ") {
					t.Fatalf("%s: trust show says %s%s", fault, got.stdout, got.stderr)
				}
				if left, _ := filepath.Glob(filepath.Join(d.state(), "clients/local/trust/*.proposed.json")); len(left) > 0 {
					t.Errorf("%s: a proposal is left: %v", fault, left)
				}
			}
		})
	}
}

type trustDesk struct{ *desk }

// newTrustDesk is a desk with a run, and with what some commands did.
func newTrustDesk(t *testing.T, commands [][]string) trustDesk {
	t.Helper()
	d := trustDesk{newDeskIn(t, inMemory(t))}
	d.write("quick.yaml", "apiVersion: msp/v1\nkind: Runbook\nid: quick\nversion: 1.0.0\ntitle: Q\nsteps: [{id: a, title: A, run: [\"true\"]}]\n")
	for _, command := range append([][]string{{"key", "new", "ben"}, {"run", "./quick.yaml"}}, commands...) {
		if command[0] == "trust" && command[1] == "add" {
			data, err := os.ReadFile(filepath.Join(d.home, ".config/msp/keys/ben.pub"))
			if err != nil {
				t.Fatal(err)
			}
			d.write("ben.pub", string(data))
		}
		if got := d.msp(command...); got.code != 0 {
			t.Fatalf("%v: exit code %d: %s", command, got.code, got.stderr)
		}
	}
	return d
}

// copied is the same desk once more, at the same place: the state of a writer
// belongs to where it lies.
func (d trustDesk) copied() trustDesk {
	d.t.Helper()
	from, to := d.home+".aside", d.home
	if _, err := os.Stat(from); err != nil {
		from, to = to, from
	} else if err := os.RemoveAll(to); err != nil {
		d.t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		d.t.Fatalf("%v: %s", err, out)
	}
	return d
}

func (d trustDesk) mustVerify(when string) {
	d.t.Helper()
	if got := d.msp("verify"); got.code != 0 {
		d.t.Fatalf("%s: verify: exit code %d: %s%s", when, got.code, got.stdout, got.stderr)
	}
}
