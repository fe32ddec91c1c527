package witness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/msp-runbook/msp/runbook/evidence"
)

const (
	requestLimit = 64 << 10
	mostProof    = 63 // lines, by the protocol
)

// A Witness cosigns the checkpoints of the logs that it watches. Many requests may
// be served at once, and by several processes on one folder.
type Witness struct {
	Name string
	Key  evidence.Signer // Ed25519
	// Log gives the key of the log with an origin; ok is false when it isn't
	// watched. It is asked at each request.
	Log   func(origin string) (key evidence.PublicKey, ok bool, err error)
	Heads string // a folder: the newest checkpoint of each log, and nothing else
	Disk  *evidence.Disk
	Now   func() time.Time
	Note  func(format string, args ...any) // told of each checkpoint that was cosigned or refused; may be nil
}

// Verifier is the witness's verifier key, for whoever checks its cosignatures.
func (w *Witness) Verifier() string { return evidence.CosignerString(w.Name, w.Key.Public()) }

// ServeHTTP answers POST …/add-checkpoint.
func (w *Witness) ServeHTTP(response http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/add-checkpoint") {
		http.NotFound(response, r)
		return
	}
	if r.Method != http.MethodPost {
		response.Header().Set("Allow", http.MethodPost)
		http.Error(response, "POST a checkpoint here", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(response, r.Body, requestLimit))
	if err != nil {
		http.Error(response, "the request is too long, or was broken off", http.StatusBadRequest)
		return
	}
	a := w.add(r.Context(), body)
	if w.Note != nil {
		w.Note("%s: %s", a.origin, a.what)
	}
	response.Header().Set("Content-Type", a.contentType())
	response.WriteHeader(a.status)
	io.WriteString(response, a.body) //nolint:errcheck // who asked is gone
}

// An answer is what the witness says to one request.
type answer struct {
	status int
	body   string
	origin string
	what   string // for the witness's own log
}

func (a answer) contentType() string {
	if a.status == http.StatusConflict {
		return "text/x.tlog.size"
	}
	return "text/plain; charset=utf-8"
}

func refuse(status int, origin, format string, args ...any) answer {
	what := fmt.Sprintf(format, args...)
	return answer{status, what + "\n", origin, "refused: " + what}
}

// conflict tells the size that the witness has seen.
func conflict(origin string, seen int64, what string) answer {
	return answer{http.StatusConflict, strconv.FormatInt(seen, 10) + "\n", origin, what}
}

// A submission is a request that was read.
type submission struct {
	old        int64
	proof      tlog.TreeProof
	checkpoint []byte
}

// parse reads the body of a request: the old size, the proof, an empty line, the
// checkpoint.
func parse(body []byte) (s submission, err error) {
	head, checkpoint, found := bytes.Cut(body, []byte("\n\n"))
	if !found {
		return s, errors.New("no checkpoint behind an empty line")
	}
	lines := strings.Split(string(head), "\n")
	size, ok := strings.CutPrefix(lines[0], "old ")
	s.old, err = strconv.ParseInt(size, 10, 64)
	if !ok || err != nil || s.old < 0 || strconv.FormatInt(s.old, 10) != size {
		return s, errors.New("the first line is not the old size")
	}
	if len(lines)-1 > mostProof {
		return s, fmt.Errorf("more than %d lines of proof", mostProof)
	}
	for _, line := range lines[1:] {
		hash, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return s, errors.New("a line of the proof is no hash")
		}
		s.proof = append(s.proof, tlog.Hash(hash))
	}
	s.checkpoint = checkpoint
	return s, nil
}

