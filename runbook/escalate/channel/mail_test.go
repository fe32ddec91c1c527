package channel

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	smtpUser     = "msp@provider.example"
	smtpPassword = "correct horse/battery+staple"
)

// mailbox is a mail server on a loopback socket: RFC 5321 with STARTTLS and
// AUTH PLAIN, as far as a client needs it.
type mailbox struct {
	t        *testing.T
	listener net.Listener
	cert     tls.Certificate
	roots    *x509.CertPool
	protect  string // starttls, tls or none
	done     sync.WaitGroup

	mu    sync.Mutex
	mode  behaviour
	reply string // to RCPT, in place of 250
	got   []received
	n     int
	open  map[net.Conn]bool
}

// received is what came of one message.
type received struct {
	from, user string
	to         []string
	secure     bool
	data       string
}

func newMailbox(t *testing.T) endpoint { return mailboxOf(t, tlsStart) }

func mailboxOf(t *testing.T, protect string) *mailbox {
	certified := httptest.NewTLSServer(nil) // for its certificate
	defer certified.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &mailbox{
		t: t, listener: listener, cert: certified.TLS.Certificates[0], roots: x509.NewCertPool(), protect: protect,
		mode: accepts, open: map[net.Conn]bool{},
	}
	b.roots.AddCert(certified.Certificate())
	b.done.Go(b.serve)
	t.Cleanup(func() {
		b.gone()
		b.done.Wait()
	})
	return b
}

func (b *mailbox) config() Config {
	address := b.listener.Addr().(*net.TCPAddr)
	c := Config{
		Type: "mail", Host: "127.0.0.1", Port: address.Port, TLS: b.protect,
		From: "msp <msp@provider.example>", To: []string{"Ada Example <ada@client.example>", "bob@client.example"},
	}
	if b.protect != tlsNone {
		c.Username, c.Password = smtpUser, smtpPassword
	}
	return c
}

func (b *mailbox) options(o *Options) {
	o.TLS = &tls.Config{RootCAs: b.roots, MinVersion: tls.VersionTLS12}
}

func (b *mailbox) behave(m behaviour) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mode = m
}

// gone closes the listener and whatever hangs.
func (b *mailbox) gone() {
	_ = b.listener.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	for conn := range b.open {
		_ = conn.Close()
	}
}

func (b *mailbox) tries() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

func (b *mailbox) serve() {
	for {
		conn, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.n++
		b.open[conn] = true
		b.mu.Unlock()
		b.done.Go(func() {
			b.talk(conn)
			_ = conn.Close()
			b.mu.Lock()
			delete(b.open, conn)
			b.mu.Unlock()
		})
	}
}

// session is one conversation.
type session struct {
	*mailbox
	mode    behaviour
	reply   string
	conn    net.Conn
	text    *textproto.Conn
	message received
}

func (b *mailbox) talk(conn net.Conn) {
	b.mu.Lock()
	s := &session{mailbox: b, mode: b.mode, reply: b.reply, conn: conn}
	b.mu.Unlock()
	if b.protect == tlsFirst {
		s.secure()
	}
	s.text = textproto.NewConn(s.conn)
	switch s.mode {
	case hangs:
		_, _ = io.Copy(io.Discard, conn)
		return
	case flood:
		for _, err := fmt.Fprint(conn, "220-"); err == nil; {
			_, err = fmt.Fprint(conn, strings.Repeat("x", 4096))
		}
		return
	}
	s.say("220 mail.test ESMTP")
	for {
		line, err := s.text.ReadLine()
		if err != nil || !s.answer(line) {
			return
		}
	}
}

func (s *session) say(line string) { _ = s.text.PrintfLine("%s", line) }

func (s *session) secure() {
	s.conn = tls.Server(s.conn, &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12})
	s.message.secure = true
}

