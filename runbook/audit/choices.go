package audit

import (
	"slices"

	"github.com/msp-runbook/msp/runbook/spill"
)

// choices are the runs that values were compared with, and those that they might have
// been compared with, as they stand in the logs. The baseline is the newest runs, not the
// most welcome ones: those that lie before a run's start in its own log were surely known.
type choices struct {
	sorted *spill.Sorter
	series map[seriesName]int64
	names  []seriesName // by number
	most   int          // the most runs that a value is compared with
}

// A seriesName is a value that runs of a runbook yield.
type seriesName struct {
	runbook string
	valueName
}

func newChoices(memory int) *choices {
	return &choices{sorted: spill.NewSorter(memory), series: map[seriesName]int64{}}
}

// What a row is about.
const (
	rowPast = iota
	rowChoice
)

// at begins a row: of a value, a log and an entry.
func (c *choices) at(of seriesName, r ref, what int64) []byte {
	number, known := c.series[of]
	if !known {
		number = int64(len(c.names))
		c.series[of], c.names = number, append(c.names, of)
	}
	row := spill.AppendInt(spill.AppendInt(make([]byte, 0, 160), number), int64(r.log.number))
	return spill.AppendInt(spill.AppendInt(row, r.index), what)
}

// addPast takes in a run that yielded values, where it ended.
func (c *choices) addPast(p *pastRun) error {
	for _, v := range p.values {
		row := appendStart(c.at(seriesName{p.runbook, v.valueName}, p.end, rowPast), p)
		if err := c.sorted.Add(row); err != nil {
			return err
		}
	}
	return nil
}

func appendStart(row []byte, p *pastRun) []byte {
	return spill.AppendString(spill.AppendTime(row, p.started), p.run)
}

// add takes in the runs that a value was compared with, where its run began.
func (c *choices) add(of comparison, from []*pastRun) error {
	c.most = max(c.most, len(from))
	oldest := slices.MinFunc(append(from[:len(from):len(from)], &pastRun{started: of.ended}), byStart)
	row := c.at(seriesName{of.runbook, valueName{of.step, of.judged.Output}}, of.start, rowChoice)
	row = spill.AppendString(appendStart(row, oldest), of.run)
	row = spill.AppendInt(spill.AppendInt(row, int64(of.by.log.number)), of.by.index)
	row = spill.AppendInt(spill.AppendInt(row, int64(of.pinned.Over)), int64(len(from)))
	for _, p := range from {
		row = spill.AppendInt(spill.AppendInt(row, int64(p.end.log.number)), p.end.index)
	}
	return c.sorted.Add(row)
}

// An entry is where a leaf stands.
type entry struct{ log, index int64 }

// A candidate is a run that a value might be compared with.
type candidate struct {
	pastRun
	end entry
}

// A choice is the runs that a value was compared with.
type choice struct {
	of     seriesName
	oldest pastRun
	run    string
	by     entry
	over   int
	from   []entry
}

// checkChoices looks for runs that were left out.
func (a *audit) checkChoices(c *choices) error {
	var newest []*candidate // by their start, those with an end so far in the log
	number, log := int64(-1), int64(-1)
	for row, err := range c.sorted.Sorted() {
		if err != nil {
			return err
		}
		in := spill.Read(row)
		if n, l := in.Int(), in.Int(); n != number || l != log {
			number, log, newest = n, l, nil
		}
		at := entry{log, in.Int()}
		if in.Int() == rowPast {
			newest = c.insert(newest, &candidate{pastRun{started: in.Time(), run: in.String()}, at})
		} else if err := a.checkChoice(readChoice(c.names[number], in), newest); err != nil {
			return err
		}
		if err := in.Err(); err != nil {
			return err
		}
	}
	return nil
}

// insert keeps as many of the newest runs as can be told from those that were chosen.
func (c *choices) insert(newest []*candidate, p *candidate) []*candidate {
	i, _ := slices.BinarySearchFunc(newest, p, func(x, y *candidate) int { return byStart(&x.pastRun, &y.pastRun) })
	newest = slices.Insert(newest, i, p)
	return newest[max(0, len(newest)-c.most-2):]
}

func readChoice(of seriesName, in *spill.Reader) choice {
	c := choice{of: of, oldest: pastRun{started: in.Time(), run: in.String()}, run: in.String(), by: entry{in.Int(), in.Int()}, over: int(in.Int())}
	for range in.Int() {
		c.from = append(c.from, entry{in.Int(), in.Int()})
	}
	return c
}

// checkChoice holds a choice to the newest runs that were known.
func (a *audit) checkChoice(c choice, newest []*candidate) error {
	for _, p := range slices.Backward(newest) {
		if len(c.from) >= c.over && byStart(&p.pastRun, &c.oldest) < 0 {
			return nil
		}
		if p.run == c.run || slices.Contains(c.from, p.end) {
			continue
		}
		by, err := a.leafAt(c.by)
		if err != nil {
			return err
		}
		end, err := a.leafAt(p.end)
		if err != nil {
			return err
		}
		a.broken(ruleBaseline, by.place(), "%s: the step %s is compared with %d of %d earlier runs, and leaves out the run %s (%s), which was known",
			by.name(), c.of.step, len(c.from), c.over, p.run, short(end.leaf.Envelope))
		return nil
	}
	return nil
}

// leafAt is the leaf that stands somewhere.
func (a *audit) leafAt(e entry) (ref, error) {
	l := a.logs[e.log]
	leaf, err := l.view.Leaf(e.index)
	return ref{l, e.index, leaf}, err
}
