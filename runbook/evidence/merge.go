package evidence

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
)

// A Merge makes two copies of a client's evidence one, by union both ways.
// Every file is held to its name before it is taken, and a log is taken only
// where it is the longer one of two that agree. A merge that is cut off did no
// harm: the next one goes on.
type Merge struct {
	Client      string
	Here, There *Store
	// Key is the key of a writer's log.
	Key func(writer string) (PublicKey, error)
	// Held are checkpoints of a writer's log that are kept outside of both
	// copies, such as the one beside the writer's key; nil for none.
	Held func(writer string) ([][]byte, error)
	// Erased says, given the logs that both sides are going to have, which
	// blobs were erased, by digest. All their statements are Here by then. Nil
	// for none.
	Erased func(logs map[string]*LogView) (Erasures, error)
	// First is the kind of leaf whose logs are written before all others, so
	// that nobody misses a blob before they can know that it was erased.
	First string
	// BlobLimit is the most bytes of a blob that are taken.
	BlobLimit int64
	// Progress is told how many files are done, of how many. Nil for nobody.
	Progress func(done, of int)
}

// Erasures are digests of blobs that were erased: None is never copied, Here
// is removed here, There is removed there.
type Erasures struct{ None, Here, There map[string]bool }

// Moved counts what went one way.
type Moved struct {
	Statements int `json:"statements"`
	Blobs      int `json:"blobs"`
	Logs       int `json:"logs"`  // that grew
	Other      int `json:"other"` // checkpoints, tokens and versions of who may sign
	Erased     int `json:"erased"`
}

// A Conflict is a log that is not merged, and why.
type Conflict struct {
	Writer string `json:"writer"`
	What   string `json:"what"`
	Here   Stand  `json:"here"`
	There  Stand  `json:"there"`
}

// A Stand is what a copy's checkpoint claims; its size is 0 without one.
type Stand struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
}

// Merged is what a merge did.
type Merged struct {
	Taken     Moved      `json:"taken"`
	Given     Moved      `json:"given"`
	Conflicts []Conflict `json:"conflicts"`
	Damaged   []string   `json:"damaged"` // files that are not what they are called, and what nobody has
	Ignored   []string   `json:"ignored"` // what is no part of the evidence
}

// OK reports whether nothing is wrong with either copy as far as it was looked
// at.
func (m *Merged) OK() bool { return len(m.Conflicts) == 0 && len(m.Damaged) == 0 }

// merging is a merge under way.
type merging struct {
	Merge
	Merged
	here, there *copied
	logs        []*mergedLog
	done, of    int
}

// copied is one of the two copies, and what is in it.
type copied struct {
	*Store
	name  string // in messages
	moved *Moved // into it
	files *listing
}

// Do merges. The error is one of reading or writing; what is wrong with the
// evidence stands in what it returns, as far as it came.
func (m Merge) Do(ctx context.Context) (*Merged, error) {
	g := &merging{Merge: m}
	g.here = &copied{Store: m.Here, name: "here", moved: &g.Taken}
	g.there = &copied{Store: m.There, name: "there", moved: &g.Given}
	return &g.Merged, g.do(ctx)
}

