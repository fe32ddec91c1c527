package lint

import (
	"runtime/debug"
	"slices"
	"sync"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/parallel"
	"github.com/msp-runbook/msp/runbook/schedule"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// gcPercent is how much the heap may grow between two collections.
const gcPercent = 400

// Linter looks at documents with all rules.
type Linter struct {
	Kinds    []runbook.Kind
	Known    Known
	Settings Settings

	rules      map[string]Rule
	agreements func() ([]*agreement.Agreement, error) // of the workspace, as are
	contacts   func() []*agreement.Contacts           // the contacts; each read once
}

// New is a linter of all rules. The settings have been checked.
func New(kinds []runbook.Kind, known Known, settings Settings) *Linter {
	l := &Linter{Kinds: kinds, Known: known, Settings: settings, rules: map[string]Rule{}}
	l.agreements = sync.OnceValues(func() ([]*agreement.Agreement, error) { return shelf.Agreements(known.Around) })
	l.contacts = sync.OnceValue(func() []*agreement.Contacts {
		all, _ := shelf.Contacts(known.Around) // what can't be read is told where it is linted
		return all
	})
	for _, rule := range Rules() {
		l.rules[rule.ID] = rule
	}
	return l
}

// Documents are those that are linted and could be read.
type Documents struct {
	Runbooks   []*runbook.Runbook
	Plans      []*schedule.Plan
	Agreements []*agreement.Agreement
	Calendars  []*schedule.CalendarDocument
	Contacts   []*agreement.Contacts

	// ByFile are their common parts.
	ByFile map[string]*runbook.Document
}

// Lint looks at the documents in files, many at a time, and then at all together.
func (l *Linter) Lint(files []runbook.File) Report {
	// What is read is kept until all have been looked at together: collecting garbage
	// as often as usual would find little and take a fifth of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	return l.together(parallel.Map(len(files), func(i int) *look { return l.look(files[i]) }), Rules())
}

// Refusals are the errors for which a runbook isn't run. Only the rules that give such
// errors look at it.
func (l *Linter) Refusals(r *runbook.Runbook) document.Problems {
	refusing := slices.DeleteFunc(slices.Clone(Rules()), func(rule Rule) bool {
		return rule.RunsAnyway || l.Settings.severity(rule, r.File) != Error
	})
	k := &look{file: r.File, document: r.Base(), Documents: Documents{Runbooks: []*runbook.Runbook{r}}}
	l.alone(k, refusing)
	var problems document.Problems
	for _, f := range l.together([]*look{k}, refusing).Findings {
		if !l.rules[f.Rule].RunsAnyway {
			problems = append(problems, f.Problem)
		}
	}
	return problems
}

// look is what was seen of one file.
type look struct {
	file     string
	document *runbook.Document // nil when it could not be read
	Documents
	findings []Finding
}

// look reads a file and looks at the document alone.
func (l *Linter) look(f runbook.File) *look {
	k := &look{file: f.Name}
	switch {
	case f.Is(runbook.KindPlan):
		k.Plans = take(k, f, schedule.LoadPlan)
	case f.Is(runbook.KindAgreement):
		k.Agreements = take(k, f, agreement.LoadAgreement)
	case f.Is(runbook.KindCalendar):
		k.Calendars = take(k, f, schedule.LoadCalendar)
	case f.Is(runbook.KindContacts):
		k.Contacts = take(k, f, agreement.LoadContacts)
	case f.Is(runbook.KindInventory):
		// which nothing reads yet
	default:
		k.Runbooks = take(k, f, func(file string, source []byte) (*runbook.Runbook, document.Problems) {
			return runbook.Load(file, source, l.Kinds)
		})
	}
	l.alone(k, Rules())
	return k
}

// take reads a document of some kind, or the problems that it has.
func take[T interface{ Base() *runbook.Document }](k *look, f runbook.File, load func(string, []byte) (T, document.Problems)) []T {
	read, problems := load(f.Name, f.Source)
	for _, p := range problems {
		k.findings = append(k.findings, Finding{Problem: p, Severity: Error})
	}
	if len(problems) > 0 {
		return nil
	}
	k.document = read.Base()
	return []T{read}
}

// alone has rules look at the document of a file.
func (l *Linter) alone(k *look, rules []Rule) {
	p := &pass{Linter: l, file: k.file}
	for _, rule := range rules {
		if !p.begin(rule) {
			continue
		}
		if rule.document != nil && k.document != nil {
			p.root = k.document.Root
			rule.document(p, k.document)
		}
		each(p, rule.runbook, k.Runbooks)
		each(p, rule.plan, k.Plans)
		each(p, rule.agreement, k.Agreements)
		each(p, rule.calendar, k.Calendars)
		each(p, rule.contacts, k.Contacts)
	}
	k.findings = append(k.findings, p.findings...)
}

func each[T interface{ Base() *runbook.Document }](p *pass, check func(*pass, T), documents []T) {
	for _, d := range documents {
		if check != nil {
			p.root = d.Base().Root
			check(p, d)
		}
	}
}

// together has rules look at all documents, and takes out what is waived.
func (l *Linter) together(looks []*look, rules []Rule) Report {
	all := &Documents{ByFile: map[string]*runbook.Document{}}
	report := Report{Before: l.Known.Before}
	for _, k := range looks {
		report.Files = append(report.Files, k.file)
		all.Runbooks = append(all.Runbooks, k.Runbooks...)
		all.Plans = append(all.Plans, k.Plans...)
		all.Agreements = append(all.Agreements, k.Agreements...)
		all.Calendars = append(all.Calendars, k.Calendars...)
		all.Contacts = append(all.Contacts, k.Contacts...)
		report.Findings = append(report.Findings, k.findings...)
		if k.document != nil {
			all.ByFile[k.file] = k.document
		}
	}
	p := &pass{Linter: l}
	for _, rule := range rules {
		if !p.begin(rule) {
			continue
		}
		if rule.all != nil {
			rule.all(p, all)
		}
		if rule.since != nil && l.Known.Before != nil {
			rule.since(p, all)
		}
	}
	report.Findings = append(report.Findings, p.findings...)
	l.waive(&report, all)
	report.sort()
	return report
}
