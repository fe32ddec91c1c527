package audit_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/stamp/stamptest"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// A scene is a bench, a timestamp authority whose clock is the bench's, and a
// witness.
type scene struct {
	*bench
	tsa     *stamptest.TSA
	witness witness.Client
	err     error // that the witness gave
}

func newScene(t testing.TB) *scene {
	t.Helper()
	b, tsa := newStamped(t)
	s := &scene{bench: b, tsa: tsa}
	w := &witness.Witness{
		Name: "client.example/w1", Key: newKey(t), Heads: filepath.Join(t.TempDir(), "heads"), Disk: &evidence.Disk{},
		Log: func(origin string) (evidence.PublicKey, bool, error) {
			return b.logKey.Public(), origin == evidence.Origin("acme", "laptop"), nil
		},
		Now: func() time.Time { return b.now },
	}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	s.witness = witness.Client{URL: server.URL + "/", Verifier: must(witness.ParseVerifier(w.Verifier()))}
	return s
}

// show shows the newest checkpoint to the witness.
func (s *scene) show() {
	view := must(s.store.ReadLog("acme", "laptop", s.logKey.Public()))
	_, _, s.err = s.witness.Cosign(s.t.Context(), view, view.Checkpoint)
}

func (s *scene) stamp() string { return s.anchor(s.tsa) }

// stampAt stamps the log at another time, and comes back.
func (s *scene) stampAt(then time.Time) {
	now := s.now
	s.now = then
	s.stamp()
	s.now = now
}

func (s *scene) roster() *roster { return newRoster(s.bench) }

// A seat is an installation.
type seat struct {
	ledger *record.Ledger
	key    *evidence.PrivateKey
}

// sit goes on at another installation, and gives the one before.
func (b *bench) sit(at seat) (was seat) {
	was = seat{b.laptop, b.logKey}
	b.laptop, b.logKey = at.ledger, at.key
	return was
}

func (b *bench) desk(operator *evidence.PrivateKey) seat {
	key := newKey(b.t)
	return seat{b.ledger("desk", key, operator), key}
}

// desk is an installation that the next version of the roster names.
func (r *roster) desk() seat {
	desk := r.bench.desk(r.ben)
	r.version.Writers = append(r.version.Writers, trust.Writer{ID: "desk", Key: desk.key.Public().AuthorizedKey()})
	return desk
}

// ack logs something that has no weight.
func (b *bench) ack() {
	b.saying(b.laptop, record.KindAck, record.Ack{
		Client: "acme", Writer: b.laptop.Writer, Operator: b.laptop.Signer(), Signed: b.pass(time.Second), Occurrence: "acme/x",
		Why: must(b.laptop.PutJSON(record.Words{Text: "noted"})),
	})
}

// A check looks at a scene when all is told.
type check func(t *testing.T, s *scene)

// found is caught as a finding.
func found(rule, phrase string) check {
	return func(t *testing.T, s *scene) {
		t.Helper()
		r := s.verify()
		if !says(r.Findings, rule, phrase) {
			t.Errorf("no finding %s that says %q:", rule, phrase)
			for _, f := range r.Findings {
				t.Errorf("%s: %s", f.Rule, f.What)
			}
		}
		if r.OK() {
			t.Error("the evidence is called whole")
		}
	}
}

// told is said among what can't be shown.
func told(rule, phrase string) check {
	return func(t *testing.T, s *scene) {
		t.Helper()
		r := s.verify()
		wantOK(t, r)
		if !says(r.Unshown, rule, phrase) {
			t.Errorf("nothing says %q: %v", phrase, r.Unshown)
		}
	}
}

// untold is whole, and leaves no room for a doubt of this kind.
func untold(rule string) check {
	return func(t *testing.T, s *scene) {
		t.Helper()
		r := s.verify()
		wantOK(t, r)
		if says(r.Unshown, rule, "") {
			t.Errorf("%s is said where it isn't so", rule)
		}
	}
}

func says(all []audit.Finding, rule, phrase string) bool {
	return slices.ContainsFunc(all, func(f audit.Finding) bool { return f.Rule == rule && strings.Contains(f.What, phrase) })
}

