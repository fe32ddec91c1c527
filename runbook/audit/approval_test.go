package audit_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

const checkedSource = `apiVersion: msp/v1
kind: Runbook
id: checked
version: 1.4.0
title: What somebody else looks at
sla: {clock: started, complete_within: 2h, target: 95%}
steps:
  - {id: size, title: Measure, run: x}
  - {id: more, title: Measure more, run: x}
  - {id: look, title: Look, approval: {roles: [lead], timeout: 30m}}
  - {id: tidy, title: Tidy up, run: x}
`

// checked is a run that somebody else decides about.
type checked struct {
	*story
	ben *record.Ledger // who decides, in the same log
	min int
}

// checked tells a run up to where it waits.
func (b *bench) checked() *checked { return b.checkedBy(1) }

func (b *bench) checkedBy(least int) *checked {
	text := checkedSource
	if least != 1 {
		text = strings.Replace(text, "timeout: 30m", "min_approvals: 2, timeout: 30m", 1)
	}
	c := &checked{story: b.follow("checked", text, record.Inputs{}), ben: b.ledger("laptop", b.logKey, newKey(b.t)), min: least}
	c.start.Steps = []record.PinnedStep{
		{ID: "size", Kind: "run", Priority: "must"},
		{ID: "more", Kind: "run", Priority: "must"},
		{ID: "look", Kind: "approval", Priority: "must", Person: true, Approval: &record.PinnedApproval{
			Roles: []string{"lead"}, Min: least, Timeout: runbook.Nanoseconds(30 * time.Minute),
		}},
		{ID: "tidy", Kind: "run", Priority: "must"},
	}
	return c
}

// wait tells the first steps and seals them.
func (c *checked) wait() *checked {
	c.signStart()
	c.do(0, "size", "more")
	c.signSegment(2)
	return c
}

func (c *checked) do(round int, ids ...string) {
	for _, id := range ids {
		s := c.step(id, time.Second)
		s.Round = round
		c.steps = append(c.steps, s)
	}
}

type editApproval func(*record.Approval, *record.Shown)

// decide signs what somebody decided, and gives its digest.
func (c *checked) decide(by *record.Ledger, decision, to string, edits ...editApproval) string {
	c.b.t.Helper()
	said := record.Approval{
		Client: "acme", Writer: by.Writer, Operator: by.Signer(), Signed: c.b.pass(time.Minute), Decision: decision, To: to,
		Run: c.start.Run, Start: c.startRef, Step: "look", Round: record.Round(c.steps),
	}
	shown := record.Shown{Run: said.Run, Start: said.Start, Segments: c.segments, Step: said.Step, Text: "the page"}
	for _, edit := range edits {
		edit(&said, &shown)
	}
	if said.Run != "" {
		said.Shown = must(by.PutJSON(shown))
	}
	digest, _, err := by.Say(c.b.t.Context(), record.KindApproval, said)
	if err != nil {
		c.b.t.Fatal(err)
	}
	return digest
}

// decided tells what became of the step.
func (c *checked) decided(outcome record.Outcome, cause record.Cause, to string, approvals ...string) {
	now := c.b.pass(time.Minute)
	s := record.Step{
		ID: "look", Outcome: outcome, Cause: cause, To: to, Started: c.segment.Until, Ended: now,
		Duration: runbook.Nanoseconds(now.Sub(c.segment.Until)), Approvals: approvals, Round: record.Round(c.steps),
	}
	if outcome == record.Passed {
		s.Proof = runbook.Approved
	}
	c.steps = append(c.steps, s)
}

func (c *checked) approved(approvals ...string) {
	c.decided(record.Passed, "", "", approvals...)
	c.do(record.Round(c.steps), "tidy")
	c.end()
}

func (c *checked) rejected(approvals ...string) {
	c.decided(record.Failed, record.CauseRejected, "", approvals...)
	c.end()
}

