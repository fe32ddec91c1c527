package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/engine"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// trusted is who may sign for a client, as the logs say it; they are read once a
// command.
func (a *app) trusted(p *place, client string) (record.Trusted, error) {
	if known, ok := a.trusts[client]; ok {
		return known, nil
	}
	logs, err := a.readLogs(p, client)
	if err != nil {
		return record.Trusted{}, err
	}
	trusted, err := logs.Trusted()
	if err != nil {
		return trusted, hint(err, "msp verify says what is wrong; msp sync with another copy, or a backup, brings back what is missing")
	}
	if a.trusts == nil {
		a.trusts = map[string]record.Trusted{}
	}
	a.trusts[client] = trusted
	return trusted, nil
}

// readLogs reads the logs of a client, once a command: what it may do is decided
// by how they were when it began.
func (a *app) readLogs(p *place, client string) (*record.Logs, error) {
	if known, ok := a.logs[client]; ok {
		return known, nil
	}
	logs, err := record.ReadLogs(a.store(p, client), client, p.StatementLimit)
	if err != nil {
		return nil, err
	}
	if a.logs == nil {
		a.logs = map[string]*record.Logs{}
	}
	a.logs[client] = logs
	return logs, nil
}

// may refuses what a key may not do at this moment by the newest trust statement
// of a client. Without one everybody may; else it gives that statement.
func (a *app) may(p *place, client string, key evidence.PublicKey, do string, right trust.Right) (*record.Signed[record.Trust], error) {
	trusted, err := a.trusted(p, client)
	if err != nil {
		return nil, err
	}
	if trusted.Newest == nil {
		return nil, nil
	}
	if j := trusted.Chain.Now(key, a.Now(), right); j.Standing == trust.Refused {
		return nil, notAllowed(client, key, do, j.Why, trusted.Chain.Allowed(a.Now(), right))
	}
	return trusted.Newest, nil
}

// notAllowed says why, who may, and what to do.
func notAllowed(client string, key evidence.PublicKey, do, why string, ids []string) error {
	err := fmt.Errorf("your key %s may not %s for %s: %s", key.ID(), do, client, why)
	who := "nobody may"
	if len(ids) > 0 {
		who = strings.Join(ids, ", ") + " may"
	}
	return hint(err, "%s; a root lets you with msp trust add, and MSP_KEY names another key of yours", who)
}

// mayRelease refuses to end a legal hold that somebody else laid, but to a lead.
func (a *app) mayRelease(ctx context.Context, p *place, hold record.Signed[record.Hold]) error {
	trusted, err := a.trusted(p, p.Client)
	if err != nil || trusted.Newest == nil {
		return err
	}
	signer, err := a.operatorKey(ctx, p)
	if err != nil {
		return err
	}
	key, chain := signer.Public(), trusted.Chain
	j := chain.MayRelease(hold.Key, key, chain.This(a.Now()))
	if j.Standing != trust.Refused {
		return nil
	}
	ids := chain.Allowed(a.Now(), trust.Right{Roles: []trust.Role{trust.Lead}})
	holder := chain.Now(hold.Key, a.Now(), trust.Right{Roles: []trust.Role{trust.Operator}})
	if holder.Standing != trust.Refused && !slices.Contains(ids, holder.Principal) {
		ids = append([]string{holder.Principal}, ids...)
	}
	return notAllowed(p.Client, key, "release this hold", j.Why, ids)
}

// mayRun refuses a run before anything of it is asked or recorded, and tells the
// job which trust statement is in force. The operator's key is unlocked here: at
// the terminal nobody else reads yet.
func (a *app) mayRun(ctx context.Context, p *place, job *engine.Job) error {
	trusted, err := a.trusted(p, job.Client)
	switch {
	case err != nil:
		return err
	case trusted.Newest == nil:
		return a.unlockFirst(ctx, p)
	}
	key, err := a.operatorKey(ctx, p)
	if err != nil {
		return err
	}
	newest, err := a.may(p, job.Client, key.Public(), "run", trust.Right{Roles: []trust.Role{trust.Operator, trust.Agent}})
	if newest == nil || err != nil {
		return err
	}
	job.Trust = newest.Digest
	job.Witnesses, err = witnessesFirst(p, newest.Body.Version.Policy)
	return err
}

// witnessesFirst is how many witnesses have to see the start of a run before its
// first step. Where they are not configured here, there is no point in starting.
func witnessesFirst(p *place, policy trust.Policy) (int, error) {
	if !policy.WitnessFirst {
		return 0, nil
	}
	want := policy.Quorum
	if want == 0 {
		want = max(1, len(policy.Witnesses))
	}
	have := 0
	for _, w := range p.Witnesses {
		named := slices.ContainsFunc(policy.Witnesses, func(known trust.Witness) bool { return known.Key == strings.TrimSpace(w.Key) })
		if named || len(policy.Witnesses) == 0 {
			have++
		}
	}
	if have < want {
		return 0, hint(fmt.Errorf("the client's policy asks for %d of its witnesses to see the start of a run before its first step, and %d are configured here", want, have),
			"witnesses: [{name: …, url: …, key: …}] in %s; msp trust show lists the policy", filepath.Join(p.Config, "config.yaml"))
	}
	return want, nil
}

// unlockFirst asks for the key's passphrase before anybody else reads the
// terminal. A key that isn't there yet is made later.
func (a *app) unlockFirst(ctx context.Context, p *place) error {
	if _, err := os.Stat(a.keyring(p).keyPath(p.Key)); err != nil {
		return nil
	}
	_, err := a.operatorKey(ctx, p)
	return err
}
