package record

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/evidence"
)

// aDigest stands for documents and blobs that nobody reads.
var aDigest = "sha256:" + strings.Repeat("12", 32)

// A shop is a client's evidence in the making: what its writers sign as time
// passes.
type shop struct {
	t       testing.TB
	base    string
	store   *evidence.Store
	ledgers []*Ledger
	keys    map[string]*evidence.PrivateKey // of the logs
	now     time.Time
	open    []RunStart
	starts  map[string]string // digests, by run
	runs    int
}

func newShop(t testing.TB, writers ...string) *shop {
	t.Helper()
	s := &shop{t: t, base: t.TempDir(), now: asked, starts: map[string]string{}, keys: map[string]*evidence.PrivateKey{}}
	s.store = evidence.OpenStore(nil, filepath.Join(s.base, "acme"))
	for _, writer := range writers {
		s.ledgers = append(s.ledgers, s.ledger(writer))
	}
	return s
}

func (s *shop) ledger(writer string) *Ledger {
	s.t.Helper()
	key, err := evidence.GenerateKey(evidence.Ed25519)
	if err != nil {
		s.t.Fatal(err)
	}
	operator, err := evidence.GenerateKey(evidence.Ed25519)
	if err != nil {
		s.t.Fatal(err)
	}
	s.keys[writer] = key
	return &Ledger{
		Store: s.store, Log: s.store.OpenLog("acme", writer, key, filepath.Join(s.base, "heads", writer)), Client: "acme",
		Writer: Signer{ID: writer, Key: key.Public().AuthorizedKey()}, Operator: operator,
	}
}

func (s *shop) say(l *Ledger, kind string, body Statement, keys ...evidence.Signer) string {
	s.t.Helper()
	digest, _, err := l.Say(s.t.Context(), kind, body, keys...)
	if err != nil {
		s.t.Fatal(err)
	}
	return digest
}

// plan asks for runbooks every so many hours: the ids are their hours.
func (s *shop) plan(l *Ledger, ticker string, hours ...int) string {
	return s.planWith(l, ticker, nil, hours...)
}

func (s *shop) planWith(l *Ledger, ticker string, sla *agreement.Terms, hours ...int) string {
	p := Plan{Client: "acme", Writer: l.Writer, Operator: l.Signer(), Signed: s.now, Digest: aDigest, Source: aDigest, Ticker: ticker, Level: "logged"}
	for _, h := range hours {
		cron := fmt.Sprintf("0 */%d * * *", h)
		if h == 24 {
			cron = "0 0 * * *"
		}
		p.Runbooks = append(p.Runbooks, PlannedRunbook{
			Runbook:  Runbook{ID: fmt.Sprintf("every-%d", h), Version: "1.0.0", Digest: aDigest, Source: aDigest},
			Schedule: Schedule{Cron: cron, Timezone: "UTC", Early: runbook.Nanoseconds(10 * time.Minute)},
			SLA:      sla,
		})
	}
	return s.say(l, KindPlan, p)
}

// start begins a run, for the occurrence that a plan asks for if one does.
func (s *shop) start(l *Ledger, hours int, at time.Time, edit ...func(*RunStart)) RunStart {
	s.t.Helper()
	s.runs++
	id := fmt.Sprintf("every-%d", hours)
	start := RunStart{
		Run: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, s.runs)).String(), Client: "acme", Writer: l.Writer, Operator: l.Signer(), Trigger: "manual",
		Runbook: Runbook{ID: id, Version: "1.0.0", Digest: aDigest, Source: aDigest}, Started: at, FinishBy: at.Add(90 * time.Minute),
		Inputs: aDigest, Where: aDigest,
	}
	if plan := s.look().PlanAt(at); plan != nil {
		for _, item := range plan.Body.Runbooks {
			population, err := plan.Body.Population(item, time.Time{})
			if err != nil {
				s.t.Fatal(err)
			}
			if o, ok := population.At(at); ok && item.Runbook.ID == id {
				start.Occurrence = &Occurrence{Name: o.Name, Plan: plan.Digest, Due: o.Due, Opens: o.Opens, Closes: o.Closes}
			}
		}
	}
	for _, e := range edit {
		e(&start)
	}
	s.starts[start.Run] = s.say(l, KindRunStart, start)
	return start
}

func (s *shop) segment(l *Ledger, start RunStart) {
	s.say(l, KindSegment, segmentOf{Segment{
		Run: start.Run, Start: s.starts[start.Run], Number: 1, Writer: l.Writer, Operator: l.Signer(), Until: s.now, Waiting: "look", Steps: []Step{},
	}})
}

