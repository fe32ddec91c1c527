package trust_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/trust"
)

var operators = trust.Right{Roles: []trust.Role{trust.Operator}}

// twoVersions is a chain: the second is signed on day 10, revokes ben's key as
// of day 9, and adds carl.
func (p people) twoVersions(why string) trust.Chain {
	one := p.first()
	one.Principals[0].Keys[1].ValidAfter, one.Principals[0].Keys[1].ValidBefore = day(4), day(8)
	two := next(one, "sha256:one")
	two.Principals[1].Keys[0].Revoked = &trust.Revocation{At: at(9), Why: why, Compromised: why == "compromised"}
	two.Principals = append(two.Principals, trust.Principal{ID: "carl", Roles: []trust.Role{trust.Operator}, Keys: []trust.Key{key(p.carl)}})
	return trust.Chain{
		{Digest: "sha256:one", Signed: at(0), Version: one},
		{Digest: "sha256:two", Signed: at(10), Version: two},
	}
}

func TestMay(t *testing.T) {
	p := newPeople(t)
	proven := func(after, before int) trust.When {
		return trust.When{After: at(after), Before: at(before), Claimed: at(after), Since: 1}
	}
	for _, c := range []struct {
		name  string
		why   string
		key   evidence.PublicKey
		when  trust.When
		right trust.Right
		want  trust.Standing
		says  string
	}{
		{"an operator", "left", p.ana, trust.When{Claimed: at(1), Since: 1, Until: 2}, operators, trust.Shown, ""},
		{"in any version", "left", p.ana, trust.When{Claimed: at(1)}, operators, trust.Shown, ""},
		{"nobody", "left", p.nobody, trust.When{Claimed: at(1), Since: 1}, operators, trust.Refused, "nobody's in version 1"},
		{"another role", "left", p.ben, trust.When{Claimed: at(1), Since: 1, Until: 2}, trust.Right{Roles: []trust.Role{trust.Approver}}, trust.Refused, "ben is operator, and it takes approver"},
		{"a lead approves", "left", p.ana, trust.When{Claimed: at(1), Since: 1}, trust.Right{Roles: []trust.Role{trust.Approver}}, trust.Shown, ""},
		{"a root", "left", p.ana, trust.When{Claimed: at(1), Since: 1}, trust.Right{Root: true}, trust.Shown, ""},
		{"no root", "left", p.ben, trust.When{Claimed: at(1), Since: 1, Until: 2}, trust.Right{Root: true}, trust.Refused, "it takes root"},
		{"before there was a version", "left", p.nobody, trust.When{Claimed: at(-1), Until: 1}, operators, trust.Earlier, "before anything said"},

		{"added afterwards, in the log's order", "left", p.carl, trust.When{Claimed: at(11), Since: 1, Until: 2}, operators, trust.Refused, "version 2 adds it for carl"},
		{"added before", "left", p.carl, trust.When{Claimed: at(11), Since: 2}, operators, trust.Shown, ""},
		{"added, and nothing shows the order", "left", p.carl, trust.When{Claimed: at(11)}, operators, trust.Claimed, "version 2 was in force"},
		{"added after it claims to be signed", "left", p.carl, trust.When{Claimed: at(5)}, operators, trust.Refused, "version 2 adds it"},

		{"valid, proven", "left", p.ana2, proven(5, 6), operators, trust.Shown, ""},
		{"valid, claimed", "left", p.ana2, trust.When{Claimed: at(5), Since: 1}, operators, trust.Claimed, "nothing but its own word"},
		{"too early, proven", "left", p.ana2, proven(1, 4), operators, trust.Refused, "valid from 2026-11-20"},
		{"too early, claimed", "left", p.ana2, trust.When{Claimed: at(1), Since: 1}, operators, trust.Refused, "says itself"},
		{"expired, whatever it claims", "left", p.ana2, trust.When{Claimed: at(5), After: at(8), Since: 1}, operators, trust.Refused, "valid until"},
		{"proven on neither side", "left", p.ana2, trust.When{Claimed: at(5), After: at(3), Before: at(6), Since: 1}, operators, trust.Claimed, "valid from"},

		{"revoked, proven before", "left", p.ben, proven(7, 9), operators, trust.Shown, ""},
		{"revoked, proven after", "left", p.ben, proven(9, 10), operators, trust.Refused, "proven to be signed later"},
		{"revoked, logged before that version", "left", p.ben, trust.When{Claimed: at(5), Since: 1, Until: 2}, operators, trust.Claimed, "revoked (left) by version 2"},
		{"revoked, logged after that version", "left", p.ben, trust.When{Claimed: at(5), Since: 2}, operators, trust.Refused, "signed after that version"},
		{"revoked at that instant", "left", p.ben, trust.When{Claimed: at(9), Since: 1, Until: 2}, operators, trust.Claimed, "revoked (left) by version 2"},
		{"revoked, says so itself", "left", p.ben, trust.When{Claimed: at(10), Since: 1, Until: 2}, operators, trust.Refused, "says itself"},
		{"stolen, proven before", "compromised", p.ben, proven(7, 9), operators, trust.Shown, ""},
		{"stolen, logged before", "compromised", p.ben, trust.When{Claimed: at(5), Since: 1, Until: 2}, operators, trust.Refused, "nothing from outside proves"},
		{"stolen, nothing is known", "compromised", p.ben, trust.When{Claimed: at(5)}, operators, trust.Refused, "nothing from outside proves"},
		{"stolen, proven around it", "compromised", p.ben, proven(7, 10), operators, trust.Refused, "nothing from outside proves"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := p.twoVersions(c.why).May(c.key, c.when, c.right)
			if got.Standing != c.want || !strings.Contains(got.Why, c.says) || (got.Why == "") != (c.want == trust.Shown) {
				t.Errorf("got %+v, want %s that says %q", got, c.want, c.says)
			}
		})
	}
	if got := (trust.Chain{}).May(p.ana, trust.When{}, operators); got.Standing != trust.Earlier {
		t.Errorf("without a version: %+v", got)
	}
	if got := p.twoVersions("left").Now(p.ben, at(20), operators); got.Standing != trust.Refused {
		t.Errorf("ben may run after he left: %+v", got)
	}
	if got := p.twoVersions("left").Now(p.carl, at(20), operators); got.Standing != trust.Shown || got.Principal != "carl" {
		t.Errorf("carl may run: %+v", got)
	}
}

