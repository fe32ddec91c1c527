package channel

import (
	"encoding/base64"
	"strings"
	"unicode"
)

const ntfyURL = "https://ntfy.sh"

// A message to ntfy, published as JSON to the root of the server
// (https://docs.ntfy.sh/publish/#publish-as-json). Nothing of it stands in a
// header, and without markdown it is shown as it is.
type ntfyMessage struct {
	Topic    string   `json:"topic"`
	Title    string   `json:"title"`
	Message  string   `json:"message"`
	Priority int      `json:"priority"` // 1 to 5
	Tags     []string `json:"tags"`
	Click    string   `json:"click,omitempty"`
}

const (
	// maxNtfyText is the most bytes of a part, so that the message has at most
	// 4096: a longer one becomes an attachment
	// (https://docs.ntfy.sh/publish/#limitations).
	maxNtfyText  = 900
	maxNtfyTopic = 64
)

func newNtfy(c Config, o Options) (try, *ConfigError) {
	u, bad := baseURL(c.URL, ntfyURL)
	switch {
	case bad != nil:
		return nil, bad
	case len(c.Topic) > maxNtfyTopic || strings.ContainsFunc(c.Topic, notOfTopic):
		return nil, fault("topic", "letters, digits, - and _, at most 64", "its topic isn't one that ntfy takes")
	case c.Token != "" && c.Username+c.Password != "":
		return nil, fault("token", "keep one of them", "it has a token and a user")
	case (c.Username == "") != (c.Password == ""):
		return nil, fault("username", "give both username and password, or neither", "it has only half of a user")
	}
	header := map[string]string{}
	switch {
	case c.Token != "":
		header["Authorization"] = "Bearer " + c.Token
	case c.Username != "":
		header["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Username+":"+c.Password))
	}
	return poster(o, func(m Message) request { return request{u.String(), header, encode(ntfyOf(m, c.Topic))} }), nil
}

func notOfTopic(r rune) bool {
	return r > unicode.MaxASCII || r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

func ntfyOf(m Message, topic string) ntfyMessage {
	n := ntfyMessage{
		Topic: topic, Title: m.headline(), Message: m.body(maxNtfyText),
		Priority: ntfyPriority(m.Severity), Tags: []string{m.Severity}, Click: m.Link,
	}
	if m.state() != stateOpen {
		n.Priority, n.Tags = ntfyPriority(SeverityInfo), []string{m.state()}
	}
	return n
}

func ntfyPriority(severity string) int {
	switch severity {
	case SeverityCritical:
		return 5
	case SeverityError:
		return 4
	case SeverityWarning:
		return 3
	default:
		return 2
	}
}
