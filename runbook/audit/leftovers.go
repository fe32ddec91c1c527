package audit

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/parallel"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/spill"
)

// eachFile gives every file of a folder of the store by its path below that, and the
// digest that it is named by; "" when it is named by none. Digests come in order.
func (a *audit) eachFile(folder, suffix string, do func(file, digest string)) error {
	entries, err := os.ReadDir(a.store.Path(folder))
	if err != nil {
		l := a.list(folder) // there is none, or a file in its place
		l.each(folder, suffix, do)
		return l.err
	}
	for some := range slices.Chunk(entries, foldersAtOnce) {
		for _, l := range parallel.Map(len(some), func(i int) listing { return a.list(folder, some[i].Name()) }) {
			l.each(folder, suffix, do)
			if l.err != nil {
				return l.err
			}
		}
	}
	return nil
}

// foldersAtOnce is how many of the folders into which files are sorted by their names are
// listed side by side.
const foldersAtOnce = 8

// A listing is the files below a folder by their paths below the store, in order.
// Temporary files and a file manager's, which begin with a dot, are passed over.
type listing struct {
	files []string
	err   error
}

func (l listing) each(folder, suffix string, do func(file, digest string)) {
	for _, file := range l.files {
		do(file, digestOf(strings.TrimPrefix(file, folder+"/"), suffix))
	}
}

func (a *audit) list(path ...string) (l listing) {
	l.err = filepath.WalkDir(a.store.Path(path...), func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		l.files = append(l.files, a.relative(name))
		return nil
	})
	return l
}

// digestOf is the digest in a file's name, <ab>/<sha256> and a suffix; "" when
// there is none.
func digestOf(name, suffix string) string {
	folder, base, _ := strings.Cut(name, "/")
	hex, ok := strings.CutSuffix(base, suffix)
	digest := "sha256:" + hex
	if !ok || !evidence.ValidDigest(digest) || hex[:2] != folder {
		return ""
	}
	return digest
}

// A lookup finds hashes among the first words of sorted rows. They are asked for in order.
type lookup struct {
	next func() ([]byte, error, bool)
	row  []byte
	err  error
}

func (l *lookup) has(digest string) bool {
	hash := rawHash(digest)
	for hash != nil && bytes.Compare(l.row, hash) < 0 {
		row, err, more := l.next()
		if l.err = cmp.Or(l.err, err); !more || err != nil {
			return false
		}
		l.row = row
	}
	return hash != nil && bytes.HasPrefix(l.row, hash)
}

// checkRecords tells of envelopes that no log names. They don't count for anything, so
// none is broken.
func (a *audit) checkRecords(f *finder) error {
	return a.checkFiles(a.index.byDigest, "records", ".dsse.json", func(file, digest string, logged func() bool) {
		switch {
		case digest == "":
			f.note(ruleFileForeign, place{file: file}, "%s is no envelope of msp's", file)
		case logged():
		case a.gaps:
			f.note(ruleNotLogged, place{file: file, statement: digest, cause: "gaps"}, "an envelope that no log that can be read names")
		default:
			f.note(ruleNotLogged, place{file: file, statement: digest}, "%s, in no log", a.unlogged(digest))
		}
	})
}

// checkBlobs tells of blobs that no statement names, which count for nothing either.
func (a *audit) checkBlobs(f *finder) error {
	return a.checkFiles(a.tally.blobs, "blobs", "", func(file, digest string, named func() bool) {
		switch {
		case digest == "":
			f.note(ruleFileForeign, place{file: file}, "%s is no blob of msp's", file)
		case a.erased[digest] != nil:
			f.note(ruleErasedPresent, place{file: file, cause: "erased"}, "a blob that was erased by %s, and is there", a.erased[digest].name())
		case named():
		case a.gaps || a.tally.untold:
			f.note(ruleBlobUnnamed, place{file: file, cause: "unnamed"}, "a blob that no statement names that can be read")
		default:
			f.note(ruleBlobUnnamed, place{file: file, cause: "unnamed"}, "a blob that no statement names")
		}
	})
}

// checkFiles gives every file of a folder of the store, and whether its hash is among
// those that rows begin with.
func (a *audit) checkFiles(rows *spill.Sorter, folder, suffix string, check func(file, digest string, known func() bool)) error {
	if a.since != nil {
		return nil // to look at all files takes as long as there are many
	}
	next, stop := iter.Pull2(rows.Sorted())
	defer stop()
	l := &lookup{next: next}
	err := a.eachFile(folder, suffix, func(file, digest string) {
		check(file, digest, func() bool { return l.has(digest) })
	})
	return cmp.Or(err, l.err)
}

// unlogged says what an envelope outside of the logs is.
func (a *audit) unlogged(digest string) string {
	data, err := a.store.Envelope(digest)
	if err != nil {
		return "an envelope that was changed"
	}
	envelope, err := evidence.OpenEnvelope(data, a.limit)
	if err != nil {
		return "an envelope that can't be read"
	}
	for _, kind := range record.Kinds() {
		s := &statement{ref: ref{leaf: &evidence.Leaf{V: 1, Kind: kind, Envelope: digest}}}
		if s.decode(envelope) != nil {
			continue
		}
		if err := a.verifySigners(s, envelope); err != nil {
			return "a " + kind + " statement, wrongly signed"
		}
		if s.run() == "" {
			return "a " + kind + " statement, signed by " + s.key.ID()
		}
		return "a " + kind + " statement of the run " + quoted(s.run()) + ", signed by " + s.key.ID()
	}
	return "an envelope that can't be read"
}
