package cmd

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

const clockLayout = "2006-01-02 15:04:05 -07:00"

func (a *app) printJSON(v any) error {
	return evidence.WriteJSON(a.Stdout, v)
}

func joinDeviations(all []record.Deviation) string {
	words := make([]string, len(all))
	for i, d := range all {
		words[i] = spaced(string(d))
	}
	return strings.Join(words, ", ")
}

// spaced writes an identifier such as outside_normal as words.
func spaced(id string) string { return strings.ReplaceAll(id, "_", " ") }

// showFlags say what of a run or a runbook is shown.
type showFlags struct {
	json   bool
	format string // of a runbook
	output string // the step of a run
	stderr bool
}

func (a *app) showCommand() *cobra.Command {
	var f showFlags
	c := &cobra.Command{
		Use: "show RUN or RUNBOOK", GroupID: groupProve, Short: "show one run: its steps, values and evidence; or a runbook to read or print",
		Long: `Show what the log holds of one run. RUN is any unique part of its id.
--output STEP prints what a step wrote to its standard output, as it was kept;
with --stderr, what it wrote to its standard error.

Or show a runbook, a file or an id, as people read it: with schedules, promises,
conditions and limits in words. --format says how: text (unless said), markdown,
html, and checklist or checklist-html to print, tick and sign.`,
		Example: "  msp show 7f3a9c\n  msp show 7f3a9c --output intact\n  msp show 7f3a9c --output warns --stderr\n" +
			"  msp show backup-verify\n  msp show runbooks/backup-verify.yaml --format html > backup-verify.html\n  msp show backup-verify --format checklist",
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeShown,
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.showNamed(p, args[0], f)
		},
	}
	c.Flags().BoolVar(&f.json, "json", false, "print JSON: the statements of the run, or the runbook's parts")
	c.Flags().StringVar(&f.format, "format", "", "show the runbook as `FORMAT`: "+strings.Join(runbookFormats, ", "))
	c.Flags().StringVar(&f.output, "output", "", "print what this `STEP` of the run wrote")
	c.Flags().BoolVar(&f.stderr, "stderr", false, "with --output: what it wrote to its standard error")
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(runbookFormats, cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // the flag is there
	return c
}

// showNamed shows the run whose id a word is a part of, or else the runbook that it
// names. The logs are read only for what can be a run.
func (a *app) showNamed(p *place, word string, f showFlags) error {
	if mayBeRun(word) {
		history, err := a.history(p)
		if err != nil {
			return err
		}
		if found := history.Find(word); len(found) > 0 {
			account, err := oneRun(found, word, p.Client)
			if err != nil {
				return err
			}
			return a.showRun(a.store(p, p.Client), history, account, f)
		}
	}
	r, err := namedRunbook(p, word)
	switch {
	case err != nil:
		return err
	case r == nil:
		return hint(fmt.Errorf("no run of %s has an id with %q in it, and no runbook has that id", p.Client, word),
			"msp log shows the runs, msp list the runbooks; --client names another client")
	default:
		return a.showRunbook(r, f)
	}
}

func (a *app) showRun(store *evidence.Store, history *record.History, account *record.Account, f showFlags) error {
	switch {
	case f.format != "":
		return usageError(errors.New("--format is for runbooks, and "+record.ShortID(account.Run)+" is a run"), "msp show RUN --json is all that is known of it")
	case f.stderr && f.output == "":
		return usageError(errors.New("--stderr says which output of a step, and no step is named"), "msp show RUN --output STEP --stderr")
	case f.output != "":
		return a.showOutput(store, history, account, f.output, f.stderr)
	case f.json:
		return a.printJSON(a.shownRun(history, store, account))
	default:
		return a.show(store, history, account)
	}
}

type shown struct {
	V        int              `json:"v"`
	Run      string           `json:"run"`
	State    string           `json:"state"`
	Start    record.RunStart  `json:"start"`
	Segments []record.Segment `json:"segments,omitempty"`
	End      *record.RunEnd   `json:"end,omitempty"`
	Later    []laterWords     `json:"later,omitempty"`

	Besides   []timeWords       `json:"besides,omitempty"`   // about its clock and its occurrence
	Approvals []record.Approval `json:"approvals,omitempty"` // also those that decided nothing
}

