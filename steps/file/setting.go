package file

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// setting is a limit that the document gives, or that is computed in the run.
type setting[T any] struct {
	template *runbook.Template // nil: no limit
	fixed    bool              // value is it
	value    T
	parse    func(string) (T, error)
}

func (s setting[T]) asked() bool { return s.template != nil }

func decodeSetting[T any](n *document.Node, rule, hint string, parse func(string) (T, error), d *document.Decoder) setting[T] {
	if n == nil {
		return setting[T]{}
	}
	s := setting[T]{template: runbook.NewTemplate(n, d), parse: parse}
	switch n.Kind() {
	case document.Null, document.List, document.Mapping:
		return s // which NewTemplate has reported
	}
	if s.template.HasExpression() {
		return s
	}
	value, err := parse(s.template.Source)
	if err != nil {
		d.Report(n.Position(), rule, hint, "%s", err)
	}
	s.value, s.fixed = value, err == nil
	return s
}

// resolve is the limit in this run; nil is none.
func (s setting[T]) resolve(env runbook.Env) (*T, error) {
	if !s.asked() {
		return nil, nil
	}
	if s.fixed {
		return &s.value, nil
	}
	text, err := env.Expand(s.template)
	if err != nil {
		return nil, err
	}
	value, err := s.parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: the value of %s: %w", s.template.Position, s.template.Source, err)
	}
	return &value, nil
}

// parseAge reads a duration as people write it, or as an expression gives it.
func parseAge(text string) (time.Duration, error) {
	parsed, err := runbook.ParseDuration(text)
	if err == nil {
		return parsed.Span, nil
	}
	// 1500ms is "1.5s" when it comes out of an expression.
	if span, bad := time.ParseDuration(text); bad == nil && span >= 0 && span.String() == text {
		return span, nil
	}
	return 0, fmt.Errorf("%s is not a duration: %w", document.Quote(text), err)
}

const sizeHint = "bytes, or a whole number with a unit: 1 MiB, 10 GB"

var hashForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:sha256:)?([0-9a-f]{64})$`) })

func parseHash(text string) (string, error) {
	match := hashForm().FindStringSubmatch(strings.ToLower(strings.TrimSpace(text)))
	if match == nil {
		return "", fmt.Errorf("%s is not a SHA-256, which has 64 hexadecimal digits", document.Quote(text))
	}
	return match[1], nil
}

// formatSize writes a size for people: "1.2 GiB".
func formatSize(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n), ""
	for _, unit = range []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"} {
		if value /= 1 << 10; value < 1023.95 {
			break
		}
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}

// exactSize is formatSize with the bytes, so that two sizes that differ look
// different.
func exactSize(n int64) string {
	if n < 1<<10 {
		return formatSize(n)
	}
	return fmt.Sprintf("%s (%d B)", formatSize(n), n)
}

// formatAge writes an age so that it looks different from the limit, which
// differs.
func formatAge(age, limit time.Duration) string {
	if text := runbook.FormatSpan(age); text != runbook.FormatSpan(limit) {
		return text
	}
	return age.String()
}

func modeText(bits uint32) string { return fmt.Sprintf("%04o", bits) }
