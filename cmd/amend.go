package cmd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// A register is who may sign for a client, open to be changed.
type register struct {
	*app
	place  *place
	ledger *record.Ledger
	record.Trusted
	names map[string]string // of the principals
}

// openRegister takes the lock on who may sign and finishes what a crash left. The
// lock has to be released.
func (a *app) openRegister(ctx context.Context) (*register, func(), error) {
	p, err := a.place()
	if err != nil {
		return nil, nil, err
	}
	ledger, err := a.ledger(ctx, p, p.Client)
	if err != nil {
		return nil, nil, err
	}
	lock, err := a.Disk.Lock(ctx, ledger.Store.Path("locks", "trust.lock"))
	if err != nil {
		return nil, nil, err
	}
	release := func() { lock.Unlock() } //nolint:errcheck // the process's end does it too
	r := &register{app: a, place: p, ledger: ledger}
	if err := r.settle(ctx); err != nil {
		release()
		return nil, nil, err
	}
	return r, release, nil
}

func (r *register) read() (err error) {
	r.Trusted, err = record.ReadTrust(r.ledger.Store, r.ledger.Client, r.ledger.MaxBytes())
	if err != nil {
		return hint(err, "msp verify says what is wrong with the evidence")
	}
	r.names = namesOf(r.ledger.Store, r.Newest)
	return nil
}

// namesOf are what the principals are called; none when that was erased.
func namesOf(store *evidence.Store, newest *record.Signed[record.Trust]) map[string]string {
	var names record.Names
	if newest != nil && newest.Body.Names != "" {
		record.GetJSON(store, newest.Body.Names, &names) //nolint:errcheck // it may be erased; ids stand for the names
	}
	if names.Names == nil {
		names.Names = map[string]string{}
	}
	return names.Names
}

func (r *register) proposalPath(number int) string {
	return r.ledger.Store.Path("trust", fmt.Sprintf("%d.proposed.json", number))
}

