package runbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/msp-runbook/msp/runbook/document"
	"github.com/msp-runbook/msp/runbook/parallel"
)

// File is one document of a library: its name for people and its bytes.
type File struct {
	Name   string
	Source []byte
}

// Library finds runbooks by id: those of a workspace, and behind them those
// that ship with msp.
type Library struct {
	files []File
	heads func() []head // of the files, read once
	kinds []Kind
}

// NewLibrary takes the documents of a library.
func NewLibrary(kinds []Kind, files []File) *Library {
	return &Library{files: files, kinds: kinds, heads: sync.OnceValue(func() []head {
		return parallel.Map(len(files), func(i int) head { return readHead(files[i]) })
	})}
}

// ReadFiles reads every *.yaml and *.yml directly in dir, except what IsDocument
// leaves out. A folder that isn't there holds no files. Label goes in front of each
// name that is shown.
func ReadFiles(fsys fs.FS, dir, label string) ([]File, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, named(err, label)
	}
	var files []File
	for _, entry := range entries {
		if !IsDocument(entry) {
			continue
		}
		name := path.Join(label, entry.Name())
		source, err := readCapped(fsys, path.Join(dir, entry.Name()))
		if err != nil {
			return nil, named(err, name)
		}
		files = append(files, File{Name: name, Source: source})
	}
	return files, nil
}

// named has an error name a file as people know it, and not as a part of its folder.
func named(err error, name string) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return &fs.PathError{Op: at.Op, Path: name, Err: at.Err}
	}
	return err
}

// notOrdinary says that a pipe or a device stands where a file is expected.
type notOrdinary struct{}

func (notOrdinary) Error() string { return "it is no ordinary file" }

// Hint is what to do about it.
func (notOrdinary) Hint() string {
	return "put it elsewhere, or give it a name that doesn't end in .yaml"
}

// IsDocument says whether an entry of a folder may be a document: a file, or a link
// to one, whose name ends in .yaml or .yml. A name that begins with a dot is left
// out, as shells do: editors lock and save files under such names. So is what is no
// file, such as a pipe, from which nothing may ever come.
func IsDocument(entry fs.DirEntry) bool {
	name, kind := entry.Name(), entry.Type()
	ext := path.Ext(name)
	return (ext == ".yaml" || ext == ".yml") && !strings.HasPrefix(name, ".") && (kind.IsRegular() || kind == fs.ModeSymlink)
}

// readCapped reads one byte more than a document may have, so that the size is
// complained about and not read. A pipe or a device is not opened: it might never end.
func readCapped(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: notOrdinary{}}
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(document.DefaultLimits.Bytes)+1))
}

// head is what is read of a document to find it.
type head struct {
	kind, id string
	at       document.Position
}

func readHead(f File) head {
	root, _ := document.Parse(f.Name, f.Source, document.DefaultLimits)
	return headOf(root)
}

func headOf(root *document.Node) head {
	var h head
	for _, field := range root.Fields() {
		switch field.Key {
		case "kind":
			h.kind = field.Value.Text()
		case "id":
			h.id, h.at = field.Value.Text(), field.Value.Position()
		}
	}
	return h
}

// KindOf is the kind that a document says it has; "" when it can't be read.
func KindOf(f File) string { return readHead(f).kind }

// plainKind finds the kind at the head of a document, where documents say it in the
// plainest way. The line behind it must not go on with it.
var plainKind = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:#.*\n)*(?:apiVersion: [\w./]+\n)?kind: (\w+)\n[^\s]`)
})

// Is says whether a document says that it has a kind. It looks at the bytes first:
// most files are runbooks, and reading one takes longer.
func (f File) Is(kind string) bool {
	if said := plainKind().FindSubmatch(f.Source); said != nil && string(said[1]) != kind {
		return false
	}
	return bytes.Contains(f.Source, []byte(kind)) && KindOf(f) == kind
}

// otherKind says whether a kind is one of documents that are no runbooks.
func otherKind(kind string) bool {
	return kind != KindRunbook && slices.ContainsFunc(documentKinds, func(known documentKind) bool { return known.kind == kind })
}

// reading is what one file of a library holds.
type reading struct {
	head
	book     *Runbook // nil with problems, and for documents of other kinds
	problems document.Problems
}

func (l *Library) read(f File) reading {
	root, problems := document.Parse(f.Name, f.Source, document.DefaultLimits)
	r := reading{head: headOf(root)}
	if !otherKind(r.kind) {
		r.book, r.problems = loadTree(f.Name, f.Source, root, problems, l.kinds)
	}
	return r
}

// Load checks every runbook of the library, and that no id stands twice.
// Documents of other kinds are passed over.
func (l *Library) Load() ([]*Runbook, document.Problems) {
	var all []*Runbook
	var problems document.Problems
	seen := map[string]document.Position{}
	for _, r := range parallel.Map(len(l.files), func(i int) reading { return l.read(l.files[i]) }) {
		if otherKind(r.kind) {
			continue
		}
		problems = append(problems, r.problems...)
		if first, twice := seen[r.id]; twice && r.id != "" {
			problems = append(problems, duplicate(r.head, first))
		} else if r.id != "" {
			seen[r.id] = r.at
		}
		if r.book != nil {
			all = append(all, r.book)
		}
	}
	problems.Sort()
	return all, problems
}

func duplicate(h head, first document.Position) document.Problem {
	return document.Problem{
		Position: h.at, Rule: "duplicate-id", Hint: "give one of them another id",
		Message: fmt.Sprintf("the runbook %q stands twice, first at %s", h.id, first),
	}
}

// ErrUnknownRunbook says that no document has the id.
var ErrUnknownRunbook = errors.New("no such runbook")

// Find loads the one runbook with this id. The problems are those of its file,
// which may be so broken that only its name says which runbook it was.
func (l *Library) Find(id string) (*Runbook, error) {
	var found []File
	var heads []head
	for i, h := range l.heads() {
		f := l.files[i]
		if h == (head{}) && strings.TrimSuffix(path.Base(f.Name), path.Ext(f.Name)) == id {
			h.id, h.at = id, document.Position{File: f.Name}
		}
		if h.id == id && (h.kind == KindRunbook || h.kind == "") {
			found, heads = append(found, f), append(heads, h)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("%w: %q", ErrUnknownRunbook, id)
	case 1:
		r, problems := Load(found[0].Name, found[0].Source, l.kinds)
		if len(problems) > 0 {
			return nil, problems
		}
		return r, nil
	default:
		return nil, document.Problems{duplicate(heads[1], heads[0].at)}
	}
}

// IDs lists the ids of the library's runbooks, sorted, broken ones included.
func (l *Library) IDs() []string {
	var ids []string
	for _, h := range l.heads() {
		if h.kind == KindRunbook && h.id != "" {
			ids = append(ids, h.id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// IsPath reports whether a word on the command line names a file and not an id.
func IsPath(word string) bool {
	return strings.ContainsAny(word, "/\\") || strings.HasSuffix(word, ".yaml") || strings.HasSuffix(word, ".yml")
}
