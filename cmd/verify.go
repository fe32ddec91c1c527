package cmd

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// verifyFlags are what a verifier knows from outside.
type verifyFlags struct {
	signers, logKeys, checkpoints, tsaRoots, trustRoots, witnesses []string
	identity, level, since                                         string
	json                                                           bool
}

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use: "verify [BUNDLE]", GroupID: groupProve, Short: "check the evidence, and say what it shows and what it can't",
		Long: `Check every log, statement, signature, verdict and blob of a client, or of all
clients here. It needs no network and no key of the provider's. What you know
from outside makes it stronger: --trust-root for who decides who may sign, --key
for who may sign, --log-key for a writer's log, --checkpoint for a head of the log
that you were given earlier, --tsa-roots for the certificates of a timestamp
authority, --witness for the key of a witness. This installation's own writers and their newest heads are known
without asking, and so are the roots in your settings.

With BUNDLE, a folder or a file of msp export, check that and nothing else: then
only the flags say what is known from outside. --identity reads an encrypted one.

--since takes a checkpoint, or a receipt of msp log receipt, that you verified up
to earlier: it is held to the log, and only what was logged after it is looked at,
which takes no longer when the log is long. What rests on all that came before
can't be shown then, and is said to be.

--level demands that so much is shown of each finished run, beside what the
client's policy and plans demand: logged, anchored (it existed by a time from
outside), bracketed (it was made between two such times), witnessed.

Exit code 0 when nothing is broken and the level is reached, 1 when not, 2 when there is nothing
to verify.`,
		Example: "  msp verify", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			if len(args) == 1 && f.since != "" {
				return usageError(errors.New("--since is about the logs of this installation, and a bundle was named"), "without --since, all of the bundle is checked")
			}
			if len(args) == 1 {
				return a.verifyBundle(p, args[0], f)
			}
			return a.verify(p, f)
		},
	}
	c.Flags().StringArrayVar(&f.signers, "key", nil, "a public `KEY` that may sign: a .pub file or its line; may stand several times")
	c.Flags().StringArrayVar(&f.logKeys, "log-key", nil, "a writer's log key, as `WRITER=KEY`")
	c.Flags().StringArrayVar(&f.checkpoints, "checkpoint", nil, "a `FILE` with a checkpoint that the log must still hold")
	c.Flags().StringArrayVar(&f.tsaRoots, "tsa-roots", nil, "the root certificates of a timestamp authority, as `NAME=FILE`")
	c.Flags().StringArrayVar(&f.witnesses, "witness", nil, "the verifier `KEY` of a witness whose cosignatures count")
	c.Flags().StringVar(&f.identity, "identity", "", "a `FILE` with the age or SSH key that opens an encrypted bundle")
	c.Flags().StringArrayVar(&f.trustRoots, "trust-root", nil, "what the first trust statement is known by: its `DIGEST`, a root's fingerprint, or a .pub file")
	c.Flags().StringVar(&f.since, "since", "", "look only at what came after the checkpoint, or the checkpoints of a receipt, in `FILE`")
	c.Flags().StringVar(&f.level, "level", "", "the least that has to be shown of each finished run: "+strings.Join(trust.Levels(), ", "))
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return c
}

func (a *app) verify(p *place, f verifyFlags) error {
	clients, err := p.clients()
	if err != nil {
		return err
	}
	if a.flags.client != "" {
		clients = []string{a.flags.client}
	}
	if len(clients) == 0 {
		return hint(fmt.Errorf("there is no evidence in %s", p.State), "msp run leaves some; --state names another folder")
	}
	if clients, err = f.clientsSince(clients); err != nil {
		return err
	}
	ok := true
	var reports []*audit.Report
	for _, client := range clients {
		report, err := a.verifyClient(p, client, f)
		if err != nil {
			return err
		}
		defer report.Close()
		ok = ok && report.OK()
		reports = append(reports, report)
	}
	if f.json {
		err = a.printJSON(struct {
			V       int             `json:"v"`
			OK      bool            `json:"ok"`
			Clients []*audit.Report `json:"clients"`
		}{1, ok, reports})
	} else {
		err = a.printReports(reports)
	}
	if err == nil && !ok {
		return ended(exitNo)
	}
	return err
}

func (a *app) verifyClient(p *place, client string, f verifyFlags) (*audit.Report, error) {
	store := a.store(p, client)
	if _, err := os.Stat(store.Root()); err != nil {
		return nil, hint(fmt.Errorf("there is no evidence of the client %s in %s", client, p.State), "msp log --client ID lists the runs of a client")
	}
	pins, err := a.pins(p, client, f)
	if err != nil {
		return nil, err
	}
	since, err := f.headsSince(client)
	if err != nil {
		return nil, err
	}
	var report *audit.Report
	if f.since != "" {
		report, err = audit.VerifySince(store, client, pins, since, a.Now(), p.StatementLimit)
	} else {
		report, err = audit.Verify(store, client, pins, a.Now(), p.StatementLimit)
	}
	return report, sortHint(err)
}

