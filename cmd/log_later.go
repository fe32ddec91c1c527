package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// laterWords are a correction, a late entry or a response.
type laterWords struct {
	Kind        string     `json:"kind"`
	Statement   string     `json:"statement"`
	About       string     `json:"about,omitempty"`
	Occurrence  string     `json:"occurrence,omitempty"`
	RecordedAt  time.Time  `json:"recorded_at"`
	PerformedAt *time.Time `json:"performed_at,omitempty"`
	By          string     `json:"by"`
	What        string     `json:"what"`
}

func (l laterWords) performed() string {
	if l.PerformedAt == nil {
		return "a time that nobody says"
	}
	return l.PerformedAt.Local().Format(clockLayout)
}

func (l laterWords) about() string {
	if l.Occurrence != "" {
		return l.Occurrence
	}
	return "statement " + shortDigest(l.About)
}

// laterByRun gives what was said later, by run; under "" what belongs to none.
func laterByRun(h *record.History, store *evidence.Store) map[string][]laterWords {
	later := map[string][]laterWords{}
	for _, c := range record.Said[record.Correction](h) {
		body := c.Body
		later[body.Run] = append(later[body.Run], laterWords{
			record.KindCorrection, c.Digest, body.About, body.Occurrence, body.RecordedAt, body.PerformedAt, c.Key.ID(), wordsOf(store, body.What),
		})
	}
	for _, r := range record.Said[record.Response](h) {
		body := r.Body
		later[body.Run] = append(later[body.Run], laterWords{
			record.KindResponse, r.Digest, body.About, "", body.Signed, nil, r.Key.ID(), wordsOf(store, body.What),
		})
	}
	for _, all := range later {
		slices.SortStableFunc(all, func(x, y laterWords) int { return x.RecordedAt.Compare(y.RecordedAt) })
	}
	return later
}

// wordsOf reads what a person said; "" when it can't be read.
func wordsOf(store *evidence.Store, digest string) string {
	var words record.Words
	if err := record.GetJSON(store, digest, &words); err != nil {
		return ""
	}
	return words.Text
}

// saidLater counts what was said later about a run, behind its state.
func saidLater(later []laterWords) string {
	kinds := map[string]int{}
	for _, l := range later {
		kinds[l.Kind]++
	}
	text := ""
	for _, kind := range []string{record.KindCorrection, record.KindResponse} {
		if kinds[kind] > 0 {
			text += ", " + count(kinds[kind], kind)
		}
	}
	return text
}

func showLater(p *page, later []laterWords) {
	for i, l := range later {
		if i == 0 {
			p.add("")
			p.add("said later, which changes nothing above")
		}
		about := ""
		if l.About != "" {
			about = " to " + shortDigest(l.About)
		}
		line := fmt.Sprintf("  %s%s · recorded at %s", l.Kind, about, l.RecordedAt.Format(clockLayout))
		if l.PerformedAt != nil {
			line += ", performed at " + l.PerformedAt.Format(clockLayout)
		}
		p.add("%s by %s", line, l.By)
		p.add("    %s", orErased(l.What))
	}
}

// a subject is what a later word is about.
type subject struct{ run, digest string }

