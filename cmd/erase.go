package cmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// eraseFlags say what is erased, and why.
type eraseFlags struct {
	run, output, why, ground                        string
	inputs, answers, all, retention, dryRun, finish bool
}

func (a *app) eraseCommand() *cobra.Command {
	var f eraseFlags
	c := &cobra.Command{
		Use: "erase [BLOB…]", GroupID: groupProve, Short: "erase kept outputs, answers or files, and say so in the log",
		Long: `Erase blobs: what programs wrote, what people answered, attached files, inputs.
First a signed statement in the log says which, on which ground and why; then the
files are removed. The records stay, and verify says what was erased, by whom and
why. Where a trust statement names roots, as many of them sign too as it takes for
a new version, so their keys have to be here. What a legal hold keeps is not
erased, nor what an open run needs. --retention erases what is older than the
policy keeps it (msp trust policy --retention).

An erasure that is cut off is finished by --finish, by the next erasure and by
msp sync.`,
		Example: "  msp erase --run 7f3a9c --output intact --why 'asked for on 3 May'\n  msp erase --finish",
		RunE: func(c *cobra.Command, blobs []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			if err := f.check(blobs); err != nil {
				return err
			}
			return a.erase(c.Context(), p, f, blobs)
		},
	}
	c.Flags().StringVar(&f.run, "run", "", "erase blobs of this `RUN`")
	c.Flags().StringVar(&f.output, "output", "", "of the run: what this `STEP` wrote")
	c.Flags().BoolVar(&f.inputs, "inputs", false, "of the run: its inputs")
	c.Flags().BoolVar(&f.answers, "answers", false, "of the run: what was found and answered")
	c.Flags().BoolVar(&f.all, "all", false, "of the run: everything but the runbook")
	c.Flags().StringVar(&f.why, "why", "", "a `TEXT` for whoever reads the record later")
	c.Flags().StringVar(&f.ground, "ground", record.GroundRequest, "the `GROUND`: request or retention")
	c.Flags().BoolVar(&f.retention, "retention", false, "erase what is older than the trust statement keeps it")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "list what --retention would erase")
	c.Flags().BoolVar(&f.finish, "finish", false, "remove the files of erasures that are logged")
	c.AddCommand(a.eraseHoldCommand(), a.eraseReleaseCommand())
	c.Args = cobra.ArbitraryArgs
	return c
}

// check holds the flags to each other.
func (f eraseFlags) check(blobs []string) error {
	parts := f.output != "" || f.inputs || f.answers || f.all
	ways := 0
	for _, way := range []bool{len(blobs) > 0, f.run != "", f.retention, f.finish} {
		if way {
			ways++
		}
	}
	const help = "msp erase --help shows how it is used"
	switch {
	case ways != 1:
		return usageError(errors.New("name blobs, or a run, or --retention, or --finish"), help)
	case parts != (f.run != ""):
		return usageError(errors.New("--run goes with --output, --inputs, --answers or --all"), help)
	case f.dryRun && !f.retention:
		return usageError(errors.New("--dry-run goes with --retention"), help)
	case f.ground != record.GroundRequest && f.ground != record.GroundRetention:
		return usageError(fmt.Errorf("%q is no ground", f.ground), "--ground request or --ground retention")
	case strings.TrimSpace(f.why) == "" && !f.retention && !f.finish:
		return usageError(errors.New("nothing says why"), "--why TEXT, for whoever reads the record later")
	}
	return nil
}

func (a *app) erase(ctx context.Context, p *place, f eraseFlags, blobs []string) error {
	history, err := a.history(p)
	if err != nil {
		return err
	}
	if len(history.Problems) > 0 {
		return hint(errors.New("a part of the evidence can't be read, so that nobody can tell what a hold keeps"), "msp verify says what is wrong; msp sync may bring back what is missing")
	}
	if f.finish {
		removed, err := a.finishErasures(a.store(p, p.Client), history)
		if err == nil {
			_, err = fmt.Fprintf(a.Stdout, "%s removed\n", count(removed, "blob"))
		}
		return err
	}
	chosen, err := a.chosenBlobs(history, p, f, blobs)
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.listChosen(chosen)
	}
	if f.retention && f.why == "" {
		f.why = "kept as long as the trust statement asks for"
	}
	if f.retention {
		f.ground = record.GroundRetention
	}
	if len(chosen) == 0 && f.retention {
		fmt.Fprintln(a.Stderr, "msp: nothing is older than it is kept")
		return nil
	}
	if err := a.eraseChosen(ctx, p, f, history, digestsOf(chosen)); err != nil {
		return err
	}
	_, err = a.finishErasures(a.store(p, p.Client), history)
	return err
}

