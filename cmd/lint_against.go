package cmd

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/cmd/terminal"
	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/change"
	"github.com/msp-runbook/msp/runbook/lint"
	"github.com/msp-runbook/msp/runbook/revision"
)

// against finds what the runbooks among some files were at a revision of git. Whole says
// that the files are all of the workspace, so that what isn't among them is gone.
func (a *app) against(ctx context.Context, p *place, rev string, files []runbook.File, whole bool) (*lint.Before, error) {
	b := &lookBack{
		before: lint.Before{Since: rev, Former: map[string]*lint.Former{}}, paths: map[string]string{}, taken: map[*lint.Former]bool{},
		old: map[string]*lint.Former{}, ids: map[string]*lint.Former{}, now: map[string]bool{},
	}
	if err := b.open(ctx, p, files, whole); err != nil {
		return nil, err
	}
	if err := b.readOld(ctx, files); err != nil {
		return nil, err
	}
	b.readNow(files)
	if err := b.match(ctx); err != nil {
		return nil, err
	}
	if whole {
		b.findGone()
	}
	return &b.before, nil
}

// lookBack pairs runbooks with what they were.
type lookBack struct {
	before  lint.Before
	tree    *revision.Tree
	folders []string          // in which the files lie, as the repository calls them
	paths   map[string]string // what the repository calls a file
	now     map[string]bool   // those paths

	same  map[string]bool         // the files that are what they were, by path
	old   map[string]*lint.Former // the others as they were, by path
	ids   map[string]*lint.Former // by the runbook's id
	books []*runbook.Runbook      // of the files that are not what they were
	taken map[*lint.Former]bool   // those that are a runbook now
}

// open finds the repository, the revision, and where the files lie in it.
func (b *lookBack) open(ctx context.Context, p *place, files []runbook.File, whole bool) error {
	start := p.Workspace
	if len(files) > 0 {
		start = filepath.Dir(files[0].Name)
	}
	start, err := filepath.Abs(start)
	if err != nil {
		return err
	}
	repository, err := revision.Open(ctx, os.Environ(), start)
	if err != nil {
		return err
	}
	if b.tree, err = repository.At(ctx, b.before.Since); err != nil {
		return err
	}
	for _, f := range files {
		absolute, err := filepath.Abs(f.Name)
		if err != nil {
			return err
		}
		within, err := repository.Path(absolute)
		if err != nil {
			return err
		}
		b.paths[f.Name], b.now[within] = within, true
		b.folder(path.Dir(within))
	}
	if !whole {
		return nil
	}
	within, err := repository.Path(filepath.Join(p.Workspace, workspaceFile))
	if err == nil { // else the folder of runbooks is a repository of its own
		b.folder(path.Join(path.Dir(within), runbooksFolder))
		b.folder(path.Join(path.Dir(within), runbooksFolder, calendarsFolder))
	}
	return nil
}

func (b *lookBack) folder(path string) {
	if !slices.Contains(b.folders, path) {
		b.folders = append(b.folders, path)
	}
}

// readOld reads the files of the same folders as they were. One that still holds the
// same bytes needs no look.
func (b *lookBack) readOld(ctx context.Context, files []runbook.File) error {
	sources := map[string][]byte{}
	for _, f := range files {
		sources[b.paths[f.Name]] = f.Source
	}
	found, err := b.tree.Files(ctx, b.folders...)
	b.same = map[string]bool{}
	for _, f := range found {
		source, still := sources[f.Path]
		if b.same[f.Path] = still && bytes.Equal(source, f.Content); !b.same[f.Path] {
			b.former(f)
		}
	}
	return err
}

// former takes down what a file was, if that was a runbook or can't be read.
func (b *lookBack) former(f revision.File) {
	file := runbook.File{Name: labelAt(b.before.Since, f.Path), Source: f.Content}
	if ext := path.Ext(f.Path); ext != ".yaml" && ext != ".yml" || !mayBeRunbook(file) {
		return
	}
	r, _ := runbook.Load(file.Name, file.Source, kinds())
	former := &lint.Former{File: f.Path, Runbook: r}
	b.old[f.Path] = former
	if r != nil && b.ids[r.ID] == nil {
		b.ids[r.ID] = former
	}
}

// mayBeRunbook reports whether a file doesn't say that it is something else.
func mayBeRunbook(f runbook.File) bool {
	kind := runbook.KindOf(f)
	return kind == "" || kind == runbook.KindRunbook
}

// readNow loads the runbooks of the files that are not what they were. What is no
// runbook, or can't be read, has findings of its own.
func (b *lookBack) readNow(files []runbook.File) {
	for _, f := range files {
		if b.same[b.paths[f.Name]] {
			continue
		}
		if r, _ := runbook.Load(f.Name, f.Source, kinds()); r != nil {
			b.books = append(b.books, r)
		}
	}
}

// match finds what each runbook was: the one of its id, which plans and records name;
// else the one that its file held; else that of the file from which git saw its file
// renamed. A runbook without any is new.
func (b *lookBack) match(ctx context.Context) error {
	rest := b.pair(b.books, func(r *runbook.Runbook) *lint.Former { return b.ids[r.ID] })
	rest = b.pair(rest, func(r *runbook.Runbook) *lint.Former { return b.old[b.paths[r.File]] })
	if len(rest) > 0 {
		renamed, err := b.tree.Renamed(ctx)
		if err != nil {
			return err
		}
		for _, r := range rest {
			if err := b.fetch(ctx, renamed[b.paths[r.File]]); err != nil {
				return err
			}
		}
		rest = b.pair(rest, func(r *runbook.Runbook) *lint.Former { return b.old[renamed[b.paths[r.File]]] })
	}
	b.before.Came = rest
	return nil
}

