package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/coder/websocket"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
	"eastgate/shared/wire"
)

// A manner is how a request is sent.
type manner string

const (
	genuine     manner = "genuine"
	crossSite   manner = "from another site"
	otherOrigin manner = "from another origin"
	noToken     manner = "without the session's token"
)

// A visitor is a browser in which a role has logged in, or nobody.
type visitor struct {
	site        *site
	role        access.Role
	user        *access.User // nil: nobody has logged in
	shown       bool         // with a second factor
	client      *http.Client
	token, csrf string
}

func (v *visitor) String() string {
	if v.shown {
		return string(v.role) + " with a second factor"
	}
	return string(v.role)
}

// patience bounds one request: streams begin at once, and are then left.
const patience = 20 * time.Second

// names are what stands in a path's braces: nothing is there of that name.
var names = map[string]string{
	"{$}": "", "{file...}": "office.css", "{lang}": "en", "{sha256}": strings.Repeat("0", 64), "{id}": "01M885N46G188XQ6MNTF3YVRYW",
	"{incident}": "01M885N46G188XQ6MNTF3YVRYW", "{position}": "999999", "{n}": "999",
}

var braces = regexp.MustCompile(`\{[^}]*\}`)

func (v *visitor) pathOf(r web.Route) string {
	return braces.ReplaceAllStringFunc(r.Path(), func(name string) string {
		if v.user != nil && name == "{organisation}" && !r.Changes() {
			return v.user.Unit // others are told nothing of theirs
		}
		if known, ok := names[name]; ok {
			return known
		}
		return "none"
	})
}

// ask asks for a route once; who was sent out by the last one logs in again.
func (v *visitor) ask(ctx context.Context, route web.Route, how manner) (Verdict, error) {
	got, err := v.once(ctx, route, how)
	if err != nil || got != Login || v.user == nil || route.Class != web.Person {
		return got, err
	}
	if err := v.login(ctx); err != nil {
		return got, err
	}
	return v.once(ctx, route, how)
}

func (v *visitor) once(ctx context.Context, route web.Route, how manner) (Verdict, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if route.Socket {
		return v.dial(ctx, route)
	}
	req, err := v.request(ctx, route, how)
	if err != nil {
		return "", err
	}
	resp, err := v.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	return read(resp)
}

func (v *visitor) request(ctx context.Context, route web.Route, how manner) (*http.Request, error) {
	var body io.Reader
	media := "application/json"
	if route.Changes() {
		body = bytes.NewReader([]byte("{}"))
		if !strings.HasPrefix(route.Path(), "/api/") {
			body, media = strings.NewReader("none=none"), "application/x-www-form-urlencoded"
		}
	}
	req, err := http.NewRequestWithContext(ctx, route.Method(), v.site.base+v.pathOf(route), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Forwarded-For", "198.51.100.7") // as from elsewhere, through a proxy
	if body != nil {
		req.Header.Set("Content-Type", media)
	}
	if v.token != "" {
		req.AddCookie(&http.Cookie{Name: web.CookieName, Value: v.token})
	}
	switch how {
	case genuine:
		req.Header.Set("X-CSRF-Token", v.csrf)
	case crossSite:
		req.Header.Set("X-CSRF-Token", v.csrf)
		req.Header.Set("Sec-Fetch-Site", "cross-site")
	case otherOrigin:
		req.Header.Set("X-CSRF-Token", v.csrf)
		req.Header.Set("Origin", "https://elsewhere.example")
	}
	return req, nil
}

// read says what an answer means.
func read(resp *http.Response) (Verdict, error) {
	media := resp.Header.Get("Content-Type")
	to := resp.Header.Get("Location")
	switch {
	case resp.StatusCode == http.StatusSeeOther && strings.HasPrefix(to, "/login/second"):
		return Second, nil
	case resp.StatusCode == http.StatusSeeOther && strings.HasPrefix(to, "/login") && resp.Request.URL.Path != "/logout":
		return Login, nil
	case resp.StatusCode == http.StatusForbidden && resp.Header.Get(web.AsksSecond) != "":
		return Second, nil
	case resp.StatusCode == http.StatusForbidden && strings.HasPrefix(media, "text/html"):
		return Forbidden, nil
	case !strings.HasPrefix(media, "application/problem+json"):
		if resp.StatusCode == http.StatusUnauthorized && !strings.HasPrefix(media, "text/html") {
			return Login, nil
		}
		return In, nil
	case resp.Request.Method == http.MethodHead: // it has no words
		return map[int]Verdict{http.StatusUnauthorized: Login, http.StatusForbidden: Forbidden}[resp.StatusCode], nil
	}
	var p struct{ Type string }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&p); err != nil {
		return "", err
	}
	switch {
	case resp.StatusCode == http.StatusUnauthorized && p.Type != web.WrongLogin.Type() && p.Type != web.WrongCode.Type():
		return Login, nil
	case p.Type == web.SecondNeeded.Type():
		return Second, nil
	case p.Type == web.Forbidden.Type():
		return Forbidden, nil
	case p.Type == web.Forged.Type():
		return Forged, nil
	}
	return In, nil
}

// dial opens a WebSocket and reads why it is refused.
func (v *visitor) dial(ctx context.Context, route web.Route) (Verdict, error) {
	header := http.Header{}
	if v.token != "" {
		header.Set("Cookie", web.CookieName+"="+v.token)
	}
	conn, _, err := websocket.Dial(ctx, strings.Replace(v.site.base, "http", "ws", 1)+v.pathOf(route), &websocket.DialOptions{HTTPHeader: header, HTTPClient: v.client}) //nolint:bodyclose // the connection has taken the body over
	if err != nil {
		return "", err
	}
	defer conn.CloseNow() //nolint:errcheck // it is over
	if err := conn.Write(ctx, websocket.MessageText, []byte(`{"purpose":"verify","reason":"the matrix of roles"}`)); err != nil {
		return "", err
	}
	_, data, err := conn.Read(ctx)
	if err != nil {
		return "", err
	}
	_, body, err := wire.DecodeLive(data)
	if err != nil {
		return "", err
	}
	var notice wire.Notice
	if err := json.Unmarshal(body, &notice); err != nil {
		return "", err
	}
	switch notice.Code {
	case wire.NoticeSession:
		return Login, nil
	case wire.NoticeForbidden:
		return Forbidden, nil
	}
	return In, nil
}

// login comes in by the API and keeps what a browser would.
func (v *visitor) login(ctx context.Context) error {
	said := map[string]string{"name": string(v.role), "password": v.site.passwords[v.role]}
	if v.shown {
		o, err := v.site.cloud.People().GiveTOTP(ctx, access.CommandLine("matrix"), string(v.role))
		if err != nil {
			return err
		}
		if said["code"], err = access.Code(o.Seed, time.Now()); err != nil {
			return err
		}
	}
	body, err := json.Marshal(said)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.site.base+"/api/v1/session", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := v.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var s struct{ Token, CSRF, Detail string }
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return errors.New(resp.Status + ": " + s.Detail)
	}
	v.token, v.csrf = s.Token, s.CSRF
	return nil
}
