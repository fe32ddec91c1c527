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

// A roster is who may sign on a bench: ana leads and is the root, the bench's
// operator is ben, vera approves, robot is a machine.
type roster struct {
	*bench
	ana, ben, ben2, vera, robot *evidence.PrivateKey
	version                     trust.Version
	newest                      string // digest of the envelope
	keys                        []evidence.Signer
}

func line(key *evidence.PrivateKey) trust.Key { return trust.Key{Key: key.Public().AuthorizedKey()} }

func newRoster(b *bench) *roster {
	r := &roster{bench: b, ana: newKey(b.t), ben: b.operator, ben2: newKey(b.t), vera: newKey(b.t), robot: newKey(b.t)}
	r.keys = []evidence.Signer{r.ana}
	r.version = trust.Version{
		Threshold: 1, Roots: []trust.Root{{Principal: "ana", Key: r.ana.Public().AuthorizedKey()}},
		Principals: []trust.Principal{
			{ID: "ana", Roles: []trust.Role{trust.Lead}, Keys: []trust.Key{line(r.ana)}},
			{ID: "ben", Roles: []trust.Role{trust.Operator, trust.Approver}, Keys: []trust.Key{line(r.ben), line(r.ben2)}},
			{ID: "vera", Roles: []trust.Role{trust.Approver}, Keys: []trust.Key{line(r.vera)}},
			{ID: "robot", Roles: []trust.Role{trust.Agent}, Keys: []trust.Key{line(r.robot)}},
		},
		Writers: []trust.Writer{{ID: "laptop", Key: b.logKey.Public().AuthorizedKey()}},
	}
	return r
}

// key is a key of a principal in the version that is signed next.
func (r *roster) key(principal int) *trust.Key { return &r.version.Principals[principal].Keys[0] }

// sign signs the next version and logs it.
func (r *roster) sign() *roster {
	r.version.Number, r.version.Previous = r.version.Number+1, r.newest
	statement := record.Trust{Client: "acme", Writer: r.laptop.Writer, Signed: r.pass(time.Hour), Version: r.version}
	return r.signAs(statement)
}

func (r *roster) signAs(s record.Trust) *roster {
	r.t.Helper()
	for _, key := range r.keys {
		s.Roots = append(s.Roots, record.SignerOf(key.Public()))
	}
	if s.Roster == "" {
		_, digest, err := record.Roster(s.Version)
		s.Roster = must(digest, err)
	}
	digest, _, err := r.laptop.Say(r.t.Context(), record.KindTrust, s, r.keys...)
	r.newest = must(digest, err)
	return r
}

// pinned pins the first version, which is the newest one now.
func (r *roster) pinned() *roster {
	r.pins.TrustRoots = []string{r.newest}
	return r
}

// by tells a run that somebody else signs.
func (r *roster) by(key *evidence.PrivateKey) *story {
	r.laptop.Operator = key
	defer func() { r.laptop.Operator = r.ben }()
	s := r.begin()
	s.start.Trust = r.newest
	return s.tell(1000)
}

// approve says that somebody approves a run.
func (r *roster) approve(s *story, key *evidence.PrivateKey) {
	r.t.Helper()
	approval := record.Approval{
		Client: "acme", Writer: r.laptop.Writer, Operator: record.SignerOf(key.Public()), Signed: r.pass(time.Minute),
		Decision: record.Approve, Run: s.start.Run, Start: s.startRef, Step: "look", Shown: must(r.laptop.PutJSON(record.Shown{Run: s.start.Run})),
	}
	_, _, err := r.laptop.Say(r.t.Context(), record.KindApproval, approval, key)
	must(0, err)
}

func (r *roster) waive(key *evidence.PrivateKey) {
	r.t.Helper()
	waiver := record.Waiver{
		Client: "acme", Writer: r.laptop.Writer, Operator: record.SignerOf(key.Public()), Signed: r.pass(time.Minute),
		Occurrence: "acme/x/", Until: r.now.Add(time.Hour), Why: must(r.laptop.PutJSON(record.Words{Text: "moved"})),
	}
	_, _, err := r.laptop.Say(r.t.Context(), record.KindWaiver, waiver, key)
	must(0, err)
}