// fetch reads a file that lay in another folder.
func (b *lookBack) fetch(ctx context.Context, path string) error {
	if path == "" || b.old[path] != nil || b.same[path] {
		return nil
	}
	f, err := b.tree.File(ctx, path)
	if f != nil {
		b.former(*f)
	}
	return err
}

// pair takes for each runbook what it was, unless another has taken that, and gives the
// rest.
func (b *lookBack) pair(books []*runbook.Runbook, find func(*runbook.Runbook) *lint.Former) (rest []*runbook.Runbook) {
	for _, r := range books {
		former := find(r)
		if former == nil || b.taken[former] {
			rest = append(rest, r)
			continue
		}
		b.taken[former] = true
		b.before.Former[r.File] = former
		former.Now, former.Moved = r, former.File != b.paths[r.File]
		if former.Runbook != nil {
			former.Changes = change.Between(former.Runbook, r)
		}
	}
	return rest
}

// findGone finds the runbooks that are no more. A file that can't be read now may still
// be one.
func (b *lookBack) findGone() {
	for _, path := range sortedNames(b.old) {
		if former := b.old[path]; !b.taken[former] && !b.now[path] {
			b.before.Gone = append(b.before.Gone, former)
		}
	}
}

// The states of a runbook since a revision.
const (
	stateChanged = "changed"
	stateMoved   = "moved" // and nothing else
	stateNew     = "new"
	stateDeleted = "deleted"
	stateUnread  = "unread" // it couldn't be read then, so nothing is known
)

// toldRunbook is what became of a runbook since a revision, as a program reads it.
type toldRunbook struct {
	File    string        `json:"file"`
	ID      string        `json:"id,omitempty"`
	State   string        `json:"state"`
	From    string        `json:"from,omitempty"` // the name of the file, where it was another
	Old     string        `json:"old,omitempty"`  // the versions
	New     string        `json:"new,omitempty"`
	Demands change.Demand `json:"demands"`
	Changes []toldChange  `json:"changes,omitempty"`

	changes []change.Change
}

// toldSince is what became of runbooks since a revision, as a program reads it.
type toldSince struct {
	Rev      string        `json:"rev"`
	Runbooks []toldRunbook `json:"runbooks"`
}

// sinceThen tells of all runbooks that are not what they were, by file, and of those
// that are gone; nil where nothing was compared.
func sinceThen(before *lint.Before) *toldSince {
	if before == nil {
		return nil
	}
	since := &toldSince{Rev: before.Since, Runbooks: []toldRunbook{}}
	for _, former := range before.Former {
		if t := toldFormer(former); t.State != "" {
			since.Runbooks = append(since.Runbooks, t)
		}
	}
	for _, r := range before.Came {
		since.Runbooks = append(since.Runbooks, toldRunbook{File: r.File, ID: r.ID, State: stateNew, New: r.Version})
	}
	for _, former := range before.Gone {
		gone := toldRunbook{File: former.File, State: stateDeleted}
		if former.Runbook != nil {
			gone.ID, gone.Old = former.Runbook.ID, former.Runbook.Version
		}
		since.Runbooks = append(since.Runbooks, gone)
	}
	slices.SortFunc(since.Runbooks, func(a, b toldRunbook) int { return cmp.Compare(a.File, b.File) })
	return since
}

// toldFormer tells of one; without a state nothing is to be told.
func toldFormer(former *lint.Former) toldRunbook {
	t := toldRunbook{
		File: former.Now.File, ID: former.Now.ID, New: former.Now.Version, Changes: toldChanges(former.Changes), Demands: change.Demanded(former.Changes),
		changes: former.Changes,
	}
	if former.Moved {
		t.State, t.From = stateMoved, former.File
	}
	switch {
	case former.Runbook == nil:
		t.State = stateUnread
	case len(former.Changes) > 0:
		t.State, t.Old = stateChanged, former.Runbook.Version
	default:
		t.Old = former.Runbook.Version
	}
	return t
}

// printSince prints what became of runbooks since a revision.
func (a *app) printSince(before *lint.Before) {
	since := sinceThen(before)
	if since == nil {
		return
	}
	if len(since.Runbooks) == 0 {
		fmt.Fprintf(a.Stdout, "since %s no runbook changed in meaning\n", terminal.Sanitize(since.Rev, false))
		return
	}
	fmt.Fprintf(a.Stdout, "since %s:\n", terminal.Sanitize(since.Rev, false))
	for _, t := range since.Runbooks {
		fmt.Fprintf(a.Stdout, "%s: %s\n", terminal.Sanitize(t.File, false), terminal.Sanitize(t.words(), false))
		a.printChanges(t.changes)
	}
}

// words say what became of a runbook, in a line.
func (t toldRunbook) words() string {
	text := ""
	switch t.State {
	case stateNew:
		return t.ID + " " + t.New + " is new"
	case stateDeleted:
		return strings.TrimSpace(t.ID+" "+t.Old) + " was deleted"
	case stateUnread:
		text = t.ID + " can't be compared: the file couldn't be read then, so nothing is demanded of its version"
	case stateMoved:
		text = t.ID + " is as it was"
	default:
		text = t.ID + ": " + demandWords(t.Old, t.New, t.Demands)
	}
	if t.From != "" {
		text += "; its file was " + t.From
	}
	return text
}
