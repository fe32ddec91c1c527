package cmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/change"
	"github.com/msp-runbook/msp/runbook/engine"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/handbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// pastRecord is what the client's logs know of a runbook, or of a step of it.
type pastRecord struct {
	Versions []seenVersion `json:"versions"`         // newest first
	Before   *sinceThat    `json:"before,omitempty"` // the version before the one explained
	Runs     *pastRuns     `json:"runs,omitempty"`
	Normal   []pastNormal  `json:"normal,omitempty"` // of a step
}

// seenVersion is one document that runs followed.
type seenVersion struct {
	Version string    `json:"version"`
	Digest  string    `json:"digest"`
	Source  string    `json:"source"` // the blob with its bytes
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Runs    int       `json:"runs"`
}

// sinceThat is what changed of a step since an earlier version.
type sinceThat struct {
	Version string       `json:"version"`
	Digest  string       `json:"digest"`
	Changes []toldChange `json:"changes"`
	Unknown string       `json:"unknown,omitempty"` // why they aren't known

	changes []change.Change
}

// pastRuns are the newest finished runs.
type pastRuns struct {
	Count    int                 `json:"count"`
	Outcomes map[string]int      `json:"outcomes"` // of the step, or of the run
	Deviated int                 `json:"deviated,omitempty"`
	Late     int                 `json:"late,omitempty"` // of runs: outside their SLA
	Usual    runbook.Nanoseconds `json:"usual_ns,omitempty"`
	Longest  runbook.Nanoseconds `json:"longest_ns,omitempty"`
	Limit    string              `json:"limit,omitempty"` // of one attempt
	Bad      *badRun             `json:"last_bad,omitempty"`
}

// badRun is the newest run that did not go well.
type badRun struct {
	Run     string    `json:"run"`
	Ended   time.Time `json:"ended"`
	Outcome string    `json:"outcome"`
	Cause   string    `json:"cause,omitempty"`
}

// pastNormal is what an output usually is at this moment.
type pastNormal struct {
	Output string    `json:"output"`
	Unit   string    `json:"unit,omitempty"`
	Over   int       `json:"over,omitempty"` // 0: a fixed value
	Normal *float64  `json:"normal,omitempty"`
	Usual  []float64 `json:"usual,omitempty"`  // the least and the most that is as usual
	Passes []float64 `json:"passes,omitempty"` // the least and the most that the step doesn't fail with
	Last   []float64 `json:"last"`             // newest first
}

// Of how many runs an explanation speaks, and how many values it names.
const (
	mostPastRuns   = 20
	mostPastValues = 5
)

// past reads the logs for what they say of the runbook, or of the step explained.
func (a *app) past(store *evidence.Store, h *record.History, r *runbook.Runbook, e *explanation) *pastRecord {
	accounts := slices.DeleteFunc(slices.Clone(h.Accounts), func(x *record.Account) bool { return x.Start.Body.Runbook.ID != r.ID })
	if len(accounts) == 0 {
		return nil
	}
	past := &pastRecord{Versions: seenVersions(accounts)}
	finished := slices.DeleteFunc(accounts, func(x *record.Account) bool { return !x.Finished() })
	finished = finished[max(0, len(finished)-mostPastRuns):]
	if e.Kind != "step" {
		past.Runs = runsOf(finished)
		return past
	}
	step := r.Step(e.About)
	past.Before = stepBefore(store, past.Versions, r, e.About)
	past.Runs = stepRuns(finished, step)
	for _, n := range step.Normal {
		past.Normal = append(past.Normal, normalNow(h, r.ID, step, n))
	}
	return past
}

// seenVersions are the documents that runs followed, the newest first.
func seenVersions(accounts []*record.Account) []seenVersion {
	var seen []seenVersion
	for _, account := range accounts { // oldest first
		book, at := account.Start.Body.Runbook, account.Start.Body.Started
		i := slices.IndexFunc(seen, func(s seenVersion) bool { return s.Digest == book.Digest })
		if i < 0 {
			i, seen = len(seen), append(seen, seenVersion{Version: book.Version, Digest: book.Digest, Source: book.Source, First: at})
		}
		seen[i].Last = at
		seen[i].Runs++
	}
	slices.SortStableFunc(seen, func(x, y seenVersion) int { return y.First.Compare(x.First) })
	return seen
}

