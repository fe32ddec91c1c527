package audit_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/stamp"
	"github.com/msp-runbook/msp/runbook/evidence/stamp/stamptest"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
	"github.com/msp-runbook/msp/runbook/record"
)

// newStamped is a bench with a timestamp authority, whose clock is the bench's.
func newStamped(t testing.TB) (*bench, *stamptest.TSA) {
	t.Helper()
	b := newBench(t)
	tsa := stamptest.New(t, func() time.Time { return b.now })
	b.pins.TSAs = map[string]*stamp.Roots{"tsa": must(stamp.ParseRoots(tsa.Roots))}
	return b, tsa
}

// anchor stamps the laptop's newest checkpoint and logs that, as msp does.
func (b *bench) anchor(tsa *stamptest.TSA) (digest string) {
	b.t.Helper()
	cp := must(b.laptop.Log.Head())
	token := tsa.Stamp(cp.Text)
	if err := b.store.PutAnchor(b.laptop.Writer.ID, cp, "tsa", evidence.TimestampFile, token); err != nil {
		b.t.Fatal(err)
	}
	at := must(b.pins.TSAs["tsa"].Verify(token, cp.Text)).At
	b.sayAnchor(record.Anchor{
		Client: "acme", Writer: b.laptop.Writer, Logged: b.now, Size: cp.Size, Checkpoint: evidence.Digest(cp.Text),
		Kind: record.AnchorTSA, By: "tsa", Token: evidence.Digest(token), At: &at,
	})
	return evidence.Digest(token)
}

func (b *bench) sayAnchor(s record.Anchor) {
	b.t.Helper()
	if _, _, err := b.laptop.Say(b.t.Context(), record.KindAnchor, s, b.logKey); err != nil {
		b.t.Fatal(err)
	}
}

// bracket tells a whole run between two tokens; nil leaves a token out.
func (s *story) bracket(t1, t2 *stamptest.TSA) *story {
	s.signStart()
	if t1 != nil {
		t1Digest := s.b.anchor(t1)
		edit := s.editEnd
		s.editEnd = func(e *record.RunEnd) {
			e.NotBefore = t1Digest
			if edit != nil {
				edit(e)
			}
		}
	}
	s.work(1000)
	s.finish()
	s.signEnd()
	if t2 != nil {
		s.b.anchor(t2)
	}
	return s
}

func levels(r *audit.Report) []audit.Level {
	var all []audit.Level
	for _, run := range runLines(r) {
		all = append(all, run.Level)
	}
	return all
}

// TestLevels: the level of a run says which tokens there are.
func TestLevels(t *testing.T) {
	b, tsa := newStamped(t)
	before := b.begin()
	before.bracket(tsa, tsa)
	b.begin().bracket(nil, tsa)
	b.begin().bracket(tsa, nil)
	last := b.begin()
	last.signStart()
	r := b.verify()
	wantOK(t, r)
	// The third end has no token of its own, and no later one.
	if diff := cmp.Diff([]audit.Level{audit.Bracketed, audit.Anchored, audit.Logged, audit.Logged}, levels(r)); diff != "" {
		t.Error(diff)
	}
	b.anchor(tsa)
	r = b.verify()
	wantOK(t, r)
	if diff := cmp.Diff([]audit.Level{audit.Bracketed, audit.Anchored, audit.Bracketed, audit.Logged}, levels(r)); diff != "" {
		t.Error(diff)
	}
	if by := runLines(r)[0].ExistedBy; by == nil || !by.Equal(before.end.Ended.Truncate(time.Second).Add(time.Second)) {
		t.Errorf("the first run existed by %v, its end was at %s", by, before.end.Ended)
	}
	for _, rule := range rulesOf(r.Unshown) {
		if rule == "no-outside-time" {
			t.Error("a time from outside is missed where there is one")
		}
	}
	i := slices.IndexFunc(r.Unshown, func(f audit.Finding) bool { return f.Rule == "anchor-age" })
	if i < 0 || !strings.Contains(r.Unshown[i].What, "over 11 of its 12 entries") {
		t.Errorf("%+v", r.Unshown)
	}
	i = slices.IndexFunc(r.Unshown, func(f audit.Finding) bool { return f.Rule == "no-witness" })
	if i < 0 || !strings.Contains(r.Unshown[i].What, "over its first 11, and whoever holds this copy can take them away") {
		t.Errorf("%+v", r.Unshown)
	}
}

