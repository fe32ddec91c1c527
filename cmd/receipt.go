package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

func (a *app) receiptCommand() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use: "receipt", Short: "give the newest checkpoint of each log, for the client to keep",
		Long: `Print the newest checkpoint of each of the client's logs. Whoever keeps it
elsewhere can hold the log to it later: entries that were there now can't be
taken out, changed or put in another order unseen. It says nothing about what
is in them.`,
		Example: "  msp log receipt --to receipt.txt", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.receipt(p, to)
		},
	}
	c.Flags().StringVar(&to, "to", "", "write it to a new `FILE`")
	return c
}

func (a *app) receipt(p *place, to string) error {
	store := a.store(p, p.Client)
	keys, _, err := a.keyring(p).known(store, p.Client)
	if err != nil {
		return err
	}
	writers, err := store.Writers()
	if err != nil {
		return err
	}
	var notes [][]byte
	for _, writer := range writers {
		view, err := readLog(store, p, writer, keys)
		if errors.Is(err, evidence.ErrEmptyLog) {
			continue
		}
		if err != nil {
			return hint(err, "msp verify says what is wrong with the evidence")
		}
		notes = append(notes, view.Checkpoint.Text)
		fmt.Fprintf(a.Stderr, "%s in the log of %s\n", count(int(view.Checkpoint.Size), "statement"), writer)
	}
	if len(notes) == 0 {
		return hint(fmt.Errorf("no run of %s is in a log yet", p.Client), "--client names another client")
	}
	receipt := bytes.Join(notes, []byte{'\n'})
	if to == "" {
		_, err = a.Stdout.Write(receipt)
		return err
	}
	if err := evidence.Absent(to); err != nil {
		return hint(err, "choose another name; a receipt is never written over")
	}
	if err := parentThere(to); err != nil {
		return err
	}
	if err := a.Disk.WriteFile(to, receipt); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Stdout, "%s\nKeep it where this machine can't change it. Later, msp verify --checkpoint %s shows\nwhether the log still holds all that it holds now.\n", to, to)
	return err
}

// parentThere refuses the name of a new file in a folder that isn't there: it may
// be a share that is not mounted, or a slip.
func parentThere(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return usageError(fmt.Errorf("%s: there is no folder %s", path, folder), "make the folder first; a share or a stick must be mounted")
	case err == nil && !info.IsDir():
		return usageError(fmt.Errorf("%s: %s is no folder", path, folder), "name a file in a folder")
	default:
		return err
	}
}

// readLog reads a writer's log whole, with the key that is known, else with the
// one that it names.
func readLog(store *evidence.Store, p *place, writer string, keys map[string]evidence.PublicKey) (*evidence.LogView, error) {
	key, known := keys[writer]
	if !known {
		var err error
		if key, err = record.WriterKey(store, writer, p.StatementLimit); err != nil {
			return nil, err
		}
	}
	return store.ReadLog(p.Client, writer, key)
}

// heldCheckpoint is a checkpoint that somebody kept, and whose client it is.
type heldCheckpoint struct {
	note   []byte
	client string
}

// readCheckpoints reads a file with one checkpoint or, as a receipt has them,
// several. The line ends of another system don't matter.
func readCheckpoints(path string) ([]heldCheckpoint, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, hint(err, "--checkpoint and --since name a file with a checkpoint, such as one of msp log receipt")
	}
	var held []heldCheckpoint
	for _, note := range splitNotes(strings.ReplaceAll(string(text), "\r\n", "\n")) {
		origin, _, _ := strings.Cut(note, "\n")
		parts := strings.Split(origin, "/")
		if len(parts) != 4 || origin != evidence.Origin(parts[2], parts[3]) || !strings.Contains(note, "\n\n") {
			return nil, usageError(fmt.Errorf("%s is no checkpoint of a log of msp", path), "it begins with msp-runbook.github.io/log/<client>/<writer>")
		}
		held = append(held, heldCheckpoint{[]byte(note), parts[2]})
	}
	return held, nil
}

// splitNotes takes signed notes apart that stand behind each other, with or
// without an empty line between them: a note ends with its signatures.
func splitNotes(text string) []string {
	var notes []string
	signed := false
	start := 0
	at := 0
	for line := range strings.Lines(text) {
		signature := strings.HasPrefix(line, "— ")
		if signed && !signature {
			notes = append(notes, text[start:at])
			for start = at; start < len(text) && text[start] == '\n'; start++ {
			}
			signed = false
		}
		signed = signed || signature
		at += len(line)
	}
	if start < len(text) || len(notes) == 0 {
		notes = append(notes, text[start:])
	}
	return notes
}
