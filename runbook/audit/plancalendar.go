package audit

import (
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// readCalendar holds a kept calendar to the digest that the plan pins, and what
// was pinned to what it says.
func (v *planAudit) readCalendar(s *statement, pinned record.PinnedCalendar) error {
	content, err := record.GetBlob(v.store, pinned.Source)
	if err != nil {
		return err
	}
	id := pinned.Calendar.ID
	if digest := runbook.Digest(content); digest != pinned.Digest {
		v.broken(rulePlan, s.place(), "%s: the kept calendar %s has the digest %s, and the plan was signed for %s", s.name(), id, short(digest), short(pinned.Digest))
		return nil
	}
	written, problems := schedule.LoadCalendar(id+".yaml", content)
	if written == nil {
		v.note(ruleNotCompared, s.place(), "%s: the calendar %s can't be read, so what is pinned of it was not held to it: %s", s.name(), id, problems[0].Message)
		return nil
	}
	if what := written.Calendar.Differs(&pinned.Calendar); what != "" {
		v.broken(rulePlan, s.place(), "%s: the calendar %s that it pins differs in its %s from the one that stands there", s.name(), id, what)
		return nil
	}
	switch same := written.Calendar.SameDaysOff(&pinned.Calendar); {
	case same:
	case written.Country == "":
		v.broken(rulePlan, s.place(), "%s: of the calendar %s it pins other days off than stand there", s.name(), id)
	default:
		v.note(ruleNotCompared, s.place(), "%s: the days off that it pins of the calendar %s are not those that this msp knows for its country", s.name(), id)
	}
	return nil
}
