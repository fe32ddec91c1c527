package anchor_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/anchor"
	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/stamp"
	"github.com/msp-runbook/msp/runbook/evidence/stamp/stamptest"
	"github.com/msp-runbook/msp/runbook/record"
)

// A post is an installation with a log, and those outside that it knows.
type post struct {
	t    *testing.T
	disk *evidence.Disk
	*anchor.Outside
	key  *evidence.PrivateKey
	said int
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newPost(t *testing.T, parties ...anchor.Party) *post {
	t.Helper()
	dir := t.TempDir()
	p := &post{t: t, disk: &evidence.Disk{}, key: must(evidence.GenerateKey(evidence.Ed25519))}
	store := evidence.OpenStore(p.disk, filepath.Join(dir, "clients", "acme"))
	p.Outside = &anchor.Outside{
		Ledger: &record.Ledger{
			Disk: p.disk, Store: store, Log: store.OpenLog("acme", "laptop", p.key, filepath.Join(dir, "heads")), Client: "acme",
			Writer: record.Signer{ID: "laptop", Key: p.key.Public().AuthorizedKey()}, Operator: must(evidence.GenerateKey(evidence.Ed25519)),
		},
		Parties: parties, Now: time.Now,
	}
	p.write()
	return p
}

func party(t *testing.T, name string, tsa *stamptest.TSA) anchor.TSA {
	t.Helper()
	return anchor.TSA{Authority: &stamp.Authority{Name: name, URL: tsa.URL, Roots: must(stamp.ParseRoots(tsa.Roots))}}
}

// write logs a statement of some sort.
func (p *post) write() (envelope string) {
	p.t.Helper()
	p.said++
	words := must(p.Ledger.PutJSON(record.Words{Text: "it was said"}))
	ack := record.Ack{Client: "acme", Writer: p.Ledger.Writer, Operator: p.Ledger.Signer(), Signed: time.Now(), Occurrence: "acme/x", Why: words}
	envelope, _, err := p.Ledger.Say(p.t.Context(), record.KindAck, ack)
	if err != nil {
		p.t.Fatal(err)
	}
	return envelope
}

func (p *post) anchor() anchor.Words {
	p.t.Helper()
	return must(p.Anchor(p.t.Context()))
}

// want holds what is kept, logged and pending.
func (p *post) want(files []string, anchors int, pending ...int64) {
	p.t.Helper()
	var have []string
	for _, f := range first(p.Ledger.Store.AnchorFiles("laptop")) {
		have = append(have, filepath.Base(f.Path()))
	}
	if !slices.Equal(have, files) {
		p.t.Errorf("kept %q, want %q", have, files)
	}
	history := must(record.ReadHistory(p.Ledger.Store, "acme", 0))
	if said := record.Said[record.Anchor](history); len(said) != anchors || len(history.Problems) > 0 {
		p.t.Errorf("%d anchors are logged, want %d; %v", len(said), anchors, history.Problems)
	}
	if left := must(p.Ledger.Store.Pending("laptop")); !slices.Equal(left, pending) {
		p.t.Errorf("pending %v, want %v", left, pending)
	}
	p.verify()
}

func first[A, B any](a A, _ B, err error) A { return must(a, err) }

// verify holds that nothing is broken, with the roots of all parties.
func (p *post) verify() *audit.Report {
	p.t.Helper()
	pins := audit.Pins{Logs: map[string]evidence.PublicKey{"laptop": p.key.Public()}, TSAs: map[string]*stamp.Roots{}}
	for _, one := range p.Parties {
		if tsa, ok := one.(anchor.TSA); ok {
			pins.TSAs[tsa.Name()] = tsa.Authority.Roots
		}
	}
	report := must(audit.Verify(p.Ledger.Store, "acme", pins, time.Now(), 0))
	for _, f := range report.Findings {
		p.t.Errorf("finding %s (%s): %s", f.Rule, f.File, f.What)
	}
	return report
}

func TestTwoAuthorities(t *testing.T) {
	one, two := stamptest.New(t, time.Now), stamptest.New(t, func() time.Time { return time.Now().Add(-10 * time.Second) })
	p := newPost(t, party(t, "one", one), party(t, "two", two))
	words := p.anchor()
	if words.Owed() != "" || len(words) != 2 || words.Stamp() != words[1].Token {
		t.Errorf("%+v", words)
	}
	p.want([]string{"1.ckpt", "1.one.tsr", "1.two.tsr"}, 2)
	if newest := must(p.Newest()); newest != words[0].Token && newest != words[1].Token {
		t.Errorf("the newest token is %q", newest)
	}
}

func TestNobody(t *testing.T) {
	var nobody *anchor.Outside
	words, err := nobody.Anchor(t.Context())
	if len(words) > 0 || err != nil || words.Stamp() != "" || words.Owed() != "" {
		t.Errorf("%v, %v", words, err)
	}
	for _, ask := range []func() (string, error){nobody.Newest, func() (string, error) { return nobody.Over("") }} {
		if token, err := ask(); token != "" || err != nil {
			t.Errorf("%q, %v", token, err)
		}
	}
	p := newPost(t)
	p.anchor()
	p.want(nil, 0)
}

// TestDownAndBack: what couldn't be reached is owed, and one token makes good for
// all that was pending.
func TestDownAndBack(t *testing.T) {
	tsa := stamptest.New(t, time.Now)
	p := newPost(t, party(t, "tsa", tsa))
	tsa.Do(stamptest.Behaviour{Down: true})
	if owed := p.anchor().Owed(); !strings.Contains(owed, "tsa: ") || !strings.Contains(owed, "503") {
		t.Errorf("owed: %q", owed)
	}
	p.want(nil, 0, 1)
	p.write()
	p.anchor()
	p.want(nil, 0, 1, 2)
	tsa.Do(stamptest.Behaviour{})
	if words := must(p.Settle(t.Context())); words.Owed() != "" || len(words) != 1 || words[0].Size != 2 {
		t.Errorf("%+v", words)
	}
	p.want([]string{"2.ckpt", "2.tsa.tsr"}, 1)
	asked := tsa.Asked()
	if words := must(p.Settle(t.Context())); len(words) != 0 || tsa.Asked() != asked {
		t.Errorf("asked again though nothing was written: %+v", words)
	}
	p.want([]string{"2.ckpt", "2.tsa.tsr"}, 1)
}

// TestOneOfTwoDown: the one that answered isn't asked again.
func TestOneOfTwoDown(t *testing.T) {
	one, two := stamptest.New(t, time.Now), stamptest.New(t, time.Now)
	two.Do(stamptest.Behaviour{Down: true})
	p := newPost(t, party(t, "one", one), party(t, "two", two))
	words := p.anchor()
	if words.Stamp() == "" || !strings.HasPrefix(words.Owed(), "two: ") {
		t.Errorf("%+v", words)
	}
	p.want([]string{"1.ckpt", "1.one.tsr"}, 1, 1)
	two.Do(stamptest.Behaviour{})
	must(p.Settle(t.Context()))
	p.want([]string{"1.ckpt", "1.one.tsr", "2.ckpt", "2.two.tsr"}, 2)
	if one.Asked() != 1 || two.Asked() != 2 {
		t.Errorf("asked %d and %d times", one.Asked(), two.Asked())
	}
}

// TestSlow: nobody waits for longer than the limit, not even for a party that
// pays no heed to it.
func TestSlow(t *testing.T) {
	slow, fine := stamptest.New(t, time.Now), stamptest.New(t, time.Now)
	slow.Do(stamptest.Behaviour{Slow: true})
	release := make(chan struct{})
	defer close(release)
	p := newPost(t, party(t, "slow", slow), deaf{release})
	ready := prompt{party(t, "fine", fine), fine.Stamp(must(p.Ledger.Log.Head()).Text)}
	p.Parties = append(p.Parties, ready)
	p.Limit = 200 * time.Millisecond
	began := time.Now()
	words := p.anchor()
	if took := time.Since(began); took > p.Limit+5*time.Second {
		t.Errorf("it took %s", took)
	}
	if want := "slow: no answer within 200ms; deaf: no answer within 200ms"; words.Owed() != want || words.Stamp() == "" {
		t.Errorf("owed %q, want %q", words.Owed(), want)
	}
	p.Parties[2] = ready.TSA
	p.want([]string{"1.ckpt", "1.fine.tsr"}, 1, 1)
}

// prompt has its token before it is asked.
type prompt struct {
	anchor.TSA
	token []byte
}

func (p prompt) Attest(_ context.Context, _ *evidence.Log, cp evidence.Checkpoint) ([]byte, *time.Time, error) {
	at, err := p.Verify(p.token, cp)
	return p.token, at, err
}

// deaf answers when it is told to, whatever the context says.
type deaf struct{ release chan struct{} }

func (deaf) Name() string { return "deaf" }
func (deaf) Kind() string { return record.AnchorTSA }
func (d deaf) Attest(context.Context, *evidence.Log, evidence.Checkpoint) ([]byte, *time.Time, error) {
	<-d.release
	return nil, nil, errors.New("too late")
}

func (deaf) Verify([]byte, evidence.Checkpoint) (*time.Time, error) {
	return nil, errors.New("never said anything")
}

// TestLiars: what doesn't verify isn't kept, and stays owed.
func TestLiars(t *testing.T) {
	for name, c := range map[string]struct {
		with stamptest.Certificate
		does stamptest.Behaviour
		want string
	}{
		"other bytes":         {does: stamptest.Behaviour{WrongBytes: true}, want: "over other bytes"},
		"expired certificate": {with: stamptest.Certificate{NotAfter: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}, want: "wasn't valid at the time"},
		"unknown root":        {want: "doesn't lead to the roots given"},
	} {
		t.Run(name, func(t *testing.T) {
			tsa := stamptest.NewWith(t, time.Now, c.with)
			tsa.Do(c.does)
			one := party(t, "tsa", tsa)
			if name == "unknown root" {
				one.Authority.Roots = must(stamp.ParseRoots(stamptest.New(t, time.Now).Roots))
			}
			p := newPost(t, one)
			if words := p.anchor(); words.Stamp() != "" || !strings.Contains(words.Owed(), c.want) {
				t.Errorf("owed %q, want %q", words.Owed(), c.want)
			}
			p.want(nil, 0, 1)
			if newest := must(p.Newest()); newest != "" {
				t.Errorf("the newest token is %q", newest)
			}
		})
	}
}

// TestOver: T1 is the first token over a checkpoint that holds the statement.
func TestOver(t *testing.T) {
	tsa := stamptest.New(t, time.Now)
	p := newPost(t, party(t, "tsa", tsa))
	early := p.anchor().Stamp()
	start := p.write()
	if token := must(p.Over(start)); token != "" || must(p.Newest()) != early {
		t.Errorf("a token %q over what none is over", token)
	}
	t1 := p.anchor().Stamp()
	p.write()
	t2 := p.anchor().Stamp()
	if token := must(p.Over(start)); token != t1 {
		t.Errorf("%q, want %q", token, t1)
	}
	if must(p.Newest()) != t2 || t1 == t2 {
		t.Error("the newest token is not the last one")
	}
	if token := must(p.Over(evidence.Digest(nil))); token != "" {
		t.Errorf("a token %q over what isn't in the log", token)
	}
	f := evidence.AnchorFile{Writer: "laptop", Size: 7, By: "tsa", Ending: evidence.TimestampFile}
	if err := os.WriteFile(p.Ledger.Store.Path(filepath.FromSlash(f.Path())), []byte("no token"), 0o600); err != nil {
		t.Fatal(err)
	}
	if must(p.Newest()) != t2 {
		t.Error("what is no token counts as one")
	}
}

// TestEachStepRefused has each durable step of anchoring fail, once by a full
// disk and once by a crash that comes with it. What was logged before verifies,
// and the next go makes everything good: one token, one statement for it.
func TestEachStepRefused(t *testing.T) {
	tsa := stamptest.New(t, time.Now)
	count := 0
	counted := newPost(t, party(t, "tsa", tsa))
	counted.disk.Fault = func(evidence.Op, string) error { count++; return nil }
	counted.anchor()
	if count < 20 {
		t.Fatalf("only %d durable steps: the faults don't arrive", count)
	}
	for n := 1; n <= count; n++ {
		p := newPost(t, party(t, "tsa", tsa))
		step := 0
		p.disk.Fault = func(evidence.Op, string) error {
			if step++; step >= n {
				return syscall.ENOSPC
			}
			return nil
		}
		_, failed := p.Anchor(t.Context())
		p.disk.Fault = nil
		p.verify()
		words, err := p.Settle(t.Context())
		if err != nil || words.Owed() != "" {
			t.Fatalf("step %d (%v): then %v, %q", n, failed, err, words.Owed())
		}
		files, foreign, err := p.Ledger.Store.AnchorFiles("laptop")
		if err != nil || len(foreign) > 0 || len(files) < 2 {
			t.Errorf("step %d (%v): files %v, %v, %v", n, failed, files, foreign, err)
		}
		tokens := map[string]int{}
		for _, f := range files {
			if f.By != "" {
				tokens[evidence.Digest(must(p.Ledger.Store.ReadAnchor(f)))]++
			}
		}
		for _, said := range record.Said[record.Anchor](must(record.ReadHistory(p.Ledger.Store, "acme", 0))) {
			tokens[said.Body.Token]--
		}
		for digest, left := range tokens {
			if left != 0 {
				t.Errorf("step %d (%v): the token %s is here %+d times more than it is logged", n, failed, digest, left)
			}
		}
		if left := must(p.Ledger.Store.Pending("laptop")); len(left) > 0 {
			t.Errorf("step %d (%v): pending %v", n, failed, left)
		}
		p.verify()
	}
}
