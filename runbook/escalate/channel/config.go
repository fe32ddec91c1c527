package channel

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

const (
	// minSecret is the fewest bytes of a secret: a shorter one can't be told from
	// other text.
	minSecret = 8
	// minHMAC is the fewest bytes of a webhook's key. RFC 2104, section 3,
	// discourages keys that are shorter than the hash.
	minHMAC = 32
	// minLimit and maxLimit bound a Config's timeout.
	minLimit = time.Millisecond
	maxLimit = 10 * time.Minute
)

// Config is a channel as the user's configuration says it. Secrets are given as
// they are: whoever reads the configuration fetches them from where they lie.
// A key that the type doesn't know is an error.
type Config struct {
	Type    string `json:"type"`              // one of Types
	Timeout string `json:"timeout,omitempty"` // of a Send with all its tries, such as 10s

	// URL is where to send to. For slack, teams and webhook it is the whole URL,
	// and a secret; for pagerduty, jira and ntfy the base URL, where it isn't the
	// service's own.
	URL   string `json:"url,omitempty"`
	Key   string `json:"key,omitempty"`   // webhook: of the HMAC; pagerduty: the integration key; jira: the API key
	Token string `json:"token,omitempty"` // ntfy: an access token
	Topic string `json:"topic,omitempty"` // ntfy

	Host     string   `json:"host,omitempty"` // mail: the server to hand in at
	Port     int      `json:"port,omitempty"` // mail: 587, or as tls says
	TLS      string   `json:"tls,omitempty"`  // mail: starttls (the default), tls (from the first byte, port 465) or none (port 25)
	From     string   `json:"from,omitempty"` // mail
	To       []string `json:"to,omitempty"`   // mail: where the message names nobody
	Username string   `json:"username,omitempty"`
	Password string   `json:"password,omitempty"`

	Command []string `json:"command,omitempty"` // exec: the program and its arguments; no shell
}

// ConfigError says what is wrong with a Config. It contains no secret.
type ConfigError struct {
	Channel string // its name
	Key     string // of the Config, or ""
	What    string
	Hint    string // what to do
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("the channel %s: %s", clean(e.Channel), e.What)
}

func (e *ConfigError) in(channel string) *ConfigError {
	e.Channel = channel
	return e
}

func fault(key, hint, format string, args ...any) *ConfigError {
	return &ConfigError{Key: key, What: fmt.Sprintf(format, args...), Hint: hint}
}

// given are the keys of a Config that are set, beside type and timeout, and
// their texts.
func (c Config) given() map[string]string {
	all := map[string]string{
		"url": c.URL, "key": c.Key, "token": c.Token, "topic": c.Topic,
		"host": c.Host, "tls": c.TLS, "from": c.From, "to": strings.Join(c.To, ","),
		"username": c.Username, "password": c.Password, "command": strings.Join(c.Command, " "),
	}
	if c.Port != 0 {
		all["port"] = fmt.Sprint(c.Port)
	}
	for key, text := range all {
		if text == "" {
			delete(all, key)
		}
	}
	return all
}

// check finds the type and holds the Config to its keys.
func (c Config) check() (kind, time.Duration, *ConfigError) {
	index := slices.IndexFunc(kinds(), func(k kind) bool { return k.name == c.Type })
	if index < 0 {
		return kind{}, 0, fault("type", "write one of "+strings.Join(Types(), ", "), "there is no type %q", clean(c.Type))
	}
	k := kinds()[index]
	given := c.given()
	for _, key := range k.needs {
		if given[key] == "" {
			return k, 0, fault(key, hintFor(k.name, key), "a channel of the type %s needs %s", k.name, key)
		}
	}
	for key, text := range given {
		if !slices.Contains(k.needs, key) && !slices.Contains(k.may, key) {
			return k, 0, fault(key, "take it out", "a channel of the type %s has no %s", k.name, key)
		}
		if k.name == "webhook" && key == "key" && len(text) < minHMAC {
			return k, 0, fault(key, hintFor(k.name, key), "its key has fewer than %d bytes", minHMAC)
		}
		if key != "topic" && slices.Contains(k.secret, key) && len(text) < minSecret {
			return k, 0, fault(key, "take a longer one", "its %s has fewer than %d bytes: it can't be told from other text", key, minSecret)
		}
		if key != "command" && strings.ContainsFunc(text, unicode.IsControl) {
			return k, 0, fault(key, "look for a line break at its end", "its %s holds a line break or another control character", key)
		}
	}
	limit, fault := c.limit()
	return k, limit, fault
}

