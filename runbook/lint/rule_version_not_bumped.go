package lint

import "github.com/msp-runbook/msp/runbook/change"

var versionNotBumped = Rule{
	ID: change.NotBumped, Severity: Error,
	Summary: "a runbook changed in meaning, and its version was not raised as far as that demands",
	Why: `A record says which version of a runbook was done. Where two different texts have one
version, nobody can say from it what was done; and whoever plans a runbook looks at
the first number to know whether to act. Words demand a patch version, what a run
does a minor one, what others have to act for a major one. Comments and layout demand
nothing.`,
	Source: "Semantic Versioning 2.0.0",
	Bad: `-- before.yaml --
version: 1.0.0
title: Look after the mail queue
-- example.yaml --
version: 1.0.0
title: Look after the mail queue, also at night`,
	Good: `-- before.yaml --
version: 1.0.0
title: Look after the mail queue
-- example.yaml --
version: 1.0.1
title: Look after the mail queue, also at night`,
	since: changed,
}
