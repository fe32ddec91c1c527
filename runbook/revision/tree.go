package revision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Tree is the files of a repository at a revision.
type Tree struct {
	*Repository
	Rev    string // as it was asked for
	commit string
}

// File is one file as it was.
type File struct {
	Path    string // from the top of the repository, with slashes
	Content []byte
	object  string
	link    bool // the content is the path of what it links to
}

// Files are the files directly in some folders, by their paths from the top; "." is the
// top itself. A folder that wasn't there had no files. A link holds what the file holds
// that it names; one that names no file of the repository is left out.
func (t *Tree) Files(ctx context.Context, folders ...string) ([]File, error) {
	var files []File
	for _, folder := range folders {
		if folder = path.Clean(folder); folder != "." {
			folder += "/"
		}
		listed, err := t.list(ctx, folder)
		if err != nil {
			return nil, err
		}
		files = append(files, listed...)
	}
	if err := t.read(ctx, files); err != nil {
		return nil, err
	}
	var followed []File
	for _, f := range files {
		named, err := t.follow(ctx, &f)
		if err != nil {
			return nil, err
		}
		if named != nil {
			followed = append(followed, *named)
		}
	}
	return followed, nil
}

// File is one file; nil where there was none.
func (t *Tree) File(ctx context.Context, name string) (*File, error) {
	f, err := t.entry(ctx, name)
	if err != nil {
		return nil, err
	}
	return t.follow(ctx, f)
}

// mostLinks is how many links may lead to a file.
const mostLinks = 8

// follow gives a link the content of the file that it names; nil for no such file.
func (t *Tree) follow(ctx context.Context, f *File) (*File, error) {
	named := f
	for hops := 0; named != nil && named.link; hops++ {
		target := path.Join(path.Dir(named.Path), string(named.Content))
		if hops == mostLinks || path.IsAbs(string(named.Content)) || !fs.ValidPath(target) {
			return nil, nil
		}
		var err error
		if named, err = t.entry(ctx, target); err != nil {
			return nil, err
		}
	}
	if named == nil {
		return nil, nil
	}
	return &File{Path: f.Path, Content: named.Content}, nil
}

// entry is one file or link as it is; nil for none.
func (t *Tree) entry(ctx context.Context, name string) (*File, error) {
	files, err := t.list(ctx, name)
	if err != nil || len(files) != 1 || files[0].Path != name {
		return nil, err
	}
	return &files[0], t.read(ctx, files)
}

// list finds files by the path of one, or of their folder with a slash behind it. "." is
// the top.
func (t *Tree) list(ctx context.Context, where string) ([]File, error) {
	args := []string{"ls-tree", "-z", "--full-tree", t.commit, "--"}
	if where != "." {
		args = append(args, where)
	}
	listed, err := t.ask(ctx, "", args...)
	if err != nil {
		return nil, t.missing(err)
	}
	return parseTree(listed), nil
}

// Renamed are the files that git takes to have been renamed since, in commits or in
// the index: the path that each had, by the one that it has.
func (t *Tree) Renamed(ctx context.Context) (map[string]string, error) {
	listed, err := t.ask(ctx, "", "diff-index", "--cached", "-z", "--name-status", "--find-renames", "--diff-filter=R", "--no-ext-diff", "--no-textconv", t.commit, "--")
	if err != nil {
		return nil, t.missing(err)
	}
	return parseRenamed(listed), nil
}

// read fills in what the files hold.
func (t *Tree) read(ctx context.Context, files []File) error {
	if len(files) == 0 {
		return nil
	}
	var objects strings.Builder
	for _, f := range files {
		objects.WriteString(f.object + "\n")
	}
	answer, err := t.ask(ctx, objects.String(), "cat-file", "--batch")
	if err != nil {
		return t.missing(err)
	}
	if !parseBatch(answer, files) {
		return t.missing(&failure{"an object is missing"})
	}
	return nil
}

// missing says that a clone doesn't hold all of a revision.
func (t *Tree) missing(err error) error {
	var said *failure
	if !errors.As(err, &said) {
		return err
	}
	return &Error{fmt.Sprintf("can't read %s of %s: %s", t.Rev, t.top, said.words), "git fsck looks whether all is there; a clone with --filter or --depth lacks some"}
}

// The beginnings of the modes of files and links.
const (
	modeFile = "100"
	modeLink = "120"
)

// parseTree reads "MODE TYPE OBJECT\tPATH\0" of git ls-tree -z. What is neither a file
// nor a link is left out.
func parseTree(listed []byte) []File {
	var files []File
	for entry := range bytes.SplitSeq(listed, []byte{0}) {
		about, name, ok := strings.Cut(string(entry), "\t")
		words := strings.Fields(about)
		if !ok || len(words) != 3 || words[1] != "blob" {
			continue
		}
		link := strings.HasPrefix(words[0], modeLink)
		if link || strings.HasPrefix(words[0], modeFile) {
			files = append(files, File{Path: name, object: words[2], link: link})
		}
	}
	return files
}

// parseBatch reads "OBJECT blob SIZE\nCONTENT\n" of git cat-file --batch, one for each
// file. It is false where one is missing.
func parseBatch(answer []byte, files []File) bool {
	for i := range files {
		head, rest, _ := bytes.Cut(answer, []byte("\n"))
		words := strings.Fields(string(head))
		if len(words) != 3 || words[0] != files[i].object || words[1] != "blob" {
			return false
		}
		size, err := strconv.Atoi(words[2])
		if err != nil || size < 0 || size >= len(rest) || rest[size] != '\n' {
			return false
		}
		files[i].Content, answer = rest[:size:size], rest[size+1:]
	}
	return true
}

// parseRenamed reads "R100\0OLD\0NEW\0" of git diff-index -z --name-status.
func parseRenamed(listed []byte) map[string]string {
	renamed := map[string]string{}
	words := strings.Split(string(listed), "\x00")
	for i := 0; i+2 < len(words); i += 3 {
		if strings.HasPrefix(words[i], "R") {
			renamed[words[i+2]] = words[i+1]
		}
	}
	return renamed
}
