package escalate

import "github.com/msp-runbook/msp/runbook/agreement"

// Together are the notices to make about several matters of one kind, such as the
// occurrences of one runbook, the oldest first. A person gets one notice at an
// instant, about the newest matter that would tell them; of the others each is an
// entry that says so, and done with. So after a long sleep, with many occurrences
// that nobody did, everybody is told once. Due gives the notices of one matter, as
// the function Due does.
func Together(matters []Matter, due func(Matter) []Notice) []Notice {
	entries := make([][]Notice, len(matters))
	told := map[string]bool{} // the ids of those who are told now
	for i := len(matters) - 1; i >= 0; i-- {
		entries[i] = due(matters[i])
		var here []string
		for k, n := range entries[i] {
			switch {
			case n.Outcome != "":
			case told[n.Contact]:
				entries[i][k] = n.merged()
			default:
				here = append(here, n.Contact)
			}
		}
		for _, contact := range here {
			told[contact] = true
		}
	}
	var all []Notice
	for _, of := range entries {
		all = append(all, of...)
	}
	return all
}

// merged is the entry that another notice tells the same person at the same
// instant.
func (n Notice) merged() Notice {
	n.Channel, n.Attempt, n.Words = agreement.Channel{}, 0, Words{}
	n.Outcome, n.Reason = Skipped, Merged
	return n
}