// hintFor says where to find what a type needs.
func hintFor(kind, key string) string {
	switch kind + " " + key {
	case "mail host":
		return "the name of the server that takes your mail, such as smtp.example.com"
	case "mail from":
		return "the address that notices come from, such as msp@example.com"
	case "webhook url":
		return "the address that the receiver listens at"
	case "webhook key":
		return "at least 32 characters that the receiver knows too: openssl rand -hex 32"
	case "slack url":
		return "the incoming webhook's URL, from the Slack app's page Incoming Webhooks"
	case "teams url":
		return "the URL that Teams shows for the workflow \"Post to a channel when a webhook request is received\""
	case "pagerduty key":
		return "the integration key of the service's Events API v2 integration"
	case "jira key":
		return "the API key of the team's API integration in Jira Service Management"
	case "ntfy topic":
		return "the topic that the phones subscribe to"
	case "exec command":
		return "the program and its arguments, one item each"
	}
	return ""
}

func (c Config) limit() (time.Duration, *ConfigError) {
	if c.Timeout == "" {
		return DefaultTimeout, nil
	}
	limit, err := time.ParseDuration(c.Timeout)
	if err != nil || limit < minLimit || limit > maxLimit {
		return 0, fault("timeout", "write it with its unit, such as 10s; at most 10m", "%q is no time limit", clean(c.Timeout))
	}
	return limit, nil
}

// secrets are the texts that no error may contain.
func (c Config) secrets(k kind) []string {
	var all []string
	given := c.given()
	for _, key := range k.secret {
		if key == "url" {
			all = append(all, urlSecrets(c.URL)...)
		} else if text := given[key]; text != "" {
			all = append(all, text)
		}
	}
	if c.Username != "" {
		all = append(all, c.Username+":"+c.Password)
	}
	return append(all, bare(c.To)...)
}

// urlSecrets are a URL whose knowledge is a right, and the parts of it that an
// answer may repeat by themselves. The host is none.
func urlSecrets(raw string) []string {
	all := []string{raw}
	u, err := url.Parse(raw)
	if err != nil {
		return all
	}
	all = append(all, u.String(), u.RequestURI(), u.Path, u.EscapedPath(), u.RawQuery)
	all = append(all, strings.Split(u.Path, "/")...)
	for _, values := range u.Query() {
		all = append(all, values...)
	}
	return all
}

// bare adds to addresses what they are without a display name.
func bare(addresses []string) []string {
	all := slices.Clone(addresses)
	for _, address := range addresses {
		if parsed, err := mail.ParseAddress(address); err == nil {
			all = append(all, parsed.Address)
		}
	}
	return all
}

// parseURL takes https, and http to this machine: what is sent names clients and
// carries keys.
func parseURL(raw string) (*url.URL, *ConfigError) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, fault("url", "write it whole, beginning with https://", "its url can't be read")
	case u.User != nil:
		return nil, fault("url", "ntfy has username and password; other types take a key", "its url holds a user")
	case u.Fragment != "":
		return nil, fault("url", "take out # and what follows", "its url holds a fragment")
	case u.Scheme == "https", u.Scheme == "http" && thisMachine(u.Hostname()):
		return u, nil
	default:
		return nil, fault("url", "write https://; plain http goes to this machine only", "its url isn't https")
	}
}

func thisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
