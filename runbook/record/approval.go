package record

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/trust"
)

// PinnedApproval is who decides a step, and until when.
type PinnedApproval struct {
	Roles   []string            `json:"roles"`
	Min     int                 `json:"min"`
	Timeout runbook.Nanoseconds `json:"timeout_ns,omitzero"` // 0: it waits
}

func pinApproval(s *runbook.Step) *PinnedApproval {
	asks, ok := s.Action.(runbook.AsksApproval)
	if !ok {
		return nil
	}
	terms := asks.Approval()
	return &PinnedApproval{Roles: terms.Roles, Min: terms.Min, Timeout: runbook.Nanoseconds(terms.Timeout.Span)}
}

// Request is what a run that waits for an approval asks for.
type Request struct {
	Run, Start string // the start by the digest of its envelope
	Step       string
	Round      int
	Segments   []string // digests of all that was done so far, in order
	Asked      time.Time
	Terms      PinnedApproval
	Operators  []evidence.PublicKey // who did parts of the run: none of them decides
	Back       []string             // the steps that a push back can go to
}

// Until is when the time for a decision is over; false when it never is.
func (r Request) Until() (time.Time, bool) {
	return r.Asked.Add(r.Terms.Timeout.Span()), r.Terms.Timeout > 0
}

// Request is what the run waits for; nil when it waits for no approval.
func (a *Account) Request() *Request {
	if a.Finished() || len(a.Segments) == 0 {
		return nil
	}
	last := a.Segments[len(a.Segments)-1].Body
	i := slices.IndexFunc(a.Start.Body.Steps, func(p PinnedStep) bool { return p.ID == last.Waiting })
	if i < 0 || a.Start.Body.Steps[i].Approval == nil {
		return nil
	}
	r := &Request{
		Run: a.Run, Start: a.Start.Digest, Step: last.Waiting, Round: Round(a.Steps()),
		Asked: last.Until, Terms: *a.Start.Body.Steps[i].Approval, Operators: a.operators(),
	}
	for _, s := range a.Segments {
		r.Segments = append(r.Segments, s.Digest)
	}
	r.Back = Done(a.Standing())
	return r
}