func (s *shop) end(l *Ledger, start RunStart, v Verdict) {
	end := RunEnd{
		Run: start.Run, Start: s.starts[start.Run], Writer: l.Writer, Operator: l.Signer(), Ended: s.now, Steps: []Step{}, ClockSync: "unknown", Verdict: v,
	}
	if v.Outcome == RunFailed {
		end.Steps = []Step{{ID: "copy", Outcome: Failed}}
	}
	s.say(l, KindRun, endOf{end})
}

// segmentOf and endOf name a document, as the subjects of such statements do.
type segmentOf struct{ Segment }

func (s segmentOf) Head() Head { return withDocument(s.Segment.Head()) }

type endOf struct{ RunEnd }

func (s endOf) Head() Head { return withDocument(s.RunEnd.Head()) }

func withDocument(h Head) Head {
	h.Documents = []NamedBlob{{"the runbook", aDigest}}
	return h
}

func (s *shop) waive(l *Ledger, occurrence string, until time.Time, edit ...func(*Waiver)) string {
	w := Waiver{Client: "acme", Writer: l.Writer, Operator: l.Signer(), Signed: s.now, Occurrence: occurrence, Until: until, Why: aDigest}
	for _, e := range edit {
		e(&w)
	}
	return s.say(l, KindWaiver, w)
}

func (s *shop) hold(l *Ledger, occurrence, reason string, most time.Duration) string {
	return s.say(l, KindHold, Hold{
		Client: "acme", Writer: l.Writer, Operator: l.Signer(), Signed: s.now, Kind: HoldClock, Occurrence: occurrence, Reason: reason,
		Max: runbook.Nanoseconds(most), Why: aDigest,
	})
}

func (s *shop) release(l *Ledger, hold string) {
	s.say(l, KindRelease, Release{Client: "acme", Writer: l.Writer, Operator: l.Signer(), Signed: s.now, Hold: hold, Why: aDigest})
}

func (s *shop) file() string { return filepath.Join(s.base, "cache", "acme.standing") }

