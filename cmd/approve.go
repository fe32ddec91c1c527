package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/engine"
	"github.com/msp-runbook/msp/runbook/record"
)

// approveFlags say what is decided.
type approveFlags struct {
	reject, yes, json         bool
	pushBack, reason, runbook string
}

func (a *app) approveCommand() *cobra.Command {
	var f approveFlags
	c := &cobra.Command{
		Use: "approve [RUN]", GroupID: groupDo,
		Short: "decide about a run that waits for a second person, or approve a runbook",
		Long: `Show what was done so far of a run that waits for an approval, ask, and sign the
decision: it names by digest exactly what was shown. Nobody approves a run of
which they did a part, be it with another key. Then msp resume goes on, by who
ran it or by somebody else. Without RUN, list the runs that wait.

--push-back sends the run back to a step: it and all behind it are done again.
--runbook approves the exact bytes of a runbook; where the client's policy asks
for it, no other may be run.`,
		Example: "  msp approve\n  msp approve --runbook backup-verify --yes",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: a.completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(args); err != nil {
				return err
			}
			p, err := a.place()
			switch {
			case err != nil:
				return err
			case f.runbook != "":
				return a.approveRunbook(c.Context(), p, f)
			case len(args) == 0:
				return a.listWaiting(p, f.json)
			default:
				return a.approve(c.Context(), p, f, args[0])
			}
		},
	}
	c.Flags().BoolVar(&f.reject, "reject", false, "say no: the step fails")
	c.Flags().StringVar(&f.pushBack, "push-back", "", "send the run back to this `STEP`")
	c.Flags().StringVar(&f.reason, "reason", "", "why, as `TEXT`; a rejection and a push back need it")
	c.Flags().BoolVar(&f.yes, "yes", false, "sign without asking")
	c.Flags().StringVar(&f.runbook, "runbook", "", "approve a runbook, by its `ID` or file")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return c
}

func (f approveFlags) check(args []string) error {
	decides := f.reject || f.pushBack != "" || f.reason != "" || f.yes
	switch {
	case f.runbook != "" && (len(args) > 0 || f.reject || f.pushBack != ""):
		return usageError(errors.New("a runbook can only be approved, and not beside a run"), "msp approve --runbook ID")
	case len(args) == 0 && f.runbook == "" && decides:
		return usageError(errors.New("it isn't said which run is meant"), "msp approve lists those that wait")
	case f.reject && f.pushBack != "":
		return usageError(errors.New("a run is rejected or pushed back, not both"), "leave one of the two out")
	case (f.reject || f.pushBack != "") && strings.TrimSpace(f.reason) == "":
		return usageError(errors.New("who says no says why"), "--reason TEXT")
	default:
		return nil
	}
}

// decision is what would be signed, in the statement's word and in the question.
func (f approveFlags) decision() (word, question string) {
	switch {
	case f.reject:
		return record.Reject, "reject it?"
	case f.pushBack != "":
		return record.PushBack, "push it back to " + f.pushBack + "?"
	default:
		return record.Approve, "approve it?"
	}
}

func (a *app) approve(ctx context.Context, p *place, f approveFlags, part string) error {
	history, account, err := a.waiting(p, part)
	if err != nil {
		return err
	}
	request := account.Request()
	ledger, err := a.ledger(ctx, p, p.Client)
	if err != nil {
		return err
	}
	if err := a.mayApprove(history, ledger, request, f); err != nil {
		return err
	}
	page, err := a.approvalPage(ledger, history, account, request)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout, page)
	word, question := f.decision()
	if err := a.confirm(ctx, f.yes, question); err != nil {
		return err
	}
	// While somebody read the page, the run may have gone on.
	if _, account, err = a.waiting(p, part); err != nil {
		return err
	}
	if now := account.Request(); now.Step != request.Step || !slices.Equal(now.Segments, request.Segments) {
		return hint(fmt.Errorf("the run %s has moved on since it was shown", record.ShortID(account.Run)), "msp approve %s shows it as it is now", record.ShortID(account.Run))
	}
	if err := a.sayApproval(ctx, ledger, request, word, f, page); err != nil {
		return err
	}
	return a.takeOutside(ctx, p, ledger)
}

