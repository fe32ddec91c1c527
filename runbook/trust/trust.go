// Package trust is who may sign what: principals, their keys and roles, version
// by version, and what the client and the provider agreed to demand of the
// evidence. It is pure: when something was signed is told to it.
//
// A principal is one person, one agent, or one machine; it may have many keys
// and is one principal all the same. Names of people stand elsewhere, in a blob
// that can be erased: a principal's id is a pseudonym.
package trust

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// Role is what a principal may do.
type Role string

// The roles.
const (
	Operator Role = "operator" // runs runbooks, and states what was done
	Approver Role = "approver" // approves what others did
	Author   Role = "author"   // writes runbooks, and approves their bytes
	Lead     Role = "lead"     // an operator, an approver and an author; signs plans and waivers
	Auditor  Role = "auditor"  // states responses, reads everything
	Agent    Role = "agent"    // a machine that runs what asks no person
)

// Roles are all roles.
func Roles() []Role { return []Role{Operator, Approver, Author, Lead, Auditor, Agent} }

// Version is one version of who may sign what. Version n+1 is signed by the
// threshold of version n and by its own.
type Version struct {
	Number   int    `json:"number"`            // 1 is the first
	Previous string `json:"previous,omitzero"` // digest of the envelope of the version before
	// Roots sign the next version and plans, and erasures beside an operator;
	// Threshold is how many of them, of different principals, a version takes.
	Roots      []Root      `json:"roots"`
	Threshold  int         `json:"threshold"`
	Principals []Principal `json:"principals"`
	Writers    []Writer    `json:"writers"`
	Policy     Policy      `json:"policy"`
}

// Root is a key that signs versions.
type Root struct {
	Principal string `json:"principal"` // whose it is
	Key       string `json:"key"`       // an authorized_keys line
	Client    bool   `json:"client,omitzero"`
}

// Principal is somebody who signs. Client says that the principal belongs to
// the client, not to the provider.
type Principal struct {
	ID     string `json:"id"`
	Roles  []Role `json:"roles"`
	Client bool   `json:"client,omitzero"`
	Keys   []Key  `json:"keys"`
}

// Key is a principal's key and when it may sign. Its times are held to the proven
// time of a statement; where nothing proves one, to the claimed one, which is said.
type Key struct {
	Key         string      `json:"key"` // an authorized_keys line
	ValidAfter  *time.Time  `json:"valid_after,omitzero"`
	ValidBefore *time.Time  `json:"valid_before,omitzero"`
	Revoked     *Revocation `json:"revoked,omitzero"`
}

// Revocation ends a key. Of a compromised one only what was anchored before At
// stands.
type Revocation struct {
	At          time.Time `json:"at"`
	Why         string    `json:"why"` // left, rotated, lost or compromised
	Compromised bool      `json:"compromised,omitzero"`
}

// Writer is an installation that has a log of its own: a hidden log is missed.
type Writer struct {
	ID      string      `json:"id"`
	Key     string      `json:"key"`
	Revoked *Revocation `json:"revoked,omitzero"`
}

// Policy is what is demanded of the evidence.
type Policy struct {
	Level            string      `json:"level,omitzero"`             // logged, anchored, bracketed or witnessed
	ApprovedRunbooks bool        `json:"approved_runbooks,omitzero"` // only runbooks that an author or a lead approved may run
	WitnessFirst     bool        `json:"witness_first,omitzero"`     // the start of a run reaches a witness before its first step
	TSAs             []TSA       `json:"tsas,omitzero"`
	Witnesses        []Witness   `json:"witnesses,omitzero"`
	Quorum           int         `json:"quorum,omitzero"` // how many witnesses; 0 is all
	Retention        []Retention `json:"retention,omitzero"`
}

// TSA is a timestamp authority, by the root certificates that its tokens must
// lead to.
type TSA struct {
	Name  string `json:"name"`
	Roots string `json:"roots"` // PEM
}

// Witness cosigns checkpoints. Key is its verifier key, in the form of C2SP's
// signed notes.
type Witness struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// Retention says how long blobs of a class are kept at least, and when they are
// erased. The classes are output, answers, files, inputs and where.
type Retention struct {
	Class string `json:"class"`
	Days  int    `json:"days"`
}

// Has says whether the principal has one of the roles. A lead is an operator, an
// approver and an author too.
func (p *Principal) Has(roles ...Role) bool {
	if p == nil {
		return false
	}
	for _, role := range roles {
		lead := slices.Contains(p.Roles, Lead) && slices.Contains([]Role{Operator, Approver, Author}, role)
		if lead || slices.Contains(p.Roles, role) {
			return true
		}
	}
	return false
}

// PrincipalOf is whose key it is; nil when it is nobody's. Whether the key may
// sign at an instant is another question.
func (v *Version) PrincipalOf(key evidence.PublicKey) (*Principal, *Key) {
	line := key.AuthorizedKey()
	for i := range v.Principals {
		p := &v.Principals[i]
		for j := range p.Keys {
			if p.Keys[j].Key == line {
				return p, &p.Keys[j]
			}
		}
	}
	return nil, nil
}
