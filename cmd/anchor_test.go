//go:build linux

package cmd_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence/stamp/stamptest"
	"github.com/msp-runbook/msp/runbook/record"
)

const stampedRunbook = `apiVersion: msp/v1
kind: Runbook
id: effects
version: 1.0.0
title: One step
sla: {clock: started, complete_within: 2h, target: 95%}
steps:
  - {id: first, title: It leaves a mark, run: 'echo done >> first.effect; echo "nonce ${MSP_RUN_NONCE:-}"', interrupted: rerun}
`

// stampedDesk is a desk that knows a timestamp authority.
func stampedDesk(t *testing.T, d *desk) *stamptest.TSA {
	t.Helper()
	tsa := stamptest.New(t, time.Now)
	writeStampConfig(t, filepath.Join(d.home, ".config", "msp"), tsa)
	d.write("effects.yaml", stampedRunbook)
	return tsa
}

// verified is what msp verify says of the only client.
func (d *desk) verified() (ok bool, levels []string, provenMet int) {
	d.t.Helper()
	got := d.msp("verify", "--json")
	var said struct {
		OK      bool
		Clients []struct {
			Runs   []struct{ Level string }
			Counts struct {
				ProvenMet int `json:"proven_met"`
			}
		}
	}
	if err := json.Unmarshal([]byte(got.stdout), &said); err != nil || len(said.Clients) != 1 {
		d.t.Fatalf("%v: %s%s", err, got.stdout, got.stderr)
	}
	for _, run := range said.Clients[0].Runs {
		levels = append(levels, run.Level)
	}
	return said.OK, levels, said.Clients[0].Counts.ProvenMet
}

// TestLevelTellsTheTruth: what the end of a run says of its level is what a
// verifier finds, whichever token is missing.
func TestLevelTellsTheTruth(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tsa := stampedDesk(t, d)
	for i, c := range []struct {
		does stamptest.Behaviour
		want string
	}{
		{stamptest.Behaviour{}, "bracketed"},
		{stamptest.Behaviour{Down: true}, "logged"},
		{stamptest.Behaviour{WrongBytes: true}, "logged"},
		{stamptest.Behaviour{}, "bracketed"},
	} {
		tsa.Do(c.does)
		got := d.msp("run", "./effects.yaml", "--plain")
		if got.code != 0 || !strings.Contains(got.stdout, "level "+c.want) {
			t.Errorf("run %d: exit %d: %s%s", i, got.code, got.stdout, got.stderr)
		}
		if unanchored := strings.Contains(got.stdout, "unanchored: tsa: "); unanchored != (c.want == "logged") {
			t.Errorf("run %d: unanchored is said: %v\n%s", i, unanchored, got.stdout)
		}
		ok, levels, _ := d.verified()
		if i < 3 && (!ok || levels[i] != c.want) {
			t.Errorf("run %d: OK %v, levels %v", i, ok, levels)
		}
	}
	// The token of the last run covers the two before, which had none of their own.
	if ok, levels, met := d.verified(); !ok || strings.Join(levels, " ") != "bracketed anchored anchored bracketed" || met != 2 {
		t.Errorf("OK %v, levels %v, %d proven", ok, levels, met)
	}
}

// TestSlowAuthority: a run waits for no longer than its setting says, goes on,
// and nothing is lost.
func TestSlowAuthority(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tsa := stampedDesk(t, d)
	tsa.Do(stamptest.Behaviour{Slow: true})
	began := time.Now()
	got := d.mspWith([]string{"MSP_ANCHOR_TIMEOUT=200ms"}, "run", "./effects.yaml", "--plain")
	if took := time.Since(began); took > 15*time.Second { // the setting of the desk is 20 s, twice
		t.Errorf("the run took %s", took)
	}
	if n := strings.Count(got.stdout, "unanchored: tsa: no answer within 200ms; kept in pending"); got.code != 0 || n != 2 || tsa.Asked() != 2 {
		t.Errorf("exit %d, %d times unanchored, asked %d times: %s%s", got.code, n, tsa.Asked(), got.stdout, got.stderr)
	}
	tsa.Do(stamptest.Behaviour{})
	d.output("anchor")
	if ok, levels, met := d.verified(); !ok || levels[0] != "anchored" || met != 0 {
		t.Errorf("OK %v, levels %v, %d proven", ok, levels, met)
	}
}

// TestParkedRunIsStamped: a run that waits for a person is stamped when it
// parks, and finds its T1 again when it goes on, or gets one then.
func TestParkedRunIsStamped(t *testing.T) {
	t.Parallel()
	for _, down := range []bool{false, true} {
		d := newDesk(t)
		tsa := stampedDesk(t, d)
		d.write("wait.yaml", strings.Replace(stampedRunbook, "id: effects", "id: wait", 1)+"  - {id: look, title: Look, manual: {instructions: Look., form: {seen: {type: string, required: true}}}}\n")
		d.write("answers.yaml", "steps: {look: {values: {seen: all green}}}\n")
		tsa.Do(stamptest.Behaviour{Down: down})
		wantEnd(t, d.command("run", "wait.yaml", "--no-input"), 3)
		asked := tsa.Asked()
		tsa.Do(stamptest.Behaviour{})
		wantEnd(t, d.command("resume", "--answers", "answers.yaml", "--no-input"), 0)
		want := 1 // for the end alone
		if down {
			want = 2
		}
		if asked != 2 || tsa.Asked()-asked != want {
			t.Errorf("down %v: asked %d times, then %d", down, asked, tsa.Asked()-asked)
		}
		if ok, levels, _ := d.verified(); !ok || levels[0] != "bracketed" {
			t.Errorf("down %v: OK %v, levels %v", down, ok, levels)
		}
	}
}