// waiting finds the run that is meant, which has to wait for an approval.
func (a *app) waiting(p *place, part string) (*record.History, *record.Account, error) {
	history, err := a.history(p)
	if err != nil {
		return nil, nil, err
	}
	account, err := oneRun(history.Find(part), part, p.Client)
	if err != nil {
		return nil, nil, err
	}
	id := record.ShortID(account.Run)
	switch {
	case account.Finished():
		return nil, nil, usageError(fmt.Errorf("the run %s has ended already", id), "msp show "+id)
	case history.Damaged(account.Run):
		return nil, nil, hint(fmt.Errorf("a statement of the run %s can't be read, so nobody can tell how far it is", id), "msp verify says what is wrong")
	case account.Request() == nil:
		return nil, nil, usageError(fmt.Errorf("the run %s doesn't wait for an approval", id), "msp approve lists the runs that do")
	}
	return history, account, nil
}

// mayApprove refuses who may not decide, and what needs no decision any more.
func (a *app) mayApprove(h *record.History, ledger *record.Ledger, r *record.Request, f approveFlags) error {
	id, now := record.ShortID(r.Run), a.Now()
	if until, ends := r.Until(); ends && now.After(until) {
		return hint(fmt.Errorf("the time for a decision was over at %s: the run %s counts as rejected", until.Local().Format(clockLayout), id), "msp resume %s ends it", id)
	}
	who, err := r.MayDecide(ledger.Operator.Public(), h.Trusted(), now)
	switch {
	case errors.Is(err, record.ErrOwnRun):
		return hint(fmt.Errorf("you can't decide about the run %s: %w", id, err), "somebody else runs msp approve %s, with a key of their own; MSP_KEY=NAME names yours", id)
	case err != nil:
		return hint(fmt.Errorf("you can't decide about the run %s: %w", id, err), "%s decides; %s", runbook.Approval{Roles: r.Terms.Roles, Min: 1}.Words(),
			record.LetDecide(*r, ledger.Operator.Public(), h.Trusted()))
	}
	d := h.Decide(ledger.Store, *r, now)
	switch {
	case d.Decision != "":
		return hint(fmt.Errorf("the run %s has its decision already: %s by %s", id, spaced(d.Decision), votersOf(d)), "msp resume %s goes on", id)
	case slices.ContainsFunc(d.Votes, func(v record.Vote) bool { return v.By == who }) && !f.reject && f.pushBack == "":
		return hint(fmt.Errorf("you approved the run %s already, and it takes %d people", id, r.Terms.Min), "somebody else runs msp approve %s", id)
	case f.pushBack != "" && !slices.Contains(r.Back, f.pushBack):
		return usageError(fmt.Errorf("the run %s can't go back to %q", id, f.pushBack), "one of the steps that were done: "+strings.Join(r.Back, ", "))
	}
	return nil
}

func votersOf(d record.Decision) string {
	var who []string
	for _, v := range d.Votes {
		who = append(who, v.By)
	}
	if d.TimedOut {
		return "nobody in time"
	}
	return strings.Join(who, ", ")
}

// confirm asks whoever sits at the terminal. Who says no ends the command.
func (a *app) confirm(ctx context.Context, yes bool, question string) error {
	if yes {
		return nil
	}
	nobody := usageError(errors.New("nobody is here to be asked, and nothing was signed"), "--yes signs without asking")
	if !terminal.IsTerminal(a.Stdin) {
		return nobody
	}
	prompter := terminal.NewPrompter(terminal.Detect(a.Stderr, os.Getenv), a.Stdin, nil)
	defer prompter.Close()
	sure, err := prompter.Confirm(ctx, question)
	switch {
	case errors.Is(err, runbook.ErrPark):
		return nobody
	case err == nil && !sure:
		fmt.Fprintln(a.Stderr, "msp: nothing was signed")
		return ended(exitNo)
	}
	return err
}

