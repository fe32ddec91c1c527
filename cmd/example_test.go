package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd"
	"github.com/msp-runbook/msp/runbook/record"
)

// exampleRun is the id that stands for any run in the examples.
const exampleRun = "7f3a9c"

// TestExamples runs every example of every --help, each at a desk of its own.
func TestExamples(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the examples are written for a Unix shell")
	}
	count := 0
	walk(cmd.Program{}.Root(), func(c *cobra.Command) {
		if c.Runnable() && c.Name() != "completion" && c.Parent() != nil && c.Parent().Name() != "completion" && c.Example == "" && c.Name() != "help" && !c.HasSubCommands() {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			line = strings.TrimSpace(line)
			count++
			t.Run(line, func(t *testing.T) { runExample(t, line) })
		}
	})
	if count < 15 {
		t.Errorf("only %d examples", count)
	}
}

func walk(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		walk(sub, visit)
	}
}

func runExample(t *testing.T, line string) {
	d := newDesk(t)
	if !strings.Contains(line, "msp init") {
		prepareExample(t, d)
	}
	if strings.Contains(line, "msp key show") {
		d.msp("key", "new")
	}
	if strings.Contains(line, "msp trust") {
		line = prepareTrust(t, d, line)
	}
	if strings.Contains(line, "msp plan show") {
		d.output("plan", "sign", "runbooks/acme.yaml")
	}
	if strings.Contains(line, exampleRun) || strings.Contains(line, "msp resume") || strings.Contains(line, "msp verify") {
		line = strings.ReplaceAll(line, exampleRun, parkedExample(t, d))
	}
	line = strings.ReplaceAll(line, "/srv/backups/acme", "testdata/backups/acme")
	shell := exec.Command("sh", "-c", line)
	shell.Dir, shell.Env = d.work, d.env
	out, err := shell.CombinedOutput()
	parks := strings.HasSuffix(line, "msp resume") && shell.ProcessState.ExitCode() == 3 // nobody is there to answer
	if err != nil && !parks {
		t.Errorf("%v:\n%s", err, out)
	}
}

// prepareExample makes a workspace with the backups of acme.
func prepareExample(t *testing.T, d *desk) {
	t.Helper()
	d.write("msp.yaml", "client: acme\n")
	if err := os.CopyFS(d.path("testdata/backups"), os.DirFS("../testdata/backups")); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../runbooks/backup-verify.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d.write("runbooks/backup-verify.yaml", string(source))
	d.write("runbooks/acme.yaml", "apiVersion: msp/v1\nkind: Plan\nclient: acme\nrunbooks:\n- {runbook: backup-verify, inputs: {backup_dir: testdata/backups/acme}}\n")
	d.write("answers.yaml", "steps: {agree: {}}\n")
}

// parkedExample starts a run that waits for a person.
func parkedExample(t *testing.T, d *desk) string {
	t.Helper()
	d.write("waits.yaml", "apiVersion: msp/v1\nkind: Runbook\nid: waits\nversion: 1.0.0\ntitle: Waits\nsteps:\n"+
		"  - {id: intact, title: Intact, run: echo intact}\n  - {id: agree, title: Agree, manual: {instructions: Look.}}\n")
	if got := d.msp("run", "./waits.yaml", "--no-input"); got.code != 3 {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	runs, err := filepath.Glob(d.path(".msp/clients/acme/runs/*/*.lock"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("%v, error %v", runs, err)
	}
	return record.ShortID(strings.TrimSuffix(filepath.Base(runs[0]), ".lock"))
}
