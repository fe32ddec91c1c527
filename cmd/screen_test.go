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
	tmux := findTmux(t)
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

func findTmux(t *testing.T) string {
	t.Helper()
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tmux is missing")
		}
		t.Skip("tmux is missing: it is the terminal of this test")
	}
	return tmux
}

// showScreen runs the runbook in a terminal and gives what stands on it.
func showScreen(t *testing.T, tmux string, width int, env, args string) string {
	t.Helper()
	d := newDesk(t)
	d.write("screen.yaml", screenRunbook)
	d.msp("key", "new")
	d.msp("run", "screen.yaml", "--plain") // the keys are made, so that only the run is on the screen
	w := d.window(tmux, width, fmt.Sprintf("env %s ./msp run screen.yaml %s", env, args))
	return w.wait("the exit code is", "-e", "-J")
}

// window is a terminal of tmux in which a command runs.
type window struct {
	*desk
	tmux, socket string
}

func (d *desk) window(tmux string, width int, command string) *window {
	d.t.Helper()
	self, err := os.Executable()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := os.Symlink(self, d.path("msp")); err != nil {
		d.t.Fatal(err)
	}
	w := &window{d, tmux, filepath.Join(d.t.TempDir(), "tmux")}
	command = fmt.Sprintf("cd %s && clear && %s; echo the exit code is $?; sleep 60", d.work, command)
	w.do("-u", "new-session", "-d", "-x", fmt.Sprint(width), "-y", "70", command)
	d.t.Cleanup(func() { exec.Command(tmux, "-S", w.socket, "kill-server").Run() })
	return w
}

// do has tmux do something, and gives what it says.
func (w *window) do(args ...string) string {
	w.t.Helper()
	c := exec.Command(w.tmux, append([]string{"-S", w.socket, "-f", "/dev/null"}, args...)...)
	c.Env = append(w.env, "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	out, err := c.CombinedOutput()
	if err != nil {
		w.t.Fatalf("tmux %s: %v\n%s", args, err, out)
	}
	return string(out)
}

// wait gives what stands on the screen as soon as the pattern is there.
func (w *window) wait(pattern string, options ...string) string {
	w.t.Helper()
	wanted := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if screen := w.do(append([]string{"capture-pane", "-p"}, options...)...); wanted.MatchString(screen) {
			return screen
		}
	}
	w.t.Fatalf("%s never appears:\n%s", pattern, w.do("capture-pane", "-p"))
	return ""
}

// TestResize makes a window narrow and wide again while a step runs: one live
// line is on the screen, whole, and in the end none is left.
func TestResize(t *testing.T) {
	d := newDesk(t)
	d.write("resize.yaml", "apiVersion: msp/v1\nkind: Runbook\nid: resize\nversion: 1.0.0\ntitle: Resize\nsteps:\n"+
		"  - {id: first, title: First, run: [\"true\"]}\n"+
		"  - {id: long, title: Long, run: 'echo "+strings.Repeat("-------- ", 30)+"; while [ ! -e go ]; do sleep 0.05; done'}\n")
	w := d.window(findTmux(t), 80, "./msp run resize.yaml")
	live := regexp.MustCompile(`(?m)^ [⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] `)
	w.wait(`(?m)^ \S long .*\| [- ]+…`)
	for _, width := range []int{40, 200, 80, 40, 200} {
		w.do("resize-window", "-x", fmt.Sprint(width))
		// The line is drawn for this width once it is nearly as long.
		screen := w.wait(fmt.Sprintf(`(?m)^ \S long .{%d,}…$`, width-30))
		if rows := live.FindAllString(screen, -1); len(rows) != 1 {
			t.Errorf("%d columns: %d live lines:\n%s", width, len(rows), screen)
		}
		if below := screen[live.FindStringIndex(screen)[0]:]; strings.Count(strings.TrimSpace(below), "\n") > 0 {
			t.Errorf("%d columns: something is left below the live line:\n%s", width, screen)
		}
	}
	d.write("go", "")
	screen := w.wait("the exit code is 0")
	if live.MatchString(screen) || strings.Contains(screen, "-----") {
		t.Errorf("something of the live line is left:\n%s", screen)
	}
	for _, row := range []string{"first  First", "long   Long", "done"} {
		if strings.Count(screen, row) != 1 {
			t.Errorf("%q is not there once:\n%s", row, screen)
		}
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
