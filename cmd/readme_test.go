package cmd_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/evidence/stamp/stamptest"
)

var showReadme = flag.Bool("show-readme", false, "print what README's commands print now")

// shell is one command of README with the output that stands behind it.
type shell struct {
	command string
	wanted  []string
}

// readmeCommands takes the commands out of the console blocks. A line that begins
// with > goes on with the command before.
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
		case len(all) > 0 && strings.HasPrefix(line, "> "):
			all[len(all)-1].command += "\n" + strings.TrimPrefix(line, "> ")
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
		{`(since|until) \d{4}-\d\d-\d\d`, "$1 TIME"},
		{`/\S*/testdata`, "/home/you/msp/testdata"},
		{`/\S*/\.config`, "/home/you/.config"},
		{`at /\S*/(\w+)$`, "at /usr/bin/$1"},
		{`writer-[0-9a-f]+`, "writer-0"},
		{`other-[0-9a-f]{16}`, "other-0"},
		{`SHA256:\S+`, "SHA256:0"},
		{`sha256:[0-9a-f]+…?`, "sha256:0"},
		{`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`, "0"},
		{`\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+`, "+0+0"},
		{`\b[0-9a-f]{64}\b`, "0"},
		{`\b[0-9a-f]{12}\b`, "0"},
		{`\b[0-9a-f]{6}\b`, "0"},
		{`\b\d+\.\d s\b`, "0.0 s"},
		{`files, \d+ B`, "files, 0 B"},
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
	needTools(t, "bash", "jq", "openssl", "ssh-keygen", "sha256sum", "python3")
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

// codes are what those commands of README are meant to exit with that don't exit 0,
// in the order in which they stand there.
var codes = map[string][]string{
	"msp lint broken.yaml":                                         {"1"},
	"msp lint slow.yaml":                                           {"1"},
	"msp diff runbooks/mail-queue.yaml newer.yaml":                 {"1"},
	"MSP_KEY=ben msp run move-mail --no-input":                     {"2", "3"}, // not approved, then waiting
	"msp erase --run $RUN --output count --why 'a name was in it'": {"2", "0"}, // held, then not
}

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
	tsa := stamptest.New(t, time.Now)
	here := strings.NewReplacer(
		"go test ./...", ":", // this is what is running
		"curl --silent https://freetsa.org/files/cacert.pem", "cat "+tsa.RootsFile(),
		"https://freetsa.org/tsr", tsa.URL,
	)
	var script strings.Builder
	for i, c := range commands {
		fmt.Fprintf(&script, "%s\nprintf '\\n#%d %%s#\\n' $?\n", here.Replace(c.command), i)
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
	got, want := make([][]string, len(commands)), maps.Clone(codes)
	rest := out
	for i, c := range commands {
		mark := regexp.MustCompile(fmt.Sprintf(`\n#%d (\d+)#\n`, i)).FindStringSubmatchIndex(rest)
		if mark == nil {
			t.Fatalf("no end of %q in\n%s\n%s", c.command, out, complaint)
		}
		code := rest[mark[2]:mark[3]]
		wanted := "0"
		if next := want[c.command]; len(next) > 0 {
			wanted, want[c.command] = next[0], next[1:]
		}
		if code != wanted {
			t.Errorf("$ %s: exit %s, want %s\n%s", c.command, code, wanted, rest[:mark[0]])
		}
		got[i] = strings.Split(rest[:mark[0]], "\n")
		rest = rest[mark[1]:]
	}
	if t.Failed() {
		t.Log(complaint)
	}
	return got
}

// needTools skips a test whose programs are missing; in CI they must be there.
func needTools(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed, and in CI it must be", name)
		}
		t.Skipf("%s is not installed: this test runs the real one", name)
	}
}
