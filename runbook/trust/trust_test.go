package trust_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/trust"
)

var monday = time.Date(2026, 11, 16, 6, 0, 0, 0, time.UTC)

// at is so many days after monday.
func at(days int) time.Time { return monday.AddDate(0, 0, days) }

func day(days int) *time.Time {
	t := at(days)
	return &t
}

func newKey(t testing.TB) evidence.PublicKey {
	t.Helper()
	key, err := evidence.GenerateKey(evidence.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return key.Public()
}

// people are the keys of a small provider, and one of its client's.
type people struct{ ana, ana2, ben, carl, client, nobody evidence.PublicKey }

func newPeople(t testing.TB) people {
	return people{newKey(t), newKey(t), newKey(t), newKey(t), newKey(t), newKey(t)}
}

func key(k evidence.PublicKey) trust.Key { return trust.Key{Key: k.AuthorizedKey()} }

// first is a sound version 1: ana leads and is the root, ben is an operator.
func (p people) first() trust.Version {
	return trust.Version{
		Number: 1, Threshold: 1, Roots: []trust.Root{{Principal: "ana", Key: p.ana.AuthorizedKey()}},
		Principals: []trust.Principal{
			{ID: "ana", Roles: []trust.Role{trust.Lead}, Keys: []trust.Key{key(p.ana), key(p.ana2)}},
			{ID: "ben", Roles: []trust.Role{trust.Operator}, Keys: []trust.Key{key(p.ben)}},
		},
		Writers: []trust.Writer{{ID: "laptop", Key: p.nobody.AuthorizedKey()}},
	}
}

// next is a copy of a version as the one after it.
func next(v trust.Version, digest string) trust.Version {
	v.Number, v.Previous = v.Number+1, digest
	v.Roots, v.Writers, v.Principals = slices.Clone(v.Roots), slices.Clone(v.Writers), slices.Clone(v.Principals)
	for i := range v.Principals {
		v.Principals[i].Keys = slices.Clone(v.Principals[i].Keys)
		v.Principals[i].Roles = slices.Clone(v.Principals[i].Roles)
	}
	return v
}

// wantProblem fails unless there is exactly one problem, with this phrase; none
// when the phrase is empty.
func wantProblem(t *testing.T, problems []string, phrase string) {
	t.Helper()
	switch {
	case phrase == "" && len(problems) > 0:
		t.Errorf("problems where there is none: %q", problems)
	case phrase != "" && (len(problems) != 1 || !strings.Contains(problems[0], phrase)):
		t.Errorf("got %q, want one that says %q", problems, phrase)
	}
}

// weak is a key for which one signature fits every message.
const weak = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestVersion(t *testing.T) {
	p := newPeople(t)
	for _, c := range []struct {
		name string
		edit func(v *trust.Version)
		want string
	}{
		{"sound", func(*trust.Version) {}, ""},
		{"a root who is no principal", func(v *trust.Version) {
			v.Roots = append(v.Roots, trust.Root{Principal: "acme", Key: p.client.AuthorizedKey(), Client: true})
		}, ""},
		{"no number", func(v *trust.Version) { v.Number = 0; v.Previous = "sha256:00" }, "the number 0"},
		{"a first one with one before it", func(v *trust.Version) { v.Previous = "sha256:00" }, "names the one before it"},
		{"a second one without", func(v *trust.Version) { v.Number = 2 }, "names the one before it"},
		{"no root", func(v *trust.Version) { v.Roots = nil }, "no root"},
		{"no threshold", func(v *trust.Version) { v.Threshold = 0 }, "takes at least one"},
		{"a threshold of keys, not people", func(v *trust.Version) {
			v.Roots, v.Threshold = append(v.Roots, trust.Root{Principal: "ana", Key: p.ana2.AuthorizedKey()}), 2
		}, "the roots are of 1 principals"},
		{"one key, two people", func(v *trust.Version) { v.Principals[1].Keys = []trust.Key{key(p.ana)} }, "ana and ben have one key"},
		{"one key, a root and another", func(v *trust.Version) { v.Roots[0].Principal = "carl" }, "ana and carl have one key"},
		{"one key twice", func(v *trust.Version) { v.Principals[1].Keys = []trust.Key{key(p.ben), key(p.ben)} }, "one key twice"},
		{"one person twice", func(v *trust.Version) {
			v.Principals = append(v.Principals, trust.Principal{ID: "ben", Roles: []trust.Role{trust.Lead}})
		}, "stands there twice"},
		{"a weak key", func(v *trust.Version) { v.Principals[1].Keys = []trust.Key{{Key: weak}} }, "weak key"},
		{"a weak root", func(v *trust.Version) { v.Roots = append(v.Roots, trust.Root{Principal: "acme", Key: weak}) }, "weak key"},
		{"a weak writer", func(v *trust.Version) { v.Writers[0].Key = weak }, "weak key"},
		{"a key with a comment", func(v *trust.Version) { v.Principals[1].Keys[0].Key += " ben" }, "has a comment"},
		{"times that cross", func(v *trust.Version) {
			v.Principals[1].Keys[0].ValidAfter, v.Principals[1].Keys[0].ValidBefore = day(2), day(1)
		}, "valid only before it becomes valid"},
		{"an unknown role", func(v *trust.Version) { v.Principals[1].Roles = []trust.Role{"boss"} }, `no role "boss"`},
		{"a name for an id", func(v *trust.Version) { v.Principals[1].ID = "Ben Ng" }, `"Ben Ng" can't be the id`},
		{"an unknown level", func(v *trust.Version) { v.Policy.Level = "perfect" }, `"perfect"`},
		{"an unknown class", func(v *trust.Version) { v.Policy.Retention = []trust.Retention{{"all", 3}} }, `keeps "all"`},
		{"no days", func(v *trust.Version) { v.Policy.Retention = []trust.Retention{{"output", 0}} }, "for 0 days"},
		{"too many witnesses", func(v *trust.Version) { v.Policy.Quorum = 1 }, "1 of 0 witnesses"},
		{"an unknown reason", func(v *trust.Version) {
			v.Principals[1].Keys[0].Revoked = &trust.Revocation{At: at(1), Why: "tired"}
		}, `"tired" is no reason`},
		{"a reason that isn't marked", func(v *trust.Version) {
			v.Principals[1].Keys[0].Revoked = &trust.Revocation{At: at(1), Why: "compromised"}
		}, "marks the key otherwise"},
		{"a revoked root", func(v *trust.Version) {
			v.Principals[0].Keys[0].Revoked = &trust.Revocation{At: at(1), Why: "lost"}
		}, "a root key of ana is revoked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := next(p.first(), "")
			v.Number = 1
			c.edit(&v)
			wantProblem(t, v.Problems(), c.want)
		})
	}
}

