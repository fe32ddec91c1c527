package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A listing is what a copy holds, by name. No file was read for it.
type listing struct {
	records, blobs map[string]bool     // the hex digits of their digests
	writers        []string            // who have a folder under logs, sorted
	linked         map[string]bool     // writers of whose log a file is not a regular one
	beside         map[string][]string // files of anchors/<writer>, heads/<writer> and trust, by their folder
	ignored        []string
}

var (
	recordName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^records/([0-9a-f]{2})/([0-9a-f]{64})\.dsse\.json$`) })
	blobName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^blobs/([0-9a-f]{2})/([0-9a-f]{64})$`) })
	logName    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^logs/([a-z0-9][a-z0-9-]{0,62})/`) })
	besideName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(anchors/[a-z0-9][a-z0-9-]{0,62}|heads/[a-z0-9][a-z0-9-]{0,62}|trust)/([0-9]+[a-z0-9.-]*)$`)
	})
)

// The folders of which two copies are made one. What is pending, the journals of
// open runs and the locks belong to one machine.
var (
	logFolders  = []string{"logs", "heads", "anchors", "trust"}
	bodyFolders = []string{"records", "blobs"}
)

// listLogs lists what lies beside the logs, and whose logs there are.
func (g *merging) listLogs(context.Context) error {
	for _, c := range []*copied{g.here, g.there} {
		c.files = &listing{records: map[string]bool{}, blobs: map[string]bool{}, linked: map[string]bool{}, beside: map[string][]string{}}
		if info, err := os.Lstat(c.Root()); err == nil && c == g.there && !info.IsDir() {
			return &FileError{c.Root(), "a link or no folder: nothing is merged", ErrCorrupt}
		}
		if err := c.list(logFolders); err != nil {
			return err
		}
	}
	return nil
}

// listBodies lists statements and blobs. It comes after the logs were read,
// which grow after what they name is stored: so nothing is missed of a log that
// grows meanwhile.
func (g *merging) listBodies(context.Context) error {
	for _, c := range []*copied{g.here, g.there} {
		if err := c.list(bodyFolders); err != nil {
			return err
		}
	}
	strangers, err := g.there.strangers()
	g.Ignored = append(g.Ignored, slices.Concat(g.there.files.ignored, strangers)...)
	return err
}

