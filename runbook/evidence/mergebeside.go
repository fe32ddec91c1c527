package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// besideLimit is the most bytes of a checkpoint, a token or a version of who may
// sign.
const besideLimit = 4 << 20

// mergeBeside copies what lies beside the logs: what others said about their
// checkpoints, checkpoints that were seen, and versions of who may sign. A
// checkpoint comes before what was said about it.
func (g *merging) mergeBeside(context.Context) error {
	for _, to := range []*copied{g.here, g.there} {
		from := g.other(to)
		for _, folder := range sortedFolders(from.files.beside) {
			names := from.files.beside[folder]
			slices.SortFunc(names, func(x, y string) int {
				return boolOrder(strings.HasSuffix(y, ".ckpt")) - boolOrder(strings.HasSuffix(x, ".ckpt"))
			})
			for _, name := range names {
				if err := g.takeBeside(to, folder, name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

func sortedFolders(m map[string][]string) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (g *merging) takeBeside(to *copied, folder, name string) error {
	from := g.other(to)
	data, err := readRegular(from.Path(folder, name), besideLimit)
	if err != nil {
		g.damaged("%s/%s %s: %v", folder, name, from.name, err)
		return nil
	}
	if what := g.unfitBeside(to, folder, name, data); what != "" {
		g.Ignored = append(g.Ignored, fmt.Sprintf("%s/%s %s: %s", folder, name, from.name, what))
		return nil
	}
	have, err := readRegular(to.Path(folder, name), besideLimit)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case bytes.Equal(have, data), bytes.HasPrefix(have, data): // cosignatures are added at the end
		return nil
	case !bytes.HasPrefix(data, have):
		if from == g.there {
			g.damaged("%s/%s is another file here than there", folder, name)
		}
		return nil
	}
	if err := to.disk.WriteFile(to.Path(folder, name), data); err != nil {
		return err
	}
	to.moved.Other++
	return nil
}

// unfitBeside says why a file is not taken: a checkpoint is one of a log that
// was compared and, as an anchor, of its history; what was said about a
// checkpoint stands beside it; a version of who may sign is in a log.
func (g *merging) unfitBeside(to *copied, folder, name string, data []byte) string {
	kind, writer, _ := strings.Cut(folder, "/")
	if kind == "trust" {
		if !g.logged(digestOf(data)) {
			return "no log names it"
		}
		return ""
	}
	i := slices.IndexFunc(g.logs, func(l *mergedLog) bool { return l.writer == writer })
	if i < 0 {
		return "the log of " + writer + " was not merged"
	}
	l, size := g.logs[i], leadingDigits(name)
	if !strings.HasSuffix(name, ".ckpt") {
		if _, err := os.Lstat(to.Path(folder, size+".ckpt")); err != nil {
			return "the checkpoint that it is about is not beside it"
		}
		return ""
	}
	cp, err := ParseCheckpoint(data, l.key, Origin(g.Client, writer))
	switch {
	case err != nil:
		return err.Error()
	case fmt.Sprint(cp.Size) != size:
		return fmt.Sprintf("it is of %d entries", cp.Size)
	}
	if err := l.winner.Consistent(cp); err != nil {
		return err.Error()
	}
	return ""
}

func leadingDigits(name string) string {
	return name[:len(name)-len(strings.TrimLeft(name, "0123456789"))]
}

func (g *merging) logged(digest string) bool {
	return slices.ContainsFunc(g.logs, func(l *mergedLog) bool {
		return slices.ContainsFunc(l.winner.Leaves, func(leaf Leaf) bool { return leaf.Envelope == digest })
	})
}
