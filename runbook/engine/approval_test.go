package engine

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// lookKind is a step that leads decide: so many of them stand under "look".
type lookKind struct{}

func (lookKind) Name() string { return "look" }

func (lookKind) Decode(n *document.Node, d *document.Decoder) runbook.Action {
	return lookAction{least: d.Int(n)}
}

type lookAction struct {
	doAction
	least int
}

func (lookAction) AsksPerson() runbook.Task         { return runbook.Task{} }
func (lookAction) Outputs() map[string]runbook.Type { return nil }
func (a lookAction) Approval() runbook.Approval {
	return runbook.Approval{Roles: []string{"lead"}, Min: a.least, Timeout: runbook.Duration{Text: "30m", Span: 30 * time.Minute}}
}

// approver is somebody else, on another machine.
type approver struct {
	*bench
	ledger *record.Ledger
}

func newPrivate(t *testing.T) *evidence.PrivateKey {
	t.Helper()
	key, err := evidence.GenerateKey(evidence.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// approver makes a person with a key and a log of their own.
func (b *bench) approver(name string) *approver {
	logKey := newPrivate(b.t)
	ledger := *b.ledger
	ledger.Operator, ledger.Writer = newPrivate(b.t), record.Signer{ID: name, Key: logKey.Public().AuthorizedKey()}
	ledger.Log = b.ledger.Store.OpenLog("acme", name, logKey, filepath.Join(inMemory(b.t), "heads"))
	return &approver{b, &ledger}
}

// decide signs what was decided about the run as it stands.
func (a *approver) decide(run, decision, to string, edit ...func(*record.Approval, *record.Shown)) {
	a.t.Helper()
	request := a.account(run).Request()
	if request == nil {
		a.t.Fatalf("the run %s waits for no approval", run)
	}
	shown := record.Shown{Run: run, Start: request.Start, Segments: request.Segments, Step: request.Step, Text: "the page"}
	said := record.Approval{
		Client: "acme", Writer: a.ledger.Writer, Operator: a.ledger.Signer(), Signed: a.now, Decision: decision, To: to,
		Run: run, Start: request.Start, Step: request.Step, Round: request.Round,
	}
	for _, e := range edit {
		e(&said, &shown)
	}
	var err error
	if said.Shown, err = a.ledger.PutJSON(shown); err == nil {
		said.Why, err = a.ledger.PutJSON(record.Words{Text: "month-end exports"})
	}
	if err == nil {
		_, _, err = a.ledger.Say(a.t.Context(), record.KindApproval, said)
	}
	if err != nil {
		a.t.Fatal(err)
	}
}

const looked = `steps:
  - {id: a, title: A, do: a}
  - {id: look, title: Look, look: 1}
  - {id: c, title: C, do: c}
`

// parkedAt runs a job that has to wait for an approval.
func (b *bench) parkedAt(job Job, step string) string {
	b.t.Helper()
	outcome, err := Run(b.t.Context(), job)
	if err != nil || outcome.Parked != step {
		b.t.Fatalf("%+v, error %v", outcome, err)
	}
	return outcome.Run
}

// goOn resumes and gives how the run is told.
func (b *bench) goOn(job Job, run string) (Outcome, string) {
	b.t.Helper()
	outcome, err := b.resume(job, run)
	if err != nil {
		b.t.Fatal(err)
	}
	return outcome, told(b.account(run).Steps())
}

func TestApproved(t *testing.T) {
	b := newBench(t)
	job := b.job(looked)
	run := b.parkedAt(job, "look")
	if e := b.events[len(b.events)-1]; !strings.Contains(e.Message, "waiting for 1 approval by a lead, until ") || !strings.Contains(e.Hint, "msp approve") {
		t.Errorf("it says %q, %q", e.Message, e.Hint)
	}
	if outcome, steps := b.goOn(job, run); outcome.Parked != "look" || steps != "a passed" || len(b.account(run).Segments) != 1 {
		t.Fatalf("without an approval: %+v, %s", outcome, steps)
	}
	b.now = b.now.Add(time.Minute)
	b.approver("desk").decide(run, record.Approve, "")
	outcome, steps := b.goOn(job, run)
	if steps != "a passed, look passed, c passed" || outcome.Verdict.Outcome != record.RunDone {
		t.Fatalf("%+v, %s", outcome, steps)
	}
	look := b.account(run).Steps()[1]
	if look.Proof != runbook.Approved || len(look.Approvals) != 1 || look.Duration.Span() != time.Minute {
		t.Errorf("%+v", look)
	}
}

// TestNothingDoneYet: who approves is shown a segment, also an empty one.
func TestNothingDoneYet(t *testing.T) {
	b := newBench(t)
	job := b.job("steps: [{id: look, title: Look, look: 1}, {id: again, title: Again, look: 1}]\n")
	run := b.parkedAt(job, "look")
	desk := b.approver("desk")
	desk.decide(run, record.Approve, "")
	if outcome, steps := b.goOn(job, run); outcome.Parked != "again" || steps != "look passed" {
		t.Fatalf("%+v, %s", outcome, steps)
	}
	desk.decide(run, record.Approve, "")
	if outcome, steps := b.goOn(job, run); outcome.Verdict.Outcome != record.RunDone || len(b.account(run).Segments) != 2 {
		t.Errorf("%+v, %s", outcome, steps)
	}
}

func TestRejected(t *testing.T) {
	b := newBench(t)
	job := b.job(looked)
	run := b.parkedAt(job, "look")
	b.approver("desk").decide(run, record.Reject, "")
	outcome, steps := b.goOn(job, run)
	if steps != "a passed, look failed by rejected" || outcome.Verdict.Outcome != record.RunFailed {
		t.Errorf("%+v, %s", outcome, steps)
	}
	if e := b.events[len(b.events)-2]; e.Failure == nil || !strings.Contains(e.Failure.Found, "month-end exports") {
		t.Errorf("the reason isn't told: %+v", e)
	}
}

func TestPushedBack(t *testing.T) {
	b := newBench(t)
	done := map[string]int{}
	for _, name := range []string{"a", "b", "c"} {
		b.kind.acts[name] = func(context.Context, runbook.Env) (runbook.Result, error) {
			done[name]++
			return runbook.Result{}, nil
		}
	}
	job := b.job("steps:\n  - {id: a, title: A, do: a}\n  - {id: b, title: B, do: b}\n  - {id: look, title: Look, look: 1}\n  - {id: c, title: C, do: c}\n")
	run, desk := b.parkedAt(job, "look"), b.approver("desk")
	desk.decide(run, record.PushBack, "b")
	if outcome, steps := b.goOn(job, run); outcome.Parked != "look" || steps != "a passed, b passed, look pushed_back by pushed_back, b passed" {
		t.Fatalf("%+v, %s", outcome, steps)
	}
	desk.decide(run, record.Approve, "")
	outcome, _ := b.goOn(job, run)
	if outcome.Verdict.Outcome != record.RunDone {
		t.Errorf("%+v", outcome)
	}
	var rounds []int
	for _, s := range b.account(run).Steps() {
		rounds = append(rounds, s.Round)
	}
	if diff := cmp.Diff([]int{0, 0, 0, 1, 1, 1}, rounds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 2, "c": 1}, done); diff != "" {
		t.Error(diff)
	}
	if got := told(b.account(run).Standing()); got != "a passed, b passed, look passed, c passed" {
		t.Error(got)
	}
}

// TestCutOffAfterPushBack: the crash comes when the push back is in the journal
// and in no statement.
func TestCutOffAfterPushBack(t *testing.T) {
	b := newBench(t)
	job := b.job(looked)
	run := b.parkedAt(job, "look")
	b.approver("desk").decide(run, record.PushBack, "a")
	b.kind.acts["a"] = func(context.Context, runbook.Env) (runbook.Result, error) {
		b.ledger.Disk.Fault = func(evidence.Op, string) error { return errCrash }
		return runbook.Result{}, nil
	}
	if _, err := b.resume(job, run); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	b.ledger.Disk.Fault, b.kind.acts["a"] = nil, nil
	b.people.decide = func(runbook.Task, string) (runbook.Resolution, error) {
		return runbook.Resolution{Choice: runbook.RunAgain}, nil
	}
	if outcome, steps := b.goOn(job, run); outcome.Parked != "look" || steps != "a passed, look pushed_back by pushed_back, a passed" {
		t.Errorf("%+v, %s", outcome, steps)
	}
}

func TestApprovalTimedOut(t *testing.T) {
	for name, c := range map[string]struct {
		at   time.Duration // of the approval
		want string
	}{
		"nobody":  {-1, "a passed, look failed by timeout"},
		"late":    {31 * time.Minute, "a passed, look failed by timeout"},
		"in time": {30 * time.Minute, "a passed, look passed, c passed"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			job := b.job(looked)
			run, parked := b.parkedAt(job, "look"), b.now
			if b.now = parked.Add(c.at); c.at > 0 {
				b.approver("desk").decide(run, record.Approve, "")
			}
			b.now = parked.Add(time.Hour)
			if _, steps := b.goOn(job, run); steps != c.want {
				t.Error(steps)
			}
		})
	}
}

