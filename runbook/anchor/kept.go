package anchor

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// Newest is the digest of the newest timestamp token over a checkpoint of the
// log; "" when none is known that verifies.
func (o *Outside) Newest() (string, error) {
	return o.find(func(evidence.AnchorFile) bool { return true }, slices.Backward)
}

// Over is the digest of the first timestamp token over a checkpoint that holds a
// statement, by the digest of its envelope; "" when there is none.
func (o *Outside) Over(envelope string) (string, error) {
	if o == nil || len(o.Parties) == 0 {
		return "", nil
	}
	view, err := o.Ledger.Log.View()
	if err != nil {
		return "", err
	}
	index := slices.IndexFunc(view.Leaves, func(l evidence.Leaf) bool { return l.Envelope == envelope })
	if index < 0 {
		return "", nil // it stands in another log
	}
	return o.find(func(f evidence.AnchorFile) bool { return f.Size > int64(index) }, slices.All)
}

// find gives the first timestamp token that fits, in an order of the files.
func (o *Outside) find(fits func(evidence.AnchorFile) bool, order func([]evidence.AnchorFile) iter.Seq2[int, evidence.AnchorFile]) (string, error) {
	if o == nil || len(o.Parties) == 0 {
		return "", nil
	}
	files, _, err := o.Ledger.Store.AnchorFiles(o.writer())
	if err != nil {
		return "", err
	}
	for _, f := range order(files) {
		if f.Ending != evidence.TimestampFile || !fits(f) {
			continue
		}
		for _, p := range o.Parties {
			if !o.isOf(p, f) {
				continue
			}
			if w := o.verified(p, f); w != nil {
				return w.Token, nil
			}
		}
	}
	return "", nil
}

// verified reads what a party said and holds it to its checkpoint; nil when it
// doesn't hold.
func (o *Outside) verified(p Party, f evidence.AnchorFile) *Word {
	cp, err := o.checkpoint(f)
	if err != nil {
		return nil
	}
	data, err := o.Ledger.Store.ReadAnchor(f)
	if err != nil {
		return nil
	}
	at, err := p.Verify(data, cp)
	if err != nil {
		return nil
	}
	return &Word{By: p.Name(), Kind: p.Kind(), Size: f.Size, Token: evidence.Digest(data), At: at, data: data}
}

// checkpoint reads the checkpoint that a file is about.
func (o *Outside) checkpoint(f evidence.AnchorFile) (evidence.Checkpoint, error) {
	note, err := o.Ledger.Store.ReadAnchor(evidence.AnchorFile{Writer: f.Writer, Size: f.Size, Ending: evidence.CheckpointFile})
	if err != nil {
		return evidence.Checkpoint{}, err
	}
	cp, err := evidence.ParseCheckpoint(note, o.Ledger.Log.Key().Public(), evidence.Origin(o.Ledger.Client, f.Writer))
	if err == nil && cp.Size != f.Size {
		err = errors.New("the checkpoint has another size than its name says")
	}
	return cp, err
}

// recover logs what a crash kept from being logged: a word about a checkpoint
// that is still pending and that no statement names.
func (o *Outside) recover(ctx context.Context) error {
	pending, err := o.Ledger.Store.Pending(o.writer())
	if err != nil || len(pending) == 0 {
		return err
	}
	unlock, err := o.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	files, _, err := o.Ledger.Store.AnchorFiles(o.writer())
	if err != nil {
		return err
	}
	var named map[string]bool
	for _, f := range files {
		i := slices.IndexFunc(o.Parties, func(p Party) bool { return o.isOf(p, f) })
		if i < 0 || !slices.Contains(pending, f.Size) {
			continue
		}
		if named == nil {
			if named, err = o.named(pending[0]); err != nil {
				return err
			}
		}
		w := o.verified(o.Parties[i], f)
		if w == nil || named[w.Token] {
			continue
		}
		cp, err := o.checkpoint(f)
		if err != nil {
			return err
		}
		if err := o.say(ctx, cp, w); err != nil {
			return err
		}
	}
	return nil
}

// named are the words that the log names from an entry on: a statement about a
// checkpoint lies behind what that checkpoint covers.
func (o *Outside) named(from int64) (map[string]bool, error) {
	view, err := o.Ledger.Log.View()
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, leaf := range view.Leaves[min(from, int64(len(view.Leaves))):] {
		if leaf.Kind != record.KindAnchor {
			continue
		}
		s, err := record.Read[record.Anchor](o.Ledger.Store, leaf.Kind, leaf.Envelope, o.Ledger.MaxBytes())
		if err != nil {
			return nil, err
		}
		named[s.Body.Token] = true
	}
	return named, nil
}
