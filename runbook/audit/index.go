package audit

import (
	"encoding/hex"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/spill"
)

// An index finds the entries of the logs by the digest that they name, and by their
// run. There may be more than memory should hold.
type index struct {
	byDigest *spill.Sorter // hash, log, entry, kind, run
	byRun    *spill.Sorter // run, log, entry, kind, hash: of the parts of runs
}

func newIndex(memory int) index { return index{spill.NewSorter(memory), spill.NewSorter(memory)} }

func (x index) close() error { return errors.Join(x.byDigest.Close(), x.byRun.Close()) }

// rawHash is the hash that a digest writes in hex; nil for what is no digest.
func rawHash(digest string) []byte {
	if !evidence.ValidDigest(digest) {
		return nil
	}
	hash, _ := hex.DecodeString(strings.TrimPrefix(digest, digestPrefix))
	return hash
}

const digestPrefix = "sha256:"

// add takes in the leaf of a ref; ofRun says that it is a part of a run.
func (x index) add(r ref, ofRun bool) error {
	hash := rawHash(r.leaf.Envelope)
	row := spill.AppendInt(spill.AppendInt(append(make([]byte, 0, 192), hash...), int64(r.log.number)), r.index)
	row = spill.AppendString(spill.AppendString(row, r.leaf.Kind), r.leaf.Run)
	if err := x.byDigest.Add(row); err != nil || !ofRun {
		return err
	}
	row = spill.AppendString(row[:0], r.leaf.Run)
	row = spill.AppendInt(spill.AppendInt(row, int64(r.log.number)), r.index)
	return x.byRun.Add(spill.AppendString(spill.AppendString(row, r.leaf.Kind), string(hash)))
}

// indexLogs lists the leaves of all logs that can be read. Plans are no part of a run, nor
// is what was said about one later.
func (a *audit) indexLogs() (plans, said []ref, err error) {
	var parts []ref // of the runs, where few are looked at
	for _, l := range a.logs {
		if l.view == nil {
			a.gaps, a.unread = true, true
			continue
		}
		var failed error
		err := l.view.Each(func(i int64, leaf *evidence.Leaf) {
			r := ref{l, i, leaf}
			switch {
			case leaf.Kind == record.KindPlan:
				plans = append(plans, r.alone())
			case isSaid(leaf.Kind):
				said = append(said, r.alone())
			case a.since != nil:
				parts = append(parts, r)
			}
			if err := a.index.add(r, leaf.Kind != record.KindPlan && !isSaid(leaf.Kind)); err != nil {
				failed = err
			}
		})
		if err := errors.Join(err, failed); err != nil {
			return nil, nil, err
		}
	}
	versions, err := a.earlierTrust()
	return slices.Concat(a.earlierPlans(parts, said), plans), slices.Concat(versions, said), err
}

// alone is the ref with a leaf of its own: one that is kept would keep all that were read
// with it.
func (r ref) alone() ref {
	leaf := *r.leaf
	r.leaf = &leaf
	return r
}

// find is the first leaf that names an envelope, in the order of the logs.
func (a *audit) find(digest string) (r ref, logged bool) {
	for r := range a.named(digest) {
		return r, true
	}
	return ref{}, false
}

// named are the leaves that name an envelope.
func (a *audit) named(digest string) iter.Seq[ref] {
	return func(yield func(ref) bool) {
		hash := rawHash(digest)
		if hash == nil {
			return
		}
		for row, err := range a.index.byDigest.Find(hash) {
			if err != nil {
				a.fail(err)
				return
			}
			in := spill.Read(row[len(hash):])
			r := ref{a.logs[in.Int()], in.Int(), &evidence.Leaf{V: 1, Kind: word(in.String()), Run: in.String(), Envelope: digest}}
			if !yield(r) {
				return
			}
		}
	}
}

// A group is the leaves that name one run, in the order of writers and entries.
type group struct {
	run  string
	refs []ref
}

// groups are the parts of all runs, by the run's id.
func (a *audit) groups() iter.Seq2[*group, error] { return a.groupsOf(a.index.byRun.Sorted()) }

func (a *audit) groupsOf(rows iter.Seq2[[]byte, error]) iter.Seq2[*group, error] {
	return func(yield func(*group, error) bool) {
		var g *group
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			in := spill.Read(row)
			run := in.Bytes()
			if g == nil || g.run != string(run) {
				if g != nil && !yield(g, nil) {
					return
				}
				g = &group{run: string(run)}
			}
			l, i := a.logs[in.Int()], in.Int()
			g.refs = append(g.refs, ref{l, i, &evidence.Leaf{V: 1, Kind: word(in.String()), Run: g.run, Envelope: digestPrefix + hex.EncodeToString(in.Bytes())}})
		}
		if g != nil {
			yield(g, nil)
		}
	}
}

// remains are what is told of a run that is audited again.
type remains struct {
	started bool // a log has its start
	bound   *boundRun
	past    *pastRun
}

// again audits one run of which nothing was kept.
func (a *audit) again(run string) remains {
	r, _ := a.answers.get(run, func() (remains, error) {
		for g, err := range a.groupsOf(a.index.byRun.Find(spill.AppendString(nil, run))) {
			if err != nil {
				a.fail(err)
				break
			}
			r := a.auditRun(g)
			return remains{r.line != nil, r.bound, r.past}, nil
		}
		return remains{}, nil
	})
	return r
}
