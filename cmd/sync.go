package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

func (a *app) syncCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "sync DIR", GroupID: groupProve, Short: "make this evidence and that of another folder one", Args: cobra.ExactArgs(1),
		Long: `Exchange evidence with another folder of the same layout: a share, a mounted
bucket, a USB stick. Each side gets what it lacks, of all clients or of --client;
blobs that were erased on one side are removed on the other. Each log has one
writer, so that nothing is ever merged within a log: the longer of two copies
takes the place of the shorter, where they agree. Where they don't, the log is
left alone and named. A sync that is cut off is finished by the next one.

Exit code 0 when both sides agree, 1 when a log or a file does not.`,
		Example: "  msp sync /mnt/evidence",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.place()
			if err != nil {
				return err
			}
			return a.sync(c.Context(), p, args[0], asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// syncedClient is what a sync did for one client.
type syncedClient struct {
	Client string `json:"client"`
	*evidence.Merged
}

func (a *app) sync(ctx context.Context, p *place, folder string, asJSON bool) error {
	there, err := a.otherState(p, folder)
	if err != nil {
		return err
	}
	clients, strangers, err := a.syncedClients(p, there)
	if err != nil {
		return err
	}
	done, ok := []syncedClient{}, true
	for _, client := range clients {
		merged, err := a.syncClient(ctx, p, there, client)
		if err != nil {
			return syncFailed(ctx, err)
		}
		ok = ok && merged.OK()
		done = append(done, syncedClient{client, merged})
	}
	if asJSON {
		err = a.printJSON(struct {
			V       int            `json:"v"`
			OK      bool           `json:"ok"`
			Clients []syncedClient `json:"clients"`
			Ignored []string       `json:"ignored"`
		}{1, ok, done, strangers})
	} else {
		err = a.printSynced(done, strangers)
	}
	if err == nil && !ok {
		return ended(exitNo)
	}
	return err
}

// syncFailed says what to do when a sync could not go on.
func syncFailed(ctx context.Context, err error) error {
	var file *evidence.FileError
	switch {
	case ctx.Err() != nil:
		return &codeError{exitInterrupted, hint(errors.New("interrupted"), "what was copied stands; run the command again to go on")}
	case errors.As(err, &file):
		return hint(err, "look at the folder, and run the command again")
	default:
		return hint(err, "what was copied stands; run the command again to go on")
	}
}

// otherState is the folder to synchronise with, as a place's state.
func (a *app) otherState(p *place, folder string) (string, error) {
	if folder == "" {
		return "", usageError(errors.New("the name of the folder is empty"), "msp sync DIR names a folder such as a state's; . is this one")
	}
	there, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(there)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", hint(err, "make the folder first; a share or a stick must be mounted")
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", usageError(fmt.Errorf("%s is no folder", folder), "msp sync DIR names a folder such as a state's")
	}
	if mine, err := os.Stat(p.State); err == nil && os.SameFile(mine, info) {
		return "", usageError(fmt.Errorf("%s is the evidence here itself", folder), "name another folder")
	}
	if info, err := os.Lstat(filepath.Join(there, "clients")); err == nil && !info.IsDir() {
		return "", hint(fmt.Errorf("%s is no folder of its own", filepath.Join(there, "clients")), "a link could lead anywhere: name the folder that it leads to")
	}
	return there, nil
}

// syncedClients lists the clients of both sides, and the names there that are no
// client's.
func (a *app) syncedClients(p *place, there string) (clients, strangers []string, err error) {
	if clients, err = p.clients(); err != nil {
		return nil, nil, err
	}
	entries, err := os.ReadDir(filepath.Join(there, "clients"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir() && evidence.ValidID(e.Name()):
			clients = append(clients, e.Name())
		default:
			strangers = append(strangers, "clients/"+e.Name())
		}
	}
	slices.Sort(clients)
	clients = slices.Compact(clients)
	if only := a.flags.client; only != "" {
		clients = slices.DeleteFunc(clients, func(c string) bool { return c != only })
	}
	if len(clients) == 0 {
		return nil, nil, hint(fmt.Errorf("there is no evidence in %s nor in %s", p.State, there), "msp run leaves some; --state and --client name others")
	}
	return clients, strangers, nil
}

// blobSlack is what a blob's file has beside the bytes that were kept: the salt
// and the line that counts what was cut out.
const blobSlack = 1 << 10

func (a *app) syncClient(ctx context.Context, p *place, there, client string) (*evidence.Merged, error) {
	here := a.store(p, client)
	s := &syncing{
		app: a, place: p, client: client, here: here,
		there: evidence.OpenStore(a.Disk, filepath.Join(there, "clients", client)),
	}
	return evidence.Merge{
		Client: client, Here: here, There: s.there,
		Key: s.key, Held: s.held, Erased: s.erased, First: record.KindErasure,
		BlobLimit: max(p.BlobLimit, evidence.DefaultBlobLimit) + blobSlack, Progress: a.progress(client),
	}.Do(ctx)
}

// progress says from time to time how far a long sync is.
func (a *app) progress(client string) func(done, of int) {
	const every = 5 * time.Second
	last := a.Now()
	return func(done, of int) {
		if now := a.Now(); now.Sub(last) >= every {
			last = now
			fmt.Fprintf(a.Stderr, "msp: %s: %d of %s\n", client, done, count(of, "file"))
		}
	}
}

// syncing is what a sync knows of one client.
type syncing struct {
	*app
	place       *place
	client      string
	here, there *evidence.Store
	before      *record.History // that was here before; nil until it is needed
}