// stepBefore is what changed of a step since the newest other version; nil where there
// is none.
func stepBefore(store *evidence.Store, seen []seenVersion, now *runbook.Runbook, id string) *sinceThat {
	i := slices.IndexFunc(seen, func(s seenVersion) bool { return s.Digest == now.Digest })
	earlier := seen[i+1:]
	if len(earlier) == 0 {
		return nil
	}
	before := &sinceThat{Version: earlier[0].Version, Digest: earlier[0].Digest}
	old, err := engine.PinnedRunbook(store, record.Runbook{ID: now.ID, Digest: before.Digest, Source: earlier[0].Source}, kinds())
	if err != nil {
		before.Unknown = err.Error()
		return before
	}
	key := "steps." + id
	for _, c := range change.Between(old, now) {
		if c.Key == key || strings.HasPrefix(c.Key, key+".") {
			before.changes = append(before.changes, c)
		}
	}
	before.Changes = toldChanges(before.changes)
	return before
}

// runsOf counts how runs ended, the newest last.
func runsOf(accounts []*record.Account) *pastRuns {
	past := &pastRuns{Count: len(accounts), Outcomes: map[string]int{}}
	var spans []float64
	for _, account := range accounts {
		end := account.End.Body
		past.Outcomes[string(end.Verdict.Outcome)]++
		if len(end.Verdict.Deviations) > 0 {
			past.Deviated++
		}
		if end.Verdict.Late {
			past.Late++
		}
		if end.Verdict.Outcome != record.RunDone {
			past.Bad = &badRun{Run: account.Run, Ended: end.Ended, Outcome: string(end.Verdict.Outcome)}
			continue
		}
		spans = append(spans, float64(end.Ended.Sub(account.Start.Body.Started)))
	}
	past.took(spans)
	return past
}

// stepRuns counts how a step ended in runs, the newest last.
func stepRuns(accounts []*record.Account, step *runbook.Step) *pastRuns {
	past := &pastRuns{Outcomes: map[string]int{}}
	if _, person := step.Action.(runbook.AsksPerson); !person {
		past.Limit = step.Timeout.Text
	}
	var spans []float64
	for _, account := range accounts {
		standing := account.Standing()
		i := slices.IndexFunc(standing, func(s record.Step) bool { return s.ID == step.ID })
		if i < 0 {
			continue
		}
		s := standing[i]
		past.Count++
		past.Outcomes[string(s.Outcome)]++
		if len(s.Deviates) > 0 {
			past.Deviated++
		}
		switch s.Outcome {
		case record.Passed:
			spans = append(spans, float64(s.Duration))
		case record.Failed, record.Interrupted:
			past.Bad = &badRun{Run: account.Run, Ended: s.Ended, Outcome: string(s.Outcome), Cause: string(s.Cause)}
		}
	}
	past.took(spans)
	return past
}

func (p *pastRuns) took(spans []float64) {
	if len(spans) > 0 {
		p.Usual, p.Longest = runbook.Nanoseconds(runbook.Median(spans)), runbook.Nanoseconds(slices.Max(spans))
	}
}

// normalNow is what the next run's value would be held to.
func normalNow(h *record.History, id string, step *runbook.Step, n runbook.Normal) pastNormal {
	now := pastNormal{Output: n.Output, Over: n.Over, Last: []float64{}}
	for _, o := range step.Outputs {
		if o.Name == n.Output {
			now.Unit = o.Unit
		}
	}
	for _, p := range h.Past(id, step.ID, n.Output, "", max(n.Over, mostPastValues)) {
		now.Last = append(now.Last, p.Value)
	}
	standing, normal := n.Judge(0, now.Last)
	if standing == runbook.NoBaseline {
		return now
	}
	now.Normal = &normal
	now.Usual = around(normal, n.Within)
	if n.FailBeyond != nil {
		now.Passes = around(normal, *n.FailBeyond)
	}
	return now
}

// around is the least and the most within a tolerance, to ten digits: 144.6 and not
// 144.5999999999999.
func around(normal float64, t runbook.Tolerance) []float64 {
	limits := t.Around(normal)
	for i, limit := range limits {
		limits[i], _ = strconv.ParseFloat(strconv.FormatFloat(limit, 'g', 10, 64), 64)
	}
	return limits
}