// answer answers a line and says whether to go on.
func (s *session) answer(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		s.greet()
	case "STARTTLS":
		s.say("220 go on")
		s.secure()
		s.text = textproto.NewConn(s.conn)
	case "AUTH":
		s.authenticate(rest)
	case "MAIL":
		s.message.from = rest
		s.say("250 ok")
	case "RCPT":
		s.recipient(rest)
	case "DATA":
		return s.data()
	case "QUIT":
		s.say("221 bye")
		return false
	default: // NOOP, RSET
		s.say("250 ok")
	}
	return true
}

func (s *session) greet() {
	s.say("250-mail.test")
	if s.protect == tlsStart && !s.message.secure {
		s.say("250-STARTTLS")
	}
	s.say("250-AUTH PLAIN LOGIN")
	s.say("250 8BITMIME")
}

func (s *session) authenticate(rest string) {
	initial := strings.TrimPrefix(rest, "PLAIN ")
	plain, err := base64.StdEncoding.DecodeString(initial)
	if parts := strings.Split(string(plain), "\x00"); s.mode != refuses && err == nil && len(parts) == 3 && parts[1] == smtpUser && parts[2] == smtpPassword {
		s.message.user = parts[1]
		s.say("235 welcome")
		return
	}
	s.say("535 5.7.8 no: " + initial + " " + strings.ReplaceAll(string(plain), "\x00", " "))
}

func (s *session) recipient(rest string) {
	switch {
	case s.mode == busy:
		s.say("451 4.7.1 come back later, " + rest)
	case s.reply != "":
		s.say(s.reply + " " + rest)
	default:
		s.message.to = append(s.message.to, strings.TrimPrefix(rest, "TO:"))
		s.say("250 ok")
	}
}

func (s *session) data() bool {
	s.say("354 go on")
	if s.mode == drops {
		_, _ = bufio.NewReader(s.conn).ReadByte()
		return false
	}
	data, err := s.text.ReadDotBytes()
	if err != nil {
		return false
	}
	s.message.data = string(data)
	s.mu.Lock()
	s.got = append(s.got, s.message)
	s.mu.Unlock()
	s.say("250 2.0.0 taken")
	return s.mode != leaves
}

// took reads what came as a mail program does.
func (b *mailbox) took() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var texts []string
	for _, one := range b.got {
		text, err := readMail(one)
		if err != nil {
			b.t.Errorf("%v in\n%s", err, one.data)
		}
		texts = append(texts, text)
	}
	return texts
}