// subjectOf finds a run by a part of its id, or a statement by its digest or the
// beginning of that.
func subjectOf(h *record.History, text, client string) (subject, error) {
	hex := strings.TrimPrefix(text, "sha256:")
	statements := h.Statements()
	if run, ok := statements["sha256:"+hex]; ok {
		return subject{run, "sha256:" + hex}, nil
	}
	if found := h.Find(text); len(found) > 0 && !strings.HasPrefix(text, "sha256:") {
		account, err := oneRun(found, text, client)
		if err != nil {
			return subject{}, err
		}
		return subject{run: account.Run}, nil
	}
	var found []subject
	for digest, run := range statements {
		if len(hex) >= 8 && strings.HasPrefix(strings.TrimPrefix(digest, "sha256:"), hex) {
			found = append(found, subject{run, digest})
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return subject{}, hint(fmt.Errorf("no run and no statement of %s is called %q", client, text), "msp log shows the runs, msp show RUN its statements")
	default:
		return subject{}, usageError(fmt.Errorf("%d statements begin with %q", len(found), text), "give more of its digits")
	}
}

// parseTime reads when something was, as a flag says it: never in the future.
func (a *app) parseTime(flag, text string) (*time.Time, error) {
	at, ok := readTime(text, time.Local, clockTimes)
	if !ok {
		return nil, usageError(fmt.Errorf("%s %q is no time", flag, text), "such as 2026-05-03T14:30:00+02:00, or '2026-05-03 14:30'")
	}
	if at.After(a.Now()) {
		return nil, usageError(fmt.Errorf("%s %s lies in the future", flag, text), "say when it was")
	}
	return &at, nil
}

func whatFlag(c *cobra.Command, what *string) {
	c.Flags().StringVar(what, "what", "", "a `TEXT`: what is to be said")
}

const performedUsage = "`WHEN` it was done, as whoever says so claims"

func (a *app) logCorrectCommand() *cobra.Command {
	var what, performed string
	c := &cobra.Command{
		Use: "correct RUN|DIGEST", Short: "say what is wrong with a record, beside it", Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeRuns,
		Long: `Add a signed correction to the log, about a run or about one statement. Nothing
is edited and no verdict changes: show, log and verify say it beside the record.`,
		Example: "  msp log correct 7f3a9c --what 'the ticket was 812, not 821'",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			history, err := a.history(p)
			if err != nil {
				return err
			}
			about, err := subjectOf(history, args[0], p.Client)
			if err != nil {
				return err
			}
			s := record.Correction{Client: p.Client, RecordedAt: a.Now().Round(0), Run: about.run, About: about.digest}
			if s.About == "" {
				s.About = history.Run(about.run).Newest()
			}
			if performed != "" {
				if s.PerformedAt, err = a.parseTime("--performed-at", performed); err != nil {
					return err
				}
			}
			return a.say(c.Context(), p, record.KindCorrection, what, func(l *record.Ledger, words string) record.Statement {
				s.Writer, s.Operator, s.What = l.Writer, l.Signer(), words
				return s
			})
		},
	}
	whatFlag(c, &what)
	c.Flags().StringVar(&performed, "performed-at", "", performedUsage)
	return c
}

func (a *app) logLateCommand() *cobra.Command {
	var what, performed string
	c := &cobra.Command{
		Use: "late OCCURRENCE", Short: "say that work was done of which there is no run", Args: cobra.ExactArgs(1),
		Long: `Add a late entry to the log: an occurrence that a plan asked for was done, and
nobody recorded it then. It stays missed; the entry stands beside it, with the
time at which it was recorded beside the one that is claimed.`,
		Example: "  msp log late 'acme/backup-verify/2025-05-03T07:00:00+02:00[Europe/Berlin]' --performed-at '2025-05-03 07:30' --what 'done by hand, the server was down'",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			if performed == "" {
				return usageError(errors.New("nothing says when it was done"), "--performed-at WHEN")
			}
			at, err := a.parseTime("--performed-at", performed)
			if err != nil {
				return err
			}
			if err := a.checkOccurrence(p, args[0]); err != nil {
				return err
			}
			s := record.Correction{Client: p.Client, RecordedAt: a.Now().Round(0), PerformedAt: at, Occurrence: args[0]}
			return a.say(c.Context(), p, record.KindCorrection, what, func(l *record.Ledger, words string) record.Statement {
				s.Writer, s.Operator, s.What = l.Writer, l.Signer(), words
				return s
			})
		},
	}
	whatFlag(c, &what)
	c.Flags().StringVar(&performed, "performed-at", "", performedUsage)
	return c
}

// checkOccurrence makes sure that a plan asked for an occurrence.
func (a *app) checkOccurrence(p *place, name string) error {
	history, err := a.history(p)
	if err != nil {
		return err
	}
	if len(history.Plans) == 0 {
		return hint(fmt.Errorf("no plan of %s is signed, so nothing was due", p.Client), "msp plan sign FILE")
	}
	expected, err := history.Expected(history.Plans[0].Body.Signed, a.Now(), a.Now())
	if err != nil {
		return err
	}
	for _, e := range expected {
		if e.Name == name {
			return nil
		}
	}
	return hint(fmt.Errorf("no plan asked for %q until now", name), "msp verify names the occurrences that were missed")
}

func (a *app) logRespondCommand() *cobra.Command {
	var what string
	c := &cobra.Command{
		Use: "respond RUN|DIGEST", Short: "answer a record: a failure, a correction, a late entry", Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeRuns,
		Long: `Add a signed response to the log: what whoever is responsible says to a record.
It changes nothing of it.`,
		Example: "  msp log respond 7f3a9c --what 'known; the disk is ordered'",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			history, err := a.history(p)
			if err != nil {
				return err
			}
			about, err := subjectOf(history, args[0], p.Client)
			if err != nil {
				return err
			}
			s := record.Response{Client: p.Client, Signed: a.Now().Round(0), Run: about.run, About: about.digest}
			if s.About == "" {
				s.About = history.Run(about.run).Newest()
			}
			return a.say(c.Context(), p, record.KindResponse, what, func(l *record.Ledger, words string) record.Statement {
				s.Writer, s.Operator, s.What = l.Writer, l.Signer(), words
				return s
			})
		},
	}
	whatFlag(c, &what)
	return c
}
