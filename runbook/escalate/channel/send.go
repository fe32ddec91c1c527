package channel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"syscall"
	"time"
)

const (
	retries = 2
	// pause is the wait before the first quick retry; before the second it is
	// twice as long.
	pause = 500 * time.Millisecond
	// maxRetryAfter bounds what another side may ask for: it shall not silence a
	// channel.
	maxRetryAfter = time.Hour
	// maxSaid is how much of an answer stands in an error.
	maxSaid = 200
)

// Error says why a message was not sent. Its text contains no secret of the
// channel and no recipient, and stands on one line.
type Error struct {
	Channel string // its name
	Type    string
	// Temporary says that the same message may be accepted later. Otherwise
	// somebody has to mend something first.
	Temporary  bool
	RetryAfter time.Duration // how long the other side wants to be left alone, at most an hour; 0 where it didn't say
	text       string
	cause      error
}

func (e *Error) Error() string {
	return fmt.Sprintf("the channel %s (%s) %s", clean(e.Channel), e.Type, e.text)
}

// Unwrap gives the error of the caller's context if that ended the Send. Other
// causes aren't given: their texts may hold secrets.
func (e *Error) Unwrap() error { return e.cause }

// failure is why a try failed, before anything is masked.
type failure struct {
	what      string // the channel does, or can't do
	said      string // by the other side, or ""
	temporary bool
	again     bool // at once: nothing can have been accepted
	after     time.Duration
}

func permanent(format string, args ...any) *failure {
	return &failure{what: fmt.Sprintf(format, args...)}
}

// broken judges an error of the network.
func broken(err error) *failure {
	var certificate *tls.CertificateVerificationError
	f := &failure{what: "can't be reached: " + err.Error(), temporary: true}
	switch {
	case errors.As(err, &certificate):
		f.what, f.temporary = "isn't who it says: "+certificate.Err.Error(), false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		f.what = "broke off the connection"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, wsaRefused):
		f.again = true
	}
	return f
}

// wsaRefused is ECONNREFUSED on Windows, WSAECONNREFUSED.
const wsaRefused = syscall.Errno(10061)

// sender tries, waits, masks and gives up.
type sender struct {
	name, kind string
	limit      time.Duration
	once       try
	hidden     []string
	o          Options
}

func (s *sender) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return s.fail(ctx, m, permanent("sends nothing: %s", err))
	}
	m = m.tidy()
	ends := s.o.Now().Add(s.limit)
	limited, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	for n := 0; ; n++ {
		f := s.once(limited, m)
		if f == nil {
			return nil
		}
		if limited.Err() != nil {
			return s.fail(ctx, m, &failure{what: fmt.Sprintf("gave no answer within %s", s.limit), temporary: true})
		}
		delay := max(pause<<n, f.after)
		if !f.again || n == retries || s.o.Now().Add(delay).After(ends) || s.o.Wait(limited, delay) != nil {
			return s.fail(ctx, m, f)
		}
	}
}

// fail makes the error that others see. Recipients are persons, and no business
// of an error's readers.
func (s *sender) fail(ctx context.Context, m Message, f *failure) *Error {
	hide := newMask(append(bare(m.To), s.hidden...))
	text := clean(hide.text(f.what))
	if said := line(hide.text(f.said), maxSaid); said != "" {
		text += ": " + strconv.Quote(said)
	}
	e := &Error{Channel: s.name, Type: s.kind, Temporary: f.temporary, RetryAfter: f.after, text: text, cause: ctx.Err()}
	if errors.Is(e.cause, context.Canceled) {
		e.text, e.Temporary = "was interrupted", true
	}
	return e
}

// errTooMuch ends a connection whose other side doesn't stop talking.
var errTooMuch = errors.New("the other side sends too much")

// boundedConn reads at most left bytes.
type boundedConn struct {
	net.Conn
	left int
}

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooMuch
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