// The signer's claim never makes a compromised key's signature stand: only what
// is proven before the revocation does, and that always.
func TestMayCompromised(t *testing.T) {
	p := newPeople(t)
	chain := p.twoVersions("compromised")
	rapid.Check(t, func(t *rapid.T) {
		when := trust.When{
			Claimed: at(rapid.IntRange(-5, 20).Draw(t, "claimed")), Since: rapid.IntRange(0, 1).Draw(t, "since"),
			Until: rapid.SampledFrom([]int{0, 2}).Draw(t, "until"),
		}
		if rapid.Bool().Draw(t, "proven") {
			when.Before = at(rapid.IntRange(-5, 20).Draw(t, "before"))
		}
		got := chain.May(p.ben, when, operators).Standing
		shown := !when.Before.IsZero() && !when.Before.After(at(9))
		if (got == trust.Refused) == shown {
			t.Fatalf("%+v is %s", when, got)
		}
	})
}

// To learn more about when something was signed never turns what is refused by
// the proven times into what stands.
func TestMayIsMonotonic(t *testing.T) {
	p := newPeople(t)
	rapid.Check(t, func(t *rapid.T) {
		chain := p.twoVersions(rapid.SampledFrom(trust.Whys()).Draw(t, "why"))
		signed := at(rapid.IntRange(-2, 15).Draw(t, "signed"))
		vague := trust.When{Claimed: signed, Since: 1}
		exact := vague
		exact.After, exact.Before = signed.Add(-time.Nanosecond), signed.Add(time.Nanosecond)
		key := rapid.SampledFrom([]evidence.PublicKey{p.ana, p.ana2, p.ben, p.carl, p.nobody}).Draw(t, "key")
		before, after := chain.May(key, vague, operators), chain.May(key, exact, operators)
		if before.Standing == trust.Shown && after.Standing != trust.Shown {
			t.Fatalf("shown without a proven time, %+v with one", after)
		}
		if before.Standing == trust.Claimed && after.Standing == trust.Refused {
			t.Fatalf("an honest claim stands (%+v) and is refused when it is proven (%+v)", before, after)
		}
	})
}
