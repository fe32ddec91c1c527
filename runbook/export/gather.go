package export

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// A Content is what a bundle will hold.
type Content struct {
	manifest Manifest // without its files
	tree     tree     // of the evidence
	items    []item
}

// A source is the evidence of a client that a bundle is made from.
type source struct {
	store  *evidence.Store
	tree   tree
	client string
	limit  int
	logs   []*log
}

// A log is one writer's log, or an excerpt of it.
type log struct {
	writer string
	key    evidence.PublicKey
	view   *evidence.LogView
}

// Client gathers all evidence of a client. keys are the keys of logs that are
// known from elsewhere; the others are held to the key that they name. limit is
// the most bytes of an envelope, 0 is record.MaxStatement.
func Client(store *evidence.Store, client string, keys map[string]evidence.PublicKey, limit int) (*Content, error) {
	s, err := readSource(store, client, keys, limit)
	if err != nil {
		return nil, err
	}
	c := &Content{manifest: Manifest{V: 1, Kind: KindClient, Client: client}, tree: s.tree}
	for _, l := range s.logs {
		for _, f := range l.view.Files() {
			c.add("logs/"+l.writer+"/"+f.Name, f.Data)
		}
	}
	for _, folder := range []string{"records", "blobs", "anchors", "heads", "trust"} {
		err := s.tree.walk(folder, func(name string) error {
			c.items = append(c.items, item{name: evidenceFolder + "/" + name, file: name})
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("reading the evidence of %s: %w", client, err)
		}
	}
	derived, err := s.derived(KindClient)
	c.items = append(c.items, derived...)
	return c, err
}

// Run gathers what there is about a run, as Client does for all runs.
func Run(store *evidence.Store, client, run string, keys map[string]evidence.PublicKey, limit int) (*Content, error) {
	s, err := readSource(store, client, keys, limit)
	if err != nil {
		return nil, err
	}
	c := &Content{manifest: Manifest{V: 1, Kind: KindRun, Client: client, Run: run}, tree: s.tree}
	chosen, err := s.choose(run)
	if err != nil {
		return nil, err
	}
	if err := s.takeStatements(c, chosen); err != nil {
		return nil, fmt.Errorf("gathering the run %s: %w", run, err)
	}
	for _, l := range s.logs {
		if len(chosen.indexes[l]) == 0 {
			continue
		}
		if err := s.takeExcerpt(c, l, chosen); err != nil {
			return nil, fmt.Errorf("gathering the run %s: %w", run, err)
		}
	}
	err = s.tree.walk("trust", func(name string) error {
		c.items = append(c.items, item{name: evidenceFolder + "/" + name, file: name})
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.logs = slices.DeleteFunc(s.logs, func(l *log) bool { return len(chosen.indexes[l]) == 0 })
	derived, err := s.derivedOf(KindRun, chosen.entries)
	c.items = append(c.items, derived...)
	return c, err
}

func (c *Content) add(name string, data []byte) {
	c.items = append(c.items, item{name: evidenceFolder + "/" + name, data: data})
}

// readSource reads every log, whole.
func readSource(store *evidence.Store, client string, keys map[string]evidence.PublicKey, limit int) (*source, error) {
	if limit == 0 {
		limit = record.MaxStatement
	}
	s := &source{store: store, tree: tree{store.Root()}, client: client, limit: limit}
	writers, err := store.Writers()
	if err != nil {
		return nil, err
	}
	for _, writer := range writers {
		if _, err := s.tree.check("logs/" + writer + "/checkpoint"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		key, known := keys[writer]
		if !known {
			key, err = record.WriterKey(store, writer, limit)
		}
		var view *evidence.LogView
		if err == nil {
			view, err = store.ReadLog(client, writer, key)
		}
		if errors.Is(err, evidence.ErrEmptyLog) {
			err = nil
			continue // begun, and cut off by a crash
		}
		if err != nil {
			return nil, fmt.Errorf("reading the log of %s: %w", writer, err)
		}
		s.logs = append(s.logs, &log{writer, key, view})
	}
	if len(s.logs) == 0 {
		return nil, fmt.Errorf("%w: nobody has recorded anything about %s here", evidence.ErrEmptyLog, client)
	}
	return s, nil
}

// An entry is a leaf with the statement that it names.
type entry struct {
	log      *log
	index    int64
	leaf     evidence.Leaf
	envelope *evidence.Envelope
	body     record.Statement
}

// read reads the statement of a leaf. It is not verified: that is for whoever
// gets the bundle.
func (s *source) read(e entry) (entry, error) {
	data, err := s.store.Envelope(e.leaf.Envelope)
	if err != nil {
		return e, err
	}
	if e.envelope, err = evidence.OpenEnvelope(data, s.limit); err != nil {
		return e, fmt.Errorf("entry %d of the log of %s: %w", e.index, e.log.writer, err)
	}
	told, err := evidence.DecodeStatement(e.envelope.Payload)
	if err != nil {
		return e, fmt.Errorf("entry %d of the log of %s: %w", e.index, e.log.writer, err)
	}
	if e.body = record.New(e.leaf.Kind); e.body == nil {
		return e, nil
	}
	if err := evidence.DecodeStrict(told.Predicate, e.body); err != nil {
		return e, fmt.Errorf("entry %d of the log of %s: %w", e.index, e.log.writer, err)
	}
	return e, nil
}

// takeStatements adds the envelopes, the time stamps over their signatures and
// the blobs that they name. A blob that isn't there was erased, or is missed by
// whoever verifies.
func (s *source) takeStatements(c *Content, chosen *choice) error {
	seen := map[string]bool{}
	for _, e := range chosen.entries {
		names, err := s.filesOf(e)
		if err != nil {
			return fmt.Errorf("entry %d of the log of %s: %w", e.index, e.log.writer, err)
		}
		for _, name := range names {
			_, err := s.tree.check(name)
			gone := errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(name, "blobs/")
			if err != nil && !gone {
				return err
			}
			if !gone && !seen[name] {
				c.items = append(c.items, item{name: evidenceFolder + "/" + name, file: name})
			}
			seen[name] = true
		}
	}
	return nil
}

// filesOf are the files of a statement, below the store.
func (s *source) filesOf(e entry) ([]string, error) {
	hex := strings.TrimPrefix(e.leaf.Envelope, "sha256:")
	names := []string{"records/" + hex[:2] + "/" + hex + ".dsse.json"}
	for _, sig := range e.envelope.Signatures {
		tokens, err := s.tokenFiles(sig.Sig)
		if err != nil {
			return nil, err
		}
		names = append(names, tokens...)
	}
	if e.body == nil {
		return names, nil
	}
	for _, b := range e.body.Head().Blobs {
		if !evidence.ValidDigest(b.Digest) {
			return nil, fmt.Errorf("%q is no digest", b.Digest)
		}
		hex := strings.TrimPrefix(b.Digest, "sha256:")
		names = append(names, "blobs/"+hex[:2]+"/"+hex)
	}
	return names, nil
}

// takeExcerpt adds the chosen leaves of a log with their proofs, and the anchors
// over them.
func (s *source) takeExcerpt(c *Content, l *log, chosen *choice) error {
	anchors, err := s.anchors(l, chosen)
	if err != nil {
		return err
	}
	var sizes []int64
	for _, a := range anchors {
		c.items = append(c.items, item{name: evidenceFolder + "/" + a.file, file: a.file})
		if !slices.Contains(sizes, a.size) && a.size < l.view.Checkpoint.Size {
			sizes = append(sizes, a.size)
		}
	}
	files, err := l.view.Excerpt(chosen.indexes[l], sizes)
	if err != nil {
		return err
	}
	for _, f := range files {
		c.add("logs/"+l.writer+"/"+f.Name, f.Data)
	}
	return nil
}

// orNone takes a folder that isn't there for an empty one.
func orNone(entries []os.DirEntry, err error) ([]os.DirEntry, error) {
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

func byPlace(a, b entry) int {
	return cmp.Or(strings.Compare(a.log.writer, b.log.writer), cmp.Compare(a.index, b.index))
}