// TestWriterSigns: what a writer states by itself takes no operator's key, and
// nothing else that the writer's key signs is accepted for it.
func TestWriterSigns(t *testing.T) {
	b, tsa := newStamped(t)
	b.pin()
	b.begin().bracket(tsa, tsa)
	r := b.verify()
	wantOK(t, r)
	if r.Counts.Signers != 1 {
		t.Errorf("%d signers", r.Counts.Signers)
	}
	b.laptop.Operator = b.logKey
	b.begin().bracket(tsa, tsa)
	wantOnly(t, b.verify(), "signer-unknown", "the run-start statement (entry 4")
}

// TestProven: a statement lies between the token that it names and the first one
// over it, each by the worst that its accuracy allows.
func TestProven(t *testing.T) {
	b, tsa := newStamped(t)
	first := b.begin().bracket(tsa, tsa)
	t1 := b.now
	s := b.begin()
	s.editStart = func(r *record.RunStart) { r.NotBefore = b.anchor(tsa) }
	named := b.now
	s.bracket(nil, tsa)
	t2 := b.now
	b.pass(time.Hour)
	b.anchor(tsa) // a later one shows nothing more
	open := b.begin()
	open.signStart()
	for _, c := range []struct {
		digest        string
		after, before time.Time
	}{
		{first.startRef, time.Time{}, first.start.Started},
		{first.endRef, first.start.Started, t1},
		{s.startRef, named, t2},
		{s.endRef, time.Time{}, t2},
		{open.startRef, time.Time{}, time.Time{}},
	} {
		after, before, err := audit.Proven(b.store, "acme", b.pins, c.digest)
		if err != nil {
			t.Fatal(err)
		}
		if !c.after.IsZero() {
			c.after = c.after.Truncate(time.Second).Add(-time.Second)
		}
		if !c.before.IsZero() {
			c.before = c.before.Truncate(time.Second).Add(time.Second)
		}
		if !after.Equal(c.after) || !before.Equal(c.before) {
			t.Errorf("between %s and %s, want %s and %s", after, before, c.after, c.before)
		}
	}
}

// TestProvenMet: a promise counts as proven when a token shows that the run had
// ended by the deadline, and as claimed when the token is late.
func TestProvenMet(t *testing.T) {
	b, tsa := newStamped(t)
	b.begin().bracket(tsa, tsa)
	late := b.begin()
	late.bracket(tsa, nil)
	b.pass(3 * time.Hour) // the authority was out of reach until after the deadline
	b.anchor(tsa)
	b.begin().bracket(nil, tsa) // the clock starts with the run, and nothing shows when that was
	r := b.verify()
	wantOK(t, r)
	if r.Counts.Met != 3 || r.Counts.ProvenMet != 1 {
		t.Errorf("%d met, %d proven", r.Counts.Met, r.Counts.ProvenMet)
	}
	i := slices.IndexFunc(r.Checks, func(c audit.Check) bool { return c.Name == "sla" })
	if want := "3 verdicts recomputed: 3 met (1 proven, 2 claimed), 0 missed, 0 not judged"; r.Checks[i].Text != want {
		t.Errorf("%q, want %q", r.Checks[i].Text, want)
	}
}

