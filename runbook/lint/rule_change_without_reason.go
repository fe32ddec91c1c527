package lint

import "github.com/msp-runbook/msp/runbook/change"

var changeWithoutReason = Rule{
	ID: change.WithoutReason, Severity: Warning,
	Summary: "a change loosens control or makes others act, and no decision or rationale came with it",
	Why: `Months later somebody asks why the tolerance is wider, the target lower or the second
pair of eyes gone. The answer is known on the day of the change, and costs a line:
who decided it, and because of what. A change that can't be compared, such as another
condition, counts as one that loosens.`,
	Source: "ISO/IEC 27001:2022, 6.3 and A.8.32",
	Bad: `-- before.yaml --
version: 1.0.0
sla: {clock: scheduled, start_within: 30m, complete_within: 2h, target: 95%}
-- example.yaml --
version: 2.0.0
sla: {clock: scheduled, start_within: 30m, complete_within: 2h, target: 90%}`,
	Good: `-- before.yaml --
version: 1.0.0
sla: {clock: scheduled, start_within: 30m, complete_within: 2h, target: 95%}
-- example.yaml --
version: 2.0.0
sla: {clock: scheduled, start_within: 30m, complete_within: 2h, target: 90%}
decisions:
  - {date: 2026-03-02, by: ops-lead, decided: fifty letters may wait, because: newsletters make as many}
  - {date: 2026-11-20, by: service-manager, decided: the target is 90%, because: the client closes its site on Fridays}`,
	since: changed,
}
