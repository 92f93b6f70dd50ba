// Package webhook posts messages to any program, signed.
//
// The body is JSON. Webhook-Id, Webhook-Timestamp and Webhook-Signature are those of
// the Standard Webhooks specification 1.0: the signature is "v1," and base64 of
// HMAC-SHA256 over "id.timestamp.body" with the secret. A receiver checks it, refuses
// times more than five minutes off, and takes an id once.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/shared/secret"
)

// Limits keep a storm from becoming the receiver's.
var Limits = []channel.Limit{{N: 120, Per: time.Minute}}

// maxBody is in bytes.
const maxBody = 64 << 10

// Hook is one receiver.
type Hook struct {
	address string
	secret  string
	client  *http.Client
	now     func() time.Time
}

// New returns the receiver at an address.
func New(address, signing secret.Value, client *http.Client) (*Hook, error) {
	u, err := channel.Endpoint(address)
	if err != nil {
		return nil, err
	}
	return &Hook{u.String(), signing.Reveal(), client, time.Now}, nil
}

// Sign returns the signature of a body.
func Sign(signing, id string, at int64, body []byte) string {
	h := hmac.New(sha256.New, []byte(signing))
	h.Write([]byte(id + "." + strconv.FormatInt(at, 10) + ".")) //nolint:errcheck // a hash takes everything
	h.Write(body)                                               //nolint:errcheck // a hash takes everything
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

type body struct {
	Level   int      `json:"level"`
	Title   string   `json:"title"`
	Lines   []string `json:"lines"`
	Link    string   `json:"link,omitempty"`
	Mention []string `json:"mention,omitempty"`
	Fields  any      `json:"fields,omitempty"`
}

func encode(m channel.Message) []byte {
	return channel.Encode(body{int(m.Level), m.Title, m.Lines, m.Link, m.Mention, m.Fields})
}

// Send implements channel.Sender. Any 2xx is a yes; 409 says that the receiver has
// had it before.
func (h *Hook) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	m = channel.Fit(m, maxBody, func(m channel.Message) int { return len(encode(m)) })
	data, at := encode(m), h.now().Unix()
	a, err := channel.Post(ctx, h.client, channel.Request{
		URL: h.address, Body: data, Secrets: []string{h.secret}, Header: map[string]string{
			"Webhook-Id": m.Key, "Webhook-Timestamp": strconv.FormatInt(at, 10), "Webhook-Signature": Sign(h.secret, m.Key, at, data),
		},
	})
	if err != nil {
		return channel.Receipt{}, err
	}
	if a.Status == http.StatusConflict {
		return channel.Receipt{}, nil
	}
	return channel.Receipt{}, a.Refused()
}
