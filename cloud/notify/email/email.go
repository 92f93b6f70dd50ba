// Package email sends mail over SMTP (RFC 5321), in the clear only to this very
// machine: elsewhere STARTTLS (RFC 3207) or TLS from the beginning is demanded.
package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"eastgate/cloud/notify/channel"
	"eastgate/shared/secret"
)

// Limits are modest: mail servers take much mail for spam.
var Limits = []channel.Limit{{N: 30, Per: time.Minute}}

// maxBody is in bytes of text.
const maxBody = 64 << 10

// Config is how mail goes out.
type Config struct {
	Server   string // host:port; 465 is TLS from the beginning
	User     string // empty: nobody logs in
	Password secret.Value
	From     string
	To       []string
	// Roots are who is trusted; nil: those of the system. With them TLS is demanded of
	// this machine too.
	Roots *x509.CertPool
}

// Mailer sends to one list of addresses.
type Mailer struct {
	Config
	host string
	port int
}

// New checks a configuration.
func New(c Config) (*Mailer, error) {
	host, port, err := net.SplitHostPort(c.Server)
	if err != nil {
		return nil, fmt.Errorf("server: %q is not host:port", c.Server)
	}
	m := &Mailer{Config: c, host: host}
	if m.port, err = strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("server: %q is not host:port", c.Server)
	}
	if len(c.To) == 0 {
		return nil, errors.New("to: want at least one address")
	}
	_, err = m.compose(channel.Message{})
	return m, err
}

func (m *Mailer) compose(c channel.Message) (*mail.Msg, error) {
	out := mail.NewMsg()
	if err := out.From(m.From); err != nil {
		return nil, fmt.Errorf("from: %q is no address", m.From)
	}
	if err := out.To(m.To...); err != nil {
		return nil, fmt.Errorf("to: %q are not all addresses", m.To)
	}
	c = channel.Fit(c, maxBody, func(c channel.Message) int { return len(c.Title) + len(strings.Join(c.Lines, "\n")) })
	lines := c.Lines
	if c.Link != "" {
		lines = append(lines, "", c.Tap, c.Link)
	}
	out.Subject(strings.Join(strings.Fields(c.Title), " ")) // in one line, whatever comes
	out.SetBodyString(mail.TypeTextPlain, strings.Join(lines, "\r\n"))
	out.SetDate()
	if c.Key != "" { // the same mail again is the same to a mailbox
		_, domain, _ := strings.Cut(m.From, "@")
		out.SetMessageIDWithValue(c.Key + "@" + strings.TrimRight(domain, ">"))
	}
	if c.Level == 1 {
		out.SetImportance(mail.ImportanceUrgent)
	}
	return out, nil
}

// client returns one for one mail, whose connection breaks when ctx ends: a server
// that hangs is left.
func (m *Mailer) client(ctx context.Context) (*mail.Client, error) {
	policy := mail.TLSMandatory
	if ip := net.ParseIP(m.host); m.Roots == nil && (m.host == "localhost" || ip != nil && ip.IsLoopback()) {
		policy = mail.TLSOpportunistic
	}
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: channel.Patience}).DialContext(dialing, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { conn.Close() })
			if m.port == implicitTLS {
				conn = tls.Client(conn, m.tls())
			}
		}
		return conn, err
	}
	options := []mail.Option{
		mail.WithPort(m.port), mail.WithTimeout(channel.Patience), mail.WithTLSPolicy(policy), mail.WithDialContextFunc(dial),
		mail.WithTLSConfig(m.tls()),
	}
	if m.port == implicitTLS {
		options = append(options, mail.WithSSL())
	}
	if m.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password.Reveal()))
	}
	return mail.NewClient(m.host, options...)
}

// implicitTLS is the port of TLS from the beginning (RFC 8314 §7.3).
const implicitTLS = 465

func (m *Mailer) tls() *tls.Config {
	return &tls.Config{ServerName: m.host, RootCAs: m.Roots, MinVersion: tls.VersionTLS12}
}

// Send implements channel.Sender. A message is taken when the server has said 250 to
// its end (RFC 5321 §4.2.5).
func (m *Mailer) Send(ctx context.Context, c channel.Message) (channel.Receipt, error) {
	out, err := m.compose(c)
	if err != nil {
		return channel.Receipt{}, &channel.Error{Class: channel.Permanent, Text: err.Error(), Do: channel.Mailbox}
	}
	ctx, cancel := context.WithTimeout(ctx, channel.Patience)
	defer cancel()
	client, err := m.client(ctx)
	if err != nil {
		return channel.Receipt{}, &channel.Error{Class: channel.Permanent, Text: err.Error(), Do: channel.Format}
	}
	if err := client.DialWithContext(ctx); err != nil {
		return channel.Receipt{}, m.failed(err, false)
	}
	err = client.Send(out)
	var refused *mail.SendError
	if err != nil {
		// Who has read an answer knows it was no; a broken line after the text may hide a yes.
		return channel.Receipt{}, m.failed(err, errors.As(err, &refused) && refused.Reason == mail.ErrSMTPDataClose && refused.ErrorCode() == 0)
	}
	client.Close() //nolint:errcheck // QUIT is a courtesy: the mail is taken
	return channel.Receipt{}, nil
}

// failed says what an error means: by the reply's first digit where there is one
// (RFC 5321 §4.2.1).
func (m *Mailer) failed(err error, maybe bool) error {
	e := &channel.Error{Class: channel.Retry, Maybe: maybe, Text: channel.Cut(strings.Join(strings.Fields(m.hidden(err.Error())), " "), 200), Do: channel.Network}
	code := 0
	var refused *mail.SendError
	var reply *textproto.Error
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode() != 0:
		code = refused.ErrorCode()
	case errors.As(err, &reply):
		code = reply.Code
	case errors.As(err, &cert), strings.Contains(err.Error(), "STARTTLS"):
		e.Class, e.Do = channel.Permanent, channel.TLS
		return e
	}
	if code != 0 {
		e.Code = strconv.Itoa(code)
	}
	switch {
	case code == 535 || code == 534 || code == 530:
		e.Class, e.Do = channel.Permanent, channel.Login
	case code == 552 || code == 523:
		e.Class, e.Do = channel.Permanent, channel.Size
	case code >= 500:
		e.Class, e.Do = channel.Permanent, channel.Mailbox
	case code == 421 || code == 450 || code == 451 || code == 452:
		e.Do = channel.Wait
	}
	return e
}

// hidden takes out of an error who was written to, and the password where a server
// repeats it.
func (m *Mailer) hidden(text string) string {
	text, _, _ = strings.Cut(text, ", affected")
	if word := m.Password.Reveal(); word != "" {
		text = strings.ReplaceAll(text, word, "***")
	}
	return text
}
