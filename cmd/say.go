package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// say logs a statement with what a person says, and prints its digest.
func (a *app) say(ctx context.Context, p *place, kind, text string, make func(l *record.Ledger, words string) record.Statement) error {
	if strings.TrimSpace(text) == "" {
		return usageError(errors.New("nothing is said"), "give a text, for whoever reads the record later")
	}
	if err := checkTexts(text); err != nil {
		return err
	}
	return a.sayBlob(ctx, p, kind, record.Words{Text: text}, make)
}

// checkTexts refuses what a person says in an encoding that no record holds.
func checkTexts(texts ...string) error {
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return usageError(fmt.Errorf("%q is not UTF-8 text", text), "write it in UTF-8, which is what most terminals send")
		}
	}
	return nil
}

// sayBlob logs a statement with what is kept in a blob of its own, and prints its
// digest.
func (a *app) sayBlob(ctx context.Context, p *place, kind string, content any, make func(l *record.Ledger, blob string) record.Statement) error {
	ledger, err := a.ledger(ctx, p, p.Client)
	if err != nil {
		return err
	}
	right := trust.Right{Roles: []trust.Role{trust.Operator}}
	switch kind {
	case record.KindResponse:
		right.Roles = append(right.Roles, trust.Auditor)
	case record.KindWaiver:
		right.Roles = []trust.Role{trust.Approver, trust.Lead}
	}
	if _, err := a.may(p, p.Client, ledger.Operator.Public(), "say so", right); err != nil {
		return err
	}
	blob, err := ledger.PutJSON(content)
	if err != nil {
		return err
	}
	digest, _, err := ledger.Say(ctx, kind, make(ledger, blob))
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(a.Stdout, digest); err != nil {
		return err
	}
	return a.takeOutside(ctx, p, ledger)
}