// readMail holds a message to RFC 5322 and to the headers that it may have.
func readMail(one received) (string, error) {
	m, err := mail.ReadMessage(strings.NewReader(one.data))
	if err != nil {
		return "", err
	}
	var names []string
	for name, values := range m.Header {
		names = append(names, name)
		if len(values) != 1 {
			return "", fmt.Errorf("%s stands %d times", name, len(values))
		}
	}
	slices.Sort(names)
	want := "Auto-Submitted Content-Transfer-Encoding Content-Type Date From Message-Id Mime-Version Subject To"
	if got := strings.Join(names, " "); got != want {
		return "", fmt.Errorf("the headers %s, want %s", got, want)
	}
	for line := range strings.Lines(one.data) {
		if len(line) > 998 {
			return "", errors.New("a line longer than RFC 5322 allows")
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return "", err
	}
	date, err := m.Header.Date()
	to, toErr := m.Header.AddressList("To")
	if err != nil || toErr != nil || !date.Equal(start) || len(to) != len(one.to) || m.Header.Get("Auto-Submitted") != "auto-generated" ||
		m.Header.Get("Content-Type") != "text/plain; charset=UTF-8" || m.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
		return "", fmt.Errorf("%w, headers %v", errors.Join(err, toErr), m.Header)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	if title, _, _ := strings.Cut(text, "\n"); title != subject {
		return "", fmt.Errorf("the subject %q, the text begins with %q", subject, title)
	}
	return text, err
}

func TestMailProtection(t *testing.T) {
	for _, protect := range []string{tlsStart, tlsFirst, tlsNone} {
		t.Run(protect, func(t *testing.T) {
			b := mailboxOf(t, protect)
			o, _ := options(b)
			m := message()
			m.To = []string{"Carol <carol@client.example>"}
			if err := newSender(t, b.config(), o).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			b.took()
			one := b.got[0]
			if one.secure != (protect != tlsNone) || (one.user == smtpUser) != (protect != tlsNone) || strings.Join(one.to, " ") != "<carol@client.example>" || !strings.HasPrefix(one.from, "FROM:<msp@provider.example>") {
				t.Errorf("%+v", one)
			}
		})
	}
	t.Run("a server that nobody vouches for", func(t *testing.T) {
		for _, protect := range []string{tlsStart, tlsFirst} {
			b := mailboxOf(t, protect)
			o, _ := options(b)
			o.TLS = nil
			failed := asError(t, newSender(t, b.config(), o).Send(t.Context(), message()))
			if failed.Temporary || !strings.Contains(failed.Error(), "isn't who it says") {
				t.Errorf("%v", failed)
			}
		}
	})
	t.Run("no STARTTLS", func(t *testing.T) {
		b := mailboxOf(t, tlsNone)
		o, _ := options(b)
		c := b.config()
		c.TLS, c.Username, c.Password = tlsStart, smtpUser, smtpPassword
		failed := asError(t, newSender(t, c, o).Send(t.Context(), message()))
		if failed.Temporary || !strings.Contains(failed.Error(), "STARTTLS") || len(b.took()) != 0 {
			t.Errorf("%v", failed)
		}
	})
}

func TestMailRecipients(t *testing.T) {
	for reply, temporary := range map[string]bool{"550 5.1.1 no such user": false, "452 4.2.2 mailbox full": true} {
		b := mailboxOf(t, tlsStart)
		b.mu.Lock()
		b.reply = reply
		b.mu.Unlock()
		o, _ := options(b)
		m := message()
		m.To = []string{"Carol <carol@client.example>"}
		failed := asError(t, newSender(t, b.config(), o).Send(t.Context(), m))
		if failed.Temporary != temporary || !strings.Contains(failed.Error(), reply[:3]) {
			t.Errorf("%v", failed)
		}
		wantSafe(t, failed, []string{"carol@client.example", smtpPassword})
	}
	for _, to := range []string{"", "ada", "ada@client.example\r\nBcc: mallory@client.example", "a@b.c, d@e.f", strings.Repeat("a", 400) + "@b.c"} {
		b := mailboxOf(t, tlsStart)
		o, _ := options(b)
		m := message()
		m.To = []string{to}
		failed := asError(t, newSender(t, b.config(), o).Send(t.Context(), m))
		if failed.Temporary || b.tries() != 0 || !strings.Contains(failed.Error(), "the recipient 1 of 1") {
			t.Errorf("%q: %v", to, failed)
		}
	}
	b := mailboxOf(t, tlsStart)
	o, _ := options(b)
	c := b.config()
	c.To = nil
	if failed := asError(t, newSender(t, c, o).Send(t.Context(), message())); failed.Temporary || !strings.Contains(failed.Error(), "nobody to send it to") {
		t.Errorf("%v", failed)
	}
}

// What was accepted is sent, though the farewell fails.
func TestMailTakenAndGone(t *testing.T) {
	b := mailboxOf(t, tlsStart)
	b.behave(leaves)
	o, _ := options(b)
	if err := newSender(t, b.config(), o).Send(t.Context(), message()); err != nil || len(b.took()) != 1 {
		t.Errorf("%v, took %d", err, len(b.took()))
	}
}

// A mail server that never stops talking is cut off.
func TestMailFlood(t *testing.T) {
	b := mailboxOf(t, tlsNone)
	b.behave(flood)
	o, _ := options(b)
	failed := asError(t, newSender(t, b.config(), o).Send(t.Context(), message()))
	if !strings.Contains(failed.Error(), errTooMuch.Error()) {
		t.Errorf("%v", failed)
	}
}
