package channel

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What the services publish of their shapes, written down a second time: these
// types and limits share nothing with those that are sent.

const (
	slackPath = "/services/T00000000/B00000000/XqZ9xKlm4PWsecret77abcd"
	teamsPath = "/workflows/0f3b9c1d2e/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=Zk9-secret_sIgnature.0123456789"
	hookPath  = "/hooks/s3cret-path-of-mine?token=t0ken-in-query"
	hookKey   = "0123456789abcdef0123456789abcdef-key"
	pagerKey  = "R0UT1NGKEY0123456789abcdefABCDEF"
	jiraKey   = "1f2e3d4c-aaaa-bbbb-cccc-0123456789ab"
	ntfyTopic = "acme-alerts_Xy12Zq"
	ntfyToken = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"
)

func TestTypes(t *testing.T) {
	all := map[string]traits{
		"webhook": {
			make: func(t *testing.T) endpoint {
				return newWeb(t, Config{Type: "webhook", Key: hookKey}, hookPath, readWebhook)
			},
			secrets: []string{hookKey, hookPath, "t0ken-in-query"}, refusedForGood: true, quickBusy: true, quickGone: true,
		},
		"slack": {
			make:    func(t *testing.T) endpoint { return newWeb(t, Config{Type: "slack"}, slackPath, readSlack) },
			secrets: []string{slackPath, "XqZ9xKlm4PWsecret77abcd"}, refusedForGood: true, quickBusy: true, quickGone: true,
		},
		"teams": {
			make:    func(t *testing.T) endpoint { return newWeb(t, Config{Type: "teams"}, teamsPath, readTeams) },
			secrets: []string{teamsPath, "Zk9-secret_sIgnature.0123456789"}, refusedForGood: true, quickBusy: true, quickGone: true,
		},
		"pagerduty": {
			make: func(t *testing.T) endpoint {
				return newWeb(t, Config{Type: "pagerduty", Key: pagerKey}, "", readPagerDuty)
			},
			secrets: []string{pagerKey}, refusedForGood: true, quickBusy: true, quickGone: true, short: true,
		},
		"jira": {
			make:    func(t *testing.T) endpoint { return newWeb(t, Config{Type: "jira", Key: jiraKey}, "/base", readJira) },
			secrets: []string{jiraKey}, refusedForGood: true, quickBusy: true, quickGone: true,
		},
		"ntfy": {
			make: func(t *testing.T) endpoint {
				return newWeb(t, Config{Type: "ntfy", Topic: ntfyTopic, Token: ntfyToken}, "", readNtfy)
			},
			secrets: []string{ntfyTopic, ntfyToken}, refusedForGood: true, quickBusy: true, quickGone: true,
		},
		"mail": {
			make: newMailbox, secrets: []string{smtpPassword, smtpUser + "\x00" + smtpPassword, "ada@client.example", "bob@client.example"},
			refusedForGood: true, quickGone: true,
		},
		"exec": {make: newProgram, secrets: []string{commandToken}, goneForGood: true},
	}
	for _, name := range Types() {
		t.Run(name, func(t *testing.T) { suite(t, all[name]) })
	}
	if len(all) != len(Types()) {
		t.Errorf("tests for %d types of %d", len(all), len(Types()))
	}
}

