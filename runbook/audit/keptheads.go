package audit

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// headLimit is the most bytes of a checkpoint that is read.
const headLimit = 64 << 10

// checkKeptHeads holds the logs to the checkpoints that lie beside them: a log
// that another copy had otherwise left them when the two were synchronised.
// They come from the evidence itself, so they witness nothing.
func (a *audit) checkKeptHeads() error {
	writers, err := entries(a.store.Path("heads"))
	if err != nil {
		return err
	}
	for _, writer := range writers {
		names, err := entries(a.store.Path("heads", writer))
		if err != nil {
			return err
		}
		var heads []Head
		for _, name := range names {
			file := "heads/" + writer + "/" + name
			note, err := a.readHead(writer, name)
			if err != nil {
				a.note(ruleFileForeign, place{file: file}, "%s is no checkpoint", file)
				continue
			}
			heads = append(heads, Head{Name: file, Note: note})
		}
		if len(heads) > 0 {
			a.checkWriterHeads(writer, heads)
		}
	}
	return nil
}

func (a *audit) readHead(writer, name string) ([]byte, error) {
	path := a.store.Path("heads", writer, name)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !evidence.ValidID(writer) || !strings.HasSuffix(name, ".ckpt") || !info.Mode().IsRegular() || info.Size() > headLimit:
		return nil, errors.New("no checkpoint")
	}
	return os.ReadFile(path)
}

// entries are the names in a folder, without those that begin with a dot; none
// when there is no such folder, or it is a file.
func entries(folder string) ([]string, error) {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return nil, err
	}
	all, err := os.ReadDir(folder)
	var names []string
	for _, e := range all {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, err
}
