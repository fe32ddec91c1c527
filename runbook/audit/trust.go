package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// trusted is who may sign, as the trust statements say it that can be relied on.
type trusted struct {
	chain  trust.Chain
	signed []*statement // each version
	pinned bool         // the first version is known from outside
	seen   bool         // there is a trust statement, though none may be relied on
}

// readTrust makes the chain of the trust statements, and holds to it what was
// said beside the runs and the plans, which follow.
func (a *audit) readTrust(said []saidResult) error {
	var versions []version
	for _, s := range said {
		a.trusted.seen = a.trusted.seen || s.ofTrust
		if s.statement == nil {
			continue
		}
		if body, ok := s.statement.body.(*record.Trust); ok {
			versions = append(versions, version{s.statement, body})
		}
	}
	byNumber(versions)
	for _, v := range versions {
		a.checkVersion(v)
	}
	a.pinTrust()
	a.checkWriters()
	v := &reader{audit: a}
	for _, s := range said {
		if s.statement != nil {
			v.checkSaidBy(s.statement)
		}
	}
	a.found = append(a.found, v.found...)
	return a.checkCopies()
}

// A version is a trust statement that can be read.
type version struct {
	*statement
	body *record.Trust
}

func (s version) link() trust.Link {
	return trust.Link{Digest: s.leaf.Envelope, Signed: s.body.Signed, Signers: s.keys, Version: s.body.Version}
}

// problems says why a version can't be a chain's next; nothing when it can.
func (s version) problems(chain trust.Chain) []string {
	link := s.link()
	problems := chain.Problems(&link)
	if _, digest, err := record.Roster(s.body.Version); err != nil || digest != s.body.Roster {
		problems = append(problems, "its signers were shown another version than it holds")
	}
	return problems
}

// byNumber sorts versions by their numbers, else as they were logged.
func byNumber(versions []version) {
	slices.SortStableFunc(versions, func(x, y version) int { return x.body.Version.Number - y.body.Version.Number })
}

// checkVersion takes a version into the chain, or says why it can't.
func (a *audit) checkVersion(s version) {
	t, link := &a.trusted, s.link()
	if t.chain.Find(link.Digest) > 0 {
		return // the same one, in another place
	}
	if n := link.Version.Number; n >= 1 && n <= len(t.chain) {
		a.broken(ruleTrustForked, s.place(), "%s is another version %d than %s", s.name(), n, t.signed[n-1].name())
		return
	}
	if problems := s.problems(t.chain); len(problems) > 0 {
		a.broken(ruleTrust, s.place(), "%s, version %d: %s", s.name(), link.Version.Number, strings.Join(problems, "; "))
		return
	}
	t.chain, t.signed = append(t.chain, link), append(t.signed, s.statement)
}

// pinTrust holds the first version to what is known from outside.
func (a *audit) pinTrust() {
	t := &a.trusted
	switch {
	case len(a.pins.TrustRoots) == 0:
	case len(t.chain) == 0:
		a.broken(ruleTrustRoot, place{file: "trust"}, "no trust statement can be relied on, and one is pinned: %s", strings.Join(a.pins.TrustRoots, ", "))
	case slices.ContainsFunc(a.pins.TrustRoots, t.chain[0].KnownBy):
		t.pinned = true
	default:
		a.broken(ruleTrustRoot, t.signed[0].place(), "the first trust statement is %s, signed by %s, and pinned is %s", t.chain[0].Digest, idsOf(t.chain[0].Signers), strings.Join(a.pins.TrustRoots, ", "))
	}
}

func idsOf(keys []evidence.PublicKey) string {
	var ids []string
	for _, key := range keys {
		ids = append(ids, key.ID())
	}
	return strings.Join(ids, ", ")
}

