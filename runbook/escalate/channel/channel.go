// Package channel sends notices: by mail, to a webhook, to chat and paging
// services, and to a command of one's own.
//
// A channel is a Config with a name, from the user's own configuration. New
// checks it, and the Sender that it gives sends Messages:
//
//	sender, err := channel.New("on-call", channel.Config{Type: "ntfy", Topic: topic}, channel.Options{})
//	err = sender.Send(ctx, message)
//
// What is promised of every type:
//
//   - A message says what, since when, impact, what was tried and what is next.
//     Its texts may come from anybody: each becomes one line of printable text,
//     and no markup, mention, header or further line comes out of it.
//   - Send ends within the Config's time limit; a command then has a second to end
//     itself. Where nothing listens, or the answer is 429 or 5xx, it tries again at
//     most twice within the limit, and waits as long as the other side asks.
//   - A Send that fails returns an *Error, which says whether to send it again
//     later. What was accepted just before a connection broke may arrive twice,
//     with the same ID.
//   - No secret of the Config stands in an error, whatever form the other side
//     gave it; no answer is read without bound; no redirect leads to another host.
//   - HTTP goes through the proxy that the environment names, and TLS trusts what
//     the system trusts. Over plain HTTP it talks only to this machine.
package channel

import (
	"context"
	"crypto/tls"
	"time"
)

// DefaultTimeout is the time limit of a Send whose Config says none.
const DefaultTimeout = 10 * time.Second

// A Sender sends messages through one channel. It may be used by several
// goroutines.
type Sender interface {
	// Send sends a message. The error is an *Error.
	Send(ctx context.Context, m Message) error
}

// Options are what the channels of one installation share.
type Options struct {
	Now     func() time.Time                           // nil is time.Now
	Wait    func(context.Context, time.Duration) error // before another try; nil waits
	TLS     *tls.Config                                // nil trusts what the system trusts
	Env     []string                                   // the whole environment of commands, "NAME=value"
	Secrets []string                                   // more texts that no error may contain, such as those in Env
}

// A try sends a message once. It gives nil when the message was accepted.
type try func(ctx context.Context, m Message) *failure

// kind is a type of channel: the keys that it needs and may have, beside type
// and timeout, and what makes it.
type kind struct {
	name   string
	needs  []string
	may    []string
	secret []string // of those keys
	build  func(Config, Options) (try, *ConfigError)
}

// kinds is the list of types. A new one needs a line here, and to pass the suite.
func kinds() []kind {
	return []kind{
		{"mail", []string{"host", "from"}, []string{"to", "port", "tls", "username", "password"}, []string{"password"}, newMail},
		{"webhook", []string{"url", "key"}, nil, []string{"url", "key"}, newWebhook},
		{"slack", []string{"url"}, nil, []string{"url"}, newSlack},
		{"teams", []string{"url"}, nil, []string{"url"}, newTeams},
		{"pagerduty", []string{"key"}, []string{"url"}, []string{"key"}, newPagerDuty},
		{"jira", []string{"key"}, []string{"url"}, []string{"key"}, newJira},
		{"ntfy", []string{"topic"}, []string{"url", "token", "username", "password"}, []string{"topic", "token", "password"}, newNtfy},
		{"exec", []string{"command"}, nil, nil, newExec},
	}
}

// Types are the names of the types that a Config may have.
func Types() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// New makes the sender of a channel. It opens no connection. The error is a
// *ConfigError.
func New(name string, c Config, o Options) (Sender, error) {
	k, limit, fault := c.check()
	if fault != nil {
		return nil, fault.in(name)
	}
	o = o.complete()
	once, fault := k.build(c, o)
	if fault != nil {
		return nil, fault.in(name)
	}
	hidden := append(c.secrets(k), o.Secrets...)
	return &sender{name: name, kind: k.name, limit: limit, once: once, hidden: hidden, o: o}, nil
}

func (o Options) complete() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	return o
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
