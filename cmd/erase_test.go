//go:build linux

package cmd_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// blobsOf counts the files of blobs of a class.
func (d *desk) blobsOf(class string) (n int) {
	d.t.Helper()
	for _, b := range d.history().Namings() {
		if _, err := d.store().CheckBlob(b.Digest); b.Class == class && err == nil {
			n++
		}
	}
	return n
}

// trusting signs a version of who may sign, whose roots are keys of this desk.
func (d *desk) trusting(v trust.Version, names ...string) {
	d.t.Helper()
	config := filepath.Join(d.home, ".config/msp")
	writers, err := filepath.Glob(filepath.Join(config, "writers/*"))
	if err != nil || len(writers) != 1 {
		d.t.Fatal(err, writers)
	}
	key := d.key(filepath.Join(writers[0], "key"))
	id := filepath.Base(writers[0])
	ledger := record.Ledger{
		Store: d.store(), Client: "local", Writer: record.Signer{ID: id, Key: key.Public().AuthorizedKey()},
		Log: d.store().OpenLog("local", id, key, filepath.Join(writers[0], "heads")), Operator: d.key(filepath.Join(config, "keys/operator")),
	}
	s := record.Trust{Client: "local", Writer: ledger.Writer, Signed: time.Now().Round(0)}
	var keys []evidence.Signer
	for _, name := range names {
		d.output("key", "new", name)
		root := d.key(filepath.Join(config, "keys", name))
		v.Roots = append(v.Roots, trust.Root{Principal: name, Key: root.Public().AuthorizedKey()})
		s.Roots, keys = append(s.Roots, record.SignerOf(root.Public())), append(keys, root)
	}
	v.Principals = append(v.Principals, trust.Principal{
		ID: "desk", Roles: []trust.Role{trust.Operator}, Keys: []trust.Key{{Key: ledger.Signer().Key}},
	})
	v.Writers = []trust.Writer{{ID: id, Key: ledger.Writer.Key}}
	s.Version = v
	_, s.Roster, _ = record.Roster(v)
	if _, _, err := ledger.Say(context.Background(), record.KindTrust, s, keys...); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) key(path string) *evidence.PrivateKey {
	d.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	key, err := evidence.ParsePrivateKey(data)
	if err != nil {
		d.t.Fatal(err)
	}
	return key
}

// TestEraseKilledAtEachStep: an erasure that is cut off has logged nothing and
// removed nothing, or is finished by the next command.
func TestEraseKilledAtEachStep(t *testing.T) {
	base := machines(t, 1)[0]
	base.write("says.yaml", strings.Replace(yesRunbook, `run: ["true"]`, "run: echo out; echo err >&2", 1))
	base.output("run", "says.yaml")
	said := base.history().Accounts[2].Run
	erase := []string{"erase", "--run", said, "--all", "--why", "asked for"}
	counted := &crash{desk: base.clone(t)}
	steps := counted.count(erase...)
	whole := base.blobsOf(record.ClassOutput) + base.blobsOf(record.ClassInputs) + base.blobsOf(record.ClassWhere)
	if steps < 25 || whole < 9 {
		t.Fatalf("%d durable steps, %d blobs", steps, whole)
	}
	t.Logf("%d durable steps", steps)
	finishes := [][]string{{"erase", "--finish"}, erase, {"sync"}}
	inParts(t, everyNth(steps), func(t *testing.T, n int) {
		d, other := base.clone(t), base.clone(t)
		what := []string{faultKill, faultKill, faultFull, faultDenied}[n%4]
		fault := fmt.Sprintf("%s:%d", what, n)
		got := d.mspWith([]string{envFault + "=" + fault}, erase...)
		if what != faultKill && got.code != 0 && (got.code != 2 || !strings.Contains(got.stderr, "     hint: ")) {
			t.Errorf("%s: exit code %d: %s", fault, got.code, got.stderr)
		}
		d.output("verify") // whatever was hit, nothing is broken
		logged := len(record.Said[record.Erasure](d.history())) == 1
		left := d.blobsOf(record.ClassOutput) + d.blobsOf(record.ClassInputs) + d.blobsOf(record.ClassWhere)
		if !logged && left != whole {
			t.Fatalf("%s: blobs are gone and nothing says so", fault)
		}
		finish := finishes[n%len(finishes)]
		switch {
		case !logged:
			finish = erase
		case finish[0] == "sync":
			finish = append(finish, other.state())
		case len(finish) > 2 && left == whole-4: // nothing is left to do, which it says
			finish = finishes[0]
		}
		if got := d.msp(finish...); got.code != 0 && !strings.Contains(got.stderr, "it was erased already") {
			t.Fatalf("%s: msp %s: exit code %d: %s", fault, finish, got.code, got.stderr)
		}
		if finish[0] == "erase" && logged && finish[1] != "--finish" {
			d.output("erase", "--finish")
		}
		left = d.blobsOf(record.ClassOutput) + d.blobsOf(record.ClassInputs) + d.blobsOf(record.ClassWhere)
		if verified := d.output("verify"); left != whole-4 || !strings.Contains(verified, "1 erasure, 4 blobs erased") {
			t.Errorf("%s: %d blobs of %d are left:\n%s", fault, left, whole, verified)
		}
	})
}

