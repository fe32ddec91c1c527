package audit

import (
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// readReleases finds what ended each legal hold, by the digest of the hold: the
// first release by whoever laid it or by a lead.
func (a *audit) readReleases(said []saidResult) {
	a.released = map[string]*statement{}
	holds := map[string]*statement{}
	for _, s := range said {
		if s.statement == nil {
			continue
		}
		if hold, ok := s.statement.body.(*record.Hold); ok && hold.Kind == record.HoldLegal {
			holds[s.statement.leaf.Envelope] = s.statement
		}
	}
	for _, s := range said {
		if s.statement == nil {
			continue
		}
		release, ok := s.statement.body.(*record.Release)
		if !ok || holds[release.Hold] == nil || !a.mayRelease(s.statement, holds[release.Hold]) {
			continue
		}
		if first := a.released[release.Hold]; first == nil || a.earlier(s.statement, first) {
			a.released[release.Hold] = s.statement
		}
	}
}

// mayRelease judges who released a legal hold. That its signer may say nothing at
// all is told with all that was said.
func (a *audit) mayRelease(release, hold *statement) bool {
	if len(a.trusted.chain) == 0 {
		return true
	}
	when := a.when(release, 0)
	j := a.trusted.chain.MayRelease(hold.key, release.key, when)
	if j.Standing != trust.Refused {
		return true
	}
	if a.trusted.chain.May(release.key, when, mayState).Standing != trust.Refused {
		a.broken(ruleReleaser, release.place(), "%s, by %s, ends %s: %s", release.name(), release.key.ID(), hold.name(), j.Why)
	}
	return false
}