// sortHint says what to do when there is no temporary file for what has to be sorted.
func sortHint(err error) error {
	if !errors.Is(err, audit.ErrSort) {
		return err
	}
	return hint(err, "TMPDIR names a folder with more room: long evidence takes some 500 bytes a statement there")
}

// clientsSince are the clients that are verified: with --since only those whose
// checkpoints it names.
func (f verifyFlags) clientsSince(clients []string) ([]string, error) {
	if f.since == "" {
		return clients, checkCheckpoints(f.checkpoints, clients)
	}
	if err := checkCheckpoints(append([]string{f.since}, f.checkpoints...), clients); err != nil {
		return nil, err
	}
	held, err := readCheckpoints(f.since)
	return slices.DeleteFunc(slices.Clone(clients), func(client string) bool {
		return !slices.ContainsFunc(held, func(h heldCheckpoint) bool { return h.client == client })
	}), err
}

// headsSince are the checkpoints of a client's logs that --since names.
func (f verifyFlags) headsSince(client string) ([]audit.Head, error) {
	if f.since == "" {
		return nil, nil
	}
	return headsIn(f.since, client)
}

// headsIn are the checkpoints of a client's logs in a file.
func headsIn(path, client string) (heads []audit.Head, err error) {
	held, err := readCheckpoints(path)
	for _, h := range held {
		if h.client == client {
			heads = append(heads, audit.Head{Name: filepath.ToSlash(path), Note: h.note})
		}
	}
	return heads, err
}

// pins gathers what is known from outside the evidence.
func (a *app) pins(p *place, client string, f verifyFlags) (audit.Pins, error) {
	known, heads, err := a.keyring(p).known(a.store(p, client), client)
	if err != nil {
		return audit.Pins{}, err
	}
	pins := audit.Pins{Logs: known}
	if pins.TSAs, err = p.tsaRoots(); err != nil {
		return pins, err
	}
	for _, w := range p.Witnesses {
		pins.Witnesses = append(pins.Witnesses, w.verifier)
	}
	for _, path := range sortedNames(heads) {
		pins.Heads = append(pins.Heads, audit.Head{Name: "this installation's own, " + path, Note: heads[path]})
	}
	return f.add(pins, client)
}

// add adds what the flags say to what is known.
func (f verifyFlags) add(pins audit.Pins, client string) (audit.Pins, error) {
	pins.Level = audit.Level(f.level)
	if f.level != "" && !slices.Contains(trust.Levels(), f.level) {
		return pins, usageError(fmt.Errorf("--level %q is no level", f.level), "the levels, the least first: "+strings.Join(trust.Levels(), ", "))
	}
	var err error
	if pins.TrustRoots, err = parseTrustRoots(f.trustRoots); err != nil {
		return pins, err
	}
	roots, err := givenRoots(f.tsaRoots)
	if err != nil {
		return pins, err
	}
	if pins.TSAs == nil {
		pins.TSAs = roots
	}
	maps.Copy(pins.TSAs, roots)
	for _, text := range f.witnesses {
		v, err := witness.ParseVerifier(text)
		if err != nil {
			return pins, usageError(fmt.Errorf("--witness: %w", err), "msp witness init printed it on the witness's machine")
		}
		pins.Witnesses = append(pins.Witnesses, v)
	}
	for _, text := range f.signers {
		key, err := parsePin(text)
		if err != nil {
			return pins, err
		}
		pins.Signers = append(pins.Signers, key)
	}
	for _, text := range f.logKeys {
		writer, keyText, found := strings.Cut(text, "=")
		if !found || !evidence.ValidID(writer) {
			return pins, usageError(fmt.Errorf("--log-key %q is not WRITER=KEY", text), "msp key list shows the writers")
		}
		key, err := parsePin(keyText)
		if err != nil {
			return pins, err
		}
		pins.Logs[writer] = key
	}
	for _, path := range f.checkpoints {
		heads, err := headsIn(path, client)
		if err != nil {
			return pins, err
		}
		pins.Heads = append(pins.Heads, heads...)
	}
	return pins, nil
}

// checkCheckpoints makes sure that each file of checkpoints is compared with
// something.
func checkCheckpoints(paths, clients []string) error {
	for _, path := range paths {
		held, err := readCheckpoints(path)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(held, func(h heldCheckpoint) bool { return slices.Contains(clients, h.client) }) {
			client := held[0].client
			return usageError(fmt.Errorf("%s is a checkpoint of the client %s, who is not verified here", path, client), "--client "+client+", or --state names another folder")
		}
	}
	return nil
}

