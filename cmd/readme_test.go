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

	"github.com/google/go-cmp/cmp"
)

var showReadme = flag.Bool("show-readme", false, "print what README's commands print now")

// shell is one command of README with the output that stands behind it.
type shell struct {
	command string
	wanted  []string
}

// readmeCommands takes the commands out of the console blocks.
func readmeCommands(text string) []shell {
	var all []shell
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case !inside:
		case strings.HasPrefix(line, "$ "):
			all = append(all, shell{command: strings.TrimPrefix(line, "$ ")})
		case len(all) > 0:
			last := &all[len(all)-1]
			last.wanted = append(last.wanted, line)
		}
	}
	return all
}

// settled takes out of an output what differs from run to run.
func settled(lines []string) []string {
	replacements := []struct{ pattern, with string }{
		{`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[-+]\d\d:\d\d|Z)?`, "TIME"},
		{`/\S*/testdata`, "/home/you/msp/testdata"},
		{`at /\S*/(\w+)$`, "at /usr/bin/$1"},
		{`writer-[0-9a-f]+`, "writer-0"},
		{`SHA256:\S+`, "SHA256:0"},
		{`sha256:[0-9a-f]{64}`, "sha256:0"},
		{`\b[0-9a-f]{12}\b`, "0"},
		{`\b[0-9a-f]{6}\b`, "0"},
	}
	var out []string
	for _, line := range lines {
		for _, r := range replacements {
			line = regexp.MustCompile(r.pattern).ReplaceAllString(line, r.with)
		}
		if line = strings.TrimRight(line, " "); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// TestREADME runs every command of README, in order, in one shell, with a home
// of its own, and compares what it prints where README says what that is.
func TestREADME(t *testing.T) {
	if testing.Short() {
		t.Skip("the commands of README build msp")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	commands := readmeCommands(string(text))
	if len(commands) < 15 {
		t.Fatalf("README has %d commands; the test reads it wrongly", len(commands))
	}
	got := runReadme(t, root, commands)
	for i, c := range commands {
		if len(c.wanted) == 0 {
			continue
		}
		if diff := cmp.Diff(settled(c.wanted), settled(got[i])); diff != "" {
			t.Errorf("$ %s\n(-README +now)\n%s", c.command, diff)
		}
	}
	if *showReadme {
		for i, c := range commands {
			fmt.Printf("$ %s\n%s\n", c.command, strings.Join(got[i], "\n"))
		}
	}
}

// failing are the commands of README that are meant to exit 1.
var failing = map[string]bool{"msp lint broken.yaml": true}

func runReadme(t *testing.T, root string, commands []shell) [][]string {
	t.Helper()
	home, bin := t.TempDir(), t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "msp"), "github.com/msp-runbook/msp/cmd/msp").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS(root)); err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for i, c := range commands {
		command := c.command
		if command == "go test ./..." {
			command = ":" // this is what is running
		}
		fmt.Fprintf(&script, "%s\nprintf '\\n#%d %%s#\\n' $?\n", command, i)
	}
	shell := exec.Command("bash", "-c", script.String())
	shell.Dir = work
	shell.Env = []string{"HOME=" + home, "PATH=" + bin + ":" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=America/New_York"}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GONOSUMDB", "GOSUMDB", "GOTOOLCHAIN"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		shell.Env = append(shell.Env, name+"="+strings.TrimSpace(string(value)))
	}
	var complaint strings.Builder
	shell.Stderr = &complaint
	out, err := shell.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, complaint.String())
	}
	return splitReadme(t, commands, string(out), complaint.String())
}

func splitReadme(t *testing.T, commands []shell, out, complaint string) [][]string {
	t.Helper()
	got := make([][]string, len(commands))
	rest := out
	for i, c := range commands {
		mark := regexp.MustCompile(fmt.Sprintf(`\n#%d (\d+)#\n`, i)).FindStringSubmatchIndex(rest)
		if mark == nil {
			t.Fatalf("no end of %q in\n%s\n%s", c.command, out, complaint)
		}
		code := rest[mark[2]:mark[3]]
		if want := map[bool]string{true: "1", false: "0"}[failing[c.command]]; code != want {
			t.Errorf("$ %s: exit %s, want %s\n%s\n%s", c.command, code, want, rest[:mark[0]], complaint)
		}
		got[i] = strings.Split(rest[:mark[0]], "\n")
		rest = rest[mark[1]:]
	}
	return got
}
