package cmd

import (
	"errors"
	"fmt"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// erasedBlobs are blobs that were erased, by digest, and the erasures.
type erasedBlobs map[string]record.Signed[record.Erasure]

// when says when a blob was erased and by whom; "" when it wasn't.
func (e erasedBlobs) when(digest string) string {
	erasure, erased := e[digest]
	if !erased {
		return ""
	}
	return fmt.Sprintf("erased on %s by %s", erasure.Body.Signed.Format(clockLayout), erasure.Key.ID())
}

// explain says of a missing blob that it was erased, where it was.
func (e erasedBlobs) explain(digest string, err error) error {
	if when := e.when(digest); when != "" && errors.Is(err, evidence.ErrMissing) {
		return hint(fmt.Errorf("the blob %s was %s", digest, when), "msp verify says why")
	}
	return err
}

// words say why a blob can't be read.
func (e erasedBlobs) words(digest string, err error) string {
	when := e.when(digest)
	switch {
	case !errors.Is(err, evidence.ErrMissing):
		return fmt.Sprintf("can't be read: %v", err)
	case when != "":
		return when
	default:
		return fmt.Sprintf("can't be read: the blob %s is missing", digest)
	}
}

// suffix follows on what names a blob.
func (e erasedBlobs) suffix(digest string) string {
	if when := e.when(digest); when != "" {
		return " · " + when
	}
	return ""
}
