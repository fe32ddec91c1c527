// Package steps lists the kinds of steps that this msp knows. Each is a package
// of its own whose comment documents its YAML; a new one is added here, and
// nowhere else.
//
//	steps:
//	  - id: fresh
//	    title: The newest archive is from last night
//	    file: {path: "${{ inputs.backup_dir }}/*.tar.gz", pick: newest, max_age: 26h}
//	  - id: intact
//	    title: Every archive matches its checksum
//	    run: sha256sum --check --quiet SHA256SUMS
//	  - id: explain
//	    title: Say what was unusual
//	    manual: {instructions: Look at the backup console.}
//	  - id: second_look
//	    title: A lead agrees
//	    approval: {roles: [lead]}
package steps

import (
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/steps/approval"
	"github.com/msp-runbook/msp/steps/file"
	"github.com/msp-runbook/msp/steps/manual"
	"github.com/msp-runbook/msp/steps/run"
)

// Kinds lists every kind of step, in the order of the documentation.
func Kinds() []runbook.Kind {
	return []runbook.Kind{
		run.Kind{},
		file.Kind{},
		manual.Kind{},
		approval.Kind{},
	}
}
