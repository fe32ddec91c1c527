package file

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

var foreignKeys = map[string]string{
	"paths": `msp says "path", which may be a pattern`, "glob": `msp says "path"`, "pattern": `msp says "path"`, "name": `msp says "path"`,
	"age": `msp says "max_age" and "min_age"`, "newer_than": `msp says "max_age"`, "older_than": `msp says "min_age"`,
	"size": `msp says "min_size" and "max_size"`, "count": `msp says "min_count" and "max_count"`,
	"checksum": `msp says "sha256"`, "hash": `msp says "sha256"`, "permissions": `msp says "mode"`, "perm": `msp says "mode"`,
	"user": `msp says "owner"`, "select": `msp says "pick"`, "latest": "msp says pick: newest",
	"exists": "a file that isn't there is always a failure", "state": "a file that isn't there is always a failure",
}

// Decode reads which files are looked at and what must be true of them.
func (Kind) Decode(n *document.Node, d *document.Decoder) runbook.Action {
	a := &action{pick: only}
	if n == nil {
		d.Report(n.Position(), "missing-key", "", "a file step says which file")
		return a
	}
	m := d.MapLike(n, "a file step", "file: {path: …}")
	if p := m.Need("path"); p != nil {
		a.path = decodePath(p, d)
	}
	if p := m.Take("pick"); p != nil {
		a.pick = pick(d.Enum(p, string(only), string(newest), string(oldest), string(each)))
	}
	a.maxAge = decodeSetting(m.Take("max_age"), "duration", "a duration has a unit: 30m, 26h, 2d", parseAge, d)
	a.minAge = decodeSetting(m.Take("min_age"), "duration", "a duration has a unit: 30m, 26h, 2d", parseAge, d)
	a.minSize = decodeSetting(m.Take("min_size"), "bad-value", sizeHint, runbook.ParseSize, d)
	a.maxSize = decodeSetting(m.Take("max_size"), "bad-value", sizeHint, runbook.ParseSize, d)
	a.sha256 = decodeSetting(m.Take("sha256"), "bad-value", "the first word that sha256sum prints", parseHash, d)
	a.decodeCounts(m, d)
	a.digest = d.Bool(m.Take("digest"))
	a.mode = decodeMode(m.Take("mode"), d)
	if owner := m.Take("owner"); owner != nil {
		a.owner = decodeOwner(owner, d)
	}
	a.checkLimits(m, d)
	m.Done(foreignKeys)
	return a
}

func decodePath(n *document.Node, d *document.Decoder) *runbook.Template {
	t := runbook.NewTemplate(n, d)
	_, badPattern := path.Match(t.Source, "")
	switch {
	case n.Kind() == document.String && strings.TrimSpace(t.Source) == "":
		d.Report(n.Position(), "bad-value", "", "the path is empty")
	case strings.Contains(t.Source, "**"):
		d.Report(n.TextPosition(strings.Index(t.Source, "**")), "bad-value", "write */*.tar.gz for one level of folders", "** doesn't reach into folders")
	case !t.HasExpression() && badPattern != nil:
		d.Report(n.Position(), "bad-value", "a [ needs its ]", "%s is not a pattern", document.Quote(t.Source))
	}
	return t
}

// mostFiles is more than a person would count.
const mostFiles = 1_000_000_000

func (a *action) decodeCounts(m *document.Map, d *document.Decoder) {
	count := func(key string) int {
		n := m.Take(key)
		if n == nil {
			return 0
		}
		value := d.IntBetween(n, 1, mostFiles, "that no file is found is always a failure")
		if a.pick == only {
			d.Report(n.Position(), "bad-value", "add pick: newest, oldest or each", "%s means nothing where exactly one file must match", key)
		}
		return value
	}
	a.minCount, a.maxCount = count("min_count"), count("max_count")
}

// checkLimits reports limits that nothing can meet.
func (a *action) checkLimits(m *document.Map, d *document.Decoder) {
	impossible := func(key string, is bool) {
		if is {
			d.Report(m.Take(key).Position(), "bad-value", "", "%s is more than %s", key, strings.Replace(key, "min", "max", 1))
		}
	}
	impossible("min_age", a.minAge.fixed && a.maxAge.fixed && a.minAge.value > a.maxAge.value)
	impossible("min_size", a.minSize.fixed && a.maxSize.fixed && a.minSize.value > a.maxSize.value)
	impossible("min_count", a.maxCount > 0 && a.minCount > a.maxCount)
	if a.digest && a.pick == each {
		d.Report(m.Take("digest").Position(), "bad-value", "pick one, newest or oldest", "digest hands on the hash of one file, and each may be many")
	}
}

var octal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-7]{3,4}$`) })

func decodeMode(n *document.Node, d *document.Decoder) *uint32 {
	if n == nil {
		return nil
	}
	text := d.String(n)
	if n.Kind() != document.String {
		return nil
	}
	mode, err := strconv.ParseUint(text, 8, 32)
	if err != nil || !octal().MatchString(text) {
		d.Report(n.Position(), "bad-value", `write it as chmod takes it: "0640"`, "%s is not a mode", document.Quote(text))
	}
	bits := uint32(mode)
	return &bits
}

func decodeOwner(n *document.Node, d *document.Decoder) string {
	owner := d.Text(n)
	switch {
	case strings.Contains(owner, "${{"):
		d.Report(n.TextPosition(strings.Index(owner, "${{")), "bad-value", "", "an owner can't be computed")
	case owner != "" && strings.ContainsAny(owner, " \t\r\n:"), owner == "" && n.Kind() == document.String:
		d.Report(n.Position(), "bad-value", "a user's name or number", "%s is not a user", document.Quote(owner))
	}
	return owner
}
