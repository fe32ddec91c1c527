package cmd

import (
	"fmt"
	"strings"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/record"
)

const recordedLayout = "2006-01-02 15:04:05Z"

// erasedLines say what was erased, by whom and why, the newest ones.
func erasedLines(p *page, r *audit.Report) {
	shown := r.Erased[max(0, len(r.Erased)-mostMissed):]
	if n := len(r.Erased) - len(shown); n > 0 {
		p.add("   … %d earlier erasures, which --json shows", n)
	}
	for _, e := range shown {
		line := fmt.Sprintf("   erased  %s on %s by %s, on the ground of %s", count(e.Listed, "blob"), e.Signed.UTC().Format(recordedLayout), signedBy(e.Principal, e.By), e.Ground)
		p.add("%s: %s", line, orErased(e.Why))
	}
}

// laterLines are the corrections, late entries and responses, the newest ones.
// They change nothing of what they are about.
func laterLines(p *page, r *audit.Report) {
	shown := r.Later[max(0, len(r.Later)-mostMissed):]
	if n := len(r.Later) - len(shown); n > 0 {
		p.add("   … %d earlier corrections and responses, which --json shows", n)
	}
	for _, l := range shown {
		about := "run " + record.ShortID(l.Run)
		switch {
		case l.Occurrence != "":
			about = l.Occurrence
		case l.Run == "":
			about = "statement " + shortDigest(l.About)
		}
		performed := ""
		if l.PerformedAt != nil {
			performed = ", performed at " + l.PerformedAt.UTC().Format(recordedLayout) + " by its own word"
		}
		p.add("   %s  %s · recorded at %s%s by %s: %s", laterWord(l.Kind, l.Occurrence), about,
			l.RecordedAt.UTC().Format(recordedLayout), performed, signedBy(l.Principal, l.By), orErased(l.What))
	}
}

func laterWord(kind, occurrence string) string {
	switch {
	case occurrence != "":
		return "late entry"
	case kind == record.KindResponse:
		return "response  "
	default:
		return "correction"
	}
}

func signedBy(principal, key string) string {
	if principal != "" {
		return principal
	}
	return key
}

func orErased(words string) string {
	if words == "" {
		return "(the words can't be read)"
	}
	return words
}

// shortDigest is the beginning of a digest, as people read it aloud.
func shortDigest(digest string) string {
	digest = strings.TrimPrefix(digest, "sha256:")
	return digest[:min(len(digest), 12)]
}