// facts are the record in words.
func (p *pastRecord) facts(e *explanation) []handbook.Fact {
	if p == nil {
		return []handbook.Fact{handbook.Say("Runs", "no run of it for "+e.Client+" is on record")}
	}
	var facts []handbook.Fact
	for _, n := range p.Normal {
		facts = append(facts, handbook.Say("Usual", n.words()...))
	}
	what := "run"
	if e.Kind == "step" {
		what = "step"
	}
	facts = append(facts, handbook.Say("Runs", p.Runs.words(what)...))
	var versions []string
	for _, v := range p.Versions {
		versions = append(versions, v.words(e.Digest))
	}
	facts = append(facts, handbook.Say("Versions", versions...))
	if p.Before != nil {
		facts = append(facts, handbook.Say("Before", p.Before.words()...))
	}
	return facts
}

// words say what is normal now: "700 B, the median of 14 runs".
func (n pastNormal) words() []string {
	unit := ""
	if n.Unit != "" {
		unit = " " + n.Unit
	}
	number := func(v float64) string { return runbook.FormatNumber(v) + unit }
	var lines []string
	switch {
	case n.Normal == nil:
		lines = append(lines, fmt.Sprintf("%s: no baseline yet, %d of %s", n.Output, len(n.Last), count(n.Over, "earlier run")))
	case n.Over == 0:
		lines = append(lines, fmt.Sprintf("%s: %s, which was agreed", n.Output, number(*n.Normal)))
	default:
		lines = append(lines, fmt.Sprintf("%s: %s, the median of %s", n.Output, number(*n.Normal), count(min(n.Over, len(n.Last)), "run")))
	}
	if n.Usual != nil {
		lines = append(lines, fmt.Sprintf("from %s to %s is as usual", number(n.Usual[0]), number(n.Usual[1])))
	}
	if n.Passes != nil {
		lines = append(lines, fmt.Sprintf("under %s and over %s the step fails", number(n.Passes[0]), number(n.Passes[1])))
	}
	if last := n.Last[:min(len(n.Last), mostPastValues)]; len(last) > 0 {
		words := make([]string, len(last))
		for i, v := range last {
			words[i] = number(v)
		}
		lines = append(lines, "the last: "+strings.Join(words, ", "))
	}
	return lines
}

// pastOutcomes are the outcomes of runs and steps in the order in which they are told.
var pastOutcomes = []string{"done", "passed", "failed", "aborted", "interrupted", "skipped", "pushed_back", "left_out", "not_needed"}

func (p *pastRuns) words(what string) []string {
	if p.Count == 0 {
		return []string{"no finished run had this " + what}
	}
	var parts []string
	for _, outcome := range pastOutcomes {
		if n := p.Outcomes[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, spaced(outcome)))
		}
	}
	line := "of the last " + count(p.Count, "finished run") + ": " + strings.Join(parts, ", ")
	if p.Deviated > 0 {
		line += fmt.Sprintf("; %d deviated", p.Deviated)
	}
	if p.Late > 0 {
		line += fmt.Sprintf("; %d late", p.Late)
	}
	lines := []string{line}
	if p.Longest > 0 {
		took := fmt.Sprintf("it usually takes %s, %s at most", runbook.FormatSpan(p.Usual.Span()), runbook.FormatSpan(p.Longest.Span()))
		if p.Limit != "" {
			took += "; it may take " + p.Limit
		}
		lines = append(lines, took)
	}
	if b := p.Bad; b != nil {
		line := fmt.Sprintf("last %s at %s", spaced(b.Outcome), b.Ended.Local().Format(clockLayout))
		if b.Cause != "" {
			line += " (" + spaced(b.Cause) + ")"
		}
		lines = append(lines, line+": msp show "+record.ShortID(b.Run))
	}
	return lines
}

func (v seenVersion) words(now string) string {
	line := fmt.Sprintf("%s from %s", v.Version, v.First.Local().Format(time.DateOnly))
	if v.Digest == now {
		line += ", this one"
	} else {
		line += " to " + v.Last.Local().Format(time.DateOnly)
	}
	return line + fmt.Sprintf(" · %s · %s", count(v.Runs, "run"), v.Digest[:min(len(v.Digest), len("sha256:")+12)])
}

func (b *sinceThat) words() []string {
	switch {
	case b.Unknown != "":
		return []string{"what " + b.Version + " said is not known: " + b.Unknown}
	case len(b.changes) == 0:
		return []string{b.Version + " said the same about it"}
	}
	lines := []string{"since " + b.Version + ":"}
	for _, c := range b.changes {
		lines = append(append(lines, c.Words), changedLines(c)...)
	}
	return lines
}
