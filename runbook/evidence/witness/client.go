package witness

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// answerLimit bounds what a witness may answer.
const answerLimit = 64 << 10

// A Client asks one witness.
type Client struct {
	URL      string // the submission prefix
	Verifier Verifier
	HTTP     *http.Client // nil is http.DefaultClient
}

// ErrRefused says that the witness has seen another history of the log, or isn't
// told to watch it.
type ErrRefused struct {
	Witness string
	What    string
}

func (e *ErrRefused) Error() string { return "the witness " + e.Witness + " refuses: " + e.What }

// Cosign shows a checkpoint of a log to the witness. It gives the witness's
// signature line, verified, and the time that it states. It takes as long as ctx
// allows. The log may have grown since the checkpoint.
//
// The witness is the one that knows which size it has seen, so it is asked for
// that first: a witness answers 409 with it.
func (c Client) Cosign(ctx context.Context, log *evidence.LogView, cp evidence.Checkpoint) (line []byte, at time.Time, err error) {
	old := int64(0)
	for range 3 {
		proof, err := log.ConsistencyProof(old, cp.Size)
		if err != nil {
			return nil, at, &ErrRefused{c.Verifier.name, fmt.Sprintf("it has seen %d entries of this log, which has %d: the log was cut, or this is an older copy", old, cp.Size)}
		}
		status, answer, err := c.post(ctx, request(old, proof, cp.Text))
		if err != nil {
			return nil, at, err
		}
		switch status {
		case http.StatusOK:
			return c.Verifier.Check(cp.Text, answer)
		case http.StatusConflict:
			seen, err := strconv.ParseInt(strings.TrimSpace(string(answer)), 10, 64)
			if err != nil || seen < 0 || seen == old {
				return nil, at, &ErrRefused{c.Verifier.name, "it has seen another history of this log of the same size"}
			}
			old = seen
		default:
			return nil, at, &ErrRefused{c.Verifier.name, refusal(status, answer)}
		}
	}
	return nil, at, fmt.Errorf("the witness %s can't tell how much of the log it has seen: somebody else is showing it the same log", c.Verifier.name)
}

// refusal puts a status of the protocol into words.
func refusal(status int, answer []byte) string {
	switch status {
	case http.StatusNotFound:
		return "it isn't told to watch this log"
	case http.StatusForbidden:
		return "it knows another key for this log"
	case http.StatusUnprocessableEntity:
		return "the log is no continuation of what it has seen: its history was rewritten"
	default:
		word, _, _ := strings.Cut(string(answer), "\n")
		return fmt.Sprintf("it answers %d %.120q", status, word)
	}
}

// request is the body of add-checkpoint.
func request(old int64, proof tlog.TreeProof, checkpoint []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", old)
	for _, hash := range proof {
		b.WriteString(base64.StdEncoding.EncodeToString(hash[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(checkpoint)
	return b.Bytes()
}

func (c Client) post(ctx context.Context, body []byte) (status int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.URL, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("the witness %s can't be reached: %w", c.Verifier.name, err)
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return 0, nil, fmt.Errorf("the witness %s broke off: %w", c.Verifier.name, err)
	}
	return response.StatusCode, answer, nil
}
