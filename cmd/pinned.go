package cmd

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/msp-runbook/msp/runbook/audit"
)

// pinnedText says what is known from outside of the evidence.
func pinnedText(r *audit.Report) string {
	switch {
	case r.Trust != nil && r.Trust.Pinned:
		return fmt.Sprintf("trust is pinned: who may sign is what version %d says, which began with %s", r.Trust.Version, r.Trust.First)
	case r.Trust != nil && r.Pinned:
		return "signers pinned; who may sign what is the evidence's own word (--trust-root pins it)"
	case r.Trust != nil:
		return "trust is not pinned: who may sign is the evidence's own word (--trust-root pins it)"
	case r.Pinned:
		return "signers pinned"
	default:
		return "signers are not pinned: whose keys these are is the evidence's own word (--key pins them)"
	}
}

var trustRootForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(sha256:[0-9a-f]{64}|SHA256:[A-Za-z0-9+/]{43})$`) })

// parseTrustRoots reads what the first trust statement is known by.
func parseTrustRoots(texts []string) ([]string, error) {
	var roots []string
	for _, text := range texts {
		if trustRootForm().MatchString(text) {
			roots = append(roots, text)
			continue
		}
		if strings.HasPrefix(strings.ToLower(text), "sha256:") {
			return nil, usageError(fmt.Errorf("--trust-root %q is no whole fingerprint", text), "msp trust show shows the digest of the first version and the roots' fingerprints")
		}
		key, err := parsePin(text)
		if err != nil {
			return nil, err
		}
		roots = append(roots, key.ID())
	}
	return roots, nil
}
