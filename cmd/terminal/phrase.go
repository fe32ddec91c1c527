package terminal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/msp-runbook/msp/runbook"
)

// nameOf is which runbook runs for whom: "backup-verify 1.4.0 · acme".
func nameOf(e runbook.Event) string {
	name := strings.TrimSpace(flatten(e.Runbook) + " " + flatten(e.Version))
	return joined(name, flatten(e.Client))
}

// joined puts what isn't empty side by side.
func joined(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, " · ")
}

// dueText is until when, in the words of the engine where it found some.
func dueText(e runbook.Event, s Screen) string {
	if e.SLA != "" {
		return flatten(e.SLA)
	}
	if e.Deadline == nil {
		return ""
	}
	return "by " + e.Deadline.In(s.Local).Format("2006-01-02 15:04 -0700")
}

// dueLabel is what dueText speaks of: without a deadline it says why there is
// none.
func dueLabel(e runbook.Event) string {
	if e.Deadline == nil {
		return "sla"
	}
	return "due"
}

// leftText is how much time is left: "1 h 43 m left", "late by 3 m".
func leftText(e runbook.Event, s Screen) string {
	if e.Deadline == nil {
		return ""
	}
	left := e.Deadline.Sub(s.Now())
	if left < 0 {
		return "late by " + runbook.FormatSpan(-left)
	}
	return runbook.FormatSpan(left) + " left"
}

func tryText(format string, attempt int) string {
	if attempt < 2 {
		return ""
	}
	return fmt.Sprintf(format, attempt)
}

// againText announces the next try of a step, after so many.
func againText(e runbook.Event) string {
	text := "trying again"
	if e.Attempt > 0 {
		text = fmt.Sprintf("try %d failed, %s", e.Attempt, text)
	}
	if e.Pause > 0 {
		text += " in " + runbook.FormatSpan(e.Pause)
	}
	return text
}

// verdictText is how a run ended, in one line.
func verdictText(e runbook.Event) string {
	took := ""
	if e.Duration > 0 {
		took = runbook.FormatSpan(e.Duration)
	}
	return joined(flatten(e.Verdict), flatten(e.Message), flatten(e.SLA), took)
}

// recordText is where the proof lies: "7f3a9c · level logged · msp show 7f3a9c".
func recordText(e runbook.Event) string {
	if e.Record == "" {
		return ""
	}
	hint := flatten(e.Hint)
	if e.Kind == runbook.RunParked {
		hint = "" // it says how the run goes on
	}
	return joined(shortDigest(e.Record), labelled("level ", flatten(e.Level)), hint)
}

// shortID is the random tail of a run's id.
func shortID(id string) string {
	const length = 6
	runes := []rune(flatten(id))
	return string(runes[max(0, len(runes)-length):])
}

// shortDigest is the front of a digest, without its algorithm.
func shortDigest(digest string) string {
	const length = 12
	digest = flatten(digest)
	runes := []rune(digest[strings.IndexByte(digest, ':')+1:])
	return string(runes[:min(length, len(runes))])
}

// firstSentence is the front of a text: one sentence, or two when the first is
// very short.
func firstSentence(text string) string {
	const short = 30
	text = flatten(text)
	for at := 0; at < len(text); at++ {
		if !strings.ContainsRune(".!?", rune(text[at])) || at+2 >= len(text) || text[at+1] != ' ' {
			continue
		}
		next, _ := utf8.DecodeRuneInString(text[at+2:])
		if !unicode.IsLower(next) && at > short { // "e.g. this" goes on
			return text[:at+1]
		}
	}
	return text
}

// spaced writes an identifier such as outside_normal as words.
func spaced(id string) string { return strings.ReplaceAll(id, "_", " ") }