// TestSyncErasureKilledAtEachStep: a sync that carries an erasure over is killed
// before each durable step. The blob is gone at the end on both sides, and at no
// time was it missed.
func TestSyncErasureKilledAtEachStep(t *testing.T) {
	one := machines(t, 1)[0]
	two := one.clone(t)
	run := one.history().Accounts[1].Run
	one.output("erase", "--run", run, "--output", "before", "--why", "asked for")
	counted := &crash{desk: one.clone(t)}
	steps := counted.count("sync", two.clone(t).state())
	t.Logf("%d durable steps", steps)
	inParts(t, everyNth(steps), func(t *testing.T, n int) {
		here, there := one.clone(t), two.clone(t)
		if n%2 == 0 { // the one that still has it fetches the word
			here, there = there, here
		}
		here.mspWith([]string{fmt.Sprintf("%s=%s:%d", envFault, faultKill, n)}, "sync", there.state())
		here.output("verify")
		there.output("verify")
		here.output("sync", there.state())
		for _, d := range []*desk{here, there} {
			if verified := d.output("verify"); d.blobsOf(record.ClassOutput) != 0 || !strings.Contains(verified, "1 erasure, 1 blob erased") {
				t.Errorf("step %d: %d outputs are left:\n%s", n, d.blobsOf(record.ClassOutput), verified)
			}
		}
	})
}

// TestSyncErasureOfAStranger: a folder with an erasure by somebody who was never
// seen here takes nothing away, until whoever works here says so.
func TestSyncErasureOfAStranger(t *testing.T) {
	d, stranger := machines(t, 1)[0], newDesk(t)
	stick := t.TempDir()
	d.output("sync", stick)
	stranger.output("sync", stick)
	run := stranger.history().Accounts[1].Run
	stranger.output("erase", "--run", run, "--output", "before", "--why", "no reason")
	stranger.output("sync", stick)
	d.output("sync", stick)
	if n := d.blobsOf(record.ClassOutput); n != 1 {
		t.Errorf("%d outputs are left", n)
	}
	if verified := d.output("verify"); !strings.Contains(verified, "no reason") || !strings.Contains(verified, "a blob that was erased") {
		t.Error(verified)
	}
	d.output("erase", "--finish")
	if n := d.blobsOf(record.ClassOutput); n != 0 {
		t.Errorf("%d outputs are left", n)
	}
}

// TestSyncErasureOnHold: a hold that one machine knows of keeps the blob there.
func TestSyncErasureOnHold(t *testing.T) {
	one := machines(t, 1)[0]
	two := one.clone(t)
	run := one.history().Accounts[1].Run
	if err := os.RemoveAll(filepath.Join(two.home, ".config/msp/writers")); err != nil { // a log of its own
		t.Fatal(err)
	}
	two.output("erase", "hold", "--run", run, "--why", "case 12")
	one.output("erase", "--run", run, "--output", "before", "--why", "asked for")
	one.output("sync", two.state())
	if n := two.blobsOf(record.ClassOutput); n != 1 {
		t.Errorf("%d outputs are left where the hold was", n)
	}
	if got := two.msp("verify"); got.code != 1 || !strings.Contains(got.stdout, "erasure-held") {
		t.Errorf("exit code %d, and the hold is not named:\n%s", got.code, got.stdout)
	}
}

// TestEraseByRoots: with a trust statement its roots sign too, and say how long
// what is kept.
func TestEraseByRoots(t *testing.T) {
	d := machines(t, 1)[0]
	d.output("run", "yes.yaml")
	d.trusting(trust.Version{
		Number: 1, Threshold: 2, Policy: trust.Policy{Retention: []trust.Retention{{Class: record.ClassOutput, Days: 30}, {Class: record.ClassWhere, Days: 400}}},
	}, "ana", "ben")
	verified := d.output("verify")
	if got := d.msp("erase", "--retention"); got.code != 0 || !strings.Contains(got.stderr, "nothing is older than it is kept") {
		t.Errorf("%d %s", got.code, got.stderr)
	}
	later := []string{envNow + "=" + time.Now().AddDate(0, 2, 0).Format(time.RFC3339)}
	listed := d.mspWith(later, "erase", "--retention", "--dry-run")
	if strings.Count(listed.stdout, "\n") != 1 || !strings.Contains(listed.stdout, "output") || d.blobsOf(record.ClassOutput) != 1 {
		t.Errorf("%s%s", listed.stdout, listed.stderr)
	}
	ben := filepath.Join(d.home, ".config/msp/keys/ben")
	for _, from := range []string{ben, ben + ".pub"} {
		if err := os.Rename(from, from+"-away"); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.mspWith(later, "erase", "--retention"); got.code != 2 || !strings.Contains(got.stderr, "2 roots of the trust statement, and 1 more must sign: of ben") {
		t.Errorf("%d %s", got.code, got.stderr)
	}
	for _, to := range []string{ben, ben + ".pub"} {
		if err := os.Rename(to+"-away", to); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.mspWith(later, "erase", "--retention"); got.code != 0 || d.blobsOf(record.ClassOutput) != 0 || d.blobsOf(record.ClassWhere) != 3 {
		t.Errorf("%d %s", got.code, got.stderr)
	}
	got := d.mspWith(later, "verify")
	if !strings.Contains(got.stdout, "1 erasure, 1 blob erased") || !strings.Contains(got.stdout, "on the ground of retention") || strings.Contains(got.stdout, "erasure-signers") {
		t.Errorf("%s\n%s", verified, got.stdout)
	}
}
