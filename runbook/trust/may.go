package trust

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// A Right is who may sign something: whoever has one of the roles, or a root.
type Right struct {
	Roles []Role
	Root  bool
}

func (r Right) String() string {
	var words []string
	for _, role := range r.Roles {
		words = append(words, string(role))
	}
	if r.Root {
		words = append(words, "root")
	}
	return strings.Join(words, " or ")
}

// When is what is known about when something was signed.
type When struct {
	// After and Before are the times between which it is proven to have been
	// signed. Zero: nothing shows it.
	After, Before time.Time
	// Claimed is when its signer says that it was.
	Claimed time.Time
	// Since is the number of the newest version that was there before it, Until
	// that of the oldest that came after it. 0: none is known.
	Since, Until int
}

// Standing is how far a signature stands.
type Standing string

// The standings. Claimed rests on the signer's own word about the time; Earlier
// was signed before there was any version.
const (
	Shown   Standing = "shown"
	Claimed Standing = "claimed"
	Refused Standing = "refused"
	Earlier Standing = "earlier"
)

// A Judgement is whether a key might sign something, and why not, or on whose
// word.
type Judgement struct {
	Standing  Standing
	Principal string // "" when the key is nobody's
	Why       string // as the end of a sentence; "" when it is shown
	Version   int    // that it was judged by; 0 when by none
}

// May judges whether a key might sign something then. What is proven decides;
// where nothing is, the signer's claim stands and is called one, except for a
// key that was compromised, of which only what is proven stands.
func (c Chain) May(key evidence.PublicKey, when When, right Right) Judgement {
	low, high := c.between(when)
	if high == 0 {
		return Judgement{Standing: Earlier, Why: "it was signed before anything said who may"}
	}
	pick := c.inForce(when.Claimed, low, high)
	v := c.Numbered(pick)
	j := Judgement{Standing: Shown, Principal: v.Owner(key), Version: pick}
	if why := c.refuses(pick, key, right); why != "" {
		j.Standing, j.Why = Refused, why
		return j
	}
	for n := low; n <= high; n++ {
		if c.refuses(n, key, right) != "" {
			j.Standing, j.Why = Claimed, fmt.Sprintf("nothing but its own word shows that version %d was in force, and not %d", pick, n)
			break
		}
	}
	c.judgeTimes(&j, key, when)
	return j
}

// At is the version that was in force when something was signed; nil when none
// was. It is the one that May judges by.
func (c Chain) At(when When) *Version {
	low, high := c.between(when)
	return c.Numbered(c.inForce(when.Claimed, low, high))
}

// between are the numbers of the oldest and of the newest version that may have
// been in force; zeros when there was none.
func (c Chain) between(when When) (low, high int) {
	if len(c) == 0 || when.Until == 1 && when.Since == 0 {
		return 0, 0
	}
	low, high = max(when.Since, 1), len(c)
	if when.Until > 0 {
		high = min(high, when.Until-1)
	}
	return low, max(low, high)
}

// inForce is the newest version of some that was signed by the time claimed.
func (c Chain) inForce(claimed time.Time, low, high int) int {
	for n := high; n > low; n-- {
		if !c[n-1].Signed.After(claimed) {
			return n
		}
	}
	return low
}

// refuses says why a version doesn't let a key sign; "" when it does.
func (c Chain) refuses(n int, key evidence.PublicKey, right Right) string {
	v := c.Numbered(n)
	p, _ := v.PrincipalOf(key)
	switch root := v.RootOf(key); {
	case right.Root && root != nil, p.Has(right.Roles...):
		return ""
	case p == nil && root == nil:
		for later := n + 1; later <= len(c); later++ {
			if owner := c.Numbered(later).Owner(key); owner != "" {
				return fmt.Sprintf("version %d, which was in force, doesn't know the key; version %d adds it for %s", n, later, owner)
			}
		}
		return fmt.Sprintf("the key is nobody's in version %d, which was in force", n)
	case p == nil:
		return fmt.Sprintf("in version %d %s is a root only, and it takes %s", n, root.Principal, right)
	default:
		return fmt.Sprintf("in version %d %s is %s, and it takes %s", n, p.ID, rolesText(p.Roles), right)
	}
}

func rolesText(roles []Role) string {
	if len(roles) == 0 {
		return "without a role"
	}
	return Right{Roles: roles}.String()
}

