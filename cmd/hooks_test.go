package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook/document"
)

// The hooks and pipelines that lint runbooks are run here as they are written, in a
// real git repository: what they check out, install and upload is left to those who
// run them.

// readYAML parses a YAML file of the repository.
func readYAML(t *testing.T, name string) *document.Node {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	root, problems := document.Parse(name, source, document.DefaultLimits)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return root
}

// shell runs a command of a pipeline, with msp in its PATH.
func (b *branch) shell(command string, env ...string) (code int, output string) {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	bin := filepath.Join(b.home, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "msp")); err != nil && !os.IsExist(err) {
		b.t.Fatal(err)
	}
	c := exec.Command("sh", "-e", "-c", command)
	c.Dir = b.work
	c.Env = append(slices.Clone(b.env), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	c.Env = append(c.Env, env...)
	out, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		b.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(out)
}

// pullRequest is a branch on which a runbook was changed and its version wasn't.
func pullRequest(t *testing.T) *branch {
	t.Helper()
	b := newBranch(t)
	b.commit()
	b.git("update-ref", "refs/remotes/origin/main", "HEAD")
	b.write("runbooks/nightly.yaml", b.edited("timeout: 10m", "timeout: 12m"))
	b.commit()
	return b
}

// each runs the commands of msp among those of a pipeline, and gives how the first
// that failed ended.
func (b *branch) each(commands []string, env ...string) (failed, output string) {
	b.t.Helper()
	ran := 0
	for _, command := range commands {
		if !strings.HasPrefix(command, "msp ") {
			continue
		}
		ran++
		code, out := b.shell(command, env...)
		if code > 1 {
			b.t.Errorf("%s: exit code %d\n%s", command, code, out)
		}
		if code != 0 && failed == "" {
			failed, output = command, out
		}
	}
	if ran < 2 {
		b.t.Errorf("%d commands of msp in %q", ran, commands)
	}
	return failed, output
}

func TestGitHubExample(t *testing.T) {
	var commands []string
	for _, step := range readYAML(t, "testdata/ci/github.yaml").Value("jobs", "lint", "steps").Items() {
		commands = append(commands, step.Value("run").Text())
	}
	b := pullRequest(t)
	failed, out := b.each(commands, "GITHUB_BASE_REF=main")
	if !strings.Contains(failed, "--against") || !regexp.MustCompile(`(?m)^::error file=runbooks/nightly\.yaml,line=\d+,col=\d+,title=msp%3A version-not-bumped::`).MatchString(out) {
		t.Errorf("%q failed:\n%s", failed, out)
	}
	if sarif, err := os.ReadFile(b.path("msp.sarif")); err != nil || !strings.Contains(string(sarif), `"2.1.0"`) {
		t.Errorf("%v\n%s", err, sarif)
	}
	b.write("runbooks/nightly.yaml", b.edited("timeout: 10m", "timeout: 12m", "1.4.0", "1.5.0"))
	if failed, out := b.each(commands, "GITHUB_BASE_REF=main"); failed != "" {
		t.Errorf("%s failed on what is right:\n%s", failed, out)
	}
}

func TestGitLabExample(t *testing.T) {
	job := readYAML(t, "testdata/ci/gitlab.yaml").Value("lint-runbooks")
	var commands []string
	for _, line := range job.Value("script").Items() {
		commands = append(commands, line.Text())
	}
	b := pullRequest(t)
	base := "CI_MERGE_REQUEST_DIFF_BASE_SHA=origin/main"
	if failed, out := b.each(commands, base); !strings.Contains(failed, "--against") {
		t.Errorf("%q failed:\n%s", failed, out)
	}
	report := b.path(job.Value("artifacts", "reports", "junit").Text())
	if xml, err := os.ReadFile(report); err != nil || !strings.Contains(string(xml), `failures="1"`) {
		t.Errorf("%v\n%s", err, xml)
	}
	b.write("runbooks/nightly.yaml", b.edited("timeout: 10m", "timeout: 12m", "1.4.0", "1.5.0"))
	if failed, out := b.each(commands, base); failed != "" {
		t.Errorf("%s failed on what is right:\n%s", failed, out)
	}
}

// TestPreCommitHooks runs the entries as pre-commit does, in the folder of the workspace:
// with the names of the files that changed, unless the hook wants none.
func TestPreCommitHooks(t *testing.T) {
	b := newBranch(t)
	b.commit()
	hooks := readYAML(t, ".pre-commit-hooks.yaml").Items()
	if len(hooks) != 2 {
		t.Fatalf("%d hooks", len(hooks))
	}
	for _, hook := range hooks {
		files := regexp.MustCompile(hook.Value("files").Text())
		if !files.MatchString("runbooks/nightly.yaml") || !files.MatchString("ops/runbooks/nightly.yml") || files.MatchString("README.md") {
			t.Errorf("%s looks at other files", hook.Value("id").Text())
		}
		entry := hook.Value("entry").Text()
		if hook.Value("pass_filenames").Text() != "false" {
			entry += " runbooks/nightly.yaml"
		}
		b.write("runbooks/nightly.yaml", b.source)
		if code, out := b.shell(entry); code != 0 {
			t.Errorf("%s: exit code %d\n%s", entry, code, out)
		}
		b.write("runbooks/nightly.yaml", strings.Replace(b.source, "id: nightly", "id: nightly: x", 1))
		if code, out := b.shell(entry); code != 1 || !strings.Contains(out, "runbooks/nightly.yaml:") {
			t.Errorf("%s: exit code %d for a broken runbook\n%s", entry, code, out)
		}
	}
}
