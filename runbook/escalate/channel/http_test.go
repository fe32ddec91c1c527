package channel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// served sends a message to a handler and gives what came of it.
func served(t *testing.T, handler http.HandlerFunc) (*clock, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := &clock{now: start}
	s := newSender(t, Config{Type: "slack", URL: server.URL + slackPath}, Options{Now: c.Now, Wait: c.Wait})
	return c, s.Send(t.Context(), message())
}

func TestRetries(t *testing.T) {
	const second = time.Second
	for name, test := range map[string]struct {
		answers   []int // the last one for ever
		after     string
		sent      bool
		temporary bool
		waits     []time.Duration
		asks      time.Duration // Error.RetryAfter
	}{
		"accepted":              {answers: []int{204}, sent: true},
		"accepted at last":      {answers: []int{503, 500, 200}, sent: true, waits: []time.Duration{second / 2, second}},
		"down":                  {answers: []int{502}, temporary: true, waits: []time.Duration{second / 2, second}},
		"asks for a while":      {answers: []int{429, 200}, after: "3", sent: true, waits: []time.Duration{3 * second}},
		"asks for a short":      {answers: []int{429, 200}, after: "0", sent: true, waits: []time.Duration{second / 2}},
		"asks till an instant":  {answers: []int{429, 200}, after: start.Add(4 * second).Format(http.TimeFormat), sent: true, waits: []time.Duration{4 * second}},
		"asks till the limit":   {answers: []int{429, 429, 200}, after: "5", sent: true, waits: []time.Duration{5 * second, 5 * second}},
		"asks for more":         {answers: []int{429}, after: "11", temporary: true, asks: 11 * second},
		"more than is left":     {answers: []int{503}, after: "6", temporary: true, waits: []time.Duration{6 * second}, asks: 6 * second},
		"asks for ever":         {answers: []int{429}, after: "4294967295", temporary: true, asks: time.Hour},
		"asks in the past":      {answers: []int{429, 200}, after: start.Add(-time.Hour).Format(http.TimeFormat), sent: true, waits: []time.Duration{second / 2}},
		"asks nonsense":         {answers: []int{429, 200}, after: "-1e9 soon", sent: true, waits: []time.Duration{second / 2}},
		"too slow for it":       {answers: []int{408}, temporary: true},
		"no such hook":          {answers: []int{404}},
		"archived":              {answers: []int{410}},
		"too large":             {answers: []int{413}},
		"moved without a place": {answers: []int{304}},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			c, err := served(t, func(w http.ResponseWriter, r *http.Request) {
				if test.after != "" {
					w.Header().Set("Retry-After", test.after)
				}
				w.WriteHeader(test.answers[min(n, len(test.answers)-1)])
				n++
			})
			if !slices.Equal(c.waits, test.waits) {
				t.Errorf("waits %v, want %v", c.waits, test.waits)
			}
			if test.sent {
				if err != nil {
					t.Error(err)
				}
				return
			}
			failed := asError(t, err)
			if failed.Temporary != test.temporary || failed.RetryAfter != test.asks || failed.Channel != "on-call" || failed.Type != "slack" {
				t.Errorf("%+v", failed)
			}
		})
	}
}

// A wait that is interrupted ends the Send.
func TestInterruptedWait(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Now: func() time.Time { return start }, Wait: func(ctx context.Context, d time.Duration) error {
		cancel()
		return wait(ctx, d)
	}}
	err := newSender(t, Config{Type: "slack", URL: server.URL + slackPath}, o).Send(ctx, message())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// The wait that is used where none is handed in.
func TestWait(t *testing.T) {
	if err := wait(t.Context(), 0); err != nil {
		t.Error(err)
	}
}