// refused is what the witness says.
func refused(phrase string) check {
	return func(t *testing.T, s *scene) {
		t.Helper()
		var refused *witness.ErrRefused
		if !errors.As(s.err, &refused) || !strings.Contains(s.err.Error(), phrase) {
			t.Errorf("the witness says %v, and not %q", s.err, phrase)
		}
	}
}

func cosigned(t *testing.T, s *scene) {
	t.Helper()
	if s.err != nil {
		t.Error(s.err)
	}
	whole(t, s)
}

// whole is evidence in which nothing is wrong.
func whole(t *testing.T, s *scene) {
	t.Helper()
	wantOK(t, s.verify())
}

// counted holds for what the report counts.
func counted(what string, holds func(r *audit.Report) bool) check {
	return func(t *testing.T, s *scene) {
		t.Helper()
		if r := s.verify(); !holds(r) {
			t.Errorf("not so: %s: %+v, missed %+v", what, r.Counts, r.Missed)
		}
	}
}

// A tableLine is a line of the table "What catches what": what somebody does, how
// it is caught, and what looks like it and is honest.
type tableLine struct {
	someone string
	attack  func(s *scene)
	caught  check
	twin    func(s *scene)
	passes  check
}

func honest(s *scene) { s.history() }

var table = slices.Concat(tableOfFiles, tableOfTimes, tableOfLogs, tableOfRuns, tableOfKeys, tableOfOccurrences, tableOfHolds, tableOfPauses)

// TestWhatCatchesWhat plays each line of the table with real files.
func TestWhatCatchesWhat(t *testing.T) {
	for _, line := range table {
		t.Run(line.someone, func(t *testing.T) {
			t.Parallel()
			attacked := newScene(t)
			line.attack(attacked)
			line.caught(t, attacked)
			twin := newScene(t)
			line.twin(twin)
			line.passes(t, twin)
		})
	}
}

// Somebody who can write files, and has at most the key of the log.
var tableOfFiles = []tableLine{
	{
		"edits a record",
		func(s *scene) { s.edit(recordFile(s.history()[1].endRef), flipAt(99)) }, found("record-changed", "was changed"),
		honest, whole,
	},
	{
		"edits a blob",
		func(s *scene) { s.edit(blobFile(s.history()[1].steps[1].Evidence[0].Digest), flipAt(35)) }, found("blob-changed", "console of the step look"),
		honest, whole,
	},
	{
		"edits a leaf",
		func(s *scene) { s.history(); s.edit("logs/laptop/tile/entries/000.p/9", flipAt(120)) }, found("entry-changed", "entry 0"),
		honest, whole,
	},
	{
		"edits a tile",
		func(s *scene) { s.history(); s.edit("logs/laptop/tile/0/000.p/9", flipAt(70)) }, found("tile-changed", "hash 2"),
		honest, whole,
	},
	{
		"forges a record in the middle",
		func(s *scene) { forge(s.bench, s.history()[1]) }, found("record-changed", "entry 3 of the log of laptop"),
		honest, whole,
	},
	{
		"forges the last record",
		func(s *scene) { forge(s.bench, s.history()[3]) }, found("record-changed", "entry 8 of the log of laptop"),
		honest, whole,
	},
	{
		"empties the log",
		func(s *scene) { s.history(); must(0, os.RemoveAll(s.path("logs"))) }, found("log-empty", "there is no log"),
		honest, whole,
	},
	{
		"removes a signature",
		func(s *scene) {
			told := s.begin().tell(1000)
			bare, _, _ := bytes.Cut(must(os.ReadFile(s.path(recordFile(told.endRef)))), []byte(`"signatures":`))
			s.rewrite("laptop", s.logKey, s.leaves()[:1])
			must(0, os.RemoveAll(filepath.Join(s.dir, "heads")))
			s.log("run", told.start.Run, append(bare, `"signatures":[]}`...))
		}, found("signature-missing", "no signature"),
		honest, whole,
	},
	{
		"signs with the wrong key",
		func(s *scene) {
			run := s.begin()
			run.sealWith = newKey(s.t)
			run.tell(1000)
		}, found("signature-wrong", "none of the keys expected"),
		func(s *scene) {
			run := s.begin()
			run.sealWith = s.operator
			run.tell(1000)
		}, whole,
	},
	{
		"reorders the log",
		func(s *scene) {
			s.begin().tell(1000)
			l := s.leaves()
			s.rewrite("laptop", s.logKey, []evidence.Leaf{l[1], l[0]})
		}, found("order", "lies before the start"),
		func(s *scene) { s.begin().tell(1000); s.rewrite("laptop", s.logKey, s.leaves()) }, whole,
	},
	{
		"plants Outcome beside outcome",
		func(s *scene) {
			run := s.begin()
			run.editPayload = func(p []byte) []byte {
				return bytes.Replace(p, []byte(`"outcome":"done"`), []byte(`"outcome":"done","Outcome":"failed"`), 1)
			}
			run.tell(1000)
		}, found("statement-malformed", `wrong case: "Outcome"`),
		honest, whole,
	},
}

