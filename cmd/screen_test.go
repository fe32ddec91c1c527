package cmd_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var updateScreens = flag.Bool("update-screens", false, "write the screens into testdata/screens")

// screenRunbook passes, deviates, fails, and has a child that tries to forge
// the screen: it clears it, moves the cursor, overwrites its line, speaks in
// eight-bit controls and in text that runs backwards.
const screenRunbook = `apiVersion: msp/v1
kind: Runbook
id: screen
version: 1.0.0
title: A runbook with a title that is long enough to be folded on a narrow screen
rationale: Somebody trusted a line that a program had printed.
owner: {team: backup, role: technician, contact: backup@provider.example}
sla: {clock: started, complete_within: 2h}
steps:
- {id: fine, title: A step that passes, run: ["true"]}
- {id: hostile, title: A step whose program forges lines, run: 'exec >&2;
    printf "\033[2J\033[1;1H\033[32m ✓ forged\033[0m\n";
    printf "all is well\r ✓ forged again\n";
    printf "\302\233\063\061m eight bit \342\200\256 backwards \377 not text\n";
    exit 3', on_failure: continue}
- {id: size, title: A value that is not what it usually is, run: "echo 150",
   outputs: {kib: {from: stdout, type: number, unit: KiB}}, normal: {kib: {value: 100, within: 10%}}}
- {id: needless, title: A step that is not needed, if: steps.size.failed, run: ["true"]}
- {id: last, title: A step that fails, run: "echo one; echo two; exit 7"}
- {id: never, title: A step that is not reached, run: ["true"]}
`

// TestScreens shows one run on real terminals of three widths, without colour,
// as sentences, and as plain lines.
func TestScreens(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tmux is missing")
		}
		t.Skip("tmux is missing: it is the terminal of this test")
	}
	for _, tt := range []struct {
		name  string
		width int
		env   string
		args  string
	}{
		{"40", 40, "", ""},
		{"80", 80, "", ""},
		{"200", 200, "", ""},
		{"80-no-color", 80, "NO_COLOR=1", ""},
		{"80-accessible", 80, "MSP_ACCESSIBLE=1", ""},
		{"80-plain", 80, "", "--plain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := showScreen(t, tmux, tt.width, tt.env, tt.args)
			if plain := tt.env != "" || tt.args != ""; plain && strings.Contains(got, "\x1b[3") {
				t.Errorf("there is colour:\n%q", got)
			}
			compareScreen(t, tt.name, got)
		})
	}
}

// showScreen runs the runbook in a terminal and gives what stands on it.
func showScreen(t *testing.T, tmux string, width int, env, args string) string {
	t.Helper()
	d := newDesk(t)
	d.write("screen.yaml", screenRunbook)
	d.msp("key", "new")
	d.msp("run", "screen.yaml", "--plain") // the keys are made, so that only the run is on the screen
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, d.path("msp")); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "tmux")
	run := func(args ...string) string {
		c := exec.Command(tmux, append([]string{"-S", socket, "-f", "/dev/null"}, args...)...)
		c.Env = append(d.env, "TERM=xterm-256color", "LC_ALL=C.UTF-8")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %s: %v\n%s", args, err, out)
		}
		return string(out)
	}
	command := fmt.Sprintf("cd %s && clear && env %s ./msp run screen.yaml %s; echo the exit code is $?; sleep 60", d.work, env, args)
	run("-u", "new-session", "-d", "-x", fmt.Sprint(width), "-y", "70", command)
	defer exec.Command(tmux, "-S", socket, "kill-server").Run()
	deadline := time.Now().Add(30 * time.Second)
	for {
		if screen := run("capture-pane", "-p", "-e", "-J"); strings.Contains(screen, "the exit code is") {
			return screen
		}
		if time.Now().After(deadline) {
			t.Fatalf("it didn't end:\n%s", run("capture-pane", "-p"))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// compareScreen compares a screen with the one that is kept, but for ids, times
// and colours.
func compareScreen(t *testing.T, name, got string) {
	t.Helper()
	for _, r := range []struct{ pattern, with string }{
		{"\x1b\\[[0-9;]*m", ""},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, "2026-11-22T07:00:00Z"},
		{`\b[0-9a-f]{12}\b`, "000000000000"},
		{`(run|show|resume) [0-9a-f]{6}\b`, "$1 000000"},
		{`\b\d\.\d s\b`, "0.0 s"},
		{`(complete by|until) \d\d:\d\d`, "$1 09:00"},
		{`[0-9]+ h( [0-9]+ m)? left`, "2 h left"},
		{`(?m)^\S+ \w+ output: .*\n`, ""}, // which of the lines are shown depends on the time
		{`[ \t]+\n`, "\n"},
		{`\n+$`, "\n"},
	} {
		got = regexp.MustCompile(r.pattern).ReplaceAllString(got, r.with)
	}
	path := filepath.Join("testdata/screens", name+".golden")
	if *updateScreens {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-kept +now:\n%s", diff)
	}
}
