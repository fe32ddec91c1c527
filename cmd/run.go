package cmd

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/engine"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/shelf"
)

// runFlags are what msp run and msp resume have in common.
type runFlags struct {
	door
	json, plain bool
}

func (f *runFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.answers, "answers", "", "a YAML `FILE` that answers manual steps and inputs")
	c.Flags().BoolVar(&f.noInput, "no-input", false, "ask nobody: a step that needs a person parks the run")
	c.Flags().BoolVar(&f.json, "json", false, "print each event as a line of JSON")
	c.Flags().BoolVar(&f.plain, "plain", false, "print each event as one plain line")
}

// screen is where a run is shown and questions are put, which don't mix with data.
func (f *runFlags) screen(a *app) terminal.Screen {
	if f.json {
		return terminal.Detect(a.Stderr, os.Getenv)
	}
	return terminal.Detect(a.Stdout, os.Getenv)
}

// printer chooses how a run is shown.
func (f *runFlags) printer(a *app) (terminal.Screen, terminal.Printer) {
	screen := f.screen(a)
	switch {
	case f.json:
		return screen, terminal.NewJSON(a.Stdout)
	case f.plain:
		return screen, terminal.NewPlain(screen)
	default:
		return screen, terminal.NewPrinter(screen)
	}
}

// wishes are what whoever starts a run asks of it.
type wishes struct {
	inputs            []string
	inputFile         string
	startAt           string
	change, catchUp   string
	report            reportFlags
	checklist, dryRun bool
}

func (w *wishes) add(c *cobra.Command) {
	c.Flags().StringArrayVarP(&w.inputs, "input", "i", nil, "an input as `NAME=VALUE`; may stand several times")
	c.Flags().StringVar(&w.inputFile, "inputs", "", "a YAML `FILE` of inputs")
	c.Flags().StringVar(&w.startAt, "start-at", "", "leave out the steps before this `STEP`; recorded as a deviation")
	c.Flags().BoolVar(&w.checklist, "checklist", false, "a person does every step by hand; recorded as a deviation")
	c.Flags().BoolVar(&w.dryRun, "dry-run", false, "show what would run: start nothing, write nothing")
	c.Flags().StringVar(&w.change, "change", "", "the `REFERENCE` of the change that asks for an ad hoc runbook")
	c.Flags().StringVar(&w.catchUp, "catch-up", "", "do what was missed: the run names this `OCCURRENCE`, and satisfies none")
	w.report.add(c)
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	var want wishes
	c := &cobra.Command{
		Use: "run [RUNBOOK]", GroupID: groupDo,
		Short: "do a runbook and leave a signed record of it",
		Long: `Do a runbook step by step. The start is signed and logged before the first step,
the end after the last; what happened in between is in the record, also when a
step fails or you press ctrl-C. RUNBOOK is an id (msp list) or a file; without it,
at a terminal, what is due now is offered. Of a runbook whose SLA counts from a
report, --reported and --source say when that came, and from where; without them
the run is not judged.

Exit codes: 0 done, 1 failed, 2 could not try, 3 waiting for a person,
4 done outside its SLA, 130 interrupted.`,
		Example: `  msp run backup-verify --input backup_dir=testdata/backups/acme --input max_age=87600h
  msp run backup-verify --input backup_dir=testdata/backups/acme --dry-run`,
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completeRunbooks,
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			word, err := a.chosen(c.Context(), p, f, args)
			if err != nil {
				return err
			}
			job, sources, err := a.jobOf(p, word, want)
			if err != nil {
				return err
			}
			if want.dryRun {
				return a.dryRun(c.Context(), sources, job)
			}
			return a.run(c.Context(), p, f, sources, job)
		},
	}
	f.add(c)
	want.add(c)
	c.RegisterFlagCompletionFunc("start-at", a.completeSteps) //nolint:errcheck // the flag is there
	return c
}

