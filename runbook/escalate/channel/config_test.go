package channel

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// good is a Config of each type.
func good() map[string]Config {
	return map[string]Config{
		"mail":      {Type: "mail", Host: "smtp.example.com", From: "msp@example.com", To: []string{"ada@example.com"}, Username: "msp", Password: "pass  word"},
		"webhook":   {Type: "webhook", URL: "https://hooks.example.com/x", Key: hookKey, Timeout: "3s"},
		"slack":     {Type: "slack", URL: "https://hooks.slack.com" + slackPath},
		"teams":     {Type: "teams", URL: "https://prod-1.westeurope.logic.azure.com:443" + teamsPath},
		"pagerduty": {Type: "pagerduty", Key: pagerKey},
		"jira":      {Type: "jira", Key: jiraKey, URL: "https://api.eu.example.com/"},
		"ntfy":      {Type: "ntfy", Topic: "ops", Token: ntfyToken},
		"exec":      {Type: "exec", Command: []string{"tell"}},
	}
}

func TestNew(t *testing.T) {
	all := good()
	for _, name := range Types() {
		if _, err := New("c", all[name], Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	with := func(name string, change func(*Config)) Config {
		c := all[name]
		change(&c)
		return c
	}
	for name, test := range map[string]struct {
		c    Config
		key  string
		says string
	}{
		"nothing":            {Config{}, "type", `no type ""`},
		"unknown":            {Config{Type: "sms\x1b[31m"}, "type", `no type "sms [31m"`},
		"nobody's key":       {with("slack", func(c *Config) { c.Key = hookKey }), "key", "has no key"},
		"nobody's port":      {with("ntfy", func(c *Config) { c.Port = 25 }), "port", "has no port"},
		"no url":             {Config{Type: "slack"}, "url", "needs url"},
		"no hook key":        {with("webhook", func(c *Config) { c.Key = "" }), "key", "needs key"},
		"short hook key":     {with("webhook", func(c *Config) { c.Key = hookKey[:31] }), "key", "fewer than 32 bytes"},
		"tiny hook key":      {with("webhook", func(c *Config) { c.Key = "abc" }), "key", "fewer than 32 bytes"},
		"short token":        {with("ntfy", func(c *Config) { c.Token = "tk_1234" }), "token", "fewer than 8 bytes"},
		"key with line":      {with("jira", func(c *Config) { c.Key = jiraKey + "\n" }), "key", "line break"},
		"plain http":         {with("slack", func(c *Config) { c.URL = "http://hooks.example.com" + slackPath }), "url", "isn't https"},
		"plain http, alike":  {with("slack", func(c *Config) { c.URL = "http://localhost.example.com" + slackPath }), "url", "isn't https"},
		"file":               {with("slack", func(c *Config) { c.URL = "file:///etc/passwd" }), "url", "can't be read"},
		"no host":            {with("slack", func(c *Config) { c.URL = slackPath }), "url", "can't be read"},
		"bad escape":         {with("slack", func(c *Config) { c.URL = "https://a.example/%zz" + slackPath }), "url", "can't be read"},
		"user in url":        {with("ntfy", func(c *Config) { c.URL = "https://ada:secretsecret@ntfy.example" }), "url", "holds a user"},
		"fragment":           {with("teams", func(c *Config) { c.URL += "#x" }), "url", "fragment"},
		"query in base":      {with("jira", func(c *Config) { c.URL += "?key=0123456789" }), "url", "query"},
		"short routing key":  {with("pagerduty", func(c *Config) { c.Key = pagerKey[1:] }), "key", "31 characters"},
		"odd topic":          {with("ntfy", func(c *Config) { c.Topic = "a/b" }), "topic", "topic"},
		"topic of lines":     {with("ntfy", func(c *Config) { c.Topic = "a\nb" }), "topic", "line break"},
		"token and user":     {with("ntfy", func(c *Config) { c.Username, c.Password = "ada", "secretsecret" }), "token", "a token and a user"},
		"half a user":        {with("ntfy", func(c *Config) { c.Token, c.Username = "", "ada" }), "username", "half of a user"},
		"half a mail user":   {with("mail", func(c *Config) { c.Password = "" }), "username", "half of a user"},
		"password in open":   {with("mail", func(c *Config) { c.TLS = "none" }), "tls", "in the open"},
		"odd tls":            {with("mail", func(c *Config) { c.TLS = "ssl" }), "tls", `"ssl"`},
		"odd port":           {with("mail", func(c *Config) { c.Port = 65536 }), "port", "65536"},
		"negative port":      {with("mail", func(c *Config) { c.Port = -1 }), "port", "-1"},
		"no from":            {with("mail", func(c *Config) { c.From = "" }), "from", "needs from"},
		"odd from":           {with("mail", func(c *Config) { c.From = "msp" }), "from", `"msp" is no mail address`},
		"odd to":             {with("mail", func(c *Config) { c.To = []string{"a@b.c", ""} }), "to", "is no mail address"},
		"no command":         {Config{Type: "exec"}, "command", "needs command"},
		"empty program":      {Config{Type: "exec", Command: []string{"", "x"}}, "command", "no program"},
		"zero in command":    {Config{Type: "exec", Command: []string{"a", "b\x00"}}, "command", "zero byte"},
		"timeout of nothing": {with("exec", func(c *Config) { c.Timeout = "10" }), "timeout", `"10" is no time limit`},
		"timeout below":      {with("exec", func(c *Config) { c.Timeout = "-1s" }), "timeout", "time limit"},
		"timeout above":      {with("exec", func(c *Config) { c.Timeout = "11m" }), "timeout", "time limit"},
	} {
		t.Run(name, func(t *testing.T) { wantFault(t, test.c, test.key, test.says) })
	}
}

func wantFault(t *testing.T, c Config, key, says string) {
	t.Helper()
	s, err := New("on\ncall", c, Options{})
	var fault *ConfigError
	if s != nil || !errors.As(err, &fault) {
		t.Fatalf("%v, %v", s, err)
	}
	text := fault.Error()
	if fault.Key != key || !strings.HasPrefix(text, "the channel on call: ") || !strings.Contains(text, says) || strings.ContainsAny(text, "\n\x1b") {
		t.Errorf("%s: %q", fault.Key, text)
	}
	if fault.Hint == "" || strings.ContainsAny(fault.Hint, "\n") {
		t.Errorf("the hint %q", fault.Hint)
	}
	for _, secret := range []string{c.Key, c.Token, c.Password, c.URL, "secretsecret"} {
		if len(secret) > 2 && strings.Contains(text+fault.Hint, secret) {
			t.Errorf("%q tells %q", text, secret)
		}
	}
}

// Each key that a type takes has a hint where it is needed, and Config has it.
func TestKinds(t *testing.T) {
	data, err := json.Marshal(Config{"a", "b", "c", "d", "e", "f", "g", 1, "h", "i", []string{"j"}, "k", "l", []string{"m"}})
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds() {
		for _, key := range k.needs {
			if hintFor(k.name, key) == "" {
				t.Errorf("%s %s has no hint", k.name, key)
			}
		}
		for _, key := range slices.Concat(k.needs, k.may, k.secret) {
			if _, ok := keys[key]; !ok {
				t.Errorf("%s: Config has no %s", k.name, key)
			}
		}
	}
	for key := range (Config{Port: 1, URL: "u"}).given() {
		if _, ok := keys[key]; !ok {
			t.Errorf("given names %s, which Config doesn't have", key)
		}
	}
}

func TestMailPort(t *testing.T) {
	for protection, want := range map[string]int{"starttls": 587, "tls": 465, "none": 25, "ssl": 0} {
		if got := mailPort(protection); got != want {
			t.Errorf("%s: port %d, want %d", protection, got, want)
		}
	}
}
