// Package dingtalk sends to a custom group robot of DingTalk (钉钉自定义机器人), with its
// signature.
package dingtalk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/shared/secret"
)

// Limits keep below the platform's 20 messages a minute: past them it takes nothing
// for ten minutes.
var Limits = []channel.Limit{{N: 18, Per: time.Minute}}

const (
	maxBody = 20_000 // bytes
	// rest is how long the platform takes nothing from who sent too much.
	rest = 10 * time.Minute
)

// Robot is one group's robot.
type Robot struct {
	address *url.URL
	token   string
	secret  string
	client  *http.Client
	now     func() time.Time
}

// New returns the robot at an address such as
// https://oapi.dingtalk.com/robot/send?access_token=TOKEN. Without a secret nothing
// is signed: the robot then goes by keyword or address.
func New(address, signing secret.Value, client *http.Client) (*Robot, error) {
	u, err := channel.Endpoint(address)
	if err != nil {
		return nil, err
	}
	return &Robot{u, u.Query().Get("access_token"), signing.Reveal(), client, time.Now}, nil
}

// Sign returns the signature of a time in milliseconds: base64 of HMAC-SHA256 with
// the secret as key over "timestamp\nsecret".
func Sign(signing string, at int64) string {
	h := hmac.New(sha256.New, []byte(signing))
	h.Write([]byte(strconv.FormatInt(at, 10) + "\n" + signing)) //nolint:errcheck // a hash takes everything
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

type markdown struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

type at struct {
	Users []string `json:"atUserIds,omitempty"`
	All   bool     `json:"isAtAll,omitempty"`
}

type body struct {
	Type     string   `json:"msgtype"`
	Markdown markdown `json:"markdown"`
	At       at       `json:"at"`
}

// Send implements channel.Sender.
func (r *Robot) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	m = channel.Fit(m, maxBody, func(m channel.Message) int { return len(encode(m)) })
	a, err := channel.Post(ctx, r.client, channel.Request{URL: r.signed(), Body: encode(m), Secrets: []string{r.token, r.secret}})
	if err != nil {
		return channel.Receipt{}, err
	}
	code, text, err := a.Coded("errcode", "errmsg")
	if err != nil {
		return channel.Receipt{}, err
	}
	return channel.Receipt{}, refused(code, text)
}

func (r *Robot) signed() string {
	if r.secret == "" {
		return r.address.String()
	}
	u, q, now := *r.address, r.address.Query(), r.now().UnixMilli()
	q.Set("timestamp", strconv.FormatInt(now, 10))
	q.Set("sign", Sign(r.secret, now))
	u.RawQuery = q.Encode()
	return u.String()
}

// plain takes the signs of markdown for letters.
var plain = strings.NewReplacer("[", "［", "]", "］", "(", "（", ")", "）", "*", "＊", "_", "＿", "#", "＃", "`", "｀", "<", "＜", ">", "＞", "!", "！", "@", "＠")

func encode(m channel.Message) []byte {
	lines := []string{"### " + plain.Replace(m.Title)}
	for _, l := range m.Lines {
		lines = append(lines, plain.Replace(l))
	}
	if m.Link != "" {
		lines = append(lines, "["+plain.Replace(m.Tap)+"]("+m.Link+")")
	}
	for _, who := range m.Mention { // in markdown who is meant must stand in the text too
		lines = append(lines, "@"+who)
	}
	return channel.Encode(body{"markdown", markdown{channel.Cut(m.Title, 100), strings.Join(lines, "\n\n")}, at{m.Mention, m.All}})
}

// refused is what an errcode means; the platform answers 200 to everything.
func refused(code int, text string) error {
	e := &channel.Error{Class: channel.Permanent, Code: strconv.Itoa(code), Text: text}
	switch code {
	case 0:
		return nil
	case 130101, 410100: // 20 a minute
		e.Class, e.After, e.Do = channel.Blocked, rest, channel.Wait
	case -1:
		e.Class, e.Do = channel.Retry, channel.Wait
	case 310000: // sign, keyword or address: only the words tell which
		e.Do = security(text)
	case 300001, 400101, 400106:
		e.Do = channel.Key
	case 400102, 400013: // the robot was stopped, or its group is gone
		e.Do = channel.Stopped
	case 460101:
		e.Do = channel.Size
	case 40035, 43004, 400105, 430101, 430102, 430103, 430104:
		e.Do = channel.Format
	default: // not known: trying again costs little, giving up may cost much
		e.Class, e.Do = channel.Retry, channel.Wait
	}
	return e
}

func security(text string) channel.Advice {
	text = strings.ToLower(text)
	switch {
	case strings.Contains(text, "keyword"):
		return channel.Keyword
	case strings.Contains(text, "ip ") || strings.Contains(text, "whitelist"):
		return channel.Address
	}
	return channel.Sign
}
