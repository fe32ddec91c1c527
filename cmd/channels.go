package cmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/escalate/channel"
)

// channelSetting is a channel as a user configures it, with the keys of
// channel.Config. What may be a secret is a text, or says where it lies: {env: X},
// {file: NAME} or {command: NAME}, as a runbook's secrets do.
type channelSetting struct {
	Type     string   `mapstructure:"type"`
	Timeout  string   `mapstructure:"timeout"`
	URL      any      `mapstructure:"url"`
	Key      any      `mapstructure:"key"`
	Token    any      `mapstructure:"token"`
	Topic    any      `mapstructure:"topic"`
	Host     string   `mapstructure:"host"`
	Port     int      `mapstructure:"port"`
	TLS      string   `mapstructure:"tls"`
	From     string   `mapstructure:"from"`
	To       []string `mapstructure:"to"`
	Username string   `mapstructure:"username"`
	Password any      `mapstructure:"password"`
	Command  []string `mapstructure:"command"`
}

// mayBeSecret are the keys of a channel whose text may lie elsewhere.
func (c channelSetting) mayBeSecret() map[string]any {
	return map[string]any{"url": c.URL, "key": c.Key, "token": c.Token, "topic": c.Topic, "password": c.Password}
}

const channelLike = "channels: {on-call: {type: ntfy, topic: msp-night, token: {env: NTFY_TOKEN}}}"

// checkChannels refuses settings by which nobody could be told. What needs a
// secret is found when the channel is used.
func checkChannels(s *Settings) error {
	for _, name := range slices.Sorted(maps.Keys(s.Channels)) {
		c := s.Channels[name]
		if !runbook.ValidID(name) {
			return hint(fmt.Errorf("the setting channels: %q can't be the name of a channel", name), "lower-case letters, digits and hyphens, such as on-call")
		}
		if !slices.Contains(channel.Types(), c.Type) {
			return hint(fmt.Errorf("the setting channels: %s has the type %q, which there is not", name, c.Type), "%s", channelLike)
		}
		for key, value := range c.mayBeSecret() {
			if _, _, err := secretOf(value); err != nil {
				return hint(fmt.Errorf("the setting channels: the %s of %s %w", key, name, err), "a text, or one of {env: X}, {file: NAME}, {command: NAME}")
			}
		}
	}
	if _, _, err := secretOf(s.Deadman); err != nil {
		return hint(fmt.Errorf("the setting deadman %w", err), "a URL, or one of {env: X}, {file: NAME}, {command: NAME}")
	}
	return nil
}

// secretOf reads a setting that is a text, or says where a secret lies.
func secretOf(value any) (text string, lies runbook.Secret, err error) {
	switch value := value.(type) {
	case nil:
		return "", lies, nil
	case string:
		return value, lies, nil
	case map[string]any:
		for where, place := range map[string]*string{"env": &lies.Env, "file": &lies.File, "command": &lies.Command} {
			*place, _ = value[where].(string)
		}
		if name := lies.Env + lies.File + lies.Command; len(value) == 1 && name != "" {
			return "", lies, nil
		}
	}
	return "", lies, errors.New("is no text, and doesn't say where one lies")
}

// revealed is the text of a setting that may be a secret. No error shows it.
func (p *place) revealed(ctx context.Context, value any) (string, error) {
	text, lies, err := secretOf(value)
	if err != nil || lies == (runbook.Secret{}) {
		return text, err
	}
	return p.secret(ctx, lies)
}

// sender opens a channel of the user's configuration. Its secrets are read now.
func (a *app) sender(ctx context.Context, p *place, name string) (channel.Sender, error) {
	s, ok := p.Channels[name]
	if !ok {
		return nil, hint(fmt.Errorf("there is no channel %q", name), "%s: %s", filepath.Join(p.Config, "config.yaml"), channelLike)
	}
	c := channel.Config{
		Type: s.Type, Timeout: s.Timeout, Host: s.Host, Port: s.Port, TLS: s.TLS, From: s.From, To: s.To, Username: s.Username, Command: s.Command,
	}
	values := s.mayBeSecret()
	for key, text := range map[string]*string{"url": &c.URL, "key": &c.Key, "token": &c.Token, "topic": &c.Topic, "password": &c.Password} {
		var err error
		if *text, err = p.revealed(ctx, values[key]); err != nil {
			return nil, fmt.Errorf("the channel %s: its %s: %w", name, key, err)
		}
	}
	sender, err := channel.New(name, c, channel.Options{Now: a.Now, Env: os.Environ()})
	var wrong *channel.ConfigError
	if errors.As(err, &wrong) && wrong.Hint != "" {
		return nil, hint(err, "%s", wrong.Hint)
	}
	return sender, err
}