// readWebhook checks the signature by the steps that SignatureHeader states.
func readWebhook(r *http.Request, body []byte) (string, error) {
	if err := wantPost(r, hookPath); err != nil {
		return "", err
	}
	var stamp, given string
	for _, part := range strings.Split(r.Header.Get("Msp-Signature"), ",") {
		switch name, value, _ := strings.Cut(part, "="); name {
		case "t":
			stamp = value
		case "v1":
			given = value
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Unix(seconds, 0).Sub(start).Abs() > 5*time.Minute {
		return "", fmt.Errorf("a stale time %q", stamp)
	}
	mac := hmac.New(sha256.New, []byte(hookKey))
	mac.Write([]byte(stamp + "." + string(body)))
	if sum, err := hex.DecodeString(given); err != nil || !hmac.Equal(sum, mac.Sum(nil)) {
		return "", fmt.Errorf("the signature %q is wrong", given)
	}
	return readDocument(body)
}

// readDocument reads the message that webhooks and commands get.
func readDocument(body []byte) (string, error) {
	var d struct {
		Version, Rung                                                                     int
		ID, Ladder, Contact                                                               string
		Key, Source, Severity, State, Title, What, Since, Impact, Tried, Next, Link, Text string
		To                                                                                []string
	}
	if err := strictly(body, &d); err != nil {
		return "", err
	}
	if d.Since != "" {
		if _, err := time.Parse(time.RFC3339, d.Since); err != nil {
			return "", err
		}
	}
	if d.Version != 1 || d.Key == "" || d.Title == "" || !slices.Contains([]string{"open", "acknowledged", "resolved"}, d.State) {
		return "", errors.New("parts are missing")
	}
	return d.Text, wantLines(strings.Join([]string{d.Title, d.Source, d.What, d.Impact, d.Tried, d.Next}, ""), 0)
}

// wantLines wants a text of a number of line ends.
func wantLines(text string, n int) error {
	if got := strings.Count(text, "\n"); got != n {
		return fmt.Errorf("%d line ends in %q, want %d", got, text, n)
	}
	return nil
}

// readSlack: https://docs.slack.dev/reference/block-kit/blocks
func readSlack(r *http.Request, body []byte) (string, error) {
	var s struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct {
				Type, Text string
				Emoji      *bool
			}
		}
	}
	if err := errors.Join(wantPost(r, slackPath), strictly(body, &s)); err != nil {
		return "", err
	}
	// What is parsed for mentions and links holds none, but for the link at the end.
	if strings.ContainsAny(s.Text, "<>") || among("text", s.Text, 4000) != nil || len(s.Blocks) < 1 || len(s.Blocks) > 50 || s.Blocks[0].Type != "header" {
		return "", fmt.Errorf("text %q, %d blocks", s.Text, len(s.Blocks))
	}
	limits := map[string]int{"header": 150, "section": 3000}
	text := ""
	for i, b := range s.Blocks {
		if err := among(b.Type, b.Text.Text, limits[b.Type]); err != nil {
			return "", err
		}
		shown := b.Text.Text
		switch {
		case b.Text.Type == "plain_text" && b.Text.Emoji != nil && !*b.Text.Emoji:
		case b.Text.Type == "mrkdwn" && b.Text.Emoji == nil && i == len(s.Blocks)-1 && regexp.MustCompile(`^<https://portal\.example/[^<>|]*>$`).MatchString(shown):
			shown = strings.ReplaceAll(strings.Trim(shown, "<>"), "&amp;", "&")
		default:
			return "", fmt.Errorf("the block %+v", b)
		}
		text += shown + "\n"
	}
	return text, wantLines(text, len(s.Blocks))
}

// readTeams: https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook
// and https://adaptivecards.io/explorer
func readTeams(r *http.Request, body []byte) (string, error) {
	type run struct{ Type, Text, Weight, Size string }
	var m struct {
		Type        string
		Attachments []struct {
			ContentType string
			ContentURL  json.RawMessage `json:"contentUrl"`
			Content     struct {
				Schema                      string `json:"$schema"`
				Type, Version, FallbackText string
				Body                        []struct {
					Type    string
					Inlines []run
				}
				Actions []struct{ Type, Title, URL string }
			}
		}
	}
	if err := errors.Join(wantPost(r, teamsPath), strictly(body, &m)); err != nil {
		return "", err
	}
	if len(body) > 28<<10 || m.Type != "message" || len(m.Attachments) != 1 {
		return "", fmt.Errorf("%d bytes, %q, %d attachments", len(body), m.Type, len(m.Attachments))
	}
	a := m.Attachments[0]
	card := a.Content
	if a.ContentType != "application/vnd.microsoft.card.adaptive" || string(a.ContentURL) != "null" || card.Type != "AdaptiveCard" || card.Version != "1.2" ||
		card.Schema != "http://adaptivecards.io/schemas/adaptive-card.json" || card.FallbackText == "" {
		return "", errors.New("no Adaptive Card")
	}
	text := ""
	for _, b := range card.Body {
		for _, i := range b.Inlines {
			if b.Type != "RichTextBlock" || i.Type != "TextRun" || i.Text == "" || !slices.Contains([]string{"", "Bolder"}, i.Weight) || !slices.Contains([]string{"", "Large"}, i.Size) {
				return "", fmt.Errorf("the run %+v", i)
			}
			text += i.Text
		}
		text += "\n"
	}
	if strings.Contains(text, "{{") || strings.Contains(text, "<at>") {
		return "", fmt.Errorf("functions or mentions in %q", text)
	}
	lines := len(card.Body)
	for _, action := range card.Actions {
		if action.Type != "Action.OpenUrl" || action.Title == "" {
			return "", fmt.Errorf("the action %+v", action)
		}
		text, lines = text+action.URL+"\n", lines+1
	}
	return text, wantLines(text, lines)
}

