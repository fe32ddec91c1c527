package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

func (a *app) trustCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "trust", GroupID: groupProve, Short: "say who may sign what for a client",
		Long: `Who may sign what stands in signed versions in the client's log: principals, their
keys and roles, the writers whose logs must be there, and what is demanded of the
evidence. Each version is signed by the roots of the one before and by its own. A
principal is one person or one machine, however many keys it has; its id is a
pseudonym, and names lie in a blob that can be erased.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		a.trustInitCommand(), a.trustAddCommand(), a.trustRevokeCommand(), a.trustRotateCommand(), a.trustWriterCommand(),
		a.trustPolicyCommand(), a.trustImportCommand(), a.trustSignCommand(), a.trustShowCommand(),
	)
	return c
}

func (f *amendFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.yes, "yes", false, "sign what is shown without asking")
	c.Flags().BoolVar(&f.replace, "replace", false, "put it in the place of a proposed version that waits for signatures")
}

// principalFlags describe a principal.
type principalFlags struct {
	roles, keys             []string
	name                    string
	client                  bool
	validAfter, validBefore string
}

func (f *principalFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.roles, "role", nil, "a `ROLE`: operator, approver, author, lead, auditor or agent; may stand several times")
	c.Flags().StringVar(&f.name, "name", "", "the `NAME` of the person; it lies in a blob of its own")
}

func (a *app) trustInitCommand() *cobra.Command {
	var f amendFlags
	var who principalFlags
	var roots, clientRoots []string
	var threshold int
	c := &cobra.Command{
		Use: "init PRINCIPAL", Short: "sign the first version, with your key as a root", Args: cobra.ExactArgs(1),
		Long: `Sign the first version: PRINCIPAL is you, a lead unless --role says otherwise, and
