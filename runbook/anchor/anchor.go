// Package anchor takes a checkpoint to those outside, keeps what they say and
// remembers what is still owed.
//
// Before anybody is asked, the checkpoint is pending. What a party says is
// verified, kept beside the checkpoint, and logged as an anchor statement, in this
// order; when nobody owes anything any more, the checkpoint is no longer pending.
// So after a crash at any point nothing is lost, and the next go makes it good.
// What is said of a checkpoint is said of all entries that it covers: only the
// newest one is taken out, and with it all that was pending.
package anchor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// DefaultLimit is how long all parties together may take.
const DefaultLimit = 5 * time.Second

// A Party is somebody outside who is shown checkpoints.
type Party interface {
	// Name is what the party is called here, of the letters of a writer's id.
	Name() string
	// Kind is record.AnchorTSA or record.AnchorWitness.
	Kind() string
	// Attest shows a checkpoint of the log to the party, and gives what they said
	// of it when it is verified. It takes as long as ctx allows. At is the time
	// that they state, if they state one.
	Attest(ctx context.Context, log *evidence.Log, cp evidence.Checkpoint) (token []byte, at *time.Time, err error)
	// Verify holds what was kept to the checkpoint.
	Verify(token []byte, cp evidence.Checkpoint) (at *time.Time, err error)
}

// Outside is everybody outside that the checkpoints of a log are shown to. A nil
// Outside is nobody.
type Outside struct {
	Ledger  *record.Ledger
	Parties []Party
	Limit   time.Duration // for all parties together; 0 is DefaultLimit
	Now     func() time.Time
}

// Word is what became of showing a checkpoint to one party.
type Word struct {
	By, Kind string
	Size     int64      // of the checkpoint
	Token    string     // digest of what they said
	At       *time.Time // that they state
	Err      error      // why they still owe it

	data []byte
}

// Words are those of all parties, in the order of the settings.
type Words []Word

// Stamp is the digest of the earliest timestamp token; "" when there is none.
func (words Words) Stamp() string {
	var first *Word
	for i, w := range words {
		if w.Kind == record.AnchorTSA && w.Err == nil && w.At != nil && (first == nil || w.At.Before(*first.At)) {
			first = &words[i]
		}
	}
	if first == nil {
		return ""
	}
	return first.Token
}

// Witnessed says whether there are witnesses, and every one has cosigned.
func (words Words) Witnessed() bool {
	n := 0
	for _, w := range words {
		if w.Kind != record.AnchorWitness {
			continue
		}
		if w.Err != nil {
			return false
		}
		n++
	}
	return n > 0
}

// Owed says in words who still owes something, and why; "" when nobody does.
func (words Words) Owed() string {
	var owed []string
	for _, w := range words {
		if w.Err != nil {
			owed = append(owed, fmt.Sprintf("%s: %v", w.By, w.Err))
		}
	}
	return strings.Join(owed, "; ")
}

// Anchor shows the log's newest checkpoint to every party. It waits no longer
// than the limit; an error is of this machine, never of a party.
func (o *Outside) Anchor(ctx context.Context) (Words, error) {
	if o == nil || len(o.Parties) == 0 {
		return nil, nil
	}
	return o.take(ctx, o.Parties)
}

// Settle shows the newest checkpoint to those who owe something: who has seen
// every statement but those about anchors is not asked again.
func (o *Outside) Settle(ctx context.Context) (Words, error) {
	if o == nil || len(o.Parties) == 0 {
		return nil, nil
	}
	owing, err := o.owing()
	if err != nil {
		return nil, err
	}
	return o.take(ctx, owing)
}

// owing are the parties that have not seen all that counts.
func (o *Outside) owing() ([]Party, error) {
	view, err := o.Ledger.Log.View()
	if errors.Is(err, evidence.ErrEmptyLog) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	last := int64(len(view.Leaves))
	for last > 0 && view.Leaves[last-1].Kind == record.KindAnchor {
		last--
	}
	files, _, err := o.Ledger.Store.AnchorFiles(o.writer())
	if err != nil {
		return nil, err
	}
	var owing []Party
	for _, p := range o.Parties {
		seen := slices.ContainsFunc(files, func(f evidence.AnchorFile) bool {
			return f.Size >= last && o.isOf(p, f) && o.verified(p, f) != nil
		})
		if !seen && last > 0 {
			owing = append(owing, p)
		}
	}
	return owing, nil
}

