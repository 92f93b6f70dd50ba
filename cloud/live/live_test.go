package live

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"eastgate/shared/wire"
)

// picture is the nth of a film with a key picture each ten.
func picture(n int) []byte {
	h := wire.LiveHeader{Kind: wire.LivePicture, Seq: uint32(n), Captured: time.Now()}
	if n%10 == 0 {
		h.Flags = wire.LiveKey
	}
	return append(h.Append(nil), byte(n))
}

func head() []byte {
	return append(wire.LiveHeader{Kind: wire.LiveInit}.Append(nil), "\x04avc1head"...)
}

// A world is a hub with everybody let in who says a reason.
type world struct {
	*httptest.Server
	hub  *Hub
	mu   sync.Mutex
	asks []wire.LiveStart
	may  bool
}

func options(w *world) Options {
	return Options{
		Ask: func(_ Camera, a wire.LiveStart) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.asks = append(w.asks, a)
			return nil
		},
		Box: func(r *http.Request) (site, box string, ok bool) {
			user, secret, _ := r.BasicAuth()
			site, box, _ = strings.Cut(user, "/")
			return site, box, site == "garden" && (box == "gate-1" || box == "gate-2") && secret == "word"
		},
		Allow: func(_ *http.Request, _ Camera, h Hello) string {
			if h.Reason == "" {
				return wire.NoticeReason
			}
			return ""
		},
		Holds: func(*http.Request, Camera) bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.may
		},
		Metrics: NewMetrics(prometheus.NewRegistry()), Log: slog.New(slog.DiscardHandler),
	}
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{may: true}
	w.hub = NewHub(options(w))
	w.hub.check, w.hub.linger = 100*time.Millisecond, 100*time.Millisecond
	w.Server = httptest.NewServer(w.hub.Handler())
	t.Cleanup(w.Close)
	return w
}

func (w *world) asked(t *testing.T, n int) wire.LiveStart {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		w.mu.Lock()
		if len(w.asks) >= n {
			defer w.mu.Unlock()
			return w.asks[n-1]
		}
		w.mu.Unlock()
		if time.Now().After(end) {
			t.Fatalf("the box was not asked %d times", n)
		}
	}
}

// browse watches a camera as a browser does.
func (w *world) browse(t *testing.T, hello string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), w.URL+"/v1/live/garden/gate-1/yard", nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { conn.CloseNow() })
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(hello)); err != nil {
		t.Fatal(err)
	}
	return conn
}

const because = `{"purpose":"verify","reason":"smoke?"}`

// dial comes as a box.
func (w *world) dial(t *testing.T, session, box, secret string) (*websocket.Conn, int) {
	t.Helper()
	login := base64.StdEncoding.EncodeToString([]byte("garden/" + box + ":" + secret))
	conn, answer, err := websocket.Dial(t.Context(), w.URL+"/v1/publish/"+session, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Basic " + login}}})
	if err != nil {
		return nil, answer.StatusCode
	}
	t.Cleanup(func() { conn.CloseNow() })
	return conn, answer.StatusCode
}

func say(t *testing.T, conn *websocket.Conn, messages ...[]byte) {
	t.Helper()
	for _, m := range messages {
		if err := conn.Write(t.Context(), websocket.MessageBinary, m); err != nil {
			t.Fatal(err)
		}
	}
}

// hear returns what a browser is sent: numbers of pictures, "head", and codes of notices.
func hear(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	_, m, err := conn.Read(ctx)
	if err != nil {
		return "end " + websocket.CloseStatus(err).String()
	}
	h, body, err := wire.DecodeLive(m)
	if err != nil {
		t.Fatal(err)
	}
	switch h.Kind {
	case wire.LiveInit:
		return "head"
	case wire.LiveNotice:
		return strings.Split(string(body), `"`)[3]
	}
	return string(rune('A' + int(body[0])))
}

func expect(t *testing.T, conn *websocket.Conn, want ...string) {
	t.Helper()
	for _, w := range want {
		got := hear(t, conn)
		for got == wire.NoticeWaiting && w != got { // a slow machine
			got = hear(t, conn)
		}
		if got != w {
			t.Fatalf("came %q, want %q of %v", got, w, want)
		}
	}
}

func TestManyWatchOneBox(t *testing.T) {
	w := open(t)
	first := w.browse(t, because)
	a := w.asked(t, 1)
	if a.Camera != "yard" || a.Stills {
		t.Errorf("asked for %+v", a)
	}
	box, code := w.dial(t, a.Session, "gate-1", "word")
	if box == nil {
		t.Fatal(code)
	}
	say(t, box, head(), picture(0), picture(1))
	expect(t, first, "head", "A", "B")
	second := w.browse(t, because) // sees at once what came since the key picture
	expect(t, second, "head", "A", "B")
	say(t, box, picture(2))
	expect(t, first, "C")
	expect(t, second, "C")
	say(t, box, picture(10), picture(11))
	expect(t, first, "K", "L")
	third := w.browse(t, because)
	expect(t, third, "head", "K", "L")
	box.CloseNow()
	expect(t, first, wire.NoticeGone)
	if again := w.asked(t, 2); again.Session != a.Session {
		t.Errorf("asked anew for %+v", again)
	}
}

func TestTheNewestConnectionOfABoxLives(t *testing.T) {
	w := open(t)
	b := w.browse(t, because)
	a := w.asked(t, 1)
	old, _ := w.dial(t, a.Session, "gate-1", "word")
	say(t, old, head(), picture(0))
	expect(t, b, "head", "A")
	now, _ := w.dial(t, a.Session, "gate-1", "word")
	say(t, now, head(), picture(0))
	expect(t, b, "head", "A")
	if _, _, err := old.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("the old one ends with %v", err)
	}
}

