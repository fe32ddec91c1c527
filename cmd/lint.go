package cmd

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/lint/format"
	"github.com/msp-runbook/msp/steps"
)

// lintFlags are what a call of msp lint asks for.
type lintFlags struct {
	json          bool
	format        string
	fix           bool
	explain       string
	rules         bool
	failOn        string
	baseline      string
	writeBaseline string
	noShellcheck  bool
	against       string
}

func (a *app) lintCommand() *cobra.Command {
	var f lintFlags
	c := &cobra.Command{
		Use: "lint [FILE or FOLDER]…", GroupID: groupWrite, Short: "find the mistakes in runbooks before a run does",
		Long: `Look at runbooks, plans, agreements, calendars and contacts with all rules: every
finding with its file, line and column, and what to do about it. Without arguments,
at all of the workspace; what documents name is looked up there in any case.

An error keeps a runbook from being run, unless it is about when, for whom and what
was promised, or about a waiver; warnings and advice (info) don't. Exit code 1 when
there is an error, or what --fail-on says; syntax errors are errors. msp.yaml says how
much a rule matters, in all files or in some:

  lint:
    rules: {no-owner: error, vague-verb: off}
    paths: [{path: runbooks/legacy/, rules: {no-rationale: off}}]

A document waives a rule for a time, with a reason:

  lint: [{waive: no-escalation, because: the client's own desk watches, until: 2027-03-31}]

--against REV compares with a revision of git: what changed in meaning since then, in
words, whether each version was raised as far as that demands, and whether a decision
or a rationale came with what loosens control. REV is taken as it is; for a branch that
is behind, name where it began: --against "$(git merge-base main HEAD)".`,
		Example: "  msp lint\n  msp lint runbooks/backup-verify.yaml --fail-on warning\n  msp lint --explain no-owner\n  msp lint --against main",
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkLintFlags(c, args); err != nil {
				return err
			}
			switch {
			case f.explain != "":
				return a.explainRule(f.explain)
			case f.rules:
				return a.listRules(f.json)
			default:
				return a.lint(c.Context(), f, args)
			}
		},
	}
	c.Flags().BoolVar(&f.json, "json", false, "print JSON, as --format json")
	c.Flags().StringVar(&f.format, "format", "text", "print `FORMAT`: text, json, "+strings.Join(format.Names(), ", "))
	c.Flags().BoolVar(&f.fix, "fix", false, "mend what can be mended without a decision; comments and layout stay")
	c.Flags().StringVar(&f.explain, "explain", "", "say what a `RULE` finds, and why it matters")
	c.Flags().BoolVar(&f.rules, "rules", false, "list all rules")
	c.Flags().StringVar(&f.failOn, "fail-on", "error", "the least `SEVERITY` that gives exit code 1: error, warning or info")
	c.Flags().StringVar(&f.baseline, "baseline", "", "tell only what this `FILE` doesn't know")
	c.Flags().StringVar(&f.writeBaseline, "write-baseline", "", "write what is found to this `FILE`, to begin from")
	c.Flags().BoolVar(&f.noShellcheck, "no-shellcheck", false, "don't ask shellcheck about scripts, where it is installed")
	c.Flags().StringVar(&f.against, "against", "", "compare with the `REV`ision of git: what changed, and whether the version says so")
	c.RegisterFlagCompletionFunc("explain", completeRules) //nolint:errcheck // the flag is there
	for name, words := range map[string][]string{"format": append([]string{"text", "json"}, format.Names()...), "fail-on": {"error", "warning", "info"}} {
		c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // the flag is there
	}
	return c
}

// notTogether are the flags of which one would be passed over in silence.
var notTogether = [][2]string{
	{"baseline", "write-baseline"}, {"json", "format"}, {"write-baseline", "format"}, {"write-baseline", "json"}, {"explain", "rules"}, {"explain", "json"},
}

