package record

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/trust"
)

var asked = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

// vote is an approval of somebody in the log of a writer, minutes after the run
// asked.
func vote(by, writer, decision string, minutes int) Vote {
	v := Vote{By: by}
	v.Digest = "sha256:" + by
	v.Body = Approval{Writer: Signer{ID: writer}, Signed: asked.Add(time.Duration(minutes) * time.Minute), Decision: decision}
	return v
}

func TestDecide(t *testing.T) {
	later := asked.Add(time.Hour)
	for name, c := range map[string]struct {
		votes []Vote // as the logs hold them, one log after another
		min   int
		want  string
	}{
		"nobody":                 {nil, 1, " of "},
		"one":                    {[]Vote{vote("ben", "desk", Approve, 1)}, 1, "approve of ben"},
		"one of two":             {[]Vote{vote("ben", "desk", Approve, 1)}, 2, " of ben"},
		"two of two":             {[]Vote{vote("ben", "desk", Approve, 1), vote("eve", "desk", Approve, 2)}, 2, "approve of ben eve"},
		"two of one":             {[]Vote{vote("ben", "desk", Approve, 1), vote("eve", "desk", Approve, 2)}, 1, "approve of ben"},
		"one twice":              {[]Vote{vote("ben", "desk", Approve, 1), vote("ben", "desk", Approve, 2)}, 2, " of ben"},
		"a rejection first":      {[]Vote{vote("ben", "desk", Approve, 2), vote("eve", "laptop", Reject, 1)}, 1, "reject of eve"},
		"a rejection later":      {[]Vote{vote("ben", "desk", Reject, 2), vote("eve", "laptop", Approve, 1)}, 1, "approve of eve"},
		"a rejection between":    {[]Vote{vote("ben", "desk", Approve, 1), vote("ana", "desk", Reject, 2), vote("eve", "desk", Approve, 3)}, 2, "reject of ana"},
		"back-dated in one log":  {[]Vote{vote("ben", "desk", Reject, 5), vote("eve", "desk", Approve, 1)}, 1, "reject of ben"},
		"back-dated, two others": {[]Vote{vote("ben", "desk", Reject, 5), vote("eve", "desk", Approve, 1), vote("ana", "laptop", Approve, 4)}, 1, "approve of ana"},
		"a push back":            {[]Vote{vote("ben", "desk", PushBack, 1), vote("eve", "desk", Approve, 2)}, 1, "push_back of ben"},
	} {
		t.Run(name, func(t *testing.T) {
			d := Request{Asked: asked, Terms: PinnedApproval{Min: c.min}}.Decide(c.votes, later)
			var who []string
			for _, v := range d.Votes {
				who = append(who, v.By)
			}
			if got := d.Decision + " of " + strings.Join(who, " "); got != c.want || d.TimedOut {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	r := Request{Asked: asked, Terms: PinnedApproval{Min: 2, Timeout: 1800e9}}
	if d := r.Decide([]Vote{vote("ben", "desk", Approve, 1)}, asked.Add(30*time.Minute)); d.Decision != "" || d.TimedOut {
		t.Errorf("at its end: %+v", d)
	}
	if d := r.Decide([]Vote{vote("ben", "desk", Approve, 1)}, asked.Add(30*time.Minute+1)); d.Decision != Reject || !d.TimedOut {
		t.Errorf("after its end: %+v", d)
	}
}

// TestStanding: after a push back nothing of what stands behind its goal counts,
// also what is not done again.
func TestStanding(t *testing.T) {
	start := RunStart{Steps: []PinnedStep{{ID: "a", Priority: "must"}, {ID: "b", Priority: "must"}, {ID: "look", Priority: "must"}, {ID: "c", Priority: "must"}}}
	step := func(id string, outcome Outcome, round int, to string) Step {
		return Step{ID: id, Outcome: outcome, Round: round, To: to, Deviates: []Deviation{Deviation(id + string(rune('0'+round)))}}
	}
	steps := []Step{
		step("a", Passed, 0, ""), step("b", Failed, 0, ""), step("look", PushedBack, 0, "b"),
		step("b", Passed, 1, ""), step("look", PushedBack, 1, "a"), step("a", Passed, 2, ""), step("b", Passed, 2, ""),
	}
	for n, want := range []string{"", "a0", "a0 b0", "a0", "a0 b1", "", "a2", "a2 b2"} {
		var got []string
		for _, s := range StandingSteps(start, steps[:n]) {
			got = append(got, string(s.Deviates[0]))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("after %d: %v, want %s", n, got, want)
		}
	}
	done := append(steps, step("look", Passed, 2, ""), step("c", Passed, 2, ""))
	if diff := cmp.Diff(Verdict{Outcome: RunDone, Deviations: []Deviation{"a2", "b2", "c2", "look2"}}, Judge(start, done, false, asked)); diff != "" {
		t.Error(diff)
	}
	if v := Judge(start, append(done, step("look", PushedBack, 2, "b")), false, asked); v.Outcome != RunFailed {
		t.Errorf("steps that were to be done again count as done: %+v", v)
	}
	if Round(done) != 2 {
		t.Error(Round(done))
	}
}

// TestRunbookApprovedTooEarly: who was named an author only afterwards was nobody
// when they approved, as an audit says too.
func TestRunbookApprovedTooEarly(t *testing.T) {
	key, err := evidence.GenerateKey(evidence.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	ben := trust.Principal{ID: "ben", Roles: []trust.Role{trust.Author}, Keys: []trust.Key{{Key: key.Public().AuthorizedKey()}}}
	approvals := func(at time.Time) []Signed[Approval] {
		a := Signed[Approval]{Digest: "sha256:a", Key: key.Public()}
		a.Body = Approval{Signed: at, Decision: Approve, Runbook: &Runbook{ID: "greet", Digest: "sha256:g"}}
		h := &History{said: []any{a}, chain: trust.Chain{
			{Version: trust.Version{Number: 1}, Signed: asked},
			{Version: trust.Version{Number: 2, Principals: []trust.Principal{ben}}, Signed: asked.Add(time.Hour)},
		}}
		return h.RunbookApprovals()
	}
	if got := approvals(asked.Add(time.Minute)); len(got) != 0 {
		t.Errorf("an approval from before ben was named counts: %+v", got)
	}
	if got := approvals(asked.Add(2 * time.Hour)); len(got) != 1 {
		t.Errorf("ben's approval doesn't count")
	}
}
