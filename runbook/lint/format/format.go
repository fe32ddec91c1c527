// Package format writes lint's findings in the words of other programs: SARIF 2.1.0,
// JUnit and checkstyle for what collects reports, and GitHub's workflow commands.
//
// Whatever stands in a finding may come from a hostile document; each writer escapes
// for its own format.
package format

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/lint"
)

// Options say what a writer can't know from the findings.
type Options struct {
	Version string        // of msp
	FailOn  lint.Severity // the least severity that fails a check
}

// Writer writes a report.
type Writer func(w io.Writer, r lint.Report, o Options) error

var writers = map[string]Writer{"sarif": SARIF, "junit": JUnit, "checkstyle": Checkstyle, "github": GitHub}

// Names are the formats.
func Names() []string { return slices.Sorted(maps.Keys(writers)) }

// Find is the writer of a format.
func Find(name string) (Writer, error) {
	if w, ok := writers[name]; ok {
		return w, nil
	}
	return nil, fmt.Errorf("%q is no format", name)
}

// text is what a finding says, with its hint.
func text(f lint.Finding) string {
	if f.Hint == "" {
		return f.Message
	}
	return f.Message + "\nhint: " + f.Hint
}

// byFile groups findings by file, in the order of the report's files.
func byFile(r lint.Report) (files []string, findings map[string][]lint.Finding) {
	findings = map[string][]lint.Finding{}
	files = slices.Clone(r.Files)
	for _, f := range r.Findings {
		if !slices.Contains(files, f.File) {
			files = append(files, f.File)
		}
		findings[f.File] = append(findings[f.File], f)
	}
	return files, findings
}

// printed is a text that XML may hold: encoding/xml replaces what it may not, but for
// what only XML 1.1 allows.
func printed(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ', r >= 0x7f && r < 0xa0, r == 0xfffe, r == 0xffff:
			return 0xfffd
		default:
			return r
		}
	}, strings.ToValidUTF8(s, "\ufffd"))
}
