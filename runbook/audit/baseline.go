package audit

import (
	"cmp"
	"slices"
	"strconv"
	"time"
	"unique"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// A pastRun is what later runs may be compared with.
type pastRun struct {
	run, runbook   string
	started, ended time.Time
	end            ref
	values         []pastValue
}

// A pastValue is a number that a run yielded.
type pastValue struct {
	valueName
	value float64
}

// A valueName is an output of a step.
type valueName struct{ step, output string }

// value is the number of an output; false when the run yielded none.
func (p *pastRun) value(of valueName) (float64, bool) {
	for _, v := range p.values {
		if v.valueName == of {
			return v.value, true
		}
	}
	return 0, false
}

// A comparison is what a step says about a value being usual. What it rests
// on is known once every run was read.
type comparison struct {
	by      ref
	start   ref
	run     string
	runbook string
	step    string
	ended   time.Time // of the step, as claimed
	passed  bool
	pinned  record.PinnedNormal
	judged  record.Judged
}

// remember keeps the numbers that a finished run yielded, by the rules of
// record.History.Past: of each step the first telling that passed.
func (v *runAudit) remember(start, end *statement, steps []record.Step) *pastRun {
	p := &pastRun{
		run: v.run, runbook: start.start.Runbook.ID, started: start.start.Started, ended: end.end.Ended,
		end: end.ref,
	}
	told := map[string]bool{}
	for _, s := range steps {
		if s.Outcome != record.Passed || told[s.ID] {
			continue
		}
		told[s.ID] = true
		for output, text := range s.Outputs {
			if n, err := strconv.ParseFloat(text, 64); err == nil {
				p.values = append(p.values, pastValue{valueName{word(s.ID), word(output)}, n})
			}
		}
	}
	return p
}

// collectNormals holds the comparisons of a step to those that were pinned,
// and its values to its outputs.
func (v *runAudit) collectNormals(start *statement, pinned *record.PinnedStep, t toldStep) {
	passed := t.Outcome == record.Passed
	attested := t.CutOff && t.Attempts == 0 && slices.Contains(t.Deviates, record.DeviatedCutOff)
	for _, p := range pinned.Normal {
		told := slices.ContainsFunc(t.Normal, func(j record.Judged) bool { return j.Output == p.Output })
		if passed && !told && !attested {
			v.broken(ruleNormal, t.by.place(), "%s: the step %s passed, and its output %s was not held to what is normal", t.by.name(), t.ID, p.Output)
		}
	}
	seen := map[string]bool{}
	for _, j := range t.Normal {
		i := slices.IndexFunc(pinned.Normal, func(p record.PinnedNormal) bool { return p.Output == j.Output })
		if i < 0 || seen[j.Output] {
			v.broken(ruleNormal, t.by.place(), "%s: the step %s compares the output %s, which nothing asks for, or asks once", t.by.name(), t.ID, quoted(j.Output))
			continue
		}
		seen[j.Output] = true
		if n, err := strconv.ParseFloat(t.Outputs[j.Output], 64); passed && (err != nil || n != j.Value) {
			v.broken(ruleNormal, t.by.place(), "%s: the step %s compares the value %s, and its output %s is %s", t.by.name(), t.ID, runbook.FormatNumber(j.Value), j.Output, quoted(t.Outputs[j.Output]))
			continue
		}
		v.result.compare = append(v.result.compare, comparison{
			by: t.by.ref, start: start.ref, run: v.run, runbook: start.start.Runbook.ID,
			step: word(t.ID), ended: t.Ended, passed: passed, pinned: pinned.Normal[i], judged: j,
		})
	}
}

// word is a text that many statements have in common, kept once.
func word(s string) string { return unique.Make(s).Value() }

// A baseline holds runs to those before them, one after the other.
type baseline struct {
	*audit
	recent  map[string]*pastRun // by the digest of the end
	order   map[string]*newRuns // by runbook
	choices *choices
}

// newRuns are the newest finished runs of a runbook, by the digests of their ends, and of
// how many of them runs ask to be compared with.
type newRuns struct {
	ends []string
	over int
}

// mostOver is how many runs before it a runbook may compare a run with.
const mostOver = 1000

func newBaseline(a *audit) *baseline {
	return &baseline{audit: a, recent: map[string]*pastRun{}, order: map[string]*newRuns{}, choices: newChoices(a.memory.sorted)}
}

func (b *baseline) of(runbook string) *newRuns {
	if b.order[runbook] == nil {
		b.order[runbook] = &newRuns{}
	}
	return b.order[runbook]
}

// take takes in a run, and holds its values to the runs that they were compared with.
func (b *baseline) take(r runResult) error {
	if r.past != nil {
		b.remember(r.past)
		if err := b.choices.addPast(r.past); err != nil {
			return err
		}
	}
	for _, c := range r.compare {
		b.of(c.runbook).over = min(max(b.of(c.runbook).over, c.pinned.Over), mostOver)
		if err := b.check(c); err != nil {
			return err
		}
	}
	return nil
}

// remember keeps a run for those after it: twice as many as they ask for, since runs that
// are under way together end in any order.
func (b *baseline) remember(p *pastRun) {
	n := b.of(p.runbook)
	n.ends = append(n.ends, p.end.leaf.Envelope)
	b.recent[p.end.leaf.Envelope] = p
	if len(n.ends) > b.memory.recent+2*n.over {
		delete(b.recent, n.ends[0])
		n.ends = n.ends[1:]
	}
}

// past is the finished run that has this end: one that isn't recent is audited again.
func (b *baseline) past(digest string) (p *pastRun, end ref, logged bool) {
	if p := b.recent[digest]; p != nil {
		return p, p.end, true
	}
	for r := range b.named(digest) {
		if r.leaf.Kind != record.KindRun {
			if !logged {
				end, logged = r, true
			}
			continue
		}
		if p := b.again(r.leaf.Run).past; p != nil && p.end.leaf.Envelope == digest {
			return p, r, true
		}
		if !logged || end.leaf.Kind != record.KindRun {
			end, logged = r, true
		}
	}
	return nil, end, logged
}

func byStart(x, y *pastRun) int {
	return cmp.Or(x.started.Compare(y.started), cmp.Compare(x.run, y.run))
}

// check computes a comparison again.
func (b *baseline) check(c comparison) error {
	from, ok := b.earlier(c)
	if !ok {
		return nil
	}
	values := make([]float64, len(from))
	for i, p := range from {
		values[i], _ = p.value(valueName{c.step, c.judged.Output})
	}
	standing, normal := c.pinned.Normal().Judge(c.judged.Value, values)
	stated := "none"
	if c.judged.Normal != nil {
		stated = runbook.FormatNumber(*c.judged.Normal)
	}
	computed := "none"
	if standing != runbook.NoBaseline {
		computed = runbook.FormatNumber(normal)
	}
	switch {
	case stated != computed:
		b.broken(ruleBaseline, c.by.place(), "%s: the step %s says that normal for %s is %s, the %d runs that it names give %s", c.by.name(), c.step, c.judged.Output, stated, len(from), computed)
	case standing != c.judged.Standing:
		b.broken(ruleNormal, c.by.place(), "%s: the step %s says that %s is %q, its terms give %q", c.by.name(), c.step, c.judged.Output, c.judged.Standing, standing)
	case standing == runbook.Beyond && c.passed:
		b.broken(ruleNormal, c.by.place(), "%s: the step %s passed with a value of %s beyond what may pass", c.by.name(), c.step, c.judged.Output)
	}
	if c.pinned.Value != nil || c.pinned.Over < 1 {
		return nil
	}
	return b.choices.add(c, from)
}

// earlier are the runs that a comparison names: false when they are not what
// they must be, or can't be told.
func (b *baseline) earlier(c comparison) (from []*pastRun, ok bool) {
	if c.pinned.Value != nil && len(c.judged.From) > 0 || len(c.judged.From) > max(0, c.pinned.Over) {
		b.broken(ruleBaseline, c.by.place(), "%s: the step %s rests on %d earlier runs, its terms ask for %d", c.by.name(), c.step, len(c.judged.From), c.pinned.Over)
		return nil, false
	}
	seen := map[string]bool{}
	for _, digest := range c.judged.From {
		p, end, logged := b.past(digest)
		wrong := ""
		switch {
		case seen[digest]:
			wrong = "counts twice"
		case !logged && !b.gaps:
			wrong = "is in no log"
		case logged && end.leaf.Kind != record.KindRun:
			wrong = "is no end of a run"
		case p == nil:
			at := c.by.place()
			if b.since != nil {
				at.cause = "earlier runs"
			}
			b.note(ruleNotCompared, at, "%s: the run %s that the step %s is compared with %s", c.by.name(), short(digest), c.step, b.lost())
			return nil, false
		default:
			wrong = b.unfit(c, p)
		}
		if wrong != "" {
			b.broken(ruleBaseline, c.by.place(), "%s: the step %s is compared with the run %s, which %s", c.by.name(), c.step, short(digest), wrong)
			return nil, false
		}
		seen[digest] = true
		from = append(from, p)
	}
	return from, true
}

// unfit says why a run can't be one that a value was compared with.
func (b *baseline) unfit(c comparison, p *pastRun) string {
	_, has := p.value(valueName{c.step, c.judged.Output})
	switch {
	case p.run == c.run:
		return "is the run itself"
	case p.runbook != c.runbook:
		return "is of another runbook, " + p.runbook
	case !has:
		return "has no such value"
	case p.end.after(c.by):
		return "was logged later"
	case p.end.log != c.by.log && p.ended.Sub(c.ended) > clockSlack:
		return "ended later"
	default:
		return ""
	}
}
