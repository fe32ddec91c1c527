package cmd

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// reportFlags say what was reported, that a run is about.
type reportFlags struct{ at, source string }

func (f *reportFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.at, "reported", "", "`WHEN` that was reported which the run is about; its SLA counts from there")
	c.Flags().StringVar(&f.source, "source", "", "the `REFERENCE` of the alert or the ticket that reported it")
}

// reported is what a run is about, nil where nothing was reported. A runbook whose
// SLA counts from a report can be run without one, as an exercise is: the run is
// not judged then, which is said before it starts and stays in its record.
func (a *app) reported(r *runbook.Runbook, known shelf.Promises, f reportFlags) (*agreement.Reported, error) {
	sla, err := known.Lookup().SLA(r.SLA)
	counts := err == nil && sla != nil && sla.Clock == runbook.ClockReported
	switch {
	case f == reportFlags{}:
		if counts {
			fmt.Fprintf(a.Stderr, "msp: the SLA of %s counts from a report, and nothing says what was reported: the run won't be judged\n     hint: --reported WHEN --source REF\n", r.ID)
		}
		return nil, nil
	case f.at == "":
		return nil, usageError(errors.New("nothing says when it was reported"), "--reported WHEN, such as 2026-05-03T14:30:00+02:00, or '2026-05-03 14:30'")
	case f.source == "":
		return nil, usageError(errors.New("nothing says by what it was reported"), "--source REF names the alert or the ticket, for example --source INC-1042")
	case !record.ValidReference(f.source):
		return nil, usageError(fmt.Errorf("%q can't be a reference", f.source), referenceHint)
	case err != nil:
		return nil, usageError(fmt.Errorf("what was promised of the runbook %s isn't known: %w", r.ID, err), "msp lint says what is missing")
	case !counts:
		return nil, usageError(fmt.Errorf("the runbook %s promises nothing that counts from a report", r.ID), "leave --reported and --source out, or write clock: reported into its sla")
	}
	at, err := a.parseTime("--reported", f.at)
	if err != nil {
		return nil, err
	}
	return &agreement.Reported{At: *at, Source: f.source}, nil
}
