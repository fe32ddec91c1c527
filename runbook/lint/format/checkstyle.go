package format

import (
	"encoding/xml"
	"io"

	"github.com/msp-runbook/msp/runbook/lint"
)

type (
	checkstyle struct {
		XMLName xml.Name         `xml:"checkstyle"`
		Version string           `xml:"version,attr"`
		Files   []checkstyleFile `xml:"file"`
	}
	checkstyleFile struct {
		Name   string            `xml:"name,attr"`
		Errors []checkstyleError `xml:"error"`
	}
	checkstyleError struct {
		Line     int    `xml:"line,attr"`
		Column   int    `xml:"column,attr,omitempty"`
		Severity string `xml:"severity,attr"`
		Message  string `xml:"message,attr"`
		Source   string `xml:"source,attr"`
	}
)

// Checkstyle writes the report of Checkstyle's XMLLogger, version 4.3. What is waived
// is left out: the format has no word for it.
func Checkstyle(w io.Writer, r lint.Report, _ Options) error {
	all := checkstyle{Version: "4.3"}
	files, findings := byFile(r)
	for _, file := range files {
		entry := checkstyleFile{Name: printed(file)}
		for _, f := range findings[file] {
			entry.Errors = append(entry.Errors, checkstyleError{f.Line, f.Column, f.Severity.String(), printed(text(f)), "msp." + f.Rule})
		}
		all.Files = append(all.Files, entry)
	}
	return writeXML(w, all)
}