// TestNonce: a step's programs can leave a mark that was not known before.
func TestNonce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tsa := stampedDesk(t, d)
	d.output("run", "./effects.yaml", "--plain")
	c := &crash{desk: d}
	account := c.open()
	want := "nonce " + record.Nonce(account.End.Body.NotBefore, account.Run)
	if got := strings.TrimSpace(d.output("show", "0", "--output", "first")); got != want || len(want) != 6+64 {
		t.Errorf("the step printed %q, want %q", got, want)
	}
	if account.Start.Body.NotBefore != "" {
		t.Error("the first run names a token that nobody made")
	}
	tsa.Do(stamptest.Behaviour{Down: true})
	d.output("run", "./effects.yaml", "--plain")
	history := c.history()
	second := history.Accounts[1]
	if got := strings.TrimSpace(d.output("show", record.ShortID(second.Run), "--output", "first")); got != "nonce" {
		t.Errorf("without T1 the step printed %q", got)
	}
	if first := history.Accounts[0].End.Body.NotBefore; second.Start.Body.NotBefore == "" || second.Start.Body.NotBefore == first {
		t.Errorf("the second run's start names %q, which is not the newest token", second.Start.Body.NotBefore)
	}
	if second.End.Body.NotBefore != second.Start.Body.NotBefore {
		t.Error("without T1 the end doesn't name the newest token")
	}
}

// TestKilledWhileAnchoring kills msp before each durable step of a short run with
// a timestamp authority. What was recorded verifies, the run goes on, and after
// msp anchor nothing is owed and every token is logged once.
func TestKilledWhileAnchoring(t *testing.T) {
	counted := newCrash(t)
	stampedDesk(t, counted.desk)
	steps := counted.count("run", "./effects.yaml")
	if steps < 80 {
		t.Fatalf("only %d durable steps: the faults don't arrive", steps)
	}
	t.Logf("%d durable steps", steps)
	inParts(t, everyNth(steps), func(t *testing.T, n int) {
		c := newCrash(t)
		stampedDesk(t, c.desk)
		c.fault = fmt.Sprintf("%s:%d", faultKill, n)
		c.mspWith([]string{envFault + "=" + c.fault}, "run", "./effects.yaml")
		account := c.open()
		if account == nil {
			if got := c.msp("run", "./effects.yaml"); got.code != 0 {
				t.Fatalf("%s: the run anew: %s%s", c.fault, got.stdout, got.stderr)
			}
		} else if !account.Finished() {
			if got := c.msp("resume"); got.code != 0 {
				t.Fatalf("%s: resume: %s%s", c.fault, got.stdout, got.stderr)
			}
		}
		if got := c.msp("anchor"); got.code != 0 {
			t.Fatalf("%s: anchor: exit %d: %s%s", c.fault, got.code, got.stdout, got.stderr)
		}
		c.checkAnchored()
	})
}

// checkAnchored holds that nothing is pending, that every token is logged once,
// and that the run is bracketed: a resume asks again when its start had no token.
func (c *crash) checkAnchored() {
	c.t.Helper()
	if ok, levels, _ := c.verified(); !ok || len(levels) != 1 || levels[0] != "bracketed" {
		c.t.Errorf("%s: OK %v, levels %v", c.fault, ok, levels)
	}
	client := filepath.Join(c.state(), "clients", "local")
	if left, _ := filepath.Glob(filepath.Join(client, "pending", "*", "*.ckpt")); len(left) > 0 {
		c.t.Errorf("%s: pending %v", c.fault, left)
	}
	tokens, _ := filepath.Glob(filepath.Join(client, "anchors", "*", "*.tsr"))
	logged := map[string]int{}
	for _, said := range record.Said[record.Anchor](c.history()) {
		logged[said.Body.Token]++
	}
	for digest, n := range logged {
		if n != 1 {
			c.t.Errorf("%s: the token %s is logged %d times", c.fault, digest, n)
		}
	}
	if len(tokens) != len(logged) || len(tokens) < 2 {
		c.t.Errorf("%s: %d tokens are kept, %d logged", c.fault, len(tokens), len(logged))
	}
}

// TestOpenSSLAcceptsAnchors: what is kept is what everybody's tool reads.
func TestOpenSSLAcceptsAnchors(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	d := newDesk(t)
	tsa := stampedDesk(t, d)
	d.output("run", "./effects.yaml")
	tokens, err := filepath.Glob(filepath.Join(d.state(), "clients", "local", "anchors", "*", "*.tsr"))
	if err != nil || len(tokens) != 2 {
		t.Fatalf("%v, %v", tokens, err)
	}
	for _, token := range tokens {
		data := strings.TrimSuffix(token, ".tsa.tsr") + ".ckpt"
		c := exec.CommandContext(t.Context(), "openssl", "ts", "-verify", "-data", data, "-in", token, "-CAfile", tsa.RootsFile())
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