// jobOf is the run of the runbook that a word names, where it may be done, and
// where its inputs come from.
func (a *app) jobOf(p *place, word string, want wishes) (job engine.Job, sources inputSources, err error) {
	r, err := findRunbook(p, word)
	if err != nil {
		return job, sources, err
	}
	if err := checkChange(r, want.change); err != nil {
		return job, sources, err
	}
	if err := a.refuse(p, r); err != nil {
		return job, sources, err
	}
	logs, err := a.readLogs(p, p.Client)
	if err != nil {
		return job, sources, err
	}
	if err := a.checkApproved(p, logs, r); err != nil {
		return job, sources, err
	}
	here, err := os.Getwd()
	if err != nil {
		return job, sources, err
	}
	planned, err := a.plannedInputs(p, logs, r.ID, want.catchUp != "")
	if err != nil {
		return job, sources, err
	}
	known, err := a.promisedOf(p, r, planned != nil || want.catchUp != "", want.change)
	if err != nil {
		return job, sources, err
	}
	reported, err := a.reported(r, known, want.report)
	if err != nil {
		return job, sources, err
	}
	job = engine.Job{
		Runbook: r, Named: word, Client: p.Client, Folder: p.Folder, StartAt: want.startAt, Checklist: want.checklist, Change: want.change,
		Promises: known.Lookup(), Reported: reported,
	}
	return job, inputSources{want.inputs, want.inputFile, here, os.Getenv, planned}, a.makeGood(p, &job, want.catchUp)
}

// referenceHint is what record.ValidReference takes.
const referenceHint = "up to 64 letters, digits and . _ / # -"

func checkChange(r *runbook.Runbook, change string) error {
	if r.Class == runbook.AdHoc && change == "" {
		return usageError(fmt.Errorf("the runbook %s is ad hoc: it is done when somebody asked for it", r.ID), "--change REF says who asked, for example --change CHG-1042")
	}
	if change != "" && !record.ValidReference(change) {
		return usageError(fmt.Errorf("%q can't be a reference", change), referenceHint)
	}
	return nil
}

// promisedOf is what is promised to the client, when a run of the runbook is in its
// scope.
func (a *app) promisedOf(p *place, r *runbook.Runbook, planned bool, change string) (shelf.Promises, error) {
	known, err := p.promises(p.Client, a.Now())
	if err == nil {
		err = checkScope(r, known.Agreement, planned, change)
	}
	return known, err
}

// checkScope: what the agreement with a client doesn't cover is done when somebody
// asks for it, or a plan does. A catch-up is asked for by the plan that was missed.
func checkScope(r *runbook.Runbook, with *agreement.Agreement, planned bool, change string) error {
	if with == nil || with.Covers(r.ID) || planned || change != "" {
		return nil
	}
	return usageError(fmt.Errorf("the runbook %s is outside the scope of the agreement %s with %s", r.ID, with.ID, with.Client),
		"--change REF says who asked, for example --change CHG-1042")
}

func (a *app) run(ctx context.Context, p *place, f runFlags, sources inputSources, job engine.Job) error {
	if err := a.mayRun(ctx, p, &job); err != nil {
		return err
	}
	screen, printer := f.printer(a)
	defer printer.Close()
	people, closing, err := f.people(screen, a.Stdin, printer, job)
	if err != nil {
		return err
	}
	defer closing()
	if job.Inputs, err = sources.resolve(ctx, job.Runbook, people); err != nil {
		return err
	}
	if err := a.equip(ctx, p, &job); err != nil {
		return err
	}
	if err := a.saySatisfies(p, job); err != nil {
		return err
	}
	job.People, job.Emit = people, printer.Print
	outcome, err := engine.Run(ctx, job)
	return a.close(printer, outcome, err)
}

