package channel

import "strings"

// A message to Slack, as an incoming webhook takes it
// (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks)
// with Block Kit (https://docs.slack.dev/reference/block-kit/blocks).
type slackMessage struct {
	Text   string       `json:"text"` // where blocks can't be shown, such as in notifications
	Blocks []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type string    `json:"type"`
	Text slackText `json:"text"`
}

// slackText is a text object. A plain_text is shown as it is: no markup, no
// mention (<!channel>, <@U…>), no link comes out of it. Emoji is for plain_text
// only.
type slackText struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Emoji *bool  `json:"emoji,omitempty"`
}

const (
	maxSlackHeader  = 150  // of a header's text
	maxSlackSection = 3000 // of a section's text
)

func newSlack(c Config, o Options) (try, *ConfigError) {
	u, bad := parseURL(c.URL)
	if bad != nil {
		return nil, bad
	}
	return poster(o, func(m Message) request { return request{url: u.String(), body: encode(slackOf(m))} }), nil
}

func slackOf(m Message) slackMessage {
	s := slackMessage{
		Text:   slackEscape(m.headline()),
		Blocks: []slackBlock{{"header", slackPlain(m.headline(), maxSlackHeader)}},
	}
	for _, p := range m.parts() {
		s.Blocks = append(s.Blocks, slackBlock{"section", slackPlain(p.name+": "+p.text, maxSlackSection)})
	}
	if m.Link != "" {
		s.Blocks = append(s.Blocks, slackBlock{"section", slackText{Type: "mrkdwn", Text: "<" + slackEscape(m.Link) + ">"}})
	}
	return s
}

func slackPlain(text string, limit int) slackText {
	return slackText{Type: "plain_text", Text: cut(text, limit), Emoji: new(bool)}
}

// slackEscape takes their meaning from the three characters that begin something
// (https://docs.slack.dev/messaging/formatting-message-text#escaping).
func slackEscape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