// strangers are the names in a client's folder that are no part of evidence.
func (c *copied) strangers() ([]string, error) {
	entries, err := os.ReadDir(c.Root())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		known := slices.Contains(slices.Concat(logFolders, bodyFolders), e.Name()) || slices.Contains([]string{"locks", "pending", "runs"}, e.Name())
		if !known && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (c *copied) list(folders []string) error {
	for _, folder := range folders {
		err := filepath.WalkDir(c.Path(folder), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			return c.see(path, d)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// see lists a file or a folder. A link is never followed, since it could lead
// anywhere, and one in the place of a folder is refused: what is written would
// follow it. A dot begins what is temporary, or a file manager's.
func (c *copied) see(path string, d fs.DirEntry) error {
	rel, err := filepath.Rel(c.Root(), path)
	if err != nil {
		return err
	}
	name := filepath.ToSlash(rel)
	regular := d.Type().IsRegular()
	switch {
	case strings.HasPrefix(d.Name(), ".") && d.IsDir():
		return fs.SkipDir
	case strings.HasPrefix(d.Name(), "."):
	case d.IsDir():
		c.files.folder(name)
	case !regular && strings.Count(name, "/") < 2 && !strings.HasPrefix(name, "trust/"):
		return &FileError{path, "a link or no regular file where a folder belongs: nothing is merged", ErrCorrupt}
	default:
		c.files.add(name, regular)
	}
	return nil
}

func (l *listing) folder(name string) {
	if m := logName().FindStringSubmatch(name + "/"); m != nil {
		l.writers = append(l.writers, m[1])
	}
}

func (l *listing) add(name string, regular bool) {
	record, blob := recordName().FindStringSubmatch(name), blobName().FindStringSubmatch(name)
	of, beside := logName().FindStringSubmatch(name+"/"), besideName().FindStringSubmatch(name)
	switch {
	case of != nil && !regular:
		l.writers, l.linked[of[1]] = append(l.writers, of[1]), true
	case !regular:
		l.ignored = append(l.ignored, name)
	case record != nil && strings.HasPrefix(record[2], record[1]):
		l.records[record[2]] = true
	case blob != nil && strings.HasPrefix(blob[2], blob[1]):
		l.blobs[blob[2]] = true
	case of != nil && of[0] != name+"/":
	case beside != nil:
		l.beside[beside[1]] = append(l.beside[beside[1]], beside[2])
	default:
		l.ignored = append(l.ignored, name)
	}
}

// readRegular reads a file that is not a link and not longer than limit.
func readRegular(path string, limit int64) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, corrupt(path, "not a regular file")
	}
	return readFile(path, limit)
}

// mergeRecords copies the envelopes that the logs name.
func (g *merging) mergeRecords(ctx context.Context) error {
	g.of += g.missing()
	for _, l := range g.logs {
		for _, c := range []*copied{g.here, g.there} {
			if err := g.takeRecords(ctx, l, c); err != nil {
				return err
			}
			if l.unfit[c] {
				g.damaged("the log of %s is not taken further %s: statements that it names are missing", l.writer, c.name)
			}
		}
	}
	return nil
}

// takeRecords copies the envelopes that a copy lacks of a log. Of one that
// neither has, the log doesn't come where it would be new.
func (g *merging) takeRecords(ctx context.Context, l *mergedLog, to *copied) error {
	have := int64(0)
	if view := l.views[to]; view != nil {
		have = view.Checkpoint.Size
	}
	for i, leaf := range l.winner.Leaves {
		if to.files.records[leaf.Envelope[len(digestPrefix):]] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		came, err := g.takeRecord(to, leaf.Envelope)
		if err != nil {
			return err
		}
		if !came && int64(i) >= have {
			l.unfit[to] = true
		}
	}
	return nil
}

// missing counts the envelopes that one of the copies lacks.
func (g *merging) missing() (n int) {
	for _, l := range g.logs {
		for _, leaf := range l.winner.Leaves {
			h := leaf.Envelope[len(digestPrefix):]
			if g.here.files.records[h] != g.there.files.records[h] {
				n++
			}
		}
	}
	return n
}

func (g *merging) takeRecord(to *copied, digest string) (came bool, err error) {
	from, h := g.other(to), digest[len(digestPrefix):]
	if !from.files.records[h] {
		return false, nil
	}
	data, err := from.Envelope(digest)
	var file *FileError
	if errors.As(err, &file) {
		g.damaged("records/%s/%s.dsse.json %s: %s", h[:2], h, from.name, file.What)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, err := to.PutEnvelope(data); err != nil {
		return false, err
	}
	to.files.records[h] = true
	to.moved.Statements++
	g.step()
	return true, nil
}

// mergeBlobs copies the blobs that statements name and that were not erased.
func (g *merging) mergeBlobs(ctx context.Context) error {
	erased, err := g.erasures()
	if err != nil {
		return err
	}
	wanted := map[string]*copied{} // where it is missing
	for _, c := range []*copied{g.here, g.there} {
		for h := range g.other(c).files.blobs {
			if !c.files.blobs[h] && !erased.None[digestPrefix+h] {
				wanted[h] = c
			}
		}
	}
	named, err := g.namedOf(wanted)
	if err != nil {
		return err
	}
	g.of += len(named)
	for _, h := range named {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := g.takeBlob(wanted[h], h); err != nil {
			return err
		}
		g.step()
	}
	return nil
}

func (g *merging) erasures() (Erasures, error) {
	if g.Erased == nil {
		return Erasures{}, nil
	}
	logs := map[string]*LogView{}
	for _, l := range g.logs {
		if !l.unfit[g.here] && !l.unfit[g.there] {
			logs[l.writer] = l.winner
		}
	}
	return g.Erased(logs)
}

// namedOf gives those of the blobs that a logged statement names: its subjects.
// What nobody names is no evidence.
func (g *merging) namedOf(wanted map[string]*copied) ([]string, error) {
	var named []string
	left := len(wanted)
	seen := map[string]bool{}
	for _, l := range g.logs {
		for _, leaf := range slices.Backward(l.winner.Leaves) {
			if left == 0 {
				return named, nil
			}
			subjects, err := g.subjects(leaf.Envelope)
			if err != nil {
				return nil, err
			}
			for _, s := range subjects {
				if wanted[s.SHA256] != nil && !seen[s.SHA256] {
					seen[s.SHA256] = true
					named = append(named, s.SHA256)
					left--
				}
			}
		}
	}
	return named, nil
}

func (g *merging) subjects(digest string) ([]Subject, error) {
	data, err := g.Here.Envelope(digest)
	if errors.Is(err, ErrMissing) || errors.Is(err, ErrCorrupt) {
		return nil, nil // verify says so
	}
	if err != nil {
		return nil, err
	}
	envelope, err := OpenEnvelope(data, storedEnvelopeLimit)
	if err != nil {
		return nil, nil //nolint:nilerr // it names nothing that can be read, and verify says so
	}
	s, err := DecodeStatement(envelope.Payload)
	if err != nil {
		return nil, nil //nolint:nilerr // likewise
	}
	return s.Subjects, nil
}

// takeBlob copies a blob and holds it to its name before it gets it.
func (g *merging) takeBlob(to *copied, h string) error {
	from := g.other(to)
	what, err := to.copyBlob(from.blobPath(h), h, g.BlobLimit)
	if err != nil {
		return err
	}
	if what != "" {
		g.damaged("blobs/%s/%s %s: %s", h[:2], h, from.name, what)
		return nil
	}
	to.files.blobs[h] = true
	to.moved.Blobs++
	return nil
}

// copyBlob says what keeps a file from being the blob that it is called.
func (s *Store) copyBlob(path, h string, limit int64) (what string, err error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "not a regular file", nil
	case info.Size() > limit:
		return fmt.Sprintf("%d bytes are more than the %d that are taken (blob_limit)", info.Size(), limit), nil
	}
	source, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer source.Close()
	temp, err := s.disk.CreateTemp(s.Path("blobs"))
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(temp, sum), io.LimitReader(source, limit+1)); err != nil {
		temp.Discard()
		return "", err
	}
	if hex.EncodeToString(sum.Sum(nil)) != h {
		temp.Discard()
		return "this blob was changed: its SHA-256 is not its name", nil
	}
	return "", temp.Commit(s.blobPath(h))
}

// removeErased removes the blobs that were erased in the other copy, now that
// the log that says so is in both.
func (g *merging) removeErased(context.Context) error {
	erased, err := g.erasures()
	if err != nil {
		return err
	}
	for _, c := range []*copied{g.here, g.there} {
		digests := erased.Here
		if c == g.there {
			digests = erased.There
		}
		for digest := range digests {
			removed, err := c.EraseBlob(digest)
			if err != nil {
				return err
			}
			if removed {
				c.moved.Erased++
			}
		}
	}
	return nil
}

// EraseBlob removes a blob with its salt, durably, and says whether there was
// one.
func (s *Store) EraseBlob(digest string) (bool, error) {
	h, err := hexOf(digest)
	if err != nil {
		return false, err
	}
	if _, err := os.Lstat(s.blobPath(h)); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	err = s.disk.Erase(s.blobPath(h))
	return err == nil, err
}
