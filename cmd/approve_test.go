//go:build linux

package cmd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

const secondLook = `apiVersion: msp/v1
kind: Runbook
id: checked
version: 1.0.0
title: What others look at
steps:
  - {id: size, title: Measure, run: echo 42}
  - {id: look, title: Look, approval: {roles: [lead], min_approvals: 2}}
`

// lookDesk has a run that waits for two people, who have keys.
func lookDesk(t *testing.T, folder string) (d *desk, run string) {
	t.Helper()
	d = newDeskIn(t, folder)
	d.write("checked.yaml", secondLook)
	for _, name := range []string{"ana", "ben", "eve", "second", "stranger"} {
		d.output("key", "new", name)
	}
	if got := d.as("ana", "run", "./checked.yaml"); got.code != 3 {
		t.Fatalf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	return d, record.ShortID(d.history().Accounts[0].Run)
}

func (d *desk) as(key string, args ...string) ran {
	return d.mspWith([]string{"MSP_KEY=" + key}, args...)
}

func (d *desk) store() *evidence.Store {
	return evidence.OpenStore(&evidence.Disk{}, filepath.Join(d.state(), "clients", "local"))
}

// TestTwoApproveAtOnce: whoever is first, both are recorded.
func TestTwoApproveAtOnce(t *testing.T) {
	d, run := lookDesk(t, t.TempDir())
	var both sync.WaitGroup
	for _, name := range []string{"ben", "eve"} {
		both.Add(1)
		go func() {
			defer both.Done()
			if got := d.as(name, "approve", run, "--yes"); got.code != 0 {
				t.Errorf("%s: exit code %d: %s", name, got.code, got.stderr)
			}
		}()
	}
	both.Wait()
	if got := d.as("ana", "resume", run); got.code != 0 {
		t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	steps := d.history().Accounts[0].Steps()
	if last := steps[len(steps)-1]; len(last.Approvals) != 2 || last.Proof != runbook.Approved {
		t.Errorf("%+v", last)
	}
	if got := d.msp("verify"); got.code != 0 {
		t.Errorf("%s", got.stdout)
	}
}

// TestOneAfterTheOther: one approval of two is waited for, and the second isn't
// the same person's.
func TestOneAfterTheOther(t *testing.T) {
	d, run := lookDesk(t, t.TempDir())
	if got := d.as("ben", "approve", run, "--yes"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	if got := d.as("ana", "resume", run); got.code != 3 || !strings.Contains(got.stdout, "1 of 2 approvals") {
		t.Errorf("exit code %d: %s", got.code, got.stdout)
	}
	if got := d.as("ben", "approve", run, "--yes"); got.code != 2 || !strings.Contains(got.stderr, "you approved the run "+run+" already") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	if got := d.as("eve", "approve"); got.code != 0 || !strings.Contains(got.stdout, "2 approvals, each by a lead, 1 there") {
		t.Errorf("exit code %d: %s", got.code, got.stdout)
	}
}

// TestApproveInterrupted kills msp approve before each of its durable steps, and
// has each of them fail. What was recorded holds, and to approve again is
// enough.
func TestApproveInterrupted(t *testing.T) {
	approve := func(d *desk, run, fault string) ran {
		return d.mspWith([]string{"MSP_KEY=ben", envFault + "=" + fault}, "approve", run, "--yes", "--reason", "seen")
	}
	counted, run := lookDesk(t, inMemory(t))
	file := counted.path("count")
	if got := counted.mspWith([]string{"MSP_KEY=ben", envTrace + "=" + file}, "approve", run, "--yes", "--reason", "seen"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	steps := strings.Count(string(data), "\n")
	if steps < 10 {
		t.Fatalf("only %d durable steps: the faults don't arrive", steps)
	}
	inParts(t, everyNth(steps), func(t *testing.T, n int) {
		for _, what := range []string{faultKill, faultFull, faultTorn} {
			d, run := lookDesk(t, inMemory(t))
			fault := fmt.Sprintf("%s:%d", what, n)
			got := approve(d, run, fault)
			logged := len(d.history().Approvals(d.history().Accounts[0].Run))
			if got.code == 0 && logged != 1 || got.code > 0 && (got.code != 2 || !strings.Contains(got.stderr, "msp: ")) {
				t.Errorf("%s: exit code %d and %d approvals: %s", fault, got.code, logged, got.stderr)
			}
			again := approve(d, run, "")
			if logged == 0 && again.code != 0 || logged > 0 && !strings.Contains(again.stderr, "you approved the run") {
				t.Errorf("%s: %d approvals are logged, and again it says, exit code %d: %s", fault, logged, again.code, again.stderr)
			}
			d.as("eve", "approve", run, "--yes")
			if got := d.as("ana", "resume", run); got.code != 0 {
				t.Errorf("%s: resume: exit code %d: %s%s", fault, got.code, got.stdout, got.stderr)
			}
			if got := d.msp("verify"); got.code != 0 {
				t.Errorf("%s: verify: %s", fault, got.stdout)
			}
		}
	})
}

// TestApproverAtATerminal is asked, and no is no.
func TestApproverAtATerminal(t *testing.T) {
	d, run := lookDesk(t, t.TempDir())
	for _, c := range []struct {
		answer string
		code   int
	}{{"n", 1}, {"y", 0}} {
		command := d.command("approve", run)
		command.Env = append(command.Env, "TERM=xterm-256color", "MSP_KEY=ben")
		console, err := pty.StartWithSize(command, &pty.Winsize{Rows: 40, Cols: 80})
		if err != nil {
			t.Fatal(err)
		}
		defer console.Close()
		talk := newTalk(t, console)
		talk.answer(`approve it\? y/n $`, "perhaps") // refused, and asked again
		talk.answer(`please type y or n\s+approve it\? y/n $`, c.answer)
		_ = command.Wait()
		if got := command.ProcessState.ExitCode(); got != c.code {
			t.Errorf("%s: exit code %d:\n%s", c.answer, got, talk.seen.String())
		}
		if n := len(d.history().Approvals(d.history().Accounts[0].Run)); n != 1-c.code {
			t.Errorf("%s: %d approvals", c.answer, n)
		}
	}
}

// TestMovedOn: while somebody reads the page, the run goes on.
func TestMovedOn(t *testing.T) {
	d, run := lookDesk(t, t.TempDir())
	command := d.command("approve", run)
	command.Env = append(command.Env, "TERM=xterm-256color", "MSP_KEY=ben")
	console, err := pty.StartWithSize(command, &pty.Winsize{Rows: 40, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	talk := newTalk(t, console)
	talk.wait(`approve it\? y/n $`)
	if got := d.as("eve", "approve", run, "--push-back", "size", "--reason", "again", "--yes"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	if got := d.as("ana", "resume", run); got.code != 3 {
		t.Fatal(got.stderr)
	}
	talk.answer(`approve it\? y/n $`, "y")
	talk.wait(`has moved on since it was shown\s+hint: msp approve \w+ shows it as it is now\s+$`)
	_ = command.Wait()
	if got := command.ProcessState.ExitCode(); got != 2 {
		t.Errorf("exit code %d", got)
	}
	if n := len(d.history().Approvals(d.history().Accounts[0].Run)); n != 1 {
		t.Errorf("%d approvals", n)
	}
}

// TestTrustedApprovers: it takes another person with the role, and not another
// key.
func TestTrustedApprovers(t *testing.T) {
	d, run := lookDesk(t, t.TempDir())
	d.signTrust(trust.Policy{}, map[string]trust.Role{"ana": trust.Lead, "ben": trust.Operator, "eve": trust.Lead}, "ana", "second")
	for name, want := range map[string]string{
		"ben": "ben has none of the roles [lead]", "second": "ana did a part of it with another key", "stranger": "knows nobody with the key",
	} {
		if got := d.as(name, "approve", run, "--yes"); got.code != 2 || !strings.Contains(got.stderr, want) || !strings.Contains(got.stderr, "hint: ") {
			t.Errorf("%s: exit code %d: %s", name, got.code, got.stderr)
		}
	}
	if got := d.as("eve", "approve", run, "--yes"); got.code != 0 || !strings.Contains(got.stdout, "by ana (SHA256:") {
		t.Error(got.stdout, got.stderr)
	}
}

// TestApprovalThatDoesNotCount: it is told what would make one count, it keeps
// nobody from going on, and another may be given.
func TestApprovalThatDoesNotCount(t *testing.T) {
	d, run := lookDesk(t, t.TempDir())
	for _, name := range []string{"ben", "stranger"} { // before anything says who may
		if got := d.as(name, "approve", run, "--yes"); got.code != 0 {
			t.Fatal(got.stderr)
		}
	}
	keys := filepath.Join(d.home, ".config/msp/keys")
	for _, args := range [][]string{
		{"init", "ana"}, {"add", "ben", "--key", filepath.Join(keys, "ben.pub"), "--role", "operator"}, {"add", "eve", "--key", filepath.Join(keys, "eve.pub"), "--role", "lead"},
	} {
		if got := d.as("ana", append(append([]string{"trust"}, args...), "--yes")...); got.code != 0 {
			t.Fatal(got.stderr)
		}
	}
	line, err := os.ReadFile(filepath.Join(keys, "stranger.pub"))
	if err != nil {
		t.Fatal(err)
	}
	key := strings.Join(strings.Fields(string(line))[:2], " ")
	waits := func(who string, phrases ...string) {
		t.Helper()
		got := d.as(who, "resume", run)
		for _, phrase := range phrases {
			if got.code != 3 || !strings.Contains(got.stdout, phrase) {
				t.Errorf("%s: exit code %d, it doesn't say %q:\n%s%s", who, got.code, phrase, got.stdout, got.stderr)
			}
		}
	}
	add := "msp trust add NAME --key '" + key + "' --role lead, by the root ana"
	waits("ben", "an approval doesn't count: it takes somebody else: ben has none of the roles [lead]", "msp trust add ben --role lead, by the root ana",
		"knows nobody with the key", add)
	if got := d.as("stranger", "approve", run, "--yes"); got.code != 2 || !strings.Contains(got.stderr, add) {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	if got := d.as("ana", "trust", "add", "carl", "--key", key, "--role", "lead", "--yes"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	waits("ana", "an approval doesn't count: it takes somebody else: when it was given, version 1 of who is trusted knew nobody", "who is named now approves again: msp approve "+run)
	for _, name := range []string{"stranger", "eve"} {
		if got := d.as(name, "approve", run, "--yes"); got.code != 0 {
			t.Fatal(got.stderr)
		}
	}
	if got := d.as("ana", "resume", run); got.code != 0 || !strings.Contains(got.stdout, "approved by carl, eve") {
		t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	if got := d.msp("verify"); got.code != 0 {
		t.Error(got.stdout)
	}
}

// TestOnlyApprovedRunbooks: where the policy asks for it, other bytes are not
// run, and nothing of the attempt is recorded.
func TestOnlyApprovedRunbooks(t *testing.T) {
	d, _ := lookDesk(t, t.TempDir())
	d.signTrust(trust.Policy{ApprovedRunbooks: true}, map[string]trust.Role{"ana": trust.Operator, "ben": trust.Author, "eve": trust.Lead}, "ana")
	refused := func(phrases ...string) {
		t.Helper()
		got := d.as("ana", "run", "./checked.yaml")
		for _, phrase := range append(phrases, "asks for approved runbooks", "an author or a lead runs: msp approve --runbook checked") {
			if got.code != 2 || !strings.Contains(got.stderr, phrase) {
				t.Errorf("exit code %d, it doesn't say %q: %s", got.code, phrase, got.stderr)
			}
		}
		if n := len(d.history().Accounts); n != 1 {
			t.Errorf("%d runs are recorded", n)
		}
	}
	refused("no version of it is approved yet")
	if got := d.as("ana", "approve", "--runbook", "./checked.yaml", "--yes"); got.code != 2 || !strings.Contains(got.stderr, "ana has none of the roles [author]") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	if got := d.as("ben", "approve", "--runbook", "./checked.yaml", "--yes"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	d.write("checked.yaml", strings.Replace(secondLook, "echo 42", "echo 43", 1))
	refused("changed since 1.0.0", "- "+`  - {id: size, title: Measure, run: echo 42}`, "+ "+`  - {id: size, title: Measure, run: echo 43}`)
	d.write("checked.yaml", secondLook)
	if got := d.as("ana", "run", "./checked.yaml"); got.code != 3 {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	if got := d.msp("verify"); got.code != 0 {
		t.Error(got.stdout)
	}
}

// signTrust says who may do what, as the one root. The keys of ana have these
// names, the others one each of their own.
func (d *desk) signTrust(policy trust.Policy, roles map[string]trust.Role, ana ...string) {
	d.t.Helper()
	key := func(path string) *evidence.PrivateKey {
		data, err := os.ReadFile(filepath.Join(d.home, ".config/msp", path))
		if err != nil {
			d.t.Fatal(err)
		}
		key, err := evidence.ParsePrivateKey(data)
		if err != nil {
			d.t.Fatal(err)
		}
		return key
	}
	writers, err := d.store().Writers()
	if err != nil || len(writers) != 1 {
		d.t.Fatal(writers, err)
	}
	logKey := key("writers/" + writers[0] + "/key")
	ledger := &record.Ledger{
		Store: d.store(), Client: "local", Writer: record.Signer{ID: writers[0], Key: logKey.Public().AuthorizedKey()}, Operator: key("keys/ana"),
		Log: d.store().OpenLog("local", writers[0], logKey, filepath.Join(d.home, ".config/msp/writers", writers[0], "heads")),
	}
	version := trust.Version{Number: 1, Threshold: 1, Policy: policy, Roots: []trust.Root{{Principal: "ana", Key: ledger.Signer().Key}}}
	for name, names := range map[string][]string{"ana": ana, "ben": {"ben"}, "eve": {"eve"}} {
		p := trust.Principal{ID: name, Roles: []trust.Role{roles[name]}}
		for _, file := range names {
			p.Keys = append(p.Keys, trust.Key{Key: key("keys/" + file).Public().AuthorizedKey()})
		}
		version.Principals = append(version.Principals, p)
	}
	version.Writers = []trust.Writer{{ID: ledger.Writer.ID, Key: ledger.Writer.Key}}
	_, roster, err := record.Roster(version)
	if err != nil {
		d.t.Fatal(err)
	}
	said := record.Trust{
		Client: "local", Writer: ledger.Writer, Roots: []record.Signer{ledger.Signer()}, Signed: time.Now(), Version: version, Roster: roster,
	}
	if _, _, err := ledger.Say(d.t.Context(), record.KindTrust, said); err != nil {
		d.t.Fatal(err)
	}
}