func (g *merging) do(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		g.listLogs, g.compareLogs, g.listBodies, g.mergeRecords, g.mergeBlobs, g.publishLogs, g.mergeBeside, g.removeErased,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// other is the copy that is not c.
func (g *merging) other(c *copied) *copied {
	if c == g.here {
		return g.there
	}
	return g.here
}

func (g *merging) damaged(format string, args ...any) {
	g.Damaged = append(g.Damaged, fmt.Sprintf(format, args...))
}

func (g *merging) step() {
	g.done++
	if g.Progress != nil {
		g.Progress(g.done, g.of)
	}
}

// A mergedLog is a writer's log in both copies. Winner is the longer of the
// two, where they agree.
type mergedLog struct {
	writer string
	key    PublicKey
	views  map[*copied]*LogView // nil where there is none
	winner *LogView
	unfit  map[*copied]bool // which lack a statement that the winner names
}

// compareLogs reads every log of both copies, and finds which of two is to
// come.
func (g *merging) compareLogs(ctx context.Context) error {
	for _, writer := range union(g.here.files.writers, g.there.files.writers) {
		if err := ctx.Err(); err != nil {
			return err
		}
		l, err := g.compareLog(writer)
		if err != nil {
			return err
		}
		if l != nil {
			g.logs = append(g.logs, l)
		}
	}
	slices.SortStableFunc(g.logs, func(x, y *mergedLog) int {
		return cmp.Compare(y.count(g.First), x.count(g.First))
	})
	return nil
}

// count is 1 for a log that holds a leaf of a kind.
func (l *mergedLog) count(kind string) int {
	if slices.ContainsFunc(l.winner.Leaves, func(leaf Leaf) bool { return leaf.Kind == kind }) {
		return 1
	}
	return 0
}

// compareLog gives nil for a log that is not merged; why is said by then.
func (g *merging) compareLog(writer string) (*mergedLog, error) {
	held, err := g.heldOf(writer) // before the logs are read: they grow first
	if err != nil {
		return nil, err
	}
	for _, c := range []*copied{g.here, g.there} {
		if c.files.linked[writer] {
			g.conflict(writer, "a file of it "+c.name+" is a link or no regular file")
			return nil, nil
		}
	}
	key, err := g.Key(writer)
	switch {
	case errors.Is(err, ErrEmptyLog):
		return nil, nil // begun, and cut off
	case err != nil:
		g.conflict(writer, "its key is not known: "+err.Error())
		return nil, nil
	}
	l := &mergedLog{writer: writer, key: key, views: map[*copied]*LogView{}, unfit: map[*copied]bool{}}
	for _, c := range []*copied{g.here, g.there} {
		view, err := c.ReadLog(g.Client, writer, key)
		var file *FileError
		switch {
		case err == nil:
			l.views[c] = view
		case errors.Is(err, ErrEmptyLog):
		case errors.As(err, &file):
			g.conflict(writer, c.name+" it can't be relied on: "+file.What)
			return nil, nil
		default:
			return nil, err
		}
	}
	return g.choose(l, held)
}

// choose finds the longer log and holds it to all that was seen of it.
func (g *merging) choose(l *mergedLog, held [][]byte) (*mergedLog, error) {
	here, there := l.views[g.here], l.views[g.there]
	switch {
	case here == nil && there == nil:
		return nil, nil
	case here == nil || there != nil && there.Checkpoint.Size > here.Checkpoint.Size:
		l.winner = there
	default:
		l.winner = here
	}
	for _, view := range []*LogView{here, there} {
		if view == nil {
			continue
		}
		if err := l.winner.Consistent(view.Checkpoint); err != nil {
			g.conflict(l.writer, "the two copies hold different histories, which its key signed both")
			return nil, g.keepAside(l.writer, l.key)
		}
	}
	for _, note := range held {
		seen, err := ParseCheckpoint(note, l.key, Origin(g.Client, l.writer))
		if err != nil {
			continue // of another key: it says nothing of this log, and verify names it
		}
		if err := l.winner.Consistent(seen); err != nil {
			g.conflict(l.writer, fmt.Sprintf("a checkpoint of %d entries was seen that isn't of this history, or is of more than is left of it", seen.Size))
			return nil, g.keepAside(l.writer, l.key)
		}
	}
	return l, nil
}

// heldOf are the checkpoints of a log that were seen: outside of both copies,
// and those that the copies keep.
func (g *merging) heldOf(writer string) ([][]byte, error) {
	var held [][]byte
	if g.Held != nil {
		var err error
		if held, err = g.Held(writer); err != nil {
			return nil, err
		}
	}
	for _, c := range []*copied{g.here, g.there} {
		for _, name := range c.files.beside["heads/"+writer] {
			note, err := readRegular(c.Path("heads", writer, name), checkpointLimit)
			if err != nil {
				g.damaged("heads/%s/%s %s: %v", writer, name, c.name, err)
				continue
			}
			held = append(held, note)
		}
	}
	return held, nil
}

func (g *merging) conflict(writer, what string) {
	g.Conflicts = append(g.Conflicts, Conflict{Writer: writer, What: what, Here: g.here.stand(writer), There: g.there.stand(writer)})
}

// stand reads what a checkpoint claims, and verifies nothing.
func (c *copied) stand(writer string) Stand {
	note, err := readRegular(c.Path("logs", writer, "checkpoint"), checkpointLimit)
	if err != nil {
		return Stand{}
	}
	cp, err := parseCheckpointText(textOf(note))
	if err != nil {
		return Stand{}
	}
	return Stand{cp.Size, base64.StdEncoding.EncodeToString(cp.Root[:])}
}

// keepAside puts the checkpoint of each copy among the heads of the other, so
// that whoever verifies either of them sees that there are two histories. What
// the writer's key didn't sign says nothing.
func (g *merging) keepAside(writer string, key PublicKey) error {
	for _, c := range []*copied{g.here, g.there} {
		from := g.other(c)
		note, err := readRegular(from.Path("logs", writer, "checkpoint"), checkpointLimit)
		if err != nil {
			continue // which was said
		}
		cp, err := ParseCheckpoint(note, key, Origin(g.Client, writer))
		if err != nil || cp.Size == 0 {
			continue
		}
		if _, err := c.putHead(writer, cp); err != nil {
			return err
		}
	}
	return nil
}

// putHead keeps a checkpoint under its size, or, where another one of that size
// is kept already, under its root as well.
func (c *copied) putHead(writer string, cp Checkpoint) (added bool, err error) {
	for _, name := range []string{fmt.Sprintf("%d.ckpt", cp.Size), fmt.Sprintf("%d-%x.ckpt", cp.Size, cp.Root[:8])} {
		path := c.Path("heads", writer, name)
		have, err := readRegular(path, checkpointLimit)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return true, c.disk.WriteFile(path, cp.Text)
		case err != nil:
			return false, err
		case textOf(have) == textOf(cp.Text):
			return false, nil
		}
	}
	return false, nil
}

// publishLogs writes the logs that grow, each where all that it names is.
func (g *merging) publishLogs(ctx context.Context) error {
	for _, l := range g.logs {
		for _, c := range []*copied{g.here, g.there} {
			have := l.views[c]
			if have != nil && have.Checkpoint.Size == l.winner.Checkpoint.Size || l.unfit[c] {
				continue
			}
			grew, err := l.winner.copyTo(ctx, c.Store, g.Client, l.writer, l.key)
			var file *FileError
			switch {
			case errors.As(err, &file):
				g.conflict(l.writer, c.name+" it changed meanwhile: "+file.What)
				l.unfit[c] = true
			case err != nil:
				return err
			case grew:
				c.moved.Logs++
			}
		}
	}
	return nil
}

func union(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
