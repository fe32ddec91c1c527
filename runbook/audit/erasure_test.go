package audit_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// erasing signs an erasure of blobs and removes their files.
func (b *bench) erasing(l *record.Ledger, roots []*evidence.PrivateKey, digests ...string) string {
	b.t.Helper()
	e := record.Erasure{
		Client: "acme", Writer: l.Writer, Operator: l.Signer(), Signed: b.pass(time.Hour), Erased: digests,
		Ground: record.GroundRequest, Why: must(l.PutJSON(record.Words{Text: "they asked"})),
	}
	keys := []evidence.Signer{l.Operator}
	for _, root := range roots {
		e.Roots, keys = append(e.Roots, record.SignerOf(root.Public())), append(keys, root)
	}
	statement := b.saying(l, record.KindErasure, e, keys...)
	for _, digest := range digests {
		must(b.store.EraseBlob(digest))
	}
	return statement
}

func (b *bench) saying(l *record.Ledger, kind string, s record.Statement, keys ...evidence.Signer) string {
	b.t.Helper()
	digest, _, err := l.Say(b.t.Context(), kind, s, keys...)
	if err != nil {
		b.t.Fatal(err)
	}
	return digest
}

func (b *bench) holding(l *record.Ledger, run string) string {
	return b.saying(l, record.KindHold, record.Hold{
		Client: "acme", Writer: l.Writer, Operator: l.Signer(), Signed: b.pass(time.Minute), Kind: record.HoldLegal, Run: run,
		Why: must(l.PutJSON(record.Words{Text: "case 12"})),
	})
}

func (b *bench) releasing(l *record.Ledger, hold string) {
	b.saying(l, record.KindRelease, record.Release{
		Client: "acme", Writer: l.Writer, Operator: l.Signer(), Signed: b.pass(time.Minute), Hold: hold,
		Why: must(l.PutJSON(record.Words{Text: "closed"})),
	})
}

// trusting signs a first version of who may sign, by one root of two.
func (b *bench) trusting(threshold int, roots ...*evidence.PrivateKey) {
	v := trust.Version{Number: 1, Threshold: threshold, Principals: []trust.Principal{{
		ID: "ana", Roles: []trust.Role{trust.Operator}, Keys: []trust.Key{{Key: b.operator.Public().AuthorizedKey()}},
	}}, Writers: []trust.Writer{{ID: "laptop", Key: b.logKey.Public().AuthorizedKey()}}}
	s := record.Trust{Client: "acme", Writer: b.laptop.Writer, Signed: b.pass(time.Minute)}
	var keys []evidence.Signer
	for i, root := range roots {
		v.Roots = append(v.Roots, trust.Root{Principal: string(rune('a' + i)), Key: root.Public().AuthorizedKey()})
		s.Roots, keys = append(s.Roots, record.SignerOf(root.Public())), append(keys, root)
	}
	s.Version = v
	_, s.Roster, _ = record.Roster(v)
	b.saying(b.laptop, record.KindTrust, s, keys...)
}

func stdoutOf(s *story) string { return s.steps[0].Stdout.Digest }

// TestErasure: what is missing by a signed erasure is told, counted, and no
// finding; what rested on it is said not to be compared.
func TestErasure(t *testing.T) {
	b := newBench(t)
	s := b.history()[1]
	b.erasing(b.laptop, nil, stdoutOf(s), s.steps[1].Facts, s.start.Inputs, s.start.Runbook.Source)
	r := b.verify()
	wantOK(t, r)
	if r.Counts.Erasures != 1 || r.Counts.Erased != 4 || r.Counts.Blobs != 4*6-4+1 {
		t.Errorf("%+v", r.Counts)
	}
	if e := r.Erased; len(e) != 1 || e[0].Why != "they asked" || e[0].By != b.operator.Public().ID() || e[0].Gone != 4 || !e[0].Counts {
		t.Errorf("%+v", e)
	}
	if !slices.ContainsFunc(r.Checks, func(c audit.Check) bool {
		return c == audit.Check{Name: "erasures", State: audit.OK, Text: "1 erasure, 4 blobs erased"}
	}) {
		t.Errorf("%+v", r.Checks)
	}
	// Three of the four are what something is computed from.
	if !slices.ContainsFunc(r.Unshown, func(f audit.Finding) bool {
		return f.Rule == "not-compared" && strings.Contains(f.What, "was erased: what rests on it was not compared (and 2 more like it)")
	}) {
		t.Errorf("%+v", r.Unshown)
	}
}