func (r *roster) revoke(why string, at time.Time) {
	k := r.key(1)
	k.Revoked = &trust.Revocation{At: at, Why: why, Compromised: why == "compromised"}
	r.sign()
}

// trustAttacks are attacks on who may sign, each beside what looks like it and
// is honest.
var trustAttacks = []struct {
	name         string
	attack, twin func(r *roster)
	rule, phrase string
}{
	{
		"somebody whom nobody knows runs",
		func(r *roster) { r.sign().by(newKey(r.t)) },
		func(r *roster) { r.sign().by(r.ben) },
		"signer-not-entitled", "nobody's in version 1",
	},
	{
		"an approver runs",
		func(r *roster) { r.sign().by(r.vera) },
		func(r *roster) { r.sign().by(r.ana) },
		"signer-not-entitled", "vera is approver",
	},
	{
		"goes on with a log that was given up",
		func(r *roster) {
			r.sign()
			r.version.Writers[0].Revoked = &trust.Revocation{At: r.now, Why: "lost"}
			r.sign().by(r.ben)
		},
		func(r *roster) {
			r.sign().by(r.ben)
			r.version.Writers[0].Revoked = &trust.Revocation{At: r.now, Why: "lost"}
			r.sign()
		},
		"writer-revoked", "which was revoked (lost) as of",
	},
	{
		"adds a reviewer afterwards",
		func(r *roster) {
			late := newKey(r.t)
			r.sign()
			r.approve(r.by(r.ben), late)
			r.version.Principals = append(r.version.Principals, trust.Principal{ID: "late", Roles: []trust.Role{trust.Approver}, Keys: []trust.Key{line(late)}})
			r.sign()
		},
		func(r *roster) {
			early := newKey(r.t)
			r.sign()
			s := r.by(r.ben)
			r.version.Principals = append(r.version.Principals, trust.Principal{ID: "early", Roles: []trust.Role{trust.Approver}, Keys: []trust.Key{line(early)}})
			r.sign()
			r.approve(s, early)
		},
		"signer-not-entitled", "version 2 adds it for late",
	},
	{
		"uses a stolen key, and writes it into the past",
		func(r *roster) {
			r.sign()
			s := r.begin()
			r.revoke("compromised", r.now.Add(time.Minute))
			s.tell(1000)
		},
		func(r *roster) { r.sign().by(r.ben); r.revoke("rotated", r.now); r.by(r.ana) },
		"signer-not-entitled", "revoked (compromised) by version 2",
	},
	{
		"goes on after having left",
		func(r *roster) { r.sign(); r.revoke("left", r.now); r.by(r.ben) },
		func(r *roster) { r.sign().by(r.ben); r.revoke("left", r.now) },
		"signer-not-entitled", "revoked (left) by version 2",
	},
	{
		"a machine answers for a person",
		func(r *roster) { r.sign().by(r.robot) },
		func(r *roster) {
			r.sign()
			r.laptop.Operator = r.robot
			s := r.begin()
			s.editSteps = func(steps []record.Step) []record.Step {
				steps[0].Outcome, steps[0].Cause = record.Failed, record.CauseExit
				return steps[:1]
			}
			s.tell(1000)
		},
		"agent-for-person", "robot is agent, and it takes operator",
	},
	{
		"an operator waives",
		func(r *roster) { carl := r.hire("carl", trust.Operator); r.sign().waive(carl) },
		func(r *roster) { r.sign().waive(r.vera) },
		"signer-not-entitled", "takes approver or lead",
	},
	{
		"hides a whole writer's log",
		func(r *roster) {
			desk := newKey(r.t)
			r.version.Writers = append(r.version.Writers, trust.Writer{ID: "desk", Key: desk.Public().AuthorizedKey()})
			r.sign().by(r.ben)
		},
		func(r *roster) {
			key := newKey(r.t)
			r.version.Writers = append(r.version.Writers, trust.Writer{ID: "desk", Key: key.Public().AuthorizedKey()})
			r.sign().pinned()
			r.laptop, r.logKey = r.ledger("desk", key, r.ben), key
			r.by(r.ben)
		},
		"writer-hidden", "the writer desk",
	},
	{
		"makes a log anew under a known name",
		func(r *roster) {
			r.version.Writers[0].Key = newKey(r.t).Public().AuthorizedKey()
			r.sign().by(r.ben)
		},
		func(r *roster) { r.sign().by(r.ben) },
		"log-key-differs", "names another key for the log of laptop",
	},
	{
		"brings a log that nobody agreed to",
		func(r *roster) {
			r.sign().pinned()
			key := newKey(r.t)
			r.laptop = r.ledger("desk", key, r.ben)
			r.by(r.ben)
		},
		func(r *roster) {
			r.sign()
			key := newKey(r.t)
			r.laptop = r.ledger("desk", key, r.ben)
			r.by(r.ben)
		},
		"writer-unknown", "a log of desk",
	},
	{
		"begins trust anew",
		func(r *roster) {
			r.sign().by(r.ben)
			r.pins.TrustRoots = []string{"sha256:" + strings.Repeat("ab", 32)}
		},
		func(r *roster) { r.sign().by(r.ben); r.pins.TrustRoots = []string{r.ana.Public().ID()} },
		"trust-root-differs", "pinned is sha256:abab",
	},
	{
		"drops the trust statement",
		func(r *roster) {
			r.begin().tell(1000)
			before := r.leaves()
			r.sign().by(r.ben)
			after := r.leaves()
			r.rewrite("laptop", r.logKey, slices.Concat(before, after[len(before)+1:]))
		},
		func(r *roster) { r.begin().tell(1000); r.sign().by(r.ben) },
		"trust-differs", "names a trust statement",
	},
	{
		"signs two versions with one number",
		func(r *roster) {
			r.sign()
			first := r.newest
			r.version.Policy.Level = "logged"
			r.sign()
			r.version.Number, r.newest, r.version.Policy.Level = 1, first, "anchored"
			r.sign()
		},
		func(r *roster) { r.sign(); r.version.Policy.Level = "logged"; r.sign() },
		"trust-forked", "another version 2",
	},
	{
		"a second signature by the same principal",
		func(r *roster) {
			r.version.Roots = append(r.version.Roots,
				trust.Root{Principal: "ben", Key: r.ben.Public().AuthorizedKey()}, trust.Root{Principal: "ben", Key: r.ben2.Public().AuthorizedKey()})
			r.version.Threshold, r.keys = 2, []evidence.Signer{r.ben, r.ben2}
			r.sign()
		},
		func(r *roster) {
			r.version.Roots = append(r.version.Roots, trust.Root{Principal: "ben", Key: r.ben.Public().AuthorizedKey()})
			r.version.Threshold, r.keys = 2, []evidence.Signer{r.ben, r.ana}
			r.sign()
		},
		"trust-differs", "takes 2 different principals",
	},
	{
		"shows another version than is signed",
		func(r *roster) {
			r.version.Number = 1
			r.signAs(record.Trust{
				Client: "acme", Writer: r.laptop.Writer, Signed: r.now, Version: r.version, Roster: "sha256:" + strings.Repeat("00", 32),
			})
		},
		func(r *roster) { r.sign() },
		"trust-differs", "were shown another version",
	},
	{
		"puts another copy beside the logs",
		func(r *roster) { r.sign(); r.put("trust/1.dsse.json", []byte("{}")) },
		func(r *roster) {
			r.sign()
			r.put("trust/1.dsse.json", must(os.ReadFile(r.path(recordFile(r.newest)))))
			r.put("trust/2.proposed.json", []byte("{}"))
		},
		"trust-copy-differs", "trust/1.dsse.json is not version 1",
	},
	{
		"is less than what was agreed",
		func(r *roster) { r.version.Policy.Level = "anchored"; r.sign().by(r.ben) },
		func(r *roster) { r.version.Policy.Level = "logged"; r.sign().by(r.ben) },
		"level-below", "is logged, and the policy demands anchored",
	},
}

