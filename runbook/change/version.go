package change

import (
	"fmt"
	"math/big"
	"strings"
)

// Demand is how far a version is raised, or has to be.
type Demand int

// The demands. Lowered is what a version can be and no change demands.
const (
	Lowered Demand = iota - 1
	None
	Patch
	Minor
	Major
)

// String is the demand in a word.
func (d Demand) String() string {
	words := [...]string{"lowered", "none", "patch", "minor", "major"}
	if d < Lowered || d > Major {
		return fmt.Sprintf("demand %d", int(d))
	}
	return words[d-Lowered]
}

// MarshalText is String, for JSON.
func (d Demand) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Raised is how far a version was raised: by the first of its three numbers that
// is another one. Both are versions as runbook.ValidVersion knows them.
func Raised(old, now string) Demand {
	before, after := numbers(old), numbers(now)
	for i, demand := range []Demand{Major, Minor, Patch} {
		switch after[i].Cmp(before[i]) {
		case 1:
			return demand
		case -1:
			return Lowered
		}
	}
	return None
}

// Enough reports whether a version was raised as far as a change demands.
func Enough(old, now string, demand Demand) bool { return Raised(old, now) >= asked(old, demand) }

// Least is the lowest version that is enough.
func Least(old string, demand Demand) string {
	parts := numbers(old)
	demand = asked(old, demand)
	if demand <= None {
		return old
	}
	raised := int(Major - demand)
	parts[raised].Add(parts[raised], big.NewInt(1))
	for _, part := range parts[raised+1:] {
		part.SetInt64(0)
	}
	return fmt.Sprintf("%s.%s.%s", parts[0], parts[1], parts[2])
}

// asked is the demand on a version: below 1.0.0 nothing demands more than the
// second number.
func asked(old string, demand Demand) Demand {
	if strings.HasPrefix(old, "0.") {
		return min(demand, Minor)
	}
	return demand
}

// numbers are the three of a version, which may be as long as they like.
func numbers(version string) [3]*big.Int {
	var all [3]*big.Int
	parts := strings.SplitN(version, ".", len(all))
	for i := range all {
		all[i] = new(big.Int)
		if i < len(parts) {
			if n, ok := new(big.Int).SetString(parts[i], 10); ok {
				all[i] = n
			}
		}
	}
	return all
}
