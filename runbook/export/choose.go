package export

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-runbook/msp/runbook/record"
)

// A choice is which leaves a run's bundle has.
type choice struct {
	run     string
	entries []entry // by writer and index
	indexes map[*log][]int64

	named      map[string]bool // digests of statements, tokens and blobs that chosen statements are or name
	runbook    string          // digest
	plan       string          // digest of its envelope
	occurrence string
}

// choose finds the statements of a run and those that are about it.
func (s *source) choose(run string) (*choice, error) {
	c := &choice{run: run, indexes: map[*log][]int64{}, named: map[string]bool{}}
	var others []entry
	for _, l := range s.logs {
		for i, leaf := range l.view.All() {
			e := entry{log: l, index: i, leaf: *leaf}
			ofOther := leaf.Run != run && slices.Contains([]string{record.KindRunStart, record.KindSegment, record.KindRun}, leaf.Kind)
			if ofOther || !record.Known(leaf.Kind) && leaf.Run != run {
				continue
			}
			e, err := s.read(e)
			if err != nil {
				return nil, err
			}
			if leaf.Run == run {
				c.take(e)
			} else {
				others = append(others, e)
			}
		}
	}
	if len(c.entries) == 0 {
		return nil, fmt.Errorf("no log holds a run %q", run)
	}
	// What is about a chosen statement may itself be spoken about.
	for again := true; again; {
		again = false
		others = slices.DeleteFunc(others, func(e entry) bool {
			concerned := c.concerns(e)
			if concerned {
				c.take(e)
				again = true
			}
			return concerned
		})
	}
	slices.SortFunc(c.entries, byPlace)
	for _, e := range c.entries {
		c.indexes[e.log] = append(c.indexes[e.log], e.index)
	}
	return c, nil
}

func (c *choice) take(e entry) {
	c.entries = append(c.entries, e)
	c.named[e.leaf.Envelope] = true
	if e.body == nil {
		return
	}
	for _, b := range e.body.Head().Blobs {
		c.named[b.Digest] = true
	}
	switch s := e.body.(type) {
	case *record.RunStart:
		c.runbook = s.Runbook.Digest
		c.named[s.NotBefore] = true
		if s.Occurrence != nil {
			c.plan, c.occurrence = s.Occurrence.Plan, s.Occurrence.Name
		}
	case *record.RunEnd:
		c.named[s.NotBefore] = true
	}
}

// concerns says whether a statement that isn't the run's own is about it.
func (c *choice) concerns(e entry) bool {
	about := func(occurrence string) bool { return c.occurrence != "" && occurrence == c.occurrence }
	switch s := e.body.(type) {
	case *record.Trust:
		return true
	case *record.Plan:
		return e.leaf.Envelope == c.plan
	case *record.Approval:
		return s.Runbook != nil && s.Runbook.Digest == c.runbook
	case *record.Anchor:
		return c.named[s.Token]
	case *record.Hold:
		return about(s.Occurrence)
	case *record.Release:
		return c.named[s.Hold]
	case *record.Ack:
		return about(s.Occurrence)
	case *record.Waiver:
		return about(s.Occurrence) || c.occurrence != "" && strings.HasSuffix(s.Occurrence, "/") && strings.HasPrefix(c.occurrence, s.Occurrence)
	case *record.Correction:
		return c.named[s.About] || about(s.Occurrence)
	case *record.Response:
		return c.named[s.About]
	case *record.Erasure:
		return slices.ContainsFunc(s.Erased, func(digest string) bool { return c.named[digest] })
	default:
		return false
	}
}

// An anchor is a file about a checkpoint of a log.
type anchor struct {
	file string
	size int64
}

// anchors gives the files about the earliest checkpoint behind each chosen leaf
// that has any, and about those whose tokens a statement names.
func (s *source) anchors(l *log, c *choice) ([]anchor, error) {
	folder := "anchors/" + l.writer
	entries, err := orNone(os.ReadDir(s.tree.path(folder)))
	if err != nil {
		return nil, err
	}
	var all []anchor
	wanted := map[int64]bool{}
	for _, e := range entries {
		number, _, _ := strings.Cut(e.Name(), ".")
		size, err := strconv.ParseInt(number, 10, 64)
		if err != nil || size <= 0 || size > l.view.Checkpoint.Size || strconv.FormatInt(size, 10) != number {
			continue // not about a checkpoint of this log
		}
		a := anchor{folder + "/" + e.Name(), size}
		data, err := s.tree.read(a.file, signatureLimit)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		if c.named["sha256:"+hex.EncodeToString(sum[:])] {
			wanted[size] = true
		}
		all = append(all, a)
	}
	for _, index := range c.indexes[l] {
		earliest := int64(0)
		for _, a := range all {
			if strings.HasSuffix(a.file, ".ckpt") && a.size > index && (earliest == 0 || a.size < earliest) {
				earliest = a.size
			}
		}
		wanted[earliest] = true
	}
	return slices.DeleteFunc(all, func(a anchor) bool { return !wanted[a.size] }), nil
}