// cosign shows the laptop's newest checkpoint to a new witness that is pinned.
func (b *bench) cosign() {
	b.t.Helper()
	w := &witness.Witness{
		Name: "client.example/w1", Key: newKey(b.t), Heads: filepath.Join(b.dir, "witness"), Disk: &evidence.Disk{},
		Log: func(string) (evidence.PublicKey, bool, error) { return b.logKey.Public(), true, nil },
		Now: func() time.Time { return b.now },
	}
	server := httptest.NewServer(w)
	defer server.Close()
	verifier := must(witness.ParseVerifier(w.Verifier()))
	view, cp := must(b.laptop.Log.View()), must(b.laptop.Log.Head())
	line, _, err := witness.Client{URL: server.URL, Verifier: verifier}.Cosign(b.t.Context(), view, cp)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.store.PutAnchor(b.laptop.Writer.ID, cp, "w1", evidence.CosignatureFile, line); err != nil {
		b.t.Fatal(err)
	}
	b.pins.Witnesses = append(b.pins.Witnesses, verifier)
}

// TestWitnessedMet: a witness takes nothing from what tokens prove, and counts for
// a run whose start it saw before the end.
func TestWitnessedMet(t *testing.T) {
	b, tsa := newStamped(t)
	b.begin().bracket(tsa, tsa) // which a witness sees only afterwards
	b.pass(time.Hour)
	s := b.begin()
	s.editEnd = func(*record.RunEnd) { b.cosign() }
	s.bracket(tsa, tsa)
	b.cosign()
	r := b.verify()
	wantOK(t, r)
	if diff := cmp.Diff([]audit.Level{audit.Bracketed, audit.Witnessed}, levels(r)); diff != "" || r.Counts.ProvenMet != 2 {
		t.Errorf("%d proven; %s", r.Counts.ProvenMet, diff)
	}
}

// TestAccuracy: a token's accuracy counts against the one who shows it.
func TestAccuracy(t *testing.T) {
	for within, proven := range map[time.Duration]int{time.Second: 1, 2 * time.Hour: 0} {
		b, tsa := newStamped(t)
		if within > time.Hour {
			within = time.Hour
		}
		tsa.Do(stamptest.Behaviour{Accuracy: within})
		s := b.begin()
		s.signStart()
		t1 := b.anchor(tsa)
		b.pass(80 * time.Minute)
		s.editEnd = func(e *record.RunEnd) { e.NotBefore = t1 }
		s.work(1000)
		s.finish()
		s.signEnd()
		b.anchor(tsa)
		r := b.verify()
		wantOK(t, r)
		if r.Counts.ProvenMet != proven {
			t.Errorf("to %s: %d proven, want %d", within, r.Counts.ProvenMet, proven)
		}
	}
}

// TestRootsNotKnown: tokens of an authority that the reader doesn't know prove
// nothing, and the reader is told how to know it.
func TestRootsNotKnown(t *testing.T) {
	b, tsa := newStamped(t)
	b.begin().bracket(tsa, tsa)
	b.pins.TSAs = nil
	r := b.verify()
	wantOK(t, r)
	if diff := cmp.Diff([]audit.Level{audit.Logged}, levels(r)); diff != "" {
		t.Error(diff)
	}
	if rules := rulesOf(r.Unshown); !slices.Contains(rules, "token-not-pinned") || !slices.Contains(rules, "no-outside-time") {
		t.Errorf("unshown %v", rules)
	}
}

// stampedAttack is an attack on evidence of which an authority knows the time.
type stampedAttack struct {
	name         string
	do           func(b *bench, tsa *stamptest.TSA)
	rule, phrase string
}

// tryStamped wants each to be found, and no run to be shown to lie between two
// times.
func tryStamped(t *testing.T, attacks []stampedAttack) {
	for _, c := range attacks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, tsa := newStamped(t)
			c.do(b, tsa)
			r := b.verify()
			i := slices.IndexFunc(r.Findings, func(f audit.Finding) bool { return f.Rule == c.rule && strings.Contains(f.What, c.phrase) })
			if i < 0 || r.Findings[i].Means == "" || r.Findings[i].File == "" {
				t.Errorf("no finding %s with %q:", c.rule, c.phrase)
				for _, f := range r.Findings {
					t.Errorf("%s (%s): %s", f.Rule, f.File, f.What)
				}
			}
			for _, run := range runLines(r) {
				contradicted := strings.HasPrefix(c.rule, "log-") && run.Level != audit.Logged
				if run.Level == audit.Bracketed || contradicted {
					t.Errorf("a run is %s all the same", run.Level)
				}
			}
		})
	}
}

