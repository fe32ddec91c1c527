package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

const promised = `apiVersion: msp/v1
kind: Agreement
id: acme-2026
client: acme
version: 1.0.0
title: Backups
timezone: UTC
effective_from: 2026-01-01
parties:
  client: {name: Acme Ltd, role: owner}
  provider: {name: Example Ltd, role: manager}
services: {in_scope: [backup-verify]}
targets:
  backups: {clock: scheduled, start_within: 30m, complete_within: 2h, target: 95%, owner: technician}
`

// underAgreement has the runbook's SLA named in an agreement, which the plan pins
// as edit leaves it.
func (p *planStory) underAgreement(edit func(*record.PinnedAgreement, *agreement.Terms)) *planStory {
	p.b.t.Helper()
	doc, problems := agreement.LoadAgreement("acme.yaml", []byte(promised))
	if doc == nil {
		p.b.t.Fatal(problems)
	}
	pinned := &record.PinnedAgreement{ID: doc.ID, Version: doc.Version, Digest: doc.Digest, Source: must(p.b.store.PutBlob(doc.Source)).Digest}
	terms := agreement.TermsOf(&runbook.SLA{Agreement: "backups"}, agreement.Lookup{Agreement: doc})
	edit(pinned, terms)
	before, rest, _ := strings.Cut(p.book, "\nsla: ")
	_, after, _ := strings.Cut(rest, "\n")
	p.book = before + "\nsla: {agreement: backups}\n" + after
	p.plan.Runbooks[0].SLA, p.plan.Agreement = terms, pinned
	p.subjects = func(s []evidence.Subject) []evidence.Subject {
		return append(s, record.BlobSubject("agreement acme-2026", pinned.Digest), record.BlobSubject("agreement acme-2026 source", pinned.Source))
	}
	return p
}

// TestPlanUnderAgreement: the terms of a target are what a plan pins of it.
func TestPlanUnderAgreement(t *testing.T) {
	b := newBench(t)
	b.pin()
	b.plan().underAgreement(func(*record.PinnedAgreement, *agreement.Terms) {}).sign()
	wantOK(t, b.verify())
}

// TestAttacksOnAgreements: by who signs plans, or can write files.
func TestAttacksOnAgreements(t *testing.T) {
	pins := func(edit func(*record.PinnedAgreement, *agreement.Terms)) func(*bench) {
		return func(b *bench) { b.plan().underAgreement(edit).sign() }
	}
	try(t, []attack{
		{"more time than was promised", pins(func(_ *record.PinnedAgreement, t *agreement.Terms) {
			t.CompleteWithin = runbook.Nanoseconds(8 * time.Hour)
		}), "plan-differs", "other terms than the agreement acme-2026 gives"},
		{"another version", pins(func(a *record.PinnedAgreement, _ *agreement.Terms) { a.Version = "9.0.0" }), "plan-differs", "whose bytes say"},
		{"another document", pins(func(a *record.PinnedAgreement, _ *agreement.Terms) { a.Digest = runbook.Digest([]byte("x")) }), "plan-differs", "the kept agreement acme-2026 has the digest"},
		{"byte of an agreement", func(b *bench) {
			p := b.plan().underAgreement(func(*record.PinnedAgreement, *agreement.Terms) {}).sign()
			b.edit(blobFile(p.plan.Agreement.Source), flipAt(40))
		}, "blob-changed", "the source of the agreement acme-2026"},
	})
}