// equip gives a job its secrets, keys and log.
func (a *app) equip(ctx context.Context, p *place, job *engine.Job) error {
	var err error
	if job.Secrets, err = p.secrets(ctx, job.Runbook); err != nil {
		return err
	}
	if job.Ledger, err = a.ledger(ctx, p, job.Client); err != nil {
		return err
	}
	if job.Outside, err = a.outside(p, job.Ledger); err != nil {
		return err
	}
	job.BlobLimit, job.Environ, job.Software, job.Now = p.BlobLimit, os.Environ(), software(), a.Now
	job.Firmly = a.firmly
	job.Where.Host, job.Where.Login, job.Where.Origin = where(a.Stdin)
	return nil
}

func (a *app) ledger(ctx context.Context, p *place, client string) (*record.Ledger, error) {
	keys := a.keyring(p)
	operator, err := a.operatorKey(ctx, p)
	if err != nil {
		return nil, err
	}
	store := a.store(p, client)
	trusted, err := a.trusted(p, client)
	if err != nil {
		return nil, err
	}
	writer, log, err := keys.openLog(ctx, store, client, trusted.Chain.Newest())
	if err != nil {
		return nil, err
	}
	return &record.Ledger{
		Disk: a.Disk, Store: store, Log: log, Client: client, Writer: writer, Operator: operator, Limit: p.StatementLimit,
	}, nil
}

// close turns the outcome of a run into an exit code.
func (a *app) close(printer terminal.Printer, o engine.Outcome, err error) error {
	printer.Close()
	if err != nil {
		if o.Run != "" {
			err = hint(err, "%s", goOn(err, o.Run))
		}
		return err
	}
	switch {
	case o.Verdict.Outcome == record.RunAborted:
		return ended(exitInterrupted)
	case o.Parked != "":
		return ended(exitParked)
	case o.Verdict.Outcome == record.RunFailed:
		return ended(exitNo)
	case o.Verdict.Late:
		return ended(exitLate)
	default:
		return nil
	}
}

// goOn is what to do about a run that stopped: mend what stopped it, and then
// resume it.
func goOn(err error, run string) string {
	mend := diskHint(err)
	if mend == "" {
		mend = "mend this"
	}
	return fmt.Sprintf("%s; what was recorded stands, and msp resume %s goes on with it", mend, record.ShortID(run))
}

func software() record.Software {
	return record.Software{
		MSP: version(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, TZData: runbook.ZoneVersion,
	}
}

// dryRun shows what would run. It starts no process, reads no secret, makes no
// key and writes nothing.
func (a *app) dryRun(ctx context.Context, sources inputSources, job engine.Job) error {
	inputs, err := sources.resolve(ctx, job.Runbook, terminal.Nobody{})
	if err != nil {
		return err
	}
	job.Inputs, job.Environ = inputs, os.Environ()
	lines, err := engine.DryRun(job)
	for _, line := range lines {
		fmt.Fprintln(a.Stdout, terminal.Sanitize(line, false))
	}
	return err
}

func oneRun(found []*record.Account, part, client string) (*record.Account, error) {
	switch len(found) {
	case 0:
		return nil, hint(fmt.Errorf("no run of %s has an id with %q in it", client, part), "msp log shows the runs; --client names another client")
	case 1:
		return found[0], nil
	default:
		return nil, usageError(fmt.Errorf("%d runs have an id with %q in it", len(found), part), "one of "+shortIDs(found))
	}
}

func shortIDs(accounts []*record.Account) string {
	text := ""
	for i, account := range accounts {
		if i > 0 {
			text += ", "
		}
		text += record.ShortID(account.Run)
	}
	return text
}

func (a *app) completeRuns(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	p, err := a.place()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	history, err := record.ReadHistory(a.store(p, p.Client), p.Client, p.StatementLimit)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []string
	for _, account := range history.Accounts {
		ids = append(ids, record.ShortID(account.Run)+"\t"+account.Start.Body.Runbook.ID)
	}
	return offer(ids, word)
}
