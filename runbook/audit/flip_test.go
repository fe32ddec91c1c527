package audit_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/record"
)

// harmless are the files of which msp relies on no byte: what is shared with
// nobody, and what a crash left, which no statement names.
var harmless = regexp.MustCompile(`^(runs/|locks/|.*/\.msp-[^/]*\.tmp$)`)

// TestEveryFileCounts: one changed byte in any file is caught, or the file is
// known to count for nothing.
func TestEveryFileCounts(t *testing.T) {
	b := newBench(t)
	b.pin()
	b.plan().sign()
	b.begin().tell(1000)
	b.begin().tellParked(1100)
	b.planned(day(3, 7, 10)).tell(1000)
	b.begin().signStart()
	journal, _, err := record.OpenJournal(nil, record.RunFolder(b.store, "laptop", "x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := journal.Add(record.Entry{At: b.now, Kind: record.EntryOpened}); err != nil {
		t.Fatal(err)
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.path("blobs", ".msp-1.tmp"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.pass(time.Minute)
	wantOK(t, b.verify())
	unharmed := 0
	err = filepath.WalkDir(b.store.Root(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := filepath.ToSlash(must(filepath.Rel(b.store.Root(), path)))
		if harmless.MatchString(name) {
			unharmed++
		}
		for _, i := range positions(must(os.ReadFile(path))) {
			b.edit(name, flipAt(i))
			if ok := b.verify().OK(); ok != harmless.MatchString(name) {
				t.Errorf("byte %d of %s changed: nothing broken is %v", i, name, ok)
			}
			b.edit(name, flipAt(i))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if unharmed < 3 {
		t.Errorf("%d harmless files, want a lock, a journal and a temporary file", unharmed)
	}
	wantOK(t, b.verify())
}

// positions are a handful of places in a file, its ends among them.
func positions(data []byte) []int {
	if len(data) == 0 {
		return nil
	}
	last := len(data) - 1
	return []int{0, last / 3, last / 2, last}
}
