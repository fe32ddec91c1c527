package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// shownOutput is the most of one step's output that an approver is shown.
const shownOutput = 64 << 10

// approvalPage is what whoever decides is shown: what was done so far, by whom,
// following which bytes.
func (a *app) approvalPage(ledger *record.Ledger, history *record.History, account *record.Account, r *record.Request) (string, error) {
	book, step, terms, err := approvalStep(ledger, account, r.Step)
	if err != nil {
		return "", err
	}
	var p page
	start := account.Start.Body
	p.add("run       %s", account.Run)
	p.add("runbook   %s %s · %s", start.Runbook.ID, start.Runbook.Version, start.Runbook.Digest)
	p.add("title     %s", book.Title)
	p.add("client    %s", start.Client)
	p.add("started   %s by %s", start.Started.Format(clockLayout), whose(history, account.Start.Key))
	for _, s := range account.Segments {
		p.add("segment %d until %s by %s", s.Body.Number, s.Body.Until.Format(clockLayout), whose(history, s.Key))
	}
	if d := record.Judge(start, account.Steps(), false, r.Asked).Deviations; len(d) > 0 {
		p.add("deviates  %s", joinDeviations(d))
	}
	showInputs(&p, ledger.Store, start)
	for _, s := range account.Steps() {
		showStep(&p, ledger.Store, s)
		if slices.Contains(terms.Show, s.ID) {
			showOutputOf(&p, ledger, account.Run, s)
		}
	}
	p.add("")
	asked(&p, step, terms, r)
	return strings.Join(p.lines, "\n"), nil
}

// whose names a key, and the principal that it belongs to.
func whose(h *record.History, key evidence.PublicKey) string {
	if version := h.Trusted(); version != nil {
		if principal, _ := version.PrincipalOf(key); principal != nil {
			return principal.ID + " (" + key.ID() + ")"
		}
	}
	return key.ID()
}

// asked is the question: the step that waits, and what it takes.
func asked(p *page, step *runbook.Step, terms runbook.Approval, r *record.Request) {
	p.add("%s  %s", step.ID, step.Title)
	for _, text := range []string{step.Rationale, terms.Instructions} {
		for line := range strings.Lines(text) {
			p.add("  %s", strings.TrimRight(line, "\r\n"))
		}
	}
	line := "it takes " + terms.Words()
	if until, ends := r.Until(); ends {
		line += ", until " + until.Local().Format(clockLayout)
	}
	if r.Round > 0 {
		line += fmt.Sprintf("; the run was pushed back %s", times(r.Round))
	}
	p.add("  %s", line)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// showOutputOf adds what a step printed, from its front.
func showOutputOf(p *page, ledger *record.Ledger, run string, s record.Step) {
	if s.Stdout == nil {
		return
	}
	content, err := frontOf(ledger.Store, s.Stdout.Digest)
	if err != nil {
		p.add("  | can't be read: %v", err)
		return
	}
	for line := range strings.Lines(string(content)) {
		p.add("  | %s", strings.TrimRight(line, "\r\n"))
	}
	if rest := s.Stdout.Size - int64(len(content)); rest > 0 {
		p.add("  %d more bytes: msp show %s --output %s", rest, record.ShortID(run), s.ID)
	}
}

func frontOf(store *evidence.Store, digest string) ([]byte, error) {
	r, err := store.OpenBlob(digest)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, shownOutput))
}

// showApprovals lists every approval of a run, also those that decided nothing.
func showApprovals(p *page, h *record.History, account *record.Account) {
	for _, s := range h.Approvals(account.Run) {
		line := fmt.Sprintf("  approval   %s · %s · %s by %s at %s", s.Digest, s.Body.Step, spaced(s.Body.Decision), s.Body.Operator.ID, s.Body.Signed.Format(clockLayout))
		if s.Body.Round > 0 {
			line += fmt.Sprintf(" · round %d", s.Body.Round)
		}
		p.add("%s", line)
	}
}
