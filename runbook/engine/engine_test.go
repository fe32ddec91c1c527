package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
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
)

// act is what a step of a test does; its name stands under "do".
type act func(ctx context.Context, env runbook.Env) (runbook.Result, error)

// doKind is a step kind whose steps are written in Go.
type doKind struct {
	acts    map[string]act
	outputs map[string]runbook.Type
}

func (doKind) Name() string { return "do" }

func (k doKind) Decode(n *document.Node, d *document.Decoder) runbook.Action {
	return doAction{name: d.String(n), kind: k}
}

type doAction struct {
	name string
	kind doKind
}

func (doAction) Check(*runbook.Scope, *document.Decoder) {}
func (a doAction) Outputs() map[string]runbook.Type      { return a.kind.outputs }
func (doAction) Repeatable() bool                        { return false }
func (a doAction) Describe() string                      { return "do " + a.name }
func (a doAction) Run(ctx context.Context, env runbook.Env) (runbook.Result, error) {
	if do := a.kind.acts[a.name]; do != nil {
		return do(ctx, env)
	}
	return runbook.Result{}, nil
}

// crew answers questions in turn; without an answer they wait.
type crew struct {
	decide func(t runbook.Task, doubt string) (runbook.Resolution, error)
	do     func(t runbook.Task) (runbook.Answer, error)
}

func (c crew) Do(_ context.Context, t runbook.Task) (runbook.Answer, error) {
	if c.do == nil {
		return runbook.Answer{}, runbook.ErrPark
	}
	return c.do(t)
}

func (c crew) Decide(_ context.Context, t runbook.Task, doubt string) (runbook.Resolution, error) {
	if c.decide == nil {
		return runbook.Resolution{}, runbook.ErrPark
	}
	return c.decide(t, doubt)
}

func (crew) Value(context.Context, runbook.Field) (string, error) { return "", runbook.ErrPark }

// bench is a place for runs, with a clock that stands until somebody sleeps.
type bench struct {
	t      *testing.T
	kind   doKind
	folder string
	ledger *record.Ledger
	now    time.Time
	slept  []time.Duration
	events []runbook.Event
	people crew
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		t: t, kind: doKind{acts: map[string]act{}, outputs: map[string]runbook.Type{}}, folder: t.TempDir(),
		now: time.Date(2026, 11, 21, 7, 16, 0, 0, time.UTC),
	}
	disk, keys := &evidence.Disk{}, [2]*evidence.PrivateKey{}
	for i := range keys {
		var err error
		if keys[i], err = evidence.GenerateKey("ed25519"); err != nil {
			t.Fatal(err)
		}
	}
	base := inMemory(t)
	store := evidence.OpenStore(disk, filepath.Join(base, "acme"))
	b.ledger = &record.Ledger{
		Disk: disk, Store: store, Client: "acme", Operator: keys[0],
		Log:    store.OpenLog("acme", "laptop", keys[1], filepath.Join(base, "heads")),
		Writer: record.Signer{ID: "laptop", Key: keys[1].Public().AuthorizedKey()},
	}
	return b
}

