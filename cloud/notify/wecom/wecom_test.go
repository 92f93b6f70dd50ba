package wecom_test

import (
	"testing"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/notifytest"
	"eastgate/cloud/notify/robottest"
	"eastgate/cloud/notify/wecom"
	"eastgate/shared/secret"
)

func open(t *testing.T, address secret.Value) channel.Sender {
	t.Helper()
	r, err := wecom.New(address, channel.NewClient())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestConforms(t *testing.T) {
	notifytest.Run(t, notifytest.Kit{
		Robot: robottest.Robot{Name: "duty", Kind: robottest.WeCom, Key: "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"},
		Open: func(t *testing.T, s *robottest.Server, r robottest.Robot) channel.Sender {
			return open(t, notifytest.Serve(t, s, r))
		},
		Dead: func(t *testing.T) channel.Sender {
			return open(t, secret.New(notifytest.NobodyThere(t)+"/cgi-bin/webhook/send?key=k"))
		},
		Own: wecom.Limits, Most: 20, Per: time.Minute, Rest: time.Minute, Bytes: 2048, Mentions: true,
	})
}