// settle finishes what a crash left: a proposal that is signed by enough is
// logged, and every version has its copy.
func (r *register) settle(ctx context.Context) error {
	if err := r.read(); err != nil {
		return err
	}
	data, err := os.ReadFile(r.proposalPath(len(r.Chain) + 1))
	if err == nil {
		if err := r.finish(ctx, data); err != nil && !errors.Is(err, errWaits) {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for i, link := range r.Chain {
		if err := r.copyVersion(i+1, link.Digest); err != nil {
			return err
		}
	}
	return nil
}

// copyVersion puts a version beside the logs, and takes away its proposal.
func (r *register) copyVersion(number int, digest string) error {
	envelope, err := r.ledger.Store.Envelope(digest)
	if err != nil {
		return err
	}
	path := record.TrustPath(r.ledger.Store, number)
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, envelope) {
		if err := r.Disk.WriteFile(path, envelope); err != nil {
			return err
		}
	}
	if _, err := os.Stat(r.proposalPath(number)); err == nil {
		return r.Disk.Remove(r.proposalPath(number))
	}
	return nil
}

// errWaits says that a proposal can't be logged here yet.
var errWaits = errors.New("it waits")

// finish logs a proposal when enough have signed it; else the error is errWaits
// and says for what it waits.
func (r *register) finish(ctx context.Context, data []byte) error {
	_, proposal, err := record.OpenTrust(data, r.ledger.MaxBytes())
	if err != nil {
		return fmt.Errorf("the proposed version: %w", err)
	}
	link := record.LinkOf(proposal)
	if problems := r.Chain.Unsound(&link.Version); len(problems) > 0 {
		return fmt.Errorf("%w: version %d can't follow: %s", errWaits, link.Version.Number, strings.Join(problems, "; "))
	}
	if missing := trust.Unsigned(r.Chain.Newest(), &link); len(missing) > 0 {
		return fmt.Errorf("%w for more signatures: %s", errWaits, strings.Join(missing, "; "))
	}
	if proposal.Body.Writer.ID != r.ledger.Writer.ID {
		return fmt.Errorf("%w to be logged by %s, where it was made", errWaits, proposal.Body.Writer.ID)
	}
	digest, _, err := r.ledger.Adopt(ctx, record.KindTrust, "", data)
	if err != nil {
		return err
	}
	if err := r.copyVersion(link.Version.Number, digest); err != nil {
		return err
	}
	if err := r.takeOutside(ctx, r.place, r.ledger); err != nil {
		return err
	}
	return r.read()
}

// amendFlags are what the commands have in common that make a version.
type amendFlags struct{ yes, replace bool }

// amend makes the next version: change edits a copy of the newest one.
func (a *app) amend(ctx context.Context, f amendFlags, change func(r *register, v *trust.Version) error) error {
	r, release, err := a.openRegister(ctx)
	if err != nil {
		return err
	}
	defer release()
	v, names := r.draft(), maps.Clone(r.names)
	if err := change(r, &v); err != nil {
		return err
	}
	if newest := r.Chain.Newest(); newest != nil && reflect.DeepEqual(v, *newest) && maps.Equal(names, r.names) {
		fmt.Fprintf(a.Stderr, "msp: version %d says so already; nothing was changed\n", v.Number)
		return nil
	}
	v.Number, v.Previous = len(r.Chain)+1, ""
	if len(r.Chain) > 0 {
		v.Previous = r.Chain[len(r.Chain)-1].Digest
	}
	if problems := r.Chain.Unsound(&v); len(problems) > 0 {
		err := fmt.Errorf("version %d can't be signed: %s", v.Number, strings.Join(problems, "; "))
		if len(r.Chain) == 0 {
			return hint(err, "msp trust init PRINCIPAL signs the first version")
		}
		return hint(err, "msp trust show shows the version in force; nothing was signed")
	}
	if _, err := os.Stat(r.proposalPath(v.Number)); err == nil && !f.replace {
		return hint(fmt.Errorf("a proposed version %d waits for signatures", v.Number), "msp trust sign signs it, --replace puts this one in its place")
	}
	return r.propose(ctx, f, v)
}

// draft is a copy of the newest version, or an empty one.
func (r *register) draft() trust.Version {
	newest := r.Chain.Newest()
	if newest == nil {
		return trust.Version{Principals: []trust.Principal{}, Writers: []trust.Writer{}}
	}
	v := *newest
	v.Roots, v.Writers, v.Principals = slices.Clone(v.Roots), slices.Clone(v.Writers), slices.Clone(v.Principals)
	for i := range v.Principals {
		v.Principals[i].Roles, v.Principals[i].Keys = slices.Clone(v.Principals[i].Roles), slices.Clone(v.Principals[i].Keys)
	}
	v.Policy.Retention, v.Policy.Witnesses = slices.Clone(v.Policy.Retention), slices.Clone(v.Policy.Witnesses)
	return v
}

// propose shows a version, signs it, and logs it when that is enough.
func (r *register) propose(ctx context.Context, f amendFlags, v trust.Version) error {
	statement := record.Trust{Client: r.ledger.Client, Writer: r.ledger.Writer, Signed: r.Now().Round(0), Version: v}
	var err error
	if _, statement.Roster, err = record.Roster(v); err != nil {
		return err
	}
	for _, version := range []*trust.Version{r.Chain.Newest(), &v} {
		if version == nil {
			continue
		}
		for _, root := range version.Roots {
			key, err := evidence.ParsePublicKey([]byte(root.Key))
			if err != nil {
				return err
			}
			if s := record.SignerOf(key); !slices.Contains(statement.Roots, s) {
				statement.Roots = append(statement.Roots, s)
			}
		}
	}
	if err := r.mayBeRoot(statement); err != nil {
		return err
	}
	if err := r.confirm(f, statement); err != nil {
		return err
	}
	if statement.Names, err = r.ledger.PutJSON(record.Names{Names: r.names}); err != nil {
		return err
	}
	data, err := r.ledger.Seal(record.KindTrust, statement, r.ledger.Operator)
	if err != nil {
		return err
	}
	return r.keep(ctx, v.Number, data)
}

// mayBeRoot: only a root signs.
func (r *register) mayBeRoot(s record.Trust) error {
	if slices.Contains(s.Roots, r.ledger.Signer()) {
		return nil
	}
	return hint(fmt.Errorf("your key %s is no root, and only roots sign who may sign what", r.ledger.Signer().ID), "MSP_KEY names another key of yours; msp trust show shows the roots")
}

// keep puts a proposal on the disk, and logs it when enough have signed.
func (r *register) keep(ctx context.Context, number int, data []byte) error {
	if err := r.Disk.WriteFile(r.proposalPath(number), data); err != nil {
		return err
	}
	err := r.finish(ctx, data)
	if errors.Is(err, errWaits) {
		fmt.Fprintf(r.Stderr, "msp: %s holds the proposed version %d; %v\n     hint: msp trust sign, by another root, or with the file elsewhere: msp trust sign FILE\n", r.proposalPath(number), number, err)
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(r.Stdout, r.Newest.Digest)
	fmt.Fprintf(r.Stderr, "msp: version %d of who may sign for %s is in force\n", number, r.ledger.Client)
	return nil
}

// confirm shows what is going to be signed, and asks.
func (r *register) confirm(f amendFlags, s record.Trust) error {
	var p page
	rosterPage(&p, s, r.names)
	if err := p.print(r.Stderr); err != nil || f.yes {
		return err
	}
	if !terminal.IsTerminal(r.Stdin) {
		return usageError(errors.New("what is shown is not signed without a word"), "--yes signs it")
	}
	fmt.Fprint(r.Stderr, "sign this? [y/N] ")
	line, _ := bufio.NewReader(r.Stdin).ReadString('\n')
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return usageError(errors.New("nothing was signed"), "run the command again, and answer y")
	}
	return nil
}

// rosterPage writes a version so that a person can read it.
func rosterPage(p *page, s record.Trust, names map[string]string) {
	v := s.Version
	p.add("who may sign for %s · version %d · signed %s", s.Client, v.Number, s.Signed.UTC().Format("2006-01-02 15:04:05Z"))
	p.add("roster     %s", s.Roster)
	p.add("threshold  %d of the roots", v.Threshold)
	for _, root := range v.Roots {
		p.add("root       %-12s %s%s", root.Principal, fingerprint(root.Key), ofClient(root.Client))
	}
	for _, principal := range v.Principals {
		line := fmt.Sprintf("principal  %-12s", principal.ID)
		for _, role := range principal.Roles {
			line += " " + string(role)
		}
		line += ofClient(principal.Client)
		if name := names[principal.ID]; name != "" {
			line += " · " + name
		}
		p.add("%s", line)
		for _, key := range principal.Keys {
			p.add("  key      %s%s", fingerprint(key.Key), keyTimes(key))
		}
	}
	for _, w := range v.Writers {
		p.add("writer     %-12s %s%s", w.ID, fingerprint(w.Key), revokedText(w.Revoked))
	}
	policyLines(p, v.Policy)
	if !v.ClientHolds() {
		p.add("identities are the provider's word: no key of the client's is needed to change who may sign")
	}
}

func policyLines(p *page, policy trust.Policy) {
	if policy.Level != "" {
		p.add("policy     at least %s", policy.Level)
	}
	if policy.ApprovedRunbooks {
		p.add("policy     only approved runbooks")
	}
	if policy.WitnessFirst {
		p.add("policy     a witness sees the start of a run before its first step")
	}
	for _, t := range policy.TSAs {
		p.add("policy     timestamp authority %s", t.Name)
	}
	for _, w := range policy.Witnesses {
		p.add("policy     witness %s", w.Name)
	}
	for _, r := range policy.Retention {
		p.add("policy     %s kept for %s", r.Class, count(r.Days, "day"))
	}
}

func fingerprint(line string) string {
	key, err := evidence.ParsePublicKey([]byte(line))
	if err != nil {
		return "unreadable"
	}
	return key.ID()
}

func ofClient(client bool) string {
	if client {
		return " · of the client"
	}
	return ""
}

func keyTimes(k trust.Key) string {
	text := ""
	if k.ValidAfter != nil {
		text += " · from " + k.ValidAfter.UTC().Format("2006-01-02 15:04Z")
	}
	if k.ValidBefore != nil {
		text += " · until " + k.ValidBefore.UTC().Format("2006-01-02 15:04Z")
	}
	return text + revokedText(k.Revoked)
}

func revokedText(r *trust.Revocation) string {
	if r == nil {
		return ""
	}
	return " · revoked (" + r.Why + ") as of " + r.At.UTC().Format("2006-01-02 15:04:05Z")
}
