package evidence

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// flip changes one bit of a file's byte at i; a negative i counts from the end.
func flip(t testing.TB, path string, i int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if i < 0 {
		i += len(data)
	}
	data[i] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			list = append(list, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestOpenStoreTouchesNothing(t *testing.T) {
	root := filepath.Join(t.TempDir(), "clients", "acme")
	s := OpenStore(nil, root)
	if writers, err := s.Writers(); err != nil || writers != nil {
		t.Errorf("writers %v, %v", writers, err)
	}
	if w, err := s.NewBlob(0); err != nil {
		t.Error(err)
	} else if b, err := w.Commit(); err != nil || b != (Blob{}) {
		t.Errorf("a blob of nothing: %+v, %v", b, err)
	}
	if err := s.OpenLog("acme", "laptop", newKey(t, Ed25519), filepath.Join(root, "heads")).Check(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
	if s.Root() != root || s.Path("a", "b") != filepath.Join(root, "a", "b") {
		t.Error("paths are wrong")
	}
}

func TestEnvelopes(t *testing.T) {
	s := OpenStore(nil, t.TempDir())
	data := []byte(`{"an":"envelope"}`)
	var digest string
	for range 2 {
		var err error
		if digest, err = s.PutEnvelope(data); err != nil {
			t.Fatal(err)
		}
	}
	h := strings.TrimPrefix(digest, "sha256:")
	path := "records/" + h[:2] + "/" + h + ".dsse.json"
	if diff := cmp.Diff([]string{path}, files(t, s.Root())); diff != "" {
		t.Error(diff)
	}
	if got, err := s.Envelope(digest); err != nil || string(got) != string(data) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := s.Envelope(digestOf([]byte("other"))); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("got %v", err)
	}
	flip(t, s.Path(path), 3)
	var at *FileError
	if _, err := s.Envelope(digest); !errors.Is(err, ErrCorrupt) || !errors.As(err, &at) || at.Path != s.Path(path) {
		t.Errorf("a changed envelope: %v", err)
	}
	if _, err := s.PutEnvelope(data); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Envelope(digest); err != nil {
		t.Errorf("stored again: %v", err)
	}
}

func TestDigestsAreNoPaths(t *testing.T) {
	s := OpenStore(nil, t.TempDir())
	for _, d := range []string{"", "sha256:", zeros, "sha256:" + zeros[2:] + "..", "sha256:../../" + zeros, "SHA256:" + zeros, "sha256:" + strings.Repeat("A", 64)} {
		if _, err := s.Envelope(d); err == nil || !strings.Contains(err.Error(), "is no digest") {
			t.Errorf("envelope %q: %v", d, err)
		}
		if _, err := s.CheckBlob(d); err == nil || !strings.Contains(err.Error(), "is no digest") {
			t.Errorf("blob %q: %v", d, err)
		}
	}
}

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"a": true, "0": true, "acme-2": true, strings.Repeat("a", 63): true, "a-": true,
		"": false, "-a": false, "A": false, "a/b": false, "..": false, "a b": false, "é": false, strings.Repeat("a", 64): false, "a_b": false,
	} {
		if ValidID(id) != want {
			t.Errorf("ValidID(%q) = %v", id, !want)
		}
	}
}

