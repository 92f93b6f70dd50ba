package webhook_test

import (
	"testing"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/notifytest"
	"eastgate/cloud/notify/robottest"
	"eastgate/cloud/notify/webhook"
	"eastgate/shared/secret"
)

var robot = robottest.Robot{Name: "hook", Kind: robottest.Webhook, Key: "city", Secret: "whsec-0123456789"}

func open(t *testing.T, address secret.Value) channel.Sender {
	t.Helper()
	h, err := webhook.New(address, secret.New(robot.Secret), channel.NewClient())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestSign holds the signature against one that openssl computed:
//
//	printf 'msg_1.1700000000.{}' | openssl dgst -sha256 -hmac demo -binary | base64
func TestSign(t *testing.T) {
	const want = "v1,EECRahy/jp/3xUfsOq0ZJ843IETzMDjKVUQ4XPUq8Gc="
	if got := webhook.Sign("demo", "msg_1", 1_700_000_000, []byte("{}")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestConforms(t *testing.T) {
	notifytest.Run(t, notifytest.Kit{
		Robot: robot,
		Open: func(t *testing.T, s *robottest.Server, r robottest.Robot) channel.Sender {
			return open(t, notifytest.Serve(t, s, r))
		},
		Dead: func(t *testing.T) channel.Sender { return open(t, secret.New(notifytest.NobodyThere(t)+"/hook/k")) },
		Own:  webhook.Limits, Most: 120, Per: time.Minute, Rest: time.Minute, Bytes: 64 << 10, Signed: true,
	})
}

// TestARepeatIsNoFault: a receiver that has had the message says so, and it counts as
// taken.
func TestARepeatIsNoFault(t *testing.T) {
	s := robottest.New(nil)
	h := open(t, notifytest.Serve(t, s, robot))
	for range 2 {
		if _, err := h.Send(t.Context(), channel.Message{Key: "same", Title: "x"}); err != nil {
			t.Error(err)
		}
	}
	if n := len(s.Messages()); n != 1 {
		t.Errorf("%d were taken", n)
	}
}