// Somebody who has the keys of operator and log, and lies about when.
var tableOfTimes = []tableLine{
	{
		"back-dates a run",
		func(s *scene) {
			now := s.now.Add(72 * time.Hour)
			run := s.begin()
			run.signStart()
			run.work(1000)
			run.finish()
			s.rewindTo(now, s.tsa, run)
		}, found("time-backdated", "it was logged after"),
		func(s *scene) {
			s.begin().tell(1000)
			s.pass(72 * time.Hour) // the authority was out of reach
			s.stamp()
			s.begin().bracket(s.tsa, s.tsa)
		}, whole,
	},
	{
		"makes a record in advance",
		func(s *scene) {
			now := s.now
			s.begin().tell(1000)
			s.stampAt(now)
		}, found("time-ahead", "and it existed by 2026-11-16"),
		func(s *scene) {
			s.tsa.SetClock(func() time.Time { return s.now.Add(-40 * time.Second) })
			s.begin().bracket(s.tsa, s.tsa)
		}, whole,
	},
	{
		"makes a record in advance, and logs it in time",
		func(s *scene) { // what was signed the day before can't name today's token
			r := s.roster()
			r.version.Policy.Level = "bracketed"
			r.sign()
			run := s.begin()
			run.signStart()
			s.stamp()
			run.work(1000)
			run.finish()
			run.signEnd()
			s.stamp()
		}, found("level-below", "is anchored, and the policy demands bracketed"),
		func(s *scene) {
			r := s.roster()
			r.version.Policy.Level = "bracketed"
			r.sign()
			s.begin().bracket(s.tsa, s.tsa)
		}, whole,
	},
	{
		"invents a hold afterwards",
		func(s *scene) {
			s.begin().tell(1000)
			claimed := s.now
			s.pass(48 * time.Hour)
			s.stamp()
			s.now = claimed
			s.holding(s.laptop, "")
		}, found("time-backdated", "the hold statement"),
		func(s *scene) { s.begin().tell(1000); s.holding(s.laptop, ""); s.stamp() }, untold("hold-claimed"),
	},
	{
		"invents a hold, before a token over it",
		func(s *scene) {
			s.begin().tell(1000)
			s.holding(s.laptop, "")
			s.pass(48 * time.Hour)
			s.stamp()
		}, told("hold-claimed", "shown to have been there by 2026-11-19"),
		func(s *scene) { s.begin().tell(1000); s.holding(s.laptop, ""); s.stamp() }, untold("hold-claimed"),
	},
	{
		"invents a hold, so that an erasure was forbidden",
		func(s *scene) {
			first := s.begin().tell(1000)
			claimed := s.now
			s.erasing(s.laptop, nil, stdoutOf(first))
			s.stamp()
			laptop := s.sit(s.desk(s.operator))
			s.ack()
			s.stampAt(s.now.Add(48 * time.Hour))
			s.now = claimed
			s.holding(s.laptop, "")
			s.now = claimed.Add(72 * time.Hour)
			s.sit(laptop)
		}, func(t *testing.T, s *scene) {
			found("time-backdated", "the hold statement")(t, s)
			if says(s.verify().Findings, "erasure-held", "") {
				t.Error("the erasure is blamed for a hold that came later")
			}
		},
		func(s *scene) {
			first := s.begin().tell(1000)
			s.erasing(s.laptop, nil, stdoutOf(first))
			s.stamp()
			laptop := s.sit(s.desk(s.operator))
			s.holding(s.laptop, "")
			s.stamp()
			s.sit(laptop)
		}, whole,
	},
	{
		"approves after the deadline, in another log",
		func(s *scene) {
			c := s.checked().wait()
			asked := s.now
			desk := s.desk(newKey(s.t))
			laptop := s.sit(desk)
			s.ack()
			s.stampAt(asked.Add(2 * time.Hour))
			s.now = asked
			approval := c.decide(desk.ledger, record.Approve, "")
			s.sit(laptop)
			c.approved(approval)
		}, found("approval-mismatch", "it was given too late: at 2026-11-17T08:00"),
		func(s *scene) {
			c := s.checked().wait()
			desk := s.desk(newKey(s.t))
			approval := c.decide(desk.ledger, record.Approve, "")
			c.approved(approval)
			laptop := s.sit(desk)
			s.pass(2 * time.Hour)
			s.stamp()
			s.sit(laptop)
		}, whole,
	},
}

