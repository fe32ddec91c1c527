package cmd_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd"
	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence/stamp/stamptest"
	"github.com/msp-runbook/msp/runbook/record"
)

// exampleRun is the id that stands for any run in the examples.
const exampleRun = "7f3a9c"

// exampleOccurrence stands for one that was missed.
const exampleOccurrence = "acme/backup-verify/2025-05-03T07:00:00+02:00[Europe/Berlin]"

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
	if strings.Contains(line, "msp plan show") || strings.Contains(line, "msp overdue") {
		d.output("plan", "sign", "runbooks/acme.yaml")
	}
	if strings.Contains(line, "msp agreement") {
		d.write("runbooks/agreement.yaml", exampleAgreement)
	}
	if strings.Contains(line, "msp tick --test") {
		d.configure("channels: {on-call: {type: exec, command: ['true']}}\n")
	}
	if strings.Contains(line, "@main") || strings.Contains(line, "@v1.4.0") || strings.Contains(line, "--against main") {
		commitExample(t, d)
	}
	if strings.Contains(line, "msp anchor") {
		d.msp("run", "backup-verify", "--input", "backup_dir=testdata/backups/acme", "--input", "max_age=87600h")
		writeStampConfig(t, filepath.Join(d.home, ".config", "msp"), stamptest.New(t, time.Now))
	}
	logged := []string{exampleRun, "msp resume", "msp verify", "msp export", "msp log receipt"}
	if slices.ContainsFunc(logged, func(part string) bool { return strings.Contains(line, part) }) {
		line = strings.ReplaceAll(line, exampleRun, parkedExample(t, d))
	}
	if strings.Contains(line, "msp witness") && !strings.Contains(line, "witness init") {
		d.output("witness", "init", "witness.example/acme")
		line = strings.ReplaceAll(line, exampleWriter, writerOfExample(d))
	}
	line = strings.ReplaceAll(laterExample(t, d, line), "/srv/backups/acme", "testdata/backups/acme")
	if strings.Contains(line, " serve ") {
		serveExample(t, d, strings.Fields(line)[1:])
		return
	}
	shell := exec.Command("sh", "-c", line)
	shell.Dir, shell.Env = d.work, d.env
	out, err := shell.CombinedOutput()
	parks := strings.HasSuffix(line, "msp resume") && shell.ProcessState.ExitCode() == 3 // nobody is there to answer
	needs := strings.HasPrefix(line, "msp doctor") && shell.ProcessState.ExitCode() == 1 // this machine may need something
	differs := strings.HasPrefix(line, "msp diff") && shell.ProcessState.ExitCode() == 1 // from what the run was done by
	if err != nil && !parks && !needs && !differs {
		t.Errorf("%v:\n%s", err, out)
	}
}

// laterExample makes what an example speaks of that comes after a run: a folder
// to synchronise with, a hold, an occurrence that was missed.
func laterExample(t *testing.T, d *desk, line string) string {
	t.Helper()
	switch {
	case strings.HasPrefix(line, "msp sync"):
		parkedExample(t, d)
		return strings.ReplaceAll(line, "/mnt/evidence", t.TempDir())
	case strings.HasPrefix(line, "msp release"):
		run := regexp.MustCompile(`release (\S+)`).FindStringSubmatch(line)[1]
		d.output("hold", run, "--reason", "maintenance", "--why", "the window")
	case strings.HasPrefix(line, "msp waive"):
		d.output("plan", "sign", "runbooks/acme.yaml")
	case strings.HasPrefix(line, "msp open close"):
		d.output("open", "add", "--what", "it is loud", "--owner", "technician")
		return strings.ReplaceAll(line, "other-3fa20c11", "other-")
	case strings.HasPrefix(line, "msp handoff"):
		parkedExample(t, d)
	case strings.HasPrefix(line, "msp erase release"):
		return strings.ReplaceAll(line, "3fa20c11", strings.TrimSpace(d.output("erase", "hold", "--all", "--why", "case 12/26")))
	case strings.HasPrefix(line, "msp log late"):
		signed := d.mspWith([]string{envNow + "=" + time.Now().AddDate(0, 0, -9).Format(time.RFC3339)}, "plan", "sign", "runbooks/acme.yaml")
		var verified struct{ Clients []audit.Report }
		if err := json.Unmarshal([]byte(d.output("verify", "--json")), &verified); err != nil || len(verified.Clients[0].Missed) == 0 {
			t.Fatalf("nothing was missed: %v %s", err, signed.stderr)
		}
		return strings.ReplaceAll(line, exampleOccurrence, verified.Clients[0].Missed[0].Name)
	}
	return line
}

const exampleAgreement = `apiVersion: msp/v1
kind: Agreement
id: acme-2026
client: acme
version: 1.0.0
title: Managed backups for Acme
timezone: Europe/London
effective_from: 2026-01-01
parties: {client: {name: Acme Ltd, role: owner}, provider: {name: Example Ltd, role: manager}}
services: {in_scope: [backup-verify]}
targets: {backups: {clock: scheduled, complete_within: 2h, target: 95%, owner: technician}}
`

// exampleWriter stands for any writer in the examples.
const exampleWriter = "writer-1a2b3c4d"

func writerOfExample(d *desk) string {
	d.output("plan", "sign", "runbooks/acme.yaml")
	list := d.output("key", "list")
	return regexp.MustCompile(`writer-[0-9a-f]{8}`).FindString(list)
}

// serveExample lets a server say where it serves, and ends it.
func serveExample(t *testing.T, d *desk, args []string) {
	t.Helper()
	c := d.command(append(args, "--listen", "127.0.0.1:0")...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, "http://127.0.0.1:") {
		t.Errorf("%q, %v", line, err)
	}
	c.Process.Signal(os.Interrupt)
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// commitExample commits the workspace as main and v1.4.0.
func commitExample(t *testing.T, d *desk) {
	t.Helper()
	needTools(t, "git")
	b := &branch{desk: d}
	b.git("init", "--quiet", "--initial-branch=main")
	b.commit()
	b.git("tag", "v1.4.0")
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
		"  - {id: intact, title: Intact, run: echo intact}\n  - {id: warns, title: Warns, run: echo careful >&2}\n  - {id: agree, title: Agree, manual: {instructions: Look.}}\n")
	if got := d.msp("run", "./waits.yaml", "--no-input"); got.code != 3 {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	runs, err := filepath.Glob(d.path(".msp/clients/acme/runs/*/*.lock"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("%v, error %v", runs, err)
	}
	return record.ShortID(strings.TrimSuffix(filepath.Base(runs[0]), ".lock"))
}