func (s *shop) standing() *Standing {
	s.t.Helper()
	standing, err := ReadStanding(s.store, "acme", s.file(), 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return standing
}

// look is how the makers of the history see it, beside those who are tested.
func (s *shop) look() *Standing {
	s.t.Helper()
	standing, err := ReadStanding(s.store, "acme", filepath.Join(s.base, "makers"), 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return standing
}

func (s *shop) history() *Standing {
	s.t.Helper()
	h, err := ReadHistory(s.store, "acme", 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return h.Standing()
}

// act has something happen that may.
func (s *shop) act(r *rand.Rand) {
	l := s.ledgers[r.IntN(len(s.ledgers))]
	s.now = s.now.Add(time.Duration(r.IntN(50)) * time.Minute)
	hours := []int{1, 2, 6}[r.IntN(3)]
	standing := s.look()
	exceptions, _, err := standing.Exceptions(s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	occurrence := "acme/every-1/"
	if len(exceptions) > 0 {
		occurrence = exceptions[r.IntN(len(exceptions))].Name
	}
	switch n := r.IntN(20); {
	case n == 0:
		s.plan(l, s.ledgers[0].Writer.ID, 1, []int{2, 6}[r.IntN(2)])
	case n < 8:
		at := s.now.Add(-time.Duration(r.IntN(3)*r.IntN(200)) * time.Minute)
		s.open = append(s.open, s.start(l, hours, at))
	case n < 13 && len(s.open) > 0:
		i := r.IntN(len(s.open))
		start := s.open[i]
		s.open = append(s.open[:i], s.open[i+1:]...)
		if r.IntN(3) == 0 {
			s.segment(l, start)
		}
		if r.IntN(8) > 0 {
			s.end(l, start, []Verdict{{Outcome: RunDone}, {Outcome: RunDone, Deviations: []Deviation{DeviatedInputs}}, {Outcome: RunFailed}}[r.IntN(3)])
		}
	case n == 13:
		s.waive(l, occurrence, s.now.Add(time.Duration(r.IntN(8)-2)*time.Hour), func(w *Waiver) { w.NotApplicable = r.IntN(2) == 0 })
	case n == 14:
		s.hold(l, occurrence, HoldReasons()[r.IntN(2)], time.Duration(r.IntN(3))*time.Hour)
	case n == 15 && len(standing.Holds) > 0:
		s.release(l, standing.Holds[r.IntN(len(standing.Holds))].Digest)
	case n == 16 && len(standing.Items) > 0:
		s.closing(l, standing.Items[r.IntN(len(standing.Items))], r)
	default:
		s.tick(s.ledgers[0], standing)
	}
}

func (s *shop) closing(l *Ledger, item Fact[Item], r *rand.Rand) {
	c := Closing{Client: "acme", Writer: l.Writer, Operator: l.Signer(), Signed: s.now, Item: item.Body.Item, Opening: item.Digest, How: Closings()[r.IntN(3)], Why: aDigest}
	if c.How == CloseWorkaround {
		until := s.now.Add(time.Hour)
		c.Until = &until
	}
	s.say(l, KindClosing, c)
}

func (s *shop) tick(l *Ledger, standing *Standing) DueStatements {
	s.t.Helper()
	due, err := standing.DueStatements(l.Writer, s.now, time.Hour, func(string) string { return "lead" })
	if err == nil {
		err = l.SignDue(s.t.Context(), due, s.keys[l.Writer.ID])
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return due
}

// answers is all that is asked of a standing.
func answers(t *testing.T, s *Standing, from, at time.Time) map[string]any {
	t.Helper()
	expected, err := s.Expected(from, at.Add(12*time.Hour), at)
	if err != nil {
		t.Fatal(err)
	}
	exceptions, tally, err := s.Exceptions(at)
	if err != nil {
		t.Fatal(err)
	}
	if err := tally.Check(); err != nil {
		t.Error(err)
	}
	items := s.ItemsAt(at)
	if err := items.Check(); err != nil {
		t.Error(err)
	}
	all := map[string]any{"expected": expected, "exceptions": exceptions, "tally": tally, "items": items, "open": s.OpenRuns(at)}
	due, err := s.DueStatements(Signer{ID: "desk"}, at, time.Hour, strings.ToUpper)
	if err != nil {
		t.Fatal(err)
	}
	all["due"] = due
	for _, e := range exceptions {
		if p := PausesOf(s.HoldsOf(e.DecidedBy, e.Name, at, nil)); len(p) > 0 {
			all["pauses of "+e.Name] = p
		}
	}
	return all
}

// TestStandingIsTheHistory: whatever happens, and however often somebody looked
// in between, what is gone on from gives the answers of all logs read at once.
func TestStandingIsTheHistory(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 5))
			s := newShop(t, "desk", "laptop", "van")
			s.plan(s.ledgers[0], "desk", 1, 2)
			for range 40 {
				s.act(r)
				if r.IntN(3) > 0 {
					continue
				}
				kept := s.standing()
				same := cmpopts.IgnoreFields(Fact[Item]{}, "Writer", "Index")
				if diff := cmp.Diff(answers(t, s.history(), asked, s.now), answers(t, kept, asked, s.now), same, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("seed %d, %s (-history +kept):\n%s", seed, s.now, diff)
				}
				if r.IntN(2) == 0 {
					if err := kept.Settle(s.now); err != nil {
						t.Fatal(err)
					}
					kept.Keep(s.file())
				}
			}
		})
	}
}

