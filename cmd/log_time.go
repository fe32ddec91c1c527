package cmd

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// timeWords are a hold, a release, an ack or a waiver, beside the run or the
// occurrence that it is about.
type timeWords struct {
	Kind       string     `json:"kind"`
	Statement  string     `json:"statement"`
	Run        string     `json:"run,omitempty"`
	Occurrence string     `json:"occurrence,omitempty"`
	Reason     string     `json:"reason,omitempty"` // of a hold
	Until      *time.Time `json:"until,omitempty"`  // of a waiver, or the longest time of a hold
	At         time.Time  `json:"at"`
	By         string     `json:"by"`
	Why        string     `json:"why"`

	NotApplicable bool `json:"not_applicable,omitempty"` // a waiver of what there was nothing of to do
}

// timeWordsOf gives what was said about clocks and occurrences, the oldest first.
func timeWordsOf(h *record.History, store *evidence.Store) []timeWords {
	all := []timeWords{}
	holds := map[string]record.Hold{}
	for _, s := range record.Said[record.Hold](h) {
		if s.Body.Kind != record.HoldClock {
			continue
		}
		holds[s.Digest] = s.Body
		line := timeWords{record.KindHold, s.Digest, s.Body.Run, s.Body.Occurrence, s.Body.Reason, nil, s.Body.Signed, s.Key.ID(), wordsOf(store, s.Body.Why), false}
		if ends, ok := s.Body.Ends(); ok {
			line.Until = &ends
		}
		all = append(all, line)
	}
	for _, s := range record.Said[record.Release](h) {
		if hold, ok := holds[s.Body.Hold]; ok {
			all = append(all, timeWords{record.KindRelease, s.Digest, hold.Run, hold.Occurrence, "", nil, s.Body.Signed, s.Key.ID(), wordsOf(store, s.Body.Why), false})
		}
	}
	for _, s := range record.Said[record.Ack](h) {
		all = append(all, timeWords{record.KindAck, s.Digest, s.Body.Run, s.Body.Occurrence, "", nil, s.Body.Signed, s.Key.ID(), wordsOf(store, s.Body.Why), false})
	}
	for _, s := range record.Said[record.Waiver](h) {
		all = append(all, timeWords{record.KindWaiver, s.Digest, "", s.Body.Occurrence, "", &s.Body.Until, s.Body.Signed, s.Key.ID(), wordsOf(store, s.Body.Why), s.Body.NotApplicable})
	}
	slices.SortStableFunc(all, func(x, y timeWords) int { return x.At.Compare(y.At) })
	return all
}

// about reports whether it is about a run, or about its occurrence.
func (w timeWords) about(start record.RunStart) bool {
	if w.Run != "" || start.Occurrence == nil {
		return w.Run == start.Run
	}
	o := start.Occurrence
	return w.Occurrence == o.Name || w.Kind == record.KindWaiver && record.Waiver{Occurrence: w.Occurrence, Until: *w.Until}.Covers(o.Name, o.Due)
}

// besides are those about a run.
func besides(all []timeWords, start record.RunStart) []timeWords {
	var found []timeWords
	for _, w := range all {
		if w.about(start) {
			found = append(found, w)
		}
	}
	return found
}

// ofOccurrences are those about occurrences, whether a run is for them or not.
func ofOccurrences(all []timeWords) []timeWords {
	return slices.DeleteFunc(slices.Clone(all), func(w timeWords) bool { return w.Run != "" || w.Occurrence == "" })
}

// saidBesides counts what was said besides, behind the state of a run.
func saidBesides(words []timeWords) string {
	kinds, text := map[string]int{}, ""
	for _, w := range words {
		kinds[w.Kind]++
	}
	for _, kind := range []string{record.KindHold, record.KindRelease, record.KindAck, record.KindWaiver} {
		if kinds[kind] > 0 {
			text += ", " + count(kinds[kind], kind)
		}
	}
	return text
}

// words say what was said, in one line.
func (w timeWords) words() string {
	text := w.Kind
	if w.Reason != "" {
		text += " " + spaced(w.Reason)
	}
	if w.NotApplicable {
		text += " as not applicable"
	}
	if w.Until != nil {
		text += " until " + w.Until.Format(clockLayout)
		if w.Kind == record.KindHold {
			text += " at most"
		}
	}
	return text
}

func showBesides(p *page, words []timeWords) {
	for i, w := range words {
		if i == 0 {
			p.add("")
			p.add("said about its clock and its occurrence")
		}
		p.add("  %s · %s by %s", w.words(), w.At.Format(clockLayout), w.By)
		p.add("    %s", orErased(w.Why))
	}
}
