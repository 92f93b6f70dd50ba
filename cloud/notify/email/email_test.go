package email_test

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/email"
	"eastgate/cloud/notify/notifytest"
	"eastgate/cloud/notify/robottest"
	"eastgate/shared/secret"
)

var robot = robottest.Robot{Name: "mail", Kind: robottest.Email, Key: "mailer-7", Secret: "mail-password-1"}

func open(t *testing.T, s *robottest.Server, r robottest.Robot, plain bool, change func(*email.Config)) channel.Sender {
	t.Helper()
	server, err := s.Mail(r, plain)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	c := email.Config{Server: server.Addr, User: robot.Key, Password: secret.New(robot.Secret), From: "Eastgate <alarm@eastgate.example>", To: []string{"duty@eastgate.example"}, Roots: server.Roots}
	if change != nil {
		change(&c)
	}
	m, err := email.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestConforms(t *testing.T) {
	notifytest.Run(t, notifytest.Kit{
		Robot: robot, To: "duty@eastgate.example",
		Open: func(t *testing.T, s *robottest.Server, r robottest.Robot) channel.Sender {
			return open(t, s, r, false, nil)
		},
		Dead: func(t *testing.T) channel.Sender {
			m, err := email.New(email.Config{Server: strings.TrimPrefix(notifytest.NobodyThere(t), "http://"), From: "a@b.example", To: []string{"c@d.example"}})
			if err != nil {
				t.Fatal(err)
			}
			return m
		},
		Own: email.Limits, Most: 30, Per: time.Minute, Bytes: 65 << 10, Mail: true,
	})
}

// TestWhatStandsInTheWay names what somebody can do.
func TestWhatStandsInTheWay(t *testing.T) {
	for name, x := range map[string]struct {
		plain  bool
		change func(*email.Config)
		want   channel.Advice
	}{
		"a wrong password":        {false, func(c *email.Config) { c.Password = secret.New("wrong") }, channel.Login},
		"nobody of that name":     {false, func(c *email.Config) { c.To = []string{"nobody@eastgate.example"} }, channel.Mailbox},
		"a certificate of nobody": {false, func(c *email.Config) { c.Roots = nil }, channel.TLS},
		"no TLS where it must be": {true, func(c *email.Config) { c.Roots = x509.NewCertPool() }, channel.TLS},
	} {
		s := robottest.New(nil)
		_, err := open(t, s, robot, x.plain, x.change).Send(t.Context(), channel.Message{Key: "k", Title: "x"})
		if e, ok := err.(*channel.Error); !ok || e.Do != x.want { //nolint:errorlint // as it is returned
			t.Errorf("%s: %v", name, err)
		}
		if len(s.Messages()) != 0 {
			t.Errorf("%s: it went out", name)
		}
	}
}