func (a *app) shownRun(h *record.History, store *evidence.Store, account *record.Account) shown {
	s := shown{V: 1, Run: account.Run, State: account.State(a.Now()), Start: account.Start.Body, Later: laterByRun(h, store)[account.Run]}
	s.Besides = besides(timeWordsOf(h, store), s.Start)
	for _, segment := range account.Segments {
		s.Segments = append(s.Segments, segment.Body)
	}
	if account.End != nil {
		s.End = &account.End.Body
	}
	for _, approval := range h.Approvals(account.Run) {
		s.Approvals = append(s.Approvals, approval.Body)
	}
	return s
}

// showOutput prints what a step wrote: bytes as they were kept when they go to
// a file or a pipe, made harmless when they go to a terminal.
func (a *app) showOutput(store *evidence.Store, h *record.History, account *record.Account, id string, stderr bool) error {
	steps := account.Standing()
	i := slices.IndexFunc(steps, func(s record.Step) bool { return s.ID == id })
	if i < 0 {
		return hint(fmt.Errorf("the run %s has no step %q", record.ShortID(account.Run), id), "msp show %s lists them", record.ShortID(account.Run))
	}
	stream, name := steps[i].Stdout, "output"
	if stderr {
		stream, name = steps[i].Stderr, "error"
	}
	if stream == nil {
		return hint(fmt.Errorf("the step %s printed nothing to its standard %s", id, name), "msp show %s shows the rest", record.ShortID(account.Run))
	}
	blob, err := store.OpenBlob(stream.Digest)
	if err != nil {
		return erasedBlobs(h.Erased()).explain(stream.Digest, err)
	}
	defer blob.Close()
	if !terminal.IsTerminal(a.Stdout) {
		_, err = io.Copy(a.Stdout, blob)
		return err
	}
	text, err := io.ReadAll(blob)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.Stdout, strings.TrimRight(terminal.Sanitize(string(text), true), "\n"))
	return err
}

// page collects lines and makes each of them harmless.
type page struct {
	lines  []string
	erased erasedBlobs
}

func (p *page) add(format string, args ...any) {
	p.lines = append(p.lines, terminal.Sanitize(fmt.Sprintf(format, args...), false))
}

func (p *page) print(w io.Writer) error {
	_, err := fmt.Fprintln(w, strings.Join(p.lines, "\n"))
	return err
}

func (a *app) show(store *evidence.Store, h *record.History, account *record.Account) error {
	p := page{erased: h.Erased()}
	start := account.Start.Body
	p.add("run       %s", account.Run)
	p.add("runbook   %s %s · %s", start.Runbook.ID, start.Runbook.Version, start.Runbook.Digest)
	p.add("client    %s · log of %s", start.Client, account.Writer)
	p.add("operator  %s", start.Operator.ID)
	p.add("started   %s", start.Started.Format(clockLayout))
	p.add("state     %s", a.stateLine(store, account))
	p.add("sla       %s", slaLine(account))
	if report := start.SLA.Report(); report != "" {
		p.add("reported  %s", report)
	}
	if due := start.SLA.ReportDue(); due != "" {
		p.add("due       %s", due)
	}
	if start.Change != "" {
		p.add("change    %s", start.Change)
	}
	showInputs(&p, store, start)
	for _, s := range account.Steps() {
		showStep(&p, store, s)
	}
	p.add("")
	p.add("statements")
	p.add("  run-start  %s", account.Start.Digest)
	for _, segment := range account.Segments {
		p.add("  segment %d  %s", segment.Body.Number, segment.Digest)
	}
	if account.End != nil {
		p.add("  run        %s", account.End.Digest)
	}
	showApprovals(&p, h, account)
	showBesides(&p, besides(timeWordsOf(h, store), start))
	showLater(&p, laterByRun(h, store)[account.Run])
	return p.print(a.Stdout)
}