// TestAttacksOnTime: by somebody who has all keys and lies about when.
func TestAttacksOnTime(t *testing.T) {
	tryStamped(t, []stampedAttack{
		{"back-dated", func(b *bench, tsa *stamptest.TSA) {
			now := b.now.Add(72 * time.Hour)
			s := b.begin() // "it was done on time"
			s.signStart()
			s.work(1000)
			s.finish()
			// It is logged behind a token of the day on which it was made up.
			b.rewindTo(now, tsa, s)
		}, "time-backdated", "it was logged after"},
		{"back-dated, naming the token", func(b *bench, tsa *stamptest.TSA) {
			s := b.begin()
			s.signStart()
			s.work(1000)
			s.finish()
			b.pass(72 * time.Hour)
			t1 := b.anchor(tsa)
			s.end.NotBefore = t1
			s.signEnd()
		}, "time-backdated", "the run statement"},
		{"made in advance", func(b *bench, tsa *stamptest.TSA) {
			now := b.now
			s := b.begin() // tomorrow's
			s.signStart()
			s.work(1000)
			s.finish()
			s.signEnd()
			tomorrow := b.now
			b.now = now
			cp := must(b.laptop.Log.Head())
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, tsa.Stamp(cp.Text)))
			b.now = tomorrow
		}, "time-ahead", "and it existed by 2026-11-16"},
		{"made in advance, naming a token of its own", func(b *bench, _ *stamptest.TSA) {
			s := b.begin()
			s.editEnd = func(e *record.RunEnd) { e.NotBefore = evidence.Digest([]byte("T1")) }
			s.tell(1000)
		}, "token-missing", "which isn't here"},
	})
}

// TestAttacksOnTokens: by somebody who puts others in their place.
func TestAttacksOnTokens(t *testing.T) {
	tryStamped(t, []stampedAttack{
		{"token of other bytes", func(b *bench, tsa *stamptest.TSA) {
			b.begin().bracket(tsa, tsa)
			b.edit("anchors/laptop/3.tsa.tsr", func([]byte) []byte { return tsa.Stamp([]byte("other")) })
		}, "token-wrong", "over other bytes"},
		{"token of a stranger", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			cp := must(b.laptop.Log.Head())
			other := stamptest.New(b.t, func() time.Time { return b.now })
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, other.Stamp(cp.Text)))
		}, "token-wrong", "doesn't lead to the roots given"},
		{"token that is none", func(b *bench, _ *stamptest.TSA) {
			b.begin().tell(1000)
			must(0, b.store.PutAnchor("laptop", must(b.laptop.Log.Head()), "tsa", evidence.TimestampFile, []byte("x")))
		}, "token-wrong", "anchors/laptop/2.tsa.tsr: the token"},
		{"token without its checkpoint", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			cp := must(b.laptop.Log.Head())
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, tsa.Stamp(cp.Text)))
			must(0, os.Remove(b.path("anchors", "laptop", "2.ckpt")))
		}, "token-wrong", "2.ckpt that it is over is missing"},
		{"token under another size", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			cp := must(b.laptop.Log.Head())
			cp.Size = 1
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, tsa.Stamp(cp.Text)))
		}, "token-wrong", "its checkpoint is of 2 entries, and its name says 1"},
		{"checkpoint changed", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			b.begin().tell(1000)
			cp := must(b.laptop.Log.Head())
			cp.Text = bytes.Replace(cp.Text, []byte("\n4\n"), []byte("\n3\n"), 1)
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, tsa.Stamp(cp.Text)))
		}, "head-unusable", "anchors/laptop/4.ckpt"},
		{"token removed", func(b *bench, tsa *stamptest.TSA) {
			b.begin().bracket(nil, tsa)
			must(0, os.RemoveAll(b.path("anchors")))
		}, "token-missing", "the anchor statement"},
	})
}

