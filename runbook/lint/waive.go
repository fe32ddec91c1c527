package lint

import (
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// waiverRule is about the waivers themselves. It is no function of a document: what
// it says is known when all other rules have looked.
var waiverRule = Rule{
	ID: "waiver", Severity: Error, RunsAnyway: true,
	Summary: "a waiver names no rule or step, has expired, or waives nothing",
	Why: `A waiver is a decision to live with a finding until a day. One that has expired is a
decision that nobody has taken again, and one that waives nothing hides the next
mistake of its kind.`,
	Bad: `lint:
  - {waive: no-owner, because: the team is being formed, until: 2026-01-31}`,
	Good: `# without: owner
lint:
  - {waive: no-owner, because: the team is being formed, until: 2027-01-31}`,
}

func (r Rule) waiving() bool { return r.ID == waiverRule.ID }

// waive takes the findings out that a document's waivers cover, and finds the
// waivers that are no good.
func (l *Linter) waive(report *Report, all *Documents) {
	used := map[document.Position]bool{}
	today := l.Known.today()
	report.Findings = slices.DeleteFunc(report.Findings, func(f Finding) bool {
		read := all.ByFile[f.File]
		if read == nil || l.rules[f.Rule].Reading() {
			return false
		}
		for _, w := range read.Waivers {
			if w.Rule == f.Rule && (w.Step == "" || w.Step == stepAt(read.Root, f.Position)) {
				used[w.Position] = true
				if !w.Until.Before(today) {
					report.Waived = append(report.Waived, Waived{f, w})
					return true
				}
			}
		}
		return false
	})
	p := &pass{Linter: l, rule: waiverRule}
	whole := l.whole(report.Files)
	for _, read := range all.ByFile {
		for _, w := range read.Waivers {
			p.waiver(w, read, used[w.Position], whole, today)
		}
	}
	report.Findings = append(report.Findings, p.findings...)
}

// whole reports whether all documents of the workspace are among some files.
func (l *Linter) whole(files []string) bool {
	seen := map[string]bool{}
	for _, name := range files {
		seen[name] = true
	}
	return !slices.ContainsFunc(l.Known.Around, func(f runbook.File) bool { return !seen[f.Name] })
}

// looked reports whether a rule that found nothing in a file saw all that it needs to.
func (l *Linter) looked(rule Rule, file string, whole bool) bool {
	switch {
	case l.Settings.severity(rule, file) == Off:
		return false
	case rule.since != nil:
		return l.Known.Before != nil
	case rule.ID == shellcheckRule.ID:
		return l.Known.Shellcheck != nil
	default:
		return rule.all == nil || whole
	}
}

func (p *pass) waiver(w runbook.Waiver, read *runbook.Document, used, whole bool, today time.Time) {
	rule, known := Find(w.Rule)
	mended := !used && p.looked(rule, w.Position.File, whole)
	switch {
	case !known:
		p.report(w.Position, "msp lint --rules lists them", "there is no rule %s to waive%s", document.Quote(w.Rule), didYouMean(w.Rule))
	case rule.Reading() || rule.waiving():
		p.report(w.Position, "mend it", "the rule %s can't be waived", w.Rule)
	case w.Step != "" && !slices.Contains(stepsOf(read.Root), w.Step):
		p.report(w.Position, "leave step out, or name one of its steps: "+strings.Join(stepsOf(read.Root), ", "), "the waiver of %s is about the step %s, which there isn't", w.Rule, document.Quote(w.Step))
	case w.Until.Before(today) && mended:
		p.report(w.Position, "take it out: what it waived is mended", "the waiver of %s expired on %s", w.Rule, w.Until.Format(time.DateOnly))
	case w.Until.Before(today):
		p.report(w.Position, "mend what it waives, or decide again and set until later", "the waiver of %s expired on %s", w.Rule, w.Until.Format(time.DateOnly))
	case mended:
		p.report(w.Position, "take it out", "the waiver of %s waives nothing", w.Rule)
		if len(read.Waivers) == 1 {
			p.fix(read.Root.Delete("lint"))
		}
	}
}

// stepsOf are the ids of a runbook's steps.
func stepsOf(root *document.Node) []string {
	var ids []string
	for _, step := range root.Value("steps").Items() {
		ids = append(ids, step.Value("id").Text())
	}
	return ids
}

// stepAt is the id of the step in which a place lies; "" for none.
func stepAt(root *document.Node, at document.Position) string {
	id := ""
	for _, field := range root.Fields() {
		if field.KeyPosition.Compare(at) > 0 {
			break
		}
		id = ""
		if field.Key != "steps" {
			continue
		}
		for _, step := range field.Value.Items() {
			if step.Position().Compare(at) > 0 {
				break
			}
			id = step.Value("id").Text()
		}
	}
	return id
}
