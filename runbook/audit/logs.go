package audit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// A writerLog is one writer's log as it was read.
type writerLog struct {
	number int // among the logs
	writer string
	pinned bool
	key    evidence.PublicKey
	view   *evidence.LogView // nil when it can't be read
	newest time.Time         // that a statement in it claims
}

// looked is how many leaves of the log are looked at.
func (l *writerLog) looked() int {
	if l.view.Whole() {
		return int(l.view.Checkpoint.Size)
	}
	n := 0
	for i := range l.view.All() {
		if i >= l.view.From() {
			n++
		}
	}
	return n
}

// A ref is one leaf and where it stands.
type ref struct {
	log   *writerLog
	index int64
	leaf  *evidence.Leaf
}

// before reports whether r was certainly logged before other: only the order
// within one log is proven.
func (r ref) before(other ref) bool { return r.log == other.log && r.index < other.index }

// after reports whether r was certainly logged after other.
func (r ref) after(other ref) bool { return other.before(r) }

// relative is a path as findings name it: below the client's folder.
func (a *audit) relative(path string) string {
	return filepath.ToSlash(strings.TrimPrefix(path, a.store.Root()+string(filepath.Separator)))
}

// readLogs reads every log there is. A log that can't be read leaves a finding
// and the others alone.
func (a *audit) readLogs() error {
	entries, err := os.ReadDir(a.store.Path("logs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		path := a.store.Path("logs", e.Name())
		info, err := os.Stat(path)
		switch {
		case strings.HasPrefix(e.Name(), "."):
			continue // temporary, or a file manager's
		case err != nil || !info.IsDir() || !evidence.ValidID(e.Name()):
			a.broken(ruleFileForeign, place{file: a.relative(path)}, "%q is no writer's log", e.Name())
			continue
		}
		if err := a.readLog(e.Name()); err != nil {
			return err
		}
	}
	if len(a.logs) == 0 {
		a.broken(ruleLogEmpty, place{file: "logs"}, "there is no log: nobody has recorded anything about %s here", a.client)
	}
	return nil
}

func (a *audit) readLog(writer string) error {
	l := &writerLog{number: len(a.logs), writer: writer}
	a.logs = append(a.logs, l)
	err := a.openLog(l)
	if err == nil {
		return nil
	}
	if errors.Is(err, errNoLogKey) {
		a.broken(ruleLogKeyUnknown, place{file: "logs/" + writer}, "no statement at hand names the key of the log of %s", writer)
		return nil
	}
	return a.logBroken(writer, err)
}

var errNoLogKey = errors.New("no statement names the log's key")

// openLog reads a log with the key that is known from outside; else with the
// one that the statement of its first leaf names; else, when that statement is
// unusable, with one that any statement names for it.
func (a *audit) openLog(l *writerLog) error {
	if key, ok := a.pins.Logs[l.writer]; ok {
		l.pinned = true
		return a.tryKey(l, key)
	}
	leaf, err := a.firstLeaf(l.writer)
	if err != nil {
		return err
	}
	err = errNoLogKey
	if key, ok := a.namedKey(leaf.Envelope, l.writer); ok {
		if err = a.tryKey(l, key); !errors.Is(err, evidence.ErrWrongKey) {
			return err
		}
	}
	var named []evidence.PublicKey
	if failed := a.eachFile("records", ".dsse.json", func(_, digest string) {
		key, ok := a.namedKey(digest, l.writer)
		if ok && !slices.ContainsFunc(named, key.Equal) {
			named = append(named, key)
		}
	}); failed != nil {
		return failed
	}
	for _, key := range named {
		if again := a.tryKey(l, key); again == nil || !errors.Is(again, evidence.ErrWrongKey) {
			return again
		}
		err = evidence.ErrWrongKey
	}
	return err
}

func (a *audit) tryKey(l *writerLog, key evidence.PublicKey) error {
	view, err := a.readView(l.writer, key)
	if err != nil {
		return err
	}
	l.key, l.view = key, view
	return nil
}

// namedKey is the key that a statement names for a writer's log. It is the
// log's own word, so it matters not who signed the statement.
func (a *audit) namedKey(digest, writer string) (key evidence.PublicKey, ok bool) {
	named, err := record.WriterOf(a.store, digest, a.limit)
	if err != nil || named.ID != writer {
		return key, false
	}
	key, err = a.key(named.Key)
	return key, err == nil
}

// logBroken tells why a log can't be read.
func (a *audit) logBroken(writer string, err error) error {
	what, file := err.Error(), "logs/"+writer
	var at *evidence.FileError
	if errors.As(err, &at) {
		what, file = at.What, a.relative(at.Path)
	}
	rule := logRule(err, strings.TrimPrefix(file, "logs/"+writer+"/"))
	var path *fs.PathError
	if rule == ruleLogUnreadable && errors.As(err, &path) {
		return err
	}
	a.broken(rule, place{file: file}, "the log of %s: %s", writer, what)
	return nil
}

// logRule finds the rule for an error and the file in the log that it blames.
func logRule(err error, file string) string {
	for _, kind := range []struct {
		err  error
		rule string
	}{
		{evidence.ErrEmptyLog, ruleLogEmpty},
		{evidence.ErrNoSignature, ruleSignatureMissing},
		{evidence.ErrBadSignature, ruleSignatureWrong},
		{evidence.ErrWrongKey, ruleLogKey},
		{evidence.ErrWrongOrigin, ruleLogForeign},
		{evidence.ErrMissing, ruleFileMissing},
	} {
		if errors.Is(err, kind.err) {
			return kind.rule
		}
	}
	switch {
	case !errors.Is(err, evidence.ErrCorrupt):
		return ruleLogUnreadable
	case file == "checkpoint":
		return ruleCheckpoint
	case strings.HasPrefix(file, "tile/entries/"), strings.HasSuffix(file, ".leaf"), strings.HasSuffix(file, ".tlog-proof"):
		return ruleEntry
	case file == "tile", strings.HasPrefix(file, "tile/"):
		return ruleTile
	default:
		return ruleFileForeign
	}
}
