// Package feishu sends to a custom bot of a Feishu or Lark group, with its signature.
package feishu

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/shared/secret"
)

// Limits keep below the platform's 100 messages a minute and 5 a second.
var Limits = []channel.Limit{{N: 90, Per: time.Minute}, {N: 4, Per: time.Second}}

// maxBody is 20 KiB, less what stands around the text.
const maxBody = 20<<10 - 256

// Robot is one group's bot.
type Robot struct {
	address string
	token   string
	secret  string
	client  *http.Client
	now     func() time.Time
}

// New returns the bot at an address such as
// https://open.feishu.cn/open-apis/bot/v2/hook/TOKEN. Without a secret nothing is
// signed.
func New(address, signing secret.Value, client *http.Client) (*Robot, error) {
	u, err := channel.Endpoint(address)
	if err != nil {
		return nil, err
	}
	return &Robot{u.String(), path.Base(u.Path), signing.Reveal(), client, time.Now}, nil
}

// Sign returns the signature of a time in seconds: base64 of HMAC-SHA256 over nothing
// with "timestamp\nsecret" as key. DingTalk has key and message the other way round.
func Sign(signing string, at int64) string {
	h := hmac.New(sha256.New, []byte(strconv.FormatInt(at, 10)+"\n"+signing))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// A part is one piece of a line of a post.
type part struct {
	Tag  string `json:"tag"`
	Text string `json:"text,omitempty"`
	Href string `json:"href,omitempty"`
	User string `json:"user_id,omitempty"`
}

type post struct {
	Title   string   `json:"title"`
	Content [][]part `json:"content"`
}

type body struct {
	Timestamp string `json:"timestamp,omitempty"`
	Sign      string `json:"sign,omitempty"`
	Type      string `json:"msg_type"`
	Content   struct {
		Post struct {
			ZH post `json:"zh_cn"`
		} `json:"post"`
	} `json:"content"`
}

// Send implements channel.Sender.
func (r *Robot) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	m = channel.Fit(m, maxBody, func(m channel.Message) int { return len(channel.Encode(form(m))) })
	b := form(m)
	if r.secret != "" {
		now := r.now().Unix()
		b.Timestamp, b.Sign = strconv.FormatInt(now, 10), Sign(r.secret, now)
	}
	a, err := channel.Post(ctx, r.client, channel.Request{URL: r.address, Body: channel.Encode(b), Secrets: []string{r.token, r.secret}})
	if err != nil {
		return channel.Receipt{}, err
	}
	code, text, err := a.Coded("code", "msg")
	if err != nil {
		return channel.Receipt{}, err
	}
	return channel.Receipt{}, refused(code, text)
}

// form makes a post of a message. What stands in a text part mentions nobody.
func form(m channel.Message) body {
	var lines [][]part
	for _, l := range m.Lines {
		lines = append(lines, []part{{Tag: "text", Text: l}})
	}
	if m.Link != "" {
		lines = append(lines, []part{{Tag: "a", Text: m.Tap, Href: m.Link}})
	}
	var who []part
	for _, id := range m.Mention {
		who = append(who, part{Tag: "at", User: id})
	}
	if m.All {
		who = append(who, part{Tag: "at", User: "all"})
	}
	if len(who) > 0 {
		lines = append(lines, who)
	}
	b := body{Type: "post"}
	b.Content.Post.ZH = post{m.Title, lines}
	return b
}

// refused is what a code means.
func refused(code int, text string) error {
	e := &channel.Error{Class: channel.Permanent, Code: strconv.Itoa(code), Text: text}
	switch code {
	case 0:
		return nil
	case 11232, 99991400:
		e.Class, e.After, e.Do = channel.Blocked, time.Minute, channel.Wait
	case 9499:
		e.Do = channel.Format
		if strings.Contains(strings.ToLower(text), "too many") {
			e.Class, e.After, e.Do = channel.Blocked, time.Minute, channel.Wait
		}
	case 19001:
		e.Do = channel.Key
	case 19002:
		e.Do = channel.Format
	case 19021:
		e.Do = channel.Sign
	case 19022:
		e.Do = channel.Address
	case 19024:
		e.Do = channel.Keyword
	default: // not known: trying again costs little, giving up may cost much
		e.Class, e.Do = channel.Retry, channel.Wait
	}
	return e
}
