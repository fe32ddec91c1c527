package revision_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/process"
	"github.com/msp-runbook/msp/runbook/revision"
)

// work is a real repository in a folder of its own.
type work struct {
	t   *testing.T
	dir string
}

func newWork(t *testing.T) *work {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("git is not installed, and in CI it must be")
		}
		t.Skip("git is not installed: this test runs the real one")
	}
	w := &work{t, t.TempDir()}
	w.git("init", "--quiet", "--initial-branch=main")
	return w
}

func (w *work) git(args ...string) {
	w.t.Helper()
	c := exec.Command("git", append([]string{"-c", "user.name=Tester", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"}, args...)...)
	c.Dir = w.dir
	if out, err := c.CombinedOutput(); err != nil {
		w.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func (w *work) write(name, text string) {
	w.t.Helper()
	file := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *work) commit() {
	w.t.Helper()
	w.git("add", "--all")
	w.git("commit", "--quiet", "--message", "more")
}

func (w *work) open() *revision.Repository {
	w.t.Helper()
	r, err := revision.Open(context.Background(), os.Environ(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *work) at(rev string) *revision.Tree {
	w.t.Helper()
	tree, err := w.open().At(context.Background(), rev)
	if err != nil {
		w.t.Fatal(err)
	}
	return tree
}

// wantHint asserts that an error says something, and in its hint what to do.
func wantHint(t *testing.T, err error, says, hint string) {
	t.Helper()
	var known *revision.Error
	if !errors.As(err, &known) || !strings.Contains(known.Error(), says) || !strings.Contains(known.Hint(), hint) {
		t.Errorf("got %v, want %q with the hint %q", err, says, hint)
	}
}

// What is read is what was committed, whatever names the files have.
func TestFiles(t *testing.T) {
	w := newWork(t)
	names := []string{"a.yaml", "sub/a b.yaml", "sub/grün.yaml", "sub/-x.yaml", "sub/[a].yaml", "other/a.yaml", "sub/deeper/a.yaml"}
	if runtime.GOOS != "windows" {
		names = append(names, "sub/\"q\"\t*.yaml", "sub/line\nline.yaml")
	}
	for i, name := range names {
		w.write(name, fmt.Sprintf("old %d\n", i))
	}
	w.write("sub/empty.yaml", "")
	if err := os.Symlink("a.yaml", filepath.Join(w.dir, "sub", "link.yaml")); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	w.commit()
	w.write("sub/a b.yaml", "new")
	w.write("sub/new.yaml", "new")

	files, err := w.at("main").Files(context.Background(), "sub", "gone")
	if err != nil {
		t.Fatal(err)
	}
	got, want := map[string]string{}, map[string]string{"sub/empty.yaml": ""}
	for _, f := range files {
		got[f.Path] = string(f.Content)
	}
	for i, name := range names {
		if strings.HasPrefix(name, "sub/") && !strings.HasPrefix(name, "sub/deeper") {
			want[name] = fmt.Sprintf("old %d\n", i)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	top, err := w.at("HEAD").Files(context.Background(), ".")
	if err != nil || len(top) != 1 || top[0].Path != "a.yaml" {
		t.Errorf("%v, error %v", top, err)
	}
}

func TestFile(t *testing.T) {
	w := newWork(t)
	w.write("sub/a.yaml", "old")
	w.commit()
	w.git("tag", "v1")
	w.write("sub/a.yaml", "new")
	w.commit()
	f, err := w.at("v1").File(context.Background(), "sub/a.yaml")
	if err != nil || f == nil || string(f.Content) != "old" {
		t.Errorf("%v, error %v", f, err)
	}
	for _, name := range []string{"sub/b.yaml", "sub", "sub/*"} {
		if f, err := w.at("v1").File(context.Background(), name); f != nil || err != nil {
			t.Errorf("%s: %v, error %v", name, f, err)
		}
	}
}

// A link holds what the file held that it named then, as a reader of the work tree has
// it. One that leads out of the repository, to nothing or in a circle is no file.
func TestLinks(t *testing.T) {
	w := newWork(t)
	w.write("shared/strict.yaml", "strict")
	w.write("shared/lax.yaml", "lax")
	outside := filepath.Join(t.TempDir(), "outside.yaml")
	if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(w.dir, "sub", name)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	w.write("sub/plain.yaml", "plain")
	link("../shared/strict.yaml", "a.yaml")
	link("a.yaml", "chain.yaml")
	link("gone.yaml", "gone.yaml")
	link("nowhere.yaml", "nowhere.yaml")
	link("../shared", "folder.yaml")
	link(outside, "outside.yaml")
	link("../../outside.yaml", "above.yaml")
	w.commit()
	if err := os.Remove(filepath.Join(w.dir, "sub", "a.yaml")); err != nil {
		t.Fatal(err)
	}
	link("../shared/lax.yaml", "a.yaml")
	w.commit()
	for rev, want := range map[string]string{"HEAD~1": "strict", "HEAD": "lax"} {
		files, err := w.at(rev).Files(context.Background(), "sub")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, f := range files {
			got[f.Path] = string(f.Content)
		}
		if diff := cmp.Diff(map[string]string{"sub/plain.yaml": "plain", "sub/a.yaml": want, "sub/chain.yaml": want}, got); diff != "" {
			t.Errorf("%s: %s", rev, diff)
		}
		f, err := w.at(rev).File(context.Background(), "sub/chain.yaml")
		if err != nil || f == nil || string(f.Content) != want || f.Path != "sub/chain.yaml" {
			t.Errorf("%s: %v, error %v", rev, f, err)
		}
	}
}

func TestRenamed(t *testing.T) {
	w := newWork(t)
	text := strings.Repeat("a line that stays\n", 20)
	w.write("committed.yaml", text+"committed")
	w.write("staged.yaml", text+text+"staged")
	w.commit()
	w.git("tag", "v1")
	w.git("mv", "committed.yaml", "sub.yaml")
	w.commit()
	w.write("sub/x", "")
	w.git("mv", "staged.yaml", "sub/staged now.yaml")
	got, err := w.at("v1").Renamed(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"sub.yaml": "committed.yaml", "sub/staged now.yaml": "staged.yaml"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPath(t *testing.T) {
	w := newWork(t)
	w.write("sub/a.yaml", "")
	got, err := w.open().Path(filepath.Join(w.dir, "sub", "a.yaml"))
	if err != nil || got != "sub/a.yaml" {
		t.Errorf("%q, error %v", got, err)
	}
	_, err = w.open().Path(filepath.Join(t.TempDir(), "a.yaml"))
	wantHint(t, err, "lies outside of the repository", "one repository at a time")
}

func TestNoRevision(t *testing.T) {
	w := newWork(t)
	w.write("a.yaml", "")
	w.commit()
	for _, rev := range []string{"", "-x", "--help", "a\nb", "^HEAD"} {
		_, err := w.open().At(context.Background(), rev)
		wantHint(t, err, "is no revision", "such as main")
	}
	for _, rev := range []string{"nowhere", "HEAD~7", "main:a.yaml", "HEAD..HEAD", "HEAD --"} {
		_, err := w.open().At(context.Background(), rev)
		wantHint(t, err, "there is no revision "+rev, "git fetch")
	}
}

// In a shallow clone a revision may be missing that exists elsewhere.
func TestShallow(t *testing.T) {
	w := newWork(t)
	for i := range 3 {
		w.write("a.yaml", fmt.Sprint(i))
		w.commit()
	}
	clone := &work{t, t.TempDir()}
	clone.git("clone", "--quiet", "--depth=1", "file://"+filepath.ToSlash(w.dir), ".")
	_, err := clone.open().At(context.Background(), "HEAD~2")
	wantHint(t, err, "HEAD~2 is not in this clone", "fetch-depth: 0")
	if f, err := clone.at("HEAD").File(context.Background(), "a.yaml"); err != nil || string(f.Content) != "2" {
		t.Errorf("%v, error %v", f, err)
	}
}

// A clone without its objects fetches none: the repository would name the program
// that does.
func TestPartialClone(t *testing.T) {
	w := newWork(t)
	w.write("a.yaml", "old")
	w.commit()
	w.git("config", "uploadpack.allowFilter", "true")
	clone := &work{t, t.TempDir()}
	clone.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", "file://"+filepath.ToSlash(w.dir), ".")
	_, err := clone.at("HEAD").File(context.Background(), "a.yaml")
	wantHint(t, err, "can't read HEAD", "--filter")
}

// That holds as well for a git that fetches what is missing (before 2.45 it knows no
// word against it), and for a repository that allows itself to.
func TestPartialCloneAllowsItself(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the traps are shell scripts")
	}
	w := newWork(t)
	w.write("a.yaml", "old")
	w.commit()
	w.git("config", "uploadpack.allowFilter", "true")
	clone, programs := &work{t, t.TempDir()}, t.TempDir()
	clone.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", "file://"+w.dir, ".")
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	sprung, trap := filepath.Join(programs, "sprung"), filepath.Join(programs, "trap")
	for name, script := range map[string]string{"git": "unset GIT_NO_LAZY_FETCH\nexec '" + git + "' \"$@\"", "trap": "touch '" + sprung + "'"} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	clone.git("config", "protocol.ext.allow", "always")
	clone.git("config", "remote.origin.url", "ext::"+trap)
	r, err := revision.Open(context.Background(), []string{"PATH=" + programs + string(filepath.ListSeparator) + os.Getenv("PATH")}, clone.dir)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := r.At(context.Background(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	_, err = tree.File(context.Background(), "a.yaml")
	wantHint(t, err, "can't read HEAD", "--filter")
	if _, err := os.Stat(sprung); err == nil {
		t.Error("the program that the repository names for fetching was started")
	}
}

func TestNoRepository(t *testing.T) {
	newWork(t)
	dir := t.TempDir()
	_, err := revision.Open(context.Background(), os.Environ(), dir)
	wantHint(t, err, "is in no git repository", "git status")
	_, err = revision.Open(context.Background(), []string{"PATH=" + dir}, dir)
	if missing := (process.ErrNotFound{}); !errors.As(err, &missing) {
		t.Errorf("without git: %v", err)
	}
}

// Nothing that a repository's own configuration names is started, and what the
// environment says about git is not listened to.
func TestNothingOfTheRepositoryRuns(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the traps are shell scripts")
	}
	w := newWork(t)
	w.write("a.yaml", strings.Repeat("a line\n", 20))
	w.write(".gitattributes", "*.yaml filter=trap diff=trap\n")
	w.commit()
	w.git("tag", "v1")
	w.git("mv", "a.yaml", "b.yaml")
	sprung := filepath.Join(w.dir, "sprung")
	trap := filepath.Join(w.dir, "trap.sh")
	if err := os.WriteFile(trap, []byte("#!/bin/sh\ntouch '"+sprung+"'\ncat\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"core.fsmonitor", "core.pager", "pager.diff-index", "diff.external", "diff.trap.textconv", "diff.trap.command", "filter.trap.clean", "filter.trap.smudge", "filter.trap.process",
		"core.sshCommand", "core.editor", "core.askPass", "credential.helper",
	} {
		w.git("config", key, trap)
	}
	w.git("config", "core.hooksPath", w.dir)
	w.git("config", "alias.ls-tree", "!"+trap)
	environ := append(slices.Clone(os.Environ()), "GIT_EXTERNAL_DIFF="+trap, "GIT_PAGER="+trap, "GIT_DIR=/nowhere", "GIT_TRACE="+sprung)
	r, err := revision.Open(context.Background(), environ, w.dir)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := r.At(context.Background(), "v1")
	if err != nil {
		t.Fatal(err)
	}
	_, filesErr := tree.Files(context.Background(), ".")
	renamed, err := tree.Renamed(context.Background())
	if errors.Join(filesErr, err) != nil || renamed["b.yaml"] != "a.yaml" {
		t.Errorf("%v, errors %v, %v", renamed, filesErr, err)
	}
	if _, err := os.Stat(sprung); err == nil {
		t.Error("something that the repository names was started")
	}
}