// Somebody who has the key of the log, and shows another log.
var tableOfLogs = []tableLine{
	{
		"rewrites the middle",
		func(s *scene) {
			s.begin().tell(1000)
			s.stamp()
			s.begin().tell(1000)
			l := s.leaves()
			l[1], l[4] = l[4], l[1]
			s.rewrite("laptop", s.logKey, l)
		}, found("log-rewritten", "anchors/laptop/2.ckpt holds a checkpoint of 2 entries"),
		func(s *scene) { s.begin().tell(1000); s.stamp(); s.begin().tell(1000) }, whole,
	},
	{
		"drops the middle",
		func(s *scene) {
			s.history()
			s.stamp()
			l := s.leaves()
			s.begin().tell(1000)
			s.rewrite("laptop", s.logKey, slices.Concat(l[:2], s.leaves()[4:]))
		}, found("log-rewritten", "that are not the log's first 9"),
		func(s *scene) { s.history(); s.stamp(); s.begin().tell(1000) }, whole,
	},
	{
		"cuts the last ones, and somebody holds a checkpoint",
		func(s *scene) {
			s.history()
			s.pins.Heads = []audit.Head{s.head("laptop")}
			s.rewrite("laptop", s.logKey, s.leaves()[:6])
		}, found("log-cut", "the auditor holds a checkpoint of 9 entries, the log has 6"),
		func(s *scene) {
			s.history()
			s.pins.Heads = []audit.Head{s.head("laptop")}
			s.begin().tell(1000)
		}, whole,
	},
	{
		"cuts the last ones, and nobody holds a checkpoint",
		func(s *scene) {
			s.begin().bracket(s.tsa, s.tsa)
			s.pass(72 * time.Hour)
			s.begin().tell(1000)
			s.rewrite("laptop", s.logKey, s.leaves()[:5])
		}, told("anchor-age", "4 days before this audit, over 3 of its 5 entries"),
		func(s *scene) {
			s.begin().bracket(s.tsa, s.tsa)
			s.pins.Heads = []audit.Head{s.head("laptop")}
		}, untold("no-witness"),
	},
	{
		"cuts the last ones, and shows that to the witness",
		func(s *scene) {
			s.history()
			s.show()
			s.rewrite("laptop", s.logKey, s.leaves()[:6])
			s.show()
		}, refused("the log was cut"),
		func(s *scene) { s.history(); s.show(); s.begin().tell(1000); s.show() }, cosigned,
	},
	{
		"shows two histories",
		func(s *scene) {
			s.history()
			s.show()
			l := s.leaves()
			s.begin().tell(1000)
			s.rewrite("laptop", s.logKey, slices.Concat(l[:2], s.leaves()[4:]))
			s.show()
		}, refused("another history"),
		func(s *scene) { s.history(); s.show(); s.show() }, cosigned,
	},
	{
		"shows two histories, the longer one to an auditor",
		func(s *scene) {
			s.history()
			s.pins.Heads = []audit.Head{s.head("laptop")}
			l := s.leaves()
			s.begin().tell(1000)
			s.begin().tell(1000)
			s.rewrite("laptop", s.logKey, slices.Concat(l[:2], s.leaves()[4:]))
		}, found("log-rewritten", "the auditor holds a checkpoint of 9 entries that are not the log's first 9"),
		func(s *scene) { s.history(); s.pins.Heads = []audit.Head{s.head("laptop")}; s.begin().tell(1000) }, whole,
	},
	{
		"hides a whole writer's log",
		func(s *scene) {
			r := s.roster()
			r.desk()
			r.sign().by(r.ben)
		}, found("writer-hidden", "the writer desk, and there is no log of it"),
		func(s *scene) {
			r := s.roster()
			desk := r.desk()
			r.sign().by(r.ben)
			s.sit(desk)
			r.by(r.ben)
		}, whole,
	},
}

