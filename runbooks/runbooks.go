// Package runbooks is the library of runbooks that ships inside msp. Each file
// is a runbook as a provider would write it, and a test runs each against the
// real thing. In calendars are working times that runbooks may name.
package runbooks

import "embed"

// Files holds the library: one YAML file a runbook, and one a calendar.
//
//go:embed *.yaml calendars/*.yaml
var Files embed.FS