your key is a root. The writers are those that have a log here, and this one.`,
		Example: "  msp trust init ana --yes\n  msp trust init ana --client-root acme=acme.pub --threshold 2 --yes",
		RunE: func(c *cobra.Command, args []string) error {
			return a.amend(c.Context(), f, func(r *register, v *trust.Version) error {
				if len(r.Chain) > 0 {
					if v.Owner(r.ledger.Operator.Public()) == args[0] && len(r.Chain) == 1 {
						return nil // it is what a crash had finished
					}
					return usageError(fmt.Errorf("who may sign for %s is said already, in version %d", r.ledger.Client, len(r.Chain)), "msp trust add, revoke, rotate, policy and writer make the next one")
				}
				if len(who.roles) == 0 {
					who.roles = []string{string(trust.Lead)}
				}
				mine := r.ledger.Operator.Public()
				v.Roots, v.Threshold = []trust.Root{{Principal: args[0], Key: mine.AuthorizedKey()}}, threshold
				if err := addPrincipal(r, v, args[0], who, mine); err != nil {
					return err
				}
				if err := addRoots(v, roots, clientRoots); err != nil {
					return err
				}
				return addWriters(r, v)
			})
		},
	}
	f.add(c)
	who.add(c)
	c.Flags().StringArrayVar(&roots, "root", nil, "another root, as `PRINCIPAL=KEY`")
	c.Flags().StringArrayVar(&clientRoots, "client-root", nil, "a root of the client's, as `PRINCIPAL=KEY`")
	c.Flags().IntVar(&threshold, "threshold", 1, "`N` roots, of different principals, sign a version")
	return c
}

// addWriters names every writer that has a log here, and this installation's.
func addWriters(r *register, v *trust.Version) error {
	writers, err := r.ledger.Store.Writers()
	if err != nil {
		return err
	}
	if !slices.Contains(writers, r.ledger.Writer.ID) {
		writers = append(writers, r.ledger.Writer.ID)
	}
	for _, id := range writers {
		if err := addWriter(r, v, id); err != nil {
			return err
		}
	}
	return nil
}

func addWriter(r *register, v *trust.Version, id string) error {
	if v.Writer(id) != nil {
		return nil
	}
	if id == r.ledger.Writer.ID {
		v.Writers = append(v.Writers, trust.Writer{ID: id, Key: r.ledger.Writer.Key})
		return nil
	}
	key, err := record.WriterKey(r.ledger.Store, id, r.ledger.MaxBytes())
	if err != nil {
		return hint(fmt.Errorf("the log of %s: %w", id, err), "msp verify shows the writers that have a log here")
	}
	v.Writers = append(v.Writers, trust.Writer{ID: id, Key: key.AuthorizedKey()})
	return nil
}

func addRoots(v *trust.Version, provider, client []string) error {
	for i, text := range slices.Concat(provider, client) {
		principal, keyText, found := strings.Cut(text, "=")
		if !found {
			return usageError(fmt.Errorf("%q is not PRINCIPAL=KEY", text), "for example --root ben=ben.pub")
		}
		key, err := parsePin(keyText)
		if err != nil {
			return err
		}
		root := trust.Root{Principal: principal, Key: key.AuthorizedKey(), Client: i >= len(provider)}
		if v.RootOf(key) == nil {
			v.Roots = append(v.Roots, root)
		}
	}
	return nil
}

func (a *app) trustAddCommand() *cobra.Command {
	var f amendFlags
	var who principalFlags
	c := &cobra.Command{
		Use: "add PRINCIPAL", Short: "add a principal, or a key or a role of one", Args: cobra.ExactArgs(1),
		Example: "  msp trust add ben --key ben.pub --role operator --yes\n  msp trust add vera --key vera.pub --role approver --of-client --valid-before 2027-01-01 --yes",
		RunE: func(c *cobra.Command, args []string) error {
			return a.amend(c.Context(), f, func(r *register, v *trust.Version) error {
				var keys []evidence.PublicKey
				for _, text := range who.keys {
					key, err := parsePin(text)
					if err != nil {
						return err
					}
					keys = append(keys, key)
				}
				return addPrincipal(r, v, args[0], who, keys...)
			})
		},
	}
	f.add(c)
	who.add(c)
	c.Flags().StringArrayVar(&who.keys, "key", nil, "a public `KEY`: a .pub file or its line")
	c.Flags().BoolVar(&who.client, "of-client", false, "the principal belongs to the client")
	c.Flags().StringVar(&who.validAfter, "valid-after", "", "the key is valid from this `TIME`, such as 2026-12-01 or 2026-12-01T08:00:00Z")
	c.Flags().StringVar(&who.validBefore, "valid-before", "", "the key is valid until this `TIME`")
	return c
}

// addPrincipal adds a principal, or to one that is there.
func addPrincipal(r *register, v *trust.Version, id string, who principalFlags, keys ...evidence.PublicKey) error {
	i := slices.IndexFunc(v.Principals, func(p trust.Principal) bool { return p.ID == id })
	if i < 0 {
		v.Principals, i = append(v.Principals, trust.Principal{ID: id, Roles: []trust.Role{}, Keys: []trust.Key{}}), len(v.Principals)
	}
	p := &v.Principals[i]
	p.Client = p.Client || who.client
	for _, role := range who.roles {
		if !slices.Contains(p.Roles, trust.Role(role)) {
			p.Roles = append(p.Roles, trust.Role(role))
		}
	}
	after, err := instantFlag("--valid-after", who.validAfter)
	if err != nil {
		return err
	}
	before, err := instantFlag("--valid-before", who.validBefore)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if owner := v.Owner(key); owner != "" && owner != id {
			return usageError(fmt.Errorf("the key %s is %s's", key.ID(), owner), "two principals never have one key")
		}
		if _, have := v.PrincipalOf(key); have == nil {
			p.Keys = append(p.Keys, trust.Key{Key: key.AuthorizedKey(), ValidAfter: after, ValidBefore: before})
		}
	}
	if who.name != "" {
		r.names[id] = who.name
	}
	return nil
}

func instantFlag(flag, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			t = t.UTC()
			return &t, nil
		}
	}
	return nil, usageError(fmt.Errorf("%s %q is no time", flag, text), "such as 2026-12-01 or 2026-12-01T08:00:00Z")
}

func (a *app) trustRevokeCommand() *cobra.Command {
	var f amendFlags
	var why, at string
	c := &cobra.Command{
		Use: "revoke WHO", Short: "end the keys of a principal, one key, or a writer", Args: cobra.ExactArgs(1),
		Long: `End what a principal, a key (by its fingerprint) or a writer may do. What they
