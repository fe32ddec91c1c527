package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/export"
	"github.com/msp-runbook/msp/runbook/record"
)

// exampleRecipient is a recipient as age-keygen prints one.
const exampleRecipient = "age1vumchxyd7enf5mgf2rdt0dhqmx87f7txa5yccxqflmkumwudrdkswpwkqv"

type exportFlags struct {
	all       bool
	to        string
	encryptTo []string
}

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use: "export RUN | --all", GroupID: groupProve, Short: "pack evidence for somebody else, who can check it without msp",
		Long: `Pack what is known of one run, or with --all everything there is about the
client: a folder, or one file when --to ends in .tar. RECIPE.md in it says how to
check it with stock tools; msp verify checks it too. The bundle of a run shows
nothing of other runs. Your key signs the list of the files, where it is at hand.

--encrypt-to takes an age recipient, an SSH public key, or a file with some, and
makes one encrypted file. Answers, outputs and names of hosts are in the bundle.`,
		Example: "  msp export 7f3a9c\n  msp export --all --to acme.tar.age --encrypt-to " + exampleRecipient,
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: a.completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			if f.all == (len(args) == 1) {
				return usageError(errors.New("one run, or --all"), "msp log shows the runs")
			}
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.export(c.Context(), p, args, f)
		},
	}
	c.Flags().BoolVar(&f.all, "all", false, "all evidence of the client")
	c.Flags().StringVar(&f.to, "to", "", "a new `FOLDER`, or a file that ends in .tar or .tar.age")
	c.Flags().StringArrayVar(&f.encryptTo, "encrypt-to", nil, "who can read it: age1…, an SSH public key or a `FILE` of them; may stand several times")
	return c
}

func (a *app) export(ctx context.Context, p *place, args []string, f exportFlags) error {
	recipients, err := export.ParseRecipients(f.encryptTo)
	if err != nil {
		return usageError(err, "age1…, a line that begins with ssh-, or a file with such lines")
	}
	store := a.store(p, p.Client)
	if _, err := os.Stat(store.Root()); err != nil {
		return hint(fmt.Errorf("there is no evidence of the client %s in %s", p.Client, p.State), "--client names another client, --state another folder")
	}
	keys, _, err := a.keyring(p).known(store, p.Client)
	if err != nil {
		return err
	}
	name := "msp-" + p.Client
	var content *export.Content
	if f.all {
		content, err = export.Client(store, p.Client, keys, p.StatementLimit)
	} else {
		var account *record.Account
		if account, err = a.exportedRun(p, args[0]); err != nil {
			return err
		}
		name += "-" + record.ShortID(account.Run)
		content, err = export.Run(store, p.Client, account.Run, keys, p.StatementLimit)
	}
	if err != nil {
		return hint(err, "msp verify says what is wrong with the evidence")
	}
	o := export.Options{Recipients: recipients, Signer: a.exporter(ctx, p)}
	return a.writeBundle(content, exportName(f, name), o)
}

func (a *app) exportedRun(p *place, part string) (*record.Account, error) {
	history, err := a.history(p)
	if err != nil {
		return nil, err
	}
	return oneRun(history.Find(part), part, p.Client)
}

// exportName is where the bundle goes when nobody says so.
func exportName(f exportFlags, name string) string {
	switch {
	case f.to != "":
		return filepath.Clean(f.to)
	case len(f.encryptTo) > 0:
		return name + ".tar.age"
	default:
		return name
	}
}

// exporter is the key that signs the manifest; nil when it isn't at hand.
func (a *app) exporter(ctx context.Context, p *place) evidence.Signer {
	key, err := a.keyring(p).find(ctx, p.Key)
	if err != nil {
		fmt.Fprintf(a.Stderr, "msp: the bundle is not signed: %v\n", err)
		return nil
	}
	return key
}

func (a *app) writeBundle(content *export.Content, to string, o export.Options) error {
	if err := export.Form(to, len(o.Recipients) > 0); err != nil {
		if errors.Is(err, os.ErrExist) {
			return hint(err, "--to names another folder or file; nothing is written over")
		}
		return usageError(err, "--to FILE.tar.age with --encrypt-to, and --to FOLDER or FILE.tar without")
	}
	if err := parentThere(to); err != nil {
		return err
	}
	w, err := content.Write(a.Disk, to, o)
	if err != nil {
		return fmt.Errorf("exporting to %s: %w", to, err)
	}
	fmt.Fprintf(a.Stdout, "%s · %s, %d B\n", to, count(w.Files, "file"), w.Bytes)
	fmt.Fprintf(a.Stdout, "manifest  sha256:%s\n", w.Digest)
	if o.Signer != nil {
		fmt.Fprintf(a.Stdout, "signed by %s\n", o.Signer.Public().ID())
	}
	_, err = fmt.Fprintln(a.Stdout, "Tell the hash of the manifest to whoever gets the bundle, by another way.")
	return err
}