// inMemory is a folder on which waiting for the disk costs nothing, where the
// system has one.
func inMemory(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "msp-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

func (b *bench) book(steps string) *runbook.Runbook {
	b.t.Helper()
	source := "apiVersion: msp/v1\nkind: Runbook\nid: book\nversion: 1.0.0\ntitle: A book\n" + steps
	book, problems := runbook.Load("book.yaml", []byte(source), []runbook.Kind{b.kind, lookKind{}})
	if len(problems) > 0 {
		b.t.Fatal(problems)
	}
	return book
}

func (b *bench) job(steps string) Job {
	b.t.Helper()
	return Job{
		Runbook: b.book(steps), Client: "acme", Folder: b.folder, Environ: os.Environ(), Ledger: b.ledger, People: b.people,
		Emit: func(e runbook.Event) { b.events = append(b.events, e) },
		Now:  func() time.Time { return b.now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			b.slept, b.now = append(b.slept, d), b.now.Add(d)
			return ctx.Err()
		},
	}
}

func (b *bench) account(run string) *record.Account {
	b.t.Helper()
	history, err := record.ReadHistory(b.ledger.Store, "acme", b.ledger.MaxBytes())
	if err != nil || len(history.Problems) > 0 {
		b.t.Fatal(err, history.Problems)
	}
	account := history.Run(run)
	if account == nil {
		b.t.Fatalf("no log holds the run %s", run)
	}
	return account
}

// run does a job to its end and gives its steps.
func (b *bench) run(job Job) (Outcome, []record.Step) {
	b.t.Helper()
	outcome, err := Run(b.t.Context(), job)
	if err != nil {
		b.t.Fatal(err)
	}
	return outcome, b.account(outcome.Run).Steps()
}

func (b *bench) resume(job Job, run string) (Outcome, error) {
	job.People = b.people
	return Resume(b.t.Context(), job, b.account(run))
}

func told(steps []record.Step) string {
	var words []string
	for _, s := range steps {
		word := s.ID + " " + string(s.Outcome)
		if s.Cause != "" {
			word += " by " + string(s.Cause)
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

const threeSteps = `steps:
  - {id: a, title: A, do: a}
  - {id: b, title: B, do: b}
  - {id: c, title: C, do: c}
`

var errCrash = errors.New("the power is gone")

// cutOff runs a job and cuts it off while a step is under way: what is on disk
// stays, and nothing is written any more.
func (b *bench) cutOff(job Job, step string) string {
	b.t.Helper()
	was := b.kind.acts[step]
	b.kind.acts[step] = func(context.Context, runbook.Env) (runbook.Result, error) {
		b.ledger.Disk.Fault = func(evidence.Op, string) error { return errCrash }
		return runbook.Result{}, nil
	}
	outcome, err := Run(b.t.Context(), job)
	if !errors.Is(err, errCrash) || outcome.Run == "" {
		b.t.Fatalf("%+v, error %v", outcome, err)
	}
	b.ledger.Disk.Fault, b.kind.acts[step] = nil, was
	return outcome.Run
}

func TestDone(t *testing.T) {
	b := newBench(t)
	outcome, steps := b.run(b.job(threeSteps))
	if outcome.Verdict.Outcome != record.RunDone || told(steps) != "a passed, b passed, c passed" {
		t.Errorf("%+v: %s", outcome, told(steps))
	}
	if left, _ := filepath.Glob(b.ledger.Store.Path("runs", "laptop", "*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// TestFlow holds which steps are done, and what the run is then worth.
func TestFlow(t *testing.T) {
	no := func(context.Context, runbook.Env) (runbook.Result, error) {
		return runbook.Result{}, &runbook.Failure{Found: "three", Expected: "two"}
	}
	fault := func(context.Context, runbook.Env) (runbook.Result, error) {
		return runbook.Result{}, errors.New("no route to host")
	}
	for name, test := range map[string]struct {
		steps, want string
		verdict     record.RunOutcome
		startAt     string
	}{
		"a failure aborts": {
			"- {id: a, title: A, do: no}\n- {id: b, title: B, do: yes}", "a failed by expectation", record.RunFailed, "",
		},
		"an error": {
			"- {id: a, title: A, do: fault}", "a failed by error", record.RunFailed, "",
		},
		"continue": {
			"- {id: a, title: A, do: no, on_failure: continue}\n- {id: b, title: B, do: yes}", "a failed by expectation, b passed", record.RunFailed, "",
		},
		"should": {
			"- {id: a, title: A, do: no, on_failure: continue, priority: should}\n- {id: b, title: B, do: yes}", "a failed by expectation, b passed", record.RunDone, "",
		},
		"should, and nothing behind it was done": {
			"- {id: a, title: A, do: no, priority: should}\n- {id: b, title: B, do: yes}", "a failed by expectation", record.RunFailed, "",
		},
		"needs a step that failed": {
			"- {id: a, title: A, do: no, on_failure: continue, priority: should}\n- {id: b, title: B, do: yes, needs: [a]}", "a failed by expectation, b skipped by need", record.RunFailed, "",
		},
		"a chain of needs": {
			"- {id: a, title: A, do: yes, if: 'false'}\n- {id: b, title: B, do: yes, needs: [a]}\n- {id: c, title: C, do: yes, needs: [b]}",
			"a not_needed by condition, b not_needed by need, c not_needed by need", record.RunDone, "",
		},
		"an if decides over a need": {
			"- {id: a, title: A, do: no, on_failure: continue, priority: should}\n- {id: b, title: B, do: yes, needs: [a], if: steps.a.failed}",
			"a failed by expectation, b passed", record.RunDone, "",
		},
		"a false if": {
			"- {id: a, title: A, do: yes, if: 1 > 2}\n- {id: b, title: B, do: yes, if: steps.a.skipped}", "a not_needed by condition, b passed", record.RunDone, "",
		},
		"an if that can't be told": {
			"- {id: a, title: A, do: yes, if: 1 % int(run.client) > 2}", "a failed by error", record.RunFailed, "",
		},
		"a precondition": {
			"- {id: a, title: A, do: yes, preconditions: [1 < 2, 2 < 1]}", "a failed by precondition", record.RunFailed, "",
		},
		"start at": {
			"- {id: a, title: A, do: no}\n- {id: b, title: B, do: yes}", "a left_out by start_at, b passed", record.RunDone, "b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.kind.acts["no"], b.kind.acts["fault"] = no, fault
			job := b.job("steps:\n" + test.steps + "\n")
			job.StartAt = test.startAt
			outcome, steps := b.run(job)
			if told(steps) != test.want || outcome.Verdict.Outcome != test.verdict {
				t.Errorf("%s: %+v", told(steps), outcome.Verdict)
			}
			if deviates := slices.Contains(outcome.Verdict.Deviations, record.DeviatedStartAt); deviates != (test.startAt != "") {
				t.Errorf("deviations %v", outcome.Verdict.Deviations)
			}
		})
	}
}

func TestStartAtNothing(t *testing.T) {
	b := newBench(t)
	job := b.job(threeSteps)
	job.StartAt = "d"
	if _, err := Run(t.Context(), job); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(b.ledger.Store.Root()); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
}

func TestRetry(t *testing.T) {
	for most, want := range map[int]string{2: "a failed by error", 4: "a passed"} {
		b := newBench(t)
		tries := 0
		b.kind.acts["a"] = func(_ context.Context, env runbook.Env) (runbook.Result, error) {
			tries++
			fmt.Fprintf(env.Output(), "try %d\n", tries)
			if tries < 4 {
				return runbook.Result{}, errors.New("busy")
			}
			return runbook.Result{}, nil
		}
		_, steps := b.run(b.job(fmt.Sprintf(`steps:
  - {id: a, title: A, do: a, retry: {max_attempts: %d, delay: 2s, backoff: 3, max_delay: 10s}}
`, most)))
		if told(steps) != want || steps[0].Attempts != most || tries != most {
			t.Errorf("%s after %d of %d tries", told(steps), tries, most)
		}
		if diff := cmp.Diff([]time.Duration{2 * time.Second, 6 * time.Second, 10 * time.Second}[:most-1], b.slept); diff != "" {
			t.Errorf("pauses (-want +got):\n%s", diff)
		}
		kept, err := record.GetBlob(b.ledger.Store, steps[0].Stdout.Digest)
		if err != nil || !strings.Contains(string(kept), "try 1\n[msp: attempt 2]\ntry 2\n") {
			t.Errorf("%q, error %v", kept, err)
		}
	}
}

// TestInterruptedByPerson holds that ctrl-C aborts a run, whatever the step
// says about failures.
func TestInterruptedByPerson(t *testing.T) {
	for name, steps := range map[string]string{
		"abort":             "- {id: a, title: A, do: a}\n- {id: b, title: B, do: b}",
		"continue":          "- {id: a, title: A, do: a, on_failure: continue}\n- {id: b, title: B, do: b}",
		"continue, at last": "- {id: a, title: A, do: a, on_failure: continue}",
		"should":            "- {id: a, title: A, do: a, on_failure: continue, priority: should}",
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			ctx, cancel := context.WithCancel(t.Context())
			b.kind.acts["a"] = func(context.Context, runbook.Env) (runbook.Result, error) {
				cancel()
				return runbook.Result{}, ctx.Err()
			}
			b.kind.acts["b"] = func(context.Context, runbook.Env) (runbook.Result, error) {
				t.Error("the next step was done")
				return runbook.Result{}, nil
			}
			outcome, err := Run(ctx, b.job("steps:\n"+steps+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			account := b.account(outcome.Run)
			if outcome.Verdict.Outcome != record.RunAborted || !account.End.Body.Aborted || told(account.Steps()) != "a interrupted by abort" {
				t.Errorf("%+v: %s", outcome.Verdict, told(account.Steps()))
			}
		})
	}
}

// TestTooLate holds that a ctrl-C after the last step aborts nothing.
func TestTooLate(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.kind.acts["c"] = func(context.Context, runbook.Env) (runbook.Result, error) {
		cancel()
		return runbook.Result{}, nil
	}
	outcome, err := Run(ctx, b.job(threeSteps))
	if err != nil || outcome.Verdict.Outcome != record.RunDone {
		t.Errorf("%+v, error %v", outcome, err)
	}
}

func TestCutOff(t *testing.T) {
	for name, test := range map[string]struct {
		interrupted string
		choice      runbook.Interruption
		want        string
		done        int // times
	}{
		"rerun":         {"rerun", "", "a passed, b passed, c passed", 1},
		"fail":          {"fail", "", "a passed, b interrupted by cut_off", 0},
		"ask, again":    {"ask", runbook.RunAgain, "a passed, b passed, c passed", 1},
		"ask, was done": {"ask", runbook.WasDone, "a passed, b passed, c passed", 0},
		"ask, given up": {"ask", runbook.GiveUp, "a passed, b interrupted by cut_off", 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			done := 0
			b.kind.acts["b"] = func(context.Context, runbook.Env) (runbook.Result, error) {
				done++
				return runbook.Result{}, nil
			}
			job := b.job(strings.Replace(threeSteps, "do: b", "do: b, interrupted: "+test.interrupted, 1))
			run := b.cutOff(job, "b")
			asked := 0
			b.people.decide = func(task runbook.Task, doubt string) (runbook.Resolution, error) {
				asked++
				if task.Step != "b" || !strings.Contains(doubt, "attempt 1") {
					t.Errorf("%+v: %s", task, doubt)
				}
				return runbook.Resolution{Choice: test.choice, Reason: "I looked"}, nil
			}
			if _, err := b.resume(job, run); err != nil {
				t.Fatal(err)
			}
			steps := b.account(run).Steps()
			if told(steps) != test.want || done != test.done || (asked == 1) != (test.choice != "") {
				t.Errorf("%s; done %d times, asked %d times", told(steps), done, asked)
			}
			if s := steps[1]; !s.CutOff || s.Attempts != 2*test.done {
				t.Errorf("%+v", s)
			}
			if !steps[0].Recovered || steps[1].Recovered {
				t.Errorf("recovered: %v, %v", steps[0].Recovered, steps[1].Recovered)
			}
			if _, err := b.resume(job, run); !errors.Is(err, ErrFinished) {
				t.Errorf("resumed again: %v", err)
			}
		})
	}
}

// TestDoubtIsKept holds that a step in doubt stays so while nobody is there to
// decide, however often the run is resumed.
func TestDoubtIsKept(t *testing.T) {
	b := newBench(t)
	job := b.job(threeSteps)
	run := b.cutOff(job, "b")
	b.kind.acts["b"] = func(context.Context, runbook.Env) (runbook.Result, error) {
		t.Error("the step in doubt was done again, and nobody had been asked")
		return runbook.Result{}, nil
	}
	for range 3 {
		outcome, err := b.resume(job, run)
		if err != nil || outcome.Parked != "b" {
			t.Fatalf("%+v, error %v", outcome, err)
		}
	}
	asked := 0
	b.people.decide = func(runbook.Task, string) (runbook.Resolution, error) {
		asked++
		return runbook.Resolution{Choice: runbook.WasDone, Reason: "I looked"}, nil
	}
	outcome, err := b.resume(job, run)
	if err != nil || asked != 1 || outcome.Verdict.Outcome != record.RunDone {
		t.Errorf("%+v, error %v, asked %d times", outcome, err, asked)
	}
	if steps := b.account(run).Steps(); told(steps) != "a passed, b passed, c passed" || !steps[1].CutOff {
		t.Errorf("%+v", steps)
	}
}

// TestDoubtWithoutFolder decides about a step whose folder has gone meanwhile.
func TestDoubtWithoutFolder(t *testing.T) {
	b := newBench(t)
	work := filepath.Join(b.folder, "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		t.Fatal(err)
	}
	job := b.job("steps:\n- {id: a, title: A, do: a, dir: work}\n")
	run := b.cutOff(job, "a")
	if err := os.Remove(work); err != nil {
		t.Fatal(err)
	}
	b.people.decide = func(runbook.Task, string) (runbook.Resolution, error) {
		return runbook.Resolution{Choice: runbook.GiveUp}, nil
	}
	outcome, err := b.resume(job, run)
	if err != nil || outcome.Verdict.Outcome != record.RunFailed {
		t.Errorf("%+v, error %v", outcome, err)
	}
}

// TestManySteps needs more statements than one.
func TestManySteps(t *testing.T) {
	b := newBench(t)
	b.ledger.Limit = 64 << 10
	b.kind.acts["a"] = func(_ context.Context, env runbook.Env) (runbook.Result, error) {
		var r runbook.Result
		fmt.Fprintln(env.Output(), "said")
		for i := range 12 {
			kept, err := env.Attach(fmt.Sprintf("evidence_with_a_long_name_%d", i), strings.NewReader("content"))
			if err != nil {
				return r, err
			}
			r.Evidence = append(r.Evidence, kept)
		}
		return r, nil
	}
	var steps strings.Builder
	steps.WriteString("steps:\n")
	for i := range 60 {
		fmt.Fprintf(&steps, "- {id: step_%d, title: Step, do: a}\n", i)
	}
	outcome, err := Run(t.Context(), b.job(steps.String()))
	if err != nil || outcome.Verdict.Outcome != record.RunDone {
		t.Fatalf("%+v, error %v", outcome, err)
	}
	account := b.account(outcome.Run)
	if len(account.Steps()) != 60 || len(account.Segments) < 2 {
		t.Errorf("%d steps in %d segments", len(account.Steps()), len(account.Segments))
	}
}

// TestToolsOnce holds that a program is named once, also by a resumed run.
func TestToolsOnce(t *testing.T) {
	b := newBench(t)
	echo := func(ctx context.Context, env runbook.Env) (runbook.Result, error) {
		exit, err := env.Exec(ctx, runbook.Program{Name: "echo", Args: []string{"hello"}})
		return runbook.Result{Exit: &exit}, err
	}
	b.kind.acts["a"], b.kind.acts["b"], b.kind.acts["c"] = echo, echo, echo
	job := b.job(strings.Replace(threeSteps, "do: b", "do: b, interrupted: rerun", 1))
	run := b.cutOff(job, "b")
	if _, err := b.resume(job, run); err != nil {
		t.Fatal(err)
	}
	if tools := b.account(run).End.Body.Tools; len(tools) != 1 || tools[0].Name != "echo" {
		t.Errorf("%+v", tools)
	}
}

// TestStartedAllTheSame fails each durable step of a run's beginning: the
// outcome names the run exactly when the log has its start.
func TestStartedAllTheSame(t *testing.T) {
	named := 0
	for n := 0; ; n++ {
		b := newBench(t)
		step, hit := 0, false
		b.ledger.Disk.Fault = func(evidence.Op, string) error {
			step++
			if hit = hit || step > n; hit {
				return errCrash
			}
			return nil
		}
		job := b.job(threeSteps)
		began := false
		b.kind.acts["a"] = func(context.Context, runbook.Env) (runbook.Result, error) {
			began = true
			return runbook.Result{}, nil
		}
		outcome, err := Run(t.Context(), job)
		if began {
			break
		}
		b.ledger.Disk.Fault = nil
		history, bad := record.ReadHistory(b.ledger.Store, "acme", 0)
		if bad != nil || len(history.Problems) > 0 || !errors.Is(err, errCrash) {
			t.Fatalf("after %d steps: %v, %v", n, err, bad)
		}
		if logged := len(history.Accounts) == 1; logged != (outcome.Run != "") {
			t.Errorf("after %d steps: in the log: %v, outcome %+v", n, logged, outcome)
		} else if logged {
			named++
		}
	}
	if named == 0 {
		t.Error("no step failed between the log and the first step")
	}
}

// TestTooMuchToRead holds that an output isn't read from the first part of
// what was printed.
func TestTooMuchToRead(t *testing.T) {
	b := newBench(t)
	b.kind.acts["a"] = func(_ context.Context, env runbook.Env) (runbook.Result, error) {
		for range captureLimit/1024 + 1 {
			fmt.Fprintln(env.Output(), strings.Repeat("x", 1023))
		}
		return runbook.Result{}, nil
	}
	_, steps := b.run(b.job("steps:\n- {id: a, title: A, do: a, outputs: {all: {from: stdout, pattern: '(x)'}}}\n"))
	if told(steps) != "a failed by error" {
		t.Error(told(steps))
	}
}

// TestEventsAreMasked holds that the screen gets no secret from an error.
func TestEventsAreMasked(t *testing.T) {
	b := newBench(t)
	const secret = "hunter2-hunter2"
	b.kind.acts["a"] = func(_ context.Context, env runbook.Env) (runbook.Result, error) {
		fmt.Fprintln(env.Output(), "out "+secret)
		return runbook.Result{}, &runbook.Failure{Found: "got " + secret, Expected: "not " + secret}
	}
	job := b.job("secrets: [{name: TOKEN, from: {env: TOKEN}}]\nsteps:\n- {id: a, title: A, do: a, retry: {max_attempts: 2}}\n")
	job.Secrets = map[string]string{"TOKEN": secret}
	_, steps := b.run(job)
	if shown := fmt.Sprintf("%+v %+v", b.events, steps); strings.Contains(shown, secret) || !strings.Contains(shown, "got [masked TOKEN]") && len(b.events) < 4 {
		t.Error(shown)
	}
	if steps[0].Stdout.Replaced["TOKEN"] != 2 {
		t.Errorf("%+v", steps[0].Stdout)
	}
}