signed before stands; of a compromised key only what was proven from outside before
--at. A revocation is never taken back.`,
		Example: "  msp trust revoke ben --why left --yes\n  msp trust revoke SHA256:… --why compromised --at 2026-11-20T08:00:00Z --yes",
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(trust.Whys(), why) {
				return usageError(fmt.Errorf("--why %q is no reason", why), "one of "+strings.Join(trust.Whys(), ", "))
			}
			return a.amend(c.Context(), f, func(_ *register, v *trust.Version) error {
				now := a.Now().UTC().Round(0)
				from, err := instantFlag("--at", at)
				switch {
				case err != nil:
					return err
				case from == nil:
					from = &now
				case from.After(now):
					return usageError(fmt.Errorf("--at %s lies in the future", at), "msp trust add --valid-before says until when a key counts")
				}
				return revoke(v, args[0], trust.Revocation{At: *from, Why: why, Compromised: why == "compromised"})
			})
		},
	}
	f.add(c)
	c.Flags().StringVar(&why, "why", "", "the `REASON`: left, rotated, lost or compromised")
	c.Flags().StringVar(&at, "at", "", "from which `TIME` on; now unless said")
	return c
}

// revoke ends the keys that a word names: a principal's, one by its fingerprint,
// or a writer's. A key that was revoked keeps its revocation, unless it turns out
// to have been compromised.
func revoke(v *trust.Version, who string, how trust.Revocation) error {
	found := false
	end := func(have **trust.Revocation) {
		found = true
		if *have == nil || how.Compromised && !(*have).Compromised {
			if *have != nil && (*have).At.Before(how.At) {
				how.At = (*have).At
			}
			again := how
			*have = &again
		}
	}
	for i := range v.Principals {
		for j := range v.Principals[i].Keys {
			if k := &v.Principals[i].Keys[j]; v.Principals[i].ID == who || fingerprint(k.Key) == who {
				end(&k.Revoked)
			}
		}
	}
	for i := range v.Writers {
		if v.Writers[i].ID == who {
			end(&v.Writers[i].Revoked)
		}
	}
	if !found {
		return usageError(fmt.Errorf("%q is no principal, key or writer here", who), "msp trust show shows them")
	}
	return nil
}

func (a *app) trustRotateCommand() *cobra.Command {
	var f amendFlags
	var roots, clientRoots, drop []string
	var threshold int
	c := &cobra.Command{
		Use: "rotate", Short: "change the roots and the threshold", Args: cobra.NoArgs,
		Long: `Change who signs the versions. The new version is signed by the threshold of the
old roots and by that of the new ones.`,
		Example: "  msp trust rotate --client-root acme=acme.pub --threshold 2 --yes\n  msp trust rotate --drop ben --yes",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.amend(c.Context(), f, func(_ *register, v *trust.Version) error {
				for _, who := range drop {
					before := len(v.Roots)
					v.Roots = slices.DeleteFunc(v.Roots, func(r trust.Root) bool { return r.Principal == who || fingerprint(r.Key) == who })
					if len(v.Roots) == before {
						return usageError(fmt.Errorf("%q is no root", who), "msp trust show shows the roots")
					}
				}
				if threshold > 0 {
					v.Threshold = threshold
				}
				return addRoots(v, roots, clientRoots)
			})
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&roots, "root", nil, "a root to be added, as `PRINCIPAL=KEY`")
	c.Flags().StringArrayVar(&clientRoots, "client-root", nil, "a root of the client's to be added, as `PRINCIPAL=KEY`")
	c.Flags().StringArrayVar(&drop, "drop", nil, "a root to be dropped: a `PRINCIPAL` or a fingerprint")
	c.Flags().IntVar(&threshold, "threshold", 0, "`N` roots, of different principals, sign a version")
	return c
}

func (a *app) trustWriterCommand() *cobra.Command {
	var f amendFlags
	c := &cobra.Command{
		Use: "writer WRITER", Short: "name a writer whose log must be there", Args: cobra.ExactArgs(1),
		Long: `Name the writer of a log that is here: an installation that records for this client.
From then on evidence without its log is incomplete.`,
		Example: "  msp trust writer writer-1a2b3c4d --yes",
		RunE: func(c *cobra.Command, args []string) error {
			return a.amend(c.Context(), f, func(r *register, v *trust.Version) error { return addWriter(r, v, args[0]) })
		},
	}
	f.add(c)
	return c
}

func (a *app) trustPolicyCommand() *cobra.Command {
	var f amendFlags
	var level string
	var approved, first bool
	var retention, witnesses []string
	var quorum int
	c := &cobra.Command{
		Use: "policy", Short: "say what is demanded of the evidence", Args: cobra.NoArgs,
		Long: `Say what is demanded of the evidence, where a verifier sees it. What isn't named