func (r *roster) put(name string, data []byte) {
	r.t.Helper()
	must(0, os.MkdirAll(r.path("trust"), 0o700))
	must(0, os.WriteFile(r.path(name), data, 0o600))
}

func TestAttacksOnTrust(t *testing.T) {
	for _, c := range trustAttacks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			attacked := newRoster(newBench(t))
			c.attack(attacked)
			if f := wantOnly(t, attacked.verify(), c.rule, c.phrase); f.File == "" {
				t.Errorf("the finding names no file: %+v", f)
			}
			honest := newRoster(newBench(t))
			c.twin(honest)
			wantOK(t, honest.verify())
		})
	}
}

// TestRefusedRunsCount: nobody loses a key to lose a failure. What somebody
// signed who might not is no success; a failure stays one.
func TestRefusedRunsCount(t *testing.T) {
	r := newRoster(newBench(t)).sign()
	r.by(r.ben)
	failed := r.begin()
	failed.editSteps = func(steps []record.Step) []record.Step {
		steps[0].Outcome, steps[0].Cause = record.Failed, record.CauseExit
		return steps[:1]
	}
	failed.tell(1000)
	if got := r.verify(); got.Counts.Done != 1 || got.Counts.Failed != 1 {
		t.Fatalf("before: %+v", got.Counts)
	}
	r.revoke("compromised", monday)
	got := r.verify()
	if c := got.Counts; c.Runs != 2 || c.Failed != 1 || c.Unknown != 1 || c.Done != 0 || c.Met != 0 {
		t.Errorf("after the key is said to be stolen: %+v", c)
	}
	for _, line := range runLines(got) {
		if line.Level != audit.None {
			t.Errorf("of the run %s nothing is shown any more, and it is %s", line.Run, line.Level)
		}
	}
}