// TestStandingFile: a file that doesn't fit is made anew.
func TestStandingFile(t *testing.T) {
	s := newShop(t, "desk")
	s.plan(s.ledgers[0], "desk", 1)
	s.end(s.ledgers[0], s.start(s.ledgers[0], 1, asked), Verdict{Outcome: RunDone})
	s.now = asked.Add(5 * time.Hour)
	want := answers(t, s.history(), asked, s.now)
	s.standing()
	whole, err := os.ReadFile(s.file())
	if err != nil {
		t.Fatal(err)
	}
	other := newShop(t, "desk")
	other.plan(other.ledgers[0], "desk", 6)
	other.standing()
	foreign, err := os.ReadFile(other.file())
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte{}, whole...)
	flipped[len(flipped)/2] ^= 1
	for name, data := range map[string][]byte{
		"whole": whole, "empty": {}, "cut": whole[:len(whole)/2], "flipped": flipped, "of another folder": foreign, "no JSON": []byte(evidence.Digest([]byte("x\n")) + "\nx\n"),
	} {
		if err := os.WriteFile(s.file(), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, answers(t, s.standing(), asked, s.now), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if again, err := os.ReadFile(s.file()); err != nil || string(again) != string(whole) {
		t.Errorf("the file wasn't made anew: %v", err)
	}
}

// TestStandingReadsWhatIsNew: the statements from before may be gone.
func TestStandingReadsWhatIsNew(t *testing.T) {
	s := newShop(t, "desk")
	s.plan(s.ledgers[0], "desk", 1)
	s.end(s.ledgers[0], s.start(s.ledgers[0], 1, asked), Verdict{Outcome: RunDone})
	s.standing()
	records := s.store.Path("records")
	if err := os.Rename(records, records+".away"); err != nil {
		t.Fatal(err)
	}
	s.now = asked.Add(time.Hour)
	s.hold(s.ledgers[0], "acme/every-1/x", HoldClient, 0)
	standing := s.standing()
	if len(standing.Problems) > 0 || len(standing.Plans) != 1 || len(standing.Runs) != 1 || len(standing.Holds) != 1 {
		t.Errorf("%v, %d plans, %d runs, %d holds", standing.Problems, len(standing.Plans), len(standing.Runs), len(standing.Holds))
	}
}

// TestStandingTriesAgain: a statement that couldn't be read is read when it is
// there again.
func TestStandingTriesAgain(t *testing.T) {
	s := newShop(t, "desk")
	s.plan(s.ledgers[0], "desk", 1)
	digest := s.hold(s.ledgers[0], "acme/every-1/x", HoldClient, 0)
	hex := strings.TrimPrefix(digest, "sha256:")
	file := s.store.Path("records", hex[:2], hex+".dsse.json")
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if standing := s.standing(); len(standing.Problems) != 1 || len(standing.Holds) != 0 {
			t.Fatalf("%v, %d holds", standing.Problems, len(standing.Holds))
		}
	}
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if standing := s.standing(); len(standing.Problems) != 0 || len(standing.Holds) != 1 {
			t.Fatalf("%v, %d holds", standing.Problems, len(standing.Holds))
		}
	}
}

// TestSettledIsDropped: what is settled and long ago isn't listed wrongly; it
// isn't listed.
func TestSettledIsDropped(t *testing.T) {
	s := newShop(t, "desk")
	s.plan(s.ledgers[0], "desk", 6)
	start := s.start(s.ledgers[0], 6, asked.Add(6*time.Hour))
	s.now = asked.Add(7 * time.Hour)
	s.end(s.ledgers[0], start, Verdict{Outcome: RunDone})
	s.now = asked.AddDate(0, 0, 200)
	standing := s.standing()
	_, before, err := standing.Exceptions(s.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := standing.Settle(s.now); err != nil {
		t.Fatal(err)
	}
	standing.Keep(s.file())
	standing = s.standing()
	if _, after, err := standing.Exceptions(s.now); err != nil || after != before || before.OnTime != 1 {
		t.Errorf("%+v, then %+v, %v", before, after, err)
	}
	if _, err := standing.Expected(asked, s.now, s.now); !errors.Is(err, ErrSettled) {
		t.Errorf("the error is %v", err)
	}
	if all, err := standing.Expected(s.now.AddDate(0, 0, -10), s.now, s.now); err != nil || TallyOf(all) != (Tally{Expected: 40, Missed: 39, Open: 1}) {
		t.Errorf("%+v, %v", TallyOf(all), err)
	}
	if _, _, err := standing.Exceptions(s.now.AddDate(0, 0, -1)); !errors.Is(err, ErrSettled) {
		t.Errorf("the error is %v", err)
	}
}

// FuzzStanding holds that no file makes reading it panic, or be relied on without
// its digest.
func FuzzStanding(f *testing.F) {
	f.Add([]byte(`{"v":1,"client":"acme","logs":[],"unread":[],"timeline":{},"settled":{"runbooks":{}}}` + "\n"))
	f.Add([]byte(`{"v":1,"client":"acme","timeline":{"runs":{"a":{"run":"a","started":"2026-11-23T07:00:00Z"}}}}` + "\n{}\n"))
	f.Fuzz(func(t *testing.T, rest []byte) {
		s := newStanding(nil, "acme", 0)
		if s.decode(append([]byte("sha256:00\n"), rest...)) == nil {
			t.Fatal("it was read without its digest")
		}
		if s.decode(append([]byte(evidence.Digest(rest)+"\n"), rest...)) != nil {
			return
		}
		s.chained = true
		_, _, _ = s.Exceptions(asked)
		_, _ = s.Expected(asked, asked.Add(1), asked)
		_ = s.Settle(asked)
		_ = s.ItemsAt(asked)
	})
}
