package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	paho "github.com/eclipse/paho.mqtt.golang"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// byBoxes are uploads of a box that has gone mad, or was stolen.
func (s *site) byBoxes() []attack {
	try := func(name, method, path string, body func() io.Reader, header ...string) attack {
		return attack{"evidence: " + name, func(ctx context.Context) error {
			req, err := http.NewRequestWithContext(ctx, method, "http://"+s.addr+"/v1/evidence/"+path, body())
			if err != nil {
				return err
			}
			req.SetBasicAuth("garden/gate-1", s.box)
			for i := 0; i < len(header); i += 2 {
				req.Header.Set(header[i], header[i+1])
			}
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err == nil {
				resp.Body.Close()
				if resp.StatusCode < 300 || resp.StatusCode == http.StatusInternalServerError {
					return errors.New("it is answered with " + resp.Status)
				}
			}
			return errors.Join(ctx.Err(), s.alive(ctx))
		}}
	}
	none := func() io.Reader { return http.NoBody }
	some := func() io.Reader { return strings.NewReader("some bytes") }
	large := func() io.Reader { return io.LimitReader(zeros{}, 200<<20) }
	part := []string{"Content-Type", "application/partial-upload"}
	return []attack{
		try("a name that leads out", http.MethodPut, "..%2f..%2fcloud.db", some),
		try("a name of zeros and slashes", http.MethodPut, "%00%2f%2f", some),
		try("a name in capitals", http.MethodPut, strings.ToUpper(sum), some),
		try("other bytes than the name says", http.MethodPut, sum, some),
		try("200 MB", http.MethodPut, strings.Repeat("ab", 32), large),
		try("a part that begins below nothing", http.MethodPatch, strings.Repeat("ac", 32), some, append(part, "Upload-Offset", "-1")...),
		try("a part that begins beyond numbers", http.MethodPatch, strings.Repeat("ad", 32), some, append(part, "Upload-Offset", "99999999999999999999")...),
		try("a part of nothing that came", http.MethodPatch, strings.Repeat("ae", 32), some, append(part, "Upload-Offset", "1000000")...),
		try("200 MB in parts", http.MethodPatch, strings.Repeat("af", 32), large, append(part, "Upload-Offset", "0")...),
		try("a last part of other bytes", http.MethodPatch, strings.Repeat("ba", 32), some, append(part, "Upload-Offset", "0", "Upload-Complete", "?1")...),
		try("a method that is none", "BREW", sum, none),
		{"evidence: a box that is none", func(ctx context.Context) error {
			_, err := raw(ctx, s.addr, strings.NewReader("PUT /v1/evidence/"+sum+" HTTP/1.1\r\nHost: x\r\nAuthorization: Basic "+strings.Repeat("A", 8000)+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
			return errors.Join(err, s.alive(ctx))
		}},
	}
}

// packets are bytes to the broker that are no MQTT, or bad MQTT.
var packets = map[string]string{
	"nothing but zeros":           strings.Repeat("\x00", 10_000),
	"HTTP":                        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"a length of 256 MB":          "\x10\xff\xff\xff\x7f",
	"a length that does not end":  "\x10\xff\xff\xff\xff\xff\xff",
	"a name longer than the rest": "\x10\x0c\xff\xffMQTT\x04\x02\x00\x3c\x00\x00",
	"a version that is none":      "\x10\x0c\x00\x04MQTT\xff\x02\x00\x3c\x00\x00",
	"a will that is not there":    "\x10\x0c\x00\x04MQTT\x04\xfe\x00\x3c\x00\x00",
	"a message before the door":   "\x30\x0a\x00\x03a/bhello",
	"an empty connect":            "\x10\x00",
	"NATS's own words":            "CONNECT {\"verbose\":true}\r\nPUB eastgate.v1.garden.gate-1.event 5\r\nhello\r\n",
	"a client's name of 64 kB":    "\x10\x8b\x80\x04\x00\x04MQTT\x04\x02\x00\x3c\xff\xff" + strings.Repeat("a", 65535),
	"TLS that breaks off":         "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}

func (s *site) overMQTT() []attack {
	var out []attack
	broker := strings.TrimPrefix(strings.TrimPrefix(s.cloud.Broker(), "mqtts://"), "mqtt://")
	for name, text := range packets {
		out = append(out, attack{"MQTT packet: " + name, func(ctx context.Context) error {
			_, err := raw(ctx, broker, strings.NewReader(text))
			return errors.Join(err, s.alive(ctx))
		}})
	}
	for _, what := range []string{"event", "status", "health", "result", "coverage"} {
		for name, payload := range payloads() {
			out = append(out, attack{fmt.Sprintf("MQTT %s: %s", what, name), func(ctx context.Context) error {
				return errors.Join(s.publish(ctx, wire.Topic("garden", "gate-1", what), payload), s.alive(ctx))
			}})
		}
	}
	for _, topic := range []string{"eastgate/v1/garden/gate-2/event", "eastgate/v1/garden/gate-1/ack", "eastgate/v1/garden/gate-1/command", "$SYS/a", "eastgate/v1//event", strings.Repeat("a/", 1000), "eastgate/v1/garden/gate-1/event/\u0001"} {
		out = append(out, attack{fmt.Sprintf("MQTT topic %.40q", topic), func(ctx context.Context) error {
			return errors.Join(s.publish(ctx, topic, []byte(`[]`)), s.alive(ctx))
		}})
	}
	return out
}

// publish says something as the box; that the broker hangs up is an answer too.
func (s *site) publish(ctx context.Context, topic string, payload []byte) error {
	o := paho.NewClientOptions().AddBroker(strings.Replace(s.cloud.Broker(), "mqtt", "tcp", 1)).SetClientID("garden/gate-1").SetUsername("garden/gate-1").SetPassword(s.box).SetAutoReconnect(false)
	c := paho.NewClient(o)
	t := c.Connect()
	select {
	case <-t.Done():
	case <-ctx.Done():
		return ctx.Err()
	}
	if t.Error() != nil {
		return fmt.Errorf("the box itself is not let in: %w", t.Error())
	}
	defer c.Disconnect(100)
	c.Publish(topic, 1, false, payload).WaitTimeout(wait)
	return nil
}

// payloads are what a box could say instead of what it should.
func payloads() map[string][]byte {
	id := event.NewID()
	one := `{"specversion":"1.0","id":"` + id + `","type":"eastgate.event.v1","source":"/garden/gate-1/yard","sequence":"00000000000000000001","time":"2026-11-25T00:00:00Z","datacontenttype":"application/json","data":%s}`
	return map[string][]byte{
		"nothing":              {},
		"zeros":                make([]byte, 60_000),
		"a megabyte":           bytes.Repeat([]byte("a"), 1<<20),
		"thirty thousand deep": []byte(deep(30_000)),
		"null":                 []byte("null"),
		"a list of null":       []byte("[" + strings.Repeat("null,", 10_000) + "null]"),
		"no UTF-8":             []byte("[\"\xff\xfe\"]"),
		"1e999":                []byte(`[{"specversion":1e999}]`),
		"another's source":     []byte("[" + strings.ReplaceAll(fmt.Sprintf(one, `{"kind":"fire.smoke","state":"start"}`), "gate-1", "gate-2") + "]"),
		"a kind of persons":    []byte("[" + fmt.Sprintf(one, `{"kind":"person.face","state":"start","episode":"`+id+`"}`) + "]"),
		"data of 60 kB":        []byte("[" + fmt.Sprintf(one, `{"kind":"fire.smoke","note":"`+strings.Repeat("x", 60_000)+`"}`) + "]"),
		"a thousand events":    []byte("[" + strings.Repeat(fmt.Sprintf(one, "{}")+",", 100) + fmt.Sprintf(one, "{}") + "]"),
	}
}
