package terminal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/msp-runbook/msp/runbook"
)

// maxLine is the most bytes that one line of an answer may have.
const maxLine = 64 << 10

// typed is one line as it came.
type typed struct {
	text string
	long bool // and so it was thrown away
	most int  // bytes that it might have had
	many bool // more lines came with it
	err  error
}

// complaint says why a line can't be an answer, or "".
func (t typed) complaint() string {
	switch {
	case t.many:
		return "several lines came at once, and none of them was taken; please answer one question at a time, or give the text as a file"
	case t.long:
		return fmt.Sprintf("that line was longer than %d KiB and was not taken; please give a shorter answer, or the text as a file", (t.most+1)>>10)
	case !utf8.ValidString(t.text):
		return "that line was not valid UTF-8 and was not taken; please type it again"
	case strings.IndexFunc(t.text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) >= 0:
		return "that line held control characters and was not taken (arrow keys don't edit here); please type it again"
	}
	return ""
}

// lineReader reads lines in a goroutine of its own, one at a time and only
// when asked, so that a question can be left while it is open. The line that
// is then typed belongs to the next question.
type lineReader struct {
	in      *bufio.Reader
	most    int                      // bytes of a line
	waits   func(time.Duration) bool // whether more was typed; nil where lines may come at once
	drop    func()                   // the line that is being typed
	want    chan struct{}
	lines   chan typed
	stop    chan struct{}
	start   sync.Once
	closed  sync.Once
	pending bool  // a line was asked for and has not been taken
	ended   error // there will be no more lines
}

func newLineReader(in io.Reader) *lineReader {
	return &lineReader{
		in: bufio.NewReader(in), most: maxLine, want: make(chan struct{}, 1), lines: make(chan typed, 1), stop: make(chan struct{}),
	}
}

// ofTerminal says that a person types the lines. A line that is as long as the
// terminal can keep one was cut.
func (r *lineReader) ofTerminal(fd uintptr) {
	r.most = longestTyped - 1
	r.waits = func(d time.Duration) bool { return inputWaits(fd, d) }
	r.drop = func() { discardTyped(fd) }
}

// close ends the goroutine as soon as its read returns.
func (r *lineReader) close() { r.closed.Do(func() { close(r.stop) }) }

func (r *lineReader) loop() {
	for {
		select {
		case <-r.want:
		case <-r.stop:
			return
		}
		line := r.next()
		if line.err == nil && r.waits != nil {
			line = r.alone(line)
		}
		r.lines <- line // has room: one line for each wish
		if line.err != nil {
			return
		}
	}
}

const (
	// together is how soon behind a line another one comes that nobody typed.
	together = 20 * time.Millisecond
	// quiet is the silence after which a paste is over.
	quiet = 200 * time.Millisecond
)

// alone looks whether more lines came with this one, as they do when many are
// pasted. They would answer questions that were not asked yet, so all of them
// are thrown away.
func (r *lineReader) alone(line typed) typed {
	if r.in.Buffered() == 0 && !r.waits(together) {
		return line
	}
	for r.in.Buffered() > 0 || r.waits(quiet) {
		if more := r.next(); more.err != nil {
			return more
		}
	}
	r.drop()
	return typed{many: true}
}

// next reads one line. A line that is too long is read to its end, but not
// kept.
func (r *lineReader) next() typed {
	var kept []byte
	long := false
	for {
		part, err := r.in.ReadSlice('\n')
		if long = long || len(kept)+len(part) > r.most+2; long {
			kept = nil
		} else {
			kept = append(kept, part...)
		}
		switch {
		case err == nil:
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (long || len(kept) > 0): // the last line had no end
		default:
			return typed{err: err}
		}
		text := string(bytes.TrimSuffix(bytes.TrimSuffix(kept, []byte("\n")), []byte("\r")))
		return typed{text: text, long: long || len(text) > r.most, most: r.most}
	}
}

// read waits for a line. Nobody there is runbook.ErrPark.
func (r *lineReader) read(ctx context.Context) (typed, error) {
	if ctx.Err() != nil {
		return typed{}, context.Cause(ctx)
	}
	if r.ended != nil {
		return typed{}, r.ended
	}
	r.start.Do(func() { go r.loop() })
	if !r.pending {
		r.pending = true
		r.want <- struct{}{} // has room
	}
	select {
	case line := <-r.lines:
		return r.taken(line)
	case <-ctx.Done():
		return typed{}, context.Cause(ctx)
	}
}

func (r *lineReader) taken(line typed) (typed, error) {
	r.pending = false
	switch {
	case line.err == nil:
	case errors.Is(line.err, io.EOF):
		r.ended = runbook.ErrPark
	default:
		r.ended = fmt.Errorf("%w: read the answer: %w", runbook.ErrPark, line.err)
	}
	return line, r.ended
}

// discard drops a line that came while no question was open.
func (r *lineReader) discard() {
	select {
	case line := <-r.lines:
		_, _ = r.taken(line) // an end is remembered and told to the next question
	default:
	}
}