func (a *app) printReports(reports []*audit.Report) error {
	for i, report := range reports {
		var p page
		if i > 0 {
			p.add("")
		}
		err := reportPage(&p, report)
		if err == nil {
			err = p.print(a.Stdout)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var checkMarks = map[audit.State]string{audit.OK: "✓", audit.Broken: "✗", audit.Unshown: "?"}

// reportPage writes what is broken first, then the checks, then what can't be
// shown.
func reportPage(p *page, r *audit.Report) error {
	runs, err := summarize(r.Runs)
	if err != nil {
		return err
	}
	p.add("%s · %s", r.Client, pinnedText(r))
	sinceLines(p, r)
	for _, f := range r.Findings {
		p.add(" ✗ %s: %s", f.Rule, f.What)
		for _, pair := range [][2]string{{"file", f.File}, {"run", f.Run}, {"statement", f.Statement}, {"means", f.Means}} {
			if pair[1] != "" {
				p.add("     %-9s %s", pair[0], pair[1])
			}
		}
	}
	for _, w := range r.Writers {
		p.add("%s", writerLine(w))
	}
	for _, c := range r.Checks {
		p.add(" %s %-11s %s", checkMarks[c.State], c.Name, c.Text)
	}
	missedLines(p, r)
	deviationLines(p, runs)
	erasedLines(p, r)
	laterLines(p, r)
	for _, f := range r.Unshown {
		if f.Rule != ruleSince {
			unshownLines(p, f)
		}
	}
	p.add("%s", verdictLine(r, runs))
	return nil
}

// ruleSince is the rule of what was not looked at, which is said first.
const ruleSince = "since-checkpoint"

func sinceLines(p *page, r *audit.Report) {
	for _, f := range r.Unshown {
		if f.Rule == ruleSince {
			unshownLines(p, f)
		}
	}
}

func unshownLines(p *page, f audit.Finding) {
	p.add(" ? %s", f.What)
	if f.Means != "" {
		p.add("     %s", f.Means)
	}
}

// mostMissed is how many occurrences a screen shows; --json has more.
const mostMissed = 20

// missedLines name the occurrences that are not as planned, the newest ones.
func missedLines(p *page, r *audit.Report) {
	shown := r.Missed[max(0, len(r.Missed)-mostMissed):]
	if n := len(r.Missed) - len(shown); n > 0 {
		p.add("   … %d earlier ones, which --json shows", n)
	}
	for _, m := range shown {
		line := fmt.Sprintf("   %-6s %s", m.State, m.Name)
		if m.Run != "" {
			line += " · run " + record.ShortID(m.Run)
		}
		if m.RecoveredAt != nil {
			line += " · recovered at " + m.RecoveredAt.UTC().Format("2006-01-02 15:04:05Z")
		}
		p.add("%s", line)
	}
}

// deviationLines name the runs that were not done as agreed, the newest ones:
// on time is not all.
func deviationLines(p *page, s runSummary) {
	if n := s.deviate - len(s.newest); n > 0 {
		p.add("   … %s that deviate, which --json shows", count(n, "earlier run"))
	}
	for _, run := range s.newest {
		p.add(" ! run %s of %s, %s, deviates: %s", record.ShortID(run.Run), run.Runbook, run.State, joinDeviations(run.Deviations))
	}
}

// A runSummary is what a screen shows of all runs.
type runSummary struct {
	levels  map[audit.Level]int
	deviate int             // runs
	newest  []audit.RunLine // of those
}

func summarize(runs audit.RunLines) (runSummary, error) {
	s := runSummary{levels: map[audit.Level]int{}}
	for run, err := range runs.All() {
		if err != nil {
			return s, err
		}
		s.levels[run.Level]++
		if len(run.Deviations) > 0 {
			s.deviate++
			s.newest = append(s.newest[max(0, len(s.newest)-mostMissed+1):], run)
		}
	}
	return s, nil
}

func writerLine(w audit.WriterLine) string {
	known := "the log's own word"
	if w.Pinned {
		known = "known from outside"
	}
	line := fmt.Sprintf("   writer %s · %s · log key %s, %s", w.ID, count(int(w.Leaves), "statement"), w.Key, known)
	if !w.Newest.IsZero() {
		line += " · newest " + w.Newest.UTC().Format("2006-01-02 15:04:05Z")
	}
	return line
}

func verdictLine(r *audit.Report, s runSummary) string {
	var words []string
	for _, level := range []audit.Level{audit.Witnessed, audit.Bracketed, audit.Anchored, audit.Logged, audit.Signed, audit.None} {
		if n := s.levels[level]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, level))
		}
	}
	summary := strings.Join(words, ", ")
	if summary == "" {
		summary = "no run"
	}
	if !r.OK() {
		return fmt.Sprintf("broken: %s · %s · exit 1", count(len(r.Findings), "finding"), summary)
	}
	return fmt.Sprintf("nothing broken · %s · exit 0", summary)
}