stays as it is. A run below the level is a finding of msp verify. A retention erases
nothing by itself: msp erase --retention does.`,
		Example: "  msp trust policy --level anchored --retention output=90 --yes",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.amend(c.Context(), f, func(_ *register, v *trust.Version) error {
				if c.Flags().Changed("level") {
					v.Policy.Level = level
				}
				if c.Flags().Changed("approved-runbooks") {
					v.Policy.ApprovedRunbooks = approved
				}
				if c.Flags().Changed("witness-first") {
					v.Policy.WitnessFirst = first
				}
				if c.Flags().Changed("quorum") {
					v.Policy.Quorum = quorum
				}
				if err := setWitnesses(&v.Policy, witnesses); err != nil {
					return err
				}
				return setRetention(&v.Policy, retention)
			})
		},
	}
	f.add(c)
	c.Flags().StringVar(&level, "level", "", "the least `LEVEL` that is shown of a run: "+strings.Join(trust.Levels(), ", "))
	c.Flags().BoolVar(&approved, "approved-runbooks", false, "only runbooks that an author or a lead approved may run")
	c.Flags().BoolVar(&first, "witness-first", false, "a witness sees the start of a run before its first step")
	c.Flags().StringArrayVar(&witnesses, "witness", nil, "a witness that counts, as `NAME=KEY`: what msp witness init printed")
	c.Flags().IntVar(&quorum, "quorum", 0, "how many of the witnesses have to see it; 0 is all of them")
	c.Flags().StringArrayVar(&retention, "retention", nil, "how long blobs are kept, as `CLASS=DAYS`: "+strings.Join(trust.Classes(), ", "))
	return c
}

func setWitnesses(p *trust.Policy, all []string) error {
	for _, text := range all {
		name, key, _ := strings.Cut(text, "=")
		if !evidence.ValidID(name) {
			return usageError(fmt.Errorf("--witness %q is not NAME=KEY", text), "for example acme=witness.example/acme+1a2b3c4d+BAAA…")
		}
		if _, err := witness.ParseVerifier(key); err != nil {
			return usageError(fmt.Errorf("--witness %s: %w", name, err), "msp witness init printed it on the witness's machine")
		}
		p.Witnesses = slices.DeleteFunc(p.Witnesses, func(w trust.Witness) bool { return w.Name == name })
		p.Witnesses = append(p.Witnesses, trust.Witness{Name: name, Key: key})
	}
	return nil
}

func setRetention(p *trust.Policy, all []string) error {
	for _, text := range all {
		class, number, _ := strings.Cut(text, "=")
		days, err := strconv.Atoi(number)
		if err != nil {
			return usageError(fmt.Errorf("--retention %q is not CLASS=DAYS", text), "for example output=90; the classes are "+strings.Join(trust.Classes(), ", "))
		}
		p.Retention = slices.DeleteFunc(p.Retention, func(r trust.Retention) bool { return r.Class == class })
		p.Retention = append(p.Retention, trust.Retention{Class: class, Days: days})
	}
	return nil
}

// namespace is what a key of an allowed_signers file must be for, if it says so.
const namespace = "msp"

func (a *app) trustImportCommand() *cobra.Command {
	var f amendFlags
	var who principalFlags
	c := &cobra.Command{
		Use: "import FILE", Short: "add the principals of an OpenSSH allowed_signers file", Args: cobra.ExactArgs(1),
		Long: `Add the principals and keys of an allowed_signers file of OpenSSH, with the times