// add decides about one request.
func (w *Witness) add(ctx context.Context, body []byte) answer {
	s, err := parse(body)
	if err != nil {
		return refuse(http.StatusBadRequest, "?", "%v", err)
	}
	origin, _, _ := strings.Cut(string(s.checkpoint), "\n")
	key, watched, err := w.Log(origin)
	switch {
	case err != nil:
		return answer{http.StatusInternalServerError, "the witness can't tell what it watches\n", strconv.QuoteToASCII(origin), "failed: " + err.Error()}
	case !watched:
		return refuse(http.StatusNotFound, strconv.QuoteToASCII(origin), "this log is not watched here")
	}
	cp, err := evidence.ParseCheckpoint(s.checkpoint, key, origin)
	switch {
	case errors.Is(err, evidence.ErrCorrupt):
		return refuse(http.StatusBadRequest, origin, "%v", err)
	case err != nil:
		return refuse(http.StatusForbidden, origin, "%v", err)
	case s.old > cp.Size:
		return refuse(http.StatusBadRequest, origin, "the old size is beyond the checkpoint")
	}
	return w.decide(ctx, s, cp, key)
}

// decide holds the checkpoint to the one seen before. Looking and remembering are
// one: a lock on the log's file keeps others out.
func (w *Witness) decide(ctx context.Context, s submission, cp evidence.Checkpoint, key evidence.PublicKey) answer {
	failed := func(err error) answer {
		return answer{http.StatusInternalServerError, "the witness can't keep what it sees\n", cp.Origin, "failed: " + err.Error()}
	}
	path := w.headPath(cp.Origin)
	lock, err := w.Disk.Lock(ctx, path+".lock")
	if err != nil {
		return failed(err)
	}
	defer lock.Unlock()
	seen, err := seenBefore(path, cp.Origin, key)
	if err != nil {
		return failed(err)
	}
	if refused, ok := hold(s, cp, seen); !ok {
		return refused
	}
	text, _, _ := strings.Cut(string(cp.Text), "\n\n")
	line, err := cosign(w.Name, w.Key, text+"\n", w.Now())
	if err != nil {
		return failed(err)
	}
	if cp.Size > seen.Size {
		if err := w.Disk.WriteFile(path, cp.Text); err != nil {
			return failed(err)
		}
	}
	return answer{http.StatusOK, line, cp.Origin, fmt.Sprintf("cosigned %d entries", cp.Size)}
}

// hold says whether a checkpoint continues what was seen.
func hold(s submission, cp, seen evidence.Checkpoint) (answer, bool) {
	switch {
	case s.old != seen.Size && s.old == 0:
		return conflict(cp.Origin, seen.Size, fmt.Sprintf("asked how much was seen: %d entries", seen.Size)), false
	case s.old != seen.Size:
		return conflict(cp.Origin, seen.Size, fmt.Sprintf("refused: seen are %d entries, not %d", seen.Size, s.old)), false
	case cp.Size == seen.Size && cp.Root != seen.Root && cp.Size > 0:
		return conflict(cp.Origin, seen.Size, fmt.Sprintf("REFUSED: two histories of %d entries", cp.Size)), false
	case cp.Size == seen.Size || seen.Size == 0:
		if len(s.proof) > 0 {
			return refuse(http.StatusUnprocessableEntity, cp.Origin, "there is nothing to prove"), false
		}
		return answer{}, true
	case tlog.CheckTree(s.proof, cp.Size, cp.Root, seen.Size, seen.Root) != nil:
		return refuse(http.StatusUnprocessableEntity, cp.Origin, "REFUSED: %d entries are no continuation of the %d that were seen", cp.Size, seen.Size), false
	default:
		return answer{}, true
	}
}

// headPath is where the newest checkpoint of a log is kept: an origin need not be
// a file's name.
func (w *Witness) headPath(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(w.Heads, hex.EncodeToString(sum[:16])+".ckpt")
}

// seenBefore reads the newest checkpoint of a log; of size 0 when there is none.
func seenBefore(path, origin string, key evidence.PublicKey) (evidence.Checkpoint, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return evidence.Checkpoint{}, nil
	}
	if err != nil {
		return evidence.Checkpoint{}, err
	}
	cp, err := evidence.ParseCheckpoint(data, key, origin)
	if err != nil {
		return cp, fmt.Errorf("%s: %w", path, err)
	}
	return cp, nil
}
