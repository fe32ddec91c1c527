package lint

import "github.com/msp-runbook/msp/runbook/change"

var versionLowered = Rule{
	ID: change.WasLowered, Severity: Error,
	Summary: "a runbook has a lower version than before",
	Why: `A version that goes back will be given a second time, to another text. It is often the
sign of a merge that took the older of two files.`,
	Source: "Semantic Versioning 2.0.0, section 11",
	Bad: `-- before.yaml --
version: 1.5.0
-- example.yaml --
version: 1.4.0`,
	Good: `-- before.yaml --
version: 1.5.0
-- example.yaml --
version: 1.5.1`,
	since: changed,
}
