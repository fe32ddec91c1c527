package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// checkTicker makes sure that the ticker of a plan is somebody: a writer whom the
// roots named and didn't revoke, where they name writers, and one of this
// installation or with a log here.
func (a *app) checkTicker(p *place, store *evidence.Store, client, ticker string) error {
	if ticker == "" {
		return nil
	}
	trusted, err := a.trusted(p, client)
	if err != nil {
		return err
	}
	switch version := trusted.Chain.Newest(); {
	case version != nil && version.Writer(ticker) == nil:
		return hint(fmt.Errorf("the ticker %s is no writer of who may sign for %s", ticker, client), "a root names it: msp trust writer %s", ticker)
	case version.Revoked(ticker):
		return hint(fmt.Errorf("the ticker %s was revoked", ticker), "name another one in the plan: ticker: WRITER; then msp plan sign")
	}
	mine, err := a.keyring(p).writers()
	if err != nil || slices.Contains(mine, ticker) {
		return err
	}
	here, err := store.Writers()
	if err != nil || slices.Contains(here, ticker) {
		return err
	}
	return hint(fmt.Errorf("the ticker %s has no log here", ticker), "msp sync brings the log of another machine; the writers here are %s", strings.Join(here, ", "))
}