// chosenBlobs are the blobs that the flags mean, without those that are erased
// already. A blob that must be kept is an error, but for retention, which passes
// over it.
func (a *app) chosenBlobs(h *record.History, p *place, f eraseFlags, blobs []string) ([]record.Naming, error) {
	chosen, err := a.meant(h, p, f, blobs)
	if err != nil {
		return nil, err
	}
	erased, held := h.Erased(), h.HeldBlobs()
	var left []record.Naming
	for _, n := range chosen {
		if _, gone := erased[n.Digest]; gone {
			continue
		}
		why := a.keptFor(h, held, n)
		switch {
		case why == nil:
			left = append(left, n)
		case !f.retention:
			return nil, why
		}
	}
	if len(left) == 0 && !f.retention {
		return nil, hint(errors.New("there is nothing to erase: it was erased already, or nothing was kept"), "msp erase --finish removes files that are still there")
	}
	return left, nil
}

func (a *app) meant(h *record.History, p *place, f eraseFlags, blobs []string) ([]record.Naming, error) {
	switch {
	case f.retention:
		return a.outlived(h)
	case f.run == "":
		return namedBlobs(h, blobs)
	}
	account, err := oneRun(h.Find(f.run), f.run, p.Client)
	if err != nil {
		return nil, err
	}
	if f.output != "" && !slices.ContainsFunc(account.Steps(), func(s record.Step) bool { return s.ID == f.output }) {
		return nil, hint(fmt.Errorf("the run %s has no step %q", record.ShortID(account.Run), f.output), "msp show %s lists them", record.ShortID(account.Run))
	}
	return slices.DeleteFunc(h.Namings(), func(n record.Naming) bool { return n.Run != account.Run || !f.means(n) }), nil
}

// means says whether the flags mean a blob of the run.
func (f eraseFlags) means(n record.Naming) bool {
	switch n.Class {
	case record.ClassSource:
		return false
	case record.ClassInputs:
		return f.inputs || f.all
	case record.ClassAnswers:
		return f.answers || f.all
	case record.ClassOutput:
		return f.all || f.output != "" && n.Step == f.output
	default:
		return f.all
	}
}

// namedBlobs finds blobs by their digests, or the beginnings of them.
func namedBlobs(h *record.History, blobs []string) ([]record.Naming, error) {
	var chosen []record.Naming
	all := h.Namings()
	for _, part := range blobs {
		hex := strings.TrimPrefix(part, "sha256:")
		digests := map[string]bool{}
		for _, n := range all {
			if len(hex) >= 8 && strings.HasPrefix(strings.TrimPrefix(n.Digest, "sha256:"), hex) {
				digests[n.Digest] = true
				chosen = append(chosen, n)
			}
		}
		switch len(digests) {
		case 1:
		case 0:
			return nil, hint(fmt.Errorf("no statement names a blob %q", part), "msp show RUN shows the digests; give 8 digits of one or more")
		default:
			return nil, usageError(fmt.Errorf("%d blobs begin with %q", len(digests), part), "give more of its digits")
		}
	}
	return chosen, nil
}

// keptFor says what keeps a blob from being erased.
func (a *app) keptFor(h *record.History, held map[string]string, n record.Naming) error {
	if hold := held[n.Digest]; hold != "" {
		return hint(fmt.Errorf("a legal hold keeps %s: %s", n.Name, hold), "msp erase release %s --why TEXT ends it", shortDigest(hold))
	}
	needed := slices.Contains([]string{record.ClassSource, record.ClassInputs, record.ClassAnswers}, n.Class)
	if account := h.Run(n.Run); account != nil && needed && account.State(a.Now()) == "open" {
		return hint(fmt.Errorf("the run %s is open, and can't be finished without %s", record.ShortID(n.Run), n.Name), "msp resume %s finishes it", record.ShortID(n.Run))
	}
	return nil
}

func digestsOf(chosen []record.Naming) []string {
	digests := map[string]bool{}
	for _, n := range chosen {
		digests[n.Digest] = true
	}
	return slices.Sorted(maps.Keys(digests))
}