that it gives them. The id is what stands before the @; the whole is kept as the
name. A key for other namespaces than "msp" is passed over.`,
		Example: "  msp trust import allowed_signers --role operator --yes",
		RunE: func(c *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			all, err := trust.ParseAllowed(data, time.Local)
			if err != nil {
				return hint(fmt.Errorf("%s: %w", args[0], err), "a line reads PRINCIPAL [OPTIONS] ssh-ed25519 AAAA…")
			}
			return a.amend(c.Context(), f, func(r *register, v *trust.Version) error {
				for _, allowed := range all {
					if err := importAllowed(r, v, allowed, who); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&who.roles, "role", nil, "the `ROLE` that they get; may stand several times")
	return c
}

func importAllowed(r *register, v *trust.Version, allowed trust.Allowed, who principalFlags) error {
	if len(allowed.Namespaces) > 0 && !slices.Contains(allowed.Namespaces, namespace) {
		fmt.Fprintf(r.Stderr, "msp: the key %s of %s is for %s and is passed over\n", allowed.Key.ID(), allowed.Principals[0], strings.Join(allowed.Namespaces, ", "))
		return nil
	}
	if len(allowed.Principals) > 1 {
		return usageError(fmt.Errorf("the key %s is of %s", allowed.Key.ID(), strings.Join(allowed.Principals, " and ")), "two principals never have one key: give it to one of them")
	}
	id, _, _ := strings.Cut(strings.ToLower(allowed.Principals[0]), "@")
	id = strings.NewReplacer(".", "-", "_", "-", "+", "-").Replace(id)
	who.name = allowed.Principals[0]
	if err := addPrincipal(r, v, id, who, allowed.Key); err != nil {
		return err
	}
	_, key := v.PrincipalOf(allowed.Key)
	if key.Revoked == nil {
		key.ValidAfter, key.ValidBefore = allowed.ValidAfter, allowed.ValidBefore
	}
	return nil
}

func (a *app) trustSignCommand() *cobra.Command {
	var f amendFlags
	c := &cobra.Command{
		Use: "sign [FILE]", Short: "sign a proposed version, and put it in force when that is enough", Args: cobra.MaximumNArgs(1),
		Long: `Sign a version that waits for more signatures: the one beside the logs, or a FILE
that somebody sent. With enough signatures it is logged, where it was proposed;
elsewhere the file is sent back.`,
		Example: "  MSP_KEY=ben msp trust sign --yes",
		RunE: func(c *cobra.Command, args []string) error {
			r, release, err := a.openRegister(c.Context())
			if err != nil {
				return err
			}
			defer release()
			path := r.proposalPath(len(r.Chain) + 1)
			if len(args) == 1 {
				path = args[0]
			}
			return r.signProposal(c.Context(), f, path)
		},
	}
	c.Flags().BoolVar(&f.yes, "yes", false, "sign what is shown without asking")
	return c
}

// signProposal puts the user's signature under a proposal, unless it is there, and
// keeps it.
func (r *register) signProposal(ctx context.Context, f amendFlags, path string) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return hint(fmt.Errorf("no version waits for signatures: %w", err), "msp trust show shows the one in force")
	}
	if err != nil {
		return err
	}
	envelope, proposal, err := record.OpenTrust(data, r.ledger.MaxBytes())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	problems := r.Chain.Unsound(&proposal.Body.Version)
	if _, digest, err := record.Roster(proposal.Body.Version); err != nil || digest != proposal.Body.Roster {
		problems = append(problems, "its roster is not that of its version")
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s can't be signed: %s", path, strings.Join(problems, "; "))
	}
	if !slices.ContainsFunc(proposal.Keys, r.ledger.Operator.Public().Equal) {
		if err := r.mayBeRoot(proposal.Body); err != nil {
			return err
		}
		r.names = namesOf(r.ledger.Store, &proposal)
		if err := r.confirm(f, proposal.Body); err != nil {
			return err
		}
		if data, err = envelope.AddSignature(r.ledger.Operator); err != nil {
			return err
		}
	}
	return r.keep(ctx, proposal.Body.Version.Number, data)
}

func (a *app) trustShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show", Short: "show who may sign what", Args: cobra.NoArgs,
		Example: "  msp trust show",
		RunE: func(*cobra.Command, []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			store := a.store(p, p.Client)
			trusted, err := a.trusted(p, p.Client)
			if err != nil {
				return err
			}
			if trusted.Newest == nil {
				return hint(fmt.Errorf("nothing says who may sign for %s", p.Client), "msp trust init PRINCIPAL begins it")
			}
			names := namesOf(store, trusted.Newest)
			if asJSON {
				return a.printJSON(struct {
					V      int               `json:"v"`
					First  string            `json:"first"`
					Newest string            `json:"newest"`
					Names  map[string]string `json:"names"`
					Trust  record.Trust      `json:"trust"`
				}{1, trusted.Chain[0].Digest, trusted.Newest.Digest, names, trusted.Newest.Body})
			}
			var page page
			rosterPage(&page, trusted.Newest.Body, names)
			page.add("first      %s, which msp verify --trust-root pins", trusted.Chain[0].Digest)
			return page.print(a.Stdout)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
