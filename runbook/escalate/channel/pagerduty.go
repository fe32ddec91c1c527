package channel

import "time"

const pagerDutyURL = "https://events.pagerduty.com"

// An event of PagerDuty's Events API v2
// (https://developer.pagerduty.com/docs/send-alert-event). Without a payload it
// is an acknowledgement or a resolution.
type pagerDutyEvent struct {
	RoutingKey  string            `json:"routing_key"`
	EventAction string            `json:"event_action"`
	DedupKey    string            `json:"dedup_key"`
	Client      string            `json:"client,omitempty"`
	Payload     *pagerDutyPayload `json:"payload,omitempty"`
	Links       []pagerDutyLink   `json:"links,omitempty"`
}

type pagerDutyPayload struct {
	Summary   string            `json:"summary"`
	Source    string            `json:"source"`
	Severity  string            `json:"severity"`
	Timestamp string            `json:"timestamp,omitempty"`
	Details   map[string]string `json:"custom_details"`
}

type pagerDutyLink struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

const (
	pagerDutyKey     = 32   // characters of a routing key
	maxPagerSummary  = 1024 // characters
	pagerDutyEnqueue = "v2/enqueue"
)

func newPagerDuty(c Config, o Options) (try, *ConfigError) {
	u, bad := baseURL(c.URL, pagerDutyURL)
	if bad != nil {
		return nil, bad
	}
	if len(c.Key) != pagerDutyKey {
		return nil, fault("key", hintFor("pagerduty", "key"), "its key has %d characters, an integration key has %d", len(c.Key), pagerDutyKey)
	}
	address := u.JoinPath(pagerDutyEnqueue).String()
	return poster(o, func(m Message) request { return request{url: address, body: encode(pagerDutyOf(m, c.Key))} }), nil
}

func pagerDutyOf(m Message, key string) pagerDutyEvent {
	e := pagerDutyEvent{RoutingKey: key, EventAction: pagerDutyAction(m), DedupKey: m.shortKey()}
	if m.state() != stateOpen {
		return e
	}
	e.Client = "msp"
	e.Payload = &pagerDutyPayload{Summary: cut(m.Title, maxPagerSummary), Source: m.Source, Severity: m.Severity, Details: map[string]string{}}
	if m.What != "" {
		e.Payload.Summary = cut(m.Title+": "+m.What, maxPagerSummary)
	}
	if m.Source == "" {
		e.Payload.Source = "msp"
	}
	if !m.Since.IsZero() {
		e.Payload.Timestamp = m.Since.Format(time.RFC3339)
	}
	for _, p := range m.parts() {
		e.Payload.Details[p.name] = p.text
	}
	if m.Link != "" {
		e.Links = []pagerDutyLink{{m.Link, "Open"}}
	}
	return e
}

func pagerDutyAction(m Message) string {
	switch m.state() {
	case stateResolved:
		return "resolve"
	case stateAcknowledged:
		return "acknowledge"
	default:
		return "trigger"
	}
}
