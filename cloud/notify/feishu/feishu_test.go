package feishu_test

import (
	"testing"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/feishu"
	"eastgate/cloud/notify/notifytest"
	"eastgate/cloud/notify/robottest"
	"eastgate/shared/secret"
)

// TestSign holds the signature against one that was computed by hand.
func TestSign(t *testing.T) {
	const want = "8oT2n3SMKFfEnDoiwer8BUM/SjKLwe9SqoEIHlhDTKo="
	if got := feishu.Sign("demo", 1_700_000_000); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func open(t *testing.T, address secret.Value, signing string) channel.Sender {
	t.Helper()
	r, err := feishu.New(address, secret.New(signing), channel.NewClient())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var robot = robottest.Robot{Name: "fire", Kind: robottest.Feishu, Key: "8f1c2d3e-4a5b-6c7d", Secret: "feishu-signing-secret"}

func TestConforms(t *testing.T) {
	notifytest.Run(t, notifytest.Kit{
		Robot: robot,
		Open: func(t *testing.T, s *robottest.Server, r robottest.Robot) channel.Sender {
			return open(t, notifytest.Serve(t, s, r), r.Secret)
		},
		Dead: func(t *testing.T) channel.Sender {
			return open(t, secret.New(notifytest.NobodyThere(t)+"/open-apis/bot/v2/hook/k"), robot.Secret)
		},
		Own: feishu.Limits, Most: 5, Per: time.Second, Rest: time.Minute, Bytes: 20 << 10, Mentions: true, Signed: true,
	})
}
