package audit

import (
	"iter"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/spill"
)

// RunLines are the runs of a report, by the start that they claim, oldest first.
// There may be more than memory should hold: as JSON they are written one by one.
type RunLines struct {
	evidence.List[RunLine] // null when there is none
	sorted                 *spill.Sorter
}

// whole are the lines when all are in.
func (l RunLines) whole() RunLines {
	if l.Len() > 0 {
		l.List = evidence.List[RunLine](l.All())
	}
	return l
}

// Len is how many there are.
func (l RunLines) Len() int {
	if l.sorted == nil {
		return 0
	}
	return l.sorted.Len()
}

// All gives the runs; an error is of a temporary file.
func (l RunLines) All() iter.Seq2[RunLine, error] {
	return func(yield func(RunLine, error) bool) {
		if l.sorted == nil {
			return
		}
		for row, err := range l.sorted.Sorted() {
			var line RunLine
			if err == nil {
				line, err = readLine(row)
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

func (l RunLines) add(line *RunLine) error {
	row := spill.AppendString(spill.AppendTime(make([]byte, 0, 256), line.Started), line.Run)
	for _, s := range []string{line.Runbook, line.State, string(line.Level)} {
		row = spill.AppendString(row, s)
	}
	row = spill.AppendTime(row, line.FinishBy)
	row = spill.AppendInt(row, truth(line.Late))
	row = spill.AppendInt(row, truth(line.Deviations != nil))
	row = spill.AppendInt(row, int64(len(line.Deviations)))
	for _, d := range line.Deviations {
		row = spill.AppendString(row, string(d))
	}
	return l.sorted.Add(appendOptional(appendOptional(row, line.NotBefore), line.ExistedBy))
}

func readLine(row []byte) (RunLine, error) {
	in := spill.Read(row)
	line := RunLine{Started: in.Time(), Run: in.String(), Runbook: word(in.String()), State: word(in.String()), Level: Level(word(in.String()))}
	line.FinishBy, line.Late = in.Time(), in.Int() == 1
	if in.Int() == 1 {
		line.Deviations = []record.Deviation{}
	}
	for range in.Int() {
		line.Deviations = append(line.Deviations, record.Deviation(word(in.String())))
	}
	line.NotBefore, line.ExistedBy = readOptional(in), readOptional(in)
	return line, in.Err()
}