// TestErasureTwins: what looks like the attacks below and is none.
func TestErasureTwins(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(b *bench)
		note  string
	}{
		{"its own words erased", func(b *bench) {
			stdout := stdoutOf(b.history()[0])
			e := b.erasing(b.laptop, nil, stdout)
			words := must(record.Read[record.Erasure](b.store, record.KindErasure, e, record.MaxStatement)).Body.Why
			b.erasing(b.laptop, nil, words)
		}, ""},
		{"signed by the roots", func(b *bench) {
			root, other := newKey(b.t), newKey(b.t)
			b.trusting(2, root, other)
			b.erasing(b.laptop, []*evidence.PrivateKey{root, other}, stdoutOf(b.begin().tell(1000)))
		}, ""},
		{"before there was a trust statement", func(b *bench) {
			b.erasing(b.laptop, nil, stdoutOf(b.begin().tell(1000)))
			b.trusting(1, newKey(b.t))
		}, ""},
		{"in another log", func(b *bench) {
			desk := b.ledger("desk", newKey(b.t), b.operator)
			b.erasing(desk, nil, stdoutOf(b.begin().tell(1000)))
		}, ""},
		{"after the hold was released", func(b *bench) {
			s := b.begin().tell(1000)
			b.releasing(b.laptop, b.holding(b.laptop, s.start.Run))
			b.erasing(b.laptop, nil, stdoutOf(s))
		}, ""},
		{"before the hold", func(b *bench) {
			s := b.begin().tell(1000)
			b.erasing(b.laptop, nil, stdoutOf(s))
			b.holding(b.laptop, "")
		}, ""},
		{"under a hold on another run", func(b *bench) {
			s, other := b.begin().tell(1000), b.begin().tell(1000)
			b.holding(b.laptop, other.start.Run)
			b.erasing(b.laptop, nil, stdoutOf(s))
		}, ""},
		{"still there", func(b *bench) {
			digest := stdoutOf(b.begin().tell(1000))
			data := must(os.ReadFile(b.path(blobFile(digest))))
			b.erasing(b.laptop, nil, digest)
			must(0, os.WriteFile(b.path(blobFile(digest)), data, 0o600))
		}, "erased-but-there"},
		{"of what nobody names", func(b *bench) {
			b.begin().tell(1000)
			b.erasing(b.laptop, nil, "sha256:"+strings.Repeat("12", 32))
		}, "erasure-unnamed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			c.build(b)
			r := b.verify()
			wantOK(t, r)
			noted := slices.ContainsFunc(r.Unshown, func(f audit.Finding) bool {
				return strings.HasPrefix(f.Rule, "erasure-") || f.Rule == "erased-but-there"
			})
			if noted != (c.note != "") || c.note != "" && !slices.Contains(rulesOf(r.Unshown), c.note) {
				t.Errorf("notes %v, want %q", rulesOf(r.Unshown), c.note)
			}
		})
	}
}

// TestAttacksByErasure: by somebody who wants a blob to be gone.
func TestAttacksByErasure(t *testing.T) {
	try(t, []attack{
		{"by hand, beside one that was erased", func(b *bench) {
			all := b.history()
			b.erasing(b.laptop, nil, stdoutOf(all[0]))
			must(b.store.EraseBlob(stdoutOf(all[1])))
		}, "blob-missing", "stdout of the step size"},
		{"erased and not logged", func(b *bench) {
			s := b.begin().tell(1000)
			size := len(b.leaves())
			b.erasing(b.laptop, nil, stdoutOf(s))
			b.rewrite("laptop", b.logKey, b.leaves()[:size])
		}, "blob-missing", "stdout of the step size"},
		{"under a hold on the run", func(b *bench) {
			s := b.begin().tell(1000)
			b.holding(b.laptop, s.start.Run)
			b.erasing(b.laptop, nil, stdoutOf(s))
		}, "erasure-held", "under the hold statement (entry 2"},
		{"under a hold on everything, from another log", func(b *bench) {
			s := b.begin().tell(1000)
			b.holding(b.laptop, "")
			b.erasing(b.ledger("desk", newKey(b.t), b.operator), nil, stdoutOf(s))
		}, "erasure-held", "which was not released"},
		{"released afterwards", func(b *bench) {
			s := b.begin().tell(1000)
			hold := b.holding(b.laptop, "")
			b.erasing(b.laptop, nil, stdoutOf(s))
			b.releasing(b.laptop, hold)
		}, "erasure-held", "which was not released"},
		{"no ground", func(b *bench) {
			b.begin().tell(1000)
			b.saying(b.laptop, record.KindErasure, record.Erasure{
				Client: "acme", Writer: b.laptop.Writer, Operator: b.laptop.Signer(), Signed: b.now, Erased: []string{"sha256:" + strings.Repeat("12", 32)},
				Ground: "whim", Why: must(b.laptop.PutJSON(record.Words{Text: "x"})),
			})
		}, "statement-malformed", "no ground of an erasure"},
	})
}

