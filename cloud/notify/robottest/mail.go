package robottest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A Mail is a mail server with STARTTLS and a certificate of its own.
type Mail struct {
	Addr  string
	Roots *x509.CertPool // that trust it
	srv   *smtp.Server
	s     *Server
	robot string
	plain bool
}

// Mail starts a mail server for a robot: who logs in is its key, the password its
// secret. A plain one offers no TLS.
func (s *Server) Mail(r Robot, plain bool) (*Mail, error) {
	s.Add(r)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &Mail{Addr: l.Addr().String(), s: s, robot: r.Key, plain: plain}
	m.srv = smtp.NewServer(m)
	m.srv.Domain, m.srv.MaxMessageBytes, m.srv.AllowInsecureAuth = "localhost", most, true
	m.srv.ReadTimeout, m.srv.WriteTimeout = time.Minute, time.Minute
	m.srv.ErrorLog = silent{}
	if !plain {
		cert, roots, err := certificate()
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		m.Roots, m.srv.TLSConfig = roots, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	go m.srv.Serve(l) //nolint:errcheck // it ends with Close
	return m, nil
}

// Close ends the server.
func (m *Mail) Close() error { return m.srv.Close() }

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func certificate() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots, nil
}

// NewSession implements smtp.Backend.
func (m *Mail) NewSession(c *smtp.Conn) (smtp.Session, error) {
	bot, fault := m.s.find(Email, m.robot)
	switch fault {
	case Down:
		c.Conn().Close()
		return nil, io.EOF
	case Busy:
		return nil, &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "try again later"}
	}
	return &session{m: m, c: c, bot: bot, fault: fault}, nil
}

type session struct {
	m     *Mail
	c     *smtp.Conn
	bot   *state
	fault Fault
	in    bool
	to    []string
}

func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if x.fault == Echo {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no such password: " + password}
		}
		if user != x.bot.Key || password != x.bot.Secret || x.fault == Stopped {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "authentication failed"}
		}
		x.in = true
		return nil
	}), nil
}

func (x *session) Mail(string, *smtp.MailOptions) error {
	if x.bot.Secret != "" && !x.in {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "log in first"}
	}
	return nil
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	if x.m.s.over(x.bot, 30, time.Minute, 0) {
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "too much mail"}
	}
	x.to = append(x.to, to)
	return nil
}

func (x *session) Data(r io.Reader) error {
	msg, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(msg.Body)
	if err != nil {
		return err
	}
	if msg.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		if plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(string(body)))); err == nil {
			body = plain
		}
	}
	title, err := (&mime.WordDecoder{}).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil {
		return err
	}
	x.m.s.count(x.bot)
	kept := Message{To: strings.Join(x.to, ", "), Title: title, Key: msg.Header.Get("Message-Id"), Bytes: len(body)}
	kept.Text, kept.Links = linked(strings.ReplaceAll(string(body), "\r\n", "\n"))
	x.m.s.keep(x.bot, kept)
	switch x.fault {
	case Cut:
		x.c.Conn().Close()
		return io.EOF
	case Hang:
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		<-ctx.Done()
	}
	return nil
}

func (x *session) Reset()        { x.to = nil }
func (x *session) Logout() error { return nil }
