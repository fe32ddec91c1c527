package format

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"github.com/msp-runbook/msp/runbook/lint"
)

// The XML that JUnit's readers take: a suite a file, a case a finding.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a suite for each file. A finding below what fails the check is a case
// that passed and has something to say, a waived one is skipped, and a file without
// findings is one case that passed.
func JUnit(w io.Writer, r lint.Report, o Options) error {
	all := junitSuites{Name: "msp lint"}
	files, findings := byFile(r)
	for _, file := range files {
		suite := junitSuite{Name: printed(file)}
		for _, f := range findings[file] {
			suite.add(f, o.FailOn)
		}
		for _, waived := range r.Waived {
			if waived.File == file {
				suite.waived(waived)
			}
		}
		if len(suite.Cases) == 0 {
			suite.Cases = []junitCase{{Name: "lint", Class: printed(file), File: printed(file)}}
		}
		suite.Tests = len(suite.Cases)
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Suites = append(all.Suites, suite)
	}
	return writeXML(w, all)
}

func caseOf(f lint.Finding) junitCase {
	return junitCase{Name: fmt.Sprintf("%s at %d:%d", f.Rule, f.Line, f.Column), Class: printed(f.File), File: printed(f.File), Line: f.Line}
}

func (s *junitSuite) add(f lint.Finding, failOn lint.Severity) {
	c := caseOf(f)
	full := printed(f.Problem.Error())
	if f.Severity >= failOn {
		c.Failure = &junitMessage{f.Severity.String(), printed(f.Message), full}
		s.Failures++
	} else {
		c.Out = full
	}
	s.Cases = append(s.Cases, c)
}

func (s *junitSuite) waived(w lint.Waived) {
	c := caseOf(w.Finding)
	c.Skipped = &junitMessage{Message: printed("waived until " + w.By.Until.Format(time.DateOnly) + ": " + w.By.Because)}
	s.Skipped++
	s.Cases = append(s.Cases, c)
}

func writeXML(w io.Writer, v any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
