// Package wecom sends to a group robot of WeCom (企业微信消息推送, developer pages 91770
// and 99110).
//
// The address holds the key, which is the only secret: there is no signature.
package wecom

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/shared/secret"
)

// Limits keep below the platform's 20 messages a minute: others may use the robot.
var Limits = []channel.Limit{{N: 18, Per: time.Minute}}

// maxContent is how many bytes a text may have.
const maxContent = 2048

// Robot is one group's robot.
type Robot struct {
	address string
	key     string
	client  *http.Client
}

// New returns the robot at an address such as
// https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY.
func New(address secret.Value, client *http.Client) (*Robot, error) {
	u, err := channel.Endpoint(address)
	if err != nil {
		return nil, err
	}
	return &Robot{u.String(), u.Query().Get("key"), client}, nil
}

type text struct {
	Content   string   `json:"content"`
	Mentioned []string `json:"mentioned_list,omitempty"`
}

type body struct {
	Type string `json:"msgtype"`
	Text text   `json:"text"`
}

// Send implements channel.Sender.
func (r *Robot) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	m = channel.Fit(m, maxContent, func(m channel.Message) int { return len(content(m)) })
	b := body{"text", text{content(m), m.Mention}}
	if m.All {
		b.Text.Mentioned = append(b.Text.Mentioned, "@all")
	}
	a, err := channel.Post(ctx, r.client, channel.Request{URL: r.address, Body: channel.Encode(b), Secrets: []string{r.key}})
	if err != nil {
		return channel.Receipt{}, err
	}
	code, text, err := a.Coded("errcode", "errmsg")
	if err != nil {
		return channel.Receipt{}, err
	}
	return channel.Receipt{}, refused(code, text)
}

// plain keeps what people and places are called from mentioning somebody.
var plain = strings.NewReplacer("<@", "＜@")

func content(m channel.Message) string {
	lines := append([]string{m.Title}, m.Lines...)
	for i := range lines {
		lines[i] = plain.Replace(lines[i])
	}
	if m.Link != "" {
		lines = append(lines, m.Tap+" "+m.Link)
	}
	return strings.Join(lines, "\n")
}

// refused is what an errcode means; the platform answers 200 to everything.
func refused(code int, text string) error {
	e := &channel.Error{Class: channel.Permanent, Code: strconv.Itoa(code), Text: text}
	switch code {
	case 0:
		return nil
	case 45009: // 20 a minute
		e.Class, e.After, e.Do = channel.Blocked, time.Minute, channel.Wait
	case -1, 6000, 45033: // busy, or too many at once
		e.Class, e.Do = channel.Retry, channel.Wait
	case 93000:
		e.Do = channel.Key
	case 93004, 93008: // the robot was stopped, or taken out of the group
		e.Do = channel.Stopped
	case 60020:
		e.Do = channel.Address
	case 45002, 40058:
		e.Do = channel.Size
	case 40008, 44004:
		e.Do = channel.Format
	default: // not known: trying again costs little, giving up may cost much
		e.Class, e.Do = channel.Retry, channel.Wait
	}
	return e
}
