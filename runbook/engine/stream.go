package engine

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

const (
	captureLimit = 1 << 20 // of what outputs and expect are read from
	tailLimit    = 8 << 10 // of what a failure shows
	tailLines    = 20
	linePause    = 100 * time.Millisecond // between lines for the screen
)

// stream is one output of a step: masked, then kept in a blob, shown line by
// line, and remembered as far as the step's outputs are read from it.
type stream struct {
	mask    *MaskWriter
	blob    *evidence.BlobWriter
	wrote   bool
	show    func(line string)
	shown   time.Time
	keep    bool
	capture []byte
	over    bool // more came than capture holds
	tail    []byte
}

func newStream(mask *Mask, store *evidence.Store, limit int64, keep bool, show func(string)) (*stream, error) {
	blob, err := store.NewBlob(limit)
	if err != nil {
		return nil, err
	}
	s := &stream{blob: blob, keep: keep, show: show}
	s.mask = mask.Writer(sink{s})
	return s, nil
}

func (s *stream) Write(p []byte) (int, error) { return s.mask.Write(p) }

// sink takes what is masked.
type sink struct{ s *stream }

func (k sink) Write(p []byte) (int, error) {
	s := k.s
	if n, err := s.blob.Write(p); err != nil {
		return n, &keepError{err}
	}
	s.wrote = true
	if s.keep {
		room := min(captureLimit-len(s.capture), len(p))
		s.capture = append(s.capture, p[:room]...)
		s.over = s.over || room < len(p)
	}
	s.tail = append(s.tail, p[max(0, len(p)-tailLimit):]...)
	if len(s.tail) > 4*tailLimit {
		s.tail = append(s.tail[:0], s.tail[len(s.tail)-tailLimit:]...)
	}
	s.showLast(p)
	return len(p), nil
}

// showLast shows the last whole line of what came, not more often than anyone
// can read.
func (s *stream) showLast(p []byte) {
	if s.show == nil || bytes.IndexByte(p, '\n') < 0 {
		return
	}
	if now := time.Now(); now.Sub(s.shown) >= linePause {
		s.shown = now
		if lines := lastLines(s.tail, 1); len(lines) > 0 {
			s.show(lines[0])
		}
	}
}

// close ends the stream and says how it was kept; nil when nothing came.
func (s *stream) close() (*record.Stream, error) {
	if err := s.mask.Close(); err != nil {
		s.blob.Discard()
		return nil, err
	}
	blob, err := s.blob.Commit()
	if err != nil || blob.Digest == "" {
		return nil, err
	}
	kept := &record.Stream{Digest: blob.Digest, Size: blob.Size, Written: blob.Written, LeftOut: blob.LeftOut}
	if len(s.mask.Replaced) > 0 {
		kept.Replaced = s.mask.Replaced
	}
	return kept, nil
}

func (s *stream) discard() { s.blob.Discard() }

// lastLines are the last n lines of text, without an unfinished empty one.
func lastLines(text []byte, n int) []string {
	lines := bytes.Split(bytes.TrimRight(text, "\r\n"), []byte{'\n'})
	lines = lines[max(0, len(lines)-n):]
	out := make([]string, 0, len(lines))
	for _, line := range lines {
		out = append(out, string(bytes.TrimRight(line, "\r")))
	}
	if len(out) == 1 && out[0] == "" {
		return nil
	}
	return out
}

// capped remembers what was written, up to a limit.
type capped struct {
	mu   sync.Mutex
	data bytes.Buffer
	over bool
}

func (c *capped) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	room := min(captureLimit-c.data.Len(), len(p))
	c.data.Write(p[:room])
	c.over = c.over || room < len(p)
	return len(p), nil
}

var _ io.Writer = (*capped)(nil)

// flush passes on what the mask held back, at the end of an attempt.
func (s *stream) flush() error { return s.mask.Close() }

// again begins another attempt: what outputs are read from is its own, and the
// blob says where it begins.
func (s *stream) again(attempt int) error {
	s.capture, s.over, s.tail = nil, false, nil
	if !s.wrote {
		return nil
	}
	if _, err := fmt.Fprintf(s.blob, "[msp: attempt %d]\n", attempt); err != nil {
		return &keepError{err}
	}
	return nil
}
