package channel

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"
)

// maxSMTP is the most that is read from a mail server for one message, its
// certificates included.
const maxSMTP = 1 << 20

// How a connection to a mail server is protected.
const (
	tlsStart = "starttls"
	tlsFirst = "tls"
	tlsNone  = "none"
)

// mailPort is the port of RFC 6409 or RFC 8314, or the one that relays without TLS
// listen at; 0 for another word.
func mailPort(protection string) int {
	switch protection {
	case tlsStart:
		return 587
	case tlsFirst:
		return 465
	case tlsNone:
		return 25
	default:
		return 0
	}
}

// mailer hands messages in at a mail server, as plain text.
type mailer struct {
	c Config
	o Options
}

func newMail(c Config, o Options) (try, *ConfigError) {
	if c.TLS == "" {
		c.TLS = tlsStart
	}
	port := mailPort(c.TLS)
	if c.Port == 0 {
		c.Port = port
	}
	switch {
	case port == 0:
		return nil, fault("tls", "write starttls, tls or none", "%q is no way to protect mail", c.TLS)
	case c.Port < 1 || c.Port > 65535:
		return nil, fault("port", "leave it out, or write one from 1 to 65535", "%d is no port", c.Port)
	case (c.Username == "") != (c.Password == ""):
		return nil, fault("username", "give both username and password, or neither", "it has only half of a user")
	case c.Username != "" && c.TLS == tlsNone && !thisMachine(c.Host):
		return nil, fault("tls", "write tls: starttls", "it would send its password in the open")
	}
	if !goodAddress(c.From) {
		return nil, fault("from", "such as msp@example.com", "%q is no mail address", clean(c.From))
	}
	for _, address := range c.To {
		if !goodAddress(address) {
			return nil, fault("to", "one address an item, such as ada@example.com", "%q is no mail address", clean(address))
		}
	}
	return mailer{c, o}.send, nil
}

func goodAddress(address string) bool {
	parsed, err := netmail.ParseAddress(address)
	return err == nil && len(address) <= maxAddr && clean(address) == address && clean(parsed.Address) == parsed.Address
}

func (x mailer) send(ctx context.Context, m Message) *failure {
	message, bad := x.message(m)
	if bad != nil {
		return bad
	}
	config := x.o.TLS.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.ServerName = x.c.Host
	conn, err := x.dial(ctx, config)
	if err != nil {
		return broken(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	client, err := mail.NewClient(x.c.Host, x.options(conn, config)...)
	if err != nil {
		return permanent("can't be used: %s", err)
	}
	err = client.DialAndSendWithContext(ctx, message)
	if err == nil || message.IsDelivered() {
		return nil // a farewell that fails changes nothing
	}
	return mailFailure(err)
}

// dial connects. The library is given the connection, so that it can be bounded,
// ends with the context, and is closed whatever fails.
func (x mailer) dial(ctx context.Context, config *tls.Config) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(x.c.Host, strconv.Itoa(x.c.Port)))
	if err != nil {
		return nil, err
	}
	bounded := &boundedConn{conn, maxSMTP}
	if x.c.TLS != tlsFirst {
		return bounded, nil
	}
	secure := tls.Client(bounded, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

func (x mailer) options(conn net.Conn, config *tls.Config) []mail.Option {
	policy := mail.NoTLS
	if x.c.TLS == tlsStart {
		policy = mail.TLSMandatory
	}
	options := []mail.Option{
		mail.WithPort(x.c.Port), mail.WithTLSPolicy(policy), mail.WithTLSConfig(config),
		mail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil }),
		mail.WithTimeout(maxLimit), // the context ends sooner
	}
	if x.c.Username != "" {
		// PLAIN and LOGIN refuse to speak in the open by themselves.
		options = append(options, mail.WithUsername(x.c.Username), mail.WithPassword(x.c.Password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5))
	}
	return options
}

// message is RFC 5322, in plain text. It says that a program wrote it (RFC 3834),
// so that no absence notice comes back.
func (x mailer) message(m Message) (*mail.Msg, *failure) {
	to := m.To
	if len(to) == 0 {
		to = x.c.To
	}
	if len(to) == 0 {
		return nil, permanent("has nobody to send it to")
	}
	from, err := netmail.ParseAddress(x.c.From)
	if err != nil {
		return nil, permanent("has a from that can't be read")
	}
	message := mail.NewMsg(mail.WithNoDefaultUserAgent())
	message.FromMailAddress(from)
	for i, address := range to {
		if !goodAddress(address) || message.AddTo(address) != nil {
			return nil, permanent("sends nothing: the recipient %d of %d has no mail address that can be read", i+1, len(to))
		}
	}
	message.Subject(m.headline())
	message.SetDateWithValue(x.o.Now())
	_, domain, _ := strings.Cut(from.Address, "@") // the library would name this machine
	message.SetMessageIDWithValue(rand.Text() + "@" + domain)
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(mail.TypeTextPlain, m.Text())
	return message, nil
}

// mailFailure judges what went wrong between client and server. A reply that
// begins with 4 is temporary, one with 5 is not (RFC 5321, section 4.2.1).
func mailFailure(err error) *failure {
	var reply *textproto.Error
	var sending *mail.SendError
	var network net.Error
	switch {
	case errors.As(err, &sending) && sending.ErrorCode() != 0:
		return smtpFailure(sending.ErrorCode(), sending.Error())
	case errors.As(err, &reply):
		return smtpFailure(reply.Code, reply.Msg)
	case errors.As(err, &sending): // whose cause can't be had: the connection ended
		return broken(io.EOF)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network), errors.As(err, new(*tls.CertificateVerificationError)):
		return broken(err)
	default:
		return permanent("can't be used: %s", err)
	}
}

func smtpFailure(code int, said string) *failure {
	return &failure{what: fmt.Sprintf("answers %d", code), said: said, temporary: code < 500}
}