// TestTwoApprovals: the first decision counts, in whatever order the logs are
// read, and the others are there all the same.
func TestTwoApprovals(t *testing.T) {
	for name, c := range map[string]struct {
		first, second, want string
	}{
		"both agree":               {record.Approve, record.Approve, "a passed, look passed"},
		"the first rejects":        {record.Reject, record.Approve, "a passed, look failed by rejected"},
		"the second rejects":       {record.Approve, record.Reject, "a passed, look failed by rejected"},
		"the first pushes it back": {record.PushBack, record.Approve, "a passed, look pushed_back by pushed_back, a passed"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			job := b.job("steps: [{id: a, title: A, do: a}, {id: look, title: Look, look: 2}]\n")
			run := b.parkedAt(job, "look")
			back := func(decision string) string {
				if decision == record.PushBack {
					return "a"
				}
				return ""
			}
			b.now = b.now.Add(time.Minute)
			b.approver("zulu").decide(run, c.first, back(c.first)) // its log is read last
			b.now = b.now.Add(time.Minute)
			b.approver("alpha").decide(run, c.second, back(c.second))
			if _, steps := b.goOn(job, run); steps != c.want {
				t.Error(steps)
			}
			if history, err := record.ReadHistory(b.ledger.Store, "acme", 0); err != nil || len(history.Approvals(run)) != 2 {
				t.Errorf("an approval is lost: %v", err)
			}
		})
	}
	t.Run("one person twice", func(t *testing.T) {
		b := newBench(t)
		job := b.job("steps: [{id: look, title: Look, look: 2}]\n")
		run, desk := b.parkedAt(job, "look"), b.approver("desk")
		desk.decide(run, record.Approve, "")
		desk.decide(run, record.Approve, "")
		if outcome, _ := b.goOn(job, run); outcome.Parked != "look" {
			t.Errorf("%+v", outcome)
		}
	})
}

