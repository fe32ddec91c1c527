package agreement

import (
	"strings"
	"unicode"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// empty reports whether a document says a text that has nothing in it. What is
// absent or was refused reads as "" as well.
func empty(n *document.Node) bool { return n.Kind() == document.String && n.Text() == "" }

// list reads each item of a list that may be absent.
func list[T any](d draft, n *document.Node, what string, read func(*document.Node) T) []T {
	if n == nil {
		return nil
	}
	var all []T
	for _, item := range d.List(n, what) {
		all = append(all, read(item))
	}
	return all
}

func (d draft) id(n *document.Node) string {
	id := d.line(n)
	if id != "" && !runbook.ValidID(id) {
		d.Report(n.Position(), "bad-value", runbook.IDHint(id), "%s doesn't have the right form", document.Quote(id))
	}
	return id
}

// line is one line of text that says something, and nothing that a terminal
// would obey.
func (d draft) line(n *document.Node) string {
	text := d.words(n)
	if strings.Contains(text, "\n") {
		d.Report(n.Position(), "bad-value", "", "this has more than one line")
		return ""
	}
	return text
}

// words is text that may have several lines.
func (d draft) words(n *document.Node) string {
	text := strings.TrimSpace(d.String(n))
	refused := text == "" && n.Text() != "" && strings.TrimSpace(n.Text()) != ""
	switch {
	case n.Kind() == document.String && text == "" && !refused:
		d.Report(n.Position(), "bad-value", "", "this is empty")
	case strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }):
		d.Report(n.Position(), "bad-value", "", "%s has characters that can't be printed", document.Quote(text))
		return ""
	}
	return text
}

func (d draft) version(n *document.Node) string {
	version := d.Text(n)
	if (version != "" || empty(n)) && !runbook.ValidVersion(version) {
		d.Report(n.Position(), "bad-value", "a version has three numbers: 1.4.0", "%s doesn't have the right form", document.Quote(version))
	}
	return version
}

func (d draft) zone(n *document.Node) string {
	name := d.line(n)
	if _, err := runbook.Zone(name); name != "" && err != nil {
		d.Report(n.Position(), "no-timezone", runbook.ZoneHint(name), "%s is not a time zone", document.Quote(name))
	}
	return name
}

// number is a number as it is written.
func (d draft) number(n *document.Node) string {
	before := len(d.Problems())
	d.Number(n)
	if len(d.Problems()) > before {
		return ""
	}
	return n.Text()
}

func (d draft) percent(n *document.Node) Percent {
	text := d.Text(n)
	if text == "" && !empty(n) {
		return 0
	}
	p, err := ParsePercent(text)
	if err != nil {
		d.Report(n.Position(), "bad-value", runbook.PercentHint(text), "%s is not a percentage: %s", document.Quote(text), err)
	}
	return p
}

func (d draft) duration(n *document.Node) runbook.Duration {
	return runbook.DecodeDuration(n, d.Decoder)
}

// plainTime is a length of time that no calendar changes.
func (d draft) plainTime(n *document.Node) runbook.Duration {
	length := d.duration(n)
	switch {
	case length.Unit != "":
		d.Report(n.Position(), "duration", "write 24h or 30d", "%s: this counts in plain time", length)
	case !length.IsZero() && length.Span == 0:
		d.Report(n.Position(), "duration", "", "%s is no time at all", length)
	}
	return length
}

func (d draft) once(seen map[string]document.Position, name string, at document.Position, what string) {
	if first, again := seen[name]; again && name != "" {
		d.Report(at, "duplicate-id", "keep one, or give one of them another", "%s %s stands twice, first in line %d", what, document.Quote(name), first.Line)
		return
	}
	seen[name] = at
}
