package anchor

import (
	"context"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/stamp"
	"github.com/msp-runbook/msp/runbook/record"
)

// A TSA is a timestamp authority as a party.
type TSA struct{ Authority *stamp.Authority }

// Name is what the authority is called here.
func (t TSA) Name() string { return t.Authority.Name }

// Kind says that it is a timestamp authority.
func (t TSA) Kind() string { return record.AnchorTSA }

// Attest asks the authority for a token over the checkpoint's bytes.
func (t TSA) Attest(ctx context.Context, _ *evidence.Log, cp evidence.Checkpoint) ([]byte, *time.Time, error) {
	token, stated, err := t.Authority.Ask(ctx, cp.Text)
	if err != nil {
		return nil, nil, err
	}
	return token, &stated.At, nil
}

// Verify holds a token to the checkpoint's bytes and the authority's roots.
func (t TSA) Verify(token []byte, cp evidence.Checkpoint) (*time.Time, error) {
	stated, err := t.Authority.Roots.Verify(token, cp.Text)
	if err != nil {
		return nil, err
	}
	return &stated.At, nil
}
