package channel

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"eastgate/shared/secret"
)

// Patience is how long one try may take.
const Patience = 10 * time.Second

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// NewClient returns a client as senders need it: it waits at most Patience, and follows no
// redirect, which would carry a robot's key elsewhere.
func NewClient() *http.Client {
	return &http.Client{
		Timeout:       Patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second,
			ForceAttemptHTTP2: true,
		},
	}
}

// Endpoint reads the address of a robot, which is a secret: https, or http to this
// machine. No error shows it.
func Endpoint(address secret.Value) (*url.URL, error) {
	u, err := url.Parse(address.Reveal())
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("the robot's address cannot be read: want https://…, as the platform gives it")
	case u.Scheme == "https":
		return u, nil
	case u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, errors.New("the robot's address must begin with https://, or lead to this machine")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// A Request is one HTTP request of a sender.
type Request struct {
	URL     string
	Body    []byte
	Type    string // of the body; JSON when empty
	Header  map[string]string
	Secrets []string // that must not show in what is kept of an answer
}

// An Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	hide   []string
}

// Post sends a request and returns the answer, whatever its status. An error is an
// *Error.
func Post(ctx context.Context, client *http.Client, r Request) (Answer, error) {
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return Answer{}, &Error{Class: Permanent, Text: "the address cannot be used", Do: Key}
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	if r.Type != "" {
		req.Header.Set("Content-Type", r.Type)
	}
	req.Header.Set("User-Agent", "eastgate")
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	a := Answer{hide: r.Secrets}
	resp, err := client.Do(req)
	if err != nil {
		return a, broken(err, wrote.Load(), r.Secrets)
	}
	defer resp.Body.Close()
	a.Status, a.Header = resp.StatusCode, resp.Header
	if a.Body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return a, broken(err, true, r.Secrets)
	}
	return a, nil
}

// broken is what went wrong on the way. A url.Error shows the whole address: what it
// wraps is enough.
func broken(err error, wrote bool, hide []string) *Error {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return &Error{Class: Retry, Text: heard(err.Error(), hide...), Do: TLS}
	}
	return &Error{Class: Retry, Maybe: wrote, Text: heard(err.Error(), hide...), Do: Network}
}

// JSON reads the answer into v. What is no JSON came from something in between, or
// was cut off: nobody knows whether the message was taken.
func (a Answer) JSON(v any) error {
	if err := json.Unmarshal(a.Body, v); err != nil {
		return a.Unreadable()
	}
	return nil
}

// Coded reads an answer that says in two of its fields what became of the message: by a
// number, and in words, which are fit to be kept.
func (a Answer) Coded(number, words string) (code int, text string, err error) {
	var said map[string]json.RawMessage
	if err := a.JSON(&said); err != nil {
		return 0, "", err
	}
	var n *int
	if json.Unmarshal(said[number], &n) != nil || n == nil {
		return 0, "", a.Unreadable()
	}
	if w, there := said[words]; there && json.Unmarshal(w, &text) != nil {
		return 0, "", a.Unreadable()
	}
	return *n, a.Heard(text), nil
}

// Unreadable is the error of an answer that says neither yes nor no.
func (a Answer) Unreadable() error {
	if err := a.Refused(); err != nil {
		return err
	}
	return &Error{Class: Retry, Maybe: true, Code: strconv.Itoa(a.Status), Text: "the answer cannot be read: " + heard(string(a.Body), a.hide...), Do: Network}
}

// Refused is the error that an HTTP status means by itself; nil for 2xx.
func (a Answer) Refused() error {
	code := strconv.Itoa(a.Status)
	text := heard(string(a.Body), a.hide...)
	switch {
	case a.Status >= 200 && a.Status < 300:
		return nil
	case a.Status == http.StatusTooManyRequests:
		return &Error{Class: Blocked, After: a.after(), Code: code, Text: text, Do: Wait}
	case a.Status == http.StatusBadGateway || a.Status == http.StatusGatewayTimeout:
		return &Error{Class: Retry, Maybe: true, Code: code, Text: text, Do: Network}
	case a.Status >= 500:
		return &Error{Class: Retry, Code: code, Text: text, Do: Wait}
	case a.Status >= 300 && a.Status < 400:
		return &Error{Class: Permanent, Code: code, Text: "it leads elsewhere, which is not followed", Do: Key}
	case a.Status == http.StatusRequestEntityTooLarge:
		return &Error{Class: Permanent, Code: code, Text: text, Do: Size}
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden, a.Status == http.StatusNotFound, a.Status == http.StatusGone:
		return &Error{Class: Permanent, Code: code, Text: text, Do: Key}
	}
	return &Error{Class: Permanent, Code: code, Text: text, Do: Format}
}

// after is how long Retry-After (RFC 9110 §10.2.3) asks to wait; a minute if it does
// not.
func (a Answer) after() time.Duration {
	if s, err := strconv.Atoi(a.Header.Get("Retry-After")); err == nil && s > 0 && s <= 3600 {
		return time.Duration(s) * time.Second
	}
	return time.Minute
}

// Heard is what a platform said, fit to be kept.
func (a Answer) Heard(text string) string { return heard(text, a.hide...) }

// Encode writes JSON as platforms count it: no letter is escaped that need not be.
func Encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("encode a message: %v", err)) // strings and lists
	}
	return bytes.TrimSpace(b.Bytes())
}
