package record

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/schedule"
)

// readLog is how far a log was read.
type readLog struct {
	Writer string   `json:"writer"`
	Key    string   `json:"key"` // an authorized_keys line
	Size   int64    `json:"size"`
	Root   [32]byte `json:"root"`
}

// unreadLeaf is a leaf whose statement couldn't be read.
type unreadLeaf struct {
	Leaf   evidence.Leaf `json:"leaf"`
	Writer string        `json:"in"`
	Index  int64         `json:"at"`
}

// standingFile is a standing as it is kept. It is nobody's evidence: whoever has
// none, or one that doesn't fit, reads the logs again.
type standingFile struct {
	Version  int          `json:"v"`
	Client   string       `json:"client"`
	Logs     []readLog    `json:"logs"`
	Unread   []unreadLeaf `json:"unread"`
	Timeline Timeline     `json:"timeline"`
	Settled  settled      `json:"settled"`
}

const (
	standingVersion = 2
	maxStandingFile = 1 << 30
)

// errStale says that what was kept isn't how the logs begin.
var errStale = errors.New("the logs have changed")

// ReadStanding reads how a client stands. What an earlier call kept in the file
// is gone on from: only what the logs hold behind it is read, and it is shown
// that the logs still begin as they did. A file that is missing, damaged or of
// something else is made anew, silently. The file is for one person on one
// machine, is never shared, and proves nothing. An envelope has at most limit
// bytes; 0 is MaxStatement.
func ReadStanding(store *evidence.Store, client, file string, limit int) (*Standing, error) {
	if limit == 0 {
		limit = MaxStatement
	}
	s, kept := openStanding(store, client, file, limit)
	changed, err := s.catchUp(kept)
	if errors.Is(err, errStale) {
		s = newStanding(store, client, limit)
		changed, err = s.catchUp(false)
	}
	if err != nil {
		return nil, err
	}
	if changed {
		s.Keep(file)
	}
	return s, nil
}

func newStanding(store *evidence.Store, client string, limit int) *Standing {
	s := &Standing{Client: client, store: store, limit: limit, populations: map[[2]int]schedule.Planned{}}
	s.Runs = map[string]*Attempt{}
	return s
}

// openStanding reads what was kept; kept is false when there is nothing to go on
// from.
func openStanding(store *evidence.Store, client, file string, limit int) (s *Standing, kept bool) {
	s = newStanding(store, client, limit)
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxStandingFile {
		return s, false
	}
	data, err := os.ReadFile(file)
	if err != nil || s.decode(data) != nil {
		return newStanding(store, client, limit), false
	}
	return s, true
}

// decode reads the digest of what follows, a line of JSON, and the settled runs.
func (s *Standing) decode(data []byte) error {
	digest, rest, _ := bytes.Cut(data, []byte("\n"))
	if string(digest) != evidence.Digest(rest) {
		return errors.New("it was cut off, or changed")
	}
	head, past, _ := bytes.Cut(rest, []byte("\n"))
	var f standingFile
	if err := evidence.DecodeStrict(head, &f); err != nil {
		return err
	}
	if f.Version != standingVersion || f.Client != s.Client {
		return fmt.Errorf("it is of %q, version %d", f.Client, f.Version)
	}
	for run, a := range f.Timeline.Runs {
		if a == nil || a.Run != run {
			return fmt.Errorf("it has no run %q", run)
		}
	}
	for id, r := range f.Settled.Runbooks {
		if r == nil {
			return fmt.Errorf("nothing is settled of %q", id)
		}
	}
	s.Timeline, s.settled, s.logs, s.past = f.Timeline, f.Settled, f.Logs, past
	for _, u := range f.Unread {
		s.unread = append(s.unread, writtenLeaf{u.Leaf, u.Writer, u.Index})
	}
	return nil
}

// Keep writes the standing to a file, to be gone on from. That it can't be
// written costs time later, and nothing else.
func (s *Standing) Keep(file string) {
	f := standingFile{Version: standingVersion, Client: s.Client, Logs: s.logs, Timeline: s.Timeline, Settled: s.settled}
	for _, u := range s.unread {
		f.Unread = append(f.Unread, unreadLeaf{u.Leaf, u.writer, u.index})
	}
	head, err := evidence.EncodeJSON(f)
	if err != nil || file == "" {
		return
	}
	rest := slices.Concat(head, []byte("\n"), s.past)
	var disk *evidence.Disk
	_ = disk.WriteFile(file, slices.Concat([]byte(evidence.Digest(rest)+"\n"), rest))
}

// catchUp reads what is new. On from what was kept, anything that doesn't follow
// on it is errStale.
func (s *Standing) catchUp(kept bool) (changed bool, err error) {
	writers, err := s.store.Writers()
	if err != nil {
		return false, err
	}
	var plans []string
	for _, plan := range s.Plans {
		plans = append(plans, plan.Digest)
	}
	s.touched = map[string]bool{}
	unread := s.unread
	s.unread = nil
	for _, leaf := range unread {
		s.take(leaf)
	}
	changed = len(s.unread) < len(unread)
	for _, known := range s.logs {
		if !slices.Contains(writers, known.Writer) {
			return false, errStale
		}
	}
	for _, writer := range writers {
		more, err := s.readLog(writer)
		if err != nil {
			return false, err
		}
		changed = changed || more
	}
	s.sort()
	if kept && changed && (s.twice || s.upset(plans)) {
		return false, errStale
	}
	return changed, nil
}

// readLog reads what a writer's log holds behind what was read of it. A log that
// can't be read is a problem, as in a history.
func (s *Standing) readLog(writer string) (changed bool, err error) {
	i := slices.IndexFunc(s.logs, func(l readLog) bool { return l.Writer == writer })
	if i >= 0 {
		return s.readOn(&s.logs[i])
	}
	key, err := WriterKey(s.store, writer, s.limit)
	if err == nil {
		var view *evidence.LogView
		if view, err = s.store.ReadLog(s.Client, writer, key); err == nil {
			s.logs = append(s.logs, readLog{Writer: writer, Key: key.AuthorizedKey()})
			s.takeAll(&s.logs[len(s.logs)-1], view)
			return true, nil
		}
	}
	if !errors.Is(err, evidence.ErrEmptyLog) { // made by an append that a crash cut off
		s.Problems = append(s.Problems, err)
	}
	return false, nil
}

func (s *Standing) readOn(known *readLog) (changed bool, err error) {
	key, err := parseKey(known.Key)
	if err != nil {
		return false, errStale
	}
	view, err := s.store.ReadSince(s.Client, known.Writer, key, known.Size)
	if err != nil {
		return false, errStale
	}
	then := evidence.Checkpoint{Origin: evidence.Origin(s.Client, known.Writer), Size: known.Size, Root: known.Root}
	if known.Size <= 0 || view.Consistent(then) != nil {
		return false, errStale
	}
	changed = view.Checkpoint.Size > known.Size
	s.takeAll(known, view)
	return changed, nil
}

func (s *Standing) takeAll(log *readLog, view *evidence.LogView) {
	for i, leaf := range view.All() {
		s.take(writtenLeaf{*leaf, log.Writer, i})
	}
	log.Size, log.Root = view.Checkpoint.Size, view.Checkpoint.Root
}

// take reads one statement. One that can't be read is a problem, and is tried
// again the next time.
func (s *Standing) take(leaf writtenLeaf) {
	take := takers[leaf.Kind]
	if take == nil {
		return
	}
	if err := take(&s.Timeline, s.store, leaf, s.limit); err != nil {
		s.Problems = append(s.Problems, err)
		s.unread = append(s.unread, leaf)
	}
}