func (a *app) stateLine(store *evidence.Store, account *record.Account) string {
	line := a.stateOf(store, account)
	if end := account.End; end != nil {
		line += " at " + end.Body.Ended.Format(clockLayout)
		if d := end.Body.Verdict.Deviations; len(d) > 0 {
			line += " · deviates: " + joinDeviations(d)
		}
	} else {
		line += ", to be finished by " + account.Until(a.Now()).Format(clockLayout)
	}
	return line
}

func slaLine(account *record.Account) string {
	start := account.Start.Body
	if why := start.SLA.NotJudged(); why != "" {
		return why
	}
	line := start.SLA.Promise()
	if end := account.End; end != nil && end.Body.SLA.Met != nil {
		verdict := "in time"
		if end.Body.SLA.Late() {
			verdict = "too late"
		}
		line += " · ended " + verdict
	}
	return line
}

func showInputs(p *page, store *evidence.Store, start record.RunStart) {
	var inputs record.Inputs
	if err := record.GetJSON(store, start.Inputs, &inputs); err != nil {
		p.add("inputs    %s", p.erased.words(start.Inputs, err))
		return
	}
	for _, name := range sortedNames(inputs.Values) {
		p.add("input     %s = %s", name, inputs.Values[name])
	}
}

func showStep(p *page, store *evidence.Store, s record.Step) {
	p.add("")
	line := fmt.Sprintf("%s  %s", s.ID, spaced(string(s.Outcome)))
	if s.Proof != "" {
		line += " · " + string(s.Proof)
	}
	if s.Round > 0 {
		line += fmt.Sprintf(" · round %d", s.Round)
	}
	p.add("%s · %s", line, runbook.FormatSpan(s.Duration.Span()))
	facts, err := factsOf(store, s)
	if err != nil {
		p.add("  facts      %s", p.erased.words(s.Facts, err))
	}
	for _, pair := range [][2]string{{"", facts.Detail}, {"found", facts.Found}, {"expected", facts.Expected}} {
		if pair[1] != "" {
			p.add("  %-10s %s", pair[0], pair[1])
		}
	}
	for _, name := range sortedNames(s.Outputs) {
		p.add("  %-10s %s", name, s.Outputs[name])
	}
	for _, name := range sortedNames(facts.Outputs) {
		p.add("  %-10s %s", name, facts.Outputs[name])
	}
	for _, j := range s.Normal {
		p.add("  %-10s %s, %s", j.Output, runbook.FormatNumber(j.Value), spaced(string(j.Standing)))
	}
	showAnswer(p, facts.Answer)
	for _, e := range s.Evidence {
		p.add("  evidence   %s · %d B · %s%s", e.Name, e.Size, e.Digest, p.erased.suffix(e.Digest))
	}
	showStream(p, "stdout", s.Stdout)
	showStream(p, "stderr", s.Stderr)
	if len(s.Deviates) > 0 {
		p.add("  deviates   %s", joinDeviations(s.Deviates))
	}
	for _, digest := range s.Approvals {
		p.add("  decided by %s", digest)
	}
}

func factsOf(store *evidence.Store, s record.Step) (record.Facts, error) {
	var facts record.Facts
	if s.Facts == "" {
		return facts, nil
	}
	return facts, record.GetJSON(store, s.Facts, &facts)
}

func showAnswer(p *page, a *record.Answer) {
	if a == nil {
		return
	}
	for _, item := range a.Checked {
		p.add("  checked    %s", item)
	}
	for _, pair := range [][2]string{{"reason", a.Reason}, {"instead", a.Differently}, {"flagged", a.Flag}} {
		if pair[1] != "" {
			p.add("  %-10s %s", pair[0], pair[1])
		}
	}
}

func showStream(p *page, name string, s *record.Stream) {
	if s == nil {
		return
	}
	line := fmt.Sprintf("%d B", s.Written)
	if s.LeftOut > 0 {
		line += fmt.Sprintf(", %d B of the middle left out", s.LeftOut)
	}
	for _, secret := range sortedNames(s.Replaced) {
		line += fmt.Sprintf(", %s masked %d times", secret, s.Replaced[secret])
	}
	p.add("  %-10s %s · %s%s", name, line, s.Digest, p.erased.suffix(s.Digest))
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