// checkWriters: the writers that the newest version names show a log each, by
// the key that it names, and no other does.
func (a *audit) checkWriters() {
	newest := a.trusted.chain.Newest()
	if newest == nil {
		return
	}
	for _, w := range newest.Writers {
		i := slices.IndexFunc(a.logs, func(l *writerLog) bool { return l.writer == w.ID })
		if i < 0 {
			a.broken(ruleWriterHidden, place{file: "logs/" + w.ID}, "version %d of who may sign names the writer %s, and there is no log of it", newest.Number, w.ID)
			continue
		}
		switch l := a.logs[i]; {
		case l.view == nil: // that is said
		case l.key.AuthorizedKey() != w.Key:
			a.broken(ruleLogKey, place{file: "logs/" + w.ID + "/checkpoint"}, "version %d of who may sign names another key for the log of %s than %s, which signed it", newest.Number, w.ID, l.key.ID())
		default:
			l.pinned = l.pinned || a.trusted.pinned
		}
	}
	for _, l := range a.logs {
		if newest.Writer(l.writer) != nil {
			continue
		}
		tell := a.note
		if a.trusted.pinned {
			tell = a.broken
		}
		tell(ruleWriterUnknown, place{file: "logs/" + l.writer}, "there is a log of %s, a writer whom version %d of who may sign doesn't name", l.writer, newest.Number)
	}
}

var (
	trustCopy     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([1-9][0-9]{0,8})\.dsse\.json$`) })
	trustProposal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[1-9][0-9]{0,8}\.proposed\.json$`) })
)

// checkCopies holds the copies in the folder trust to what the logs hold. A copy
// that is missing is none that anybody could be misled by.
func (a *audit) checkCopies() error {
	entries, err := os.ReadDir(a.store.Path("trust"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		file := "trust/" + e.Name()
		name := trustCopy().FindStringSubmatch(e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."), trustProposal().MatchString(e.Name()):
			continue
		case name == nil || !e.Type().IsRegular():
			a.note(ruleFileForeign, place{file: file}, "%s is no trust statement", file)
			continue
		}
		data, err := os.ReadFile(a.store.Path("trust", e.Name()))
		if err != nil {
			return err
		}
		number, _ := strconv.Atoi(name[1])
		switch digest := runbook.Digest(data); {
		case a.trusted.chain.Numbered(number) == nil && a.gaps:
			a.note(ruleTrustCopy, place{file: file}, "no log that can be read holds version %d", number)
		case a.trusted.chain.Find(digest) != number:
			a.broken(ruleTrustCopy, place{file: file}, "%s is not version %d of the logs", file, number)
		}
	}
	return nil
}

func (a *audit) trustLine() *TrustLine {
	t := &a.trusted
	if !t.seen {
		return nil
	}
	line := &TrustLine{Version: len(t.chain), Pinned: t.pinned}
	if newest := t.chain.Newest(); newest != nil {
		line.First, line.Client = t.chain[0].Digest, newest.ClientHolds()
	}
	return line
}

func (a *audit) trustCheck() []Check {
	t := &a.trusted
	switch newest := t.chain.Newest(); {
	case newest != nil:
		text := fmt.Sprintf("version %d, %s, %s", newest.Number, plural(len(newest.Principals), "principal"), plural(len(newest.Writers), "writer"))
		return []Check{{Name: checkTrust, Text: text}}
	case t.seen || len(a.pins.TrustRoots) > 0:
		return []Check{{Name: checkTrust, Text: "nothing says reliably who may sign"}}
	default:
		return nil
	}
}

// trustStanding is what the trust statements leave open.
func (a *audit) trustStanding() []found {
	f, t := &finder{}, &a.trusted
	newest := t.chain.Newest()
	if newest == nil {
		return nil
	}
	if !t.pinned {
		f.note(ruleTrustNotPinned, place{}, "who may sign is the evidence's own word: %s, signed by %s", t.chain[0].Digest, idsOf(t.chain[0].Signers))
	}
	if !newest.ClientHolds() {
		f.note(ruleProvidersWord, place{}, "identities are the provider's word: no key of the client's is needed to change who may sign")
	}
	return f.found
}
