package audit

import (
	"fmt"
	"slices"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// checkTimeWords refuses statements about time that mean nothing, and what is
// needed and isn't there.
func checkTimeWords(body record.Statement) error {
	switch s := body.(type) {
	case *record.Unmet:
		return checkUnmetWords(s)
	case *record.Notice:
		return checkNoticeWords(s)
	case *record.Item:
		return checkItemWords(s)
	case *record.Closing:
		return checkClosingWords(s)
	default:
		return nil
	}
}

func checkHoldWords(s *record.Hold) error {
	clock := s.Kind == record.HoldClock
	switch {
	case !clock && s.Kind != record.HoldLegal:
		return fmt.Errorf("%q is no kind of hold", s.Kind)
	case s.Max < 0:
		return fmt.Errorf("a hold can't last %s", s.Max.Span())
	case !clock && (s.Reason != "" || s.Max != 0 || s.Confirms != ""):
		return fmt.Errorf("only the hold of a clock has a reason of the list, a max, and can be confirmed")
	case s.Reason != "" && !slices.Contains(record.HoldReasons(), s.Reason):
		return fmt.Errorf("%q is no reason to hold a clock", s.Reason)
	default:
		return nil
	}
}

func checkUnmetWords(s *record.Unmet) error {
	if err := checkOccurrenceWords(&s.Occurrence); err != nil {
		return err
	}
	states := []schedule.State{schedule.Missed, schedule.Waived, schedule.NotApplicable}
	switch {
	case !slices.Contains(states, schedule.State(s.State)):
		return fmt.Errorf("%q is no state of what nobody did", s.State)
	case (s.State == string(schedule.Missed)) != (s.Waiver == ""):
		return fmt.Errorf("what was waived names its waiver, and nothing else does")
	case s.Occurrence.Repeats != "":
		return fmt.Errorf("what nobody did repeats no run")
	default:
		return nil
	}
}

func checkNoticeWords(s *record.Notice) error {
	reason := s.Reason != ""
	switch {
	case !slices.Contains(record.NoticeOutcomes(), s.Outcome):
		return fmt.Errorf("%q is nothing that becomes of a notice", s.Outcome)
	case reason != (s.Outcome != record.NoticeSent) || reason && !slices.Contains(record.NoticeReasons(), s.Reason):
		return fmt.Errorf("a notice that wasn't sent says why, by a reason of the list, and no other does")
	case s.Key == "" || s.Attempt < 1 || s.Rung < 0 || s.Repeat < 0 || s.Told == "":
		return fmt.Errorf("it doesn't say which notice it is of, which attempt it was, and what was told")
	case s.Run == "" && s.Occurrence == "" && s.Item == "":
		return fmt.Errorf("it doesn't say what it is about")
	default:
		return nil
	}
}

func checkItemWords(s *record.Item) error {
	switch {
	case !evidence.ValidID(s.Item):
		return fmt.Errorf("%q can't be the id of an item", s.Item)
	case !slices.Contains(record.ItemKinds(), s.Kind):
		return fmt.Errorf("%q is no kind of item", s.Kind)
	case s.Owner == "" || s.Due.IsZero() || s.Answers == "":
		return fmt.Errorf("it doesn't say who sees to it, until when, and what is known")
	default:
		return nil
	}
}

func checkClosingWords(s *record.Closing) error {
	switch {
	case !slices.Contains(record.Closings(), s.How):
		return fmt.Errorf("%q is no way to close an item", s.How)
	case (s.How == record.CloseWorkaround) != (s.Until != nil):
		return fmt.Errorf("a workaround says until when it holds, and nothing else does")
	case s.Item == "" || s.Opening == "":
		return fmt.Errorf("it doesn't say which item it closes")
	case s.Until != nil && !s.Until.After(s.Signed):
		return fmt.Errorf("a workaround can't end before it is signed")
	default:
		return nil
	}
}
