// Package sms sends short messages through any provider that takes HTTP and has
// templates: what is posted is a template of its own.
//
// A provider approves texts beforehand and is told the template's id and what fills
// it in. The words of the answer are those of Aliyun's SendSms (2017-05-25) unless
// others are given; bounds of how often one number is written to are the provider's.
package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/template"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/shared/secret"
)

// Limits are modest: SMS is for what is urgent, and costs money.
var Limits = []channel.Limit{{N: 60, Per: time.Minute}}

// maxParam is how many characters fill one place of a template in; providers refuse
// longer ones.
const maxParam = 35

// Config is how a provider is reached.
type Config struct {
	Address secret.Value
	Token   secret.Value // sent as Authorization: Bearer; may be empty
	Sign    string       // the approved signature, such as 东关社区
	// Templates are the provider's ids by what the message is for; "" is the rest's.
	Templates map[string]string
	// Body is a text/template of what is posted; DefaultBody when empty. It may use
	// .Phone, .Sign, .Template, .Params, .Key, .Token, and json to quote.
	Body string
	Type string // of the body; JSON when empty
	// CodeField and OK say where the answer has its code, and which means yes.
	CodeField string
	OK        []string
}

// DefaultBody is what is posted where nothing else is configured.
const DefaultBody = `{"phone":{{json .Phone}},"sign":{{json .Sign}},"template":{{json .Template}},"params":{{json .Params}},"out_id":{{json .Key}}}`

// Gateway is a provider.
type Gateway struct {
	Config
	address string
	body    *template.Template
	client  *http.Client
}

// New checks a configuration, its template too.
func New(c Config, client *http.Client) (*Gateway, error) {
	u, err := channel.Endpoint(c.Address)
	if err != nil {
		return nil, err
	}
	if c.Body == "" {
		c.Body = DefaultBody
	}
	if c.CodeField == "" {
		c.CodeField = "code"
	}
	if len(c.OK) == 0 {
		c.OK = []string{"OK"}
	}
	g := &Gateway{Config: c, address: u.String(), client: client}
	if g.body, err = template.New("body").Funcs(template.FuncMap{"json": quote}).Option("missingkey=error").Parse(c.Body); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if _, err := g.fill(channel.Message{}, "x"); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return g, nil
}

func quote(v any) (string, error) {
	data, err := json.Marshal(v)
	return string(data), err
}

// fill makes what is posted.
func (g *Gateway) fill(m channel.Message, id string) ([]byte, error) {
	params := maps.Clone(m.Params)
	for k, v := range params {
		if r := []rune(v); len(r) > maxParam && !strings.Contains(v, "://") {
			params[k] = string(r[:maxParam])
		}
	}
	var b bytes.Buffer
	err := g.body.Execute(&b, map[string]any{"Phone": m.To, "Sign": g.Sign, "Template": id, "Params": params, "Key": m.Key, "Token": g.Token.Reveal()})
	return b.Bytes(), err
}

// Send implements channel.Sender.
func (g *Gateway) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if m.To == "" {
		return channel.Receipt{}, &channel.Error{Class: channel.Permanent, One: true, Text: "there is no telephone number", Do: channel.Number}
	}
	id, ok := g.Templates[m.Template]
	if !ok {
		id, ok = g.Templates[""]
	}
	if !ok {
		return channel.Receipt{}, &channel.Error{Class: channel.Permanent, One: true, Text: "there is no template for " + m.Template, Do: channel.Template}
	}
	body, err := g.fill(m, id)
	if err != nil {
		return channel.Receipt{}, &channel.Error{Class: channel.Permanent, One: true, Text: err.Error(), Do: channel.Format}
	}
	r := channel.Request{URL: g.address, Body: body, Type: g.Type, Header: map[string]string{}, Secrets: []string{g.Token.Reveal(), m.To}}
	if !g.Token.Empty() {
		r.Header["Authorization"] = "Bearer " + g.Token.Reveal()
	}
	a, err := channel.Post(ctx, g.client, r)
	if err != nil {
		return channel.Receipt{}, err
	}
	return g.answered(a)
}

func (g *Gateway) answered(a channel.Answer) (channel.Receipt, error) {
	var said map[string]any
	if err := a.JSON(&said); err != nil {
		return channel.Receipt{}, err
	}
	code, ok := word(said, g.CodeField)
	if !ok {
		return channel.Receipt{}, a.Unreadable()
	}
	if slices.Contains(g.OK, code) {
		id, _ := word(said, "bizid", "biz_id", "id", "message_id")
		return channel.Receipt{ID: channel.Cut(id, 64)}, nil
	}
	text, _ := word(said, "message", "msg")
	return channel.Receipt{}, refused(code, a.Heard(text))
}

// word finds the first field that is there, however it is spelt.
func word(said map[string]any, names ...string) (string, bool) {
	for _, n := range names {
		for k, v := range said {
			if strings.EqualFold(k, n) {
				return fmt.Sprint(v), true
			}
		}
	}
	return "", false
}

// refused is what a code means.
func refused(code, text string) error {
	e := &channel.Error{Class: channel.Permanent, Code: channel.Cut(code, 60), Text: text}
	switch code {
	case "isv.BUSINESS_LIMIT_CONTROL": // 1 a minute, 5 an hour or 10 a day to one number
		e.Class, e.One, e.After, e.Do = channel.Blocked, true, time.Minute, channel.Wait
	case "isv.DAY_LIMIT_CONTROL":
		e.Do = channel.Balance
	case "isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT":
		e.One, e.Do = true, channel.Number
	case "isv.SMS_TEMPLATE_ILLEGAL", "isv.SMS_SIGNATURE_ILLEGAL", "isv.TEMPLATE_MISSING_PARAMETERS", "isv.PARAM_LENGTH_LIMIT", "isv.TEMPLATE_PARAMS_ILLEGAL":
		e.Do = channel.Template
	case "isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH":
		e.Do = channel.Balance
	case "isv.ACCOUNT_NOT_EXISTS", "isv.ACCOUNT_ABNORMAL", "isp.RAM_PERMISSION_DENY", "SignatureDoesNotMatch", "InvalidAccessKeyId.NotFound":
		e.Do = channel.Login
	case "Throttling", "Throttling.User":
		e.Class, e.After, e.Do = channel.Blocked, time.Minute, channel.Wait
	case "isp.SYSTEM_ERROR", "ServiceUnavailable":
		e.Class, e.Do = channel.Retry, channel.Wait
	default: // not known: trying again costs little, giving up may cost much
		e.Class, e.Do = channel.Retry, channel.Wait
	}
	return e
}
