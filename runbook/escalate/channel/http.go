package channel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxAnswer is the most that is read of an answer's body.
	maxAnswer    = 64 << 10
	maxRedirects = 3
)

// request is what a type of channel asks to be posted.
type request struct {
	url    string
	header map[string]string // beside Content-Type
	body   []byte            // JSON
}

// poster makes a try of what turns a message into a request.
func poster(o Options, render func(Message) request) try {
	client := &http.Client{
		CheckRedirect: sameHost,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        o.TLS.Clone(),
			ForceAttemptHTTP2:      true,
			DisableKeepAlives:      true, // notices are rare, and nothing stays behind
			MaxResponseHeaderBytes: maxAnswer,
		},
	}
	return func(ctx context.Context, m Message) *failure {
		return post(ctx, client, o.Now, render(m))
	}
}

// sameHost follows a redirect only where it posts the same again to the same
// host (307 and 308). The client then hands back any other as the answer.
func sameHost(next *http.Request, before []*http.Request) error {
	first := before[0]
	if len(before) > maxRedirects || next.URL.Host != first.URL.Host || next.URL.Scheme != first.URL.Scheme || next.Method != first.Method {
		return http.ErrUseLastResponse
	}
	return nil
}

func post(ctx context.Context, client *http.Client, now func() time.Time, r request) *failure {
	h, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(r.body))
	if err != nil {
		return permanent("has an url that can't be read")
	}
	h.Header.Set("Content-Type", "application/json")
	h.Header.Set("User-Agent", "msp")
	for name, value := range r.header {
		h.Header.Set(name, value)
	}
	answer, err := client.Do(h)
	if err != nil {
		var outer *url.Error // whose text holds the URL
		if errors.As(err, &outer) {
			err = outer.Err
		}
		return broken(err)
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // whatever there is of it
	return judge(answer, string(said), now)
}

// judge says whether an answer means that the message was accepted.
func judge(answer *http.Response, said string, now func() time.Time) *failure {
	status := answer.StatusCode
	f := &failure{what: fmt.Sprintf("answers %d", status), said: said}
	if text := http.StatusText(status); text != "" {
		f.what += " " + text
	}
	switch {
	case status >= 200 && status < 300:
		return nil
	case status >= 300 && status < 400:
		f.what += ", which leads elsewhere"
	case status == http.StatusTooManyRequests, status >= 500:
		f.temporary, f.again = true, true
		f.after = retryAfter(answer.Header.Get("Retry-After"), now())
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		f.temporary = true
	}
	return f
}

// retryAfter reads the header of RFC 9110, section 10.2.3: seconds, or a date.
// What can't be read counts as not said.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