func TestRedirects(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect to another host was followed") }))
	defer stranger.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, place := range []string{stranger.URL, "/new", "", ":bad", "https://127.0.0.1/x"} {
			t.Run(fmt.Sprint(status, place), func(t *testing.T) {
				posts := 0
				_, err := served(t, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/new" {
						if body, err := io.ReadAll(r.Body); r.Method == http.MethodPost && err == nil && len(body) > 100 {
							posts++
						}
						return
					}
					w.Header().Set("Location", place)
					w.WriteHeader(status)
				})
				if place == "/new" && status >= 307 {
					if err != nil || posts != 1 {
						t.Errorf("%v, %d posts", err, posts)
					}
					return
				}
				failed := asError(t, err)
				wantSafe(t, failed, []string{slackPath})
				if posts != 0 {
					t.Errorf("%d posts", posts)
				}
			})
		}
	}
	t.Run("in a circle", func(t *testing.T) {
		n := 0
		_, err := served(t, func(w http.ResponseWriter, r *http.Request) {
			n++
			http.Redirect(w, r, r.URL.Path, http.StatusPermanentRedirect)
		})
		if failed := asError(t, err); failed.Temporary || n != maxRedirects+1 {
			t.Errorf("%v after %d", failed, n)
		}
	})
}

// An answer is never read without bound.
func TestEndlessAnswers(t *testing.T) {
	for _, status := range []int{200, 400} {
		_, err := served(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			for err := error(nil); err == nil; {
				_, err = w.Write([]byte(strings.Repeat(slackPath+" ", 1000)))
			}
		})
		if status == 200 && err != nil {
			t.Error(err)
		}
		if status == 400 {
			wantSafe(t, asError(t, err), []string{slackPath, "XqZ9xKlm4PWsecret77abcd"})
		}
	}
	_, err := served(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		for err == nil {
			_, err = conn.Write([]byte("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 4096)))
		}
	})
	wantSafe(t, asError(t, err), []string{slackPath})
}

func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	server.Config.ErrorLog = nil
	c := Config{Type: "slack", URL: server.URL + slackPath}
	failed := asError(t, newSender(t, c, Options{}).Send(t.Context(), message()))
	if failed.Temporary || !strings.Contains(failed.Error(), "isn't who it says") {
		t.Errorf("%v", failed)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	if err := newSender(t, c, Options{TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}).Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

// The environment's proxy is asked. It is read once a process, so another one
// sends.
func TestProxy(t *testing.T) {
	asked := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.RequestURI
		w.WriteHeader(http.StatusForbidden)
	}))
	defer proxy.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), "HTTPS_PROXY="+proxy.URL, "NO_PROXY=", "CHANNEL_PROXIED=https://hooks.slack.test"+slackPath)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := <-asked; got != "CONNECT hooks.slack.test:443" {
		t.Errorf("the proxy was asked %q", got)
	}
	if !strings.Contains(string(out), "Forbidden") || strings.Contains(string(out), slackPath) {
		t.Errorf("%s", out)
	}
}

// proxied is the other process of TestProxy.
func proxied(url string) int {
	s, err := New("on-call", Config{Type: "slack", URL: url}, Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(s.Send(context.Background(), message()))
	return 0
}

// A host that can't be found is no reason to give up for good.
func TestNoSuchHost(t *testing.T) {
	f := broken(&net.DNSError{Err: "no such host", Name: "x.test", IsNotFound: true})
	if !f.temporary || f.again {
		t.Errorf("%+v", f)
	}
}

func TestNtfyUsers(t *testing.T) {
	for _, test := range []struct {
		c    Config
		want string
	}{
		{Config{Token: ntfyToken}, "Bearer " + ntfyToken},
		{Config{Username: "ada", Password: "pass word 1"}, "Basic YWRhOnBhc3Mgd29yZCAx"},
		{Config{}, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Authorization"); got != test.want {
				t.Errorf("authorization %q, want %q", got, test.want)
			}
		}))
		test.c.Type, test.c.URL, test.c.Topic = "ntfy", server.URL, ntfyTopic
		if err := newSender(t, test.c, Options{}).Send(t.Context(), message()); err != nil {
			t.Error(err)
		}
		server.Close()
	}
}

// Secrets are masked wherever the other side puts them.
func TestEchoes(t *testing.T) {
	secrets := []string{slackPath, "XqZ9xKlm4PWsecret77abcd"}
	for _, secret := range secrets {
		_, err := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			fmt.Fprintf(w, "no hook %s", secret)
		})
		wantSafe(t, asError(t, err), secrets)
		_, err = served(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprintf(conn, "no %s\r\n\r\n", secret)
		})
		failed := asError(t, err)
		wantSafe(t, failed, secrets)
		if !strings.Contains(failed.Error(), masked) {
			t.Errorf("the library no longer repeats a malformed answer: %v", failed)
		}
	}
}