// back tells a push back to the step more, and seals what was done again.
func (c *checked) back(approval string) {
	c.decided(record.PushedBack, record.CausePushedBack, "more", approval)
	c.do(1, "more")
	c.signSegment(2)
}

func (c *checked) end() {
	c.finish()
	c.signEnd()
}

// trusted signs who may do what: each is a principal with these keys.
func (b *bench) trusted(policy trust.Policy, people map[string][]*record.Ledger, roles ...trust.Role) {
	b.t.Helper()
	version := trust.Version{Number: 1, Threshold: 1, Policy: policy, Roots: []trust.Root{{Principal: "ana", Key: b.laptop.Signer().Key}}}
	version.Writers = []trust.Writer{{ID: "laptop", Key: b.logKey.Public().AuthorizedKey()}}
	for _, id := range []string{"ana", "ben"} {
		p := trust.Principal{ID: id, Roles: roles}
		for _, l := range people[id] {
			p.Keys = append(p.Keys, trust.Key{Key: l.Signer().Key})
		}
		version.Principals = append(version.Principals, p)
	}
	_, roster, err := record.Roster(version)
	if err != nil {
		b.t.Fatal(err)
	}
	said := record.Trust{
		Client: "acme", Writer: b.laptop.Writer, Roots: []record.Signer{b.laptop.Signer()}, Signed: b.pass(time.Second), Version: version,
		Roster: roster,
	}
	if _, _, err := b.laptop.Say(b.t.Context(), record.KindTrust, said); err != nil {
		b.t.Fatal(err)
	}
}

// approveBytes signs that a run's runbook may be run.
func (c *checked) approveBytes(by *record.Ledger) {
	c.decide(by, record.Approve, "", func(a *record.Approval, _ *record.Shown) {
		*a = record.Approval{Client: a.Client, Writer: a.Writer, Operator: a.Operator, Signed: a.Signed, Decision: a.Decision, Runbook: &c.start.Runbook}
	})
}

var approvedOnly = trust.Policy{ApprovedRunbooks: true}

func TestHonestApprovals(t *testing.T) {
	for _, c := range []struct {
		name, state string
		build       func(b *bench)
	}{
		{"approved", "done", func(b *bench) { c := b.checked().wait(); c.approved(c.decide(c.ben, record.Approve, "")) }},
		{"in another log", "done", func(b *bench) {
			c := b.checked().wait()
			c.approved(c.decide(b.ledger("desk", newKey(b.t), newKey(b.t)), record.Approve, ""))
		}},
		{"rejected", "failed", func(b *bench) { c := b.checked().wait(); c.rejected(c.decide(c.ben, record.Reject, "")) }},
		{"pushed back, then approved", "done", func(b *bench) {
			c := b.checked().wait()
			c.back(c.decide(c.ben, record.PushBack, "more"))
			c.approved(c.decide(c.ben, record.Approve, ""))
		}},
		{"timed out", "failed", func(b *bench) {
			c := b.checked().wait()
			b.pass(31 * time.Minute)
			c.decided(record.Failed, record.CauseTimeout, "")
			c.end()
		}},
		{"two agree", "done", func(b *bench) {
			c := b.checkedBy(2).wait()
			c.approved(c.decide(c.ben, record.Approve, ""), c.decide(b.ledger("laptop", b.logKey, newKey(b.t)), record.Approve, ""))
		}},
		{"one agrees, one rejects", "failed", func(b *bench) {
			c := b.checkedBy(2).wait()
			c.decide(c.ben, record.Approve, "")
			c.rejected(c.decide(b.ledger("laptop", b.logKey, newKey(b.t)), record.Reject, ""))
		}},
		{"the second of two at once is a rejection", "done", func(b *bench) {
			c := b.checked().wait()
			first := c.decide(c.ben, record.Approve, "")
			c.decide(b.ledger("laptop", b.logKey, newKey(b.t)), record.Reject, "")
			c.approved(first)
		}},
		{"a rejection in a log that nobody had yet", "done", func(b *bench) {
			c := b.checked().wait()
			c.decide(b.ledger("desk", newKey(b.t), newKey(b.t)), record.Reject, "")
			c.approved(c.decide(c.ben, record.Approve, ""))
		}},
		{"a lead", "done", func(b *bench) {
			c := b.checked()
			b.trusted(trust.Policy{}, map[string][]*record.Ledger{"ana": {b.laptop}, "ben": {c.ben}}, trust.Lead)
			c.start.Started = b.pass(time.Second)
			c.terms()
			c.wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
		}},
		{"an approved runbook", "done", func(b *bench) {
			c := b.checked()
			b.trusted(approvedOnly, map[string][]*record.Ledger{"ana": {b.laptop}, "ben": {c.ben}}, trust.Lead)
			c.approveBytes(c.ben)
			c.start.Started = b.pass(time.Second)
			c.terms()
			c.wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
		}},
		{"a runbook from before the policy", "done", func(b *bench) {
			c := b.checked().wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
			b.trusted(approvedOnly, nil)
		}},
		{"still waiting", "open", func(b *bench) { b.checked().wait() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			c.build(b)
			r := b.verify()
			wantOK(t, r)
			if known := strings.Contains(c.name, "lead") || strings.Contains(c.name, "an approved"); r.Counts.Approvals > 0 &&
				known == slices.Contains(rulesOf(r.Unshown), "roles-unknown") && c.state == "done" {
				t.Errorf("who has the roles is known: %v, unshown is %v", known, rulesOf(r.Unshown))
			}
			if r.Runs.Len() != 1 || runLines(r)[0].State != c.state || runLines(r)[0].Level != audit.Logged {
				t.Errorf("%+v", runLines(r))
			}
		})
	}
}

