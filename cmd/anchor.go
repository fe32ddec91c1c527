package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/anchor"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/stamp"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
	"github.com/msp-runbook/msp/runbook/record"
)

// tsaSetting is a timestamp authority as a user configures it. Roots is a PEM
// file; a path that isn't absolute begins at the configuration folder.
type tsaSetting struct {
	Name  string `mapstructure:"name"`
	URL   string `mapstructure:"url"`
	Roots string `mapstructure:"roots"`
}

// checkTSAs refuses settings that nobody could be asked with.
func checkTSAs(s *Settings, config string) error {
	seen := map[string]bool{}
	for i := range s.TSAs {
		t := &s.TSAs[i]
		const like = "tsa: [{name: freetsa, url: https://freetsa.org/tsr, roots: freetsa.pem}]"
		switch err := stamp.CheckURL(t.URL); {
		case !evidence.ValidID(t.Name):
			return hint(fmt.Errorf("the setting tsa: %q can't be the name of a timestamp authority", t.Name), "%s", like)
		case seen[t.Name]:
			return hint(fmt.Errorf("the setting tsa: two timestamp authorities are called %s", t.Name), "give each a name of its own")
		case err != nil:
			return hint(fmt.Errorf("the setting tsa: the url of %s: %w", t.Name, err), "%s", like)
		case t.Roots == "":
			return hint(fmt.Errorf("the setting tsa: %s has no roots, so its word couldn't be verified", t.Name), "roots names a PEM file with the authority's root certificates")
		}
		if !filepath.IsAbs(t.Roots) {
			t.Roots = filepath.Join(config, t.Roots)
		}
		seen[t.Name] = true
	}
	if s.AnchorTimeout <= 0 || s.AnchorTimeout > time.Hour {
		return hint(errors.New("the setting anchor_timeout must be more than nothing and at most an hour"), "anchor_timeout: 5s")
	}
	return nil
}

// witnessSetting is a witness as a user configures it. Key is its verifier key.
type witnessSetting struct {
	Name string `mapstructure:"name"`
	URL  string `mapstructure:"url"`
	Key  string `mapstructure:"key"`

	verifier witness.Verifier
}

// checkWitnesses refuses settings that nobody could be asked with.
func checkWitnesses(s *Settings) error {
	seen := map[string]bool{}
	for i := range s.Witnesses {
		w := &s.Witnesses[i]
		const like = "witnesses: [{name: acme, url: https://witness.example, key: witness.example/acme+…}]"
		if !evidence.ValidID(w.Name) {
			return hint(fmt.Errorf("the setting witnesses: %q can't be the name of a witness", w.Name), "%s", like)
		}
		if seen[w.Name] {
			return hint(fmt.Errorf("the setting witnesses: two witnesses are called %s", w.Name), "give each a name of its own")
		}
		seen[w.Name] = true
		if err := stamp.CheckURL(w.URL); err != nil {
			return hint(fmt.Errorf("the setting witnesses: the url of %s: %w", w.Name, err), "%s", like)
		}
		verifier, err := witness.ParseVerifier(w.Key)
		if err != nil {
			return hint(fmt.Errorf("the setting witnesses: the key of %s: %w", w.Name, err), "msp witness init printed it on the witness's machine")
		}
		w.verifier = verifier
	}
	return nil
}

// readRoots reads the roots that the tokens of an authority must lead to.
func readRoots(name, path string) (*stamp.Roots, error) {
	const what = "a PEM file with the root certificates of the timestamp authority belongs there"
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, hint(fmt.Errorf("the roots of %s: %w", name, err), what)
	}
	roots, err := stamp.ParseRoots(text)
	if err != nil {
		return nil, hint(fmt.Errorf("the roots of %s in %s: %w", name, path, err), what)
	}
	return roots, nil
}

// outside is everybody whom the user has configured to be shown the heads of a
// log; nil when there is nobody.
func (a *app) outside(p *place, ledger *record.Ledger) (*anchor.Outside, error) {
	if len(p.TSAs)+len(p.Witnesses) == 0 {
		return nil, nil
	}
	o := &anchor.Outside{Ledger: ledger, Limit: p.AnchorTimeout, Now: a.Now}
	for _, t := range p.TSAs {
		roots, err := readRoots(t.Name, t.Roots)
		if err != nil {
			return nil, err
		}
		o.Parties = append(o.Parties, anchor.TSA{Authority: &stamp.Authority{Name: t.Name, URL: t.URL, Roots: roots}})
	}
	for _, w := range p.Witnesses {
		o.Parties = append(o.Parties, anchor.Witness{Called: w.Name, Client: witness.Client{URL: w.URL, Verifier: w.verifier}})
	}
	return o, nil
}