// history is what the logs here said before the sync.
func (s *syncing) history() (*record.History, error) {
	if s.before == nil {
		h, err := record.ReadHistory(s.here, s.client, s.place.StatementLimit)
		if err != nil {
			return nil, err
		}
		s.before = h
	}
	return s.before, nil
}

// key is the key of a writer's log: of this installation's own writers as it
// knows it, else as the log here says, else as who may sign says, else as the
// log there says.
func (s *syncing) key(writer string) (evidence.PublicKey, error) {
	own, _, err := s.keyring(s.place).known(s.here, s.client)
	if err != nil {
		return evidence.PublicKey{}, err
	}
	if key, ok := own[writer]; ok {
		return key, nil
	}
	key, err := record.WriterKey(s.here, writer, s.place.StatementLimit)
	if err == nil {
		return key, nil
	}
	h, err := s.history()
	if err != nil {
		return evidence.PublicKey{}, err
	}
	if t := h.Trust(); t != nil {
		for _, w := range t.Body.Version.Writers {
			if w.ID == writer {
				return evidence.ParsePublicKey([]byte(w.Key))
			}
		}
	}
	return record.WriterKey(s.there, writer, s.place.StatementLimit)
}

// held is the checkpoint beside a writer's key, where its log is written here.
func (s *syncing) held(writer string) ([][]byte, error) {
	keys := s.keyring(s.place)
	if keys.writtenElsewhere(s.here, writer, s.client) {
		return nil, nil
	}
	head, err := os.ReadFile(filepath.Join(keys.writerFolder(writer), "heads", s.client+".ckpt"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return [][]byte{head}, err
}

// erased gives the blobs that logged statements erased. A legal hold keeps them
// on both sides. Without a statement of who may sign, only somebody whose
// statements were here before erases anything here: else anybody with a stick
// could.
func (s *syncing) erased(logs map[string]*evidence.LogView) (evidence.Erasures, error) {
	erased := evidence.Erasures{None: map[string]bool{}, Here: map[string]bool{}, There: map[string]bool{}}
	if !holdsErasure(logs) {
		return erased, nil
	}
	before, err := s.history()
	if err != nil {
		return erased, err
	}
	own, err := s.keyring(s.place).operators()
	if err != nil {
		return erased, err
	}
	known := before.Signers()
	for _, key := range own {
		known[key.ID()] = true
	}
	now := record.HistoryOf(s.here, logs, s.place.StatementLimit)
	held := now.HeldBlobs()
	for digest, e := range now.Erased() {
		if held[digest] != "" || len(now.Problems) > 0 { // what can't be read may be a hold
			erased.None[digest] = true
			continue
		}
		erased.None[digest], erased.There[digest] = true, true
		if before.SignedByRoots(e) || len(before.Trusts) == 0 && known[e.Key.ID()] {
			erased.Here[digest] = true
		}
	}
	return erased, nil
}

func holdsErasure(logs map[string]*evidence.LogView) bool {
	for _, view := range logs {
		for _, leaf := range view.Leaves {
			if leaf.Kind == record.KindErasure {
				return true
			}
		}
	}
	return false
}

func (a *app) printSynced(done []syncedClient, strangers []string) error {
	var p page
	for _, s := range done {
		p.add("%s · %s", s.Client, movedLine(s.Taken, s.Given))
		for _, c := range s.Conflicts {
			p.add(" ✗ the log of %s is left alone: %s", c.Writer, c.What)
			p.add("     here      %s", standLine(c.Here))
			p.add("     there     %s", standLine(c.There))
		}
		for _, what := range s.Damaged {
			p.add(" ✗ %s", what)
		}
		ignoredLines(&p, s.Ignored)
	}
	ignoredLines(&p, strangers)
	return p.print(a.Stdout)
}

// mostIgnored is how many names of what is no evidence a screen shows; --json
// has more.
const mostIgnored = 10

func ignoredLines(p *page, names []string) {
	for i, name := range names {
		if i == mostIgnored {
			p.add(" ? %d more ignored, which --json shows", len(names)-i)
			return
		}
		p.add(" ? ignored: %s", name)
	}
}

func movedLine(taken, given evidence.Moved) string {
	if taken == (evidence.Moved{}) && given == (evidence.Moved{}) {
		return "nothing to take, nothing to give"
	}
	line := movedWords(taken) + " taken; " + movedWords(given) + " given"
	if taken.Erased+given.Erased > 0 {
		line += fmt.Sprintf("; erased: %s here, %d there", count(taken.Erased, "blob"), given.Erased)
	}
	return line
}

func movedWords(m evidence.Moved) string {
	var words []string
	for _, part := range []struct {
		n    int
		word string
	}{{m.Statements, "statement"}, {m.Blobs, "blob"}, {m.Other, "other file"}} {
		if part.n > 0 {
			words = append(words, count(part.n, part.word))
		}
	}
	if m.Logs > 0 && len(words) == 0 {
		words = append(words, count(m.Logs, "log"))
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

func standLine(s evidence.Stand) string {
	if s.Root == "" {
		return "no checkpoint that can be read"
	}
	return fmt.Sprintf("%d of its entries · root %s", s.Size, s.Root)
}

// operators are the public halves of the user's own keys.
func (k keyring) operators() ([]evidence.PublicKey, error) {
	names, err := k.names()
	if err != nil {
		return nil, err
	}
	var keys []evidence.PublicKey
	for _, name := range names {
		key, err := readPublic(k.keyPath(name) + ".pub")
		if err == nil {
			keys = append(keys, key)
		}
	}
	return keys, nil
}
