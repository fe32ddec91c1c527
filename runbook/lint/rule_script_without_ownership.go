package lint

import (
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// longScript is how many lines a script has that somebody wrote, rather than called.
const longScript = 5

var scriptWithoutOwnership = Rule{
	ID: "script-without-ownership", Severity: Warning,
	Summary: "nothing says who keeps the scripts when the contract ends",
	Why: `Scripts are work, and belong to somebody. Where nothing says to whom, the client and the
provider find out that they disagree on the day they part.`,
	Source: "ISO/IEC 27001:2022, A.5.32 (intellectual property rights)",
	Bad: `# without: scripts
steps:
  - id: spools
    title: Every spool is there
    run: |
      missing=0
      for spool in mail news print; do
        [ -d "/var/spool/$spool" ] || missing=1
      done
      test "$missing" = 0`,
	Good: `scripts: {owner: provider, licence: MIT}
steps:
  - id: spools
    title: Every spool is there
    run: |
      missing=0
      for spool in mail news print; do
        [ -d "/var/spool/$spool" ] || missing=1
      done
      test "$missing" = 0`,
	runbook: func(p *pass, r *runbook.Runbook) {
		if r.Scripts.Owner != "" {
			return
		}
		for _, s := range p.scripts(r) {
			if lines := writtenLines(s.text); lines >= longScript {
				p.report(s.node.Position(), "scripts: {owner: provider, licence: MIT}", "the script of %s has %d lines, and nothing says whose they are", s.step.ID, lines)
				return
			}
		}
	},
}

// writtenLines are the lines of a script that aren't empty.
func writtenLines(text string) int {
	count := 0
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			count++
		}
	}
	return count
}
