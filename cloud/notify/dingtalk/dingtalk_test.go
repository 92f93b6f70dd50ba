package dingtalk_test

import (
	"strings"
	"testing"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/dingtalk"
	"eastgate/cloud/notify/notifytest"
	"eastgate/cloud/notify/robottest"
	"eastgate/shared/secret"
)

// TestSign holds the signature against one that was computed by hand.
func TestSign(t *testing.T) {
	const want = "3Z80WEt+gAXjJkC6/C1n2IlZqrbfBcv7XycF2382f64="
	if got := dingtalk.Sign("SEC"+strings.Repeat("0", 63)+"1", 1_700_000_000_000); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func open(t *testing.T, address secret.Value, signing string) channel.Sender {
	t.Helper()
	r, err := dingtalk.New(address, secret.New(signing), channel.NewClient())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var robot = robottest.Robot{Name: "lead", Kind: robottest.DingTalk, Key: "f0a1b2c3d4e5", Secret: "SECabcdef0123456789"}

func TestConforms(t *testing.T) {
	notifytest.Run(t, notifytest.Kit{
		Robot: robot,
		Open: func(t *testing.T, s *robottest.Server, r robottest.Robot) channel.Sender {
			return open(t, notifytest.Serve(t, s, r), r.Secret)
		},
		Dead: func(t *testing.T) channel.Sender {
			return open(t, secret.New(notifytest.NobodyThere(t)+"/robot/send?access_token=k"), robot.Secret)
		},
		Own: dingtalk.Limits, Most: 20, Per: time.Minute, Rest: 10 * time.Minute, Bytes: 20_000, Mentions: true, Signed: true,
	})
}

// TestWhatLacksToBeTaken: three faults have one code; the words tell them apart.
func TestWhatLacksToBeTaken(t *testing.T) {
	s := robottest.New(nil)
	r := robot
	r.Keyword = "缺的词"
	address := notifytest.Serve(t, s, r)
	for signing, want := range map[string]channel.Advice{robot.Secret: channel.Keyword, "SECwrong": channel.Sign} {
		_, err := open(t, address, signing).Send(t.Context(), channel.Message{Title: "火情"})
		if e, ok := err.(*channel.Error); !ok || e.Class != channel.Permanent || e.Do != want { //nolint:errorlint // as it is returned
			t.Errorf("got %v, want advice %s", err, want)
		}
	}
}
