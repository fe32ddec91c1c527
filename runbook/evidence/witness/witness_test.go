package witness_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/witness"
)

const clientID, writerID = "acme", "laptop"

// bench is a log and a witness that watches it.
type bench struct {
	t       testing.TB
	key     *evidence.PrivateKey
	store   *evidence.Store
	log     *evidence.Log
	heads   string
	witness *witness.Witness
	client  witness.Client
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, key: newKey(t), heads: filepath.Join(t.TempDir(), "heads")}
	b.open(t.TempDir())
	b.witness = &witness.Witness{
		Name: "client.example/w1", Key: newKey(t), Heads: b.heads, Disk: &evidence.Disk{},
		Log: func(origin string) (evidence.PublicKey, bool, error) {
			return b.key.Public(), origin == evidence.Origin(clientID, writerID), nil
		},
		Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	}
	server := httptest.NewServer(b.witness)
	t.Cleanup(server.Close)
	b.client = witness.Client{URL: server.URL + "/", Verifier: verifier(t, b.witness.Verifier())}
	return b
}

// open goes on with another copy of the log.
func (b *bench) open(root string) {
	b.store = evidence.OpenStore(nil, root)
	b.log = b.store.OpenLog(clientID, writerID, b.key, filepath.Join(b.t.TempDir(), "beside"))
}