// Somebody who runs things, and would rather have run others.
var tableOfRuns = []tableLine{
	{
		"drops a failed run that somebody saw start",
		func(s *scene) {
			failed := s.begin().failing()
			failed.signStart()
			s.pins.Heads = []audit.Head{s.head("laptop")}
			failed.work(1000)
			failed.finish()
			failed.signEnd()
			s.begin().tell(1000)
			s.rewrite("laptop", s.logKey, s.leaves()[2:])
		}, found("log-rewritten", "holds a checkpoint of 1 entries"),
		func(s *scene) {
			failed := s.begin().failing()
			failed.signStart()
			s.pins.Heads = []audit.Head{s.head("laptop")}
			failed.work(1000)
			failed.finish()
			failed.signEnd()
			s.begin().tell(1000)
		}, whole,
	},
	{
		"drops a failed run that the witness saw start",
		func(s *scene) {
			s.begin().failing().signStart()
			s.show()
			s.begin().tell(1000)
			s.rewrite("laptop", s.logKey, s.leaves()[1:])
			s.show()
		}, refused("history was rewritten"),
		func(s *scene) { s.begin().signStart(); s.show() }, cosigned,
	},
	{
		"drops a failed run before anybody saw it start",
		func(s *scene) {
			s.begin().failing().tell(1000)
			s.begin().tell(1000)
			s.rewrite("laptop", s.logKey, s.leaves()[2:])
		}, told("no-witness", "no witness has seen the log of laptop, and nobody else's checkpoint of it was given"),
		func(s *scene) {
			s.begin().failing().tell(1000)
			s.begin().tell(1000)
			s.pins.Heads = []audit.Head{s.head("laptop")}
		}, untold("no-witness"),
	},
	{
		"drops the end of a failed run",
		func(s *scene) {
			s.begin().failing().tell(1000)
			l := s.leaves()
			s.begin().tell(1000)
			s.rewrite("laptop", s.logKey, slices.Concat(l[:1], s.leaves()[2:]))
		}, found("run-never-finished", "has no end"),
		func(s *scene) { s.begin().failing().tell(1000); s.begin().tell(1000) }, whole,
	},
	{
		"retries until green",
		func(s *scene) {
			s.plan().sign()
			s.planned(day(0, 7, 10)).failing().tell(1000)
			again := s.planned(day(0, 7, 20))
			again.start.Occurrence.Repeats = ""
			again.tell(1000)
		}, found("repeats-differs", "had ended before it"),
		func(s *scene) {
			s.plan().sign()
			s.planned(day(0, 7, 10)).failing().tell(1000)
			s.planned(day(0, 7, 20)).tell(1000)
		}, func(t *testing.T, s *scene) {
			whole(t, s)
			counted("the first result counts", func(r *audit.Report) bool { return r.Counts.ExpectedFailed == 1 && r.Counts.ExpectedOnTime == 0 })(t, s)
		},
	},
	{
		"keeps a failed run out of its occurrence",
		func(s *scene) {
			s.plan().sign()
			s.unplanned(day(0, 7, 0)).failing().tell(1000)
			s.planned(day(0, 7, 20)).tell(1000)
		}, found("unscheduled-though-planned", nominal(0)),
		func(s *scene) { s.plan().sign(); s.unplanned(day(0, 19, 0)).tell(1000) }, whole,
	},
	{
		"never runs it",
		func(s *scene) { s.plan().sign(); s.wait(day(0, 20, 0)) },
		counted("it is missed", func(r *audit.Report) bool {
			return r.Counts.ExpectedMissed == 1 && len(r.Missed) == 1 && r.Missed[0].Name == nominal(0)
		}),
		func(s *scene) { s.plan().sign(); s.planned(day(0, 7, 10)).tell(1000); s.wait(day(0, 20, 0)) },
		counted("it is on time", func(r *audit.Report) bool { return r.OK() && r.Counts.ExpectedOnTime == 1 && len(r.Missed) == 0 }),
	},
	{
		"never runs it, and deletes the runbook",
		func(s *scene) {
			p := s.plan().sign()
			must(0, os.Remove(s.path(blobFile(p.plan.Runbooks[0].Runbook.Source))))
			s.wait(day(0, 20, 0))
		}, func(t *testing.T, s *scene) {
			found("blob-missing", "source of the runbook backup-daily")(t, s)
			counted("it is missed all the same", func(r *audit.Report) bool { return r.Counts.ExpectedMissed == 1 })(t, s)
		},
		func(s *scene) { s.plan().sign(); s.planned(day(0, 7, 10)).tell(1000); s.wait(day(0, 20, 0)) }, whole,
	},
	{
		"abandons a failing run",
		func(s *scene) { s.begin().signStart(); s.pass(2*time.Hour + time.Nanosecond) }, found("run-never-finished", "has no end"),
		func(s *scene) { s.begin().signStart(); s.pass(2 * time.Hour) }, whole,
	},
	{
		"goes green by skipping",
		func(s *scene) {
			run := s.begin()
			run.editSteps = func(all []record.Step) []record.Step {
				all[1] = record.Step{ID: "look", Outcome: record.NotNeeded, Cause: record.CauseCondition, Started: all[1].Started, Ended: all[1].Started}
				return all
			}
			run.tell(1000)
		}, found("step-left-out", "the step look was not needed"),
		func(s *scene) { // who says that it was left out
			run := s.begin()
			run.start.Inputs = must(s.laptop.PutJSON(record.Inputs{StartAt: "look"}))
			run.start.Deviations = []record.Deviation{record.DeviatedStartAt}
			run.editSteps = func(all []record.Step) []record.Step {
				all[0] = record.Step{ID: "size", Outcome: record.LeftOut, Cause: record.CauseStartAt, Started: all[0].Started, Ended: all[0].Started}
				return all
			}
			run.tell(1000)
		}, whole,
	},
	{
		"goes green by other inputs",
		onScene(nil, map[string]string{"host": "c", "limit": "5", "folder": "/srv/backups"}), found("deviation-differs", "gives other_inputs"),
		onScene([]record.Deviation{record.DeviatedInputs}, map[string]string{"host": "c", "limit": "5", "folder": "/srv/backups"}), whole,
	},
	{
		"goes green by a checklist",
		func(s *scene) {
			run := s.begin()
			run.editSteps = func(all []record.Step) []record.Step { all[3].Proof = runbook.Attested; return all }
			run.tell(1000)
		}, found("proof-differs", "in a run that was no checklist"),
		func(s *scene) {
			run := s.begin()
			run.start.Inputs = must(s.laptop.PutJSON(record.Inputs{Checklist: true}))
			run.start.Deviations = []record.Deviation{record.DeviatedChecklist}
			run.editSteps = func(all []record.Step) []record.Step { all[3].Proof = runbook.Attested; return all }
			run.tell(1000)
		}, whole,
	},
	{
		"splices two runs",
		func(s *scene) {
			other, run := s.begin().tell(1000), s.begin()
			run.editEnd = func(e *record.RunEnd) { e.Start = other.startRef }
			run.tell(1000)
		}, found("spliced", "names the start of another run"),
		func(s *scene) { s.begin().tell(1000); s.begin().tellParked(1000) }, whole,
	},
	{
		"replays one run as another",
		func(s *scene) {
			other, run := s.begin().tell(1000), s.begin()
			run.signStart()
			s.log("run", run.start.Run, must(os.ReadFile(s.path(recordFile(other.endRef)))))
		}, found("spliced", "the log calls it a part of the run"),
		func(s *scene) { s.begin().tell(1000); s.begin().tell(1000) }, whole,
	},
}