// TestApprovalsThatCountForNothing: the run goes on waiting, and says why.
func TestApprovalsThatCountForNothing(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(b *bench, run string)
		words string // empty: it is passed over
	}{
		"another step": {func(b *bench, run string) {
			b.approver("desk").decide(run, record.Approve, "", func(a *record.Approval, _ *record.Shown) { a.Step = "c" })
		}, ""},
		"another round": {func(b *bench, run string) {
			b.approver("desk").decide(run, record.Approve, "", func(a *record.Approval, _ *record.Shown) { a.Round = 1 })
		}, ""},
		"another start": {func(b *bench, run string) {
			b.approver("desk").decide(run, record.Approve, "", func(a *record.Approval, _ *record.Shown) { a.Start = runbook.Digest(nil) })
		}, "another run"},
		"another part was shown": {func(b *bench, run string) {
			b.approver("desk").decide(run, record.Approve, "", func(_ *record.Approval, s *record.Shown) { s.Segments = nil })
		}, "0 segments"},
		"a push back to what comes later": {func(b *bench, run string) { b.approver("desk").decide(run, record.PushBack, "c") }, "no step that was done"},
		"a stranger":                      {func(b *bench, run string) { b.trusted(nil); b.approver("desk").decide(run, record.Approve, "") }, "knows nobody"},
		"no lead": {func(b *bench, run string) {
			desk := b.approver("desk")
			b.trusted(map[string][]*record.Ledger{"ben": {desk.ledger}}, trust.Operator)
			desk.decide(run, record.Approve, "")
		}, "none of the roles"},
		"the operator with another key": {func(b *bench, run string) {
			desk := b.approver("desk")
			b.trusted(map[string][]*record.Ledger{"ana": {b.ledger, desk.ledger}}, trust.Lead)
			desk.decide(run, record.Approve, "")
		}, "with another key"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			job := b.job(looked)
			run := b.parkedAt(job, "look")
			c.do(b, run)
			b.events = nil
			outcome, err := b.resume(job, run)
			if err != nil || outcome.Parked != "look" {
				t.Fatalf("%+v, error %v", outcome, err)
			}
			said := slices.ContainsFunc(b.events, func(e runbook.Event) bool {
				return e.Kind == runbook.Notice && strings.Contains(e.Message, c.words)
			})
			if said != (c.words != "") {
				t.Errorf("nothing says %q: %+v", c.words, b.events)
			}
		})
	}
}

// trusted signs who may do what, beside the operator.
func (b *bench) trusted(people map[string][]*record.Ledger, roles ...trust.Role) {
	b.t.Helper()
	root, err := evidence.GenerateKey(evidence.Ed25519)
	if err != nil {
		b.t.Fatal(err)
	}
	signer := record.SignerOf(root.Public())
	version := trust.Version{Number: 1, Threshold: 1, Roots: []trust.Root{{Principal: "root", Key: signer.Key}}}
	for id, ledgers := range people {
		p := trust.Principal{ID: id, Roles: roles}
		for _, l := range ledgers {
			p.Keys = append(p.Keys, trust.Key{Key: l.Signer().Key})
		}
		version.Principals = append(version.Principals, p)
	}
	said := record.Trust{Client: "acme", Writer: b.ledger.Writer, Roots: []record.Signer{signer}, Signed: b.now, Version: version, Roster: runbook.Digest(nil)}
	if _, _, err := b.ledger.Say(b.t.Context(), record.KindTrust, said, root); err != nil {
		b.t.Fatal(err)
	}
}

// TestApproverDoesNotGoOn: four eyes also behind the decision.
func TestApproverDoesNotGoOn(t *testing.T) {
	b := newBench(t)
	job := b.job(looked)
	run, desk := b.parkedAt(job, "look"), b.approver("desk")
	desk.decide(run, record.Approve, "")
	theirs := job
	theirs.Ledger = desk.ledger
	if _, err := b.resume(theirs, run); !errors.Is(err, ErrOwnDecision) {
		t.Errorf("error %v", err)
	}
	if _, steps := b.goOn(job, run); steps != "a passed, look passed, c passed" {
		t.Error(steps)
	}
}