func TestSuccession(t *testing.T) {
	p := newPeople(t)
	one := p.first()
	one.Roots = append(one.Roots, trust.Root{Principal: "ana", Key: p.ana2.AuthorizedKey()}, trust.Root{Principal: "ben", Key: p.ben.AuthorizedKey()})
	one.Threshold = 2
	one.Principals = append(one.Principals, trust.Principal{ID: "carl", Keys: []trust.Key{{
		Key: p.carl.AuthorizedKey(), Revoked: &trust.Revocation{At: at(1), Why: "rotated"},
	}}})
	chain := trust.Chain{{Digest: "sha256:one", Version: one}}
	for _, c := range []struct {
		name    string
		edit    func(v *trust.Version)
		signers []evidence.PublicKey
		want    string
	}{
		{"sound", func(*trust.Version) {}, []evidence.PublicKey{p.ana, p.ben}, ""},
		{"one person's two keys", func(v *trust.Version) { v.Threshold = 1 }, []evidence.PublicKey{p.ana, p.ana2}, "of version 1 have signed it, and it takes 2"},
		{"a stranger among the signers", func(*trust.Version) {}, []evidence.PublicKey{p.ana, p.ben, p.nobody}, "which is no root"},
		{"a number left out", func(v *trust.Version) { v.Number = 3 }, []evidence.PublicKey{p.ana, p.ben}, "the number 3 where 2 belongs"},
		{"another predecessor", func(v *trust.Version) { v.Previous = "sha256:two" }, []evidence.PublicKey{p.ana, p.ben}, "doesn't follow on version 1"},
		{"new roots, signed by the old ones only", func(v *trust.Version) {
			v.Roots, v.Threshold = []trust.Root{{Principal: "carl", Key: p.client.AuthorizedKey()}}, 1
		}, []evidence.PublicKey{p.ana, p.ben}, "0 of the roots of version 2"},
		{"new roots, signed by both", func(v *trust.Version) {
			v.Roots, v.Threshold = []trust.Root{{Principal: "carl", Key: p.client.AuthorizedKey()}}, 1
		}, []evidence.PublicKey{p.ana, p.ben, p.client}, ""},
		{"a revocation removed", func(v *trust.Version) { v.Principals[2].Keys[0].Revoked = nil }, []evidence.PublicKey{p.ana, p.ben}, "given back"},
		{"a revocation put off", func(v *trust.Version) {
			v.Principals[2].Keys[0].Revoked = &trust.Revocation{At: at(2), Why: "rotated"}
		}, []evidence.PublicKey{p.ana, p.ben}, "revoked later than was said"},
		{"a revocation made worse", func(v *trust.Version) {
			v.Principals[2].Keys[0].Revoked = &trust.Revocation{At: at(0), Why: "compromised", Compromised: true}
		}, []evidence.PublicKey{p.ana, p.ben}, ""},
		{"a revoked key dropped", func(v *trust.Version) { v.Principals = v.Principals[:2] }, []evidence.PublicKey{p.ana, p.ben}, "a key of carl is gone"},
		{"a key given to another", func(v *trust.Version) {
			v.Principals[1].Keys, v.Principals[2].Keys = nil, append(v.Principals[2].Keys, key(p.ben))
			v.Roots[2].Principal = "carl"
		}, []evidence.PublicKey{p.ana, p.ben}, "now one of carl"},
		{"a writer dropped", func(v *trust.Version) { v.Writers = nil }, []evidence.PublicKey{p.ana, p.ben}, "the writer laptop is gone"},
		{"a writer with another key", func(v *trust.Version) { v.Writers[0].Key = p.client.AuthorizedKey() }, []evidence.PublicKey{p.ana, p.ben}, "has another key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := next(one, "sha256:one")
			c.edit(&v)
			wantProblem(t, chain.Problems(&trust.Link{Version: v, Signers: c.signers}), c.want)
		})
	}
}

func TestClientHolds(t *testing.T) {
	p := newPeople(t)
	v := p.first()
	if v.ClientHolds() {
		t.Error("the provider alone makes the threshold")
	}
	v.Roots = append(v.Roots, trust.Root{Principal: "acme", Key: p.client.AuthorizedKey(), Client: true})
	if v.ClientHolds() {
		t.Error("one of two is enough, so the provider alone makes the threshold")
	}
	v.Threshold = 2
	if !v.ClientHolds() {
		t.Error("it takes both, so the client holds the threshold")
	}
}

// Who has left is none of those who may.
func TestAllowed(t *testing.T) {
	p := newPeople(t)
	chain := p.twoVersions("left")
	if got := chain[:1].Allowed(at(1), operators); !slices.Equal(got, []string{"ana", "ben"}) {
		t.Errorf("operators of version 1 are %v", got)
	}
	if got := chain.Allowed(at(20), operators); !slices.Equal(got, []string{"ana", "carl"}) {
		t.Errorf("operators of version 2 are %v", got)
	}
	if got := chain.Allowed(at(20), trust.Right{Roles: []trust.Role{trust.Auditor}, Root: true}); !slices.Equal(got, []string{"ana"}) {
		t.Errorf("auditors and roots are %v", got)
	}
}