// judgeTimes holds the key's own times to when it signed. What a later version
// says of a revocation counts: it never says less than an earlier one.
func (c Chain) judgeTimes(j *Judgement, key evidence.PublicKey, when When) {
	line := key.AuthorizedKey()
	k := c.Numbered(j.Version).keyOf(line)
	if k == nil {
		return // of a root only
	}
	if k.ValidAfter != nil {
		j.lies(when.side(*k.ValidAfter), after, when, *k.ValidAfter, "the key is valid from")
	}
	if k.ValidBefore != nil {
		j.lies(when.side(*k.ValidBefore), before, when, *k.ValidBefore, "the key is valid until")
	}
	for n := range c {
		if now := c[n].Version.keyOf(line); now != nil && now.Revoked != nil {
			j.revoked(c.Newest().keyOf(line), n+1, when)
			return
		}
	}
}

// Where a time lies from an instant.
type side int

const (
	unknown side = iota
	before
	after
)

// side says on which side of an instant something is proven to have been signed.
func (w When) side(instant time.Time) side {
	switch {
	case !w.Before.IsZero() && !w.Before.After(instant):
		return before
	case !w.After.IsZero() && !w.After.Before(instant):
		return after
	default:
		return unknown
	}
}

// claims reports whether it was signed on a side by the signer's word.
func (w When) claims(wanted side, instant time.Time) bool {
	if wanted == before {
		return !w.Claimed.After(instant)
	}
	return !w.Claimed.Before(instant)
}

// lies takes the side that something was signed on into the judgement.
func (j *Judgement) lies(proven, wanted side, when When, instant time.Time, what string) {
	at := what + " " + instant.UTC().Format(time.RFC3339)
	switch {
	case j.Standing == Refused || proven == wanted:
	case proven != unknown:
		j.Standing, j.Why = Refused, at+", and it was proven to be signed on the other side of that"
	case !when.claims(wanted, instant):
		j.Standing, j.Why = Refused, at+", and it says itself that it was signed on the other side of that"
	default:
		j.Standing, j.Why = Claimed, at+", and nothing but its own word shows that it was signed on the right side of that"
	}
}

func (j *Judgement) revoked(k *Key, by int, when When) {
	if k == nil || k.Revoked == nil || j.Standing == Refused {
		return
	}
	r := k.Revoked
	at := fmt.Sprintf("the key was revoked (%s) by version %d as of %s", r.Why, by, r.At.UTC().Format(time.RFC3339))
	switch proven := when.side(r.At); {
	case when.Since >= by:
		j.Standing, j.Why = Refused, at+", and it was signed after that version"
	case proven == before:
	case proven == after:
		j.Standing, j.Why = Refused, at+", and it was proven to be signed later"
	case r.Compromised:
		j.Standing, j.Why = Refused, at+", and nothing from outside proves that it was signed before"
	case !when.claims(before, r.At):
		j.Standing, j.Why = Refused, at+", and it says itself that it was signed later"
	default:
		j.Standing, j.Why = Claimed, at+", and nothing but its own word shows that it was signed before"
	}
}

// Now judges whether a key may sign at this moment, by the newest version.
func (c Chain) Now(key evidence.PublicKey, now time.Time, right Right) Judgement {
	return c.May(key, c.This(now), right)
}

// This is what is known of what is signed at this moment, under the newest
// version.
func (c Chain) This(now time.Time) When {
	return When{After: now, Before: now, Claimed: now, Since: len(c)}
}

// Allowed are the principals who have a right at this moment, and a key that may
// sign, by their ids.
func (c Chain) Allowed(now time.Time, right Right) []string {
	v := c.Newest()
	if v == nil {
		return nil
	}
	var lines []string
	for _, p := range v.Principals {
		for _, k := range p.Keys {
			lines = append(lines, k.Key)
		}
	}
	for _, r := range v.Roots {
		lines = append(lines, r.Key)
	}
	var ids []string
	for _, line := range lines {
		key, err := evidence.ParsePublicKey([]byte(line))
		if err != nil {
			continue
		}
		if j := c.Now(key, now, right); j.Standing != Refused && !slices.Contains(ids, j.Principal) {
			ids = append(ids, j.Principal)
		}
	}
	return ids
}

// MayRelease judges whether a key might end what a holder laid: the holder might,
// with any key, or a lead.
func (c Chain) MayRelease(holder, key evidence.PublicKey, when When) Judgement {
	j := c.May(key, when, Right{Roles: []Role{Operator}})
	if j.Standing == Refused || j.Standing == Earlier {
		return j
	}
	laidBy := c.Newest().Owner(holder)
	if laidBy == j.Principal {
		return j
	}
	j = c.May(key, when, Right{Roles: []Role{Lead}})
	if laidBy == "" {
		laidBy = "nobody who is known"
	}
	if j.Standing == Refused {
		j.Why = fmt.Sprintf("it was laid by %s; %s", laidBy, j.Why)
	}
	return j
}
