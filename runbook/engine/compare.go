package engine

import (
	"fmt"
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// history reads the client's logs, once a run.
func (r *runner) history() (*record.History, error) {
	if r.baselines == nil {
		history, err := record.ReadHistory(r.job.Ledger.Store, r.job.Client, r.job.Ledger.MaxBytes())
		if err != nil {
			return nil, err
		}
		r.baselines = history
	}
	return r.baselines, nil
}

// compare holds a step's outputs to what is normal for them.
func (t *try) compare(outputs map[string]runbook.Value) error {
	t.result.Normal, t.lines = nil, nil
	for _, n := range t.step.Normal {
		v, ok := outputs[n.Output]
		if !ok {
			return &runbook.Failure{Found: "there is no value for " + n.Output}
		}
		number, ok := numberOf(v)
		if !ok {
			return fmt.Errorf("%s is not a number", n.Output)
		}
		if err := t.compareOne(n, v, number); err != nil {
			return err
		}
	}
	return nil
}

func (t *try) compareOne(n runbook.Normal, v runbook.Value, number float64) error {
	if t.mask.Text(v.Text) != v.Text {
		return fmt.Errorf("the value of %s is a secret, and a record would hold it", n.Output)
	}
	var past []record.PastValue
	if n.Value == nil {
		history, err := t.history()
		if err != nil {
			return fmt.Errorf("reading earlier runs for the baseline of %s: %w", n.Output, err)
		}
		past = history.Past(t.job.Runbook.ID, t.step.ID, n.Output, t.id, n.Over)
	}
	values, from := []float64{}, []string(nil)
	for _, p := range past {
		values, from = append(values, p.Value), append(from, p.Record)
	}
	standing, normal := n.Judge(number, values)
	judged := record.Judged{Output: n.Output, Value: number, Unit: t.unit(n.Output), Standing: standing, From: from}
	if standing != runbook.NoBaseline {
		judged.Normal = &normal
	}
	t.result.Normal = append(t.result.Normal, judged)
	if t.result.Proof == runbook.Observed {
		t.result.Proof = runbook.Measured
	}
	shown := v.Text
	if judged.Unit != "" {
		shown += " " + judged.Unit
	}
	words := n.Describe(shown, standing, normal, len(values))
	if standing == runbook.Beyond {
		t.result.Cause = record.CauseNormal
		return &runbook.Failure{Found: words, Expected: "within " + n.FailBeyond.String()}
	}
	t.lines = append(t.lines, words)
	return nil
}

func (t *try) unit(output string) string {
	i := slices.IndexFunc(t.step.Outputs, func(o runbook.Output) bool { return o.Name == output })
	if i < 0 {
		return ""
	}
	return t.step.Outputs[i].Unit
}

func numberOf(v runbook.Value) (float64, bool) {
	switch data := v.Data.(type) {
	case float64:
		return data, true
	case int:
		return float64(data), true
	default:
		return 0, false
	}
}
