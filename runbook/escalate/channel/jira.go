package channel

import (
	"net/url"
	"strings"
)

const jiraURL = "https://api.atlassian.com"

// An alert of Jira Service Management's integration events API, which took over
// Opsgenie's fields and their limits
// (https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events/,
// https://docs.opsgenie.com/docs/alerts-and-alert-fields).
type jiraAlert struct {
	Message     string            `json:"message"`
	Alias       string            `json:"alias"`
	Description string            `json:"description"`
	Details     map[string]string `json:"details,omitempty"`
	Entity      string            `json:"entity,omitempty"`
	Source      string            `json:"source"`
	Priority    string            `json:"priority"`
}

// jiraNote goes with an acknowledgement or a closure.
type jiraNote struct {
	Note   string `json:"note"`
	Source string `json:"source"`
}

const (
	maxJiraMessage = 130
	jiraAlerts     = "jsm/ops/integration/v2/alerts"
)

func newJira(c Config, o Options) (try, *ConfigError) {
	u, bad := baseURL(c.URL, jiraURL)
	if bad != nil {
		return nil, bad
	}
	alerts := u.JoinPath(jiraAlerts).String()
	header := map[string]string{"Authorization": "GenieKey " + c.Key}
	return poster(o, func(m Message) request {
		if action := jiraAction(m); action != "" {
			address := alerts + "/" + url.PathEscape(m.shortKey()) + "/" + action + "?identifierType=alias"
			return request{address, header, encode(jiraNote{jiraPlain(m.Text()), "msp"})}
		}
		return request{alerts, header, encode(jiraOf(m))}
	}), nil
}

// jiraOf needs no cut of its description: 15000 characters are allowed.
func jiraOf(m Message) jiraAlert {
	a := jiraAlert{
		Message: cut(jiraPlain(m.Title), maxJiraMessage), Alias: m.shortKey(), Description: jiraPlain(m.body(maxText)),
		Entity: m.Source, Source: "msp", Priority: jiraPriority(m.Severity),
	}
	if m.Link != "" {
		a.Details = map[string]string{"link": m.Link}
	}
	return a
}

// jiraAction is what is done to an alert that is there, or "".
func jiraAction(m Message) string {
	switch m.state() {
	case stateResolved:
		return "close"
	case stateAcknowledged:
		return "acknowledge"
	default:
		return ""
	}
}

func jiraPriority(severity string) string {
	switch severity {
	case SeverityCritical:
		return "P1"
	case SeverityError:
		return "P2"
	case SeverityWarning:
		return "P3"
	default:
		return "P5"
	}
}

// jiraPlain keeps texts from being HTML, which alerts may hold: entities would be
// seen as such where they are shown as text, on a phone.
func jiraPlain(text string) string {
	return strings.NewReplacer("<", "‹", ">", "›").Replace(text)
}

// baseURL is a service's own address, or the one that stands in for it.
func baseURL(given, own string) (*url.URL, *ConfigError) {
	if given == "" {
		given = own
	}
	u, bad := parseURL(given)
	if bad == nil && u.RawQuery != "" {
		bad = fault("url", "take out ? and what follows", "its url is a base, and holds a query")
	}
	return u, bad
}