func newKey(t testing.TB) *evidence.PrivateKey {
	t.Helper()
	key, err := evidence.GenerateKey(evidence.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func verifier(t testing.TB, text string) witness.Verifier {
	t.Helper()
	v, err := witness.ParseVerifier(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// grow appends n leaves that begin with a word.
func (b *bench) grow(n int, word string) *evidence.LogView {
	b.t.Helper()
	var leaves []evidence.Leaf
	for i := range n {
		leaves = append(leaves, evidence.Leaf{Kind: word, Run: fmt.Sprint(i), Envelope: "sha256:" + strings.Repeat("0", 64)})
	}
	if _, _, err := b.log.Append(b.t.Context(), leaves...); err != nil {
		b.t.Fatal(err)
	}
	return b.view()
}

func (b *bench) view() *evidence.LogView {
	b.t.Helper()
	view, err := b.store.ReadLog(clientID, writerID, b.key.Public())
	if err != nil {
		b.t.Fatal(err)
	}
	return view
}

// show asks the witness about the newest checkpoint.
func (b *bench) show(view *evidence.LogView) ([]byte, time.Time, error) {
	b.t.Helper()
	return b.client.Cosign(b.t.Context(), view, view.Checkpoint)
}

// copyOf is a copy of the log as it is now.
func (b *bench) copyOf() string {
	b.t.Helper()
	root := b.t.TempDir()
	if err := os.CopyFS(root, os.DirFS(b.store.Root())); err != nil {
		b.t.Fatal(err)
	}
	return root
}

// post sends a request as it is.
func (b *bench) post(method, path, body string) (int, string) {
	response := httptest.NewRecorder()
	b.witness.ServeHTTP(response, httptest.NewRequest(method, path, strings.NewReader(body)))
	return response.Code, response.Body.String()
}

// TestCosigns: what a witness gives is accepted by the reference library, and all
// that the witness keeps is one checkpoint a log.
func TestCosigns(t *testing.T) {
	b := newBench(t)
	judge, err := formats.NewVerifierForCosignatureV1(b.witness.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 1, 3, 250, 1, 300, 7} {
		view := b.grow(n, "run")
		line, at, err := b.client.Cosign(t.Context(), view, view.Checkpoint)
		if err != nil {
			t.Fatalf("at %d entries: %v", view.Checkpoint.Size, err)
		}
		if !at.Equal(b.witness.Now()) {
			t.Errorf("cosigned at %s", at)
		}
		if _, err := note.Open(append(view.Checkpoint.Text, line...), note.VerifierList(judge)); err != nil {
			t.Errorf("the reference library refuses the cosignature: %v", err)
		}
		if again, _, err := b.client.Cosign(t.Context(), view, view.Checkpoint); err != nil || string(again) != string(line) {
			t.Errorf("asked again: %q, error %v", again, err)
		}
	}
	kept := 0
	filepath.WalkDir(b.heads, func(_ string, d fs.DirEntry, _ error) error {
		if !d.IsDir() && !strings.HasSuffix(d.Name(), ".lock") {
			kept++
		}
		return nil
	})
	if kept != 1 {
		t.Errorf("the witness keeps %d files, want one head", kept)
	}
}

// TestRefuses: no history but the one that was seen is cosigned.
func TestRefuses(t *testing.T) {
	b := newBench(t)
	b.grow(5, "run")
	five := b.copyOf()
	seen := b.grow(5, "run")
	if _, _, err := b.client.Cosign(t.Context(), seen, seen.Checkpoint); err != nil {
		t.Fatal(err)
	}
	// fork goes on from the first five entries in another way.
	fork := func(n int) *evidence.LogView {
		root := t.TempDir()
		if err := os.CopyFS(root, os.DirFS(five)); err != nil {
			t.Fatal(err)
		}
		b.open(root)
		return b.grow(n, "lie")
	}
	for name, test := range map[string]struct {
		other func() *evidence.LogView
		want  string
	}{
		"cut":                        {func() *evidence.LogView { b.open(five); return b.view() }, "the log was cut"},
		"another of the same size":   {func() *evidence.LogView { return fork(5) }, "another history of this log of the same size"},
		"another that is longer":     {func() *evidence.LogView { return fork(8) }, "history was rewritten"},
		"made anew, and much longer": {func() *evidence.LogView { b.open(t.TempDir()); return b.grow(700, "lie") }, "history was rewritten"},
	} {
		t.Run(name, func(t *testing.T) {
			line, _, err := b.show(test.other())
			var refused *witness.ErrRefused
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) || line != nil {
				t.Errorf("got %q, %v", line, err)
			}
		})
	}
}

// TestProtocol: each status of the protocol.
func TestProtocol(t *testing.T) {
	b := newBench(t)
	view := b.grow(4, "run")
	checkpoint := string(view.Checkpoint.Text)
	stranger := newBench(t)
	stranger.witness = b.witness
	other := string(stranger.grow(4, "run").Checkpoint.Text)
	hash := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, test := range map[string]struct {
		method, path, body string
		want               int
	}{
		"another page":        {"POST", "/", "", http.StatusNotFound},
		"a look":              {"GET", "/add-checkpoint", "", http.StatusMethodNotAllowed},
		"nothing":             {"POST", "/add-checkpoint", "", http.StatusBadRequest},
		"no old size":         {"POST", "/add-checkpoint", "\n\n" + checkpoint, http.StatusBadRequest},
		"a spelling of 0":     {"POST", "/add-checkpoint", "old 00\n\n" + checkpoint, http.StatusBadRequest},
		"old beyond the end":  {"POST", "/add-checkpoint", "old 5\n\n" + checkpoint, http.StatusBadRequest},
		"a hash that is none": {"POST", "/add-checkpoint", "old 0\nAAAA\n\n" + checkpoint, http.StatusBadRequest},
		"too much proof":      {"POST", "/add-checkpoint", "old 0\n" + strings.Repeat(hash+"\n", 64) + "\n" + checkpoint, http.StatusBadRequest},
		"too long":            {"POST", "/add-checkpoint", "old 0\n\n" + checkpoint + strings.Repeat("x", 70_000), http.StatusBadRequest},
		"an unknown log":      {"POST", "/add-checkpoint", "old 0\n\n" + strings.Replace(checkpoint, "laptop", "server", 1), http.StatusNotFound},
		"another key":         {"POST", "/add-checkpoint", "old 0\n\n" + other, http.StatusForbidden},
		"a changed root":      {"POST", "/add-checkpoint", "old 0\n\n" + strings.Replace(checkpoint, "\n4\n", "\n5\n", 1), http.StatusForbidden},
		"proof for nothing":   {"POST", "/add-checkpoint", "old 0\n" + hash + "\n\n" + checkpoint, http.StatusUnprocessableEntity},
	} {
		if status, body := b.post(test.method, test.path, test.body); status != test.want {
			t.Errorf("%s: %d %q, want %d", name, status, body, test.want)
		}
	}
	if status, _ := b.post("POST", "/prefix/add-checkpoint", "old 0\n\n"+checkpoint); status != http.StatusOK {
		t.Errorf("the honest twin: %d", status)
	}
	if status, body := b.post("POST", "/add-checkpoint", "old 3\n\n"+checkpoint); status != http.StatusConflict || body != "4\n" {
		t.Errorf("a stale size: %d %q", status, body)
	}
}

// TestNeverGoesBack shows many sizes at once: a size that was cosigned is never
// followed by a smaller one that another history could begin with.
func TestNeverGoesBack(t *testing.T) {
	b := newBench(t)
	var views []*evidence.LogView
	for range 12 {
		views = append(views, b.grow(3, "run"))
	}
	var all sync.WaitGroup
	for _, view := range views {
		all.Go(func() {
			b.client.Cosign(t.Context(), view, view.Checkpoint) // a smaller one may be refused
		})
	}
	all.Wait()
	newest := views[len(views)-1]
	if _, _, err := b.client.Cosign(t.Context(), newest, newest.Checkpoint); err != nil {
		t.Error(err)
	}
	if _, body := b.post("POST", "/add-checkpoint", "old 0\n\n"+string(newest.Checkpoint.Text)); body != fmt.Sprintf("%d\n", newest.Checkpoint.Size) {
		t.Errorf("seen are %q entries, want %d", body, newest.Checkpoint.Size)
	}
}

// TestDiskFails: what can't be kept is not cosigned, and the head before it stands.
func TestDiskFails(t *testing.T) {
	steps := 0
	count := newBench(t)
	count.witness.Disk.Fault = func(evidence.Op, string) error { steps++; return nil }
	if _, _, err := count.show(count.grow(2, "run")); err != nil {
		t.Fatal(err)
	}
	if steps < 5 {
		t.Fatalf("only %d durable steps", steps)
	}
	for n := 1; n <= steps; n++ {
		for _, fault := range []error{syscall.ENOSPC, syscall.EROFS, evidence.ErrTorn} {
			b := newBench(t)
			done := 0
			b.witness.Disk.Fault = func(op evidence.Op, _ string) error {
				if done++; done != n || errors.Is(fault, evidence.ErrTorn) && op != evidence.OpWrite {
					return nil
				}
				return fault
			}
			view := b.grow(2, "run")
			line, _, err := b.client.Cosign(t.Context(), view, view.Checkpoint)
			torn := errors.Is(fault, evidence.ErrTorn)
			if err == nil != (line != nil) || err == nil && !torn && done < n {
				t.Errorf("step %d, %v: %q, %v", n, fault, line, err)
			}
			b.witness.Disk.Fault = nil
			if _, _, err := b.client.Cosign(t.Context(), view, view.Checkpoint); err != nil {
				t.Errorf("after step %d, %v: %v", n, fault, err)
			}
		}
	}
}

// TestLyingWitness: whatever a witness answers, only its own word on this very
// checkpoint is taken.
func TestLyingWitness(t *testing.T) {
	b := newBench(t)
	view := b.grow(3, "run")
	honest, _, err := b.client.Cosign(t.Context(), view, view.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	twin := newBench(t) // of the same name, with another key
	foreign, _, err := twin.show(twin.grow(3, "run"))
	if err != nil {
		t.Fatal(err)
	}
	later, _, err := b.show(b.grow(1, "run"))
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]string{
		"nothing": "", "a page": "<html>\n", "a stranger's": string(foreign), "of another checkpoint": string(later),
		"cut": string(honest[:len(honest)/2]), "changed": strings.Replace(string(honest), "A", "B", 1),
	} {
		liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }))
		line, _, err := witness.Client{URL: liar.URL, Verifier: b.client.Verifier}.Cosign(t.Context(), view, view.Checkpoint)
		if err == nil {
			t.Errorf("%s: taken as %q", name, line)
		}
		liar.Close()
	}
	for name, size := range map[string]string{"no number": "x", "the same again": "0", "beyond": "99", "negative": "-1"} {
		liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			fmt.Fprintln(w, size)
		}))
		if _, _, err := (witness.Client{URL: liar.URL, Verifier: b.client.Verifier}).Cosign(t.Context(), view, view.Checkpoint); err == nil {
			t.Errorf("a size that is %s was taken", name)
		}
		liar.Close()
	}
}

