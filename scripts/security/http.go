package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// paths are ways out of a folder, as servers have been fooled by.
var paths = []string{
	"/../../../../etc/passwd", "/static/../../../../etc/passwd", "/static/..%2f..%2f..%2f..%2fetc%2fpasswd", "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
	"/static/..%252f..%252fetc/passwd", "/static/..\\..\\..\\etc\\passwd", "/static/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd", "//etc/passwd", "/static//etc/passwd",
	"/static/office.css%00.html", "/evidence/../cloud.db", "/evidence/..%2fcloud.db", "/api/v1/incidents/..%2f..%2fcloud.db", "/r/..%2f..%2fcloud.db", "/api/docs/..%2f..%2f..%2fetc%2fpasswd",
	"/v1/evidence/..%2f..%2fcloud.db", "/v1/evidence/%2fetc%2fpasswd", "http://127.0.0.1:22/", "file:///etc/passwd", "/" + strings.Repeat("a/", 4000), "/?" + strings.Repeat("a=b&", 20_000),
}

// heads are requests that are none, or two.
var heads = map[string]string{
	"nothing but line ends":        strings.Repeat("\r\n", 10_000),
	"no HTTP":                      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\xff", 500),
	"a version that is none":       "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
	"a method of 100 kB":           strings.Repeat("A", 100_000) + " / HTTP/1.1\r\nHost: x\r\n\r\n",
	"a header of 8 MB":             "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 8<<20) + "\r\n\r\n",
	"a hundred thousand headers":   "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 100_000) + "\r\n",
	"a header that does not end":   "GET / HTTP/1.1\r\nHost: x\r\nX: ",
	"a length below nothing":       "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
	"a length beyond numbers":      "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
	"two lengths":                  "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
	"a length and chunks":          "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
	"chunks of no size":            "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
	"a chunk beyond numbers":       "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
	"no host, and two":             "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
	"a line end in a header":       "GET / HTTP/1.1\r\nHost: x\r\nCookie: eastgate=a\rSet-Cookie: x=y\r\n\r\n",
	"a WebSocket of another shape": "GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \xff\r\n\r\n\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	"HTTP/2 in clear":              "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + strings.Repeat("\x00\xff\xff\x09", 1000),
}

func (s *site) overHTTP() []attack {
	var out []attack
	for _, path := range paths {
		out = append(out, attack{fmt.Sprintf("HTTP path %.60q", path), func(ctx context.Context) error {
			_, err := raw(ctx, s.addr, strings.NewReader("GET "+path+" HTTP/1.1\r\nHost: x\r\nCookie: eastgate="+s.token+"\r\nConnection: close\r\n\r\n"))
			return errors.Join(err, s.alive(ctx))
		}})
	}
	for name, text := range heads {
		out = append(out, attack{"HTTP head: " + name, func(ctx context.Context) error {
			_, err := raw(ctx, s.addr, strings.NewReader(text))
			return errors.Join(err, s.alive(ctx))
		}})
	}
	for name, body := range bodies() {
		for _, to := range []string{"/api/v1/session", "/api/v1/reports", "/api/v1/incidents/x/actions/take"} {
			out = append(out, attack{"HTTP body: " + name + " to " + to, func(ctx context.Context) error { return s.post(ctx, to, "application/json", body()) }})
		}
	}
	for name, form := range forms() {
		out = append(out, attack{"HTTP form: " + name, func(ctx context.Context) error { return s.post(ctx, "/login", form.media, form.body()) }})
	}
	return out
}

// bodies are JSON that is too large, too deep, or none.
func bodies() map[string]func() io.Reader {
	text := func(s string) func() io.Reader { return func() io.Reader { return strings.NewReader(s) } }
	return map[string]func() io.Reader{
		"a million levels":             text(deep(1_000_000)),
		"a million objects":            text(strings.Repeat(`{"a":`, 1_000_000)),
		"4 GB of blanks":               func() io.Reader { return &endless{" ", 4 << 30} },
		"a string of 64 MB":            text(`{"name":"` + strings.Repeat("a", 64<<20) + `"}`),
		"a number of a million digits": text(`{"name":` + strings.Repeat("9", 1_000_000) + `}`),
		"1e999999999":                  text(`{"version":1e999999999}`),
		"one name a million times":     text(`{` + strings.Repeat(`"name":"a",`, 200_000) + `"name":"b"}`),
		"no UTF-8":                     text("{\"name\":\"\xff\xfe\xc0\x80\"}"),
		"half a surrogate":             text(`{"name":"\ud800","password":"\udc00"}`),
		"a zero":                       text("{\"name\":\"a\x00b\"}"),
		"SQL":                          text(`{"name":"x'; DROP TABLE accounts; --","password":"' OR 1=1"}`),
		"XML":                          text(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`),
		"a list":                       text(`[{"name":"a"}]`),
		"null":                         text(`null`),
		"nothing":                      text(``),
		"gzip of a gigabyte":           func() io.Reader { return bytes.NewReader(bomb(1 << 30)) },
	}
}

type form struct {
	media string
	body  func() io.Reader
}

func forms() map[string]form {
	text := func(media, s string) form { return form{media, func() io.Reader { return strings.NewReader(s) }} }
	part := "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"../../etc/passwd\"\r\n\r\nb\r\n"
	return map[string]form{
		"a million fields":           text("application/x-www-form-urlencoded", strings.Repeat("a=b&", 1_000_000)),
		"a name of 32 MB":            text("application/x-www-form-urlencoded", strings.Repeat("a", 32<<20)+"=b"),
		"escapes that are none":      text("application/x-www-form-urlencoded", strings.Repeat("%zz&%", 10_000)),
		"two hundred thousand parts": text("multipart/form-data; boundary=x", strings.Repeat(part, 200_000)),
		"a part that does not end":   text("multipart/form-data; boundary=x", part),
		"a boundary of 100 kB":       text("multipart/form-data; boundary="+strings.Repeat("x", 100_000), part),
		"an envelope in an envelope": text("multipart/mixed; boundary=x", strings.Repeat("--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n", 10_000)),
	}
}

// bomb is gzip of so many zeros.
func bomb(size int64) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	io.Copy(z, io.LimitReader(zeros{}, size)) //nolint:errcheck // into memory
	z.Close()
	return out.Bytes()
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// post sends a body as the guard does; it must be answered with a refusal, or the line
// be hung up.
func (s *site) post(ctx context.Context, path, media string, body io.Reader) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+path, body)
	if err != nil {
		return err
	}
	req.ContentLength = -1 // in chunks: nothing tells how much comes
	req.Header.Set("Content-Type", media)
	req.Header.Set("X-CSRF-Token", s.csrf)
	req.Header.Set("Idempotency-Key", "hostile")
	req.AddCookie(&http.Cookie{Name: "eastgate", Value: s.token})
	if media == "application/json" {
		req.Header.Set("Content-Encoding", "gzip") // nothing here may unpack it
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err == nil {
		defer resp.Body.Close()
		var said []byte
		said, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		for _, l := range leaks {
			if bytes.Contains(said, l) {
				return fmt.Errorf("the answer holds %q", l)
			}
		}
		if resp.StatusCode < 300 || resp.StatusCode >= 500 {
			return errors.New("it is answered with " + resp.Status)
		}
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return s.alive(ctx)
}

// serving has something answer all that is asked, for as long as do runs.
func serving(h http.HandlerFunc, do func(address string) error) error {
	srv := httptest.NewServer(h)
	defer srv.Close()
	defer srv.CloseClientConnections()
	return do(srv.URL)
}
