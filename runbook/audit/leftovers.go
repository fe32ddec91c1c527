package audit

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/parallel"
	"github.com/msp-runbook/msp/runbook/record"
)

// each gives every file of a folder by its path below the store, and the digest
// that it is named by; "" when it is named by none.
func (l listing) each(folder, suffix string, do func(file, digest string)) error {
	for _, file := range l.files {
		do(file, digestOf(strings.TrimPrefix(file, folder+"/"), suffix))
	}
	return l.err
}

// stored are the files of the store that digests name.
type stored struct{ records, blobs listing }

func (a *audit) listFiles() stored {
	if a.since != nil {
		return stored{} // to look at all files takes as long as there are many
	}
	return stored{a.listFolder("records"), a.listFolder("blobs")}
}

// listFolder lists a folder of the store.
func (a *audit) listFolder(folder string) (all listing) {
	entries, err := os.ReadDir(a.store.Path(folder))
	if err != nil {
		return a.list(folder) // there is none, or a file in its place
	}
	for _, l := range parallel.Map(len(entries), func(i int) listing { return a.list(folder, entries[i].Name()) }) {
		all.files, all.err = append(all.files, l.files...), cmp.Or(all.err, l.err)
	}
	return all
}

// A listing is the files below a folder by their paths below the store, in order.
// Temporary files and a file manager's, which begin with a dot, are passed over.
type listing struct {
	files []string
	err   error
}

// list lists a part of the store: one of the folders into which files are sorted by their
// names.
func (a *audit) list(path ...string) (l listing) {
	l.err = filepath.WalkDir(a.store.Path(path...), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		l.files = append(l.files, a.relative(path))
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

func (a *audit) eachRecord(do func(file, digest string)) error {
	return eachRecordOf(a.listFolder("records"), do)
}

func eachRecordOf(l listing, do func(file, digest string)) error {
	return l.each("records", ".dsse.json", do)
}

// checkLeftovers tells of files that no log and no statement names. None of
// them counts for anything, so none is broken.
func (a *audit) checkLeftovers(files stored, said []saidResult, results []runResult, plans []planResult) error {
	err := eachRecordOf(files.records, func(file, digest string) {
		_, logged := a.named[digest]
		switch {
		case digest == "":
			a.note(ruleFileForeign, place{file: file}, "%s is no envelope of msp's", file)
		case logged:
		case a.gaps:
			a.note(ruleNotLogged, place{file: file, statement: digest, cause: "gaps"}, "an envelope that no log that can be read names")
		default:
			a.note(ruleNotLogged, place{file: file, statement: digest}, "%s, in no log", a.unlogged(digest))
		}
	})
	if err != nil {
		return err
	}
	unread := a.gaps
	for _, r := range results {
		unread = unread || r.line == nil || r.line.Level == None
	}
	for _, s := range said {
		unread = unread || s.statement == nil
	}
	for _, p := range plans {
		unread = unread || p.plan == nil
	}
	cause := "unnamed"
	return files.blobs.each("blobs", "", func(file, digest string) {
		switch {
		case digest == "":
			a.note(ruleFileForeign, place{file: file}, "%s is no blob of msp's", file)
		case a.erased[digest] != nil:
			a.note(ruleErasedPresent, place{file: file, cause: "erased"}, "a blob that was erased by %s, and is there", a.erased[digest].name())
		case a.kept.has(digest):
		case unread:
			a.note(ruleBlobUnnamed, place{file: file, cause: cause}, "a blob that no statement names that can be read")
		default:
			a.note(ruleBlobUnnamed, place{file: file, cause: cause}, "a blob that no statement names")
		}
	})
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
