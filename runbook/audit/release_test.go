package audit_test

import (
	"slices"
	"testing"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// as signs with another key for a moment.
func (r *roster) as(key *evidence.PrivateKey) *record.Ledger {
	ledger := *r.laptop
	ledger.Operator = key
	return &ledger
}

// releaseCases are releases of a legal hold on everything, each beside what looks
// like it and is honest.
var releaseCases = []struct {
	name         string
	attack, twin func(r *roster)
	phrase       string
}{
	{
		"an operator releases a lead's hold",
		func(r *roster) { r.sign(); r.releasing(r.as(r.ben), r.holding(r.as(r.ana), "")) },
		func(r *roster) { r.sign(); r.releasing(r.as(r.ana), r.holding(r.as(r.ana), "")) },
		"in version 1 ben is operator or approver, and it takes lead",
	},
	{
		"an operator releases another operator's hold",
		func(r *roster) {
			carl := r.hire("carl", trust.Operator)
			r.sign().releasing(r.as(r.ben), r.holding(r.as(carl), ""))
		},
		func(r *roster) {
			carl := r.hire("carl", trust.Operator)
			r.sign().releasing(r.as(r.ana), r.holding(r.as(carl), "")) // a lead may
		},
		"laid by carl",
	},
	{
		"an operator releases what was laid before anything said who may",
		func(r *roster) {
			hold := r.holding(r.as(r.ana), "")
			r.sign().releasing(r.as(r.ben), hold)
		},
		func(r *roster) { // and what was released before that
			r.releasing(r.as(r.ben), r.holding(r.as(r.ana), ""))
			r.sign()
		},
		"laid by ana",
	},
	{
		"a lead no longer",
		func(r *roster) {
			carl := r.hire("carl", trust.Lead)
			r.version.Principals[0].Roles = []trust.Role{trust.Operator}
			r.sign().releasing(r.as(r.ana), r.holding(r.as(carl), ""))
		},
		func(r *roster) { r.sign().releasing(r.as(r.ben2), r.holding(r.as(r.ben), "")) }, // with another key of one's own
		"in version 1 ana is operator, and it takes lead",
	},
}

// hire names another principal in the version that is signed next.
func (r *roster) hire(id string, role trust.Role) *evidence.PrivateKey {
	key := newKey(r.t)
	r.version.Principals = append(r.version.Principals, trust.Principal{ID: id, Roles: []trust.Role{role}, Keys: []trust.Key{line(key)}})
	return key
}

// TestRelease: a legal hold is released by whoever laid it or by a lead. A
// release by somebody else is found, and what is erased after it was erased under
// the hold.
func TestRelease(t *testing.T) {
	for _, c := range releaseCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tell := func(do func(*roster)) (*roster, string) {
				r := newRoster(newBench(t))
				stdout := stdoutOf(r.begin().tell(1000))
				do(r)
				return r, stdout
			}
			honest, stdout := tell(c.twin)
			honest.erasing(honest.laptop, []*evidence.PrivateKey{honest.ana}, stdout)
			wantOK(t, honest.verify())

			attacked, stdout := tell(c.attack)
			wantOnly(t, attacked.verify(), "release-not-entitled", c.phrase)
			attacked.erasing(attacked.laptop, []*evidence.PrivateKey{attacked.ana}, stdout)
			if rules := sorted(rulesOf(attacked.verify().Findings)); !slices.Equal(rules, []string{"erasure-held", "release-not-entitled"}) {
				t.Errorf("the findings are %v", rules)
			}
		})
	}
}