// TestAttacksOnAnchors: by somebody who changes what a token is over, or what is
// said about it.
func TestAttacksOnAnchors(t *testing.T) {
	tryStamped(t, []stampedAttack{
		{"cut, the anchor left", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			b.begin().bracket(nil, tsa)
			b.rewrite("laptop", b.logKey, b.leaves()[:2])
		}, "log-cut", "anchors/laptop/4.ckpt holds a checkpoint of 4 entries, the log has 2"},
		{"rewritten, the anchor left", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			cp := must(b.laptop.Log.Head())
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, tsa.Stamp(cp.Text)))
			other := b.begin()
			other.editSteps = func(steps []record.Step) []record.Step { steps[0].Normal[0].From = nil; return steps }
			other.tell(1000)
			b.rewrite("laptop", b.logKey, b.leaves()[2:])
		}, "log-rewritten", "anchors/laptop/2.ckpt"},
		{"the log gone, the anchor left", func(b *bench, tsa *stamptest.TSA) {
			b.history()
			desk := b.ledger("desk", newKey(b.t), b.operator)
			must(0, second(desk.Log.Append(b.t.Context(), evidence.Leaf{Kind: "run-start", Run: "x", Envelope: "sha256:" + strings.Repeat("0", 64)})))
			cp := must(desk.Log.Head())
			must(0, b.store.PutAnchor("desk", cp, "tsa", evidence.TimestampFile, tsa.Stamp(cp.Text)))
			must(0, os.RemoveAll(b.path("logs", "desk")))
		}, "log-missing", "anchors/desk/1.ckpt holds a checkpoint of the log of desk"},
		{"a statement of another time", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			cp := must(b.laptop.Log.Head())
			token := tsa.Stamp(cp.Text)
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, token))
			earlier := b.now.Add(-time.Hour)
			b.sayAnchor(record.Anchor{
				Client: "acme", Writer: b.laptop.Writer, Logged: b.now, Size: cp.Size, Checkpoint: evidence.Digest(cp.Text),
				Kind: record.AnchorTSA, By: "tsa", Token: evidence.Digest(token), At: &earlier,
			})
		}, "anchor-differs", "says of a token of tsa over 2 entries"},
		{"a statement about a checkpoint that would hold it", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			cp := must(b.laptop.Log.Head())
			token := tsa.Stamp(cp.Text)
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, token))
			b.sayAnchor(record.Anchor{
				Client: "acme", Writer: b.laptop.Writer, Logged: b.now, Size: 3, Checkpoint: evidence.Digest(cp.Text),
				Kind: record.AnchorTSA, By: "tsa", Token: evidence.Digest(token), At: &b.now,
			})
		}, "anchor-differs", "3 entries, which would hold itself"},
		{"a statement about another checkpoint", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			cp := must(b.laptop.Log.Head())
			token := tsa.Stamp(cp.Text)
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, token))
			b.sayAnchor(record.Anchor{
				Client: "acme", Writer: b.laptop.Writer, Logged: b.now, Size: 2, Checkpoint: evidence.Digest(nil),
				Kind: record.AnchorTSA, By: "tsa", Token: evidence.Digest(token), At: &b.now,
			})
		}, "anchor-differs", "about another checkpoint of 2 entries than anchors/laptop/2.ckpt"},
		{"an end that names a token later than itself", func(b *bench, tsa *stamptest.TSA) {
			honest := func() time.Time { return b.now }
			s := b.begin()
			s.signStart()
			tsa.SetClock(func() time.Time { return b.now.Add(5 * time.Hour) })
			t1 := b.anchor(tsa)
			tsa.SetClock(honest)
			s.editEnd = func(e *record.RunEnd) { e.NotBefore = t1 }
			s.work(1000)
			s.finish()
			s.signEnd()
			b.anchor(tsa)
		}, "token-order", "the run statement"},
		{"a token later than what names it", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			now := b.now
			b.now = now.Add(30 * time.Hour)
			late := b.anchor(tsa) // by a clock that is ahead
			b.now = now.Add(30 * time.Hour)
			s := b.follow("backup-verify", source, record.Inputs{Folder: "/srv"})
			s.editStart = func(r *record.RunStart) { r.NotBefore = late }
			s.signStart()
			tsa.SetClock(func() time.Time { return now.Add(29 * time.Hour) })
			cp := must(b.laptop.Log.Head())
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, tsa.Stamp(cp.Text)))
		}, "token-order", "names a token of"},
	})
}

