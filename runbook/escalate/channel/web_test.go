package channel

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// web is a service that is spoken to with HTTP.
type web struct {
	t      *testing.T
	server *httptest.Server
	own    Config
	path   string // that the config's URL has behind the server
	// read holds a request to the service's shape and gives its text.
	read func(r *http.Request, body []byte) (string, error)

	mu   sync.Mutex
	mode behaviour
	got  []string
	n    int
}

func newWeb(t *testing.T, own Config, path string, read func(*http.Request, []byte) (string, error)) *web {
	w := &web{t: t, own: own, path: path, read: read, mode: accepts}
	w.server = httptest.NewServer(w)
	t.Cleanup(w.server.Close)
	return w
}

func (w *web) config() Config {
	c := w.own
	c.URL = w.server.URL + w.path
	return c
}

func (w *web) behave(b behaviour) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mode = b
}

func (w *web) gone() { w.server.Close() }

func (w *web) took() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.got
}

func (w *web) tries() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}

func (w *web) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Error(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	switch w.mode {
	case hangs:
		<-r.Context().Done()
	case drops:
		panic(http.ErrAbortHandler)
	case busy:
		answer.WriteHeader(http.StatusServiceUnavailable)
	case refuses:
		answer.WriteHeader(http.StatusBadRequest)
		echo(answer, r, body)
	default:
		text, err := w.read(r, body)
		if err != nil {
			w.t.Errorf("%v in %s", err, body)
			answer.WriteHeader(http.StatusBadRequest)
			return
		}
		w.got = append(w.got, text)
		answer.WriteHeader(http.StatusAccepted)
	}
}

// echo repeats what was asked, in several forms, with the secrets in front.
func echo(to io.Writer, r *http.Request, body []byte) {
	fmt.Fprintf(to, "no %s or %q\n%s %s\x1b[2J", r.URL, r.URL.String(), r.Header.Get("Authorization"), base64.StdEncoding.EncodeToString(body))
	_, _ = to.Write(body)
	_, _ = fmt.Fprint(to, r.Header)
}

// strictly decodes JSON of exactly the keys of v.
func strictly(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more than one document")
	}
	return nil
}

// post is what all services want of a request.
func wantPost(r *http.Request, path string) error {
	if r.Method != http.MethodPost || r.URL.RequestURI() != path || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return fmt.Errorf("%s %s of %q, want a POST to %s", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), path)
	}
	return nil
}

// among wants a text of 1 to limit characters, as UTF-16 counts them.
func among(what, text string, limit int) error {
	n := 0
	for _, r := range text {
		n++
		if r > 0xffff {
			n++
		}
	}
	if n < 1 || n > limit {
		return fmt.Errorf("%s has %d characters, of 1 to %d", what, n, limit)
	}
	return nil
}