func TestWriters(t *testing.T) {
	s := OpenStore(nil, t.TempDir())
	for _, name := range []string{"tower", "laptop", ".DS_Store"} {
		if err := os.MkdirAll(s.Path("logs", name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Writers()
	if diff := cmp.Diff([]string{"laptop", "tower"}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if err := os.Mkdir(s.Path("logs", "laptop (copy)"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Writers(); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a name that none can have: %v", err)
	}
}

func readBlob(t testing.TB, s *Store, digest string) string {
	t.Helper()
	r, err := s.OpenBlob(digest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBlobLimits(t *testing.T) {
	s := OpenStore(nil, t.TempDir())
	source := strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 5000)[:150_001]
	for _, limit := range []int64{1, 2, 3, 10, 11, 65_536, 100_001, 150_000, 150_001, 150_002} {
		for _, chunk := range []int{1, 7, 4096, 40_000, len(source)} {
			if chunk == 1 && limit > 11 {
				continue
			}
			w, err := s.NewBlob(limit)
			if err != nil {
				t.Fatal(err)
			}
			for rest := source; rest != ""; {
				n := min(chunk, len(rest))
				if got, err := w.Write([]byte(rest[:n])); err != nil || got != n {
					t.Fatal(got, err)
				}
				rest = rest[n:]
			}
			b, err := w.Commit()
			if err != nil {
				t.Fatal(err)
			}
			content, want := source, Blob{b.Digest, int64(len(source)), int64(len(source)), 0}
			if limit < want.Size {
				head, tail := limit/2, limit-limit/2
				want.Size, want.LeftOut = limit, int64(len(source))-limit
				content = source[:head] + "\n[msp: " + strconv.FormatInt(want.LeftOut, 10) + " bytes left out here]\n" + source[int64(len(source))-tail:]
			}
			if diff := cmp.Diff(want, b); diff != "" {
				t.Errorf("limit %d, chunks of %d: %s", limit, chunk, diff)
			}
			if got := readBlob(t, s, b.Digest); got != content {
				t.Errorf("limit %d, chunks of %d: other content", limit, chunk)
			}
		}
	}
	if list, _ := filepath.Glob(s.Path("blobs", ".msp-*")); len(list) > 0 {
		t.Errorf("left over: %v", list)
	}
	if _, err := s.NewBlob(-1); err == nil {
		t.Error("a limit below zero was taken")
	}
}

func TestBlobsAreSaltedAndChecked(t *testing.T) {
	s := OpenStore(nil, t.TempDir())
	first, err := s.PutBlob([]byte("the same"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.PutBlob([]byte("the same"))
	if err != nil {
		t.Fatal(err)
	}
	if first.Digest == second.Digest {
		t.Error("the digest gives the content away")
	}
	if _, err := s.CheckBlob(first.Digest); err != nil {
		t.Error(err)
	}
	if got := readBlob(t, s, first.Digest); got != "the same" {
		t.Errorf("got %q", got)
	}
	empty, err := s.PutBlob(nil)
	if err != nil || empty.Digest == "" || readBlob(t, s, empty.Digest) != "" {
		t.Errorf("an empty file: %+v, %v", empty, err)
	}
	if _, err := s.CheckBlob(digestOf(nil)); !errors.Is(err, ErrMissing) {
		t.Errorf("a missing blob: %v", err)
	}
	for _, i := range []int{0, 31, 32, -1} {
		b, err := s.PutBlob([]byte("some content"))
		if err != nil {
			t.Fatal(err)
		}
		flip(t, s.blobPath(strings.TrimPrefix(b.Digest, "sha256:")), i)
		if _, err := s.CheckBlob(b.Digest); !errors.Is(err, ErrCorrupt) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	path := s.blobPath(strings.TrimPrefix(second.Digest, "sha256:"))
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenBlob(second.Digest); !errors.Is(err, ErrCorrupt) {
		t.Errorf("cut within the salt: %v", err)
	}
}

func TestBlobDiscard(t *testing.T) {
	s := OpenStore(nil, t.TempDir())
	w, err := s.NewBlob(100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	w.Discard()
	w.Discard()
	if list := files(t, s.Root()); len(list) > 0 {
		t.Errorf("left over: %v", list)
	}
}

func TestBlobFailsAtEachStep(t *testing.T) {
	done := false
	for n := 0; !done; n++ {
		b := &breaker{at: n, err: ErrTorn}
		s := OpenStore(b.disk(), t.TempDir())
		w, err := s.NewBlob(1000)
		if err != nil {
			t.Fatal(err)
		}
		_, writeErr := w.Write(make([]byte, 100_000))
		blob, err := w.Commit()
		done = b.hit == ""
		list := files(t, s.Root())
		switch {
		case b.hit == OpRemove: // the first of two temporary files, which nobody needs
		case done && (writeErr != nil || err != nil || !sound(s, blob.Digest)):
			t.Errorf("nothing failed: %v, %v", writeErr, err)
		case !done && (!errors.Is(err, ErrTorn) || blob != Blob{}):
			t.Errorf("step %d, %s: %+v, %v", n, b.hit, blob, err)
		case !done && len(list) > 0 && b.hit != OpSyncDir:
			t.Errorf("step %d, %s left %v", n, b.hit, list)
		}
	}
}

func TestPutBlobFailsAtEachStep(t *testing.T) {
	for n := 0; ; n++ {
		b := &breaker{at: n, err: errFault}
		blob, err := OpenStore(b.disk(), t.TempDir()).PutBlob([]byte("content"))
		if b.hit == "" {
			break
		}
		if !errors.Is(err, errFault) || blob != (Blob{}) {
			t.Errorf("%s: %+v, %v", b.hit, blob, err)
		}
	}
}

func sound(s *Store, digest string) bool {
	_, err := s.CheckBlob(digest)
	return err == nil
}

// TestScratches: the memory that a very long file was read into isn't kept.
func TestScratches(t *testing.T) {
	s := OpenStore(nil, t.TempDir())
	digest, err := s.PutEnvelope(make([]byte, maxScratch))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.UseEnvelope(digest, 0, func(*Envelope) error { return nil }); err == nil {
		t.Error("it was opened")
	}
	for range 10 {
		if scratch := scratches.Get().(*[]byte); cap(*scratch) > maxScratch {
			t.Errorf("%d bytes are kept", cap(*scratch))
		}
	}
}