// Done are the steps that were come to: a push back can go to any of them.
func Done(standing []Step) []string {
	var ids []string
	for _, s := range standing {
		if s.Outcome != LeftOut {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// Why an approval doesn't count.
var (
	ErrAnotherRequest = errors.New("it is about something else")
	ErrTooLate        = errors.New("it was given too late")
	ErrOwnRun         = errors.New("nobody approves their own run")
	ErrNotEntitled    = errors.New("it takes somebody else")
)

// Holds says whether an approval is about this request.
func (r Request) Holds(a Approval) error {
	until, ends := r.Until()
	switch {
	case a.Run != r.Run || a.Start != r.Start:
		return fmt.Errorf("%w: another run", ErrAnotherRequest)
	case a.Step != r.Step:
		return fmt.Errorf("%w: the step %s", ErrAnotherRequest, a.Step)
	case a.Round != r.Round:
		return fmt.Errorf("%w: round %d of the step, this is round %d", ErrAnotherRequest, a.Round, r.Round)
	case a.Decision == PushBack && !slices.Contains(r.Back, a.To):
		return fmt.Errorf("%w: it goes back to %q, which is no step that was done before", ErrAnotherRequest, a.To)
	case ends && a.Signed.After(until):
		return fmt.Errorf("%w: at %s, the step waited until %s", ErrTooLate, a.Signed.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339))
	default:
		return nil
	}
}

// Saw says whether who approved was shown what was done so far: all of it, and
// nothing else.
func (r Request) Saw(s Shown) error {
	switch {
	case s.Run != r.Run || s.Start != r.Start || s.Step != r.Step:
		return fmt.Errorf("%w: what was shown is of another step or run", ErrAnotherRequest)
	case !slices.Equal(s.Segments, r.Segments):
		return fmt.Errorf("%w: what was shown are %d segments, and they are not the %d that the run had", ErrAnotherRequest, len(s.Segments), len(r.Segments))
	default:
		return nil
	}
}

// MayDecide says whose a key is, and whether they may decide: nobody who did a
// part of the run, be it with another key, and only who has one of the roles.
// Without a version of who is trusted anybody else may, and is known by their
// key.
func (r Request) MayDecide(key evidence.PublicKey, version *trust.Version, at time.Time) (who string, err error) {
	for _, operator := range r.Operators {
		if operator.Equal(key) {
			return "", fmt.Errorf("%w: %s did a part of it", ErrOwnRun, key.ID())
		}
	}
	if version == nil {
		return key.ID(), nil
	}
	principal, held := version.PrincipalOf(key)
	if principal == nil {
		return "", fmt.Errorf("%w: version %d of who is trusted knows nobody with the key %s", ErrNotEntitled, version.Number, key.ID())
	}
	for _, operator := range r.Operators {
		if same, _ := version.PrincipalOf(operator); same == principal {
			return "", fmt.Errorf("%w: %s did a part of it with another key", ErrOwnRun, principal.ID)
		}
	}
	return principal.ID, entitled(principal, held, at, r.Terms.Roles)
}

func entitled(p *trust.Principal, held *trust.Key, at time.Time, names []string) error {
	roles := make([]trust.Role, len(names))
	for i, name := range names {
		roles[i] = trust.Role(name)
	}
	switch {
	case !p.Has(roles...):
		return fmt.Errorf("%w: %s has none of the roles %v", ErrNotEntitled, p.ID, names)
	case held.ValidAfter != nil && at.Before(*held.ValidAfter), held.ValidBefore != nil && at.After(*held.ValidBefore),
		held.Revoked != nil && !at.Before(held.Revoked.At):
		return fmt.Errorf("%w: the key of %s may not sign at that time", ErrNotEntitled, p.ID)
	default:
		return nil
	}
}

// A Vote is an approval that counts, and whose it is.
type Vote struct {
	Signed[Approval]
	By string // a principal, or a key where no trust statement is known
}

// Decision is what the votes come to.
type Decision struct {
	Decision string // Approve, Reject or PushBack; empty while more are needed
	To       string // the step that a push back goes to
	Why      string // a blob: Words; of a rejection or a push back
	Votes    []Vote // those that decided, or that agree so far
	TimedOut bool   // rejected by nobody: the time is over
	Ignored  []Ignored
}

// Ignored is an approval that counts for nothing, and what would make it or
// another one count; "" when nothing would.
type Ignored struct{ Why, Hint string }

// Digests name the approvals that decided.
func (d Decision) Digests() []string {
	var digests []string
	for _, v := range d.Votes {
		digests = append(digests, v.Digest)
	}
	return digests
}

// Decide says what votes come to at an instant. They are given as the logs hold
// them, and count one after another: the first rejection or push back decides,
// or so many agreements of different people as it takes.
func (r Request) Decide(votes []Vote, now time.Time) Decision {
	var agreed []Vote
	for _, v := range inOrder(votes) {
		if v.Body.Decision != Approve {
			return Decision{Decision: v.Body.Decision, To: v.Body.To, Why: v.Body.Why, Votes: []Vote{v}}
		}
		if slices.ContainsFunc(agreed, func(other Vote) bool { return other.By == v.By }) {
			continue
		}
		if agreed = append(agreed, v); len(agreed) == r.Terms.Min {
			return Decision{Decision: Approve, Votes: agreed}
		}
	}
	if until, ends := r.Until(); ends && now.After(until) {
		return Decision{Decision: Reject, TimedOut: true}
	}
	return Decision{Votes: agreed}
}

// inOrder sorts votes by the time that they claim. Whatever it claims, none
// comes before one that stands before it in the same log.
func inOrder(votes []Vote) []Vote {
	newest, at := map[string]time.Time{}, map[string]time.Time{}
	for _, v := range votes {
		writer := v.Body.Writer.ID
		if v.Body.Signed.After(newest[writer]) {
			newest[writer] = v.Body.Signed
		}
		at[v.Digest] = newest[writer]
	}
	sorted := slices.Clone(votes)
	slices.SortStableFunc(sorted, func(x, y Vote) int { return at[x.Digest].Compare(at[y.Digest]) })
	return sorted
}

// Approvals are the approvals of a run, as the logs hold them.
func (h *History) Approvals(run string) []Signed[Approval] {
	var all []Signed[Approval]
	for _, said := range h.said {
		if a, ok := said.(Signed[Approval]); ok && a.Body.Run == run {
			all = append(all, a)
		}
	}
	return all
}

// Decide says what the approvals that the logs hold come to.
func (h *History) Decide(store *evidence.Store, r Request, now time.Time) Decision {
	var votes []Vote
	var ignored []Ignored
	for _, a := range h.Approvals(r.Run) {
		by, err := h.counts(store, r, a)
		switch {
		case err == nil:
			votes = append(votes, Vote{a, by})
		case a.Body.Step == r.Step && a.Body.Round == r.Round:
			ignored = append(ignored, Ignored{err.Error(), h.remedy(r, a.Key, err)})
		}
	}
	d := r.Decide(votes, now)
	d.Ignored = ignored
	return d
}

// counts says whose an approval is, and why it doesn't count.
func (h *History) counts(store *evidence.Store, r Request, a Signed[Approval]) (by string, err error) {
	if err := r.Holds(a.Body); err != nil {
		return "", err
	}
	var shown Shown
	if err := GetJSON(store, a.Body.Shown, &shown); err != nil {
		return "", fmt.Errorf("what was shown can't be read: %w", err)
	}
	if err := r.Saw(shown); err != nil {
		return "", err
	}
	if by, err = r.MayDecide(a.Key, h.Trusted(), a.Body.Signed); err != nil || len(h.chain) == 0 {
		return by, err
	}
	// Whoever was named afterwards was nobody then, and a verifier says so.
	if then := h.chain.At(trust.When{Claimed: a.Body.Signed}); then.Number < len(h.chain) {
		if _, err := r.MayDecide(a.Key, then, a.Body.Signed); err != nil {
			return "", fmt.Errorf("%w: when it was given, version %d of who is trusted knew nobody with the key %s who may", ErrNotEntitled, then.Number, a.Key.ID())
		}
	}
	return by, nil
}

// remedy is what would make a key's decision count that doesn't.
func (h *History) remedy(r Request, key evidence.PublicKey, why error) string {
	version := h.Trusted()
	if version == nil || !errors.Is(why, ErrNotEntitled) {
		return ""
	}
	if _, err := r.MayDecide(key, version, time.Time{}); err == nil {
		return "who is named now approves again: msp approve " + ShortID(r.Run)
	}
	return LetDecide(r, key, version)
}

// LetDecide is the command that gives a key the role that a request asks for, and
// who signs that.
func LetDecide(r Request, key evidence.PublicKey, version *trust.Version) string {
	role := r.Terms.Roles[0]
	what := fmt.Sprintf("NAME --key '%s' --role %s", key.AuthorizedKey(), role)
	switch p, _ := version.PrincipalOf(key); {
	case p != nil && p.Has(trust.Role(role)): // and the key's time is over
		what = p.ID + " --key ANOTHER"
	case p != nil:
		what = p.ID + " --role " + role
	}
	var roots []string
	for _, root := range version.Roots {
		if !slices.Contains(roots, root.Principal) {
			roots = append(roots, root.Principal)
		}
	}
	by := "the root " + roots[0]
	if len(roots) > 1 {
		by = fmt.Sprintf("%d of the roots %s", version.Threshold, strings.Join(roots, ", "))
	}
	return fmt.Sprintf("msp trust add %s, by %s, lets them approve", what, by)
}

// Trusted is the newest version of who is trusted; nil when none is known.
func (h *History) Trusted() *trust.Version { return h.chain.Newest() }

// Decided reports whether somebody, be it with another key, decided about the
// run: then it is not theirs to go on with. What they may not decide keeps nobody
// from it.
func (h *History) Decided(run string, key evidence.PublicKey) bool {
	account := h.Run(run)
	return account != nil && slices.ContainsFunc(h.Approvals(run), func(a Signed[Approval]) bool {
		return SamePrincipal(h.Trusted(), a.Key, key) && account.mightDecide(a, h.Trusted())
	})
}

// mightDecide says whether who signed an approval of the run might give it.
func (a *Account) mightDecide(said Signed[Approval], version *trust.Version) bool {
	i := slices.IndexFunc(a.Start.Body.Steps, func(p PinnedStep) bool { return p.ID == said.Body.Step && p.Approval != nil })
	if i < 0 {
		return false
	}
	r := Request{Terms: *a.Start.Body.Steps[i].Approval, Operators: a.operators()}
	_, err := r.MayDecide(said.Key, version, said.Body.Signed)
	return err == nil
}

// operators are the keys that did parts of the run.
func (a *Account) operators() []evidence.PublicKey {
	keys := []evidence.PublicKey{a.Start.Key}
	for _, s := range a.Segments {
		keys = append(keys, s.Key)
	}
	return keys
}

// SamePrincipal reports whether two keys are of one person.
func SamePrincipal(version *trust.Version, x, y evidence.PublicKey) bool {
	if x.Equal(y) || version == nil {
		return x.Equal(y)
	}
	one, _ := version.PrincipalOf(x)
	other, _ := version.PrincipalOf(y)
	return one != nil && one == other
}

// Round is how often a run was pushed back, from the steps that are told.
func Round(steps []Step) int {
	round := 0
	for _, s := range steps {
		if s.To != "" {
			round++
		}
	}
	return round
}

// StandingSteps are the tellings of steps that count: a push back makes those of the
// step that it goes to, and of all behind it, count for nothing.
func StandingSteps(start RunStart, steps []Step) []Step {
	if Round(steps) == 0 {
		return steps
	}
	place := map[string]int{}
	for i, p := range start.Steps {
		place[p.ID] = i
	}
	var standing []Step
	for _, s := range steps {
		standing = append(standing, s)
		if to, known := place[s.To]; known {
			standing = slices.DeleteFunc(standing, func(told Step) bool { return place[told.ID] >= to })
		}
	}
	return standing
}

// Standing are the tellings of the run's steps that count.
func (a *Account) Standing() []Step { return StandingSteps(a.Start.Body, a.Steps()) }

// ApprovedBy finds the approval of a runbook's bytes by an author, or by anybody
// where no version of who is trusted is known.
func (h *History) ApprovedBy(digest string) *Signed[Approval] {
	for _, a := range h.RunbookApprovals() {
		if a.Body.Runbook.Digest == digest {
			return &a
		}
	}
	return nil
}

// RunbookApprovals are the approvals of runbooks by who may give them, by when
// they claim to have been made.
func (h *History) RunbookApprovals() []Signed[Approval] {
	return slices.DeleteFunc(Said[Approval](h), func(a Signed[Approval]) bool {
		return a.Body.Runbook == nil || a.Body.Decision != Approve || h.mayHaveApproved(a) != nil
	})
}

// mayHaveApproved says whether who approved a runbook might: by who is trusted now,
// and by who was when it was signed.
func (h *History) mayHaveApproved(a Signed[Approval]) error {
	if len(h.chain) == 0 {
		return nil
	}
	return cmp.Or(MayApproveRunbook(a.Key, h.Trusted(), a.Body.Signed), MayApproveRunbook(a.Key, h.chain.At(trust.When{Claimed: a.Body.Signed}), a.Body.Signed))
}

// MayApproveRunbook says whether a key may approve a runbook's bytes: it takes
// an author or a lead, where it is known who that is.
func MayApproveRunbook(key evidence.PublicKey, version *trust.Version, at time.Time) error {
	if version == nil {
		return nil
	}
	principal, held := version.PrincipalOf(key)
	if principal == nil {
		return fmt.Errorf("%w: version %d of who is trusted knows nobody with the key %s", ErrNotEntitled, version.Number, key.ID())
	}
	return entitled(principal, held, at, []string{string(trust.Author)})
}