// onScene tells a planned run with other inputs, and says of it what is given.
func onScene(says []record.Deviation, values map[string]string) func(s *scene) {
	return func(s *scene) {
		s.plan().sign()
		run := s.planned(day(0, 7, 10))
		run.start.Inputs = must(s.laptop.PutJSON(record.Inputs{Folder: "/srv", Values: values}))
		run.start.Deviations = says
		run.tell(1000)
	}
}

// Somebody who signs what they might not.
var tableOfKeys = []tableLine{
	{
		"loses a key to lose a failure",
		func(s *scene) {
			r := s.roster().sign()
			r.by(r.ben)
			s.begin().failing().tell(1000)
			r.revoke("compromised", monday)
		}, counted("the failure stays, and nothing is done", func(r *audit.Report) bool {
			return !r.OK() && r.Counts.Runs == 2 && r.Counts.Failed == 1 && r.Counts.Done == 0 && r.Counts.Unknown == 1
		}),
		func(s *scene) {
			r := s.roster().sign()
			r.by(r.ben)
			s.begin().failing().tell(1000)
			s.stamp()
			r.revoke("compromised", s.now.Add(time.Minute))
		}, counted("what was anchored before stands", func(r *audit.Report) bool {
			return r.OK() && r.Counts.Runs == 2 && r.Counts.Failed == 1 && r.Counts.Done == 1
		}),
	},
	{
		"signs as approver with their own second key",
		func(s *scene) {
			c := s.checked()
			s.trusted(trust.Policy{}, map[string][]*record.Ledger{"ana": {s.laptop, c.ben}}, trust.Lead)
			c.again().wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, found("four-eyes", "ana did a part of it with another key"),
		func(s *scene) {
			c := s.checked()
			s.trusted(trust.Policy{}, map[string][]*record.Ledger{"ana": {s.laptop}, "ben": {c.ben}}, trust.Lead)
			c.again().wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, whole,
	},
	{
		"makes somebody else of their own second key",
		func(s *scene) {
			c := s.checked()
			s.trusted(trust.Policy{}, map[string][]*record.Ledger{"ana": {s.laptop, c.ben}}, trust.Lead)
			s.trusted(trust.Policy{}, map[string][]*record.Ledger{"ana": {s.laptop}, "ben": {c.ben}}, trust.Lead)
			c.again().wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, func(t *testing.T, s *scene) {
			found("trust-forked", "another version 1")(t, s)
			found("four-eyes", "ana did a part of it with another key")(t, s)
		},
		func(s *scene) {
			c := s.checked()
			s.trusted(trust.Policy{}, map[string][]*record.Ledger{"ana": {s.laptop}, "ben": {c.ben}}, trust.Lead)
			c.again().wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, whole,
	},
	{
		"approves their own run",
		func(s *scene) { c := s.checked().wait(); c.approved(c.decide(s.laptop, record.Approve, "")) }, found("four-eyes", "nobody approves their own run"),
		func(s *scene) { c := s.checked().wait(); c.approved(c.decide(c.ben, record.Approve, "")) }, whole,
	},
	{
		"erases by a trust statement of their own",
		func(s *scene) {
			own := newKey(s.t)
			s.trusting(1, newKey(s.t))
			s.trusting(1, own)
			s.erasing(s.laptop, []*evidence.PrivateKey{own}, stdoutOf(s.begin().tell(1000)))
		}, func(t *testing.T, s *scene) {
			found("trust-forked", "another version 1")(t, s)
			found("erasure-signers", "is not signed by whom it takes")(t, s)
			found("blob-missing", "stdout of the step size")(t, s)
		},
		func(s *scene) {
			root := newKey(s.t)
			s.trusting(1, root)
			s.erasing(s.laptop, []*evidence.PrivateKey{root}, stdoutOf(s.begin().tell(1000)))
		}, whole,
	},
	{
		"adds a reviewer afterwards",
		func(s *scene) {
			r := s.roster().sign()
			late := newKey(s.t)
			r.approve(r.by(r.ben), late)
			r.reviewer(late).sign()
		}, found("signer-not-entitled", "version 2 adds it for vic"),
		func(s *scene) {
			r := s.roster().sign()
			run, early := r.by(r.ben), newKey(s.t)
			r.reviewer(early).sign()
			r.approve(run, early)
		}, whole,
	},
	{
		"adds a reviewer afterwards, in a statement that claims to be older",
		func(s *scene) {
			r := s.roster()
			desk, late := r.desk(), newKey(s.t)
			run := r.sign().by(r.ben)
			claimed := s.now.Add(-2 * time.Hour)
			laptop := s.sit(desk)
			r.approve(run, late)
			s.stamp()
			s.sit(laptop)
			s.pass(24 * time.Hour)
			s.stamp()
			s.now = claimed
			r.reviewer(late).sign()
			s.now = claimed.Add(48 * time.Hour)
		}, found("signer-not-entitled", "version 2 adds it for vic"),
		func(s *scene) {
			r := s.roster()
			desk, early := r.desk(), newKey(s.t)
			run := r.sign().by(r.ben)
			r.reviewer(early).sign()
			s.stamp()
			laptop := s.sit(desk)
			s.ack()
			s.pass(time.Hour)
			s.stamp()
			r.approve(run, early)
			s.sit(laptop)
		}, untold("entitled-as-claimed"),
	},
	{
		"uses a stolen key",
		func(s *scene) {
			r := s.roster().sign()
			stolen := s.now
			s.pass(time.Hour)
			r.by(r.ben)
			s.stamp()
			r.revoke("compromised", stolen)
		}, found("signer-not-entitled", "revoked (compromised) by version 2"),
		func(s *scene) {
			r := s.roster().sign()
			r.by(r.ben)
			s.stamp()
			r.revoke("compromised", s.now.Add(time.Minute))
		}, whole,
	},
	{
		"uses a stolen key, and no token shows when",
		func(s *scene) {
			r := s.roster().sign()
			r.by(r.ben)
			r.revoke("compromised", s.now.Add(time.Minute))
		}, found("signer-not-entitled", "nothing from outside proves that it was signed before"),
		func(s *scene) { // of a key that nobody else had, the signer's word stands
			r := s.roster().sign()
			r.by(r.ben)
			r.revoke("rotated", s.now.Add(time.Minute))
		}, told("entitled-as-claimed", "nothing but its own word shows that it was signed before"),
	},
	{
		"uses a stolen key, and back-dates the run",
		func(s *scene) {
			r := s.roster()
			desk := r.desk()
			r.sign()
			s.backdated(r, desk)
			r.revoke("compromised", s.now.Add(24*time.Hour))
			s.pass(96 * time.Hour)
		}, found("signer-not-entitled", "it was proven to be signed later"),
		func(s *scene) {
			r := s.roster()
			desk := r.desk()
			r.sign()
			laptop := s.sit(desk)
			r.by(r.ben)
			s.stamp()
			s.sit(laptop)
			r.revoke("compromised", s.now.Add(24*time.Hour))
			s.pass(96 * time.Hour)
		}, whole,
	},
	{
		"goes on after having left",
		func(s *scene) {
			r := s.roster().sign()
			r.revoke("left", s.now)
			r.by(r.ben)
		}, found("signer-not-entitled", "it was signed after that version"),
		func(s *scene) {
			r := s.roster().sign()
			r.by(r.ben)
			s.stamp()
			r.revoke("left", s.now.Add(time.Minute))
		}, untold("entitled-as-claimed"),
	},
	{
		"goes on after having left, and back-dates the run",
		func(s *scene) {
			r := s.roster()
			desk := r.desk()
			r.sign()
			s.backdated(r, desk)
			r.revoke("left", s.now.Add(24*time.Hour))
			s.pass(96 * time.Hour)
		}, found("signer-not-entitled", "it was proven to be signed later"),
		func(s *scene) {
			r := s.roster()
			desk := r.desk()
			r.sign()
			laptop := s.sit(desk)
			r.by(r.ben)
			s.sit(laptop)
			r.revoke("left", s.now.Add(24*time.Hour))
			s.pass(96 * time.Hour)
		}, told("entitled-as-claimed", "nothing but its own word shows that it was signed before"),
	},
}

// backdated tells a run at another installation, behind a token of three days
// later than it claims.
func (s *scene) backdated(r *roster, desk seat) {
	laptop := s.sit(desk)
	desk.ledger.Operator = r.ana
	s.ack()
	s.stampAt(s.now.Add(96 * time.Hour))
	r.by(r.ben)
	s.sit(laptop)
}

// reviewer adds an approver to the version that is signed next.
func (r *roster) reviewer(key *evidence.PrivateKey) *roster {
	r.version.Principals = append(r.version.Principals, trust.Principal{ID: "vic", Roles: []trust.Role{trust.Approver}, Keys: []trust.Key{line(key)}})
	return r
}

// again moves the start of a run that isn't signed yet to now.
func (c *checked) again() *checked {
	c.start.Started = c.b.pass(time.Second)
	c.terms()
	return c
}
