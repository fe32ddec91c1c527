package audit_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/record"
)

// harmless are the files of which msp relies on no byte: what is shared with
// nobody, and what a crash left, which no statement names.
var harmless = regexp.MustCompile(`^(runs/|locks/|.*/\.msp-[^/]*\.tmp$)`)

// superseded are the tiles of the checkpoint before the newest. Nothing is read
// from them, so that one that is gone is not missed; one that is there is held
// to the rest all the same.
func superseded(name, newest string) bool {
	tile := regexp.MustCompile(`^logs/laptop/tile/(?:entries|0)/000\.p/(\d+)$`).FindStringSubmatch(name)
	return tile != nil && tile[1] != newest
}

// TestEveryFileIsMissed empties and removes each file in turn.
func TestEveryFileIsMissed(t *testing.T) {
	b := newBench(t)
	b.pin()
	b.plan().sign()
	b.begin().tell(1000)
	b.begin().tellParked(1100)
	b.pass(time.Minute)
	wantOK(t, b.verify())
	newest, gone := strconv.Itoa(len(b.leaves())), 0
	err := filepath.WalkDir(b.store.Root(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := filepath.ToSlash(must(filepath.Rel(b.store.Root(), path)))
		data := must(os.ReadFile(path))
		if len(data) > 0 {
			must(0, os.WriteFile(path, nil, 0o600))
			if ok := b.verify().OK(); ok != harmless.MatchString(name) {
				t.Errorf("%s emptied: nothing broken is %v", name, ok)
			}
		}
		must(0, os.Remove(path))
		free := harmless.MatchString(name) || superseded(name, newest)
		if ok := b.verify().OK(); ok != free {
			t.Errorf("%s removed: nothing broken is %v", name, ok)
		}
		if free {
			gone++
		}
		must(0, os.WriteFile(path, data, 0o600))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if gone < 3 {
		t.Errorf("%d files may be gone, want a lock and two tiles at least", gone)
	}
	wantOK(t, b.verify())
}

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
	journal, _, err := record.OpenJournal(nil, record.JournalPath(b.store, "laptop", "x"))
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
