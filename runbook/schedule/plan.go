package schedule

import (
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// Plan is one loaded document of kind Plan: which runbooks a client gets. It is
// not changed after LoadPlan.
type Plan struct {
	document.Position
	runbook.Document

	Client string
	Ticker string // the writer that signs what was missed; may be empty
	Level  string // of proof that is demanded of its runs
	Items  []Item
}

// Item is one runbook that a plan asks for.
type Item struct {
	document.Position
	Runbook string
	Inputs  map[string]string // as the file writes them; a list with commas

	// The first and the last day, midnight UTC, each zero when not said. They
	// mean whole days in the time zone of the runbook's schedule.
	From, Until time.Time
}

// The levels of proof, from the weakest on.
var levels = []string{"signed", "logged", "anchored", "bracketed", "witnessed"}

// The level of a plan that says none.
const logged = "logged"

// LoadPlan reads one plan from the bytes of a file. The plan is nil when there
// are problems; the problems are all that the file has, in order.
func LoadPlan(file string, source []byte) (*Plan, document.Problems) {
	var p *Plan
	read, problems := runbook.LoadDocument(file, source, func(root *document.Node, d *document.Decoder) { p = decodePlan(root, d) })
	if len(problems) > 0 {
		return nil, problems
	}
	p.Document = read
	return p, nil
}

// The words of other tools, and of other documents.
var (
	foreignPlanKeys = map[string]string{
		"customer": `msp says "client"`, "tenant": `msp says "client"`, "name": `msp says "client"`,
		"jobs": `msp says "runbooks"`, "tasks": `msp says "runbooks"`, "items": `msp says "runbooks"`,
		"writer": `msp says "ticker"`, "proof": `msp says "level"`,
		"schedule": "a schedule stands in the runbook", "sla": "an sla stands in the runbook",
	}
	foreignItemKeys = map[string]string{
		"id": `msp says "runbook"`, "name": `msp says "runbook"`, "job": `msp says "runbook"`,
		"params": `msp says "inputs"`, "parameters": `msp says "inputs"`, "vars": `msp says "inputs"`, "with": `msp says "inputs"`,
		"start": `msp says "from"`, "since": `msp says "from"`, "effective_from": `msp says "from"`,
		"end": `msp says "until"`, "to": `msp says "until"`,
		"schedule": "a schedule stands in the runbook", "cron": "a schedule stands in the runbook", "sla": "an sla stands in the runbook",
	}
)

func decodePlan(root *document.Node, d *document.Decoder) *Plan {
	m := d.Map(root, "a plan")
	p := &Plan{Position: root.Position(), Level: logged}
	if !runbook.DecodeHeader(m, runbook.KindPlan, d) {
		return p
	}
	p.Client = runbook.DecodeID(m.Need("client"), d)
	p.Ticker = runbook.DecodeID(m.Take("ticker"), d)
	if level := m.Take("level"); level != nil {
		p.Level = d.Enum(level, levels...)
	}
	for _, n := range d.List(m.Need("runbooks"), "a list of runbooks") {
		p.Items = append(p.Items, decodeItem(n, d))
	}
	m.Done(foreignPlanKeys)
	checkOverlap(p.Items, d)
	return p
}

func decodeItem(n *document.Node, d *document.Decoder) Item {
	m := d.MapLike(n, "a runbook of a plan", "{runbook: backup-verify, from: 2026-03-01}")
	item := Item{
		Position: n.Position(),
		Runbook:  runbook.DecodeID(m.Need("runbook"), d),
		Inputs:   decodeInputs(m.Take("inputs"), d),
		From:     decodeDay(m.Take("from"), d),
	}
	until := m.Take("until")
	item.Until = decodeDay(until, d)
	m.Done(foreignItemKeys)
	if !item.Until.IsZero() && item.Until.Before(item.From) {
		d.Report(until.Position(), "bad-value", "until is the last day that counts", "until is before from, %s", item.From.Format(time.DateOnly))
	}
	return item
}

// inputName is the form in which a runbook declares its inputs.
var inputName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`) })

func decodeInputs(n *document.Node, d *document.Decoder) map[string]string {
	if n == nil {
		return nil
	}
	d.MapLike(n, "inputs", "inputs: {backup_dir: /srv/backups}")
	inputs := map[string]string{}
	for _, entry := range n.Fields() {
		if !inputName().MatchString(entry.Key) {
			d.Report(entry.KeyPosition, "bad-value", "a name is lower-case letters, digits and underscores, such as max_age", "an input can't be called %s", document.Quote(entry.Key))
		}
		inputs[entry.Key] = runbook.FieldText(entry.Value, d)
	}
	return inputs
}

// decodeDay refuses the years in which no plan was made: a slip of the pen
// would ask for a thousand years of occurrences.
func decodeDay(n *document.Node, d *document.Decoder) time.Time {
	day := d.Date(n)
	if written, err := time.Parse(time.DateOnly, n.Text()); err == nil && written.Year() < 2000 {
		d.Report(n.Position(), "bad-value", "", "a plan's days are in the year 2000 or later, and this is %s", document.Quote(n.Text()))
		return time.Time{}
	}
	return day
}

// checkOverlap reports a runbook that is asked for twice on one day: both would
// name the same occurrences.
func checkOverlap(items []Item, d *document.Decoder) {
	byStart := slices.Clone(items)
	slices.SortStableFunc(byStart, func(a, b Item) int { return a.From.Compare(b.From) })
	open := map[string]Item{} // of the items so far, the one that ends last
	for _, item := range byStart {
		last, again := open[item.Runbook]
		if again && item.Runbook != "" && (last.Until.IsZero() || !last.Until.Before(item.From)) {
			first, second := last, item
			if second.Position.Compare(first.Position) < 0 {
				first, second = second, first
			}
			d.Report(second.Position, "overlap", "end the one with until, on the day before the other's from",
				"the runbook %s stands twice for the same days, first in line %d", document.Quote(item.Runbook), first.Line)
		}
		if !again || item.Until.IsZero() || !last.Until.IsZero() && item.Until.After(last.Until) {
			open[item.Runbook] = item
		}
	}
}
