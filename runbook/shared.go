package runbook

import "github.com/msp-runbook/msp/runbook/document"

// The readers that documents of other kinds share with a runbook, so that the
// same words mean the same everywhere. None of them calls Done.

// DecodePromises reads a clock, its calendar and its lengths of time from the
// keys that an sla has for them.
func DecodePromises(m *document.Map, at document.Position, d *document.Decoder) SLA {
	s := SLA{Position: at}
	decodePromises(&s, m, d)
	if len(m.Keys()) > 0 {
		checkSLA(&s, m, d)
	}
	return s
}

// DecodeSchedule reads a schedule; nil for no node.
func DecodeSchedule(n *document.Node, d *document.Decoder) *Schedule { return decodeSchedule(n, d) }

// DecodeDuration reads a length of time, of working time too.
func DecodeDuration(n *document.Node, d *document.Decoder) Duration { return decodeWorkingTime(n, d) }

// ValidVersion reports whether text is a version with three numbers.
func ValidVersion(text string) bool { return versionForm().MatchString(text) }
