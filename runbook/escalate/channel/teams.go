package channel

import "strings"

// A message to Teams, as the workflow "when a Teams webhook request is received"
// takes it: an Adaptive Card as the only attachment
// (https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook,
// https://adaptivecards.io/explorer). All of it must fit into about 28 KB, which
// it does with what a Message may hold.
type teamsMessage struct {
	Type        string            `json:"type"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	ContentType string    `json:"contentType"`
	ContentURL  *string   `json:"contentUrl"` // null
	Content     teamsCard `json:"content"`
}

type teamsCard struct {
	Schema       string        `json:"$schema"`
	Type         string        `json:"type"`
	Version      string        `json:"version"`
	FallbackText string        `json:"fallbackText"`
	Body         []teamsBlock  `json:"body"`
	Actions      []teamsAction `json:"actions,omitempty"`
}

// teamsBlock is a RichTextBlock: unlike a TextBlock it knows no Markdown.
type teamsBlock struct {
	Type    string     `json:"type"`
	Inlines []teamsRun `json:"inlines"`
}

type teamsRun struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Weight string `json:"weight,omitempty"`
	Size   string `json:"size,omitempty"`
}

type teamsAction struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

func newTeams(c Config, o Options) (try, *ConfigError) {
	u, bad := parseURL(c.URL)
	if bad != nil {
		return nil, bad
	}
	return poster(o, func(m Message) request { return request{url: u.String(), body: encode(teamsOf(m))} }), nil
}

func teamsOf(m Message) teamsMessage {
	card := teamsCard{
		Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.2",
		FallbackText: teamsPlain(m.headline()),
		Body:         []teamsBlock{teamsLine(teamsRun{Text: m.headline(), Weight: "Bolder", Size: "Large"})},
	}
	for _, p := range m.parts() {
		card.Body = append(card.Body, teamsLine(teamsRun{Text: p.name + ": ", Weight: "Bolder"}, teamsRun{Text: p.text}))
	}
	if m.Link != "" {
		card.Actions = []teamsAction{{"Action.OpenUrl", "Open", m.Link}}
	}
	return teamsMessage{"message", []teamsAttachment{{ContentType: "application/vnd.microsoft.card.adaptive", Content: card}}}
}

func teamsLine(runs ...teamsRun) teamsBlock {
	for i := range runs {
		runs[i].Type, runs[i].Text = "TextRun", teamsPlain(runs[i].Text)
	}
	return teamsBlock{"RichTextBlock", runs}
}

// teamsPlain takes the braces of {{DATE(…)}} and {{TIME(…)}} apart, and keeps
// <at> from naming anybody.
func teamsPlain(text string) string {
	for strings.Contains(text, "{{") {
		text = strings.ReplaceAll(text, "{{", "{ {")
	}
	return strings.NewReplacer("<at>", "< at>", "</at>", "< /at>").Replace(text)
}
