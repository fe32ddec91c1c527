package runbook

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

// Normal says what a step's output usually is: a fixed value, or the median of
// the same output in earlier runs.
type Normal struct {
	document.Position
	Output     string
	Value      *float64 // fixed; nil for a baseline
	Over       int      // a baseline: of how many earlier runs
	Within     Tolerance
	FailBeyond *Tolerance
}

// Tolerance is how far a value may lie from what is normal.
type Tolerance struct {
	Amount  float64 `json:"amount"`
	Percent bool    `json:"percent,omitzero"` // of the normal value, else in its own unit
}

func (t Tolerance) String() string {
	if t.Percent {
		return FormatNumber(t.Amount) + "%"
	}
	return FormatNumber(t.Amount)
}

// Around is the least and the most that lies within the tolerance of a value.
func (t Tolerance) Around(normal float64) []float64 {
	limit := t.limit(normal)
	return []float64{normal - limit, normal + limit}
}

func (t Tolerance) limit(normal float64) float64 {
	if t.Percent {
		return math.Abs(normal) * t.Amount / 100
	}
	return t.Amount
}

func (t Tolerance) allows(value, normal float64) bool {
	limit := t.limit(normal)
	// What lies exactly at the edge is within, also where 112.2 - 102 is no
	// longer 10.2 in binary.
	const rounding = 1e-12
	return math.Abs(value-normal) <= limit+rounding*max(math.Abs(value), math.Abs(normal))
}

// Standing is where a value lies against what is normal.
type Standing string

// The standings. NoBaseline is the answer with too few earlier values: it is
// never read as within.
const (
	Within     Standing = "within"
	Outside    Standing = "outside" // a deviation
	Beyond     Standing = "beyond"  // a failure
	NoBaseline Standing = "no_baseline"
)

// Judge says where a value lies. History holds the earlier values, newest
// first; only the first Over of them count. Normal is meaningless for
// NoBaseline.
func (n Normal) Judge(value float64, history []float64) (standing Standing, normal float64) {
	if n.Value != nil {
		normal = *n.Value
	} else {
		history = history[:min(len(history), n.Over)]
		if len(history) == 0 || 2*len(history) < n.Over {
			return NoBaseline, 0
		}
		normal = Median(history)
	}
	switch {
	case n.FailBeyond != nil && !n.FailBeyond.allows(value, normal):
		return Beyond, normal
	case !n.Within.allows(value, normal):
		return Outside, normal
	default:
		return Within, normal
	}
}

// Median is the middle value, or the mean of the two in the middle. It is NaN
// for no values.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func decodeNormal(n *document.Node, d *document.Decoder) []Normal {
	var all []Normal
	for _, f := range entries(n, "normal", d) {
		m := d.Map(f.Value, "a normal value")
		normal := Normal{Position: f.KeyPosition, Output: f.Key}
		if value := m.Take("value"); value != nil {
			number := d.Number(value)
			normal.Value = &number
		}
		baseline, over := m.Take("baseline"), m.Take("over")
		if baseline != nil {
			d.Enum(baseline, "median")
			normal.Over = decodeRuns(over, d)
		}
		switch {
		case (normal.Value == nil) == (baseline == nil):
			d.Report(f.KeyPosition, "one-source", "say value: 100, or baseline: median with over: 14 runs", "what is normal for %s is said %s", f.Key, map[bool]string{true: "twice", false: "nowhere"}[baseline != nil])
		case baseline != nil && over == nil:
			d.Report(f.KeyPosition, "missing-key", "over: 14 runs", "a baseline needs \"over\"")
		case baseline == nil && over != nil:
			d.Report(over.Position(), "one-source", "", "\"over\" goes with baseline: median")
		}
		normal.Within = decodeTolerance(m.Need("within"), d)
		if beyond := m.Take("fail_beyond"); beyond != nil {
			t := decodeTolerance(beyond, d)
			normal.FailBeyond = &t
			if t.Percent == normal.Within.Percent && t.Amount < normal.Within.Amount {
				d.Report(beyond.Position(), "bad-value", "", "fail_beyond is less than within, so nothing could be a deviation")
			}
		}
		m.Done(nil)
		all = append(all, normal)
	}
	return all
}

func decodeRuns(n *document.Node, d *document.Decoder) int {
	if n == nil {
		return 0
	}
	text, ok := strings.CutSuffix(d.Text(n), " runs")
	count, err := strconv.Atoi(text)
	if !ok || err != nil || count < 1 || count > 1000 {
		if isScalar(n) {
			d.Report(n.Position(), "bad-value", "over: 14 runs", "%s is not a number of runs from 1 to 1000", document.Quote(n.Text()))
		}
		return 0
	}
	return count
}

func decodeTolerance(n *document.Node, d *document.Decoder) Tolerance {
	if n == nil {
		return Tolerance{}
	}
	text, percent := strings.CutSuffix(d.Text(n), "%")
	amount, err := parseNumber(strings.TrimSpace(text))
	if err != nil || amount < 0 {
		if isScalar(n) {
			d.Report(n.Position(), "bad-value", "within: 40% or within: 5", "%s is not a tolerance", document.Quote(n.Text()))
		}
		return Tolerance{}
	}
	return Tolerance{Amount: amount, Percent: percent}
}

// Describe says a verdict in one line: "1200 B · normal 700 ± 40% (median of 14 runs) · outside what was agreed".
func (n Normal) Describe(value string, standing Standing, normal float64, count int) string {
	if standing == NoBaseline {
		return fmt.Sprintf("%s · no baseline yet: %d of %d earlier runs", value, count, n.Over)
	}
	source := "agreed"
	if n.Value == nil {
		source = fmt.Sprintf("median of %d runs", count)
	}
	words := map[Standing]string{
		Within: "as usual", Outside: "outside what was agreed", Beyond: "beyond what may pass",
	}
	return fmt.Sprintf("%s · normal %s ± %s (%s) · %s", value, FormatNumber(normal), n.Within, source, words[standing])
}