// eraseChosen logs the erasure, and then removes the files. A crash between the
// two leaves files that --finish removes.
func (a *app) eraseChosen(ctx context.Context, p *place, f eraseFlags, h *record.History, digests []string) error {
	if err := checkTexts(f.why); err != nil {
		return err
	}
	ledger, err := a.ledger(ctx, p, p.Client)
	if err != nil {
		return err
	}
	erasure := record.Erasure{
		Client: p.Client, Writer: ledger.Writer, Operator: ledger.Signer(), Signed: a.Now().Round(0), Erased: digests, Ground: f.ground,
	}
	if _, err := a.may(p, p.Client, ledger.Operator.Public(), "erase", trust.Right{Roles: []trust.Role{trust.Operator}}); err != nil {
		return err
	}
	keys := []evidence.Signer{ledger.Operator}
	roots, err := a.roots(ctx, p, h)
	if err != nil {
		return err
	}
	for _, root := range roots {
		erasure.Roots = append(erasure.Roots, record.SignerOf(root.Public()))
		if !root.Public().Equal(ledger.Operator.Public()) {
			keys = append(keys, root)
		}
	}
	if erasure.Why, err = ledger.PutJSON(record.Words{Text: f.why}); err != nil {
		return err
	}
	digest, _, err := ledger.Say(ctx, record.KindErasure, erasure, keys...)
	if err != nil {
		return err
	}
	for _, blob := range digests {
		if _, err := ledger.Store.EraseBlob(blob); err != nil {
			return hint(err, "the erasure is logged; msp erase --finish removes the rest")
		}
	}
	fmt.Fprintln(a.Stdout, digest)
	fmt.Fprintf(a.Stderr, "msp: %s erased; copies elsewhere lose them by msp sync, backups don't\n", count(len(digests), "blob"))
	return a.takeOutside(ctx, p, ledger)
}

// roots are the keys of the roots of the trust in force that are at hand; an
// error when they are fewer than its threshold. With no trust statement there
// are none.
func (a *app) roots(ctx context.Context, p *place, h *record.History) ([]evidence.Signer, error) {
	trust := h.Trust()
	if trust == nil {
		return nil, nil
	}
	version, keys := trust.Body.Version, a.keyring(p)
	names, err := keys.names()
	if err != nil {
		return nil, err
	}
	mine := map[string]string{} // the names of keys, by their lines
	for _, name := range names {
		if public, err := readPublic(keys.keyPath(name) + ".pub"); err == nil {
			mine[public.AuthorizedKey()] = name
		}
	}
	var signers []evidence.Signer
	var absent []string
	principals := map[string]bool{}
	for _, root := range version.Roots {
		name, have := mine[root.Key]
		if !have || principals[root.Principal] {
			if !have {
				absent = append(absent, root.Principal)
			}
			continue
		}
		key, err := keys.find(ctx, name)
		if err != nil {
			return nil, err
		}
		signers, principals[root.Principal] = append(signers, key), true
	}
	if missing := max(1, version.Threshold) - len(principals); missing > 0 {
		return nil, hint(fmt.Errorf("an erasure is signed by %s of the trust statement, and %d more must sign: of %s",
			count(max(1, version.Threshold), "root"), missing, strings.Join(absent, ", ")), "erase where their keys are; msp key list shows those here")
	}
	return signers, nil
}

// finishErasures removes the files of erasures that are logged, and that no
// legal hold keeps.
func (a *app) finishErasures(store *evidence.Store, h *record.History) (removed int, err error) {
	held := h.HeldBlobs()
	for digest := range h.Erased() {
		if held[digest] != "" {
			continue
		}
		gone, err := store.EraseBlob(digest)
		if err != nil {
			return removed, err
		}
		if gone {
			removed++
		}
	}
	return removed, nil
}

// outlived are the blobs that are older than their class is kept, by the time
// that their statement claims.
func (a *app) outlived(h *record.History) ([]record.Naming, error) {
	trust := h.Trust()
	if trust == nil || len(trust.Body.Version.Policy.Retention) == 0 {
		return nil, hint(errors.New("no trust statement says how long blobs are kept"), "its policy has a retention: class and days")
	}
	days := map[string]int{}
	for _, r := range trust.Body.Version.Policy.Retention {
		days[r.Class] = r.Days
	}
	now := a.Now()
	return slices.DeleteFunc(h.Namings(), func(n record.Naming) bool {
		keep, limited := days[n.Class]
		return !limited || keep <= 0 || !n.Made.AddDate(0, 0, keep).Before(now)
	}), nil
}

func (a *app) listChosen(chosen []record.Naming) error {
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for _, n := range chosen {
		fmt.Fprintf(w, "%s\t%s\trun %s\t%s\t%s\n", shortDigest(n.Digest), n.Class, record.ShortID(n.Run), n.Made.UTC().Format(time.DateOnly), n.Name)
	}
	return w.Flush()
}
