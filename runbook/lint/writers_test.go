package lint_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/document/documenttest"
	"github.com/msp-runbook/msp/runbook/lint"
)

const writersFolder = "testdata/writers"

// slips are the mistakes that writers make, by the file that has one: the line and
// the column at which they made it, as somebody noted who hadn't seen the message.
func slips(t testing.TB) map[string]string {
	t.Helper()
	at := map[string]string{}
	for line := range strings.Lines(string(readFile(t, writersFolder+"/where.txt"))) {
		name, place, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || at[name] != "" {
			t.Fatalf("where.txt: %q", line)
		}
		at[name] = place
	}
	return at
}

// TestWriters lints a document for each mistake that writers make, of which it has
// that one. The answer is one problem at the place of the mistake, with a hint, and
// reads as the golden file beside it.
func TestWriters(t *testing.T) {
	at := slips(t)
	files, err := filepath.Glob(writersFolder + "/*.yaml")
	if err != nil || len(files) < 80 || len(files) != len(at) {
		t.Fatalf("%d documents, %d places, error %v", len(files), len(at), err)
	}
	l := linter(nil, lint.Settings{})
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			found := l.Lint([]runbook.File{{Name: filepath.Base(file), Source: readFile(t, file)}}).Findings
			if len(found) != 1 {
				t.Fatalf("%d problems: %v", len(found), found)
			}
			p := found[0].Problem
			if place := fmt.Sprintf("%d:%d", p.Line, p.Column); place != at[name] {
				t.Errorf("the mistake is at %s, the message says %s", at[name], place)
			}
			if p.Hint == "" || p.Rule == "" {
				t.Errorf("no hint or no rule: %s", p)
			}
			documenttest.Golden(t, filepath.Join(writersFolder, name+".golden"), p.Error()+"\n")
		})
	}
}

// counted counts what is read of the files of a folder.
type counted struct {
	fs.FS
	bytes int
}

type countedFile struct {
	fs.File
	all *counted
}

func (c *counted) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	return countedFile{f, c}, err
}

func (c *counted) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(c.FS, name) }

func (f countedFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.all.bytes += n
	return n, err
}

// TestHugeFile holds that a file of 50 MB is refused for its size, of which hardly
// more is read than a document may have.
func TestHugeFile(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "dump.yaml")
	if err := os.WriteFile(name, []byte("apiVersion: msp/v1\nkind: Runbook\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 50<<20); err != nil {
		t.Fatal(err)
	}
	disk := &counted{FS: os.DirFS(folder)}
	files, err := runbook.ReadFiles(disk, ".", "")
	if err != nil {
		t.Fatal(err)
	}
	found := linter(nil, lint.Settings{}).Lint(files).Findings
	if len(found) != 1 || found[0].Rule != "too-large" || found[0].Hint == "" {
		t.Errorf("%v", found)
	}
	if most := document.DefaultLimits.Bytes + 64<<10; disk.bytes > most {
		t.Errorf("%d bytes were read, more than %d", disk.bytes, most)
	}
}

// mostAtOnePlace is how many problems a mistake may have at one place: a map that
// is there and empty lacks each of its keys.
const mostAtOnePlace = 12

// FuzzWriters changes what writers wrote. Whatever comes out is read without a
// panic as a document of each kind; each problem has a rule, a message and a place
// in the file, and one place has few of them.
func FuzzWriters(f *testing.F) {
	documenttest.Seeds(f, writersFolder)
	kinds := []string{"Runbook", "Plan", "Agreement", "Calendar", "Contacts"}
	f.Fuzz(func(t *testing.T, source []byte) {
		text := string(source)
		for _, kind := range kinds {
			for _, other := range kinds {
				text = strings.Replace(text, "\nkind: "+other+"\n", "\nkind: "+kind+"\n", 1)
			}
			files := []runbook.File{{Name: "fuzz.yaml", Source: []byte(text)}}
			checkProblems(t, text, linter(nil, lint.Settings{}).Lint(files).Findings)
		}
	})
}

func checkProblems(t *testing.T, source string, found []lint.Finding) {
	t.Helper()
	lines := strings.Split(strings.TrimPrefix(source, "\ufeff"), "\n")
	places := map[document.Position]int{}
	for _, p := range found {
		if p.Rule == "" || p.Message == "" || p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > len([]rune(lines[p.Line-1]))+1 {
			t.Fatalf("%q: %+v", source, p.Problem)
		}
		if places[p.Position]++; places[p.Position] > mostAtOnePlace {
			t.Fatalf("%q: %d problems at %s", source, places[p.Position], p.Position)
		}
	}
}
