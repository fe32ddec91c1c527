package cmd

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
	"github.com/msp-runbook/msp/runbook/trust"
)

// keyring is the user's keys: operator keys under keys/, and under writers/
// the keys of this installation's logs with the newest checkpoint of each.
type keyring struct {
	disk   *evidence.Disk
	folder string
	note   func(format string, args ...any)
	agent  bool // an ssh-agent signs
	unlock func(ctx context.Context, path string, data []byte) (*evidence.PrivateKey, error)
}

func (a *app) keyring(p *place) keyring {
	return keyring{
		a.Disk, p.Config, func(format string, args ...any) { fmt.Fprintf(a.Stderr, "msp: "+format+"\n", args...) }, p.Agent,
		func(ctx context.Context, path string, data []byte) (*evidence.PrivateKey, error) {
			return a.unlock(ctx, p, path, data)
		},
	}
}

func (k keyring) keyPath(name string) string { return filepath.Join(k.folder, "keys", name) }

func (k keyring) writerFolder(id string) string { return filepath.Join(k.folder, "writers", id) }

// names lists the operator keys.
func (k keyring) names() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(k.folder, "keys"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if runbook.ValidID(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// create makes a key and the .pub file beside it. A key that is there already
// is never written over.
func (k keyring) create(path, algorithm, comment string, passphrase []byte) (*evidence.PrivateKey, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, hint(fmt.Errorf("there is a key at %s already", path), "choose another name; a key is never written over")
	}
	key, err := evidence.GenerateKey(algorithm)
	if err != nil {
		return nil, err
	}
	marshal := func() ([]byte, error) { return key.Marshal(comment) }
	if passphrase != nil {
		marshal = func() ([]byte, error) { return key.MarshalWithPassphrase(comment, passphrase) }
	}
	private, err := marshal()
	if err != nil {
		return nil, err
	}
	public := key.Public().AuthorizedKey() + " " + comment + "\n"
	if err := k.disk.WriteFile(path+".pub", []byte(public)); err != nil {
		return nil, err
	}
	return key, k.disk.WriteFile(path, private)
}

func (k keyring) read(ctx context.Context, path string) (*evidence.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if readableByOthers(info) {
		return nil, hint(fmt.Errorf("the key %s can be read by others", path), "chmod 600 %s", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := evidence.ParsePrivateKey(data)
	if errors.Is(err, evidence.ErrPassphrase) {
		return k.unlock(ctx, path, data)
	}
	if err != nil {
		return nil, fmt.Errorf("the key %s: %w", path, err)
	}
	return key, nil
}

// find reads the key of a name, or has an agent sign with it.
func (k keyring) find(ctx context.Context, name string) (evidence.Signer, error) {
	if key, err := k.fromAgent(ctx, name); key != nil || err != nil {
		return key, err
	}
	if !runbook.ValidID(name) {
		return nil, fmt.Errorf("%q can't be the name of a key", name)
	}
	return k.read(ctx, k.keyPath(name))
}

// operator finds the operator's key, and makes one when there is none at all.
func (k keyring) operator(ctx context.Context, name string) (evidence.Signer, error) {
	key, err := k.find(ctx, name)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	if name != defaultKeyName {
		return nil, hint(fmt.Errorf("there is no key %q", name), "msp key list shows your keys, msp key new %s makes it", name)
	}
	lock, err := k.disk.Lock(ctx, filepath.Join(k.folder, "lock"))
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	if key, err := k.read(ctx, k.keyPath(name)); err == nil {
		return key, nil // made by another process meanwhile
	}
	key, err = k.create(k.keyPath(name), "ed25519", "msp operator", nil)
	if err != nil {
		return nil, fmt.Errorf("making your key: %w", err)
	}
	k.note("made your signing key %s (%s)", k.keyPath(name), key.Public().ID())
	return key, nil
}

// writers lists this installation's writers.
func (k keyring) writers() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(k.folder, "writers"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && evidence.ValidID(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// openLog finds the writer whose log in this store can be appended to, or
// starts a new one. A log that is older than its writer's key knows, or that
// another key signed, is never gone on with: that would fork it. Nor is that of
// a writer which the newest version of who may sign has revoked.
func (k keyring) openLog(ctx context.Context, store *evidence.Store, client string, newest *trust.Version) (record.Signer, *evidence.Log, error) {
	lock, err := k.disk.Lock(ctx, filepath.Join(k.folder, "lock"))
	if err != nil {
		return record.Signer{}, nil, err
	}
	defer lock.Unlock()
	mine, err := k.writers()
	if err != nil {
		return record.Signer{}, nil, err
	}
	here, err := store.Writers()
	if err != nil {
		return record.Signer{}, nil, err
	}
	// The writers that have a log here come first.
	slices.SortStableFunc(mine, func(x, y string) int {
		return boolOrder(slices.Contains(here, y)) - boolOrder(slices.Contains(here, x))
	})
	for _, id := range mine {
		if k.writtenElsewhere(store, id, client) || newest.Revoked(id) {
			continue // to go on with a copy and with what it is of would fork the log
		}
		signer, log, err := k.tryWriter(ctx, store, client, id)
		switch {
		case err == nil:
			return signer, log, nil
		case errors.Is(err, evidence.ErrOlder), errors.Is(err, evidence.ErrForeign):
			if slices.Contains(here, id) {
				k.note("%v", err)
			}
		default:
			return record.Signer{}, nil, err
		}
	}
	signer, log, err := k.newWriter(store, client)
	if err == nil && newest != nil {
		k.note("who verifies with pinned trust doesn't know this log yet\n     hint: a root names it: msp trust writer %s", signer.ID)
	}
	return signer, log, err
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (k keyring) tryWriter(ctx context.Context, store *evidence.Store, client, id string) (record.Signer, *evidence.Log, error) {
	key, err := k.read(ctx, filepath.Join(k.writerFolder(id), "key"))
	if errors.Is(err, os.ErrNotExist) {
		return record.Signer{}, nil, fmt.Errorf("%w: the writer %s has no key", evidence.ErrForeign, id)
	}
	if err != nil {
		return record.Signer{}, nil, err
	}
	log := store.OpenLog(client, id, key, filepath.Join(k.writerFolder(id), "heads"))
	return record.Signer{ID: id, Key: key.Public().AuthorizedKey()}, log, log.Check()
}

func (k keyring) newWriter(store *evidence.Store, client string) (record.Signer, *evidence.Log, error) {
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		return record.Signer{}, nil, err
	}
	id := "writer-" + hex.EncodeToString(random)
	key, err := k.create(filepath.Join(k.writerFolder(id), "key"), "ed25519", "msp writer "+id, nil)
	if err != nil {
		return record.Signer{}, nil, fmt.Errorf("making the key of this installation's log: %w", err)
	}
	k.note("this installation writes a new log for %s, as %s (%s)", client, id, key.Public().ID())
	// The place says later whose log it is that should be in a store.
	if err := k.disk.WriteFile(k.placePath(id, client), []byte(store.Root()+"\n")); err != nil {
		return record.Signer{}, nil, err
	}
	log := store.OpenLog(client, id, key, filepath.Join(k.writerFolder(id), "heads"))
	return record.Signer{ID: id, Key: key.Public().AuthorizedKey()}, log, log.Check()
}

// placePath is the file that says where a writer's log of a client was begun.
func (k keyring) placePath(id, client string) string {
	return filepath.Join(k.writerFolder(id), "heads", client+".place")
}

// writtenElsewhere reports whether a writer's log of a client is written in
// another folder of this machine, where it still lies.
func (k keyring) writtenElsewhere(store *evidence.Store, id, client string) bool {
	place, err := os.ReadFile(k.placePath(id, client))
	if err != nil {
		return false
	}
	there, err := os.Stat(filepath.Join(strings.TrimSpace(string(place)), "logs", id))
	if err != nil {
		return false
	}
	here, err := os.Stat(store.Path("logs", id))
	return err != nil || !os.SameFile(here, there)
}

// known gives the log keys of this installation's own writers, and the newest
// checkpoints that it keeps of the logs in a client's store. A writer's log of
// the same client in another store is no business of this one.
func (k keyring) known(store *evidence.Store, client string) (keys map[string]evidence.PublicKey, heads map[string][]byte, err error) {
	keys, heads = map[string]evidence.PublicKey{}, map[string][]byte{}
	ids, err := k.writers()
	if err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		public, err := os.ReadFile(filepath.Join(k.writerFolder(id), "key.pub"))
		if err != nil {
			continue // a key that was being made when its process ended
		}
		if keys[id], err = evidence.ParsePublicKey(public); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", k.writerFolder(id), err)
		}
		if !k.writesTo(store, id, client) {
			continue
		}
		path := filepath.Join(k.writerFolder(id), "heads", client+".ckpt")
		if head, err := os.ReadFile(path); err == nil {
			heads[path] = head
		}
	}
	return keys, heads, nil
}

// writesTo reports whether a writer's log of a client is in a store, or should be.
func (k keyring) writesTo(store *evidence.Store, id, client string) bool {
	if _, err := os.Stat(store.Path("logs", id)); err == nil {
		return true
	}
	place, err := os.ReadFile(k.placePath(id, client))
	return err == nil && strings.TrimSpace(string(place)) == store.Root()
}

// parsePin reads a public key given as a file or as an authorized_keys line.
func parsePin(text string) (evidence.PublicKey, error) {
	line := []byte(text)
	if !strings.HasPrefix(text, "ssh-") && !strings.HasPrefix(text, "ecdsa-") {
		data, err := readShort(text, pinHint)
		if err != nil {
			return evidence.PublicKey{}, hint(fmt.Errorf("can't read the key: %w", err), pinHint)
		}
		line = data
	}
	parse := evidence.ParsePublicKey
	if strings.HasPrefix(string(line), "-----BEGIN") {
		parse = evidence.ParsePublicKeyPEM
	}
	key, err := parse(line)
	if err != nil {
		return key, hint(fmt.Errorf("%s: %w", text, err), pinHint)
	}
	return key, nil
}

const pinHint = "give a .pub file, or its line in quotes"

// mostShort is how many bytes a file may have that somebody gives by hand: keys,
// signers, a proposed version.
const mostShort = 4 << 20

// readShort reads such a file; what says what it should be.
func readShort(path, what string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, hint(err, "%s", what)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, usageError(fmt.Errorf("%s is a folder", path), what)
	}
	data, err := io.ReadAll(io.LimitReader(f, mostShort+1))
	if err == nil && len(data) > mostShort {
		err = usageError(fmt.Errorf("%s has more than %d bytes", path, mostShort), what)
	}
	return data, err
}
