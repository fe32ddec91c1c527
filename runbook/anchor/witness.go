package anchor

import (
	"context"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
	"github.com/msp-runbook/msp/runbook/record"
)

// A Witness is a witness as a party.
type Witness struct {
	Called string // here
	Client witness.Client
}

// Name is what the witness is called here.
func (w Witness) Name() string { return w.Called }

// Kind says that it is a witness.
func (w Witness) Kind() string { return record.AnchorWitness }

// Attest has the witness cosign the checkpoint.
func (w Witness) Attest(ctx context.Context, log *evidence.Log, cp evidence.Checkpoint) ([]byte, *time.Time, error) {
	view, err := log.View()
	if err != nil {
		return nil, nil, err
	}
	line, at, err := w.Client.Cosign(ctx, view, cp)
	if err != nil {
		return nil, nil, err
	}
	return line, &at, nil
}

// Verify holds a cosignature to the checkpoint and the witness's key.
func (w Witness) Verify(token []byte, cp evidence.Checkpoint) (*time.Time, error) {
	_, at, err := w.Client.Verifier.Check(cp.Text, token)
	if err != nil {
		return nil, err
	}
	return &at, nil
}

// Witnessed is how many witnesses have cosigned a checkpoint that holds a
// statement, by the digest of its envelope. Mine is false when the statement
// stands in another log than this installation's.
func (o *Outside) Witnessed(envelope string) (n int, mine bool, err error) {
	if o == nil || len(o.Parties) == 0 {
		return 0, true, nil
	}
	view, err := o.Ledger.Log.View()
	if err != nil {
		return 0, true, err
	}
	index := slices.IndexFunc(view.Leaves, func(l evidence.Leaf) bool { return l.Envelope == envelope })
	if index < 0 {
		return 0, false, nil
	}
	files, _, err := o.Ledger.Store.AnchorFiles(o.writer())
	if err != nil {
		return 0, true, err
	}
	for _, p := range o.Parties {
		if p.Kind() == record.AnchorWitness && slices.ContainsFunc(files, func(f evidence.AnchorFile) bool {
			return f.Size > int64(index) && o.isOf(p, f) && o.verified(p, f) != nil
		}) {
			n++
		}
	}
	return n, true, nil
}