// terms computes again what follows from the start's time.
func (c *checked) terms() {
	deadline, _ := c.start.SLA.Deadline(c.start.Started)
	c.start.Deadline, c.start.FinishBy = &deadline, deadline
}

// TestAttacksByApprovers: by those who have keys of the provider's, and approve
// what was something else, or isn't theirs to approve.
func TestAttacksByApprovers(t *testing.T) {
	try(t, []attack{
		{"the approval of another run", func(b *bench) {
			other := b.checked().wait()
			replayed := other.decide(other.ben, record.Approve, "")
			other.approved(replayed)
			c := b.checked().wait()
			c.approved(replayed)
		}, "approval-mismatch", "another run"},
		{"the approval of an earlier part", func(b *bench) {
			c := b.checked()
			c.signStart()
			c.do(0, "size")
			c.signSegment(1)
			early := c.decide(c.ben, record.Approve, "")
			c.do(0, "more")
			c.signSegment(1)
			c.approved(early)
		}, "approval-mismatch", "what was shown are 1 segments, and they are not the 2"},
		{"the approval of an earlier round", func(b *bench) {
			c := b.checked().wait()
			early := c.decide(c.ben, record.Approve, "")
			c.back(c.decide(b.ledger("desk", newKey(b.t), newKey(b.t)), record.PushBack, "more", func(a *record.Approval, _ *record.Shown) {
				a.Signed = c.segment.Until
			}))
			c.approved(early)
		}, "approval-mismatch", "round 0 of the step, this is round 1"},
		{"approved by who ran it", func(b *bench) {
			c := b.checked().wait()
			c.approved(c.decide(b.laptop, record.Approve, ""))
		}, "four-eyes", "nobody approves their own run"},
		{"approved by who went on with it", func(b *bench) {
			c := b.checked().wait()
			approval := c.decide(c.ben, record.Approve, "")
			c.ledger = c.ben
			c.approved(approval)
		}, "four-eyes", "did a part of it"},
		{"approved with the second key of who ran it", func(b *bench) {
			c := b.checked()
			b.trusted(trust.Policy{}, map[string][]*record.Ledger{"ana": {b.laptop, c.ben}}, trust.Lead)
			c.start.Started = b.pass(time.Second)
			c.terms()
			c.wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, "four-eyes", "ana did a part of it with another key"},
		{"approved by who is no lead", func(b *bench) {
			c := b.checked()
			b.trusted(trust.Policy{}, map[string][]*record.Ledger{"ana": {b.laptop}, "ben": {c.ben}}, trust.Operator)
			c.start.Started = b.pass(time.Second)
			c.terms()
			c.wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, "approver-not-entitled", "ben has none of the roles"},
		{"approved before anybody was trusted, as it claims", func(b *bench) {
			c := b.checked().wait()
			b.trusted(trust.Policy{}, map[string][]*record.Ledger{"ana": {b.laptop}}, trust.Lead)
			c.approved(c.decide(c.ben, record.Approve, "", func(a *record.Approval, _ *record.Shown) { a.Signed = c.segment.Until }))
		}, "signer-not-entitled", "the key is nobody's in version 1"},
	})
}

// TestAttacksOnApprovals: by the operator, who goes on without a whole one.
func TestAttacksOnApprovals(t *testing.T) {
	try(t, []attack{
		{"no approval", func(b *bench) { b.checked().wait().approved() }, "approval-missing", "of 0 of the 1 people"},
		{"an approval that no log holds", func(b *bench) {
			b.checked().wait().approved("sha256:" + strings.Repeat("ab", 32))
		}, "approval-missing", "which no log holds"},
		{"a segment for an approval", func(b *bench) {
			c := b.checked().wait()
			c.approved(c.segments[0])
		}, "approval-missing", "names as an approval a segment statement"},
		{"one person for two", func(b *bench) {
			c := b.checkedBy(2).wait()
			c.approved(c.decide(c.ben, record.Approve, ""), c.decide(c.ben, record.Approve, ""))
		}, "approval-missing", "of 1 of the 2 people"},
		{"it never waited", func(b *bench) {
			c := b.checked()
			c.signStart()
			c.do(0, "size", "more")
			c.editSegment = func(s *record.Segment) { s.Waiting = "" }
			c.signSegment(2)
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, "approval-missing", "no segment says that the run waited"},
		{"something was done between", func(b *bench) {
			c := b.checked()
			c.signStart()
			c.do(0, "size")
			c.signSegment(1)
			approval := c.decide(c.ben, record.Approve, "")
			c.do(0, "more")
			c.approved(approval)
		}, "approval-missing", "no segment says that the run waited"},
		{"what was shown is changed", func(b *bench) {
			c := b.checked().wait()
			digest := c.decide(c.ben, record.Approve, "")
			c.approved(digest)
			said := must(record.Read[record.Approval](b.store, record.KindApproval, digest, record.MaxStatement))
			b.edit(blobFile(said.Body.Shown), flipAt(60))
		}, "blob-changed", "shown"},
		{"another step was shown", func(b *bench) {
			c := b.checked().wait()
			c.approved(c.decide(c.ben, record.Approve, "", func(_ *record.Approval, s *record.Shown) { s.Step = "tidy" }))
		}, "approval-mismatch", "what was shown is of another step or run"},
		{"another start", func(b *bench) {
			c := b.checked().wait()
			c.approved(c.decide(c.ben, record.Approve, "", func(a *record.Approval, s *record.Shown) {
				a.Start, s.Start = runbook.Digest(nil), runbook.Digest(nil)
			}))
		}, "approval-mismatch", "another run"},
		{"too late", func(b *bench) {
			c := b.checked().wait()
			b.pass(31 * time.Minute)
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, "approval-mismatch", "given too late"},
		{"logged behind what it decides", func(b *bench) {
			c := b.checked().wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
			l := b.leaves()
			b.rewrite("laptop", b.logKey, []evidence.Leaf{l[0], l[1], l[3], l[2]})
			must(0, os.RemoveAll(b.path("heads")))
		}, "order", "lies behind what it decides"},
	})
}

// TestAttacksOnDecisions: by the operator, who tells another decision than was
// made, or goes round the one that the runbook asks for.
func TestAttacksOnDecisions(t *testing.T) {
	try(t, []attack{
		{"a rejection told as an approval", func(b *bench) {
			c := b.checked().wait()
			c.approved(c.decide(c.ben, record.Reject, ""))
		}, "decision-differs", `what was decided is "reject"`},
		{"an approval told as a rejection", func(b *bench) {
			c := b.checked().wait()
			c.rejected(c.decide(c.ben, record.Approve, ""))
		}, "decision-differs", `what was decided is "approve"`},
		{"a rejection passed over", func(b *bench) {
			c := b.checked().wait()
			c.decide(c.ben, record.Reject, "")
			c.approved(c.decide(b.ledger("laptop", b.logKey, newKey(b.t)), record.Approve, ""))
		}, "decision-differs", "which was there before it, decided first"},
		{"a timeout before its time", func(b *bench) {
			c := b.checked().wait()
			c.decided(record.Failed, record.CauseTimeout, "")
			c.end()
		}, "decision-differs", "the step look is failed"},
		{"passed by a machine", func(b *bench) {
			c := b.checked().wait()
			approval := c.decide(c.ben, record.Approve, "")
			c.editSteps = func(steps []record.Step) []record.Step { steps[2].Proof = runbook.Observed; return steps }
			c.approved(approval)
		}, "decision-differs", `known as "observed"`},
		{"a run step that is approved", func(b *bench) {
			c := b.checked().wait()
			approval := c.decide(c.ben, record.Approve, "")
			c.editSteps = func(steps []record.Step) []record.Step { steps[3].Proof = runbook.Approved; return steps }
			c.approved(approval)
		}, "decision-differs", "it is no approval"},
		{"pushed back to another step than was asked", func(b *bench) {
			c := b.checked().wait()
			c.decided(record.PushedBack, record.CausePushedBack, "size", c.decide(c.ben, record.PushBack, "more"))
			c.do(1, "size", "more")
			c.signSegment(3)
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, "decision-differs", "the step look is pushed_back"},
		{"a round is skipped", func(b *bench) {
			c := b.checked().wait()
			c.decided(record.PushedBack, record.CausePushedBack, "more", c.decide(c.ben, record.PushBack, "more"))
			c.do(2, "more")
			c.signSegment(2)
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, "round-differs", "in round 2, and the run was pushed back 1 times"},
		{"done again with nobody asking", func(b *bench) {
			c := b.checked()
			c.signStart()
			c.do(0, "size", "more", "more")
			c.signSegment(3)
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, "step-twice", "told before"},
		{"fewer people than the runbook asks for", func(b *bench) {
			c := b.checkedBy(2)
			c.start.Steps[2].Approval.Min = 1
			c.wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, "source-differs", "the step look has not the approval"},
		{"a runbook that nobody approved", func(b *bench) {
			c := b.checked()
			b.trusted(approvedOnly, map[string][]*record.Ledger{"ana": {b.laptop}, "ben": {c.ben}}, trust.Lead)
			c.start.Started = b.pass(time.Second)
			c.terms()
			c.wait()
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, "runbook-not-approved", "nobody approved these bytes of checked"},
		{"a runbook that was approved afterwards", func(b *bench) {
			c := b.checked()
			b.trusted(approvedOnly, map[string][]*record.Ledger{"ana": {b.laptop}, "ben": {c.ben}}, trust.Lead)
			c.start.Started = b.pass(time.Second)
			c.terms()
			c.wait()
			c.approveBytes(c.ben)
			c.approved(c.decide(c.ben, record.Approve, ""))
		}, "runbook-not-approved", "before the run"},
	})
}
