package audit

import (
	"reflect"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
)

// readAgreement holds the kept agreement to the digest that the plan pins, and
// the terms of each runbook to the target that it names there.
func (v *planAudit) readAgreement(s *statement) error {
	pinned := s.plan.Agreement
	content, err := record.GetBlob(v.store, pinned.Source)
	if err != nil {
		return err
	}
	if digest := runbook.Digest(content); digest != pinned.Digest {
		v.broken(rulePlan, s.place(), "%s: the kept agreement %s has the digest %s, and the plan was signed under %s", s.name(), pinned.ID, short(digest), short(pinned.Digest))
		return nil
	}
	written, problems := agreement.LoadAgreement(pinned.ID+".yaml", content)
	if written == nil {
		v.note(ruleNotCompared, s.place(), "%s: the agreement %s can't be read, so the terms were not held to it: %s", s.name(), pinned.ID, problems[0].Message)
		return nil
	}
	if written.ID != pinned.ID || written.Version != pinned.Version || written.Client != s.plan.Client {
		v.broken(rulePlan, s.place(), "%s: it names the agreement %s %s, whose bytes say %s %s with %s",
			s.name(), pinned.ID, pinned.Version, quoted(written.ID), quoted(written.Version), quoted(written.Client))
		return nil
	}
	promises := agreement.Lookup{Agreement: written, Calendar: s.plan.Calendar}
	for _, item := range s.plan.Runbooks {
		if !sameTargets(item.SLA, promises) {
			v.broken(rulePlan, s.place(), "%s: of the runbook %s it pins other terms than the agreement %s gives %s", s.name(), item.Runbook.ID, pinned.ID, quoted(item.SLA.Agreement))
		}
	}
	return nil
}

// sameTargets reports whether pinned terms are those that an agreement gives, where
// they come from one. The calendar stands in the plan.
func sameTargets(pinned *agreement.Terms, promises agreement.Lookup) bool {
	if pinned == nil || pinned.Agreement == "" {
		return true
	}
	written := agreement.TermsOf(&runbook.SLA{Agreement: pinned.Agreement}, promises)
	written.Hours = nil
	return reflect.DeepEqual(*written, *pinned)
}