// TestSlowWitness: a witness that never answers takes no longer than is allowed.
func TestSlowWitness(t *testing.T) {
	b := newBench(t)
	view := b.grow(1, "run")
	asked, end := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-end
	}))
	defer slow.Close()
	defer close(end)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	_, _, err := witness.Client{URL: slow.URL, Verifier: b.client.Verifier}.Cosign(ctx, view, view.Checkpoint)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestOthersWitness: a cosignature by the reference library's signer is taken.
func TestOthersWitness(t *testing.T) {
	b := newBench(t)
	view := b.grow(2, "run")
	skey, vkey, err := note.GenerateKey(rand.Reader, "reference.example/w")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := formats.NewSignerForCosignatureV1(skey)
	if err != nil {
		t.Fatal(err)
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text, _, _ := strings.Cut(string(view.Checkpoint.Text), "\n\n")
		signed, err := note.Sign(&note.Note{Text: text + "\n"}, signer)
		if err != nil {
			t.Error(err)
		}
		_, line, _ := strings.Cut(string(signed), "\n\n")
		fmt.Fprint(w, line)
	}))
	defer other.Close()
	line, _, err := witness.Client{URL: other.URL, Verifier: verifier(t, vkey)}.Cosign(t.Context(), view, view.Checkpoint)
	if err != nil || len(line) == 0 {
		t.Errorf("%q, %v", line, err)
	}
}