func TestWhoMayNot(t *testing.T) {
	w := open(t)
	expect(t, w.browse(t, `{"purpose":"verify"}`), wire.NoticeReason, "end StatusPolicyViolation")
	expect(t, w.browse(t, `no words`), "end StatusPolicyViolation")
	b := w.browse(t, because)
	a := w.asked(t, 1)
	for name, c := range map[string]struct {
		session, box, secret string
		want                 int
	}{
		"a wrong secret":          {a.Session, "gate-1", "wrong", http.StatusUnauthorized},
		"another box":             {a.Session, "gate-2", "word", http.StatusNotFound},
		"a session that is over":  {w.hub.id + "-over", "gate-1", "word", http.StatusNotFound},
		"another replica's asked": {"01J0000000000000000000C0DE-x", "gate-1", "word", http.StatusMisdirectedRequest},
	} {
		if conn, code := w.dial(t, c.session, c.box, c.secret); conn != nil || code != c.want {
			t.Errorf("%s: %d, want %d", name, code, c.want)
		}
	}
	box, _ := w.dial(t, a.Session, "gate-1", "word")
	if box == nil {
		t.Fatal("the box may not")
	}
	w.mu.Lock()
	w.may = false
	w.mu.Unlock()
	ends := hear(t, b)
	for ends == wire.NoticeWaiting {
		ends = hear(t, b)
	}
	if ends != wire.NoticeSession {
		t.Errorf("who is logged out hears %q", ends)
	}
	origin := http.Header{"Origin": {"https://elsewhere.example"}}
	if conn, _, err := websocket.Dial(t.Context(), w.URL+"/v1/live/garden/gate-1/yard", &websocket.DialOptions{HTTPHeader: origin}); err == nil {
		conn.CloseNow()
		t.Error("another's page may watch")
	}
}

func TestNobodyWatchesNothingIsSent(t *testing.T) {
	w := open(t)
	b := w.browse(t, because)
	box, _ := w.dial(t, w.asked(t, 1).Session, "gate-1", "word")
	say(t, box, head(), picture(0))
	expect(t, b, "head", "A")
	b.CloseNow()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if _, _, err := box.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("the box is ended with %v", err)
	}
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	if len(w.hub.streams) != 0 || len(w.hub.sessions) != 0 || w.hub.watching != 0 {
		t.Errorf("%d cameras, %d sessions, %d who watch are left", len(w.hub.streams), len(w.hub.sessions), w.hub.watching)
	}
}

// all returns what waits for a viewer.
func all(v *viewer) (out string) {
	for m := v.next(); m != nil; m = v.next() {
		switch h, body, _ := wire.DecodeLive(m); {
		case h.Kind == wire.LiveInit:
			out += "head "
		case h.Kind == wire.LiveNotice:
			out += "notice "
		case h.Flags&wire.LiveSkip != 0:
			out += "…" + string(rune('A'+int(body[0]))) + " "
		default:
			out += string(rune('A'+int(body[0]))) + " "
		}
	}
	return strings.TrimSpace(out)
}

func TestASlowBrowserSeesThePresent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(NewHub(options(&world{})), Camera{})
		v := s.join()
		send := func(m []byte) {
			h, _, _ := wire.DecodeLive(m)
			s.take(h, m)
		}
		send(head())
		for n := range 13 {
			send(picture(n))
		}
		time.Sleep(2 * time.Second)
		if got := all(v); got != "head …K L M" {
			t.Errorf("shown is %q", got)
		}
		send(picture(13))
		time.Sleep(2 * time.Second)
		send(picture(14))
		if got := all(v); got != "" {
			t.Errorf("shown is %q, which needs what was left out", got)
		}
		send(picture(20))
		if got := all(v); got != "…U" {
			t.Errorf("shown is %q", got)
		}
		for n := range mostQueued + 50 { // a browser that reads nothing at all
			send(picture(30 + n%10))
		}
		if len(v.queue) > mostQueued {
			t.Errorf("%d wait", len(v.queue))
		}
	})
}