func (o *Outside) writer() string { return o.Ledger.Writer.ID }

func (o *Outside) isOf(p Party, f evidence.AnchorFile) bool {
	return f.By == p.Name() && f.Ending == ending(p.Kind())
}

func ending(kind string) string {
	if kind == record.AnchorWitness {
		return evidence.CosignatureFile
	}
	return evidence.TimestampFile
}

// take shows the newest checkpoint to these parties, and keeps what they say.
func (o *Outside) take(ctx context.Context, parties []Party) (Words, error) {
	cp, err := o.Ledger.Log.Head()
	if err != nil || cp.Size == 0 {
		return nil, err
	}
	// What was said has to be kept even when whoever waits for it gives up.
	keeping := context.WithoutCancel(ctx)
	if err := o.recover(keeping); err != nil {
		return nil, err
	}
	if len(parties) > 0 {
		if err := o.Ledger.Store.PutPending(o.writer(), cp); err != nil {
			return nil, err
		}
	}
	words := o.ask(ctx, parties, cp)
	if err := o.keep(keeping, cp, words); err != nil {
		return words, err
	}
	if words.Owed() != "" {
		return words, nil
	}
	return words, o.Ledger.Store.DropPending(o.writer(), cp.Size)
}

// ask asks all parties at once.
func (o *Outside) ask(ctx context.Context, parties []Party, cp evidence.Checkpoint) Words {
	limit := o.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answers := make([]chan Word, len(parties))
	for i, p := range parties {
		answers[i] = make(chan Word, 1)
		go func() {
			w := Word{By: p.Name(), Kind: p.Kind(), Size: cp.Size}
			w.data, w.At, w.Err = p.Attest(ctx, o.Ledger.Log, cp)
			answers[i] <- w
		}()
	}
	words := make(Words, len(parties))
	for i, p := range parties {
		words[i] = await(ctx, answers[i], Word{By: p.Name(), Kind: p.Kind(), Size: cp.Size})
		if errors.Is(words[i].Err, context.DeadlineExceeded) {
			words[i].Err = fmt.Errorf("no answer within %s", limit)
		}
	}
	return words
}

// await gives an answer, and the word that there was none when the time is up. An
// answer that came meanwhile counts.
func await(ctx context.Context, answer <-chan Word, none Word) Word {
	select {
	case w := <-answer:
		return w
	case <-ctx.Done():
	}
	select {
	case w := <-answer:
		return w
	default:
		none.Err = ctx.Err()
		return none
	}
}

// keep keeps and logs what was said. One process does so at a time, so that two
// never keep two words of one party about one checkpoint.
func (o *Outside) keep(ctx context.Context, cp evidence.Checkpoint, words Words) error {
	unlock, err := o.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for i := range words {
		if words[i].Err == nil {
			if err := o.keepWord(ctx, cp, &words[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *Outside) lock(ctx context.Context) (unlock func(), err error) {
	lock, err := o.Ledger.Disk.Lock(ctx, o.Ledger.Store.Path("locks", o.writer()+".anchor.lock"))
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil // the end of the process lets go of it as well
}

func (o *Outside) keepWord(ctx context.Context, cp evidence.Checkpoint, w *Word) error {
	f := evidence.AnchorFile{Writer: o.writer(), Size: cp.Size, By: w.By, Ending: ending(w.Kind)}
	have, err := o.Ledger.Store.ReadAnchor(f)
	switch {
	case err == nil: // another process was faster
		w.Token = evidence.Digest(have)
		return nil
	case !errors.Is(err, evidence.ErrMissing):
		return err
	}
	if err := o.Ledger.Store.PutAnchor(o.writer(), cp, w.By, f.Ending, w.data); err != nil {
		return err
	}
	return o.say(ctx, cp, w)
}

// say logs that a word was received.
func (o *Outside) say(ctx context.Context, cp evidence.Checkpoint, w *Word) error {
	w.Token = evidence.Digest(w.data)
	statement := record.Anchor{
		Client: o.Ledger.Client, Writer: o.Ledger.Writer, Logged: o.Now().Round(0), Size: cp.Size,
		Checkpoint: evidence.Digest(cp.Text), Kind: w.Kind, By: w.By, Token: w.Token, At: w.At,
	}
	_, _, err := o.Ledger.Say(ctx, record.KindAnchor, statement, o.Ledger.Log.Key())
	return err
}
