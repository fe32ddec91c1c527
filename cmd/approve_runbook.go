package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/record"
)

// approveRunbook signs that exactly these bytes of a runbook may be run.
func (a *app) approveRunbook(ctx context.Context, p *place, f approveFlags) error {
	book, err := findRunbook(p, f.runbook)
	if err != nil {
		return err
	}
	ledger, err := a.ledger(ctx, p, p.Client)
	if err != nil {
		return err
	}
	history, err := a.history(p)
	if err != nil {
		return err
	}
	if err := record.MayApproveRunbook(ledger.Operator.Public(), history.Trusted(), a.Now()); err != nil {
		return hint(fmt.Errorf("you can't approve the runbook %s: %w", book.ID, err), "an author or a lead approves runbooks; MSP_KEY=NAME names your key")
	}
	changed, err := a.changedSince(p, history, book)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "runbook   %s %s · %s\n", book.ID, book.Version, book.Digest)
	fmt.Fprintf(a.Stdout, "title     %s\n", terminal.Sanitize(book.Title, false))
	fmt.Fprintln(a.Stdout, changed)
	if err := a.confirm(ctx, f.yes, "approve it?"); err != nil {
		return err
	}
	said := record.Approval{
		Client: p.Client, Writer: ledger.Writer, Operator: ledger.Signer(), Signed: a.Now().Round(0), Decision: record.Approve,
		Runbook: &record.Runbook{ID: book.ID, Version: book.Version, Digest: book.Digest},
	}
	source, err := ledger.Store.PutBlob(book.Source)
	if err != nil {
		return err
	}
	said.Runbook.Source = source.Digest
	if said.Why, err = a.reason(ledger, f.reason); err != nil {
		return err
	}
	digest, _, err := ledger.Say(ctx, record.KindApproval, said)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout, digest)
	fmt.Fprintf(a.Stderr, "msp: signed: %s %s may be run for %s\n", book.ID, book.Version, p.Client)
	return a.takeOutside(ctx, p, ledger)
}

// checkApproved refuses a runbook that nobody approved, where the client's
// policy asks for approved ones. Nothing is recorded.
func (a *app) checkApproved(p *place, logs *record.Logs, book *runbook.Runbook) error {
	history := logs.Kinds(record.KindTrust, record.KindApproval)
	if version := history.Trusted(); version == nil || !version.Policy.ApprovedRunbooks || history.ApprovedBy(book.Digest) != nil {
		return nil
	}
	changed, err := a.changedSince(p, history, book)
	if err != nil {
		return err
	}
	return usageError(fmt.Errorf("the policy of %s asks for approved runbooks, and nobody approved these bytes of %s %s (%s)\n%s", p.Client, book.ID, book.Version, book.Digest, changed),
		"an author or a lead runs: msp approve --runbook "+book.ID)
}

// changedSince says what is different from the newest approved version.
func (a *app) changedSince(p *place, h *record.History, book *runbook.Runbook) (string, error) {
	var newest *record.Runbook
	for _, s := range h.RunbookApprovals() {
		if s.Body.Runbook.ID == book.ID {
			newest = s.Body.Runbook
		}
	}
	switch {
	case newest == nil:
		return "no version of it is approved yet", nil
	case newest.Digest == book.Digest:
		return "these bytes are approved already", nil
	}
	source, err := record.GetBlob(a.store(p, p.Client), newest.Source)
	if err != nil {
		return "", hint(fmt.Errorf("the approved version %s of %s can't be read: %w", newest.Version, book.ID, err), "msp verify says what is wrong with the evidence")
	}
	lines := differences(string(source), string(book.Source), 20)
	return fmt.Sprintf("changed since %s (%s), which is approved:\n%s", newest.Version, newest.Digest, strings.Join(lines, "\n")), nil
}