// sayApproval signs the decision, with what was shown.
func (a *app) sayApproval(ctx context.Context, ledger *record.Ledger, r *record.Request, word string, f approveFlags, page string) error {
	said := record.Approval{
		Client: ledger.Client, Writer: ledger.Writer, Operator: ledger.Signer(), Signed: a.Now().Round(0),
		Decision: word, To: f.pushBack, Run: r.Run, Start: r.Start, Step: r.Step, Round: r.Round,
	}
	var err error
	shown := record.Shown{Run: r.Run, Start: r.Start, Segments: r.Segments, Step: r.Step, Text: page}
	if said.Shown, err = ledger.PutJSON(shown); err != nil {
		return err
	}
	if said.Why, err = a.reason(ledger, f.reason); err != nil {
		return err
	}
	digest, _, err := ledger.Say(ctx, record.KindApproval, said)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout, digest)
	fmt.Fprintf(a.Stderr, "msp: signed, %s; msp resume %s goes on with the run\n", spaced(word), record.ShortID(r.Run))
	return nil
}

// reason keeps what a person said; none is no blob.
func (a *app) reason(ledger *record.Ledger, text string) (digest string, err error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	if err := checkTexts(text); err != nil {
		return "", err
	}
	return ledger.PutJSON(record.Words{Text: text})
}

// waitingRun is one line of msp approve.
type waitingRun struct {
	Run       string     `json:"run"`
	Runbook   string     `json:"runbook"`
	Version   string     `json:"version"`
	Step      string     `json:"step"`
	Round     int        `json:"round"`
	Roles     []string   `json:"roles"`
	Asked     time.Time  `json:"asked"`
	Until     *time.Time `json:"until,omitempty"`
	Approvals int        `json:"approvals"`
	Min       int        `json:"min_approvals"`
	Decision  string     `json:"decision,omitempty"` // that is there, and that msp resume acts on
}

func (a *app) listWaiting(p *place, asJSON bool) error {
	history, err := a.history(p)
	if err != nil {
		return err
	}
	runs := []waitingRun{}
	for _, account := range history.Accounts {
		if request := account.Request(); request != nil {
			runs = append(runs, a.waitingRun(p, history, account, *request))
		}
	}
	if asJSON {
		return a.printJSON(struct {
			V    int          `json:"v"`
			Runs []waitingRun `json:"runs"`
		}{1, runs})
	}
	if len(runs) == 0 {
		fmt.Fprintf(a.Stderr, "no run of %s waits for an approval; --client names another client\n", p.Client)
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for _, r := range runs {
		fmt.Fprintf(w, "%s\t%s %s\t%s\t%s\n", record.ShortID(r.Run), r.Runbook, r.Version, r.Step, r.standing())
	}
	return w.Flush()
}

func (a *app) waitingRun(p *place, h *record.History, account *record.Account, r record.Request) waitingRun {
	d := h.Decide(a.store(p, p.Client), r, a.Now())
	w := waitingRun{
		Run: r.Run, Runbook: account.Start.Body.Runbook.ID, Version: account.Start.Body.Runbook.Version, Step: r.Step, Round: r.Round,
		Roles: r.Terms.Roles, Asked: r.Asked, Approvals: len(d.Votes), Min: r.Terms.Min, Decision: d.Decision,
	}
	if until, ends := r.Until(); ends {
		w.Until = &until
	}
	return w
}

// standing is what a waiting run needs next.
func (r waitingRun) standing() string {
	if r.Decision != "" {
		return spaced(r.Decision) + ", msp resume " + record.ShortID(r.Run)
	}
	text := runbook.Approval{Roles: r.Roles, Min: r.Min}.Words()
	if r.Approvals > 0 {
		text += fmt.Sprintf(", %d there", r.Approvals)
	}
	if r.Until != nil {
		text += ", until " + r.Until.Local().Format(clockLayout)
	}
	return text
}

// approvalStep is the step as its runbook has it, by the bytes that the run was
// started with.
func approvalStep(ledger *record.Ledger, account *record.Account, id string) (*runbook.Runbook, *runbook.Step, runbook.Approval, error) {
	book, err := engine.PinnedRunbook(ledger.Store, account.Start.Body.Runbook, kinds())
	if err != nil {
		return nil, nil, runbook.Approval{}, err
	}
	step := book.Step(id)
	if step != nil {
		if asks, ok := step.Action.(runbook.AsksApproval); ok {
			return book, step, asks.Approval(), nil
		}
	}
	return nil, nil, runbook.Approval{}, hint(fmt.Errorf("the runbook of the run %s has no approval %q", record.ShortID(account.Run), id), "msp verify says what is wrong")
}
