package push

import (
	"bytes"
	"crypto/md5" //nolint:gosec // OneNET signs with it
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"eastgate/shared/secret"
)

// maxTogether is how many messages one request may bring.
const maxTogether = 200

// decode reads JSON with numbers as they are written.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("not the JSON that is expected: %w", err)
	}
	return nil
}

// each reads one object, or a list of them.
func each[T any](data []byte, read func(T) message) ([]message, error) {
	var list []T
	if data = bytes.TrimSpace(data); len(data) > 0 && data[0] == '[' {
		if err := decode(data, &list); err != nil {
			return nil, err
		}
	} else {
		list = make([]T, 1)
		if err := decode(data, &list[0]); err != nil {
			return nil, err
		}
	}
	if len(list) > maxTogether {
		return nil, fmt.Errorf("%d messages in one request, at most %d are taken", len(list), maxTogether)
	}
	out := make([]message, 0, len(list))
	for _, one := range list {
		out = append(out, read(one))
	}
	return out, nil
}

// milliseconds is a time as clouds write it; zero for none.
func milliseconds(n json.Number) time.Time {
	ms, err := n.Int64()
	if err != nil || ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// plain is our own format: {"device": "…", "time": "RFC 3339", "fields": {…}}.
type plain struct {
	Device string         `json:"device"`
	Time   time.Time      `json:"time"`
	Online *bool          `json:"online"`
	Fields map[string]any `json:"fields"`
}

func readPlain(data []byte, _ secret.Value) ([]message, error) {
	return each(data, func(p plain) message {
		return message{ids: []string{p.Device}, at: p.Time, online: p.Online, fields: p.Fields}
	})
}

// aep is a message of China Telecom's AEP (CTWing): dataReport and eventReport bring
// fields, deviceOnlineOfflineReport says whether the device has its link. Payloads that
// are binary (APPdata) need the maker's own decoder, so they are only a sign of life.
type aep struct {
	MessageType string         `json:"messageType"`
	DeviceID    string         `json:"deviceId"`
	IMEI        string         `json:"IMEI"`
	Timestamp   json.Number    `json:"timestamp"`
	EventType   json.Number    `json:"eventType"`
	Payload     map[string]any `json:"payload"`
	Content     map[string]any `json:"eventContent"`
}

func readAEP(data []byte, _ secret.Value) ([]message, error) {
	return each(data, func(a aep) message {
		m := message{ids: []string{a.IMEI, a.DeviceID}, at: milliseconds(a.Timestamp)}
		switch a.MessageType {
		case "dataReport":
			m.fields = a.Payload
		case "eventReport":
			m.fields = a.Content
		case "deviceOnlineOfflineReport":
			online := a.EventType == "1"
			m.online = &online
		default: // an answer to a command, say
			m.ids = nil
		}
		return m
	})
}

// errSignature says that who posted does not know the token.
var errSignature = errors.New("the signature is wrong")

// oneNET is a message of China Mobile's OneNET: msg is signed with the token.
type oneNET struct {
	Msg       json.RawMessage `json:"msg"`
	Nonce     string          `json:"nonce"`
	Signature string          `json:"signature"`
	Old       string          `json:"msg_signature"`
}

type oneNETMessage struct {
	Type   int         `json:"type"` // 1 a value, 2 the link
	Device json.Number `json:"dev_id"`
	IMEI   string      `json:"imei"`
	Stream string      `json:"ds_id"`
	Value  any         `json:"value"`
	At     json.Number `json:"at"`
	Status json.Number `json:"status"`
}

func readOneNET(data []byte, token secret.Value) ([]message, error) {
	var o oneNET
	if err := decode(data, &o); err != nil {
		return nil, err
	}
	text := []byte(o.Msg)
	if len(text) > 0 && text[0] == '"' {
		var s string
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, fmt.Errorf("msg: %w", err)
		}
		text = []byte(s)
	}
	given := strings.ReplaceAll(o.Signature+o.Old, " ", "+")
	if subtle.ConstantTimeCompare([]byte(given), []byte(oneNETSign(token, o.Nonce, text))) != 1 {
		return nil, errSignature
	}
	return each(text, func(n oneNETMessage) message {
		m := message{ids: []string{n.IMEI, n.Device.String()}, at: milliseconds(n.At)}
		if n.Type == 2 {
			online := n.Status == "1"
			m.online = &online
		} else {
			m.fields = map[string]any{n.Stream: n.Value}
		}
		return m
	})
}

// oneNETSign is base64(MD5(token + nonce + msg)), as OneNET's HTTP push has it.
func oneNETSign(token secret.Value, nonce string, msg []byte) string {
	sum := md5.Sum(append([]byte(token.Reveal()+nonce), msg...)) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:])
}