// readPagerDuty: https://developer.pagerduty.com/docs/send-alert-event
func readPagerDuty(r *http.Request, body []byte) (string, error) {
	var e struct {
		RoutingKey  string `json:"routing_key"`
		EventAction string `json:"event_action"`
		DedupKey    string `json:"dedup_key"`
		Client      string
		Payload     *struct {
			Summary, Source, Severity, Timestamp string
			Details                              map[string]string `json:"custom_details"`
		}
		Links []struct{ Href, Text string }
	}
	if err := errors.Join(wantPost(r, "/v2/enqueue"), strictly(body, &e)); err != nil {
		return "", err
	}
	if err := among("dedup_key", e.DedupKey, 255); err != nil || e.RoutingKey != pagerKey || len(body) > 512<<10 {
		return "", fmt.Errorf("%w, routing key %q", err, e.RoutingKey)
	}
	switch e.EventAction {
	case "acknowledge", "resolve":
		if e.Payload != nil || e.Links != nil {
			return "", errors.New("more than it needs")
		}
		return e.EventAction, nil
	case "trigger":
	default:
		return "", fmt.Errorf("the action %q", e.EventAction)
	}
	p := e.Payload
	if p == nil || p.Source == "" || !slices.Contains([]string{"critical", "error", "warning", "info"}, p.Severity) {
		return "", errors.New("no payload")
	}
	if p.Timestamp != "" {
		if _, err := time.Parse(time.RFC3339, p.Timestamp); err != nil {
			return "", err
		}
	}
	text, lines := p.Summary+"\n", 1
	for name, detail := range p.Details {
		text, lines = text+name+": "+detail+"\n", lines+1
	}
	for _, link := range e.Links {
		text, lines = text+link.Href+"\n", lines+1
	}
	return text, errors.Join(among("summary", p.Summary, 1024), wantLines(text, lines))
}

// readJira: https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events/
func readJira(r *http.Request, body []byte) (string, error) {
	if got := r.Header.Get("Authorization"); got != "GenieKey "+jiraKey {
		return "", fmt.Errorf("authorization %q", got)
	}
	const alerts = "/base/jsm/ops/integration/v2/alerts"
	if r.URL.Path != alerts {
		var n struct{ Note, Source, User string }
		alias, action, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), alerts+"/"), "/")
		alias, err := url.PathUnescape(alias)
		err = errors.Join(err, strictly(body, &n), among("note", n.Note, 25000))
		if r.Method != http.MethodPost || err != nil || among("alias", alias, 512) != nil || r.URL.RawQuery != "identifierType=alias" || !slices.Contains([]string{"acknowledge", "close"}, action) {
			return "", fmt.Errorf("%w, %s %s", err, r.Method, r.URL)
		}
		if strings.ContainsAny(n.Note, "<>") {
			return "", errors.New("HTML in the note")
		}
		return n.Note, nil
	}
	var a struct {
		Message, Alias, Description, Entity, Source, Priority string
		Details                                               map[string]string
	}
	err := errors.Join(wantPost(r, alerts), strictly(body, &a), among("message", a.Message, 130), among("alias", a.Alias, 512),
		among("description", a.Description, 15000), among("source", a.Source, 100), among("entity", a.Entity+".", 512))
	if err != nil || !slices.Contains([]string{"P1", "P2", "P3", "P4", "P5"}, a.Priority) || strings.ContainsAny(a.Message+a.Description, "<>") {
		return "", fmt.Errorf("%w, priority %q", err, a.Priority)
	}
	return a.Message + "\n" + a.Description + a.Details["link"], wantLines(a.Message+a.Description, 5)
}

// readNtfy: https://docs.ntfy.sh/publish/#publish-as-json
func readNtfy(r *http.Request, body []byte) (string, error) {
	var n struct {
		Topic, Title, Message, Click string
		Priority                     int
		Tags                         []string
	}
	if err := errors.Join(wantPost(r, "/"), strictly(body, &n)); err != nil {
		return "", err
	}
	if got := r.Header.Get("Authorization"); got != "Bearer "+ntfyToken || n.Topic != ntfyTopic {
		return "", fmt.Errorf("authorization %q, topic %q", got, n.Topic)
	}
	if n.Priority < 1 || n.Priority > 5 || n.Title == "" || len(n.Message) < 1 || len(n.Message) > 4096 || len(n.Tags) != 1 {
		return "", fmt.Errorf("priority %d, %d bytes", n.Priority, len(n.Message))
	}
	return n.Title + "\n" + n.Message + n.Click, nil
}
