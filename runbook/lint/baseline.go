package lint

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/msp-runbook/msp/runbook/document"
)

// Baseline are the findings that a library had when somebody began to lint it: only
// what is new is told. A finding is known by its file, rule and message, not by its
// line, so that what is written above it moves nothing.
type Baseline struct {
	V        int             `json:"v"`
	Findings []BaselineEntry `json:"findings"`
}

// BaselineEntry is a finding, and how often it stands in its file.
type BaselineEntry struct {
	File    string `json:"file"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
	Count   int    `json:"count"`
}

const baselineVersion = 1

// NewBaseline takes down what was found, sorted.
func NewBaseline(findings []Finding) Baseline {
	b := Baseline{V: baselineVersion, Findings: []BaselineEntry{}}
	for _, f := range findings {
		entry := BaselineEntry{f.File, f.Rule, f.Message, 1}
		i := slices.IndexFunc(b.Findings, entry.same)
		if i >= 0 {
			b.Findings[i].Count++
		} else {
			b.Findings = append(b.Findings, entry)
		}
	}
	return b
}

func (e BaselineEntry) same(other BaselineEntry) bool {
	return e.File == other.File && e.Rule == other.Rule && e.Message == other.Message
}

// ParseBaseline reads what Baseline was written to as JSON.
func ParseBaseline(data []byte) (Baseline, error) {
	var b Baseline
	if err := json.Unmarshal(data, &b); err != nil {
		return b, fmt.Errorf("no baseline: %w", err)
	}
	if b.V != baselineVersion {
		return b, fmt.Errorf("a baseline of version %d; this msp reads version %d", b.V, baselineVersion)
	}
	for _, entry := range b.Findings {
		if entry.Count < 1 {
			return b, fmt.Errorf("no baseline: %s in %s stands there %d times", document.Quote(entry.Rule), document.Quote(entry.File), entry.Count)
		}
	}
	return b, nil
}

// Subtract takes out of a report what the baseline knows, and gives how much that
// was, and the entries that were mended since, of the files that were looked at.
func (b Baseline) Subtract(r *Report) (known int, mended []BaselineEntry) {
	left := slices.Clone(b.Findings)
	r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool {
		i := slices.IndexFunc(left, BaselineEntry{f.File, f.Rule, f.Message, 1}.same)
		if i < 0 || left[i].Count == 0 {
			return false
		}
		left[i].Count--
		known++
		return true
	})
	for _, entry := range left {
		if entry.Count > 0 && slices.Contains(r.Files, entry.File) {
			mended = append(mended, entry)
		}
	}
	return known, mended
}