// rewindTo logs the end of a story that claims to be older, behind a token of now.
func (b *bench) rewindTo(now time.Time, tsa *stamptest.TSA, s *story) {
	b.now = now
	b.anchor(tsa)
	s.signEnd()
	b.anchor(tsa)
}

// TestHonestTimes: what looks like a lie about time and is none.
func TestHonestTimes(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(b *bench, tsa *stamptest.TSA)
		want []audit.Level
	}{
		{"days without the authority", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			b.pass(72 * time.Hour)
			b.anchor(tsa)
			b.begin().bracket(tsa, tsa)
		}, []audit.Level{audit.Anchored, audit.Bracketed}},
		{"an older token named", func(b *bench, tsa *stamptest.TSA) {
			b.begin().bracket(tsa, tsa)
			b.pass(time.Hour)
			older := b.anchor(tsa)
			s := b.begin()
			s.editStart = func(r *record.RunStart) { r.NotBefore = older }
			s.editEnd = func(e *record.RunEnd) { e.NotBefore = older }
			s.bracket(nil, tsa)
		}, []audit.Level{audit.Bracketed, audit.Anchored}},
		{"a token over another log", func(b *bench, tsa *stamptest.TSA) {
			desk := b.ledger("desk", newKey(b.t), b.operator)
			words := must(desk.PutJSON(record.Words{Text: "noted"}))
			for range 3 {
				ack := record.Ack{Client: "acme", Writer: desk.Writer, Operator: desk.Signer(), Signed: b.pass(time.Second), Occurrence: "acme/x", Why: words}
				must(0, second(desk.Say(b.t.Context(), record.KindAck, ack)))
			}
			cp := must(desk.Log.Head())
			token := tsa.Stamp(cp.Text)
			must(0, b.store.PutAnchor("desk", cp, "tsa", evidence.TimestampFile, token))
			s := b.begin()
			s.editEnd = func(e *record.RunEnd) { e.NotBefore = evidence.Digest(token) }
			s.bracket(nil, tsa)
		}, []audit.Level{audit.Anchored}},
		{"a clock that is a little off", func(b *bench, tsa *stamptest.TSA) {
			tsa.SetClock(func() time.Time { return b.now.Add(40 * time.Second) })
			b.begin().bracket(tsa, tsa)
			tsa.SetClock(func() time.Time { return b.now.Add(-40 * time.Second) })
			b.begin().bracket(tsa, tsa)
		}, []audit.Level{audit.Bracketed, audit.Bracketed}},
		{"a token that a crash kept from being logged", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			cp := must(b.laptop.Log.Head())
			must(0, b.store.PutAnchor("laptop", cp, "tsa", evidence.TimestampFile, tsa.Stamp(cp.Text)))
			must(0, os.WriteFile(filepath.Join(b.path("anchors", "laptop"), ".msp-1.tmp"), nil, 0o600))
		}, []audit.Level{audit.Anchored}},
		{"a checkpoint that nobody has stamped", func(b *bench, tsa *stamptest.TSA) {
			b.begin().tell(1000)
			cp := must(b.laptop.Log.Head())
			must(0, b.store.PutPending("laptop", cp))
			must(0, os.MkdirAll(b.path("anchors", "laptop"), 0o700))
			must(0, os.WriteFile(b.path("anchors", "laptop", "2.ckpt"), cp.Text, 0o600))
		}, []audit.Level{audit.Logged}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, tsa := newStamped(t)
			c.do(b, tsa)
			r := b.verify()
			wantOK(t, r)
			if diff := cmp.Diff(c.want, levels(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
