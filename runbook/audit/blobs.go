package audit

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// A namedBlob is a blob, what it is and who names it.
type namedBlob struct {
	record.NamedBlob
	by   *statement
	read func() error
}

// readBlobs reads every blob that statements name, through to its end.
func (v *reader) readBlobs(named []namedBlob) error {
	done := make(map[string]bool, len(named))
	for _, b := range named {
		if done[b.Digest] {
			continue
		}
		done[b.Digest] = true
		v.blobs = append(v.blobs, b.Digest)
		if err := b.read(); err != nil {
			if err := v.blobBroken(b, err); err != nil {
				return err
			}
			continue
		}
		v.whole++
	}
	return nil
}

// namedBlobs are the blobs of the run's statements. Facts and inputs are kept
// for the checks that need them.
func (v *runAudit) namedBlobs(runbookDigest string) []namedBlob {
	tell := slices.Concat(v.starts, v.segments, v.ends)
	n := 0
	for _, s := range tell {
		n += len(s.blobs())
	}
	all := make([]namedBlob, 0, n)
	for _, s := range tell {
		if s.start != nil {
			all = append(all, v.startBlobs(s, runbookDigest)...)
		}
		for i := range s.steps() {
			all = append(all, v.stepBlobs(s, &s.steps()[i])...)
		}
	}
	return all
}

func (v *runAudit) startBlobs(s *statement, runbookDigest string) []namedBlob {
	all := make([]namedBlob, 0, len(s.blobs()))
	for _, b := range s.blobs() {
		all = append(all, namedBlob{NamedBlob: b, by: s})
	}
	all[0].read = func() error { return v.readSource(s, runbookDigest) }
	all[1].read = func() error {
		var inputs record.Inputs
		err := record.GetJSON(v.store, s.start.Inputs, &inputs)
		if err == nil && s == v.starts[0] {
			v.inputs = &inputs
		}
		return err
	}
	all[2].read = func() error { return record.GetJSON(v.store, s.start.Where, &record.Where{}) }
	return all
}

func (v *runAudit) stepBlobs(s *statement, step *record.Step) []namedBlob {
	var all []namedBlob
	for _, b := range record.BlobsOf(step) {
		n := namedBlob{NamedBlob: record.NamedBlob{Name: "the " + b.Name + " of the step " + step.ID, Digest: b.Digest}, by: s}
		n.read = func() error { return v.readThrough(b.Digest, step) }
		if b.Digest == step.Facts {
			n.read = func() error {
				var facts record.Facts
				err := record.GetJSON(v.store, b.Digest, &facts)
				if err == nil {
					v.facts[b.Digest] = facts
				}
				return err
			}
		}
		all = append(all, n)
	}
	return all
}

// readSource holds the kept runbook to the digest that the run-start pins, and
// the pinned steps to what it says.
func (v *runAudit) readSource(s *statement, runbookDigest string) error {
	content, err := record.GetBlob(v.store, s.start.Runbook.Source)
	if err != nil {
		return err
	}
	if digest := runbook.Digest(content); digest != s.start.Runbook.Digest {
		v.broken(ruleSource, s.place(), "%s: the kept runbook has the digest %s, and the run was started with %s", s.name(), short(digest), short(s.start.Runbook.Digest))
		return nil
	}
	if runbookDigest == s.start.Runbook.Digest && s == v.starts[0] {
		v.checkSource(s, content)
	}
	return nil
}

// errSize says that a blob is whole and not as long as its statement says.
var errSize = errors.New("size differs")

// readThrough reads a blob to its end and holds its length to what the step
// says of it.
func (v *runAudit) readThrough(digest string, step *record.Step) error {
	n, err := v.store.CheckBlob(digest)
	if err != nil {
		return err
	}
	if want := contentSize(digest, step); n != want {
		return fmt.Errorf("%w: it has %d bytes, the step says %d", errSize, n, want)
	}
	return nil
}

func contentSize(digest string, step *record.Step) int64 {
	for _, s := range []*record.Stream{step.Stdout, step.Stderr} {
		if s != nil && s.Digest == digest {
			if s.LeftOut == 0 {
				return s.Size
			}
			return s.Size + int64(len(fmt.Sprintf("\n[msp: %d bytes left out here]\n", s.LeftOut)))
		}
	}
	for _, e := range step.Evidence {
		if e.Digest == digest {
			return e.Size
		}
	}
	return -1
}

// blobBroken tells what is wrong with a blob; an error is one of reading.
func (v *reader) blobBroken(b namedBlob, err error) error {
	at := b.by.place()
	at.file = blobFile(b.Digest)
	var file *evidence.FileError
	var path *os.PathError
	switch {
	case errors.Is(err, evidence.ErrMissing) && v.excused(b):
	case errors.Is(err, evidence.ErrMissing) && b.by.unlooked():
		at.cause = "before the checkpoint"
		v.note(ruleNotCompared, at, "%s, which %s names, is missing, and an erasure before the checkpoint may say why", b.Name, b.by.name())
	case errors.Is(err, evidence.ErrMissing):
		if _, gone := os.Stat(v.store.Path("blobs")); errors.Is(gone, os.ErrNotExist) {
			at.cause = "all of them"
		}
		v.broken(ruleBlobMissing, at, "%s, which %s names, is missing", b.Name, b.by.name())
	case errors.As(err, &file):
		v.broken(ruleBlobChanged, at, "%s, which %s names: %s", b.Name, b.by.name(), file.What)
	case errors.As(err, &path):
		return err
	default:
		v.broken(ruleBlobMalformed, at, "%s, which %s names: %v", b.Name, b.by.name(), err)
	}
	return nil
}

func blobFile(digest string) string {
	hex := digest[len("sha256:"):]
	return "blobs/" + hex[:2] + "/" + hex
}