// takeOutside takes what a command has written to those outside. Who can't be
// reached is said; it is no failure of the command.
func (a *app) takeOutside(ctx context.Context, p *place, ledger *record.Ledger) error {
	o, err := a.outside(p, ledger)
	if err != nil {
		return err
	}
	words, err := o.Anchor(ctx)
	if owed := words.Owed(); err == nil && owed != "" {
		fmt.Fprintf(a.Stderr, "msp: unanchored: %s; kept in pending\n     hint: the next command that writes asks again, and so does msp anchor\n", terminal.Sanitize(owed, false))
	}
	return err
}

func (a *app) anchorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "anchor", GroupID: groupProve, Short: "have the newest head of the log seen outside: stamped, and cosigned",
		Long: `Take the newest head of this installation's log to the timestamp authorities and
the witnesses of your config.yaml, and keep what they say beside it. A token proves
that all that is in the log existed by then; a witness cosigns nothing but a
continuation of what it saw before. Runs do so by themselves, at their start and
their end; what they couldn't reach is pending, and asked for here again. One token
covers all that came before it.

  tsa: [{name: freetsa, url: https://freetsa.org/tsr, roots: freetsa.pem}]
  witnesses: [{name: acme, url: https://witness.example, key: witness.example/acme+…}]

Exit code 0 when nobody owes anything, 1 when somebody still does.`,
		Example: "  msp anchor --client acme", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.anchor(c.Context(), p)
		},
	}
}

func (a *app) anchor(ctx context.Context, p *place) error {
	store := a.store(p, p.Client)
	if len(p.TSAs)+len(p.Witnesses) == 0 {
		return hint(errors.New("no timestamp authority and no witness is configured"), "%s: tsa: [{name: freetsa, url: https://freetsa.org/tsr, roots: freetsa.pem}]", filepath.Join(p.Config, "config.yaml"))
	}
	if _, err := os.Stat(store.Root()); err != nil {
		return hint(fmt.Errorf("there is no evidence of the client %s in %s", p.Client, p.State), "msp run leaves some; --client names another client")
	}
	ledger, err := a.ledger(ctx, p, p.Client)
	if err != nil {
		return err
	}
	o, err := a.outside(p, ledger)
	if err != nil {
		return err
	}
	words, err := o.Settle(ctx)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		fmt.Fprintf(a.Stdout, "%s: everything in the log of %s is anchored\n", p.Client, ledger.Writer.ID)
	}
	for _, w := range words {
		fmt.Fprintln(a.Stdout, terminal.Sanitize(wordLine(w), false))
	}
	if words.Owed() != "" {
		return ended(exitNo)
	}
	return nil
}

// wordLine is what a party said of a checkpoint.
func wordLine(w anchor.Word) string {
	if w.Err != nil {
		return fmt.Sprintf("✗ %s · %s · owed, kept in pending · %v", w.By, count(int(w.Size), "statement"), w.Err)
	}
	line := fmt.Sprintf("✓ %s · %s", w.By, count(int(w.Size), "statement"))
	if w.At != nil {
		line += " · " + w.At.UTC().Format("2006-01-02 15:04:05Z")
	}
	return line + " · " + w.Token
}

// tsaRoots are the roots of this installation's own authorities.
func (p *place) tsaRoots() (map[string]*stamp.Roots, error) {
	all := map[string]*stamp.Roots{}
	for _, t := range p.TSAs {
		roots, err := readRoots(t.Name, t.Roots)
		if err != nil {
			return nil, err
		}
		all[t.Name] = roots
	}
	return all, nil
}

// givenRoots are roots that were given as NAME=FILE.
func givenRoots(texts []string) (map[string]*stamp.Roots, error) {
	all := map[string]*stamp.Roots{}
	for _, text := range texts {
		name, path, found := strings.Cut(text, "=")
		if !found || !evidence.ValidID(name) {
			return nil, usageError(fmt.Errorf("--tsa-roots %q is not NAME=FILE", text), "NAME is the authority's in anchors/<writer>/<size>.<NAME>.tsr")
		}
		roots, err := readRoots(name, path)
		if err != nil {
			return nil, err
		}
		all[name] = roots
	}
	return all, nil
}
