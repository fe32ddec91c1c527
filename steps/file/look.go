package file

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
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// facts is what is known of one file from its handle.
type facts struct {
	name     string // as it is shown
	size     int64
	modified time.Time
	age      time.Duration
	mode     string // empty where the system has none
	owner    string // likewise
	bits     uint32
	uid      string
	sha256   string // empty if it wasn't asked for
}

// limits are what must be true of a file in this run.
type limits struct {
	maxAge, minAge   *time.Duration
	minSize, maxSize *int64
	sha256           *string
	mode             *uint32
	owner, uid       string
	hash             bool
}

func (a *action) limits(env runbook.Env) (l limits, err error) {
	var all [5]error
	l.maxAge, all[0] = a.maxAge.resolve(env)
	l.minAge, all[1] = a.minAge.resolve(env)
	l.minSize, all[2] = a.minSize.resolve(env)
	l.maxSize, all[3] = a.maxSize.resolve(env)
	l.sha256, all[4] = a.sha256.resolve(env)
	if err := errors.Join(all[:]...); err != nil {
		return limits{}, err
	}
	l.mode, l.owner, l.hash = a.mode, a.owner, a.hashes()
	if l.mode != nil && !hasPermissions {
		return limits{}, errors.New("this system has no modes: mode can't be checked here")
	}
	if l.owner != "" {
		l.uid, err = userID(l.owner)
	}
	return l, err
}

// look opens a file once and checks what was opened. Facts are returned with a
// *runbook.Failure too.
func (l limits) look(ctx context.Context, root *os.Root, name string, now time.Time) (facts, error) {
	f, err := open(root, filepath.FromSlash(name))
	if errors.Is(err, fs.ErrNotExist) {
		return facts{}, &runbook.Failure{Found: shown(name) + " has gone while it was looked at", Expected: "a file"}
	}
	if err != nil {
		return facts{}, inside(root.Name(), err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return facts{}, err
	}
	if !info.Mode().IsRegular() {
		return facts{}, &runbook.Failure{Found: shown(name) + " is " + kindOf(info), Expected: "a regular file"}
	}
	facts := factsOf(name, info, now)
	if failure := l.check(facts, now); failure != nil {
		return facts, failure
	}
	if !l.hash {
		return facts, nil
	}
	if facts.sha256, err = hash(ctx, f); err != nil {
		return facts, err
	}
	return facts, l.checkHash(facts, f, info)
}

func kindOf(info fs.FileInfo) string {
	switch {
	case info.IsDir():
		return "a folder"
	case info.Mode()&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case info.Mode()&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

func factsOf(name string, info fs.FileInfo, now time.Time) facts {
	f := facts{
		name: shown(name), size: info.Size(),
		modified: info.ModTime().UTC(), age: max(now.Sub(info.ModTime()), 0),
		bits: modeBits(info.Mode()),
	}
	f.uid, f.owner = ownerOf(info)
	if hasPermissions {
		f.mode = modeText(f.bits)
	}
	return f
}

// modeBits are a file's permissions as chmod takes them.
func modeBits(mode fs.FileMode) uint32 {
	bits := uint32(mode.Perm())
	for flag, bit := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if mode&flag != 0 {
			bits |= bit
		}
	}
	return bits
}

// maxSkew is how far two clocks may be apart.
const maxSkew = time.Minute

// check compares all but the hash.
func (l limits) check(f facts, now time.Time) error {
	fail := func(expected, found string, args ...any) error {
		return &runbook.Failure{Found: f.name + " " + fmt.Sprintf(found, args...), Expected: expected}
	}
	ahead := f.modified.Sub(now)
	switch {
	case ahead > maxSkew:
		return fail("a time in the past", "is from the future: it was modified %s from now", runbook.FormatSpan(ahead))
	case l.minSize != nil && f.size < *l.minSize && f.size == 0:
		return fail("at least "+exactSize(*l.minSize), "is empty (0 B)")
	case l.minSize != nil && f.size < *l.minSize:
		return fail("at least "+exactSize(*l.minSize), "has %s", exactSize(f.size))
	case l.maxSize != nil && f.size > *l.maxSize:
		return fail("at most "+exactSize(*l.maxSize), "has %s", exactSize(f.size))
	case l.maxAge != nil && f.age > *l.maxAge:
		return fail("at most "+runbook.FormatSpan(*l.maxAge), "is %s old", formatAge(f.age, *l.maxAge))
	case l.minAge != nil && f.age < *l.minAge:
		return fail("at least "+runbook.FormatSpan(*l.minAge), "is %s old", formatAge(f.age, *l.minAge))
	case l.mode != nil && f.bits != *l.mode:
		return fail("mode "+modeText(*l.mode), "has mode %s", f.mode)
	case l.owner != "" && f.uid != l.uid:
		return fail("owner "+l.owner, "belongs to %s", f.owner)
	}
	return nil
}

// checkHash compares the hash, and whether it is the hash of one state.
func (l limits) checkHash(f facts, file *os.File, before fs.FileInfo) error {
	after, err := file.Stat()
	if err != nil {
		return err
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return &runbook.Failure{Found: f.name + " changed while it was read", Expected: "a file that is complete"}
	}
	if l.sha256 != nil && f.sha256 != *l.sha256 {
		return &runbook.Failure{Found: f.name + " has the SHA-256 " + f.sha256, Expected: *l.sha256}
	}
	return nil
}

func hash(ctx context.Context, f *os.File) (string, error) {
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, reader{ctx, f}, make([]byte, 256<<10)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// reader stops reading when its context ends.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
