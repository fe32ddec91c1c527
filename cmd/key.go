package cmd

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
)

func (a *app) keyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "key", GroupID: groupSetUp, Short: "make and show the keys that sign",
		Long: `The operator's key signs what you did; the writer's key, one an installation,
signs the heads of its logs. Both lie in your configuration folder as OpenSSH
private keys, never beside the evidence. MSP_KEY or the setting "key" names the
operator's key that is used.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.keyNewCommand(), a.keyListCommand(), a.keyShowCommand())
	return c
}

func (a *app) keyNewCommand() *cobra.Command {
	var algorithm string
	var locked bool
	c := &cobra.Command{
		Use: "new [NAME]", Short: "make an operator's key", Args: cobra.MaximumNArgs(1),
		Long: `Make an operator's key, and the .pub file for whoever verifies. With --passphrase
it is locked: the passphrase comes from the file that MSP_KEY_PASSPHRASE_FILE
names, from commands: {key-passphrase: […]} in your config.yaml, or from you at the
terminal, now and whenever it signs. Of a key that an ssh-agent holds, only NAME.pub
is needed, with agent: true; and nothing at all with its fingerprint in MSP_KEY.`,
		Example: "  msp key new\n  msp key new ana --type ecdsa-p256",
		RunE: func(c *cobra.Command, args []string) error {
			name := defaultKeyName
			if len(args) == 1 {
				name = args[0]
			}
			if !runbook.ValidID(name) {
				return usageError(fmt.Errorf("%q can't be the name of a key", name), "lower-case letters, digits and hyphens, such as ana")
			}
			p, err := a.place()
			if err != nil {
				return err
			}
			keys := a.keyring(p)
			if algorithm != evidence.Ed25519 && algorithm != evidence.ECDSAP256 {
				return usageError(fmt.Errorf("there is no type of key %q", algorithm), "--type ed25519 or --type ecdsa-p256")
			}
			var passphrase []byte
			if locked {
				if passphrase, err = a.newPassphrase(c.Context(), p); err != nil {
					return err
				}
			}
			key, err := keys.create(keys.keyPath(name), algorithm, "msp "+name, passphrase)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.Stdout, "%s  %s\n", key.Public().ID(), keys.keyPath(name))
			return err
		},
	}
	c.Flags().StringVar(&algorithm, "type", "ed25519", "the `TYPE`: ed25519 or ecdsa-p256")
	c.Flags().BoolVar(&locked, "passphrase", false, "ask for a passphrase that the key is locked with")
	return c
}

func (a *app) keyListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "list your keys and this installation's writers", Example: "  msp key list", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			keys := a.keyring(p)
			names, err := keys.names()
			if err != nil {
				return err
			}
			for _, name := range names {
				public, err := readPublic(keys.keyPath(name) + ".pub")
				if err != nil {
					return err
				}
				used := ""
				if name == p.Key {
					used = "  used"
				}
				fmt.Fprintf(a.Stdout, "operator  %-16s %s  %s%s\n", name, public.ID(), public.Type(), used)
			}
			logs, _, err := keys.known(a.store(p, p.Client), p.Client)
			for _, id := range sortedNames(logs) {
				fmt.Fprintf(a.Stdout, "writer    %-16s %s  %s\n", id, logs[id].ID(), logs[id].Type())
			}
			return err
		},
	}
}

func readPublic(path string) (evidence.PublicKey, error) {
	line, err := os.ReadFile(path)
	if err != nil {
		return evidence.PublicKey{}, err
	}
	key, err := evidence.ParsePublicKey(line)
	if err != nil {
		return key, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

func (a *app) keyShowCommand() *cobra.Command {
	var asPEM, asVerifier bool
	c := &cobra.Command{
		Use: "show [NAME]", Short: "print a public key, for whoever verifies", Args: cobra.MaximumNArgs(1),
		Long: `Print the public half of an operator's key or of a writer's: as an authorized_keys
line, or with --pem for openssl. With --verifier the key of a writer's log of this
client, as witnesses and other tools for transparency logs take it.`,
		Example: "  msp key show\n  msp key show --pem",
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			name := p.Key
			if len(args) == 1 {
				name = args[0]
			}
			key, err := a.keyring(p).public(name)
			if err != nil {
				return err
			}
			text := key.AuthorizedKey() + "\n"
			switch {
			case asPEM:
				text = string(key.PEM())
			case asVerifier && key.Type() != evidence.Ed25519:
				return usageError(fmt.Errorf("%s is no key of a log", name), "msp key list shows the writers")
			case asVerifier:
				text = evidence.VerifierString(evidence.Origin(p.Client, name), key) + "\n"
			}
			_, err = fmt.Fprint(a.Stdout, text)
			return err
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			p, err := a.place()
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			names, _ := a.keyring(p).names()
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	c.Flags().BoolVar(&asPEM, "pem", false, "print it as PEM")
	c.Flags().BoolVar(&asVerifier, "verifier", false, "print a writer's key as the verifier key of its log")
	c.MarkFlagsMutuallyExclusive("pem", "verifier")
	return c
}

// public finds an operator's or a writer's public key by its name.
func (k keyring) public(name string) (evidence.PublicKey, error) {
	if !runbook.ValidID(name) {
		return evidence.PublicKey{}, fmt.Errorf("%q can't be the name of a key", name)
	}
	for _, path := range []string{k.keyPath(name) + ".pub", k.writerFolder(name) + "/key.pub"} {
		if key, err := readPublic(path); err == nil || !os.IsNotExist(err) {
			return key, err
		}
	}
	return evidence.PublicKey{}, hint(fmt.Errorf("there is no key %q", name), "msp key list shows your keys")
}
