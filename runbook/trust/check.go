package trust

import (
	"fmt"
	"slices"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// Whys are the reasons for which a key is revoked.
func Whys() []string { return []string{"left", "rotated", "lost", "compromised"} }

// Levels are how much a policy may demand, the least first.
func Levels() []string { return []string{"logged", "anchored", "bracketed", "witnessed"} }

// Classes are the classes of blobs that a retention is about.
func Classes() []string { return []string{"output", "answers", "files", "inputs", "where"} }

// A checker collects what is wrong with one version.
type checker struct {
	owners   map[string]string // of keys, by their line
	problems []string
}

func (c *checker) report(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// Problems says all that is wrong with a version by itself; nothing when it is
// sound.
func (v *Version) Problems() []string {
	c := &checker{owners: map[string]string{}}
	if v.Number < 1 {
		c.report("the number %d is none that a version can have", v.Number)
	}
	if (v.Number == 1) != (v.Previous == "") {
		c.report("every version but the first names the one before it")
	}
	c.principals(v)
	c.roots(v)
	c.writers(v)
	c.policy(v.Policy)
	return c.problems
}

func (c *checker) principals(v *Version) {
	seen := map[string]bool{}
	for _, p := range v.Principals {
		if seen[p.ID] {
			c.report("the principal %q stands there twice", p.ID)
		}
		seen[p.ID] = true
		c.id("principal", p.ID)
		for _, role := range p.Roles {
			if !slices.Contains(Roles(), role) {
				c.report("the principal %s: there is no role %q", p.ID, role)
			}
		}
		for i, k := range p.Keys {
			if slices.ContainsFunc(p.Keys[:i], func(other Key) bool { return other.Key == k.Key }) {
				c.report("the principal %s has one key twice", p.ID)
			}
			c.key(p.ID, k.Key)
			if k.ValidAfter != nil && k.ValidBefore != nil && !k.ValidAfter.Before(*k.ValidBefore) {
				c.report("the principal %s has a key that is valid only before it becomes valid", p.ID)
			}
			c.revocation("the principal "+p.ID, k.Revoked)
		}
	}
}

func (c *checker) roots(v *Version) {
	people := map[string]bool{}
	var keys []string
	for _, r := range v.Roots {
		c.id("root", r.Principal)
		c.key(r.Principal, r.Key)
		if slices.Contains(keys, r.Key) {
			c.report("a root key of %s stands there twice", r.Principal)
		}
		keys, people[r.Principal] = append(keys, r.Key), true
		if k := v.keyOf(r.Key); k != nil && k.Revoked != nil {
			c.report("a root key of %s is revoked", r.Principal)
		}
	}
	switch {
	case len(v.Roots) == 0:
		c.report("there is no root")
	case v.Threshold < 1:
		c.report("the threshold is %d: it takes at least one signature", v.Threshold)
	case v.Threshold > len(people):
		c.report("the threshold is %d, and the roots are of %d principals: nobody could sign the next version", v.Threshold, len(people))
	}
}

func (c *checker) writers(v *Version) {
	seen := map[string]bool{}
	for _, w := range v.Writers {
		c.id("writer", w.ID)
		if seen[w.ID] {
			c.report("the writer %s stands there twice", w.ID)
		}
		seen[w.ID] = true
		if problem := keyProblem(w.Key); problem != "" {
			c.report("the key of the writer %s: %s", w.ID, problem)
		}
		c.revocation("the writer "+w.ID, w.Revoked)
	}
}

func (c *checker) policy(p Policy) {
	if p.Level != "" && !slices.Contains(Levels(), p.Level) {
		c.report("the policy demands %q, which is no level", p.Level)
	}
	if p.Quorum < 0 || p.Quorum > len(p.Witnesses) {
		c.report("the policy demands %d of %d witnesses", p.Quorum, len(p.Witnesses))
	}
	for i, r := range p.Retention {
		switch {
		case !slices.Contains(Classes(), r.Class):
			c.report("the policy keeps %q, which is no class of blobs", r.Class)
		case r.Days < 1:
			c.report("the policy keeps %s for %d days", r.Class, r.Days)
		case slices.ContainsFunc(p.Retention[:i], func(other Retention) bool { return other.Class == r.Class }):
			c.report("the policy keeps %s for two lengths of time", r.Class)
		}
	}
}

func (c *checker) id(what, id string) {
	if !evidence.ValidID(id) {
		c.report("%q can't be the id of a %s", id, what)
	}
}

// key notes whose a key is, and reports one that is weak or of two.
func (c *checker) key(principal, line string) {
	if problem := keyProblem(line); problem != "" {
		c.report("a key of %s: %s", principal, problem)
		return
	}
	if owner, known := c.owners[line]; known && owner != principal {
		c.report("%s and %s have one key: two principals never do", owner, principal)
		return
	}
	c.owners[line] = principal
}

// keyProblem says what is wrong with the line of a key. It has one form, so
// that one key has one name.
func keyProblem(line string) string {
	key, err := evidence.ParsePublicKey([]byte(line))
	switch {
	case err != nil:
		return err.Error()
	case key.AuthorizedKey() != line:
		return "it has a comment, or blanks that don't belong there"
	default:
		return ""
	}
}

func (c *checker) revocation(whose string, r *Revocation) {
	switch {
	case r == nil:
	case r.At.IsZero():
		c.report("%s: a revocation doesn't say from when it counts", whose)
	case !slices.Contains(Whys(), r.Why):
		c.report("%s: %q is no reason for a revocation", whose, r.Why)
	case r.Compromised != (r.Why == "compromised"):
		c.report("%s: a revocation says %s and marks the key otherwise", whose, r.Why)
	}
}

// keyOf finds a principal's key by its line.
func (v *Version) keyOf(line string) *Key {
	for i := range v.Principals {
		for j := range v.Principals[i].Keys {
			if k := &v.Principals[i].Keys[j]; k.Key == line {
				return k
			}
		}
	}
	return nil
}

// ownerOf is the principal that a key is of, as a root or otherwise; "" when it
// is nobody's.
func (v *Version) ownerOf(line string) string {
	for _, r := range v.Roots {
		if r.Key == line {
			return r.Principal
		}
	}
	for _, p := range v.Principals {
		if slices.ContainsFunc(p.Keys, func(k Key) bool { return k.Key == line }) {
			return p.ID
		}
	}
	return ""
}

// Owner is the id of the principal that a key is of, as a root or otherwise; ""
// when it is nobody's.
func (v *Version) Owner(key evidence.PublicKey) string { return v.ownerOf(key.AuthorizedKey()) }

// RootOf is the root that has the key; nil when none has.
func (v *Version) RootOf(key evidence.PublicKey) *Root {
	line := key.AuthorizedKey()
	for i := range v.Roots {
		if v.Roots[i].Key == line {
			return &v.Roots[i]
		}
	}
	return nil
}

// Signatures is how many principals of the roots are among the signers: two keys
// of one principal count once.
func (v *Version) Signatures(signers ...evidence.PublicKey) int {
	people := map[string]bool{}
	for _, key := range signers {
		if r := v.RootOf(key); r != nil {
			people[r.Principal] = true
		}
	}
	return len(people)
}

// SignedBy reports whether enough roots are among the signers.
func (v *Version) SignedBy(signers ...evidence.PublicKey) bool {
	return v.Signatures(signers...) >= max(1, v.Threshold)
}

// ClientHolds reports whether no version can come about without the client: so
// many of the roots are the client's that the others don't make the threshold.
func (v *Version) ClientHolds() bool {
	provider := map[string]bool{}
	for _, r := range v.Roots {
		if !r.Client {
			provider[r.Principal] = true
		}
	}
	return len(provider) < v.Threshold
}
