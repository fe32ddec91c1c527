package cmd_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbooks"
)

// branch is a workspace in a subfolder of a real git repository, whose main holds the
// runbook backup-verify as it ships, under another id.
type branch struct {
	*desk
	source string
}

func newBranch(t *testing.T) *branch {
	t.Helper()
	needTools(t, "git")
	b := &branch{desk: newDesk(t)}
	shipped, err := fs.ReadFile(runbooks.Files, "backup-verify.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b.source = strings.Replace(string(shipped), "id: backup-verify", "id: nightly", 1)
	b.git("init", "--quiet", "--initial-branch=main")
	b.work = b.path("ops")
	b.write("msp.yaml", "client: acme\n")
	b.write("runbooks/nightly.yaml", b.source)
	return b
}

func (b *branch) git(args ...string) {
	b.t.Helper()
	c := exec.Command("git", append([]string{"-c", "user.name=Tester", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"}, args...)...)
	c.Dir = b.work
	c.Env = append(slices.Clone(b.env), "GIT_CONFIG_NOSYSTEM=1")
	if out, err := c.CombinedOutput(); err != nil {
		b.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func (b *branch) commit() {
	b.t.Helper()
	b.git("add", "--all")
	b.git("commit", "--quiet", "--message", "more")
}

// edited is the runbook with one text for another, pair by pair.
func (b *branch) edited(edits ...string) string {
	b.t.Helper()
	source := b.source
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(source, edits[i]) {
			b.t.Fatalf("there is no %q in the runbook", edits[i])
		}
		source = strings.ReplaceAll(source, edits[i], edits[i+1])
	}
	return source
}

// compared is what msp lint --against main --json says, in short.
type compared struct {
	Code  int
	Rules []string // what was found: "rule line"
	Told  []string // of each runbook: file, state and demand, then its changes
}

func (b *branch) against(args ...string) compared {
	b.t.Helper()
	ran := b.msp(append([]string{"lint", "--against", "main", "--json"}, args...)...)
	var report struct {
		Problems []struct {
			Rule, File string
		}
		Since struct {
			Rev      string
			Runbooks []struct {
				File, State, From, Demands string
				Changes                    []struct {
					Words   string
					Demands string
					Loosens bool
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(ran.stdout), &report); err != nil || report.Since.Rev != "main" {
		b.t.Fatalf("%v: exit code %d\n%s\n%s", err, ran.code, ran.stdout, ran.stderr)
	}
	c := compared{Code: ran.code}
	for _, p := range report.Problems {
		c.Rules = append(c.Rules, p.Rule)
	}
	for _, r := range report.Since.Runbooks {
		c.Told = append(c.Told, strings.Join(strings.Fields(r.File+" "+r.From+" "+r.State+" "+r.Demands), " "))
		for _, change := range r.Changes {
			mark := ""
			if change.Loosens {
				mark = ", loosens"
			}
			c.Told = append(c.Told, change.Demands+mark+": "+change.Words)
		}
	}
	return c
}

const decided = `decisions:
  - {date: 2026-11-20, by: service-manager, decided: as it is now, because: the client asked for it}
`

// Each kind of change has its verdict.
func TestAgainst(t *testing.T) {
	b := newBranch(t)
	b.commit()
	told := func(demand string, words ...string) []string {
		return append([]string{"runbooks/nightly.yaml changed " + demand}, words...)
	}
	for name, c := range map[string]struct {
		edits []string
		want  compared
	}{
		"nothing":            {nil, compared{}},
		"layout":             {[]string{"class: routine\n", "", "steps:\n", "class: routine # as ever\nsteps:\n", "timeout: 10m", "timeout: 600s"}, compared{}},
		"carriage returns":   {[]string{"\n", "\r\n"}, compared{}},
		"words":              {[]string{"title: Verify last", "title: Check last"}, compared{1, []string{"version-not-bumped"}, told("patch", `patch: the title is now "Check last night's backups", it was "Verify last night's backups"`)}},
		"words, raised":      {[]string{"title: Verify last", "title: Check last", "1.4.0", "1.4.1"}, compared{0, nil, told("patch", `patch: the title is now "Check last night's backups", it was "Verify last night's backups"`)}},
		"raised too little":  {[]string{"timeout: 10m", "timeout: 12m", "1.4.0", "1.4.1"}, compared{1, []string{"version-not-bumped"}, told("minor", "minor: the step intact may now take 12m, it was 10m")}},
		"an optional input":  {[]string{"steps:\n", "  ticket: {type: string, description: What else to know}\nsteps:\n", "1.4.0", "1.5.0"}, compared{0, nil, told("minor", "minor: the input ticket came")}},
		"a required input":   {[]string{"steps:\n", "  ticket: {type: string, required: true, description: What else to know}\nsteps:\n", "1.4.0", "1.5.0"}, compared{1, []string{"version-not-bumped", "change-without-reason"}, told("major", "major: the input ticket came")}},
		"a looser promise":   {[]string{"target: 95%", "target: 90%", "1.4.0", "2.0.0"}, compared{0, []string{"change-without-reason"}, told("major", "major, loosens: the target of the SLA is now 90%, it was 95%")}},
		"a wider tolerance":  {[]string{"within: 40%", "within: 60%", "1.4.0", "1.5.0"}, compared{0, []string{"change-without-reason"}, told("minor", "minor, loosens: bytes of the step size may now vary by 60%, it was 40%")}},
		"a decision with it": {[]string{"within: 40%", "within: 60%", "1.4.0", "1.5.0", "decisions:\n", decided}, compared{0, nil, told("minor", `patch: a decision came: "2026-11-20 service-manager as it is now"`, "minor, loosens: bytes of the step size may now vary by 60%, it was 40%")}},
		"a renamed step":     {[]string{"id: intact", "id: whole", "1.4.0", "2.0.0", "decisions:\n", decided}, compared{0, nil, told("major", `patch: a decision came: "2026-11-20 service-manager as it is now"`, "major: the step intact is now called whole")}},
		"fewer tries":        {[]string{"max_attempts: 2", "max_attempts: 1", "1.4.0", "1.5.0"}, compared{0, nil, told("minor", "minor: the number of tries of the step intact is now 1, it was 2")}},
		"not approved":       {[]string{"roles: [lead]", "roles: [lead, operator]"}, compared{1, []string{"version-not-bumped", "change-without-reason"}, told("minor", "minor, loosens: the step second_look may now be approved by operator")}},
		"another id":         {[]string{"id: nightly", "id: daily", "1.4.0", "2.0.0"}, compared{0, []string{"change-without-reason"}, told("major", "major: the runbook is now called daily, it was nightly")}},
		"lowered":            {[]string{"1.4.0", "1.3.0"}, compared{1, []string{"version-lowered"}, nil}},
		"a waiver":           {[]string{"target: 95%", "target: 90%", "1.4.0", "2.0.0", "steps:\n", "lint: [{waive: change-without-reason, because: the contract says so, until: 2999-01-01}]\nsteps:\n"}, compared{0, nil, told("major", "major, loosens: the target of the SLA is now 90%, it was 95%", "patch: a rule of lint is waived: change-without-reason")}},
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			b.write("runbooks/nightly.yaml", b.edited(c.edits...))
			if diff := cmp.Diff(c.want, b.against()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Runbooks are found again under other names, in other folders, and with other ids;
// what is gone is told.
func TestAgainstFiles(t *testing.T) {
	b := newBranch(t)
	other := func(id string) string {
		return b.edited("id: nightly", "id: "+id, "title: Verify", "title: "+id+" verifies")
	}
	odd := `runbooks/it's "ödd" ` + "name.yaml"
	if runtime.GOOS == "windows" {
		odd = "runbooks/it's ödd name.yaml"
	}
	b.write(odd, other("odd"))
	b.write("runbooks/moved.yaml", other("moved"))
	b.write("runbooks/renamed.yaml", other("renamed"))
	b.write("runbooks/deleted.yaml", b.edited("id: nightly", "id: disk-capacity"))
	b.write("runbooks/was-broken.yaml", strings.Replace(other("mended"), "steps:", "stepz:", 1))
	b.write("runbooks/now-broken.yaml", other("broken"))
	b.write("runbooks/calendars/office.yaml", "apiVersion: msp/v1\nkind: Calendar\nid: office\n")
	b.commit()

	b.write(odd, strings.Replace(other("odd"), "timeout: 10m", "timeout: 12m", 1))
	b.git("mv", "runbooks/moved.yaml", "runbooks/elsewhere.yaml")
	b.write("runbooks/elsewhere.yaml", strings.Replace(other("moved"), "1.4.0", "1.4.1", 1))
	b.git("mv", "runbooks/renamed.yaml", "runbooks/new-name.yaml")
	b.write("runbooks/new-name.yaml", other("new-name"))
	b.git("add", ".")
	if err := os.Remove(b.path("runbooks/deleted.yaml")); err != nil {
		t.Fatal(err)
	}
	b.write("runbooks/was-broken.yaml", other("mended"))
	b.write("runbooks/now-broken.yaml", "kind: [")
	b.write("runbooks/fresh.yaml", other("fresh"))
	got := b.against("--fail-on", "error")
	want := []string{
		"ops/runbooks/deleted.yaml deleted none",
		"runbooks/elsewhere.yaml ops/runbooks/moved.yaml moved none",
		"runbooks/fresh.yaml new none",
		odd + " changed minor", "minor: the step intact may now take 12m, it was 10m",
		"runbooks/new-name.yaml ops/runbooks/renamed.yaml changed major", "major: the runbook is now called new-name, it was renamed", `patch: the title is now "new-name verifies last night's backups", it was "renamed verifies last night's backups"`,
		"runbooks/was-broken.yaml unread none",
	}
	if diff := cmp.Diff(want, got.Told); diff != "" {
		t.Error(diff)
	}
	one := b.against(odd)
	if diff := cmp.Diff([]string{odd + " changed minor", "minor: the step intact may now take 12m, it was 10m"}, one.Told); diff != "" {
		t.Error(diff)
	}
}

// A plan that names what was deleted asks for what ships with msp instead.
func TestAgainstDeleted(t *testing.T) {
	b := newBranch(t)
	b.write("runbooks/disk.yaml", b.edited("id: nightly", "id: backup-verify"))
	b.write("runbooks/plan.yaml", "apiVersion: msp/v1\nkind: Plan\nclient: acme\nrunbooks:\n  - {runbook: backup-verify, inputs: {backup_dir: /srv}, from: 2026-03-01}\n")
	b.commit()
	if err := os.Remove(b.path("runbooks/disk.yaml")); err != nil {
		t.Fatal(err)
	}
	got := b.against()
	if diff := cmp.Diff(compared{0, []string{"runbook-deleted"}, []string{"ops/runbooks/disk.yaml deleted none"}}, got); diff != "" {
		t.Error(diff)
	}
}

// A folder of runbooks that is a repository of its own has its own revisions.
func TestAgainstSubmodule(t *testing.T) {
	library := newBranch(t)
	library.commit()
	b := &branch{newDesk(t), library.source}
	b.git("init", "--quiet", "--initial-branch=trunk")
	b.write("msp.yaml", "client: acme\n")
	b.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "file://"+filepath.ToSlash(filepath.Dir(library.work)), "library")
	if err := os.Symlink(b.path("library", "ops", "runbooks"), b.path("runbooks")); err != nil {
		t.Skip("this system has no symbolic links for everybody")
	}
	b.write("runbooks/nightly.yaml", b.edited("timeout: 10m", "timeout: 12m", "1.4.0", "1.5.0"))
	if diff := cmp.Diff(compared{0, nil, []string{"runbooks/nightly.yaml changed minor", "minor: the step intact may now take 12m, it was 10m"}}, b.against()); diff != "" {
		t.Error(diff)
	}
}

// Where there is nothing to compare with, the error says why and what to do.
func TestAgainstNothing(t *testing.T) {
	b := newBranch(t)
	for _, version := range []string{"1.4.1", "1.4.2", "1.4.3"} {
		b.write("runbooks/nightly.yaml", b.edited("1.4.0", version))
		b.commit()
	}
	refused := func(env []string, says, hint string, args ...string) {
		t.Helper()
		ran := b.mspWith(env, args...)
		if ran.code != 2 || ran.stdout != "" || !strings.Contains(ran.stderr, says) || !strings.Contains(ran.stderr, "hint: ") || !strings.Contains(ran.stderr, hint) {
			t.Errorf("%q: exit code %d\n%s%s", args, ran.code, ran.stdout, ran.stderr)
		}
	}
	refused(nil, "there is no revision nowhere", "git fetch", "lint", "--against", "nowhere")
	refused(nil, `"--output=x" is no revision`, "such as main", "lint", "--against=--output=x")
	refused([]string{"PATH=/nowhere"}, "git: program not found", "install it", "lint", "--against", "main")

	clone := &branch{newDesk(t), b.source}
	clone.git("clone", "--quiet", "--depth=1", "file://"+filepath.ToSlash(filepath.Dir(b.work)), ".")
	clone.work = clone.path("ops")
	b = clone
	refused(nil, "HEAD~1 is not in this clone, which holds only the newest commits", "git fetch --unshallow", "lint", "--against", "HEAD~1")
	refused(nil, "HEAD~1 is not in this clone", "fetch-depth: 0", "diff", "nightly@HEAD~1", "nightly")

	b = &branch{newDesk(t), b.source}
	b.write("nightly.yaml", b.source)
	refused(nil, "is in no git repository", "git status", "lint", "--against", "main", "nightly.yaml")
}

// A runbook that lies elsewhere, behind a link, is compared like any other.
func TestAgainstLink(t *testing.T) {
	b := newBranch(t)
	b.write("shared/nightly.yaml", b.source)
	if err := errors.Join(os.Remove(b.path("runbooks/nightly.yaml")), os.Symlink("../shared/nightly.yaml", b.path("runbooks/nightly.yaml"))); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	b.commit()
	b.write("shared/nightly.yaml", b.edited("timeout: 10m", "timeout: 12m"))
	ran := b.msp("lint", "--against", "main")
	if ran.code != 1 || !strings.Contains(ran.stdout, "runbooks/nightly.yaml:4:10: version-not-bumped: the step intact may now take 12m, it was 10m") {
		t.Errorf("exit code %d\n%s%s", ran.code, ran.stdout, ran.stderr)
	}
}

// Versions of a runbook are compared by the names that people have for them.
func TestDiffRevisions(t *testing.T) {
	b := newBranch(t)
	b.commit()
	b.git("tag", "v1")
	b.git("mv", "runbooks/nightly.yaml", "runbooks/every night.yaml")
	b.write("runbooks/every night.yaml", b.edited("timeout: 10m", "timeout: 12m", "1.4.0", "1.5.0"))
	b.commit()
	want := "steps\n  minor           the step intact may now take 12m, it was 10m\nthis demands a minor version: 1.4.0 → 1.5.0\n"
	for _, args := range [][]string{
		{"nightly@v1", "nightly"}, {"runbooks/every night.yaml@v1", "runbooks/every night.yaml"}, {"runbooks/nightly.yaml@v1", "nightly@main"}, {"nightly@main@{1}", "nightly"},
	} {
		ran := b.msp(append([]string{"diff"}, args...)...)
		if ran.code != 1 || ran.stdout != want {
			t.Errorf("%q: exit code %d\n%s%s", args, ran.code, ran.stdout, ran.stderr)
		}
	}
	if ran := b.msp("diff", "nightly@main", "nightly"); ran.code != 0 || ran.stdout != "" || ran.stderr != "nothing changed in meaning\n" {
		t.Errorf("exit code %d\n%s%s", ran.code, ran.stdout, ran.stderr)
	}
	for _, word := range []string{"backup-verify@v1", "runbooks/none.yaml@v1", "nightly@nowhere"} {
		if ran := b.msp("diff", word, "nightly"); ran.code != 2 || !strings.Contains(ran.stderr, "hint: ") {
			t.Errorf("%s: exit code %d\n%s%s", word, ran.code, ran.stdout, ran.stderr)
		}
	}
}

// What a change demands is written into the version by --fix, and nothing else is
// changed.
func TestAgainstFixed(t *testing.T) {
	b := newBranch(t)
	b.commit()
	source := b.edited("timeout: 10m", "timeout: 12m # it grew")
	b.write("runbooks/nightly.yaml", source)
	ran := b.msp("lint", "--against", "main", "--fix")
	if ran.code != 0 || !strings.Contains(ran.stderr, "mended 1 finding in runbooks/nightly.yaml") {
		t.Errorf("exit code %d\n%s%s", ran.code, ran.stdout, ran.stderr)
	}
	got, err := os.ReadFile(b.path("runbooks/nightly.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Replace(source, "version: 1.4.0", "version: 1.5.0", 1), string(got)); diff != "" {
		t.Error(diff)
	}
}