func checkLintFlags(c *cobra.Command, args []string) error {
	given := c.Flags().Changed
	for _, name := range []string{"explain", "against", "baseline", "write-baseline"} {
		if given(name) && c.Flag(name).Value.String() == "" {
			return usageError(fmt.Errorf("--%s is empty", name), "name it, or leave the flag out; a variable may be unset")
		}
	}
	for _, two := range notTogether {
		if given(two[0]) && given(two[1]) {
			return usageError(fmt.Errorf("--%s and --%s don't go together", two[0], two[1]), "leave one of them out")
		}
	}
	if len(args) > 0 && (given("explain") || given("rules")) {
		return usageError(errors.New("--explain and --rules are about rules, and a file is named"), "msp lint FILE looks at it")
	}
	return nil
}

func completeRules(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	var ids []string
	for _, r := range lint.Rules() {
		ids = append(ids, r.ID)
	}
	return offer(ids, word)
}

func (a *app) lint(ctx context.Context, f lintFlags, args []string) error {
	failOn, err := lint.ParseSeverity(f.failOn)
	if err != nil || failOn == lint.Off {
		return usageError(fmt.Errorf("--fail-on %q", f.failOn), "error, warning or info")
	}
	if f.json {
		f.format = "json"
	}
	show, err := a.findingPrinter(f.format, failOn)
	if err != nil {
		return err
	}
	files, report, err := a.look(ctx, f, args)
	if err != nil {
		return err
	}
	if f.writeBaseline != "" {
		return a.writeBaseline(f.writeBaseline, report)
	}
	known := 0
	if f.baseline != "" {
		if known, err = a.subtractBaseline(f.baseline, &report); err != nil {
			return err
		}
	}
	if err := show(report, sourcesOf(files)); err != nil {
		return err
	}
	fmt.Fprintln(a.Stderr, lintSummary(report, known))
	if report.Worst() >= failOn {
		return ended(exitNo)
	}
	return nil
}

// look has all rules look at the documents that are named, and mends what is to be
// mended. After an interrupt nothing is mended or taken down as known.
func (a *app) look(ctx context.Context, f lintFlags, args []string) ([]runbook.File, lint.Report, error) {
	var report lint.Report
	p, err := a.place()
	if err != nil {
		return nil, report, err
	}
	var files []runbook.File
	if len(args) == 0 {
		files, err = ownFiles(p, "lint", isNoSettings)
	} else {
		files, err = namedFiles(args, isNoSettings)
	}
	if err != nil {
		return nil, report, err
	}
	linter, err := a.linter(p)
	if err != nil {
		return nil, report, err
	}
	if !f.noShellcheck {
		linter.Known.Shellcheck = a.shellcheck(ctx)
	}
	if f.against != "" {
		if linter.Known.Before, err = a.against(ctx, p, f.against, files, len(args) == 0); err != nil {
			return nil, report, err
		}
	}
	report = linter.Lint(files)
	if err := ctx.Err(); err != nil || !f.fix {
		return files, report, err
	}
	return a.fix(linter, files, report)
}

// isNoSettings: the workspace's own file is no document.
func isNoSettings(f runbook.File) bool { return path.Base(f.Name) != workspaceFile }

// linter looks at documents in the library of a place.
func (a *app) linter(p *place) (*lint.Linter, error) {
	if err := p.Lint.Check(); err != nil {
		return nil, hint(err, "the rules are set under lint: in %s; msp lint --rules lists them", workspaceFile)
	}
	around, err := workspaceFiles(p)
	if err != nil {
		return nil, err
	}
	return lint.New(steps.Kinds(), a.known(p, around), p.Lint), nil
}

// known is what documents may name in the library of a place.
func (a *app) known(p *place, around []runbook.File) lint.Known {
	return lint.Known{
		Now: a.Now(), Folder: p.Folder, Around: around, Calendars: p.calendars(),
		Runbook: func(id string) (*runbook.Runbook, error) { return findRunbook(p, id) },
	}
}

// refuse gives the errors that lint finds in a runbook: it isn't run with any. Who runs
// it may not have written it, and is told so first.
func (a *app) refuse(p *place, r *runbook.Runbook) error {
	linter, err := a.linter(p)
	if err != nil {
		return err
	}
	found := linter.Refusals(r)
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("%s is not run: lint finds %s in it\n%w", r.ID, count(len(found), "error"), found)
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
