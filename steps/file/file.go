// Package file is the step that looks at files.
//
//	file:
//	  path: "${{ inputs.backup_dir }}/*.tar.gz"
//	  pick: newest           # one (the default), newest, oldest or each
//	  max_age: 26h           # since it was last modified; also min_age
//	  min_size: 1 MiB        # in bytes without a unit; also max_size
//	  min_count: 7           # files that match; also max_count
//	  mode: "0640"           # exactly these permissions
//	  owner: backup          # a user's name or number
//	  sha256: "${{ inputs.digest }}"
//	  digest: true           # hand on the SHA-256 without comparing it
//
// Only path is required. Ages, sizes and sha256 may be ${{ expressions }}. Each
// component of the path may be a pattern with *, ? and [a-z], as in path.Match;
// as in a shell, a pattern sees a name that starts with a dot only if it starts
// with one itself. A pattern finds regular files; that none is found is a
// failure. Of those found, pick checks the only one (more than one is a
// failure), the newest, the oldest, or each.
//
// A path never leaves its folder, which is the path input that it starts with
// or the folder of the step: ".." is refused, and so is a symbolic link that is
// absolute or leads out. A file is opened once; what is checked and hashed is
// what was opened. A file that changes while it is hashed fails, and so does one
// from more than a minute in the future, since its age is unknown.
//
// Outputs: path, name, size (bytes), age, modified (RFC 3339, UTC), mode, owner,
// count (of matches), and sha256 with sha256 or digest. With pick: each there
// are count and size, the sum, alone. Windows has no mode and no owner.
package file

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Kind is the step kind "file".
type Kind struct{}

// Name is the key of the kind in YAML.
func (Kind) Name() string { return "file" }

// pick says which of the files that match are checked.
type pick string

const (
	only   pick = "one"
	newest pick = "newest"
	oldest pick = "oldest"
	each   pick = "each"
)

type action struct {
	path               *runbook.Template
	pick               pick
	maxAge, minAge     setting[time.Duration]
	minSize, maxSize   setting[int64]
	minCount, maxCount int // 0 is no limit
	sha256             setting[string]
	digest             bool
	mode               *uint32 // as chmod takes it
	owner              string
}

// Check compiles the path, which may not leave its folder, and the limits.
func (a *action) Check(s *runbook.Scope, d *document.Decoder) {
	a.path.CheckPath(s, d)
	a.maxAge.template.Check(s, d)
	a.minAge.template.Check(s, d)
	a.minSize.template.Check(s, d)
	a.maxSize.template.Check(s, d)
	a.sha256.template.Check(s, d)
}

// Outputs are what is known of the file that was picked, or of all.
func (a *action) Outputs() map[string]runbook.Type {
	if a.pick == each {
		return map[string]runbook.Type{"count": runbook.Integer, "size": runbook.Integer}
	}
	outputs := map[string]runbook.Type{
		"path": runbook.Path, "name": runbook.String,
		"size": runbook.Integer, "age": runbook.Span, "modified": runbook.String,
		"mode": runbook.String, "owner": runbook.String, "count": runbook.Integer,
	}
	if a.hashes() {
		outputs["sha256"] = runbook.String
	}
	return outputs
}

func (a *action) hashes() bool { return a.digest || a.sha256.asked() }

// Repeatable is true: looking changes nothing.
func (a *action) Repeatable() bool { return true }

// Describe is the path and the limits.
func (a *action) Describe() string {
	text := "check "
	if a.pick != only {
		text += "the " + string(a.pick) + " of "
	}
	if a.pick == each {
		text = "check each of "
	}
	if a.path != nil {
		text += a.path.Source
	}
	var limits []string
	add := func(words string, t *runbook.Template) {
		if t != nil {
			limits = append(limits, fmt.Sprintf(words, t.Source))
		}
	}
	add("at most %s old", a.maxAge.template)
	add("at least %s old", a.minAge.template)
	add("size at least %s", a.minSize.template)
	add("size at most %s", a.maxSize.template)
	add("SHA-256 %s", a.sha256.template)
	if a.mode != nil {
		limits = append(limits, "mode "+modeText(*a.mode))
	}
	if a.owner != "" {
		limits = append(limits, "owner "+a.owner)
	}
	if len(limits) > 0 {
		text += ": " + strings.Join(limits, ", ")
	}
	return shown(text)
}

// shown is text of a document or a file's name, which can't disturb a terminal.
func shown(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return document.Quote(text)
	}
	return text
}
