package trust

import (
	"fmt"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// A Link is a version as it was signed.
type Link struct {
	Digest  string    // of its envelope
	Signed  time.Time // as its signers claim
	Signers []evidence.PublicKey
	Version Version
}

// KnownBy reports whether a fingerprint is the link's: the digest of its
// envelope, or the id of a root's key that signed it.
func (l *Link) KnownBy(fingerprint string) bool {
	return l.Digest == fingerprint || slices.ContainsFunc(l.Signers, func(key evidence.PublicKey) bool {
		return key.ID() == fingerprint && l.Version.RootOf(key) != nil
	})
}

// A Chain is versions that follow on each other, the first one first.
type Chain []Link

// Newest is the version in force; nil when there is none.
func (c Chain) Newest() *Version {
	if len(c) == 0 {
		return nil
	}
	return &c[len(c)-1].Version
}

// Numbered is the version with a number; nil when the chain has none.
func (c Chain) Numbered(n int) *Version {
	if n < 1 || n > len(c) {
		return nil
	}
	return &c[n-1].Version
}

// Find is the number of the version whose envelope has a digest; 0 when the
// chain has none.
func (c Chain) Find(digest string) int {
	for i := range c {
		if c[i].Digest == digest {
			return i + 1
		}
	}
	return 0
}

// Problems says why a version can't be the chain's next; nothing when it can.
func (c Chain) Problems(next *Link) []string {
	return append(c.Unsound(&next.Version), Unsigned(c.Newest(), next)...)
}

// Unsound says the same of a version that isn't signed yet.
func (c Chain) Unsound(next *Version) []string {
	problems := next.Problems()
	if want := len(c) + 1; next.Number != want {
		problems = append(problems, fmt.Sprintf("it has the number %d where %d belongs", next.Number, want))
	}
	if before := c.Newest(); before != nil {
		if last := c[len(c)-1]; next.Previous != last.Digest {
			problems = append(problems, fmt.Sprintf("it doesn't follow on version %d, but on %q", before.Number, next.Previous))
		}
		problems = append(problems, next.takenBack(before)...)
	}
	return problems
}

// Unsigned says which thresholds the signers of a version don't reach: its own,
// and that of the version before, if there is one.
func Unsigned(before *Version, next *Link) (problems []string) {
	for _, key := range next.Signers {
		if next.Version.RootOf(key) == nil && (before == nil || before.RootOf(key) == nil) {
			problems = append(problems, fmt.Sprintf("it is signed by %s, which is no root", key.ID()))
		}
	}
	for _, v := range []*Version{before, &next.Version} {
		if v == nil {
			continue
		}
		if have := v.Signatures(next.Signers...); have < v.Threshold {
			problems = append(problems, fmt.Sprintf("%d of the roots of version %d have signed it, and it takes %d different principals", have, v.Number, v.Threshold))
		}
	}
	return problems
}

// takenBack says what a version takes back that can't be: a key stays its
// principal's and is never dropped, a revocation is never removed or softened.
func (v *Version) takenBack(before *Version) (problems []string) {
	for _, p := range before.Principals {
		for _, old := range p.Keys {
			now := v.keyOf(old.Key)
			switch {
			case now == nil:
				problems = append(problems, fmt.Sprintf("a key of %s is gone: a key is revoked, never dropped", p.ID))
			case v.ownerOf(old.Key) != p.ID:
				problems = append(problems, fmt.Sprintf("a key of %s is now one of %s", p.ID, v.ownerOf(old.Key)))
			case softer(old.Revoked, now.Revoked):
				problems = append(problems, fmt.Sprintf("a revoked key of %s is given back, or was revoked later than was said", p.ID))
			}
		}
	}
	for _, old := range before.Writers {
		now := v.Writer(old.ID)
		switch {
		case now == nil:
			problems = append(problems, fmt.Sprintf("the writer %s is gone: its log would not be missed", old.ID))
		case now.Key != old.Key:
			problems = append(problems, fmt.Sprintf("the writer %s has another key", old.ID))
		case softer(old.Revoked, now.Revoked):
			problems = append(problems, fmt.Sprintf("the revoked writer %s is given back", old.ID))
		}
	}
	return problems
}

// softer reports whether a revocation says less than it did. It may say more: a
// key that was rotated may turn out to have been stolen before.
func softer(was, is *Revocation) bool {
	if was == nil {
		return false
	}
	return is == nil || is.At.After(was.At) || was.Compromised && !is.Compromised
}

// Writer finds a writer by its id; nil when the version names none.
func (v *Version) Writer(id string) *Writer {
	if v == nil {
		return nil
	}
	for i := range v.Writers {
		if v.Writers[i].ID == id {
			return &v.Writers[i]
		}
	}
	return nil
}

// Revoked reports whether a writer was revoked. A nil version revokes nobody.
func (v *Version) Revoked(id string) bool {
	w := v.Writer(id)
	return w != nil && w.Revoked != nil
}