func TestParseVerifier(t *testing.T) {
	good := evidence.CosignerString("w.example/1", newKey(t).Public())
	if v := verifier(t, good); v.Name() != "w.example/1" {
		t.Error(v.Name())
	}
	rest := strings.TrimPrefix(good, "w.example/1")
	// A point of low order, which fits every message.
	weak := append([]byte{4}, make([]byte, ed25519.PublicKeySize)...)
	for name, text := range map[string]string{
		"nothing": "", "no key": "w+00000000", "another hash": "w.example/2" + rest,
		"weak": "w+" + hashOf("w", weak) + "+" + base64.StdEncoding.EncodeToString(weak), "a space": "a b" + rest,
	} {
		if _, err := witness.ParseVerifier(text); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := witness.ParseVerifier("w+" + hashOf("w", weak) + "+" + base64.StdEncoding.EncodeToString(weak)); !errors.Is(err, evidence.ErrWeakKey) {
		t.Errorf("a weak key: %v", err)
	}
}

// FuzzServe: no request makes the witness fail, or cosign what isn't signed.
func FuzzServe(f *testing.F) {
	b := newBench(f)
	checkpoint := string(b.grow(4, "run").Checkpoint.Text)
	text, _, _ := strings.Cut(checkpoint, "\n\n")
	f.Add("old 0\n\n" + checkpoint)
	f.Add("old 4\n\n" + checkpoint)
	f.Add("old 1\n" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n\n" + checkpoint)
	f.Fuzz(func(t *testing.T, body string) {
		status, answer := b.post("POST", "/add-checkpoint", body)
		switch status {
		case http.StatusOK:
			if !strings.Contains(body, text) {
				t.Errorf("cosigned %q as %q", body, answer)
			}
		case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
		default:
			t.Errorf("%d %q", status, answer)
		}
	})
}

func hashOf(name string, key []byte) string {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return hex.EncodeToString(sum[:4])
}
