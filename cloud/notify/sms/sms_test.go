package sms_test

import (
	"strings"
	"testing"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/notifytest"
	"eastgate/cloud/notify/robottest"
	"eastgate/cloud/notify/sms"
	"eastgate/shared/secret"
)

var robot = robottest.Robot{Name: "sms", Kind: robottest.SMS, Key: "sms-token-0123"}

func config(address secret.Value) sms.Config {
	return sms.Config{Address: address, Token: secret.New(robot.Key), Sign: "东关社区", Templates: map[string]string{"page": "SMS_1"}, OK: []string{"OK"}}
}

func open(t *testing.T, address secret.Value) channel.Sender {
	t.Helper()
	g, err := sms.New(config(address), channel.NewClient())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestConforms(t *testing.T) {
	notifytest.Run(t, notifytest.Kit{
		Robot: robot, To: "13800000001",
		Open: func(t *testing.T, s *robottest.Server, r robottest.Robot) channel.Sender {
			return open(t, notifytest.Serve(t, s, r))
		},
		Dead: func(t *testing.T) channel.Sender {
			return open(t, secret.New(notifytest.NobodyThere(t)+"/sms/send"))
		},
		Own: sms.Limits, Most: 4, Per: time.Minute, Rest: time.Minute, One: true,
	})
}

func TestWhatConcernsOneNumberOnly(t *testing.T) {
	s := robottest.New(nil)
	address := notifytest.Serve(t, s, robot)
	for to, want := range map[string]channel.Advice{"": channel.Number, "12": channel.Number} {
		_, err := open(t, address).Send(t.Context(), channel.Message{To: to, Template: "page"})
		if e, ok := err.(*channel.Error); !ok || e.Class != channel.Permanent || !e.One || e.Do != want { //nolint:errorlint // as it is returned
			t.Errorf("to %q: %v", to, err)
		}
	}
	_, err := open(t, address).Send(t.Context(), channel.Message{To: "13800000001", Template: "other"})
	if e, ok := err.(*channel.Error); !ok || e.Do != channel.Template { //nolint:errorlint // as it is returned
		t.Errorf("without a template: %v", err)
	}
}

// TestAnyProvider: what is posted and what means yes are configuration.
func TestAnyProvider(t *testing.T) {
	c := config(secret.New("http://127.0.0.1:1/"))
	c.Body = `mobile={{.Phone}}&tpl={{.Template}}&no={{.Params.number}}`
	c.Type = "application/x-www-form-urlencoded"
	if _, err := sms.New(c, channel.NewClient()); err == nil || !strings.Contains(err.Error(), "number") {
		t.Errorf("a template that names what may be missing: %v", err)
	}
	c.Body = `mobile={{.Phone}}&tpl={{.Template}}&no={{index .Params "number"}}`
	if _, err := sms.New(c, channel.NewClient()); err != nil {
		t.Error(err)
	}
	c.Body = `{{`
	if _, err := sms.New(c, channel.NewClient()); err == nil {
		t.Error("a template that is none was taken")
	}
}