// TestTrustIsSaid: what is pinned and what is the evidence's or the provider's
// own word is in the report.
func TestTrustIsSaid(t *testing.T) {
	r := newRoster(newBench(t))
	r.begin().tell(1000) // before anything says who may sign
	r.sign()
	got := r.verify()
	for _, rule := range []string{"before-trust", "trust-not-pinned", "identities-of-the-provider", "signers-not-pinned", "log-not-pinned"} {
		if !slices.Contains(rulesOf(got.Unshown), rule) {
			t.Errorf("%s isn't said: %v", rule, rulesOf(got.Unshown))
		}
	}
	if got.Trust == nil || got.Trust.Pinned || got.Trust.Version != 1 || got.Trust.First != r.newest {
		t.Errorf("trust is %+v", got.Trust)
	}
	r.pinned()
	client := newKey(t)
	r.version.Roots = append(r.version.Roots, trust.Root{Principal: "acme", Key: client.Public().AuthorizedKey(), Client: true})
	r.version.Threshold, r.keys = 2, []evidence.Signer{r.ana, client}
	r.sign()
	got = r.verify()
	wantOK(t, got)
	for _, rule := range []string{"trust-not-pinned", "identities-of-the-provider", "signers-not-pinned", "log-not-pinned"} {
		if slices.Contains(rulesOf(got.Unshown), rule) {
			t.Errorf("%s is said and isn't so", rule)
		}
	}
	if got.Trust == nil || !got.Trust.Pinned || !got.Pinned || !got.Trust.Client || got.Trust.Version != 2 {
		t.Errorf("trust is %+v", got.Trust)
	}
}

// TestPinnedSignersAndTrust: who pins the operators is not told off for the
// roots, whom they don't know.
func TestPinnedSignersAndTrust(t *testing.T) {
	r := newRoster(newBench(t)).sign()
	r.by(r.ben)
	r.pin()
	wantOK(t, r.verify())
}