// TestErasureWithoutRoots: an erasure that too few of those signed who may
// excuses nothing.
func TestErasureWithoutRoots(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(b *bench)
	}{
		{"the operator alone", func(b *bench) {
			b.trusting(1, newKey(b.t))
			b.erasing(b.laptop, nil, stdoutOf(b.begin().tell(1000)))
		}},
		{"one root of two", func(b *bench) {
			root := newKey(b.t)
			b.trusting(2, root, newKey(b.t))
			b.erasing(b.laptop, []*evidence.PrivateKey{root}, stdoutOf(b.begin().tell(1000)))
		}},
		{"back-dated to before the trust statement", func(b *bench) {
			b.trusting(1, newKey(b.t))
			s := b.begin().tell(1000)
			b.pass(-100 * time.Hour)
			b.erasing(b.laptop, nil, stdoutOf(s))
		}},
		{"the root of a version that doesn't follow on the first", func(b *bench) {
			r, mallory := newRoster(b).sign(), newKey(b.t)
			r.version.Roots, r.keys = []trust.Root{{Principal: "mallory", Key: mallory.Public().AuthorizedKey()}}, []evidence.Signer{mallory}
			r.sign()
			b.erasing(b.laptop, []*evidence.PrivateKey{mallory}, stdoutOf(b.begin().tell(1000)))
		}},
		{"a root no longer, in another log", func(b *bench) {
			r, rita := newRoster(b).sign(), newKey(b.t)
			r.version.Roots, r.keys = []trust.Root{{Principal: "rita", Key: rita.Public().AuthorizedKey()}}, []evidence.Signer{r.ana, rita}
			r.sign()
			b.erasing(b.ledger("desk", newKey(b.t), b.operator), []*evidence.PrivateKey{r.ana}, stdoutOf(b.begin().tell(1000)))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			c.build(b)
			rules := slices.DeleteFunc(sorted(rulesOf(b.verify().Findings)), func(rule string) bool { return rule == "trust-differs" })
			if !slices.Equal(rules, []string{"blob-missing", "erasure-signers"}) {
				t.Errorf("the findings are %v", rules)
			}
		})
	}
}

// TestLaterWords: corrections, late entries and responses are listed, and change
// no verdict.
func TestLaterWords(t *testing.T) {
	b := newBench(t)
	s := b.begin().tell(1000)
	before := b.verify()
	done := b.now.Add(-time.Hour)
	correction := record.Correction{
		Client: "acme", Writer: b.laptop.Writer, Operator: b.laptop.Signer(), RecordedAt: b.now, PerformedAt: &done, Run: s.start.Run, About: s.endRef,
		What: must(b.laptop.PutJSON(record.Words{Text: "it was 812"})),
	}
	digest := b.saying(b.laptop, record.KindCorrection, correction)
	b.saying(b.laptop, record.KindResponse, record.Response{
		Client: "acme", Writer: b.laptop.Writer, Operator: b.laptop.Signer(), Signed: b.pass(time.Minute), Run: s.start.Run, About: digest,
		What: must(b.laptop.PutJSON(record.Words{Text: "known"})),
	})
	r := b.verify()
	wantOK(t, r)
	if len(r.Later) != 2 || r.Later[0].What != "it was 812" || !r.Later[0].PerformedAt.Equal(done) || !r.Later[0].RecordedAt.Equal(correction.RecordedAt) || r.Later[1].What != "known" {
		t.Errorf("%+v", r.Later)
	}
	if r.Counts.Corrections != 1 || r.Counts.Responses != 1 || runLines(r)[0].State != runLines(before)[0].State || r.Counts.Met != before.Counts.Met {
		t.Errorf("%+v", r.Counts)
	}
	correction.About, correction.PerformedAt = "sha256:"+strings.Repeat("12", 32), nil
	b.saying(b.laptop, record.KindCorrection, correction)
	if r := b.verify(); !r.OK() || !slices.Contains(rulesOf(r.Unshown), "later-about-nothing") {
		t.Errorf("%v", rulesOf(r.Unshown))
	}
	correction.PerformedAt = &done
	correction.RecordedAt = done.Add(-time.Hour)
	b.saying(b.laptop, record.KindCorrection, correction)
	wantOnly(t, b.verify(), "statement-malformed", "after it was recorded")
}

// TestKeptHeads: a checkpoint that a merge kept aside is held against the log.
func TestKeptHeads(t *testing.T) {
	keep := func(b *bench) {
		head := b.head("laptop").Note
		must(0, os.MkdirAll(b.path("heads/laptop"), 0o700))
		must(0, os.WriteFile(b.path("heads/laptop/2.ckpt"), head, 0o600))
	}
	b := newBench(t)
	b.begin().tell(1000)
	keep(b)
	b.begin().tell(1000)
	wantOK(t, b.verify())
	try(t, []attack{
		{"cut", func(b *bench) { b.begin().tell(1000); keep(b); b.rewrite("laptop", b.logKey, b.leaves()[:1]) }, "log-cut", "heads/laptop/2.ckpt holds a checkpoint of 2 entries"},
		{"two histories", func(b *bench) {
			b.begin().tell(1000)
			keep(b)
			other := b.begin()
			other.editSteps = func(steps []record.Step) []record.Step { steps[0].Normal[0].From = nil; return steps }
			other.tell(1000)
			b.rewrite("laptop", b.logKey, b.leaves()[2:])
		}, "log-rewritten", "heads/laptop/2.ckpt"},
	})
}
