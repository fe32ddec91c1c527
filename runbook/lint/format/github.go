package format

import (
	"fmt"
	"io"
	"strings"

	"github.com/msp-runbook/msp/runbook/lint"
)

// The escapes of workflow commands, as the runner undoes them (actions/runner,
// ActionCommand.cs).
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// GitHub writes a workflow command for each finding, which shows it beside the line
// of a pull request.
func GitHub(w io.Writer, r lint.Report, _ Options) error {
	for _, f := range r.Findings {
		command := f.Severity.String()
		if f.Severity == lint.Info {
			command = "notice"
		}
		place := "file=" + githubProperty.Replace(printed(f.File))
		if f.Line > 0 {
			place += fmt.Sprintf(",line=%d,col=%d", f.Line, max(f.Column, 1))
		}
		title := githubProperty.Replace("msp: " + f.Rule)
		if _, err := fmt.Fprintf(w, "::%s %s,title=%s::%s\n", command, place, title, githubData.Replace(printed(text(f)))); err != nil {
			return err
		}
	}
	return nil
}
