package process

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Ended says why a program ended.
type Ended int

// Why a program ended.
const (
	Exited    Ended = iota // by itself
	Signaled               // by a signal that Run had not sent
	TimedOut               // by Run, at the deadline of its context
	Cancelled              // by Run, because its context was cancelled or a writer failed
)

func (e Ended) String() string {
	switch e {
	case Exited:
		return "exited"
	case Signaled:
		return "signaled"
	case TimedOut:
		return "timed out"
	case Cancelled:
		return "cancelled"
	}
	return fmt.Sprintf("Ended(%d)", int(e))
}

func endedBy(ctxErr error) Ended {
	if errors.Is(ctxErr, context.DeadlineExceeded) {
		return TimedOut
	}
	return Cancelled
}

// Result says how a program ended.
type Result struct {
	ExitCode int    // -1 if it was ended by a signal
	Signal   string // the signal that ended it, whoever sent it: "SIGKILL"
	Ended    Ended
	Firm     bool          // it, or a process that it started, had to be killed
	Leftover int           // processes that lived on when it had exited and were ended
	Duration time.Duration // until it and its processes were gone
	CPU      time.Duration // user and system time of it and the processes it waited for
}

// OK says whether the program ended by itself with exit code 0.
func (r Result) OK() bool {
	return r.Ended == Exited && r.ExitCode == 0
}

// String says in words how the program ended.
func (r Result) String() string {
	switch r.Ended {
	case TimedOut:
		return "timed out after " + span(r.Duration) + r.stopped()
	case Cancelled:
		return "cancelled after " + span(r.Duration) + r.stopped()
	case Signaled:
		return "ended by " + r.Signal + r.left()
	}
	s := fmt.Sprintf("exited %d", r.ExitCode)
	if r.ExitCode == 126 || r.ExitCode > 126 && ExitWords(r.ExitCode) != s {
		s += " (" + ExitWords(r.ExitCode) + ")"
	}
	return s + r.left()
}

func (r Result) stopped() string {
	if r.Firm {
		return ", did not stop at " + gentleName + " and was killed"
	}
	return " and was stopped"
}

func (r Result) left() string {
	switch r.Leftover {
	case 0:
		return ""
	case 1:
		return "; a process that it left behind was ended"
	}
	return fmt.Sprintf("; %d processes that it left behind were ended", r.Leftover)
}

// span writes a duration as people do: 10m, 1m30s, 2.5s, 20ms.
func span(d time.Duration) string {
	switch {
	case d >= time.Minute:
		d = d.Round(time.Second)
	case d >= time.Second:
		d = d.Round(100 * time.Millisecond)
	default:
		d = d.Round(time.Millisecond)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// ExitWords says what an exit code means by the convention of the shells, and
// "exited N" where that has no meaning for it.
func ExitWords(code int) string {
	switch {
	case code == 0:
		return "done"
	case code == 126:
		return "found but cannot be executed"
	case code == 127:
		return "command not found"
	case code > 128 && code < 256:
		if name := signalName(code - 128); name != "" {
			return "ended by " + name
		}
	}
	return fmt.Sprintf("exited %d", code)
}
