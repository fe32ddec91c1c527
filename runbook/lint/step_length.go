package lint

import (
	"fmt"
	"math"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// stepLength is how long a step takes when it takes as long as it may.
type stepLength struct {
	length time.Duration
	words  string // "intact 2 × 10m + 5s"
	open   string // why it may take longer than that; "" where it can't
}

// stepLength is that of the n-th step: of an automated one its timeout for each
// attempt and the pauses between them, of a person's the estimate, or min_duration
// where that is longer, and of an approval the time after which it counts as refused.
func (p *pass) stepLength(s *runbook.Step, n int) stepLength {
	if asks, ok := s.Action.(runbook.AsksApproval); ok {
		timeout := asks.Approval().Timeout
		if timeout.IsZero() {
			return stepLength{words: s.ID, open: s.ID + " waits for an approval without a timeout"}
		}
		return stepLength{length: timeout.Span, words: s.ID + " " + timeout.Text}
	}
	if asks, ok := s.Action.(runbook.AsksPerson); ok {
		length := max(asks.AsksPerson().Estimate, s.MinDuration.Span)
		if length == 0 {
			return stepLength{words: s.ID, open: s.ID + " says no estimate"}
		}
		return stepLength{length: length, words: s.ID + " " + exact(length)}
	}
	attempts := s.Retry.MaxAttempts
	length := times(s.Timeout.Span, attempts)
	words := s.ID + " " + s.Timeout.Text
	if attempts > 1 {
		words = fmt.Sprintf("%s %d × %s", s.ID, attempts, s.Timeout.Text)
	}
	if p.step(n).Value("timeout") == nil && p.node("defaults", "timeout") == nil {
		words += " (default)"
	}
	var pauses time.Duration
	for again := 2; again <= attempts; again++ {
		pauses = add(pauses, s.Retry.Pause(again))
	}
	if pauses > 0 {
		words += " + " + exact(pauses)
	}
	return stepLength{length: add(length, pauses), words: words}
}

// times is a length of time so many times, or the longest that there is.
func times(length time.Duration, n int) time.Duration {
	if n > 0 && length > math.MaxInt64/time.Duration(n) {
		return math.MaxInt64
	}
	return length * time.Duration(n)
}
